#!/usr/bin/env python3
"""The Go project's bench against a server: its worker, and small loads that judge themselves.

usage: bench.py BENCH CLI GRPC_HOST:PORT TCHANNEL_HOST:PORT

BENCH is its program, which speaks Thrift over gRPC; CLI is the project's command line, which starts the loads and waits for
them over TChannel. The loads run at once. Prints `passed: NAME` or `failed: NAME` for each; exit code 0 when all passed. The
load `signal` is left out: it waits five minutes by itself.
"""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

BENCH, CLI, GRPC, TCHANNEL = sys.argv[1:5]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DOMAINS = ["cadence-bench", "cadence-bench-sync", "cadence-bench-batch"]
# name: (domain, workflow, what it is told). Sizes are for a test, not for a measurement.
LOADS = {
    "basic": ("cadence-bench", "basic-load-test-workflow", {
        "useBasicVisibilityValidation": True, "contextTimeoutInSeconds": 3, "failureThreshold": 0.01,
        "totalLaunchCount": 60, "routineCount": 2, "waitTimeBufferInSeconds": 5, "chainSequence": 4, "concurrentCount": 1,
        "payloadSizeBytes": 1024, "executionStartToCloseTimeoutInSeconds": 20}),
    "timer": ("cadence-bench-batch", "timer-load-test-workflow", {
        "totalTimerCount": 60, "timerPerWorkflow": 1, "shortestTimerDurationInSeconds": 5,
        "longestTimerDurationInSeconds": 10, "maxTimerLatencyInSeconds": 5, "timerTimeoutInSeconds": 10, "routineCount": 2}),
    "cancellation": ("cadence-bench-sync", "cancellation-load-test-workflow", {
        "totalLaunchCount": 50, "concurrency": 1, "contextTimeoutInSeconds": 3}),
    "activities at once": ("cadence-bench-batch", "concurrent-execution-test-workflow", {
        "totalBatches": 2, "concurrency": 2, "batchType": "activity", "batchSize": 50, "batchPeriodInSeconds": 1,
        "batchMaxLatencyInSeconds": 15, "batchTimeoutInSeconds": 50}),
    "children at once": ("cadence-bench-batch", "concurrent-execution-test-workflow", {
        "totalBatches": 2, "concurrency": 2, "batchType": "childWorkflow", "batchSize": 50, "batchPeriodInSeconds": 1,
        "batchMaxLatencyInSeconds": 15, "batchTimeoutInSeconds": 50}),
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def configuration(place):
    (place / "development.yaml").write_text(json.dumps({
        "bench": {"name": "cadence-bench", "domains": DOMAINS, "numTaskLists": 3},
        "cadence": {"service": "cadence-frontend", "host": GRPC},
        "metrics": {"prometheus": {"timerType": "histogram", "listenAddress": f"127.0.0.1:{free_port()}"}},
        "log": {"stdout": True, "level": "warn"}}))


def cadence(domain, *words):
    return subprocess.Popen([CLI, "--address", TCHANNEL, "--do", domain, *words], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})


def name_of(load):
    return "bench-" + load.replace(" ", "-")


def domains_are_there():
    """The worker registers them one after the other before it polls; the last one is waited for."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        asked = cadence(DOMAINS[-1], "domain", "describe")
        asked.communicate()
        if asked.returncode == 0:
            return True
    return False


def judge(name, domain, until):
    """Watches a load to its end. A load that finds what is wrong fails its workflow."""
    text = ""
    while "Status:" not in text and time.monotonic() < until:
        # The command line stops watching by itself, and says nothing, once nothing has happened for 25 seconds.
        watched = cadence(domain, "wf", "observe", "-w", name_of(name))
        text = COLOUR.sub("", watched.communicate()[0])
    if "Status: COMPLETED" in text:
        print(f"passed: {name}: {' '.join(text.split('Output:')[-1].split())}")
        return True
    print(f"failed: {name}: {text}")
    return False


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        configuration(place)
        with open(place / "log", "w", encoding="utf8") as log:
            worker = subprocess.Popen([BENCH, "--root", folder, "--config", ".", "--env", "development", "start"],
                                      stdout=log, stderr=subprocess.STDOUT)
        try:
            good = domains_are_there()
            if not good:
                print("failed: the bench's worker did not register its domains")
            for name, (domain, workflow, told) in LOADS.items():
                cadence(domain, "wf", "start", "--tl", "cadence-bench-tl-0", "--wt", workflow, "--dt", "30", "--et", "3600",
                        "-w", name_of(name), "-i", json.dumps(told)).communicate()
            until = time.monotonic() + 140
            for name, (domain, _, _) in LOADS.items():
                good = judge(name, domain, until) and good
            if worker.poll() is not None:
                print("failed: the worker ended")
                good = False
        finally:
            worker.kill()
            worker.wait()
        if not good:
            print("the worker's log ends:\n" + "\n".join((place / "log").read_text().splitlines()[-40:]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
