#!/usr/bin/env python3
"""The Go project's `cadence` command line against a server, over its default transport (TChannel).

usage: cli.py CLI WORKER TCHANNEL_HOST:PORT GRPC_HOST:PORT

CLI and WORKER are programs; the server is at both addresses. Prints `passed: NAME` or `failed: NAME` for each
check; exit code 0 when all passed.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

CLI, WORKER, ADDRESS, GRPC_ADDRESS = sys.argv[1:5]
DOMAIN = "clients-cli"
HANDS = "hands"  # the worker's task list
NOBODY = "nobodys-list"  # nobody polls it
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RUN = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


class Failed(Exception):
    pass


def said(*words, timeout=30):
    """What a command printed, and its exit code."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run([CLI, *words], capture_output=True, text=True, timeout=timeout, env=environment)
    return COLOUR.sub("", done.stdout + done.stderr), done.returncode


def cadence(*words, fails=False, timeout=30):
    """Runs the command line without a word about the transport; gives what it printed."""
    text, code = said("--address", ADDRESS, *words, timeout=timeout)
    if (code != 0) != fails:
        raise Failed(f"{' '.join(words)}: exit code {code}: {text}")
    return text


def in_domain(*words, **how):
    return cadence("--do", DOMAIN, *words, **how)


def expect(text, pattern):
    found = re.search(pattern, text, re.M)
    if not found:
        raise Failed(f"no {pattern!r} in: {text}")
    return found


def until(pattern, *words, seconds=20):
    """Asks again until the output has the pattern, at most so long; visibility follows what it lists."""
    end = time.monotonic() + seconds
    while True:
        text = in_domain(*words)
        if re.search(pattern, text, re.M):
            return text
        if time.monotonic() > end:
            raise Failed(f"{' '.join(words)}: no {pattern!r} in: {text}")


def start(workflow, task_list, argument):
    text = in_domain("wf", "start", "--tl", task_list, "--wt", "Greeting", "-w", workflow, "--et", "120", "--dt", "10",
                     "-i", json.dumps(argument))
    return expect(text, rf"Started Workflow Id: {workflow}, run Id: ({RUN})")[1]


def register():
    expect(cadence("--do", DOMAIN, "domain", "register", "--rd", "3", "--desc", "of the command line", "--gd", "false"),
           f"Domain {DOMAIN} successfully registered")
    expect(cadence("--do", DOMAIN, "domain", "register", "--rd", "3", fails=True), "already (registered|exists)")
    text = in_domain("domain", "describe")
    for line in (f"Name: {DOMAIN}", "Description: of the command line", "RetentionInDays: 3", "Status: REGISTERED"):
        expect(re.sub(" +", " ", text), "^" + line)
    in_domain("domain", "update", "--rd", "5")
    expect(re.sub(" +", " ", in_domain("domain", "describe")), "^RetentionInDays: 5")
    expect(cadence("--do", "nobodys-domain", "domain", "describe", fails=True), "does not exist|not found|NotExists")


def life():
    run = start("life", HANDS, "Ada")
    expect(until("waiting for a signature", "wf", "query", "-w", "life", "--qt", "state"), "waiting for a signature")
    expect(in_domain("wf", "query", "-w", "life", "--qt", "nosuch", fails=True), "unknown queryType nosuch.*KnownQueryTypes")
    expect(in_domain("wf", "stack", "-w", "life"), r"coroutine 1 \[blocked on \.Receive\]")
    described = json.loads(in_domain("wf", "describe", "-w", "life"))
    info = described["WorkflowExecutionInfo"]
    if info["Execution"] != {"workflowId": "life", "runId": run} or info["Type"]["name"] != "Greeting":
        raise Failed(f"describe: {described}")
    expect(in_domain("wf", "signal", "-w", "life", "-n", "sign", "-i", '"the command line"'), "Signal workflow succeeded")
    expect(in_domain("wf", "observe", "-w", "life"), r'Status: COMPLETED\n *Output: "Hello, Ada! Yours, the command line\."')
    shown = in_domain("wf", "show", "-w", "life", "-r", run)
    for event in ("WorkflowExecutionStarted", "ActivityTaskCompleted", "WorkflowExecutionSignaled", "WorkflowExecutionCompleted"):
        expect(shown, event)
    expect(in_domain("wf", "signal", "-w", "life", "-n", "sign", fails=True), "Signal workflow failed")


def history_in_a_file():
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "history.json")
        in_domain("wf", "show", "-w", "life", "--of", path)
        with open(path, encoding="utf8") as file:
            events = json.load(file)
    if [event["eventId"] for event in events] != list(range(1, len(events) + 1)) or len(events) < 10:
        raise Failed(f"ids of the events: {events}")


def run_in_one():
    text = in_domain("wf", "run", "--tl", HANDS, "--wt", "Greeting", "-w", "run", "--et", "60", "-i", '"nobody"')
    expect(text, r"Running execution:(.|\n)*Status: FAILED(.|\n)*nobody to greet")


def lists():
    until(r"Greeting +\| life ", "wf", "list", "--status", "completed")
    start("open", NOBODY, "Bea")
    until(r"Greeting +\| open ", "wf", "list", "--open")
    until(r"Greeting +\| life ", "wf", "list", "--query", 'WorkflowType = "Greeting" AND CloseStatus = "COMPLETED"')
    until(r"^1$", "wf", "count", "--query", 'WorkflowID = "life"')
    until(r"Greeting +\| open ", "wf", "listall", "--query", 'WorkflowID = "open"')
    until(r"Greeting +\| open ", "wf", "scan", "--query", 'WorkflowID = "open"')


def ends():
    start("stop", NOBODY, "Cid")
    expect(in_domain("wf", "cancel", "-w", "stop", "--re", "no more"), "Cancel workflow succeeded")
    expect(in_domain("wf", "terminate", "-w", "stop", "--re", "enough"), "Terminate workflow succeeded")
    shown = in_domain("wf", "show", "-w", "stop")
    expect(shown, "WorkflowExecutionCancelRequested")
    expect(shown, "WorkflowExecutionTerminated.*enough")
    expect(in_domain("wf", "terminate", "-w", "stop", fails=True), "Terminate workflow failed")
    expect(in_domain("wf", "terminate", "-w", "not-there", fails=True), "Terminate workflow failed")


def reset():
    run = start("back", HANDS, "Dot")
    until("waiting for a signature", "wf", "query", "-w", "back", "--qt", "state")
    text = in_domain("wf", "reset", "-w", "back", "-r", run, "--reset_type", "FirstDecisionCompleted", "--reason", "again")
    new = expect(text, rf'"runId": "({RUN})"')[1]
    if new == run:
        raise Failed("the reset run is the old one")
    expect(in_domain("wf", "show", "-w", "back", "-r", run), "WorkflowExecutionTerminated.*again")
    in_domain("wf", "signal", "-w", "back", "-n", "sign", "-i", '"a second life"')
    expect(in_domain("wf", "observe", "-w", "back", "-r", new), r"Status: COMPLETED(.|\n)*Yours, a second life")


def signal_with_start():
    text = in_domain("wf", "signalwithstart", "--tl", HANDS, "--wt", "Greeting", "-w", "both", "--et", "60", "-i", '"Eve"',
                     "-n", "sign", "--si", '"both at once"')
    expect(text, "SignalWithStart workflow succeeded. Workflow Id: both")
    expect(in_domain("wf", "observe", "-w", "both"), r"Status: COMPLETED(.|\n)*Yours, both at once")


def restart():
    text = in_domain("wf", "restart", "-w", "life", timeout=15)
    expect(text, rf"Restarted Workflow Id: life, run Id: ({RUN})")
    in_domain("wf", "terminate", "-w", "life")


def task_lists():
    expect(in_domain("tasklist", "describe", "--tl", HANDS), "DECISION POLLER IDENTITY")
    expect(in_domain("tasklist", "describe", "--tl", HANDS, "--tlt", "activity"), "ACTIVITY POLLER IDENTITY")
    expect(in_domain("tasklist", "list-partition", "--tl", HANDS), f"{HANDS} ")


def cluster():
    expect(cadence("cluster", "get-search-attr"), r"CustomKeywordField +\| *KEYWORD")
    expect(cadence("admin", "cluster", "describe"), "supportedClientVersions")


def admin():
    expect(in_domain("admin", "workflow", "describe", "-w", "back"), "ExecutionInfo|executionInfo")
    expect(in_domain("admin", "tasklist", "describe", "--tl", HANDS), "READ LEVEL +\\| ACK LEVEL")
    expect(cadence("admin", "domain", "list", "--pf"), DOMAIN)


# Commands that read, or are refused; what they print is the same over each transport. Lists of runs are not among them: this
# command line has no update time of a run over gRPC.
READ = """
domain describe --print_json | wf count | wf list --query nonsense( | wf listarchived --query WorkflowID="x" |
wf show -w back | wf show -w life --pf | wf show -w nobodys | wf describe -w back | wf describe -w life --reset_points_only |
wf describe -w nobodys | wf query -w both --qt state | wf query -w both --qt nosuch |
wf query -w both --qt state --query_reject_condition not_open | wf signal -w nobodys -n x | wf terminate -w nobodys |
wf reset -w stop --event_id 4 --reason x | tasklist list-partition --tl hands | tasklist describe --tl nobodys |
cluster get-search-attr | admin cluster describe | admin domain list --print_full | admin workflow describe -w back |
admin workflow describe -w nobodys | admin tasklist describe --tl hands | admin config list |
admin isolation-groups get-global
"""


def both_transports():
    for command in READ.split("|"):
        words = ["--do", DOMAIN, *command.split()]
        here = said("--address", ADDRESS, *words)
        there = said("--transport", "grpc", "--address", GRPC_ADDRESS, *words)
        # A poller's time goes on between the two.
        times = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
        if (times.sub("", here[0]), here[1]) != (times.sub("", there[0]), there[1]):
            raise Failed(f"{command}: over TChannel {here}, over gRPC {there}")
        if "Incorrect Usage" in here[0] or "command not found" in here[0]:
            raise Failed(f"{command}: {here}")


def main():
    checks = [register, life, history_in_a_file, run_in_one, lists, ends, reset, signal_with_start, restart, task_lists,
              cluster, admin, both_transports]
    worker, good = None, True
    try:
        for check in checks:
            try:
                check()
                print("passed:", check.__name__.replace("_", " "))
            except (Failed, subprocess.TimeoutExpired, ValueError, KeyError) as failure:
                good = False
                print(f"failed: {check.__name__.replace('_', ' ')}: {failure}")
            if worker is None:  # the domain is there now
                worker = subprocess.Popen([WORKER], env={**os.environ, "CADENZA_DOMAIN": DOMAIN, "CADENZA_ADDRESS": ADDRESS},
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                worker.stdout.readline()
    finally:
        if worker is not None:
            worker.kill()
            worker.wait()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
