#!/usr/bin/env python3
"""A server on a real PostgreSQL: its schema, a workflow, what is seen when the server or the database dies.

    postgres_test.py CADENZA HELLO
"""
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from demo import Count, Demo
from postgres_scratch import scratch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def schema(count, cadenza, database):
    where = ["--endpoint", f"127.0.0.1:{database.port}", "--user", "cadenza", "--database", "cadenza"]

    def run(*words):
        done = subprocess.run([cadenza, "schema", *words, *where], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    for words, code, says in [
            (["version"], 1, "does not exist"),
            (["create"], 0, "is there"),
            (["version"], 0, "not a Cadenza schema"),
            (["update-schema"], 1, "setup-schema"),
            (["setup-schema", "-v", "0.0"], 0, "set up"),
            (["update-schema", "--dryrun"], 0, "would be upgraded to version 1: first"),
            (["update-schema"], 0, "brought to version 2"),
            (["update-schema"], 0, "is at version"),
            (["version"], 0, "version"),
            (["drop"], 1, "--yes"),
            (["drop", "--yes"], 0, "is gone"),
            (["version", "--plugin", "mysql"], 1, "it has postgres")]:
        got, said = run(*words)
        count.check(got == code and says in said, f"schema {' '.join(words)}: {got} {said}")


def refusals(count, cadenza, place, config):
    def start(*options):
        return subprocess.run([cadenza, "server", "start", "--data", place / "refused", "--port", "0", "--http-port", "0",
                               "--config", config, *options], capture_output=True, text=True, timeout=120)

    done = start()
    count.check(done.returncode != 0 and "cadenza schema setup-schema" in done.stdout + done.stderr,
                f"a database without a schema: {done.stdout}{done.stderr}")
    return start


def show(cadenza, server, *words):
    done = subprocess.run([cadenza, "--domain", "samples-domain", *words], env=server.environment("/usr/bin"),
                          capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def main():
    cadenza, hello = sys.argv[1:]
    count = Count()
    with scratch("-c fsync=off") as database, tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        schema(count, cadenza, database)
        database.sql("CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'")
        config = place / "cadenza.yaml"
        ports = "services: {frontend: {rpc: {grpcPort: 0, port: 0, http: {port: 0}}}}\n"
        config.write_text(ports + database.configuration())
        start_another = refusals(count, cadenza, place, config)

        server = Demo(cadenza, hello, place, "--config", config, "--migrate")
        listed = show(cadenza, server, "workflow", "list")
        count.check("Hello" in listed, f"the list of workflows: {listed}")
        second = start_another()
        count.check(second.returncode != 0 and "in use by another" in second.stdout + second.stderr,
                    f"a second server: {second.stdout}{second.stderr}")

        # The database ends and comes back: the server goes on.
        database.stop("immediate")
        database.start()
        again = subprocess.run([hello, "--address", server.grpc, "--domain", "samples-domain"], capture_output=True, text=True,
                               timeout=120)
        count.check(again.returncode == 0, f"a workflow after the database came back: {again.stdout}{again.stderr}")

        metrics = server.get("/metrics")[1]
        described = (ROOT / "docs/guides/postgresql.md").read_text()
        for name in {"cadenza_commit_group_transactions", *re.findall(r"\bcadenza_database_[a-z_]+", described)}:
            if name.endswith("_errors_total"):
                continue  # told from the first error on
            count.check(f"# TYPE {name}" in metrics, f"{name} is not told")

        # The server dies; another machine, whose data directory is empty, takes over what is in the database.
        server.server.send_signal(signal.SIGKILL)
        server.server.wait()
        server.end()
        (place / "other").mkdir()
        other = Demo(cadenza, hello, place / "other", "--config", config)
        listed = show(cadenza, other, "workflow", "list", "--query", "CloseTime > 0")
        count.check(listed.count("Hello") >= 3, f"the list after the server died: {listed}")
        shown = show(cadenza, other, "workflow", "list")
        count.check("Hello" in shown, shown)
        other.end()
    count.end()


if __name__ == "__main__":
    main()
