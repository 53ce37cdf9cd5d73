"""The seven stuck workflows of a first day, each really stuck, and what the command line says about them."""
import json
import re
import subprocess

from worker import Worker, activity, complete, timer

DOMAIN = "stuck"
# Workflow id -> what `workflow diagnose` must say. An id is also the task list, but where nobody polls.
DIAGNOSED = {
    "nobody": r"Nobody polls the decision task list nobody.*-> start a worker for it",
    "misspelt": r"Activity 0 \(Charge\).*task list mispelt, which nobody polls.*misspelt is polled: a misspelt name\?",
    "fails": r"Activity 0 \(Charge\) fails: attempt 1 ended with connection refused.*the next try",
    "hangs": r"Activity 0 \(Charge\) fails: attempt 1 ended with .*HEARTBEAT",
    "unregistered": r"fails: attempt 1 ended with .*unable to find activityType=Charge",
    "panics": r"Decisions fail \(attempt \d+\).*panic: nil map",
    "unknown": r"No worker of task list unknown knows the workflow type.*unable to find workflow type",
    "changed": r"does not fit the history.*nondeterministic workflow.*workflow reset changed --reset_type",
    "sleeps": r"Waits for timer wait, which fires in \d+(h|m)",
    "waits": r"waits for a signal",
}


def once(decisions):
    """Decides this at the first decision of a run, and nothing at others."""
    seen = set()

    def decide(task):
        run = task[20][20]
        if run in seen:
            return []
        seen.add(run)
        return decisions
    return decide


def workers(port):
    def one(name, decide, act=None, task_list=None):
        return Worker(port, DOMAIN, task_list or name, decide, act)

    later = (600, 5)  # the next attempt is not due while the test looks
    return [
        one("misspelt", once([activity("mispelt")]), lambda task: None),
        one("fails", once([activity("fails", retry=later)]), lambda task: ("connection refused", b'"db:5432"')),
        one("hangs", once([activity("hangs", retry=later, heartbeat=1)]), lambda task: None),
        one("unregistered", once([activity("unregistered", retry=later)]),
            lambda task: ("cadenceInternal:Generic", b"unable to find activityType=Charge. Supported types: [Ship]")),
        one("panics", lambda task: "panic: nil map"),
        one("unknown", lambda task: "unable to find workflow type: Order. Supported types: [Ship]"),
        one("changed", lambda task: "nondeterministic workflow: history event is ActivityTaskScheduled, replay decision is "
                                    "StartTimer"),
        one("sleeps", once([timer(3600)])),
        one("waits", once([])),
    ]


class Cli:
    def __init__(self, cadenza, server):
        self.cadenza, self.environment = cadenza, server.environment("/usr/bin")

    def __call__(self, *words, code=0):
        done = subprocess.run([self.cadenza, "--domain", DOMAIN, *words], env=self.environment, capture_output=True,
                              text=True, timeout=120)
        return done.returncode == code, done.stdout, done.stderr


def until(ask, wanted):
    """Asks again until it is said; an answer takes the time of a round trip. What was said last."""
    for _ in range(100):
        good, told, error = ask()
        if good and re.search(wanted, told, re.S):
            break
    return told + error


def stuck(count, server, cadenza):
    cli = Cli(cadenza, server)
    count.check(cli("domain", "register")[0], "the domain of the stuck workflows")
    polling = workers(server.tchannel)
    try:
        for name in DIAGNOSED:
            good, _, error = cli("workflow", "start", "--workflow_id", name, "--tasklist", name, "--workflow_type", "Order",
                                 "--execution_timeout", "2h")
            count.check(good, f"{name} is not started: {error}")
        for name, wanted in DIAGNOSED.items():
            # The short form, without a run id, as it was typed on that day.
            told = until(lambda: cli("wf", "diag", "-w", name), wanted)
            count.check(re.search(wanted, told, re.S), f"diagnose {name}: said {told}")
        decisions_that_fail(count, cli)
        pending(count, cli)
    finally:
        for worker in polling:
            worker.__exit__()
    query_without_worker(count, cli)


def decisions_that_fail(count, cli):
    """The reason of a failed decision stands in the history that is shown, without another flag."""
    for name, wanted in (("panics", "panic: nil map"), ("unknown", "unable to find workflow type: Order")):
        told = until(lambda: cli("workflow", "show", name), wanted)
        count.check("DecisionTaskFailed" in told and wanted in told, f"show {name}: {told}")


def pending(count, cli):
    """Answers for an activity that is not running name what is pending."""
    for words, wanted in ((("--activity_id", "0", "--result", "1"), r"0.*not running|attempt 2"),
                          (("--activity_id", "77", "--result", "1"), r"no pending activity 77; pending: 0")):
        good, told, error = cli("workflow", "activity", "complete", "--workflow_id", "fails", *words, code=1)
        count.check(good and re.search(wanted, error), f"activity complete {words}: {told}{error}")


def query_without_worker(count, cli):
    """Who has asked in vain is told that nobody is there, not to wait longer."""
    good, told, error = cli("--context_timeout", "3", "workflow", "query", "sleeps", "state", code=1)
    count.check(good and re.search(r"no worker of task list sleeps answered \(last poll \d+m? ?\d*s ago\)", error),
                f"a query without a worker: {told}{error}")


def outcome_of_failing_decisions(count, server, cadenza):
    """`run` and `observe` tell why decisions fail while they do, and end with 2."""
    cli = Cli(cadenza, server)
    with Worker(server.tchannel, DOMAIN, "broken", lambda task: "panic: no such column"):
        good, told, error = cli("workflow", "run", "--tasklist", "broken", "--workflow_type", "Order", "--execution_timeout",
                                "2", code=2)
        count.check(good and "panic: no such column" in told and "TIMEOUT" in told.upper(), f"run: {told}{error}")


def programs_read(count, server, cadenza):
    """`--output json` of a run has the result as a value, not as JSON in a text."""
    cli = Cli(cadenza, server)
    with Worker(server.tchannel, DOMAIN, "quick", lambda task: [complete(b'{"shipped": 5}')]):
        good, told, error = cli("--output", "json", "workflow", "run", "--tasklist", "quick", "--workflow_type", "Order",
                                "--execution_timeout", "60")
    try:
        answer = json.loads(told)
    except ValueError:
        answer = {}
    count.check(good and {"workflowId", "runId", "status"} <= answer.keys() and {"shipped": 5} in answer.values(),
                f"run --output json: {told}{error}")
    count.check(all(key[0].islower() for key in answer), f"keys of two dialects: {sorted(answer)}")
