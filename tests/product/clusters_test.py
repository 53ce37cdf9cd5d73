#!/usr/bin/env python3
"""Two clusters replicate a global domain to each other, one dies, the domain fails over, and nothing is lost.

    clusters_test.py CADENZA
"""
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

import guides_test
from cluster_load import Client, Crew, Load, history, start
from cluster_test import until
from clusters_scratch import group
from demo import ROOT, Count
from postgres_tls_test import Authority
from worker import Refused

DOMAIN = "shop"
SOON = 10  # seconds for what comes by itself; far more than it takes
COMPLETED = 1  # EventType


def told(member, workflow_id, run_id):
    """Every event of a run as that cluster tells it; none when it is not there."""
    client, events, token = Client([member.tchannel]), [], None
    try:
        while True:
            request = {10: DOMAIN, 20: {10: workflow_id, 20: run_id}}
            if token:
                request[40] = token
            answer = client.call("GetWorkflowExecutionHistory", request)
            events += answer[10][10]
            token = answer.get(20)
            if not token:
                return events
    except Exception as error:
        return [f"{type(error).__name__} {error}"]
    finally:
        client.close()


def equal(count, what, members, runs):
    """Every run is told alike by all of them, after a while."""
    for workflow_id, run_id in runs:
        def alike():
            first, *others = [told(one, workflow_id, run_id) for one in members]
            return isinstance(first[0], dict) and all(other == first for other in others)
        if until(alike, SOON) is None:
            both = {one.name: [event if isinstance(event, str) else (event[10], event[30], event[35]) for event in
                               told(one, workflow_id, run_id)] for one in members}
            count.check(False, f"{what}: {workflow_id} {run_id} is told differently: {both}")
            return
    count.check(True, what)


def domain(count, member, *words):
    code, said = member.cli("--do", DOMAIN, "d", *words)
    count.check(code == 0, f"{member.name}: domain {' '.join(words)}: {said}")
    return said


def active_in(member):
    """Where the domain is active, as a cluster knows; "" when it does not know the domain."""
    code, said = member.cli("--do", DOMAIN, "domain", "describe")
    found = re.search(r"^ActiveClusterName: (\S+)$", said, re.M)
    return found[1] if code == 0 and found else ""


def they_meet(count, members):
    for one in members:
        others = {other.name: True for other in members if other is not one}
        count.check(until(lambda: one.reached() == others, SOON) is not None,
                    f"{one.name} reaches {one.reached()}: {one.log.read_text()[-3000:]}")
        metric = "".join(f'cadenza_group_link_open{{target_cluster="{name}"}} 1\n' for name in others)
        count.check(metric in one.get("/metrics")[1], f"{one.name} has no metric {metric}")


def alerts_have_their_metrics(count, member):
    text = member.get("/metrics")[1]
    rules = (ROOT / "docker/prometheus/rules.yml").read_text()
    names = set(re.findall(r"\b(?:cadenza_group|cadence_replication|cadenza_replication)_\w+", "".join(re.findall(r"expr: .*", rules))))
    count.check(len(names) == 3, f"alerts of several clusters ask for {names}")
    for name in names:
        count.check(re.search(rf"^{name}[{{ ]", text, re.M), f"the server tells no {name}")


def the_domain_is_known(count, dc1, dc2):
    domain(count, dc1, "register", "--global_domain", "true", "--clusters", "dc1", "dc2", "--active_cluster", "dc1",
           "--retention", "1")
    took = until(lambda: active_in(dc2) == "dc1", SOON)
    count.check(took is not None, f"dc2 does not know the domain: {dc2.log.read_text()[-2000:]}")


def a_crew_works_in_one_and_the_other_follows(count, active, members, prefix):
    client = Client([active.tchannel])
    runs = []
    with Crew(DOMAIN, [active.tchannel]) as crew:
        for number in range(20):
            workflow_id = f"{prefix}-{number}"
            runs.append((workflow_id, start(client, DOMAIN, workflow_id)))
        for workflow_id, run_id in runs:
            history(client, DOMAIN, workflow_id, run_id)
    count.check(not crew.problems, f"workers: {crew.problems[:5]}")
    client.close()
    equal(count, f"what ran in {active.name}", members, runs)
    for one in members:
        def listed():
            said = one.cli("--domain", DOMAIN, "workflow", "list", "--query", "CloseStatus = 'COMPLETED'", "--pagesize",
                           "100")[1]
            return said.count(f"{prefix}-") >= 20
        count.check(until(listed, SOON) is not None, f"the list of {one.name}")
    return runs


def start_waiting(count, dc1, dc2):
    """A workflow on which nobody works yet; the standby knows it and does not start it."""
    client = Client([dc1.tchannel])
    run_id = start(client, DOMAIN, "survivor")
    client.close()
    code, said = dc1.cli("--domain", DOMAIN, "workflow", "signal", "--workflow_id", "survivor", "--name", "paid")
    count.check(code == 0, said)
    equal(count, "a run that waits", [dc1, dc2], [("survivor", run_id)])
    code, said = dc2.cli("--domain", DOMAIN, "workflow", "describe", "--workflow_id", "survivor")
    count.check(code == 0 and run_id.decode() in said, f"describe through dc2: {said}")
    code, said = dc2.cli("--domain", DOMAIN, "workflow", "signal", "--workflow_id", "survivor", "--name", "paid")
    count.check(code != 0 and "dc1" in said, f"a signal in the cluster that is not active: {said}")
    return run_id


def one_dies_and_the_other_takes_over(count, dc1, dc2, runs):
    run_id = start_waiting(count, dc1, dc2)
    dc1.end(signal.SIGKILL)
    count.check(until(lambda: dc2.reached() == {"dc1": False}, SOON) is not None, f"dc2 reaches {dc2.reached()}")
    domain(count, dc2, "up", "--ac", "dc2")
    count.check(active_in(dc2) == "dc2", f"the domain is active in {active_in(dc2)}")
    client = Client([dc2.tchannel])
    with Crew(DOMAIN, [dc2.tchannel]) as crew:
        events = history(client, DOMAIN, "survivor", run_id)
        fresh = start(client, DOMAIN, "begun-in-dc2")
        history(client, DOMAIN, "begun-in-dc2", fresh)
    client.close()
    count.check(not crew.problems, f"workers: {crew.problems[:5]}")
    count.check(events[-1][30] == COMPLETED, f"survivor ended with {events[-1]}")
    versions = [event[35] for event in events]
    count.check(versions[0] == 1 and versions[-1] == 2 and versions == sorted(versions), f"versions {versions}")
    dc1.start()
    count.check(until(lambda: active_in(dc1) == "dc2", SOON) is not None, f"dc1 knows {active_in(dc1)}")
    runs += [("survivor", run_id), ("begun-in-dc2", fresh)]
    equal(count, "what dc1 has missed", [dc1, dc2], runs)


def it_fails_back(count, dc1, dc2):
    domain(count, dc2, "up", "--ac", "dc1")
    count.check(until(lambda: active_in(dc1) == "dc1" and active_in(dc2) == "dc1", SOON) is not None,
                f"dc1 knows {active_in(dc1)}, dc2 {active_in(dc2)}")


class GroupClient(Client):
    """Asks the clusters in turn until it finds the one where the domain is active."""

    def call(self, method, request):
        while True:
            try:
                return super().call(method, request)
            except Refused as error:
                if not elsewhere(error):
                    raise
                self.leave()


def elsewhere(problem):
    """It has moved, or has not come yet."""
    return re.search("is (pending )?active in cluster", str(problem)) is not None


def it_moves_with_runs_under_way(count, dc1, dc2):
    """Forced and graceful, to and fro, while workflows begin: each that was acknowledged ends, and both clusters tell it alike."""
    runs, client = [], GroupClient([dc1.tchannel, dc2.tchannel])

    def begin(prefix):
        for number in range(30):
            workflow_id = f"{prefix}-{number}"
            runs.append((workflow_id, start(client, DOMAIN, workflow_id)))

    with Crew(DOMAIN, [dc1.tchannel]) as here, Crew(DOMAIN, [dc2.tchannel]) as there:
        for number in range(8):
            to = (dc2, dc1)[number % 2]
            starts = threading.Thread(target=begin, args=(f"moved-{number}",))
            starts.start()
            # Only where the domain shall go to a graceful fail-over may be asked for.
            graceful = ("--graceful_failover_timeout", "10s") if number % 4 >= 2 else ()
            domain(count, to if graceful else (dc1, dc2)[number % 2], "up", "--ac", to.name, *graceful)
            starts.join()
            count.check(until(lambda: active_in(dc1) == to.name and active_in(dc2) == to.name, SOON) is not None,
                        f"dc1 knows {active_in(dc1)}, dc2 {active_in(dc2)}, and not {to.name}")
        still = list(runs)

        def ended():
            still[:] = [run for run in still if not closed(dc1, *run)]
            return not still
        count.check(until(ended) is not None, f"{len(still)} of {len(runs)} runs have not ended: {still[:5]}")
    client.close()
    count.check(len(runs) == 8 * 30, f"only {len(runs)} workflows were started")
    problems = [one for one in here.problems + there.problems if not elsewhere(one)]
    count.check(not problems, f"workers: {problems[:5]}")
    equal(count, "what ran while the domain moved", [dc1, dc2], runs)


def one_stands_still(count, dc1, dc2):
    """SIGSTOP: its connections stay, and nothing comes. The other notices, takes over, and is heard when the first goes on."""
    client = Client([dc1.tchannel])
    run_id = start(client, DOMAIN, "frozen", "nobody")
    equal(count, "before one stands still", [dc1, dc2], [("frozen", run_id)])
    client.close()
    dc1.send(signal.SIGSTOP)
    try:
        took = until(lambda: dc2.reached() == {"dc1": False}, 3 * SOON)
        count.check(took is not None and took < SOON, f"that dc1 stands still was noticed after {took} s")
        domain(count, dc2, "up", "--ac", "dc2")
        code, said = dc2.cli("--domain", DOMAIN, "workflow", "signal", "--workflow_id", "frozen", "--name", "n")
        count.check(code == 0, f"a signal to dc2 while dc1 stands still: {said}")
    finally:
        dc1.send(signal.SIGCONT)
    count.check(until(lambda: active_in(dc1) == "dc2", SOON) is not None, f"dc1 knows {active_in(dc1)}")
    equal(count, "after one stood still", [dc1, dc2], [("frozen", run_id)])
    domain(count, dc2, "up", "--ac", "dc1")
    count.check(until(lambda: active_in(dc1) == active_in(dc2) == "dc1", SOON) is not None, "back in dc1")


def the_standby_dies_under_load(count, dc1, dc2):
    """kill -9 of who only follows: the active cluster works on, and tells what was missed."""
    with Crew(DOMAIN, [dc1.tchannel]) as crew:
        load = Load(DOMAIN, [dc1.tchannel], threads=1, prefix="follow")
        count.check(load.wait_for(50), "load before kill -9")
        dc2.end(signal.SIGKILL)
        count.check(load.wait_for(50), "load without the standby")
        dc2.start()
        count.check(load.wait_for(50), "load after it is back")
        runs = load.stop()
        client = Client([dc1.tchannel])
        for workflow_id, run_id in runs:
            history(client, DOMAIN, workflow_id, run_id)
        client.close()
    count.check(not load.problems and not crew.problems, f"{load.problems[:5]} {crew.problems[:5]}")
    took = until(lambda: dc1.cli("--do", DOMAIN, "admin", "replication", "diff", "--other", dc2.grpc)[0] == 0)
    count.check(took is not None, f"{dc1.cli('--do', DOMAIN, 'admin', 'replication', 'diff', '--other', dc2.grpc)[1][-3000:]}")
    print(f"a standby that died under load: {len(runs)} workflows, equal after {took} s", flush=True)


def closed(member, workflow_id, run_id):
    events = told(member, workflow_id, run_id)
    return isinstance(events[-1], dict) and events[-1][30] == COMPLETED


def the_guide(count, cadenza, members):
    """The commands of docs/guides/clusters.md, in their order."""
    lines = [line for page, line in guides_test.commands() if page.name == "clusters.md"]
    count.check(len(lines) >= 5, f"the guide has the commands {lines}")
    for line in lines:
        for one in members:
            line = line.replace(f"{one.name}:7833", one.grpc).replace(f"{one.name}:8088", one.http)
        words = [cadenza, *shlex.split(line)[1:]]

        def done():
            return subprocess.run(words, capture_output=True, text=True, timeout=60)

        # What was said in one cluster may not have come to the other yet.
        if until(lambda: done().returncode == 0, SOON) is None:
            count.check(False, f"{line}: {done().stdout}{done().stderr}")
    count.check("replica_shard:" in done().stdout, f"{line}: {done().stdout}")


def they_are_equal(count, dc1, dc2):
    for one, other in ((dc1, dc2), (dc2, dc1)):
        took = until(lambda: one.cli("admin", "replication", "diff", "--other", other.grpc)[0] == 0, SOON)
        count.check(took is not None, f"{one.name} is not like {other.name}: "
                    f"{one.cli('admin', 'replication', 'diff', '--other', other.grpc)[1]}")


def three_clusters(count, cadenza):
    """All tell each other; the first dies, and the two that are left go on with what it had told them."""
    with group(cadenza, ("dc1", "dc2", "dc3"), (2, 3, 5)) as members:
        for one in members:
            one.start()
        they_meet(count, members)
        dc1, dc2, dc3 = members
        domain(count, dc1, "register", "--global_domain", "true", "--clusters", "dc1", "dc2", "dc3", "--retention", "1")
        for one in (dc2, dc3):
            count.check(until(lambda: active_in(one) == "dc1", SOON) is not None, f"{one.name} does not know the domain")
        runs = a_crew_works_in_one_and_the_other_follows(count, dc1, members, "one")
        run_id = start(Client([dc1.tchannel]), DOMAIN, "survivor")
        equal(count, "a run that waits", members, [("survivor", run_id)])
        dc1.end(signal.SIGKILL)
        domain(count, dc3, "up", "--ac", "dc3")
        count.check(until(lambda: active_in(dc2) == "dc3", SOON) is not None, f"dc2 knows {active_in(dc2)}")
        runs += a_crew_works_in_one_and_the_other_follows(count, dc3, [dc2, dc3], "three")
        equal(count, "without the first", [dc2, dc3], [("survivor", run_id)])
        dc1.start()
        equal(count, "all three again", members, [*runs, ("survivor", run_id)])
        for other in (dc2, dc3):
            took = until(lambda: dc1.cli("admin", "replication", "diff", "--other", other.grpc)[0] == 0, SOON)
            count.check(took is not None, dc1.cli("admin", "replication", "diff", "--other", other.grpc)[1])


def wrong_certificates(count, cadenza):
    """A cluster whose certificate another authority has made is not taken for one of the group."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        authorities = {"dc1": Authority(place, "ours"), "dc2": Authority(place, "theirs")}
        with group(cadenza, tls_of=lambda name: (*authorities[name].issue(name), authorities[name].file)) as members:
            for one in members:
                one.start()
            for one in members:
                count.check(until(lambda: any(one.reached().values()), 4) is None, f"{one.name} reaches {one.reached()}")


def containers(count, cadenza):
    """What lies in the repository for two clusters in containers can be used, and its parts name each other."""
    compose = (ROOT / "docker-compose.xdc.yml").read_text()
    names = re.findall(r"CADENZA_CLUSTER: (\w+)", compose)
    count.check(names == ["dc1", "dc2"], f"docker-compose.xdc.yml has {names}")
    for name in names:
        done = subprocess.run([cadenza, "server", "start", "--check-config", "--strict", "--config", ROOT / "config/xdc.yaml"],
                              env={**os.environ, "CADENZA_CLUSTER": name}, capture_output=True, text=True, timeout=60)
        count.check(done.returncode == 0, f"config/xdc.yaml for {name}: {done.stdout}{done.stderr}")
        count.check(f'"{name}:8088"' in (ROOT / "docker/prometheus/xdc.yml").read_text(), f"Prometheus does not ask {name}")


def refused(count, cadenza):
    """A configuration that cannot be carried out does not start."""
    with group(cadenza) as (dc1, dc2):
        good = json.loads(dc1.config.read_text())

        def check(what, change, expected):
            bad = json.loads(json.dumps(good))
            change(bad)
            dc1.config.write_text(json.dumps(bad))
            done = subprocess.run([cadenza, "server", "start", "--check-config", "--config", dc1.config],
                                  capture_output=True, text=True, timeout=60)
            count.check(done.returncode != 0 and expected in done.stdout + done.stderr,
                        f"{what}: {done.returncode} {done.stdout}{done.stderr}")

        check("another transport", lambda c: c["clusterGroupMetadata"]["clusterGroup"]["dc2"].update(rpcTransport="grpc"),
              "actor")
        check("several nodes", lambda c: c.update(node={"name": "a", "address": "127.0.0.1:1"}),
              "several nodes of one cluster")


def main():
    cadenza = str(pathlib.Path(sys.argv[1]).resolve())
    count = Count()
    containers(count, cadenza)
    refused(count, cadenza)
    with tempfile.TemporaryDirectory() as place:
        authority = Authority(pathlib.Path(place), "group")
        with group(cadenza, tls_of=lambda name: (*authority.issue(name), authority.file)) as (dc1, dc2):
            dc1.start(), dc2.start()
            they_meet(count, [dc1, dc2])
            alerts_have_their_metrics(count, dc2)
            the_domain_is_known(count, dc1, dc2)
            runs = a_crew_works_in_one_and_the_other_follows(count, dc1, [dc1, dc2], "order")
            one_dies_and_the_other_takes_over(count, dc1, dc2, runs)
            they_meet(count, [dc1, dc2])
            it_fails_back(count, dc1, dc2)
            a_crew_works_in_one_and_the_other_follows(count, dc1, [dc1, dc2], "again")
            it_moves_with_runs_under_way(count, dc1, dc2)
            one_stands_still(count, dc1, dc2)
            the_standby_dies_under_load(count, dc1, dc2)
            they_are_equal(count, dc1, dc2)
            the_guide(count, cadenza, [dc1, dc2])
    three_clusters(count, cadenza)
    wrong_certificates(count, cadenza)
    count.end()


if __name__ == "__main__":
    main()
