#!/usr/bin/env python3
"""A real PostgreSQL on a scratch directory, for as long as something runs.

    postgres_scratch.py COMMAND...      COMMAND gets SERVER_CONFIG, a configuration file on it, in its environment

It listens on a free port of loopback, runs as a user without rights, and ends with the command, whose exit code it passes on.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile

UNPRIVILEGED = "nobody"


class Scratch:
    def __init__(self, place, *settings):
        self.place = pathlib.Path(place)
        self.data = self.place / "data"
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not versions:
            raise SystemExit("PostgreSQL is missing: ./dev deps --tests")
        self.programs = versions[-1].parent
        self.settings = settings
        self.process = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            who = pwd.getpwnam(UNPRIVILEGED)
            os.chown(place, who.pw_uid, who.pw_gid)
            self.user = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
        self.run("initdb", "--no-sync", "-U", "cadenza", "-A", "trust", "-E", "UTF8", "--locale=C", "-D", self.data)

    def run(self, program, *words):
        subprocess.run([*self.user, self.programs / program, *words], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start(self):
        options = " ".join(["-c listen_addresses=127.0.0.1 -c unix_socket_directories=", f"-c port={self.port}",
                            *self.settings])
        self.run("pg_ctl", "-s", "-w", "-t", "120", "-D", self.data, "-l", self.place / "server", "-o", options, "start")

    def stop(self, how="fast"):
        self.run("pg_ctl", "-s", "-w", "-D", self.data, "-m", how, "stop")

    def sql(self, text, database="postgres"):
        done = subprocess.run([self.programs / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "cadenza", "-d",
                               database, "-Atqc", text], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def configuration(self, database="cadenza", more=""):
        return ("persistence:\n  defaultStore: pg\n  datastores:\n    pg:\n      sql:\n        pluginName: postgres\n"
                f"        connectAddr: \"127.0.0.1:{self.port}\"\n        databaseName: {database}\n        user: cadenza\n"
                f"{more}")


@contextlib.contextmanager
def scratch(*settings):
    place = tempfile.mkdtemp(prefix="cadenza-postgres-")
    try:
        server = Scratch(place, *settings)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main():
    with scratch() as server:
        server.sql("CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'")
        config = server.place / "cadenza.yaml"
        config.write_text(server.configuration())
        config.chmod(0o644)
        done = subprocess.run(sys.argv[1:], env={**os.environ, "SERVER_CONFIG": str(config)})
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
