#!/usr/bin/env python3
"""The commands of the README, in order, as they are written: each must work within 60 seconds.

    readme_test.py CADENZA HELLO

Blocks in `sh` are run line by line, a block in `go` is written to the file that the text before it names. What must be built
or downloaded first is not timed.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from demo import ROOT, Count, demo

LONGEST = 60
# What must stand in the output of the line that holds the first text.
EXPECTED = {
    "workflow run": "Hello, Ada!",
    "workflow observe ada": "Hello, Ada!",
    "workflow show ada": "WorkflowExecutionCompleted",
    "workflow list": "HelloWorld",
    "workflow diagnose stuck": "hello-world is polled: a misspelt name?",
    "tasklist describe": "hello-sample",
    "domain list": "samples-domain",
    "domain describe": "samples-domain",
    "backup list": "whole",
    "actor tree": "node",
    "curl": '"status":"OK"',
    "go run": "shipped teapot, receipt for teapot",
    "workflow show order-teapot": "WorkflowExecutionCompleted",
}
# Commands of blocks that are only shown: they install, or build for long.
SHOWN = re.compile(r"\./dev (package|demo|cluster|xdc)\b|sudo (apt (install|update)|systemctl enable)\b|echo 'deb |"
                   r"cp -r /usr/share/doc/cadenza/examples/go |cd samples-go && go run \./hello/worker")


def blocks(text):
    """(language, content, the text since the block before)"""
    end = 0
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        yield found[1], found[2], text[end:found.start()]
        end = found.end()


def run(count, line, place, environment):
    try:
        done = subprocess.run(["bash", "-c", line], cwd=place, env=environment, capture_output=True, text=True,
                              timeout=LONGEST, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        count.check(False, f"{line}: not over after {LONGEST} seconds")
        return
    count.check(done.returncode == 0, f"{line}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    for part, wanted in EXPECTED.items():
        if part in line:
            count.check(wanted in done.stdout, f"{line}: no {wanted!r} in\n{done.stdout}{done.stderr}")


def main(cadenza, hello):
    count = Count()
    ran = 0
    with demo(cadenza, hello) as server, tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        (place / "bin").mkdir()
        (place / "bin/cadenza").symlink_to(pathlib.Path(cadenza).resolve())
        (place / "samples").symlink_to(ROOT / "samples")
        environment = server.environment(place / "bin")
        have_go = shutil.which("go") is not None
        for language, content, before in blocks((ROOT / "README.md").read_text()):
            if language == "go":
                target = place / re.findall(r"`([\w./-]+\.go)`", before)[-1]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content)
                if count.check(have_go, "what the README says in Go needs go"):
                    built = subprocess.run(["go", "build", "-o", os.devnull, "."], cwd=target.parent, timeout=600,
                                           capture_output=True, text=True)
                    count.check(built.returncode == 0, f"{target.name} does not build: {built.stderr}")
            elif language == "sh":
                for line in content.splitlines():
                    run(count, line.replace("127.0.0.1:8088", server.http), place, environment)
                    ran += 1
            else:
                for line in content.splitlines():
                    count.check(SHOWN.match(line), f"a block without a language holds what is neither run nor known: {line}")
    count.check(ran >= 15, f"only {ran} commands were found in the README")
    count.end()


if __name__ == "__main__":
    main(*sys.argv[1:3])
