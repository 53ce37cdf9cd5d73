#!/usr/bin/env python3
"""Judges the output of `go test -v` over the acceptance suite, read from standard input.

usage: acceptance_report.py LEFT_OUT_FILE GO_STATUS_FILE

LEFT_OUT_FILE names the tests that may fail, one per line with the reason behind it. Any other test that fails, or
starts and never ends, is a failure; so is a left-out test that does not exist, and a run that breaks off. A left-out
test that passes is reported. GO_STATUS_FILE holds go's exit code once the input has ended. The last line is
`N passed, N failed`, left-out tests counting as neither.
"""
import pathlib
import re
import sys

START = re.compile(r"^=== RUN\s+(\S+)")
END = re.compile(r"^\s*--- (PASS|FAIL|SKIP): (\S+)")


def left_out_tests(path):
    reasons = {}
    for line in pathlib.Path(path).read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            reasons[name] = reason.strip()
    return reasons


def main():
    left_out = left_out_tests(sys.argv[1])
    results = {}
    for line in sys.stdin:
        sys.stdout.write(line)
        if match := START.match(line):
            results.setdefault(match[1], "BROKEN OFF")
        elif match := END.match(line):
            results[match[2]] = match[1]
    status = int(pathlib.Path(sys.argv[2]).read_text() or 1)

    # A subtest is part of its test: only whole tests are counted.
    results = {name: result for name, result in results.items() if "/" not in name}
    failed = []
    print("\nacceptance suite")
    for name, reason in left_out.items():
        result = results.get(name, "MISSING")
        print(f"  left out: {name}: {result}: {reason}")
        if result == "PASS":
            print(f"  note: {name} passes and can leave the list")
        elif result == "MISSING":
            failed.append(f"{name} is left out, but there is no such test")
    counted = {name: result for name, result in results.items() if name not in left_out}
    failed += [f"{name}: {result}" for name, result in counted.items() if result in ("FAIL", "BROKEN OFF")]
    known = any(result in ("FAIL", "BROKEN OFF") for result in results.values())
    if status != 0 and not known:
        failed.append(f"go test ended with exit code {status} and no failed test: it did not build or broke off")
    passed = sum(result == "PASS" for result in counted.values())
    if not results:
        failed.append("no test ran")
    for line in failed:
        print(f"  failed: {line}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
