"""How a first day looks: widths, colours, one dialect of JSON, help with examples, completion of values; and what is done with
actors, backups and clients that wait."""
import fcntl
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import tempfile
import termios
import time

DOMAIN = "samples-domain"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def asked(cadenza, environment, *words):
    done = subprocess.run([cadenza, *words], env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def on_terminal(cadenza, environment, words, width):
    """What a terminal of this width gets."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen([cadenza, *words], env=environment, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        out += part
    os.close(ours)
    process.wait(timeout=60)
    return out.decode().replace("\r", "")


def tables_fit(count, server, cadenza):
    environment = {**server.environment("/usr/bin"), "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    environment.pop("NO_COLOR", None)
    for width in (80, 100, 140):
        for words in (["--domain", DOMAIN, "workflow", "list"], ["--domain", DOMAIN, "workflow", "show", "looked-at"],
                      ["admin", "config", "listall"], ["admin", "actor", "list"], ["domain", "list"]):
            told = COLOUR.sub("", on_terminal(cadenza, environment, words, width))
            longest = max(map(len, told.splitlines()), default=0)
            count.check(0 < longest <= width, f"{words} is {longest} wide on a terminal of {width}")
    words = ["--domain", DOMAIN, "workflow", "list"]
    count.check("\x1b[" in on_terminal(cadenza, environment, words, 100), "statuses have no colour on a terminal")
    for name, value in (("TERM", "dumb"), ("NO_COLOR", "1")):
        count.check("\x1b[" not in on_terminal(cadenza, {**environment, name: value}, words, 100), f"colours with {name}={value}")


def keys_of(value):
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from keys_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from keys_of(one)


def one_dialect(count, server, cadenza):
    environment = server.environment("/usr/bin")
    for words in (["workflow", "list"], ["workflow", "show", "looked-at"], ["workflow", "describe", "looked-at"],
                  ["domain", "describe"], ["domain", "list"], ["admin", "actor", "list"], ["tasklist", "describe", "hello-world"],
                  ["admin", "cluster", "describe"]):
        code, told, error = asked(cadenza, environment, "--output", "json", "--domain", DOMAIN, *words)
        try:
            answer = json.loads(told)
        except ValueError:
            count.check(False, f"{words} --output json is not JSON: {told}{error}")
            continue
        # Keys that people or programs have given themselves are not ours.
        own = {"searchAttributes", "memo", "domainData", "fields", "indexedFields"}
        count.check(code == 0 and not [key for key in keys_of(strip(answer, own)) if key[0].isupper()],
                    f"{words}: keys in capitals: {told[:400]}")
    _, told, _ = asked(cadenza, environment, "--output", "json", "--domain", DOMAIN, "workflow", "show", "looked-at")
    count.check('"Ada"' in told and "Hello, Ada!" in told, f"payloads are not decoded: {told[:400]}")
    count.check("1970-01-01" not in told, f"show leaks a time that is not set: {told[:400]}")


def strip(value, names):
    if isinstance(value, dict):
        return {key: strip(one, names) for key, one in value.items() if key not in names}
    return [strip(one, names) for one in value] if isinstance(value, list) else value


def commands_below(cadenza, words=()):
    """Every command that help names, with its page."""
    page = subprocess.run([cadenza, *words, "--help"], capture_output=True, text=True, timeout=60).stdout
    yield words, page
    listed = re.search(r"^COMMANDS:\n(.*?)\n\n", page, re.M | re.S)
    for name in re.findall(r"^   ([\w-]+)", listed[1] if listed else "", re.M):
        if name != "help":
            yield from commands_below(cadenza, (*words, name))


def help_helps(count, cadenza):
    pages = list(commands_below(cadenza))
    count.check(len(pages) > 80, f"only {len(pages)} pages of help were found")
    for words, page in pages:
        name = " ".join(words) or "cadenza"
        if "COMMANDS:" not in page:
            count.check("EXAMPLES:" in page, f"help of {name} has no example")
        count.check(name == "cadenza" or page.count("\n   --context_timeout") == 0, f"help of {name} repeats the global options")
        count.check(not re.search(r"- (The same|As above)", page), f"help of {name} says what it does by another command")
    register = dict(pages)[("domain", "register")]
    count.check(re.search(r"--retention.*3 days", register), "the default of --retention is not told")


def completion(count, server, cadenza):
    environment = server.environment("/usr/bin")
    for words, wanted in ((("--output", ""), "json"), (("--domain", "s"), DOMAIN),
                          (("workflow", "reset", "--reset_type", ""), "LastDecisionCompleted"),
                          (("--domain", DOMAIN, "tasklist", "describe", ""), "hello-world"), (("wf", "obs"), "observe")):
        code, told, error = asked(cadenza, environment, "__complete", "--", *words)
        count.check(code == 0 and wanted in [line.split("\t")[0] for line in told.splitlines()], f"completion of {words}: {told}{error}")
        count.check(words[-1] != "s" or "server" not in told, f"completion of {words} offers commands: {told}")
    with tempfile.TemporaryDirectory() as home:
        for shell in ("bash", "zsh", "fish"):
            code, told, error = asked(cadenza, {**environment, "HOME": home, "XDG_DATA_HOME": home + "/.local/share"},
                                      "completion", shell, "--install")
            count.check(code == 0 and home in told + error, f"completion {shell} --install: {told}{error}")


def actors(count, server, cadenza):
    """Each actor has its own restarts, shards come in the order of their numbers."""
    environment = server.environment("/usr/bin")

    def listed():
        return {one["path"]: one["restarts"] for one in json.loads(asked(cadenza, environment, "--output", "json", "admin",
                                                                         "actor", "list")[1])}
    killed = ("node/visibility_writer", "node/shard_owner/history_shard:3")
    for path in killed:
        code, told, error = asked(cadenza, environment, "admin", "actor", "kill", path)
        count.check(code == 0, f"kill {path}: {told}{error}")
    restarts = listed()
    give_up = time.monotonic() + 30
    while not all(restarts.get(path) == 1 for path in killed) and time.monotonic() < give_up:
        restarts = listed()
    count.check(all(restarts.get(path) == 1 for path in killed), f"restarts of the killed: {restarts}")
    count.check(not [path for path, times in restarts.items() if times and path not in killed], f"restarts of others: {restarts}")
    shards = [int(path.rsplit(":", 1)[1]) for path in restarts if re.fullmatch(r"node/shard_owner/history_shard:\d+", path)]
    count.check(len(shards) > 2 and shards == sorted(shards), f"shards come in this order: {shards}")


def backups(count, server, cadenza):
    """From a backup to a store somewhere else, as an operator does it."""
    environment = server.environment("/usr/bin")
    with tempfile.TemporaryDirectory() as place:
        new = pathlib.Path(place) / "not/there/yet"
        code, told, error = asked(cadenza, environment, "admin", "backup", "create")
        where = re.search(r"into (\S+)", told + error)
        if not count.check(code == 0 and where, f"backup create: {told}{error}"):
            return
        for words, wanted in ((("restore", "--dir", where[1], "--data", str(new)), "restored"), (("verify",), "whole"),
                              (("prune", "--keep", "1", "--dry_run"), "")):
            code, told, error = asked(cadenza, environment, "admin", "backup", *words)
            count.check(code == 0 and wanted in told, f"backup {words}: {told}{error}")
        code, told, error = asked(cadenza, environment, "verify", "--data", str(new))
        count.check(code == 0 and re.search(r"Checked [1-9]\d* runs", told), f"verify of what was restored: {told}{error}")
        code, told, error = asked(cadenza, environment, "admin", "backup", "create", "--dir", "/elsewhere")
        count.check(code == 1 and "backupDirectory" in error, f"a backup outside: {told}{error}")


def read_until(stream, part):
    """The lines of a command that goes on, until one has this."""
    told = ""
    for line in stream:
        told += line
        if part in line:
            break
    return told


def interrupted(count, server, cadenza):
    """Ctrl-C ends the command, and says that the workflow goes on."""
    environment = server.environment("/usr/bin")
    run = subprocess.Popen([cadenza, "--domain", DOMAIN, "workflow", "run", "--workflow_id", "goes-on", "--tasklist", "nobody",
                            "--workflow_type", "T", "--execution_timeout", "600"], env=environment, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
    read_until(run.stdout, "DecisionTaskScheduled")
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=60)
    count.check(run.returncode == -signal.SIGINT and  # a shell says 130
                 re.search("continues|still runs", error), f"Ctrl-C: {run.returncode} {error}")
    code, told, error = asked(cadenza, environment, "--domain", DOMAIN, "workflow", "list", "--open", "--more")
    count.check(code == 0 and "goes-on" in told and "Enter" not in told + error, f"list --more in a script: {told}{error}")


def watched_over_a_restart(count, cadenza, hello):
    """`observe` reads on when the server comes again."""
    from demo import Demo
    with tempfile.TemporaryDirectory() as place:
        server = Demo(cadenza, None, place)
        environment = server.environment("/usr/bin")
        domain = ["--domain", "restarts"]
        count.check(asked(cadenza, environment, *domain, "domain", "register")[0] == 0, "a domain for the restart")
        asked(cadenza, environment, *domain, "workflow", "start", "--workflow_id", "w", "--tasklist", "nobody",
              "--workflow_type", "T", "--execution_timeout", "600")
        watching = subprocess.Popen([cadenza, *domain, "workflow", "observe", "w"], env=environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        seen = read_until(watching.stdout, "DecisionTaskScheduled")
        server.end()
        again = subprocess.Popen([cadenza, "server", "start", "--data", pathlib.Path(place) / "data", "--port",
                                  server.grpc.rsplit(":", 1)[1], "--http-port", "0"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        try:
            while (line := again.stdout.readline()) and "ready" not in line:
                pass
            asked(cadenza, environment, *domain, "workflow", "terminate", "w", "--reason", "seen enough")
            told, error = watching.communicate(timeout=60)
            count.check(watching.returncode == 2 and "seen enough" in told, f"observe over a restart: {seen}{told}{error}")
        finally:
            again.terminate()
            again.wait(timeout=60)


def look(count, server, cadenza):
    environment = server.environment("/usr/bin")
    code, told, error = asked(cadenza, environment, "--domain", DOMAIN, "workflow", "run", "--workflow_id", "looked-at",
                              "--tasklist", "hello-world", "--workflow_type", "HelloWorld", "--execution_timeout", "60",
                              "--input", '"Ada"')
    count.check(code == 0, f"the workflow to look at: {told}{error}")
    tables_fit(count, server, cadenza)
    one_dialect(count, server, cadenza)
    completion(count, server, cadenza)
    backups(count, server, cadenza)
    interrupted(count, server, cadenza)
