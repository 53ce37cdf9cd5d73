#!/usr/bin/env python3
"""h2spec against a server; what does not pass is compared with left_out.tsv beside this file, in both directions.

usage: check.py H2SPEC HOST:PORT; prints `passed: CASE` or `failed: CASE` for each case.
"""

import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

ALLOWED = {
    "passed": ["passed"],
    "raced": ["passed"],
    "failed": ["failed"],
    "skipped": ["skipped"],
    "either": ["passed", "failed"],
}
RACES = 20  # a case that races with the answer is asked alone so often until it has come first once


def left_out():
    """(section, case) -> (verdict, reason)"""
    out = {}
    for line in pathlib.Path(__file__).with_name("left_out.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        verdict, section, case, reason = line.split("\t")
        if verdict not in ALLOWED or not reason:
            sys.exit(f"left_out.tsv: {line!r} is no line of it")
        out[section, int(case)] = (verdict, reason)
    return out


def verdict_of(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def run(h2spec, address, *cases):
    """(section, case) -> (verdict, title); without `cases` of all there are"""
    host, port = address.rsplit(":", 1)
    out = {}
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        subprocess.run([h2spec, "-h", host, "-p", port, "-o", "2", "-j", report.name, *cases], stdout=subprocess.DEVNULL, check=False)
        for suite in xml.parse(report.name).getroot().iter("testsuite"):
            for number, case in enumerate(suite.findall("testcase"), 1):
                out[suite.get("package"), number] = (verdict_of(case), case.get("classname"))
    return out


def raced(h2spec, address, key):
    for _ in range(RACES):
        alone = [verdict for verdict, _ in run(h2spec, address, f"{key[0]}/{key[1]}").values() if verdict != "skipped"]
        if alone == ["passed"]:
            return "passed"
    return "failed"


def main():
    h2spec, address = sys.argv[1:]
    expected = left_out()
    seen = run(h2spec, address)
    bad = 0
    for key, (verdict, title) in seen.items():
        wanted, reason = expected.pop(key, ("passed", ""))
        if wanted == "raced" and verdict == "failed":
            verdict = raced(h2spec, address, key)
        name = f"{key[0]} case {key[1]} ({title})"
        if verdict in ALLOWED[wanted]:
            print(f"passed: {name}" + (f": {verdict}, as it is to be: {reason}" if verdict != "passed" else ""))
        else:
            bad += 1
            print(f"failed: {name}: {verdict}, not {wanted}" + (f" ({reason})" if reason else ""))
    for section, case in expected:
        bad += 1
        print(f"failed: {section} case {case} is listed and not known to h2spec")
    if len(seen) < 140:
        bad += 1
        print(f"failed: h2spec told of {len(seen)} cases alone")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
