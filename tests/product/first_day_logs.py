"""The log of a running server as JSON: nothing but JSON, and every value under a name that the page of logs declares."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

from demo import ROOT, Lines

SETTINGS = """log: {encoding: json, stdout: true}
chaos: {enabled: true, seed: 17}
persistence: {dataDirectory: %s/data}
services: {frontend: {rpc: {grpcPort: 0, port: 0, http: {port: 0}}}}
"""
KINDS = {"text": str, "number": int}


def declared():
    """Name and type of each field, from the page."""
    page = (ROOT / "docs/guides/logs.md").read_text()
    return {name: KINDS[kind] for name, kind in re.findall(r"^\| `(\w+)` \| (text|number) \|", page, re.M)}


def parsed(count, line):
    try:
        return json.loads(line)
    except ValueError:
        count.check(False, f"this is not JSON: {line}")
        return {"msg": ""}


def session(count, cadenza, place, file, out):
    """A server that is asked to change things, and ends."""
    with open(out, "w") as to:
        server = subprocess.Popen([cadenza, "server", "start", "--config", file], stdout=to, stderr=subprocess.PIPE, text=True)
    with Lines(out) as log:
        line = log.until('"msg":"started"')
        if not count.check(line, "no line tells of the start"):
            server.kill()
            return server.communicate()[1]
        started = json.loads(line)
        environment = {**os.environ, "CADENCE_CLI_ADDRESS": started["grpc"], "CADENZA_HTTP_ADDRESS": started["http"]}
        for words in (["domain", "register", "shop"],
                      ["--domain", "shop", "workflow", "start", "--workflow_id", "w", "--tasklist", "t", "--workflow_type",
                       "T", "--execution_timeout", "60"],
                      ["--domain", "shop", "workflow", "terminate", "w", "--reason", "ordered twice"],
                      ["admin", "shard", "closeShard", "--shard_id", "3"],
                      ["admin", "actor", "kill", "node/visibility_writer"]):
            done = subprocess.run([cadenza, *words], env=environment, capture_output=True, text=True, timeout=60)
            count.check(done.returncode == 0, f"{words}: {done.stderr}")
        count.check(log.until("node/visibility_writer was killed"), "the death of an actor is not told")
        file.write_text(SETTINGS % (place + "/elsewhere") + "engine: {drainTimeout: 3s}\n")
        server.send_signal(signal.SIGHUP)
        count.check(log.until("engine.drainTimeout has changed; it takes effect at the next start"),
                    "a change that waits for the next start is not told")
        server.terminate()
        return server.communicate(timeout=60)[1]


def logs(count, cadenza):
    """The log tells of starts, of who changed what, and is nothing but JSON where JSON was asked for."""
    with tempfile.TemporaryDirectory() as place:
        file, out = pathlib.Path(place) / "config.yaml", pathlib.Path(place) / "out"
        file.write_text(SETTINGS % place)
        error = session(count, cadenza, place, file, out)
        told = [parsed(count, line) for line in out.read_text().splitlines()]
    count.check(error == "", f"standard error has what belongs into the log: {error}")
    names = declared()
    for one in told:
        for name, value in one.items():
            if name not in ("ts", "level", "msg"):
                count.check(type(value) is names.get(name), f"{name} is not declared as what it is: {one}")
    # What each line must have, by a part of its sentence.
    for part, wanted in {
            "started": {"version": None, "config": str(file), "data": None, "grpc": None, "http": None, "shards": 16},
            "chaos is enabled": {"seed": 17},
            "requested: RegisterDomain": {"rpc": "RegisterDomain", "domain": "shop"},
            "requested: TerminateWorkflowExecution": {"rpc": "TerminateWorkflowExecution", "domain": "shop", "workflow_id": "w",
                                                      "reason": "ordered twice", "identity": None},
            "requested: CloseShard": {"shard": 3},
            "requested over HTTP": {"route": "/admin/actors/kill", "parameters": "path=node/visibility_writer"},
            "was killed": {"actor": "node/visibility_writer"},
            "takes effect at the next start": {"option": None},
            "requests ended": {"what": "requests", "took_ms": None},
            "store ended": {"what": "store", "took_ms": None},
    }.items():
        lines = [one for one in told if part in one["msg"]]
        count.check(any(all(name in one and value in (None, one[name]) for name, value in wanted.items()) for one in lines),
                    f"no line with '{part}' has {wanted}: {lines}")
    count.check(told and told[-1]["msg"] == "stopped", f"the last line is {told[-1:]}")
