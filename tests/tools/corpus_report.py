#!/usr/bin/env python3
"""Judges a replay of the recorded scenarios: the output of `go test -v` over the corpus, read from standard input.

usage: corpus_report.py KNOWN_FILE GO_STATUS_FILE DIFFERENCES_FILE [FAILED_FILE]

DIFFERENCES_FILE has what the replay found, one JSON object a line. KNOWN_FILE names the differences that are there on
purpose, one per line: the seed, where it is (`step-13/Signal`, `history/<workflow>-a`) and the reason. A seed fails when
it has any other difference, has failed without one, or never ends. A seed whose differences are all known counts as
neither passed nor failed and is printed with the reasons. GO_STATUS_FILE holds go's exit code once the input has ended.
FAILED_FILE gets the names of the seeds that failed, one a line. The last line is `N passed, N failed`.
"""
import json
import pathlib
import re
import sys

START = re.compile(r"^=== RUN\s+TestCorpus/(\S+)")
END = re.compile(r"^\s*--- (PASS|FAIL|SKIP): TestCorpus/(\S+)")


def known_differences(path):
    known = {}
    for line in pathlib.Path(path).read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            seed, where, reason = line.split(None, 2)
            known[seed, where] = reason
    return known


def place(difference):
    """Where a difference is, in the words of KNOWN_FILE."""
    if difference.get("step"):
        return f"step-{difference['step']}/{difference['op']}"
    return f"{difference['kind']}/{difference.get('run', '').split(' ')[0]}"


def found_differences(path):
    found = {}
    for line in pathlib.Path(path).read_text().splitlines():
        difference = json.loads(line)
        found.setdefault(f"Seed{difference['seed']}", []).append(difference)
    return found


def main():
    known = known_differences(sys.argv[1])
    results = {}
    for line in sys.stdin:
        # go's own word for a difference is a failure, known or not; what has failed is said at the end.
        sys.stdout.write(line.replace("--- FAIL:", "--- differs:") if not line.startswith("FAIL") else "")
        if match := START.match(line):
            results.setdefault(match[1], "BROKEN OFF")
        elif match := END.match(line):
            results[match[2]] = match[1]
    status = int(pathlib.Path(sys.argv[2]).read_text() or 1)
    found = found_differences(sys.argv[3])

    print("\ncorpus")
    passed = 0
    failed = []
    seeds_failed = []
    met = set()
    for seed, result in results.items():
        places = [place(difference) for difference in found.get(seed, [])]
        news = [where for where in places if (seed, where) not in known]
        met.update((seed, where) for where in places)
        if result == "PASS":
            passed += 1
        elif result == "FAIL" and places and not news:
            for where in places:
                print(f"  known: {seed} {where}: {known[seed, where]}")
        else:
            seeds_failed.append(seed)
            failed.append(f"{seed}: {result}" + (f": {', '.join(news)}" if news else ""))
    for seed, where in known:
        if seed in results and (seed, where) not in met:
            print(f"  note: {seed} {where} does not differ any more and can leave the list")
    if status != 0 and "FAIL" not in results.values() and not failed:
        failed.append(f"go test ended with exit code {status} and no failed seed: it did not build or broke off")
    if not results:
        failed.append("no scenario was replayed")
    if len(sys.argv) > 4:
        pathlib.Path(sys.argv[4]).write_text("".join(seed + "\n" for seed in seeds_failed))
    for line in failed:
        print(f"  failed: {line}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
