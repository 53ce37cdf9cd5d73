#!/usr/bin/env python3
"""Several server processes on one PostgreSQL are one cluster: what one is told the others know, and nobody misses one that goes.

    cluster_test.py CADENZA
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from cluster_load import Client, Crew, Load, broken, history, start
from cluster_scratch import Nginx, Node, cluster
from demo import ROOT, Count
from postgres_tls_test import Authority

SECONDS = 60  # for what comes by itself; far more than it takes
DOMAIN = "shop"


def until(condition, seconds=SECONDS):
    """How long it took until that was true; None when it was not in that time. What is asked takes its own time."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return None
    return time.monotonic() - begun


def members(node):
    code, said = node.cli("admin", "cluster", "members", "--output", "json")
    return {one["name"]: one for one in json.loads(said)} if code == 0 else {}


def placed(node):
    """For each shard the node that holds it, as this one knows."""
    return json.loads(node.get("/admin/cluster")[1])["shards"]


def ports(nodes):
    return [node.tchannel for node in nodes]


def everybody_knows(count, nodes, names):
    for node in nodes:
        took = until(lambda: set(members(node)) == set(names))
        count.check(took is not None, f"{node.name} knows {members(node)}, not {names}: {node.log.read_text()[-2000:]}")
    shares = [placed(node) for node in nodes]
    count.check(all(share == shares[0] for share in shares) and set(shares[0]) == set(names), f"shards: {shares}")


def metrics(count, node, names):
    """What the metrics of a cluster say on a node that has links to all others."""
    def linked():
        return f"cadenza_cluster_links {len(names) - 1}\n" in node.get("/metrics")[1]

    count.check(until(linked) is not None, f"{node.name} has not linked to all others")
    text = node.get("/metrics")[1]
    for line in (f"cadenza_cluster_members {len(names)}\n", "cadenza_cluster_member 1\n"):
        count.check(line in text, f"no {line!r} among the metrics")
    shares = re.findall(r'^cadenza_cluster_shards_placed\{node="([^"]+)"\} (\d+)$', text, re.M)
    count.check({name for name, _ in shares} == set(names) and
                sum(int(share) for _, share in shares) == len(placed(node)), f"shares: {shares}")


def one_is_told_and_all_know(count, a, b):
    code, said = a.cli("--domain", DOMAIN, "domain", "register", "--retention", "1")
    count.check(code == 0, f"a domain through {a.name}: {said}")
    took = until(lambda: b.cli("--domain", DOMAIN, "domain", "describe")[0] == 0)
    count.check(took is not None and took < 2, f"the domain was known to {b.name} after {took} s")

    value = json.dumps({"Value": 777, "Filters": []})
    code, said = b.cli("admin", "config", "update", "--name", "frontend.rps", "--value", value)
    count.check(code == 0, f"a setting through {b.name}: {said}")

    def seen():
        rows = json.loads(a.get("/admin/config")[1])
        return any(row.get("name", row.get("key")) == "frontend.rps" and "777" in json.dumps(row) for row in rows)

    took = until(seen)
    count.check(took is not None and took < 2, f"the setting was known to {a.name} after {took} s")


def a_workflow_is_everywhere(count, a, b):
    """Started through one, worked on by who polls the other, seen through both."""
    client = Client(ports([a]))
    with Crew(DOMAIN, ports([b])) as crew:
        for number in range(20):  # so that both have some
            workflow_id = f"order-{number}"
            run_id = start(client, DOMAIN, workflow_id)
            events = history(client, DOMAIN, workflow_id, run_id)
            count.check(events[-1][30] == 1, f"{workflow_id} ended with {events[-1]}")
        for node in (a, b):
            for number in (0, 7, 13):
                for words in (["workflow", "show"], ["workflow", "describe"]):
                    code, said = node.cli("--domain", DOMAIN, *words, "--workflow_id", f"order-{number}")
                    count.check(code == 0 and "ompleted" in said.replace("COMPLETED", "ompleted"),
                                f"{node.name} {words} of order-{number}: {said}")
        code, said = a.cli("--domain", DOMAIN, "workflow", "query", "--workflow_id", "order-3", "--query_type", "state")
        count.check(code == 0 and "asked and answered" in said, f"a query through {a.name}, answered over {b.name}: {said}")
    count.check(not crew.problems, f"workers: {crew.problems}")
    client.close()
    for node in (a, b):
        def listed():
            said = node.cli("--domain", DOMAIN, "workflow", "list", "--query", "CloseStatus = 'COMPLETED'",
                            "--pagesize", "100")[1]
            return said.count("order-") >= 20
        count.check(until(listed) is not None, f"the list through {node.name}")
    waits = start(Client(ports([b])), DOMAIN, "waits", "nobody")
    for number, node in enumerate((a, b, a, b)):
        code, said = node.cli("--domain", DOMAIN, "workflow", "signal", "--workflow_id", "waits", "--name", f"n{number}")
        count.check(code == 0, f"a signal through {node.name}: {said}")
    code, said = a.cli("--domain", DOMAIN, "workflow", "terminate", "--workflow_id", "waits")
    count.check(code == 0, said)
    events = history(Client(ports([b])), DOMAIN, "waits", waits)
    kinds = [event[30] for event in events]
    count.check(kinds.count(27) == 4 and [event[10] for event in events] == list(range(1, len(events) + 1)), f"waits: {kinds}")


def whole(count, what, crew, load, others):
    """The runs that were acknowledged are all finished, without a gap."""
    runs = load.stop()
    count.check(not load.problems, f"{what}: clients: {load.problems[:5]}")
    wrong = broken(Client(ports(others)), DOMAIN, runs)
    count.check(not wrong, f"{what}: {wrong[:5]}")
    count.check(not crew.problems, f"{what}: workers: {crew.problems[:5]}")
    print(f"{what}: {len(runs)} workflows, {load.refusals} refusals that were asked again", flush=True)


def one_ends_under_load(count, nodes):
    """SIGTERM: it hands over what it has, leaves and ends well."""
    going, others = nodes[-1], nodes[:-1]
    with Crew(DOMAIN, ports(nodes)) as crew:
        load = Load(DOMAIN, ports(nodes), prefix="term")
        count.check(load.wait_for(50), "load before SIGTERM")
        code = going.end(signal.SIGTERM)
        count.check(code == 0, f"{going.name} exited with {code}: {going.log.read_text()[-3000:]}")
        log = going.log.read_text()
        count.check("has left the cluster" in log and "could not" not in log, f"the log of {going.name}: {log[-3000:]}")
        everybody_knows(count, others, [node.name for node in others])
        count.check(load.wait_for(50), "load after SIGTERM")
        whole(count, "SIGTERM", crew, load, others)


def one_comes_under_load(count, nodes):
    coming, others = nodes[-1], nodes[:-1]
    with Crew(DOMAIN, ports(nodes)) as crew:
        load = Load(DOMAIN, ports(others), prefix="join")
        count.check(load.wait_for(50), "load before a node comes")
        coming.start()
        everybody_knows(count, nodes, [node.name for node in nodes])
        count.check(load.wait_for(50), "load after a node came")
        whole(count, "a node comes", crew, load, others)


def one_dies_under_load(count, nodes):
    """kill -9: the others take over its shards, and what was acknowledged goes on."""
    dying, others = nodes[0], nodes[1:]
    with Crew(DOMAIN, ports(nodes)) as crew:
        load = Load(DOMAIN, ports(nodes), prefix="kill")
        count.check(load.wait_for(50), "load before kill -9")
        dying.end(signal.SIGKILL)
        died = time.monotonic()
        took = until(lambda: all(set(members(node)) == {other.name for other in others} for node in others))
        count.check(took is not None, f"the others knew of its death after {time.monotonic() - died} s")
        print(f"the death of a node was known after {took} s", flush=True)
        count.check(load.wait_for(50), "load after kill -9")
        whole(count, "kill -9", crew, load, others)
    dying.start()
    everybody_knows(count, nodes, [node.name for node in nodes])


def one_stands_still_under_load(count, nodes):
    """SIGSTOP for longer than its lease: the others take over; when it goes on it is a member again and nothing is doubled."""
    still, others = nodes[0], nodes[1:]
    with Crew(DOMAIN, ports(others)) as crew:
        load = Load(DOMAIN, ports(others), prefix="still")
        count.check(load.wait_for(50), "load before a node stands still")
        still.send(signal.SIGSTOP)
        try:
            took = until(lambda: all(still.name not in members(node) for node in others))
            count.check(took is not None, f"{still.name} stood still and stayed a member")
            print(f"a node that stood still was no member after {took} s", flush=True)
            count.check(load.wait_for(50), "load without it")
        finally:
            still.send(signal.SIGCONT)
        everybody_knows(count, nodes, [node.name for node in nodes])
        count.check(load.wait_for(50), "load after it goes on")
        whole(count, "a node stands still", crew, load, others)


def roles(count, cadenza):
    """Nodes that do but a part of it: one takes requests, one holds everything."""
    with cluster(cadenza, 2) as running:
        front, back = running.nodes
        front.begin("--migrate", "--services", "frontend")
        back.begin("--migrate", "--services=history,matching,worker")
        front.ready(), back.ready()
        took = until(lambda: len(members(front)) == 2 and set(placed(front)) == {back.name})
        count.check(took is not None, f"members {members(front)}, shards {placed(front)}")
        told = {name: one["roles"] for name, one in members(front).items()}
        count.check(told == {front.name: "frontend", back.name: "history,matching,worker"}, f"roles {told}")
        with socket.socket() as closed:
            code = closed.connect_ex(("127.0.0.1", int(back.grpc.split(":")[1])))
            count.check(code != 0, "gRPC is open at a node that is no frontend")
        count.check(back.get("/ready")[0] == 200, f"a node that is no frontend: {back.get('/ready')}")
        rings = json.loads(front.cli("admin", "cluster", "describe")[1])
        count.check(json.dumps(rings).count(back.grpc) >= 3, f"rings {rings}")
        code, said = front.cli("--domain", DOMAIN, "domain", "register", "--retention", "1")
        count.check(code == 0, said)
        with Crew(DOMAIN, ports([front])) as crew:
            load = Load(DOMAIN, ports([front]), threads=2, prefix="roles")
            count.check(load.wait_for(20), "load by roles")
            whole(count, "roles", crew, load, [front])


def over_tls(count, cadenza):
    """Nodes with certificates of one authority."""
    with tempfile.TemporaryDirectory() as place, cluster(cadenza, 2) as running:
        authority = Authority(pathlib.Path(place), "nodes")
        for node in running.nodes:
            certificate, key = authority.issue(node.name)
            tls = f"tls: {{certFile: {certificate}, keyFile: {key}, caFile: {authority.file}}}"
            node.config.write_text(node.config.read_text().replace("node: {", f"node: {{{tls}, "))
        running.start()
        a, b = running.nodes
        everybody_knows(count, [a, b], ["node-1", "node-2"])
        metrics(count, a, ["node-1", "node-2"])
        code, said = a.cli("--domain", DOMAIN, "domain", "register", "--retention", "1")
        count.check(code == 0, said)
        with Crew(DOMAIN, ports([b])) as crew:
            load = Load(DOMAIN, ports([a, b]), threads=2, prefix="tls")
            count.check(load.wait_for(30), "load over TLS")
            whole(count, "TLS between nodes", crew, load, [a, b])
        with socket.create_connection(("127.0.0.1", a.link)) as plain:
            plain.settimeout(SECONDS)
            try:
                plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = plain.recv(100)
            except ConnectionError:
                answer = b""
            count.check(not answer or answer[0] == 21, f"who speaks no TLS is answered {answer}")  # 21: an alert


def behind_proxies(count, cadenza):
    """Three nodes behind the proxies whose configurations are in the repository: one dies, and requests go to the others."""
    with cluster(cadenza, 3) as running:
        running.start()
        front, nginx = running.front(), Nginx(running.place, running.nodes, running.ports)
        try:
            nginx.ready()
            ask = running.nodes[0]
            ask.grpc = front.grpc
            code, said = ask.cli("--domain", DOMAIN, "domain", "register", "--retention", "1")
            count.check(code == 0, f"a domain through HAProxy: {said}")
            for number in range(6):
                client = Client(ports(running.nodes))
                start(client, DOMAIN, f"order-{number}", "nobody")
                client.close()
            running.nodes[1].end(signal.SIGKILL)
            for proxy in (front, nginx):
                ask.grpc = proxy.grpc
                for number in range(6):
                    def signalled():
                        return ask.cli("--domain", DOMAIN, "workflow", "signal", "--workflow_id", f"order-{number}",
                                       "--name", "n")[0] == 0
                    count.check(until(signalled) is not None, f"a signal through {proxy.config.stem}")
                for path, code in (("/ready", 200), ("/admin/cluster", 403)):
                    ask.http = proxy.http
                    count.check(ask.get(path)[0] == code, f"{path} through {proxy.config.stem}: {ask.get(path)}")
        finally:
            nginx.end()


def configurations(count, cadenza):
    """What lies in the repository for a cluster can be used."""
    environment = {**os.environ, "CADENZA_NODE": "node-1", "CADENZA_DATABASE_PASSWORD": "secret",
                   "PATH": f"{os.environ['PATH']}:/usr/sbin"}

    def run(*words):
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=SECONDS)
        return done.returncode == 0, done.stdout + done.stderr

    count.check(*run(cadenza, "server", "start", "--check-config", "--strict", "--config", ROOT / "config/cluster.yaml"))
    compose = (ROOT / "docker-compose.yml").read_text()
    with tempfile.TemporaryDirectory() as place:
        for name, words in (("haproxy/haproxy.cfg", ("haproxy", "-c", "-f")), ("nginx/nginx.conf", ("nginx", "-t", "-c"))):
            text = (ROOT / "docker" / name).read_text()
            hosts = set(re.findall(r"\b(node-\d):\d+", text))
            count.check(hosts == set(re.findall(r"^  (node-\d):$", compose, re.M)) and len(hosts) == 3, f"{name}: {hosts}")
            file = pathlib.Path(place) / "proxy.conf"
            file.write_text(re.sub(r"\bnode-\d:", "127.0.0.1:", text).replace("/tmp/", f"{place}/"))
            count.check(*run(*words, file))
    refused = [("--services", "histroy"), ("--services", "frontend,")]
    for words in refused:
        good, said = run(cadenza, "server", "start", "--check-config", "--config", ROOT / "config/cluster.yaml", *words)
        count.check(not good and "there is no service" in said, f"{words}: {said}")


def main():
    cadenza = str(pathlib.Path(sys.argv[1]).resolve())
    count = Count()
    configurations(count, cadenza)
    with cluster(cadenza, 2) as running:
        running.start()
        a, b = running.nodes
        everybody_knows(count, [a, b], ["node-1", "node-2"])
        described = json.loads(a.cli("admin", "cluster", "describe")[1])
        rings = json.dumps(described)
        count.check(a.grpc in rings and b.grpc in rings, f"DescribeCluster: {described}")
        one_is_told_and_all_know(count, a, b)
        a_workflow_is_everywhere(count, a, b)

        # A third one that nobody has heard of before.
        third = Node(cadenza, running.place, "node-3", running.database.configuration(), running.ports)
        running.nodes.append(third)
        one_comes_under_load(count, running.nodes)
        one_ends_under_load(count, running.nodes)
        third.start()
        everybody_knows(count, running.nodes, [node.name for node in running.nodes])
        one_dies_under_load(count, running.nodes)
        one_stands_still_under_load(count, running.nodes)
    roles(count, cadenza)
    over_tls(count, cadenza)
    behind_proxies(count, cadenza)
    count.end()


if __name__ == "__main__":
    main()
