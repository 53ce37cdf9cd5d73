#!/usr/bin/env python3
"""A cluster on loopback for as long as something runs: a real PostgreSQL, nodes on it, HAProxy in front of them.

    cluster_scratch.py CADENZA COMMAND...     COMMAND gets in its environment CADENCE_ADDR, where HAProxy takes gRPC, and
                                              CLUSTER_HTTP, the nodes' HTTP addresses; what it exits with is passed on

All ports are free ones of loopback; everything ends with the command.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parent))

from postgres_scratch import scratch
from running_server import next_line, route

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_S = 120  # for a node on a machine that does other things as well


class Ports:
    """Free ports, each given once: all are held until the last one is known."""

    def __init__(self):
        self.given = set()

    def one(self):
        while True:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            if port not in self.given:
                self.given.add(port)
                return port


class Node:
    """A server process that is one node. Its data directory stays empty: everything is in the database."""

    LAST_WORD = "node"  # the last line for people begins with it

    def __init__(self, cadenza, place, name, store, ports, more=""):
        self.cadenza, self.name, self.place = cadenza, name, pathlib.Path(place)
        grpc, http, self.tchannel, self.link = (ports.one() for _ in range(4))
        self.grpc, self.http = f"127.0.0.1:{grpc}", f"127.0.0.1:{http}"
        self.log = self.place / f"{name}.log"
        self.config = self.place / f"{name}.yaml"
        self.config.write_text(
            f"services: {{frontend: {{rpc: {{grpcPort: {grpc}, port: {self.tchannel}, http: {{port: {http}}}}}}}}}\n"
            f"node: {{name: {name}, address: \"127.0.0.1:{self.link}\"}}\n{more}{store}")
        self.process = None

    def begin(self, *options):
        """Starts it; `ready` waits until it serves."""
        self.process = subprocess.Popen([self.cadenza, "server", "start", "--config", self.config, *options],
                                        stdout=subprocess.PIPE, bufsize=0, stderr=open(self.log, "a"))

    def ready(self):
        """Its ports are open when its last line for people has come."""
        while True:
            if next_line(self.process, self.name, self.log, READY_S).split()[:1] == [self.LAST_WORD]:
                return self

    def start(self, *options):
        self.begin(*options)
        return self.ready()

    def send(self, what):
        self.process.send_signal(what)

    def end(self, what=signal.SIGTERM, seconds=60):
        """Ends it, and gives its exit code; None when it had not been started."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.send(what)
        code = self.process.wait(timeout=seconds)
        self.process.stdout.close()
        self.process = None
        return code

    def get(self, path):
        """Status and body of a route; status 0 when it cannot be reached."""
        try:
            return route(self.http, path)
        except OSError as error:
            return 0, str(error)

    def cli(self, *words, seconds=60):
        """Exit code and everything that the command line says."""
        done = subprocess.run([self.cadenza, "--address", self.grpc, "--http_address", self.http, *words],
                              capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout + done.stderr


class Proxy:
    """HAProxy with the configuration that the repository has for three nodes, on other ports."""

    def __init__(self, place, nodes, ports):
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise SystemExit("HAProxy is missing: ./dev deps --tests")
        self.ports = {port: ports.one() for port in (7833, 7933, 8088, 8404)}
        text = (ROOT / "docker/haproxy/haproxy.cfg").read_text()
        text = re.sub(r"bind :(\d+)", lambda port: f"bind 127.0.0.1:{self.ports[int(port[1])]}", text)
        backends = []
        for part in re.split(r"(?m)^(?=\S)", text):
            for number, node in enumerate(nodes, 1):
                where = {7833: node.grpc, 8088: node.http, 7933: f"127.0.0.1:{node.tchannel}"}
                part = re.sub(rf"node-{number}:(\d+)",
                              lambda port: f"{where[int(port[1])]} port {node.http.split(':')[1]}", part)
            backends.append(part.replace(" port 8088 ", " "))
        self.config = pathlib.Path(place) / "haproxy.cfg"
        self.config.write_text("".join(backends))
        self.grpc, self.http = f"127.0.0.1:{self.ports[7833]}", f"127.0.0.1:{self.ports[8088]}"
        self.log = pathlib.Path(place) / "haproxy.log"
        # -db: it stays in the foreground, one process with this id.
        self.process = subprocess.Popen([program, "-db", "-f", self.config], stdout=subprocess.DEVNULL,
                                        stderr=open(self.log, "w"))

    def ready(self):
        """Waits until it knows a node that serves."""
        while self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{self.http}/ready", timeout=30):
                    return self
            except OSError:
                pass
        raise SystemExit(f"{self.config.stem} ended: {self.log.read_text()}")

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class Nginx(Proxy):
    """nginx in its place."""

    def __init__(self, place, nodes, ports):
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise SystemExit("nginx is missing: ./dev deps --tests")
        self.ports = {port: ports.one() for port in (7833, 8088)}
        text = (ROOT / "docker/nginx/nginx.conf").read_text()
        text = re.sub(r"listen (\d+)", lambda port: f"listen 127.0.0.1:{self.ports[int(port[1])]}", text)
        for number, node in enumerate(nodes, 1):
            text = text.replace(f"node-{number}:7833", node.grpc).replace(f"node-{number}:8088", node.http)
        self.config = pathlib.Path(place) / "nginx.conf"
        self.config.write_text(text.replace("/tmp/nginx.pid", f"{place}/nginx.pid"))
        self.grpc, self.http = f"127.0.0.1:{self.ports[7833]}", f"127.0.0.1:{self.ports[8088]}"
        self.log = pathlib.Path(place) / "nginx.log"
        self.process = subprocess.Popen([program, "-g", "daemon off;", "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=open(self.log, "w"))


class Cluster:
    def __init__(self, cadenza, place, database, count, more=""):
        database.sql("CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'")
        self.ports, self.place, self.proxy = Ports(), pathlib.Path(place), None
        self.nodes = [Node(cadenza, place, f"node-{number}", database.configuration(), self.ports, more)
                      for number in range(1, count + 1)]

    def start(self):
        """All at once, as they come up after a power cut; the first time they make the schema as well."""
        for node in self.nodes:
            node.begin("--migrate")
        for node in self.nodes:
            node.ready()

    def front(self):
        self.proxy = Proxy(self.place, self.nodes, self.ports)
        return self.proxy.ready()

    def end(self):
        if self.proxy is not None:
            self.proxy.end()
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.send(signal.SIGTERM)
        for node in self.nodes:
            try:
                node.end()
            except subprocess.TimeoutExpired:
                print(f"{node.name} did not end: {node.log.read_text()[-4000:]}", file=sys.stderr)
                node.end(signal.SIGKILL)


@contextlib.contextmanager
def cluster(cadenza, count=3, more=""):
    with scratch("-c fsync=off -c max_connections=200") as database, tempfile.TemporaryDirectory() as place:
        running = Cluster(cadenza, place, database, count, more)
        running.database = database
        try:
            yield running
        finally:
            running.end()


def main():
    cadenza, *command = sys.argv[1:]
    with cluster(str(pathlib.Path(cadenza).resolve())) as running:
        running.start()
        proxy = running.front()
        environment = {**os.environ, "CADENCE_ADDR": proxy.grpc, "CLUSTER_HTTP": " ".join(n.http for n in running.nodes)}
        code = subprocess.run(command, env=environment).returncode
        for node in running.nodes:
            if node.process.poll() is not None:
                print(f"failed: {node.name} ended with {node.process.returncode}: {node.log.read_text()[-4000:]}")
                code = code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
