#!/usr/bin/env python3
"""The names of metrics that alerts, the dashboard and the guide use are those of a running server, and what the server tells
is well-formed.

    monitoring_test.py CADENZA HELLO

`tests/clients/run promtool` runs this with a promtool, which then checks both, too.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from demo import ROOT, Count, demo

PROMETHEUS_OWN = {"up"}
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (\S+)$')
NAME = re.compile(r"\b(?:cadenza|process)_[a-z0-9_]+\b")
# Base units only, as Prometheus wants them.
BAD_UNITS = re.compile(r"_(milliseconds|microseconds|nanoseconds|minutes|hours|kilobytes|megabytes)(_|$)")
HISTOGRAM_PARTS = re.compile(r"_(bucket|sum|count)$")


def families(text, count):
    """name -> (type, samples); checks the format on the way."""
    out, described = {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            count.check(name not in described, f"{name} is described twice")
            described.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            out[name] = (kind, {})
        elif line:
            found = SAMPLE.match(line)
            if not count.check(found, f"this is no sample: {line}"):
                continue
            base = HISTOGRAM_PARTS.sub("", found[1])
            name = base if out.get(base, ("",))[0] == "histogram" else found[1]
            if count.check(name in out, f"{name} has no type"):
                series = found[1] + (found[2] or "")
                count.check(series not in out[name][1], f"{series} is told twice")
                out[name][1][series] = float(found[3])
    for name, (kind, _) in out.items():
        count.check(name in described, f"{name} is not described")
        count.check((kind == "counter") == name.endswith("_total"), f"{name} is a {kind}")
        count.check(not BAD_UNITS.search(name), f"{name} is not in a base unit")
    return out


def expressions():
    """(where, expression) of everything that asks for metrics."""
    rules = (ROOT / "docker/prometheus/rules.yml").read_text()
    for line in re.findall(r"^\s+expr: (.*)$", rules, re.M):
        yield "docker/prometheus/rules.yml", line
    board = json.loads((ROOT / "docker/grafana/cadenza.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]
    for variable in board["templating"]["list"]:
        yield f"variable {variable['name']}", variable["query"]
    for guide in (ROOT / "docs/guides").glob("*.md"):
        yield guide.name, guide.read_text()


def value(all_families, series):
    name = series.split("{")[0]
    for known in (name, HISTOGRAM_PARTS.sub("", name)):
        if known in all_families:
            return all_families[known][1].get(series)
    return None


def commit(count, body):
    """The version tells the commit that was built, where the sources are a repository."""
    told = json.loads(body)
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True)
    if head.returncode == 0:
        count.check(head.stdout.startswith(told["commit"].removesuffix("-dirty")), f"/version tells {told}, not {head.stdout}")
    else:
        count.check(told["commit"] == "unknown", f"/version tells {told} where there is no repository")


def promtool(count, text):
    tool = os.environ.get("CADENZA_PROMTOOL")
    if not tool or not count.check(shutil.which(tool), f"there is no {tool}"):
        return
    checked = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True)
    count.check(checked.returncode == 0 and not (checked.stdout + checked.stderr).strip(),
                f"promtool check metrics: {checked.stdout}{checked.stderr}")
    for words in (["rules", "rules.yml"], ["config", "--syntax-only", "prometheus.yml"], ["config", "--syntax-only", "xdc.yml"]):
        file = ROOT / "docker/prometheus" / words.pop()
        done = subprocess.run([tool, "check", *words, file], capture_output=True, text=True)
        count.check(done.returncode == 0 and "SUCCESS" in done.stdout, f"promtool check {words}: {done.stdout}{done.stderr}")


def main(cadenza, hello):
    count = Count()
    with demo(cadenza, hello) as server:
        environment = server.environment(pathlib.Path(cadenza).resolve().parent)
        cli = [cadenza, "--domain", "samples-domain"]
        subprocess.run([*cli, "workflow", "show", "nobody-knows-it"], env=environment, capture_output=True)  # an error
        subprocess.run([hello, "--address", server.grpc, "--domain", "samples-domain", "--name", "nobody"],
                       capture_output=True)
        give_up = time.monotonic() + 30
        text = server.get("/metrics")[1]
        while 'cadenza_workflows_open{domain="samples-domain"}' not in text and time.monotonic() < give_up:
            text = server.get("/metrics")[1]
        told = families(text, count)
        for where, expression in expressions():
            for name in NAME.findall(expression):
                if name.startswith("cadenza_database_"):
                    continue  # a server on a database has them: postgres_test.py looks
                if name.startswith("cadenza_cluster_"):
                    continue  # a node of several has them: cluster_test.py looks
                if name.startswith("cadenza_group_"):
                    continue  # one of several clusters has them: clusters_test.py looks
                base = HISTOGRAM_PARTS.sub("", name)
                known = name in told or (base in told and told[base][0] == "histogram")
                count.check(known, f"{where}: the server tells no {name}")
        domain = 'domain="samples-domain"'
        for series, least in {f"cadenza_workflows_started_total{{{domain}}}": 2,
                              f'cadenza_workflows_closed_total{{{domain},status="completed"}}': 1,
                              f'cadenza_workflows_closed_total{{{domain},status="failed"}}': 1,
                              f'cadenza_decisions_total{{{domain},outcome="completed"}}': 4,
                              f'cadenza_activities_total{{{domain},outcome="completed"}}': 1,
                              f'cadenza_activities_total{{{domain},outcome="failed"}}': 1,
                              f"cadenza_decision_schedule_to_start_seconds_count{{{domain}}}": 4,
                              f"cadenza_activity_schedule_to_start_seconds_count{{{domain}}}": 2,
                              f'cadenza_task_list_pollers{{{domain},task_list="hello-world",type="decision"}}': 0,
                              "cadenza_accepts_writes": 1, "process_start_time_seconds": 1.7e9,
                              'cadenza_store_bytes{part="store"}': 1, "cadenza_disk_free_bytes": 1,
                              "cadenza_last_backup_timestamp_seconds": 0}.items():
            found = value(told, series)
            count.check(found is not None and found >= least, f"{series} is {found}, not at least {least}")
        promtool(count, text)
        commit(count, server.get("/version")[1])
        for path, status, part in (("/health", 200, '"status":"OK"'), ("/ready", 200, '"ready":true'),
                                   ("/live", 200, '"live":true'), ("/nowhere", 404, "error")):
            got, body = server.get(path)
            count.check(got == status and part in body, f"{path}: {got} {body}")
    count.end()


if __name__ == "__main__":
    main(*sys.argv[1:3])
