#!/usr/bin/env python3
"""Adds up what `counted` recorded: cases of Boost.Test programs one by one, any other program as one case.

usage: count.py RESULTS RUNNER_STATUS [passed failed]

A program that crashed or was killed counts as failed on top of the cases it still reported. RUNNER_STATUS is meson's
exit code: when it says failure and nothing here does, that is a failure, too. Further passed and failed checks are
added. Cases that a run's own filter left out were not asked for, and are not counted; but a program that was run in parts
fails when one of its cases was in no part. The last line is `N passed, N failed`; the exit code is 0 only when nothing
failed and something passed.
"""
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

SKIPPED = 77  # meson's exit code for "not here"
FILTERED = "Test case disabled because"  # how Boost.Test says that --run_test left a case out


# What XML 1.0 has no place for, and Boost.Test writes as it is when a message shows bytes.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


def cases(path):
    """(passed, failed, skipped, asked for, left out) of one JUnit file; None when there is none or it broke off. The last
    two are names. Names what failed."""
    try:
        root = xml.fromstring(UNPRINTABLE.sub("?", path.read_text(errors="replace")))
    except (OSError, xml.ParseError):
        return None
    passed = failed = skipped = 0
    asked, left_out = set(), set()
    for case in root.iter("testcase"):
        name = f"{case.get('classname', '')}/{case.get('name', '')}"
        if case.find("skipped") is not None and FILTERED in (case.findtext("system-out") or ""):
            left_out.add(name)
            continue
        asked.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print(f"failed: {name}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped, asked, left_out


def main():
    results, runner_status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed, failed = (int(n) for n in sys.argv[3:5]) if len(sys.argv) > 4 else (0, 0)
    skipped = 0
    parts = collections.defaultdict(list)  # by program: names asked for and left out of each run
    for started in sorted(results.glob("*.command")):
        command = started.read_text().strip()
        ended = started.with_suffix(".status")
        status = int(ended.read_text()) if ended.exists() else None
        counts = cases(started.with_suffix(".xml"))
        if counts:
            passed += counts[0]
            failed += counts[1]
            skipped += counts[2]
            parts[command.split(" ")[0]].append(counts[3:])
        if status == SKIPPED and not counts:
            skipped += 1
        elif status != 0 and not (counts and counts[1]):
            failed += 1
            print(f"failed: {command}: " + ("killed" if status is None else f"exit code {status}"))
        elif status == 0 and not counts:
            passed += 1
    for program, runs in parts.items():
        if len(runs) > 1:
            for name in sorted(set().union(*(out for _, out in runs)) - set().union(*(asked for asked, _ in runs))):
                failed += 1
                print(f"failed: {program}: {name} is in none of its {len(runs)} parts")
    if runner_status != 0 and failed == 0:
        failed = 1
        print(f"failed: the test runner ended with exit code {runner_status}")
    if passed == 0 and failed == 0:
        failed = 1
        print("failed: no test ran")
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
