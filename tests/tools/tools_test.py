#!/usr/bin/env python3
"""The scripts that count tests: what they must never do is call a failed run passed."""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
JUNIT = """<testsuite tests="3" skipped="1" errors="0" failures="{failures}" name="m">
<testcase classname="s" name="a"/><testcase classname="s" name="b">{inside}</testcase>
<testcase classname="s" name="c"><skipped/></testcase></testsuite>"""


def last_line(text):
    return text.strip().splitlines()[-1]


class Counting(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.results = pathlib.Path(self.place.name)

    def tearDown(self):
        self.place.cleanup()

    def record(self, pid, status, junit=None, command="program"):
        (self.results / f"{pid}.command").write_text(f"{command}\n")
        if status is not None:
            (self.results / f"{pid}.status").write_text(f"{status}\n")
        if junit is not None:
            (self.results / f"{pid}.xml").write_text(junit)

    def count(self, runner_status=0, *more):
        done = subprocess.run([sys.executable, HERE / "count.py", self.results, str(runner_status), *more],
                              capture_output=True, text=True)
        return last_line(done.stdout), done.returncode

    def test_cases_are_counted_one_by_one(self):
        self.record(1, 0, JUNIT.format(failures=0, inside=""))
        self.record(2, 0)
        self.assertEqual(self.count(), ("3 passed, 0 failed", 0))

    def test_a_failed_case_fails_the_run(self):
        self.record(1, 201, JUNIT.format(failures=1, inside="<failure/>"))
        self.assertEqual(self.count(1), ("1 passed, 1 failed", 1))

    def test_a_crash_after_the_report_counts(self):
        self.record(1, 139, JUNIT.format(failures=0, inside=""))
        self.assertEqual(self.count(1), ("2 passed, 1 failed", 1))

    def test_a_report_that_breaks_off_counts_as_failed(self):
        self.record(1, 134, "<testsuite><testcase name='a'/>")
        self.assertEqual(self.count(1), ("0 passed, 1 failed", 1))

    def test_bytes_in_a_message_break_no_report(self):
        self.record(1, 201)
        inside = b"<failure><![CDATA[\x01\xff\x1b]]></failure>"
        (self.results / "1.xml").write_bytes(JUNIT.format(failures=1, inside="HERE").encode().replace(b"HERE", inside))
        self.assertEqual(self.count(1), ("1 passed, 1 failed", 1))

    def test_a_killed_program_counts_as_failed(self):
        self.record(1, None)
        self.record(2, 0)
        self.assertEqual(self.count(1), ("1 passed, 1 failed", 1))

    def test_a_program_that_is_not_for_here_is_skipped(self):
        self.record(1, 77)
        self.record(2, 0)
        self.assertEqual(self.count(), ("1 passed, 0 failed", 0))

    def part(self, pid, *names, left_out=()):
        cases = "".join(f"<testcase classname='s' name='{name}'/>" for name in names)
        cases += "".join(f"<testcase classname='s' name='{name}'><skipped/><system-out>Test case disabled because of the "
                         "following chain of decision:</system-out></testcase>" for name in left_out)
        self.record(pid, 0, f"<testsuite>{cases}</testsuite>", f"program --run_test={pid}")

    def whole(self):
        return subprocess.run([sys.executable, HERE / "count.py", self.results, "0"], capture_output=True, text=True).stdout

    def test_what_a_filter_left_out_was_not_asked_for(self):
        self.part(1, "a", "b", left_out=["c"])
        self.assertEqual(self.whole(), "2 passed, 0 failed\n")
        self.part(2, "c", left_out=["a", "b"])
        self.assertEqual(self.whole(), "3 passed, 0 failed\n")

    def test_a_case_that_is_in_no_part_is_a_failure(self):
        self.part(1, "a", left_out=["b", "c"])
        self.part(2, "b", left_out=["a", "c"])
        self.assertEqual(self.whole(), "failed: program: s/c is in none of its 2 parts\n2 passed, 1 failed\n")

    def test_a_case_that_could_not_run_is_told(self):
        self.record(1, 0, JUNIT.format(failures=0, inside=""))
        self.assertEqual(self.whole(), "1 skipped\n2 passed, 0 failed\n")

    def test_the_runner_has_the_last_word(self):
        self.record(1, 0)
        self.assertEqual(self.count(1), ("1 passed, 1 failed", 1))

    def test_nothing_run_is_a_failure(self):
        self.assertEqual(self.count(), ("0 passed, 1 failed", 1))

    def test_other_checks_are_added(self):
        self.record(1, 0)
        self.assertEqual(self.count(0, "0", "1"), ("1 passed, 1 failed", 1))

    def test_the_wrapper_hands_on_the_exit_code(self):
        program = self.results / "program"
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        done = subprocess.run([HERE / "counted", program], env={**os.environ, "CADENZA_TEST_RESULTS": str(self.results)})
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.count(1), ("0 passed, 1 failed", 1))


class Acceptance(unittest.TestCase):
    def judge(self, output, status, left_out="TestA_Later children\n"):
        with tempfile.TemporaryDirectory() as place:
            names = pathlib.Path(place) / "left-out"
            names.write_text("# why\n" + left_out)
            code = pathlib.Path(place) / "status"
            code.write_text(f"{status}\n")
            done = subprocess.run([sys.executable, HERE / "acceptance_report.py", names, code], input=output,
                                  capture_output=True, text=True)
            return done.stdout, last_line(done.stdout), done.returncode

    RUN = "=== RUN   TestA_One\n=== RUN   TestA_Later\n"

    def test_a_left_out_test_may_fail(self):
        out, last, code = self.judge(self.RUN + "--- PASS: TestA_One (0.1s)\n--- FAIL: TestA_Later (0.1s)\nFAIL\n", 1)
        self.assertEqual((last, code), ("1 passed, 0 failed", 0))
        self.assertIn("left out: TestA_Later: FAIL: children", out)

    def test_a_left_out_test_that_passes_is_reported(self):
        out, last, code = self.judge(self.RUN + "--- PASS: TestA_One (0.1s)\n--- PASS: TestA_Later (0.1s)\n", 0)
        self.assertEqual((last, code), ("1 passed, 0 failed", 0))
        self.assertIn("TestA_Later passes and can leave the list", out)

    def test_any_other_failure_fails(self):
        _, last, code = self.judge(self.RUN + "--- FAIL: TestA_One (0.1s)\n--- FAIL: TestA_Later (0.1s)\n", 1)
        self.assertEqual((last, code), ("0 passed, 1 failed", 1))

    def test_a_test_that_never_ends_fails(self):
        _, last, code = self.judge(self.RUN + "--- FAIL: TestA_Later (0.1s)\npanic: test timed out\n", 2)
        self.assertEqual((last, code), ("0 passed, 1 failed", 1))

    def test_a_suite_that_does_not_build_fails(self):
        _, last, code = self.judge("FAIL\tx [build failed]\n", 1, left_out="")
        self.assertNotEqual(code, 0)
        self.assertTrue(last.startswith("0 passed, "))

    def test_a_left_out_test_must_exist(self):
        _, last, code = self.judge("=== RUN   TestA_One\n--- PASS: TestA_One (0.1s)\n", 0)
        self.assertEqual((last, code), ("1 passed, 1 failed", 1))

    def test_subtests_belong_to_their_test(self):
        run = "=== RUN   TestA_One\n=== RUN   TestA_One/x\n    --- PASS: TestA_One/x (0.1s)\n--- PASS: TestA_One (0.1s)\n"
        _, last, code = self.judge(run, 0, left_out="")
        self.assertEqual((last, code), ("1 passed, 0 failed", 0))


class Corpus(unittest.TestCase):
    RUN = "=== RUN   TestCorpus\n=== RUN   TestCorpus/Seed1\n=== RUN   TestCorpus/Seed2\n"

    def judge(self, output, status, differences=(), known="Seed2 step-3/Signal kept as better\n"):
        with tempfile.TemporaryDirectory() as place:
            names = pathlib.Path(place) / "known"
            names.write_text("# why\n" + known)
            code = pathlib.Path(place) / "status"
            code.write_text(f"{status}\n")
            found = pathlib.Path(place) / "differences"
            found.write_text("".join(json.dumps(one) + "\n" for one in differences))
            done = subprocess.run([sys.executable, HERE / "corpus_report.py", names, code, found], input=output,
                                  capture_output=True, text=True)
            return done.stdout, last_line(done.stdout), done.returncode

    def ends(self, one, two):
        return self.RUN + f"    --- {one}: TestCorpus/Seed1 (0.1s)\n    --- {two}: TestCorpus/Seed2 (0.1s)\n"

    SIGNAL = {"seed": 2, "kind": "answer", "step": 3, "op": "Signal", "got": "ok", "want": "error"}

    def test_each_seed_counts(self):
        _, last, code = self.judge(self.ends("PASS", "PASS"), 0)
        self.assertEqual((last, code), ("2 passed, 0 failed", 0))

    def test_a_known_difference_counts_as_neither(self):
        out, last, code = self.judge(self.ends("PASS", "FAIL"), 1, [self.SIGNAL])
        self.assertEqual((last, code), ("1 passed, 0 failed", 0))
        self.assertIn("known: Seed2 step-3/Signal: kept as better", out)

    def test_a_known_difference_that_is_gone_is_reported(self):
        out, _, _ = self.judge(self.ends("PASS", "PASS"), 0)
        self.assertIn("Seed2 step-3/Signal does not differ any more", out)

    def test_another_difference_of_the_same_seed_fails(self):
        other = {"seed": 2, "kind": "history", "run": "<workflow>-a <id-1>", "got": "a", "want": "b"}
        out, last, code = self.judge(self.ends("PASS", "FAIL"), 1, [self.SIGNAL, other])
        self.assertEqual((last, code), ("1 passed, 1 failed", 1))
        self.assertIn("failed: Seed2: FAIL: history/<workflow>-a", out)

    def test_a_seed_that_fails_without_a_difference_fails(self):
        _, last, code = self.judge(self.ends("PASS", "FAIL"), 1)
        self.assertEqual((last, code), ("1 passed, 1 failed", 1))

    def test_a_seed_that_never_ends_fails(self):
        _, last, code = self.judge(self.RUN + "    --- PASS: TestCorpus/Seed1 (0.1s)\npanic: test timed out\n", 2)
        self.assertEqual((last, code), ("1 passed, 1 failed", 1))

    def test_a_corpus_that_does_not_build_fails(self):
        _, last, code = self.judge("FAIL\tx [build failed]\n", 1)
        self.assertNotEqual(code, 0)
        self.assertTrue(last.startswith("0 passed, "))


if __name__ == "__main__":
    unittest.main()
