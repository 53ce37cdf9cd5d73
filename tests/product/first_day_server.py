"""A first day with the server itself: configurations that count, mistakes at the start, damage, and what the front page has."""
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from demo import ROOT, Lines, demo


def started(cadenza, *words):
    done = subprocess.run([cadenza, "server", "start", *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def warned(count, cadenza):
    """What is checked and not acted on is a warning, and an error with --strict; what counts is quiet."""
    with tempfile.TemporaryDirectory() as place:
        file = pathlib.Path(place) / "c.yaml"
        file.write_text("kafka: {clusters: {k: {brokers: ['k:9092']}}}\n")
        code, _, error = started(cadenza, "--check-config", "--config", file)
        count.check(code == 0 and re.search(r"Warning: .*c\.yaml:1:.*does not act on.*brokers", error), f"a warning: {code} {error}")
        code, _, error = started(cadenza, "--check-config", "--strict", "--config", file)
        count.check(code == 1 and "--strict" in error, f"--strict: {code} {error}")
        keys = pathlib.Path(place) / "keys.yaml"
        file.write_text(f"dynamicconfig: {{filebased: {{filepath: {keys}}}}}\n")
        keys.write_text("frontend.rps: {bad\n")
        code, _, error = started(cadenza, "--check-config", "--config", file)
        count.check(code == 1 and re.search(r"keys\.yaml:\d+:\d+:", error), f"a broken file of keys: {code} {error}")
        file.write_text("persistence:\n  defaultStore: d\n  datastores: {d: {rocksdb: {walRecovery: strict}}}\n")
        code, _, error = started(cadenza, "--check-config", "--strict", "--config", file)
        count.check(code == 0, f"walRecovery: strict: {code} {error}")


def keys_that_change(count, cadenza):
    """The file of keys is looked at as often as it says, and SIGHUP takes another file."""
    with tempfile.TemporaryDirectory() as place:
        one, other = pathlib.Path(place) / "one.yaml", pathlib.Path(place) / "other.yaml"

        def settings(file):
            return f"dynamicconfig: {{filebased: {{filepath: {file}, pollInterval: 1s}}}}\n"

        def write(file, value):
            new = file.with_suffix(".new")
            new.write_text(f"frontend.rps: [{{value: {value}}}]\n")
            new.replace(file)

        write(one, 1000)
        write(other, 2000)
        with demo(cadenza, None, more=settings(one)) as server, Lines(server.place / "server.log") as log:
            def now(value, what):
                told = {key["name"]: key["value"] for key in json.loads(server.get("/admin/config")[1])}
                count.check(told["frontend.rps"] == value, f"{what}: frontend.rps is {told['frontend.rps']}, not {value}")

            now(1000, "the file of keys at the start")
            begun = time.monotonic()
            for value in (1001, 1002, 1003, 1004):
                write(one, value)
                count.check(log.until("dynamic configuration reloaded"), f"the log does not tell of the change to {value}")
                now(value, "a change of the file of keys")
            took = time.monotonic() - begun
            count.check(took < 25, f"four changes took {took:.1f} s with pollInterval: 1s")
            config = server.place / "config.yaml"
            config.write_text(config.read_text().replace(str(one), str(other)))
            server.server.send_signal(signal.SIGHUP)
            count.check(log.until("info  configuration reloaded"), "the log does not tell of SIGHUP")
            now(2000, "another file of keys after SIGHUP")


def mistakes_at_the_start(count, cadenza):
    with demo(cadenza) as server, tempfile.TemporaryDirectory() as place:
        code, out, error = started(cadenza, "--data", place, "--port", server.grpc.rsplit(":", 1)[1], "--http-port", "0")
        count.check(code == 1 and error.startswith("Error: cannot listen on ") and error.count("\n") == 1 and not out,
                    f"a port that is taken: {out}{error}")
        code, out, error = started(cadenza, "--data", server.place / "data", "--port", "0", "--http-port", "0")
        last = error.splitlines()[-1] if error else ""
        count.check(code == 1 and re.match(r"Error: the data directory .* is in use by another process", last) and
                    error.endswith("\n") and not out, f"a directory that is in use: {out}{error}")
        log = (server.place / "server.log").read_text()
        count.check("there is no file yet" not in log and " warn " not in log, f"a first start tells of damage: {log}")


def damage(count, cadenza, hello):
    """Overwritten bytes are found, and the check says what to do."""
    with tempfile.TemporaryDirectory() as place:
        with demo(cadenza, hello) as server:
            environment = server.environment("/usr/bin")
            for words in (["backup", "create"], ["backup", "restore", "--dir", str(server.place / "data/backups"), "--data", place]):
                done = subprocess.run([cadenza, "admin", *words], env=environment, capture_output=True, text=True, timeout=60)
                count.check(done.returncode == 0, f"{words}: {done.stderr}")
        tables = sorted(pathlib.Path(place).rglob("*.sst"), key=lambda file: file.stat().st_size)
        if not count.check(tables, "there is no table file to damage"):
            return
        with open(tables[-1], "r+b") as table:
            table.seek(64)
            table.write(b"\xff" * 64)
        done = subprocess.run([cadenza, "verify", "--data", place], capture_output=True, text=True, timeout=60)
        count.check(done.returncode == 1 and re.search(r"backup restore|--repair", done.stdout + done.stderr),
                    f"verify of a damaged directory: {done.returncode} {done.stdout}{done.stderr}")


def front_page(count):
    readme = (ROOT / "README.md").read_text()
    for part in ("(docs/performance.md)", "| | Cadenza | Cadence | Temporal |", "## Maturity", "## Where to ask", "## Limits",
                 "(docs/guides/secure.md)", "(docs/guides/cadence-web.md)"):
        count.check(part in readme, f"the README lacks {part}")
    install, first = readme.index("## Install"), readme.index("```sh")
    count.check(install < first and readme.index("docker compose up") < first, "commands come before how to install")
    for name in ("docker-compose.yml", "docker-compose.single.yml"):
        compose = (ROOT / name).read_text()
        count.check("ubercadence/web" in compose and "\nversion:" not in compose, f"{name}: cadence-web, and no `version:`")
    count.check("./dev build cadenza " in (ROOT / "docker/Dockerfile").read_text(), "the image builds more than the server")
    count.check("installing${as_root[*]:+ with ${as_root[*]}}" in (ROOT / "dev").read_text(), "./dev does not say that it uses sudo")
    options = (ROOT / "samples/java/.mvn/jvm.config").read_text()
    count.check("--add-opens=java.base/java.lang" in options, "the Java sample's first exception ends its worker")
    count.check("NewNop" not in (ROOT / "samples/go/hello/worker/main.go").read_text(), "the Go sample's worker is silent")


def server_side(count, cadenza, hello):
    front_page(count)
    warned(count, cadenza)
    keys_that_change(count, cadenza)
    mistakes_at_the_start(count, cadenza)
    damage(count, cadenza, hello)
