#!/usr/bin/env python3
"""TLS to a real PostgreSQL with authorities of our own: who is believed, who is refused, and a server that runs over it.

    postgres_tls_test.py CADENZA HELLO
"""
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from demo import Count, Demo
from postgres_scratch import UNPRIVILEGED, Scratch

DAYS = "3650"


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """A certificate authority in a directory."""

    def __init__(self, place, name):
        self.place = place
        self.file = place / f"{name}.crt"
        self.key = place / f"{name}.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", self.file, "-days", DAYS, "-subj",
                f"/CN={name}")

    def issue(self, name, names=""):
        key, request, made = (self.place / f"{self.file.stem}-{name}.{end}" for end in ("key", "csr", "crt"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        more = self.place / f"{name}.ext"
        more.write_text(f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", DAYS, "-extfile",
                more, "-out", made)
        return made, key


class TlsScratch(Scratch):
    """Speaks TLS only; the user `cadenza` must show a certificate of the authority, `open` need not."""

    def __init__(self, place, authority, certificate, key):
        super().__init__(place, "-c fsync=off")
        for source, target in ((authority, "ca.crt"), (certificate, "server.crt"), (key, "server.key")):
            shutil.copy(source, self.data / target)
            if os.geteuid() == 0:
                who = pwd.getpwnam(UNPRIVILEGED)
                os.chown(self.data / target, who.pw_uid, who.pw_gid)
            (self.data / target).chmod(0o600)
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write("ssl = on\nssl_ca_file = 'ca.crt'\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n")
        (self.data / "pg_hba.conf").write_text("hostssl all cadenza 127.0.0.1/32 trust clientcert=verify-ca\n"
                                               "hostssl all open 127.0.0.1/32 trust\n")


def answers(cadenza, server, *words, user="open", host="127.0.0.1"):
    done = subprocess.run([cadenza, "schema", "version", "--endpoint", f"{host}:{server.port}", "--user", user, "--database",
                           "cadenza", *map(str, words)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def who_is_believed(count, cadenza, server, authority, other, client, alien):
    def check(code, says, *words, **where):
        got, said = answers(cadenza, server, *words, **where)
        count.check(got == code and says in said, f"{words} {where}: {got} {said}")

    there = "not a Cadenza schema"
    own = ["--tls-cert-file", client[0], "--tls-key-file", client[1]]
    ca = ["--tls-ca-file", authority.file]
    named = ["--tls-enable-host-verification"]
    check(0, there, "--tls")
    check(0, there, "--tls", *ca)
    check(1, "certificate verify failed", "--tls", "--tls-ca-file", other.file)
    # The database's certificate is for localhost, and for no address.
    check(0, there, "--tls", *ca, *named, host="localhost")
    check(1, "does not match host name", "--tls", *ca, *named)
    check(1, "no encryption", "--connect-attributes", "sslmode=disable")
    check(1, "requires a valid client certificate", "--tls", *ca, user="cadenza")
    check(0, there, "--tls", *ca, *own, user="cadenza")
    got, said = answers(cadenza, server, "--tls", *ca, "--tls-cert-file", alien[0], "--tls-key-file", alien[1], user="cadenza")
    count.check(got == 1 and ("unknown ca" in said or "certificate" in said), f"a certificate of another authority: {got} {said}")


def a_server_runs_over_it(count, cadenza, hello, place, server, authority, client):
    tls = (f"        tls: {{enabled: true, sslmode: verify-full, caFile: \"{authority.file}\", certFile: \"{client[0]}\", "
           f"keyFile: \"{client[1]}\"}}\n")
    config = place / "cadenza.yaml"
    ports = "services: {frontend: {rpc: {grpcPort: 0, port: 0, http: {port: 0}}}}\n"
    # The first host is nobody's, the second is the database.
    config.write_text(ports + server.configuration(more=tls).replace("127.0.0.1:", "localhost:1,localhost:"))
    demo = Demo(cadenza, hello, place, "--config", config, "--migrate")
    listed = subprocess.run([cadenza, "--domain", "samples-domain", "workflow", "list"], env=demo.environment("/usr/bin"),
                            capture_output=True, text=True, timeout=60)
    count.check("Hello" in listed.stdout, f"the list of workflows: {listed.stdout}{listed.stderr}")
    secured = server.query("SELECT bool_and(ssl)::text || ' ' || (count(*) > 3)::text FROM pg_stat_ssl JOIN pg_stat_activity "
                           "USING (pid) WHERE application_name = 'cadenza'")
    count.check(secured == "true true", f"connections that are encrypted: {secured}")
    demo.end()


class Asked(TlsScratch):
    """Answers questions of the test's own over TLS."""

    def query(self, text, database="postgres"):
        done = subprocess.run([self.programs / "psql", f"host=127.0.0.1 port={self.port} user=open dbname={database} "
                               "sslmode=require", "-Atqc", text], check=True, capture_output=True, text=True)
        return done.stdout.strip()


def main():
    cadenza, hello = sys.argv[1:]
    count = Count()
    with tempfile.TemporaryDirectory() as keys, tempfile.TemporaryDirectory() as place, \
            tempfile.TemporaryDirectory(prefix="cadenza-postgres-") as data:
        keys, place = pathlib.Path(keys), pathlib.Path(place)
        authority = Authority(keys, "our-authority")
        other = Authority(keys, "another-authority")
        server = Asked(data, authority.file, *authority.issue("localhost", "DNS:localhost"))
        client = authority.issue("cadenza")
        alien = other.issue("cadenza")
        # Roles are made before certificates are asked for.
        rules = server.data / "pg_hba.conf"
        strict = rules.read_text()
        rules.write_text("hostssl all all 127.0.0.1/32 trust\n")
        server.start()
        try:
            server.sql("CREATE ROLE open LOGIN SUPERUSER")
            server.sql("CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'")
            rules.write_text(strict)
            server.query("SELECT pg_reload_conf()")
            who_is_believed(count, cadenza, server, authority, other, client, alien)
            a_server_runs_over_it(count, cadenza, hello, place, server, authority, client)
        finally:
            server.stop("immediate")
    count.end()


if __name__ == "__main__":
    main()
