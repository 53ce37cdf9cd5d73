"""A server and the C++ sample's worker as `./dev demo` leaves them, on ports of their own."""
import contextlib
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/tools"))

from running_server import next_line, route


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Lines:
    """The lines of a file that a server writes, each as soon as it is there."""

    def __init__(self, path):
        self.reader = subprocess.Popen(["tail", "-n", "+1", "-F", path], stdout=subprocess.PIPE, bufsize=0,
                                       stderr=subprocess.DEVNULL)

    def until(self, part, seconds=60):
        """The next line with `part` in it; None when none has come for so long, or the file is not written any more."""
        while select.select([self.reader.stdout], [], [], seconds)[0]:
            line = self.reader.stdout.readline().decode()  # without a buffer, which `select` would not see
            if part in line or not line:
                return line or None
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.kill()
        self.reader.wait()
        self.reader.stdout.close()


class Demo:
    """With `tchannel`, a port of that protocol is open, too, for workers of `worker.py`; `more` is further configuration."""

    def __init__(self, cadenza, hello, place, *options, tchannel=False, more=""):
        self.place = pathlib.Path(place)
        self.tchannel = free_port() if tchannel else 0
        file = self.place / "config.yaml"
        file.write_text(f"services: {{frontend: {{rpc: {{grpcPort: 0, port: {self.tchannel}, http: {{port: 0}}}}}}}}\n{more}")
        data = [] if "--ephemeral" in options else ["--data", self.place / "data"]
        self.server = subprocess.Popen([cadenza, "server", "start", *data, "--config", file, *options], stdout=subprocess.PIPE,
                                       bufsize=0, stderr=open(self.place / "server.log", "w"))
        self.worker = None
        self.grpc, self.http = self.read_ports()
        if hello:
            self.worker = subprocess.Popen([hello, "--address", self.grpc, "--domain", "samples-domain", "--serve"],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            done = subprocess.run([hello, "--address", self.grpc, "--domain", "samples-domain"], capture_output=True,
                                  text=True, timeout=60)
            if done.returncode != 0:
                raise SystemExit(f"the hello sample failed: {done.stdout}{done.stderr}")

    def read_ports(self):
        """From what the server tells people when it is ready."""
        found = {}
        while len(found) < 2:
            words = next_line(self.server, "the server", self.place / "server.log").split()
            if len(words) >= 2 and words[0] in ("gRPC", "HTTP"):
                found[words[0]] = words[1]
        return found["gRPC"], found["HTTP"]

    def get(self, path):
        """Status and body of a route."""
        return route(self.http, path)

    def environment(self, programs):
        return {**os.environ, "CADENCE_CLI_ADDRESS": self.grpc, "CADENZA_HTTP_ADDRESS": self.http,
                "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "dumb"}

    def end(self):
        for process in (self.worker, self.server):
            if process:
                process.terminate()
        for process in (self.worker, self.server):
            if process:
                process.wait(timeout=60)


@contextlib.contextmanager
def demo(cadenza, hello=None, *options, **more):
    with tempfile.TemporaryDirectory() as place:
        running = Demo(cadenza, hello, place, *options, **more)
        try:
            yield running
        finally:
            running.end()


class Count:
    """Counts checks; the last line is `N passed, N failed`."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"failed: {what}", flush=True)
        return good

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)
