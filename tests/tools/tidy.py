#!/usr/bin/env python3
"""Checks the rules that every source of the repository keeps, and names each violation.

    tidy.py [ROOT]      the last line is `N passed, N failed`, one for each rule

The rules: which room may include which (the table of docs/architecture.md), no cycle among them, no source at the root but
main.cpp, lengths of files and functions, asserts enough where state is kept, no real clock, thread, chance or blocking call where they are handed in, no test
that sleeps, no comment about a page that is not here, clang-format, subjects of commits, no active dynamic key that nobody
reads, no test named as a proof in docs/proofs.md that is not there, no value in a sentence of the log that is not a field of
its line, no field of the log that no line has, and no way around the log.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

FILE_LINES_MAX = 400
TABLE_LINES_MAX = 600  # files that hold one table
FUNCTION_LINES_MAX = 70
ASSERTS_PER_1000_LINES = 8
ASSERTING_ROOMS = ("workflow", "storage", "actors")  # those that keep state, floors included
SUBJECT_COLUMNS_MAX = 72
SUBJECTS_SINCE = "c12dde9"  # subjects of commits before this one stay as they are

TABLES = re.compile(r"(_table\w*|_keys|_fields|golden_test|query_test)\.(cpp|hpp|inc)$")
PURE_ROOMS = ("workflow", "actors", "replication")
# What PURE_ROOMS are given instead of reaching for it, and where the real one is made.
REACHED_FOR = re.compile(
    r"std::chrono::(system|steady|high_resolution)_clock|std::(jthread|thread\b|async\b|random_device|mt19937)"
    r"|this_thread|condition_variable|\bi?fstream\b|\b(fopen|fsync|fdatasync|usleep|nanosleep|gettimeofday)\s*\(")
REAL_ONES = {"actors/base/system_sources.cpp"}
SLEEPS = re.compile(r"\bEvent\(\)\.wait\(|select\(\[\], *\[\], *\[\]"  # a sleep in all but name
                    r"|sleep_for|sleep_until\(std|\busleep\(|\bnanosleep\(|time\.sleep\(|time\.Sleep\(|Thread\.sleep")
# Programs that make load or measure, and no tests.
MAY_SLEEP = ("tests/bench/", "tests/soak/", "tests/load/", "tests/chaos/")

ACCEPTANCE = "../shared/acceptance"  # tests of the contract; docs/proofs.md names them, too


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = self.git("ls-files", "-co", "--exclude-standard").splitlines()
        self.files = [f for f in self.files if (self.root / f).is_file()]
        self.sources = [f for f in self.files if f.endswith((".cpp", ".hpp", ".inc"))]

    def git(self, *args):
        return subprocess.run(["git", "-C", self.root, *args], check=True, capture_output=True, text=True).stdout

    def text(self, file):
        return (self.root / file).read_text(encoding="utf-8", errors="replace")


def rooms_of(tree):
    """The table of docs/architecture.md: room -> rooms it may include; None: all."""
    rooms = {}
    for line in tree.text("docs/architecture.md").splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) >= 3 and re.fullmatch(r"`[a-z/]+`", cells[0]):
            rooms[cells[0].strip("`")] = None if cells[1] == "everything" else \
                [r.strip() for r in cells[1].split(",") if r.strip()]
        elif rooms:
            break
    return rooms


def room_of(path, rooms):
    parts = path.split("/")[:-1]
    while parts:
        if "/".join(parts) in rooms:
            return "/".join(parts)
        parts.pop()
    return None


def includes(tree):
    rooms = rooms_of(tree)
    if not rooms:
        yield "docs/architecture.md: there is no table of rooms"
    for room, allowed in rooms.items():
        for other in allowed or []:
            if other not in rooms:
                yield f"docs/architecture.md: {room} may include {other}, which is no room"
    known = set(tree.sources)
    for file in tree.sources:
        room = room_of(file, rooms)
        if room is None:
            continue
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            found = re.match(r'#include "([^"]+)"', line)
            if not found or found[1] not in known:
                continue
            target = room_of(found[1], rooms)
            if target is None:
                yield f"{file}:{number}: {found[1]} is in no room"
            elif target != room and rooms[room] is not None and target not in rooms[room]:
                yield f"{file}:{number}: {room} may not include {target} ({found[1]})"


def cycles(tree):
    rooms = rooms_of(tree)
    done, path = set(), []

    def visit(room):
        if room in path:
            yield "docs/architecture.md: a cycle: " + " -> ".join(path[path.index(room):] + [room])
            return
        if room in done:
            return
        path.append(room)
        for other in rooms.get(room) or []:
            yield from visit(other)
        path.pop()
        done.add(room)

    for room in rooms:
        yield from visit(room)


def root_sources(tree):
    for file in tree.sources:
        if "/" not in file and file != "main.cpp":
            yield f"{file}: main.cpp is the only source at the root"


def file_lengths(tree):
    for file in tree.sources:
        limit = TABLE_LINES_MAX if TABLES.search(file) else FILE_LINES_MAX
        lines = tree.text(file).count("\n")
        if lines > limit:
            yield f"{file}: {lines} lines, more than {limit}"


def function_lengths(tree):
    """Relies on clang-format: a body ends with a brace in the column where its function began; members stand 2 in."""
    no_function = re.compile(r"(namespace|struct|class|enum|union|extern|template .*(struct|class))\b")
    for file in tree.sources:
        lines = tree.text(file).splitlines()
        start, indent = None, 0
        for number, line in enumerate(lines, 1):
            if start is None:
                indent = len(line) - len(line.lstrip())
                if indent in (0, 2) and line.endswith("{") and not no_function.match(line.lstrip()) and \
                        ")" in declaration(lines, number):
                    start = number
            elif re.match(r"\s{%d}\}" % indent, line):
                # Rows of a table are data.
                length = sum(not one.rstrip().endswith("},") for one in lines[start - 1:number])
                if length > FUNCTION_LINES_MAX:
                    yield f"{file}:{start}: a function of {length} lines, more than {FUNCTION_LINES_MAX}"
                start = None


def declaration(lines, number):
    """The declaration that ends in line `number`."""
    first = number - 1
    while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "{", "}", ":")):
        first -= 1
    return " ".join(lines[first:number])


def invariants(tree):
    """What always holds is asserted where state is kept. Says nothing of a room that has just begun."""
    for room in ASSERTING_ROOMS:
        texts = [tree.text(f) for f in tree.sources if f.startswith(room + "/") and f.endswith((".cpp", ".hpp"))]
        lines = sum(text.count("\n") for text in texts)
        asserts = sum(len(re.findall(r"^[^/\n]*\bCADENZA_ASSERT\(", text, re.M)) for text in texts)
        if lines >= 1000 and asserts * 1000 < lines * ASSERTS_PER_1000_LINES:
            yield f"{room}: {asserts} asserts in {lines} lines, fewer than {ASSERTS_PER_1000_LINES} in 1,000"


def reaching(tree):
    for file in tree.sources:
        if file.split("/")[0] not in PURE_ROOMS or file in REAL_ONES:
            continue
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            found = REACHED_FOR.search(line.split("//")[0])
            if found:
                yield f"{file}:{number}: {found[0]} is handed in here, not reached for"


def sleeping(tree):
    for file in tree.files:
        if not file.startswith("tests/") or file.startswith(MAY_SLEEP) or file.startswith("tests/tools/tidy"):
            continue
        if not file.endswith((".cpp", ".hpp", ".py", ".go", ".java", ".ts", ".js")):
            continue
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            if SLEEPS.search(line):
                yield f"{file}:{number}: a test waits for what happens, not for time to pass"


def dangling(tree):
    pages = {f for f in tree.files if f.endswith(".md")}
    names = {os.path.basename(p) for p in pages}
    for file in tree.sources + [f for f in tree.files if f.endswith((".py", ".build"))]:
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            comment = re.search(r"(//|#)\s(.*)$", line)
            if not comment or file.startswith("tests/tools/"):
                continue
            for page in re.findall(r"[\w./-]+\.md\b", comment[2]):
                if page not in names and not any(p == page or p.endswith("/" + page) for p in pages):
                    yield f"{file}:{number}: {page} is not in the repository"
            if "§" in comment[2] and not re.search(r"[\w/-]+\.md", comment[2]):
                yield f"{file}:{number}: a section of an unnamed page"


def formatted(tree):
    tool = shutil.which("clang-format-14")
    if tool is None:
        yield "clang-format-14 is not installed (./dev deps --tools)"
        return
    sources = [f for f in tree.sources if not f.endswith(".inc")]
    if not sources:
        return
    done = subprocess.run([tool, "--dry-run", "-Werror", *sources], cwd=tree.root, capture_output=True, text=True)
    yield from sorted(set(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", done.stderr, re.M)))


def subjects(tree):
    known = subprocess.run(["git", "-C", tree.root, "cat-file", "-e", SUBJECTS_SINCE + "^{commit}"], capture_output=True)
    since = [f"{SUBJECTS_SINCE}..HEAD"] if known.returncode == 0 else ["HEAD"]
    log = subprocess.run(["git", "-C", tree.root, "log", "--format=%h %s", "--no-merges", *since],
                         capture_output=True, text=True)
    for line in log.stdout.splitlines():
        short, _, subject = line.partition(" ")
        if len(subject) > SUBJECT_COLUMNS_MAX:
            yield f"{short}: a subject of {len(subject)} columns, more than {SUBJECT_COLUMNS_MAX}: {subject}"
        elif ": " not in subject:
            yield f"{short}: a subject says `area: what changed`: {subject}"
        elif re.search(r"\b(wip|fixup!|squash!)", subject, re.I):
            yield f"{short}: unfinished: {subject}"


def unread_keys(tree):
    """A dynamic key that is documented as acted on is read by somebody."""
    table = "config/dynamic_keys.inc"
    if table not in tree.files:
        return
    readers = " ".join(tree.text(f) for f in tree.sources if not f.startswith(("config/", "tests/")))
    for entry in re.split(r"^CADENZA_DYNAMIC_KEY\(", tree.text(table), flags=re.M)[1:]:
        name = entry.split(",")[0].strip()
        if re.search(r',\s*active\s*,\s*"', entry) and not re.search(rf"\b{name}\b", readers):
            yield f"{table}: {name} is active and read by nobody"


def proofs(tree):
    """Each test that docs/proofs.md names in its last column is there."""
    page = "docs/proofs.md"
    if page not in tree.files:
        return
    known = set()
    for file in tree.files:
        if not file.startswith("tests/"):
            continue
        if file.endswith((".cpp", ".hpp")):
            known.update(re.findall(r"\b\w*TEST(?:_CASE|_SUITE)?\w*\((\w+)", tree.text(file)))
        elif file.endswith("meson.build"):
            known.update(re.findall(r"\btest\('([^']+)'", tree.text(file)))
        elif file.endswith(".go"):
            known.update(re.findall(r"\bfunc (Test\w+)\(", tree.text(file)))
        elif "." not in os.path.basename(file):  # a script: its checks are counted by name
            known.update(re.findall(r"^ *(?:verdict|sample) ([\w-]+)", tree.text(file), re.M))
    suite = (tree.root / ACCEPTANCE).resolve()
    outside = {name for file in suite.rglob("*.go")
               for name in re.findall(r"\bfunc (Test\w+)\(", file.read_text(errors="replace"))}
    for number, line in enumerate(tree.text(page).splitlines(), 1):
        cells = line.strip().strip("|").split("|")
        if not line.startswith("|") or len(cells) < 2 or cells[-1].strip().startswith("by hand"):
            continue
        for proof in re.findall(r"`([^`]+)`", cells[-1]):
            name = proof.split()[0]
            if proof in known or name in known or name in outside or (name.startswith("Test") and not outside):
                continue
            if name.endswith("*") and any(one.startswith(name[:-1]) for one in known | outside):
                continue
            if (tree.root / name).exists() or (tree.root / (name + ".cpp")).exists():
                continue
            yield f"{page}:{number}: there is no test {proof}"


LOG_FIELDS = "config/log_fields.inc"
LOGGING_ROOMS = ("actors", "bridge", "config", "findings", "messages", "replication", "server", "storage", "verify", "workflow")
AROUND_THE_LOG = re.compile(r"std::(cerr|cout|clog|f?puts)\b|\bf?printf\(")
# Where there is no log yet, or it has ended: what is wrong with the program itself, starts, and the end of a process.
MAY_PRINT = {"bridge/handlers/method_table.cpp", "storage/rocksdb/engine.cpp", "server/serve.cpp"}


def call_around(text, at):
    """The innermost call with a brace of fields in it that `at` is in; "" when there is none."""
    depth = 0
    for start in range(at - 1, max(at - 2000, 0), -1):
        if text[start] in ")}":
            depth += 1
        elif text[start] in "({":
            if depth:
                depth -= 1
            elif text[start] == "(":
                return text[start:at]
            else:
                return ""
        elif text[start] == ";" and depth == 0:
            return ""
    return ""


def unused_fields(tree):
    """A field of the log is in some line."""
    if LOG_FIELDS not in tree.files:
        return
    writers = " ".join(tree.text(f) for f in tree.sources if not f.startswith("tests/"))
    for name in re.findall(r"^CADENZA_LOG_FIELD\((\w+),", tree.text(LOG_FIELDS), re.M):
        if f"field::{name}(" not in writers:
            yield f"{LOG_FIELDS}: {name} is in no line"


def logged(tree):
    """The compiler lets a sentence of the log be a literal only, and quote declared fields only; that the line has them it
    cannot see."""
    if LOG_FIELDS not in tree.files:
        return
    names = set(re.findall(r"^CADENZA_LOG_FIELD\((\w+),", tree.text(LOG_FIELDS), re.M))
    for file in tree.sources:
        if file.split("/")[0] not in LOGGING_ROOMS or file.startswith("config/log"):
            continue
        text = tree.text(file)
        for number, line in enumerate(text.splitlines(), 1):
            if AROUND_THE_LOG.search(line.split("//")[0]) and file not in MAY_PRINT:
                yield f"{file}:{number}: what is told goes to the log (config/log.hpp)"
        for sentence in re.finditer(r'"[^"\n]*\{(\w+)\}[^"\n]*"(?:\s*"[^"\n]*")*', text):
            around = call_around(text, sentence.start())
            quoted = set(re.findall(r"\{(\w+)\}", sentence[0])) & names
            for name in sorted(quoted) if "field::" in around or re.search(r"\blog::\w+\($", text[:sentence.start()]) else []:
                if f"field::{name}(" not in around:
                    number = text.count("\n", 0, sentence.start()) + 1
                    yield f"{file}:{number}: the sentence quotes {name}, which is no field of the line"


RULES = [includes, cycles, root_sources, file_lengths, function_lengths, invariants, reaching, sleeping, dangling, formatted, subjects,
         unread_keys, proofs, logged, unused_fields]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(root)
    failed = 0
    for rule in RULES:
        found = list(rule(tree))
        failed += bool(found)
        for line in found:
            print(f"{rule.__name__}: {line}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
