#!/usr/bin/env python3
"""A newcomer's first day: what is typed wrong, looked for or left half done, and what must be seen then. A line of a table here is
something that once cost somebody time.

    first_day_test.py CADENZA HELLO
"""
import json
import pathlib
import re
import select
import subprocess
import sys
import tempfile

import first_day_logs
import first_day_look
import first_day_server
import first_day_stuck
from demo import ROOT, Count, Demo, demo

# What is typed, the exit code, and what standard error (a leading >: standard output) must say.
TYPED = [
    # Everything that is missing, at once.
    ("workflow start", 1, r"--tasklist.*--workflow_type.*--execution_timeout"),
    ("domain describe", 1, r"--domain.*--domain_id"),
    ("--domain samples-domain workflow reset nobody --reason x", 1, r"--event_id.*--reset_type"),
    ("--domain samples-domain wf diag", 1, r"missing: --workflow_id"),
    # What a command is about needs no flag.
    ("--domain samples-domain wf show order-17", 1, r"order-17"),
    ("--domain samples-domain wf show --no_such_flag", 1, r"no_such_flag"),
    # Values as people write them, and what is wrong with the others.
    ("--domain samples-domain workflow start --tasklist t --workflow_type T --execution_timeout abc", 1,
     r"execution_timeout"),
    ("--domain samples-domain workflow start --workflow_id timed --tasklist t --workflow_type T --execution_timeout 10s", 0,
     r">Workflow Id"),
    # What a query lacks, and where.
    ("--domain samples-domain workflow list --query 'WorkflowType = \"x\" and'", 1, r"and|end"),
    ("--domain samples-domain workflow list --query 'WorkflowType = Ship'", 1, r"quot"),
    # Wrong places.
    ("--address 127.0.0.1:1 --domain samples-domain workflow list", 1, r"nothing listens on 127\.0\.0\.1:1"),
    ("--address 127.0.0.1:1 --domain samples-domain workflow list", 1, r"start a server with|--address"),
    ("--address 127.0.0.9 --domain samples-domain workflow list", 1, r"nothing listens on 127\.0\.0\.9:7833"),
    # The operators' side is that of the same machine, never of another one.
    ("--address 127.0.0.9:1 admin backup list", 1, r"127\.0\.0\.9:8088", "CADENZA_HTTP_ADDRESS"),
    ("--address {http} --domain samples-domain workflow list", 1, r"not be a gRPC server"),
    ("--http_address {grpc} admin backup list", 1, r"gRPC|HTTP"),
    ("--http_address 127.0.0.1:1 admin backup list", 1, r"nothing listens"),
    ("--tls_cert_path /etc/ssl/certs/ca-certificates.crt --domain samples-domain workflow list", 1,
     r"^Error: [^\n]*\nError Details: [^\n]* TLS; leave --tls_cert_path \(CADENCE_CLI_TLS_CERT_PATH\) out\n$"),
    # Nobody has answered a decision, so nobody can answer a query.
    ("--domain samples-domain --context_timeout 2 workflow query timed state", 1, r"at least one decision task"),
    ("--domain samples-domain workflow activity complete --workflow_id timed --activity_id 77 --result 1", 1, r"77"),
    # What is not there says so, and what does the work.
    ("schedule list", 1, r"not in this version"),
    ("--domain samples-domain workflow batch start", 1, r"not in this version"),
    ("--domain samples-domain workflow listarchived", 1, r"not in this version"),
    ("admin database", 1, r"not in this version"),
    ("admin dlq", 1, r"not in this version"),
    ("batch list", 1, r"not in this version"),
    ("admin db", 1, r"not in this version.*cadenza verify"),
    ("admin kafka", 1, r"not in this version"),
    ("admin es", 1, r"not in this version"),
    ("admin cluster failover start", 1, r"not in this version"),
    ("domain migration", 1, r"not in this version"),
    ("version", 0, r">cadenza version"),
    # Nothing where something is expected.
    ("--domain samples-domain workflow list --query \"WorkflowType = 'Nobody'\"", 0, r"[Nn]o .*workflow"),
    ("--domain empty domain register", 0, r""),
    ("--domain empty workflow start --workflow_id one --tasklist t --workflow_type T --execution_timeout 60", 0, r">Workflow Id"),
    ("--domain empty workflow list", 0, r"[Nn]o closed workflow.*--open.* 1 "),
    ("--domain empty workflow reset-batch --query \"WorkflowType = 'Nobody'\" --reset_type LastDecisionCompleted --reason x",
     0, r"nothing to reset"),
    # Small things.
    ("--domain abc domain register --clusters a b c", 1, r"\b[abc]\b.*cluster|cluster.*\b[abc]\b"),
    ("--domain samples-domain tasklist describe hello-world --tasklisttype decision", 0, r">hello-sample"),
    ("--domain several domain register --clusters cluster0", 0, r""),
    ("--domain several domain update --retention 5", 0, r""),
    ("admin actor kill node", 1, r"cannot be killed|chaos"),
    ("admin config update --name frontend.rps", 1, r"[Vv]alue|value"),
    ("admin config restore --name frontend.rps", 1, r"unable to find key"),
    ("--domain samples-domain workflow show nobody-knows-it", 1, r"nobody-knows-it|not exist"),
    ("workflwo list", 1, r"did you mean"),
    ("completion bash", 0, r">complete"),
    ("--version", 0, r">version"),
    ("domain list", 0, r">samples-domain"),
]

# What an operator asks, and the page and the words that answer it.
ASKED = {
    "install without compiling": ("install.md", "apt install"),
    "upgrade, roll back, promises": ("upgrade.md", "Roll back"),
    "migrate from Cadence": ("migrate.md", "Drain the old cluster"),
    "back up and restore, step by step": ("backup.md", "admin backup restore"),
    "secure it": ("secure.md", "Envoy"),
    "a standby": ("backup.md", "cold standby"),
    "CPU, memory, disk, shards": ("size.md", "Shards"),
    "raise a limit": ("limits.md", "admin config update"),
    "the disk is full": ("disk-full.md", "Make room"),
    "what to alert on": ("alerts.md", "CadenzaRefusesWrites"),
    "what /health and /ready mean": ("health.md", "/live"),
    "non-determinism": ("non-determinism.md", "GetVersion"),
    "a stuck workflow": ("stuck.md", "workflow diagnose"),
    "systemd and Kubernetes": ("install.md", "livenessProbe"),
    "cadence-web": ("cadence-web.md", "CADENCE_GRPC_PEERS"),
    "a log line": ("troubleshooting.md", "nobody polls"),
}


def typed(count, server, cadenza):
    environment = server.environment(pathlib.Path(cadenza).resolve().parent)
    for line, code, wanted, *without in TYPED:
        line = line.format(http=server.http, grpc=server.grpc) if "{http}" in line or "{grpc}" in line else line
        known = {name: value for name, value in environment.items() if name not in without}
        done = subprocess.run(["bash", "-c", f"{cadenza} {line}"], env=known, capture_output=True, text=True, timeout=60)
        stream = done.stdout if wanted.startswith(">") else done.stderr
        good = done.returncode == code and re.search(wanted.lstrip(">"), stream, re.S)
        count.check(good, f"{line}: exit code {done.returncode}, said:\n{done.stdout}{done.stderr}")


def large_input(count, server, cadenza):
    """What is too large is told with its limit and the key that changes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump("x" * (3 << 20), file)
        file.flush()
        done = subprocess.run([cadenza, "--domain", "samples-domain", "workflow", "start", "--tasklist", "t",
                               "--workflow_type", "T", "--execution_timeout", "60", "--input_file", file.name],
                              env=server.environment("/usr/bin"), capture_output=True, text=True, timeout=60)
    count.check(done.returncode == 1 and "limit.blobSize.error" in done.stderr, f"a large input: {done.stderr}")


def outcomes(count, server, cadenza):
    """Exit codes tell how a workflow ended, and the reason stands there."""
    run = [cadenza, "--domain", "samples-domain", "workflow", "run", "--tasklist", "hello-world", "--workflow_type",
           "HelloWorld", "--execution_timeout", "30", "--input"]
    environment = server.environment("/usr/bin")
    good = subprocess.run([*run, '"Ada"'], env=environment, capture_output=True, text=True, timeout=60)
    count.check(good.returncode == 0 and "Hello, Ada!" in good.stdout, f"a good run: {good.stdout}{good.stderr}")
    bad = subprocess.run([*run, '"nobody"'], env=environment, capture_output=True, text=True, timeout=60)
    count.check(bad.returncode == 2 and "nobody to greet" in bad.stdout, f"a run that fails: {bad.stdout}{bad.stderr}")


def stop_with_waiting_clients(count, cadenza, hello):
    """Whoever waits for a result does not hold up the stop: by what the server itself tells of its parts."""
    quickest_ms = []
    for _ in range(5):
        parts, cut_off = one_stop(count, cadenza, hello)
        count.check(set(parts) == {"requests", "actors", "store"}, f"the log does not tell how long a stop took: {parts}")
        count.check(not cut_off, f"clients that wait held up the stop: {cut_off}")
        quickest_ms.append(sum(parts.values()))
        if quickest_ms[-1] <= 1000:
            break
    # One of five: the others are for a machine that has other work.
    count.check(min(quickest_ms) <= 1000, f"stops with a waiting client took {quickest_ms} ms")


def one_stop(count, cadenza, hello):
    """How long its parts took in ms, and what was logged of clients that were cut off."""
    with tempfile.TemporaryDirectory() as place:
        server = Demo(cadenza, hello, place, more="log: {encoding: json}\n")
        environment = server.environment("/usr/bin")
        start = [cadenza, "--domain", "samples-domain", "workflow", "start", "--workflow_id", "waits", "--tasklist",
                 "nobody", "--workflow_type", "T", "--execution_timeout", "600"]
        count.check(subprocess.run(start, env=environment, capture_output=True).returncode == 0, "a start")
        watching = subprocess.Popen([cadenza, "--domain", "samples-domain", "workflow", "observe", "waits"],
                                    env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        select.select([watching.stdout], [], [], 30)  # the first event is there: it waits for the next
        server.server.terminate()
        server.server.wait(timeout=60)
        for process in (watching, server.worker):
            process.kill()
            process.wait()
        told = [json.loads(line) for line in (server.place / "server.log").read_text().splitlines()]
    parts = {one["what"]: one["took_ms"] for one in told if "took_ms" in one}
    return parts, [one["msg"] for one in told if "still had calls" in one["msg"]]


def refused(count, cadenza):
    """Configurations that would not do what they say are refused, with place and advice."""
    provider = "provider: {filestore: {fileMode: '0666', dirMode: '0766'}}"
    for text, wanted in {
            "persistence:\n  visibilityStore: v\n  datastores: {v: {sql: {pluginName: postgres, connectAddr: 'db:1', "
            "databaseName: v, user: u}}}\n": r":2:.*visibilityStore.*leave it out",
            "persistence:\n  advancedVisibilityStore: e\n  datastores: {e: {elasticsearch: {url: {scheme: http, host: "
            "'e:1'}}}}\n": r":2:.*advancedVisibilityStore.*leave it out",
            f"archival:\n  history:\n    status: enabled\n    {provider}\n": r":3:.*archival\.history\.status.*disabled",
            "services:\n  frontend:\n    rpc:\n      tls: {enabled: true}\n": r":4:.*tls",
            "dynamicconfig: {filebased: {filepath: /nowhere.yaml}}\n": r"dynamic configuration",
            "log: {levle: info}\n": r"did you mean level",
            "persistence:\n  defaultStore: c\n  datastores: {c: {nosql: {pluginName: cassandra, hosts: '10.0.0.1', keyspace: "
            "k}}}\n": r":2:.*defaultStore.*cassandra.*rocksdb",
    }.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([cadenza, "server", "start", "--check-config", "--config", file.name],
                                  capture_output=True, text=True, timeout=60)
        count.check(done.returncode == 1 and re.search(wanted, done.stderr), f"{text}{done.returncode} {done.stderr}")


def answered(count):
    for question, (page, words) in ASKED.items():
        path = ROOT / "docs/guides" / page
        count.check(path.exists() and words in path.read_text(), f"{question}: no answer in {page}")
        count.check(f"({page}" in (ROOT / "docs/guides/README.md").read_text(), f"{page} is not in the list of guides")


def main(cadenza, hello):
    count = Count()
    answered(count)
    refused(count, cadenza)
    first_day_logs.logs(count, cadenza)
    first_day_server.server_side(count, cadenza, hello)
    with demo(cadenza, hello) as server:
        typed(count, server, cadenza)
        first_day_look.look(count, server, cadenza)
        large_input(count, server, cadenza)
        outcomes(count, server, cadenza)
    with demo(cadenza, None, tchannel=True) as server:
        first_day_stuck.stuck(count, server, cadenza)
        first_day_stuck.outcome_of_failing_decisions(count, server, cadenza)
        first_day_stuck.programs_read(count, server, cadenza)
    with demo(cadenza, None, more="chaos: {enabled: true}\n") as server:
        first_day_look.actors(count, server, cadenza)
    first_day_look.help_helps(count, cadenza)
    first_day_look.watched_over_a_restart(count, cadenza, hello)
    stop_with_waiting_clients(count, cadenza, hello)
    count.end()


if __name__ == "__main__":
    main(*sys.argv[1:3])
