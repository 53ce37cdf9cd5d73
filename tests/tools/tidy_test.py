#!/usr/bin/env python3
"""The checker of the house's rules: each kind of violation is found in a small tree that has just that one."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TABLE = """# Architecture

| room | may include | what lives there | what never does |
|---|---|---|---|
| `messages` | | words | |
| `workflow` | messages | rules | clocks |
| `actors/base` | messages, workflow | | |
| `actors/runs` | actors/base, messages, workflow | | |
| `server` | everything | | |
"""
CLEAN = {
    "docs/architecture.md": TABLE,
    "main.cpp": "int main() {}\n",
    "messages/id.hpp": "#pragma once\n",
    "workflow/run.hpp": '#pragma once\n\n#include "messages/id.hpp"\n',
    "actors/base/call.hpp": '#pragma once\n\n#include "workflow/run.hpp"\n',
    "actors/runs/run.hpp": '#pragma once\n\n#include "actors/base/call.hpp"\n',
    "server/serve.hpp": '#pragma once\n\n#include "actors/runs/run.hpp"\n',
    "tests/run_test.cpp": "int test() { return 0; }\n",
    ".clang-format": "BasedOnStyle: LLVM\nColumnLimit: 120\n",
}


def function(lines, head="int long_one()"):
    return head + " {\n" + "  ++x;\n" * (lines - 2) + "}\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.place.name)
        self.git("init", "-q")
        self.git("config", "user.email", "nobody@localhost")
        self.git("config", "user.name", "nobody")

    def tearDown(self):
        self.place.cleanup()

    def git(self, *args):
        subprocess.run(["git", "-C", self.root, *args], check=True, capture_output=True)

    def check(self, files=None, subject="rooms: begin"):
        """The rules that a clean tree with these files breaks, and the whole answer."""
        for file, text in {**CLEAN, **(files or {})}.items():
            path = self.root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        done = subprocess.run([sys.executable, HERE / "tidy.py", self.root], capture_output=True, text=True)
        lines = done.stdout.splitlines() or [done.stderr]
        self.assertRegex(lines[-1], r"^\d+ passed, \d+ failed$", done.stderr)
        broken = {line.split(":")[0] for line in lines[:-1]}
        self.assertEqual(done.returncode, 1 if broken else 0)
        self.assertIn(f", {len(broken)} failed", lines[-1])
        return broken, done.stdout

    def breaks(self, rule, says, files, **more):
        broken, text = self.check(files, **more)
        self.assertEqual(broken, {rule}, text)
        self.assertIn(says, text)

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.check()[0], set())

    def test_an_include_that_goes_up(self):
        self.breaks("includes", "workflow/bad.hpp:3: workflow may not include actors/base",
                    {"workflow/bad.hpp": '#pragma once\n\n#include "actors/base/call.hpp"\n'})

    def test_an_include_of_a_floor_above(self):
        self.breaks("includes", "actors/base may not include actors/runs",
                    {"actors/base/bad.hpp": '#pragma once\n\n#include "actors/runs/run.hpp"\n'})

    def test_a_table_that_is_not_there(self):
        self.breaks("includes", "no table", {"docs/architecture.md": "# Architecture\n"})

    def test_a_cycle_in_the_table(self):
        self.breaks("cycles", "messages -> workflow -> messages",
                    {"docs/architecture.md": TABLE.replace("| `messages` | |", "| `messages` | workflow |")})

    def test_a_source_at_the_root(self):
        self.breaks("root_sources", "serve.cpp", {"serve.cpp": "int serve() { return 0; }\n"})

    def test_a_long_file(self):
        self.breaks("file_lengths", "401 lines", {"server/long.cpp": "int x;\n" * 401})

    def test_a_table_may_be_longer(self):
        self.assertEqual(self.check({"server/option_table_server.cpp": "int x;\n" * 600})[0], set())

    def test_a_long_function(self):
        self.breaks("function_lengths", "server/f.cpp:1: a function of 71 lines", {"server/f.cpp": function(71)})

    def test_a_function_that_just_fits(self):
        self.assertEqual(self.check({"server/f.cpp": function(70)})[0], set())

    def test_rows_of_a_table_do_not_count(self):
        rows = "  auto rows = {\n" + "      {1, 2},\n" * 80 + "  };\n"
        self.assertNotIn("function_lengths", self.check({"server/f.cpp": "int f() {\n" + rows + "}\n"})[0])

    def test_a_room_with_too_few_asserts(self):
        # 1,001 lines with the room's header.
        files = {f"storage/{n}.cpp": "int x;\n" * (250 - asserts) + '  CADENZA_ASSERT(x, "it is");\n' * asserts
                 for n, asserts in (("a", 4), ("b", 4), ("c", 0), ("d", 0))}
        files["storage/e.hpp"] = "#pragma once\n"
        self.breaks("invariants", "storage: 8 asserts in 1001 lines, fewer than 8 in 1,000",
                    {**files, ".clang-format": "DisableFormat: true\n"})

    def test_a_room_with_enough_asserts(self):
        files = {f"storage/{n}.cpp": "int x;\n" * 248 + 'CADENZA_ASSERT(x, "it is");\n' * 2 for n in "abcd"}
        self.assertEqual(self.check({**files, ".clang-format": "DisableFormat: true\n"})[0], set())

    def test_an_assert_in_a_comment_does_not_count(self):
        files = {f"storage/{n}.cpp": "int x;\n" * 248 + '// CADENZA_ASSERT(x, "it is");\n' * 2 for n in "abcd"}
        self.breaks("invariants", "storage: 0 asserts", {**files, ".clang-format": "DisableFormat: true\n"})

    def test_a_real_clock(self):
        self.breaks("reaching", "workflow/now.cpp:1",
                    {"workflow/now.cpp": "auto now = std::chrono::system_clock::now();\n"})

    def test_a_thread(self):
        self.breaks("reaching", "std::thread", {"actors/runs/t.cpp": "std::thread t;\n"})

    def test_a_blocking_call(self):
        self.breaks("reaching", "fsync", {"actors/runs/t.cpp": "int r = fsync(0);\n"})

    def test_a_test_that_sleeps(self):
        self.breaks("sleeping", "tests/slow_test.cpp:1",
                    {"tests/slow_test.cpp": "void f() { std::this_thread::sleep_for(x); }\n"})

    def test_a_sleep_in_all_but_name(self):
        self.breaks("sleeping", "tests/slow.py:1", {"tests/slow.py": "threading.Event().wait(0.2)\n"})
        self.breaks("sleeping", "tests/slow.py:1", {"tests/slow.py": "select.select([], [], [], 1)\n"})

    def test_a_page_that_is_not_here(self):
        self.breaks("dangling", "rules.md is not in the repository", {"workflow/r.hpp": "// As rules.md says.\nint r;\n"})

    def test_a_page_that_is_here(self):
        self.assertEqual(self.check({"workflow/r.hpp": "// As docs/architecture.md says.\nint r;\n"})[0], set())

    def test_a_proof_that_is_no_test(self):
        page = "| Feature | Proof |\n|---|---|\n| a | `{}` |\n"
        files = {"tests/a_test.cpp": "BOOST_AUTO_TEST_CASE(it_works) {}\nSTORE_TEST(it_is_kept) {}\n",
                 "tests/go/a.go": "package a\n\nfunc TestIt(t *testing.T) {}\n",
                 "tests/run": "verdict sample-go 1\n"}
        self.breaks("proofs", "docs/proofs.md:3: there is no test it_worked",
                    {**files, "docs/proofs.md": page.format("it_works`, `it_worked")})
        for there in ("it_works", "it_is_kept", "TestIt", "TestI*", "sample-go", "tests/run all", "tests/a_test"):
            self.assertEqual(self.check({**files, "docs/proofs.md": page.format(there)}, subject="docs: " + there)[0],
                             set(), there)

    def test_format(self):
        self.breaks("formatted", "server/f.cpp", {"server/f.cpp": "int   x;\n"})

    def test_an_active_key_that_nobody_reads(self):
        keys = 'CADENZA_DYNAMIC_KEY(a_key, "a.key", integer, "1", 0, none, active, "Read.")\n' \
               'CADENZA_DYNAMIC_KEY(b_key, "b.key", integer, "1", 0, none,\n                    active, "Not read.")\n' \
               'CADENZA_DYNAMIC_KEY(c_key, "c.key", integer, "1", 0, none, later, "Not yet.")\n'
        self.breaks("unread_keys", "b_key is active and read by nobody",
                    {"config/dynamic_keys.inc": keys, "server/s.cpp": "int x = get(keys::a_key);\n"})

    USED = "auto d = field::domain(x);\nauto e = field::error(x);\n"
    FIELDS = 'CADENZA_LOG_FIELD(domain, text, "name")\nCADENZA_LOG_FIELD(error, text, "why")\n'

    def test_a_sentence_of_the_log_without_its_field(self):
        for bad in ('void f() { log::warn({field::error(e)}, "{domain}: {error}"); }\n',
                    'void f() { log::warn("no {domain}"); }\n',
                    'void f() { env.log(log::level::warn, {field::domain(g(x))}, "of {domain} "\n "why: {error}"); }\n'):
            self.breaks("logged", "server/s.cpp:1", {"config/log_fields.inc": self.FIELDS, "server/s.cpp": bad, "server/u.cpp": self.USED,
                                                     ".clang-format": "DisableFormat: true\n"})

    def test_a_sentence_of_the_log_with_its_fields(self):
        good = 'void f() { log::warn({field::domain(d), field::error(e.what())}, "{domain} "\n"not made: {error}"); }\n' \
               'auto x = "{ \\"domain\\": {domain} }";\n'
        self.assertEqual(self.check({"config/log_fields.inc": self.FIELDS, "server/s.cpp": good,
                                     ".clang-format": "DisableFormat: true\n"})[0], set())

    def test_a_field_of_the_log_that_no_line_has(self):
        self.breaks("unused_fields", "error is in no line",
                    {"config/log_fields.inc": self.FIELDS, "server/s.cpp": 'auto x = field::domain(d);\n',
                     ".clang-format": "DisableFormat: true\n"})

    def test_a_way_around_the_log(self):
        for bad in ('std::cerr << "lost";\n', 'int n = std::fprintf(stderr, "lost");\n'):
            self.breaks("logged", "storage/s.cpp:1", {"config/log_fields.inc": self.FIELDS, "storage/s.cpp": bad, "server/u.cpp": self.USED,
                                                      ".clang-format": "DisableFormat: true\n"})

    def test_a_long_subject(self):
        self.breaks("subjects", "a subject of 80 columns", {}, subject="rooms: " + "x" * 73)

    def test_an_unfinished_commit(self):
        self.breaks("subjects", "unfinished", {}, subject="rooms: wip floors")

    def test_a_subject_without_an_area(self):
        self.breaks("subjects", "area: what changed", {}, subject="move everything")


if __name__ == "__main__":
    unittest.main()
