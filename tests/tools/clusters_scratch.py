"""Clusters of one group on loopback, each one server process with a store of its own."""
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent))

from cluster_scratch import Node, Ports


class Member(Node):
    """A server process that is a cluster."""

    LAST_WORD = "cluster"

    def __init__(self, cadenza, place, name, ports):  # without those of Node: another configuration
        self.cadenza, self.name, self.place = cadenza, name, pathlib.Path(place)
        grpc, http, self.tchannel, self.link = (ports.one() for _ in range(4))
        self.grpc, self.http = f"127.0.0.1:{grpc}", f"127.0.0.1:{http}"
        self.log, self.config = self.place / f"{name}.log", self.place / f"{name}.yaml"
        self.rpc = {"grpcPort": grpc, "port": self.tchannel, "http": {"port": http}}
        self.process = None

    def configure(self, members, shards, tls=None):
        """`tls`: certificate, key and authority."""
        links = {"bindAddress": "127.0.0.1"}
        if tls:
            links["tls"] = dict(zip(("certFile", "keyFile", "caFile"), (str(file) for file in tls)))
        group = {one.name: {"enabled": True, "initialFailoverVersion": number, "rpcTransport": "actor",
                            "rpcAddress": f"127.0.0.1:{one.link}"} for number, one in enumerate(members, 1)}
        dynamic = self.place / "dynamic.yaml"
        # A domain fails over and back as soon as a test wants it.
        dynamic.write_text("frontend.failoverCoolDown: [{value: 0s}]\n")
        self.config.write_text(json.dumps({
            "dynamicconfig": {"client": "filebased", "filebased": {"filepath": str(dynamic)}},
            "services": {"frontend": {"rpc": self.rpc}},
            "persistence": {"numHistoryShards": shards},
            "clusterGroupMetadata": {"failoverVersionIncrement": 10, "primaryClusterName": members[0].name,
                                     "currentClusterName": self.name, "clusterGroup": group},
            "clusterLinks": links,
        }, indent=1))

    def begin(self, *options):
        super().begin("--data", self.place / self.name, *options)

    def reached(self):
        """Which other clusters it reaches."""
        status, body = self.get("/health")
        return json.loads(body).get("other_clusters", {}) if status == 200 else {}


@contextlib.contextmanager
def group(cadenza, names=("dc1", "dc2"), shards=(4, 3), tls_of=None):
    """`tls_of`: certificate, key and authority by the name of a cluster."""
    ports = Ports()
    with tempfile.TemporaryDirectory() as place:
        members = [Member(cadenza, place, name, ports) for name in names]
        for one, count in zip(members, shards):
            one.configure(members, count, tls_of(one.name) if tls_of else None)
        try:
            yield members
        finally:
            for one in members:
                try:
                    one.end()
                except subprocess.TimeoutExpired:
                    print(f"{one.name} did not end: {one.log.read_text()[-4000:]}", file=sys.stderr)
                    one.end(signal.SIGKILL)
