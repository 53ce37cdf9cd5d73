"""The commands of the guides, on a server with a domain `shop` and a workflow `order-17`, as they are written."""
import pathlib
import re
import subprocess
import tempfile

from demo import ROOT, demo
from first_day_stuck import once
from worker import Worker

# Words that stand for something of the reader's own.
STAND_FOR = {"ID": "order-17", "LIST": "orders", "NAME": "new-domain", "CHECKSUM": "0badcafe", "REASON": "bad"}
# These pages begin before there is a domain `shop`.
BEGINS_EMPTY = {"install.md", "migrate.md"}
# A configuration of a Cadence server that can be used, for the page that checks one.
PRODUCTION = "persistence: {numHistoryShards: 16}\nservices: {frontend: {rpc: {grpcPort: 7833, bindOnLocalHost: true}}}\n"


class Page:
    def __init__(self, count, cadenza, page, lines):
        self.count, self.cadenza, self.page, self.lines = count, pathlib.Path(cadenza).resolve(), page, lines

    def follow(self):
        with tempfile.TemporaryDirectory() as place:
            self.place = pathlib.Path(place)
            for name in ("bin", "home", "backups"):
                (self.place / name).mkdir()
            for name in ("cadenza", "cadence"):
                (self.place / "bin" / name).symlink_to(self.cadenza)
            (self.place / "production.yaml").write_text(PRODUCTION)
            (self.place / "cadenza.yaml").write_text((ROOT / "docker/package/cadenza.yaml").read_text())
            with demo(self.cadenza, None, tchannel=True,
                      more=f"persistence: {{backupDirectory: {self.place}/backups}}\n") as server:
                self.environment = {**server.environment(self.place / "bin"), "HOME": f"{self.place}/home",
                                    "CADENCE_CLI_DOMAIN": "shop"}
                self.http = server.http
                self.prepare()
                if self.page.name in BEGINS_EMPTY:
                    self.all_lines()
                else:
                    with Worker(server.tchannel, "shop", "orders", once([])):
                        self.all_lines()

    def run(self, line):
        return subprocess.run(["bash", "-o", "pipefail", "-c", line], env=self.environment, capture_output=True, text=True,
                              timeout=120, cwd=self.place)

    def prepare(self):
        needed = ["cadenza admin backup create",
                  f"cadenza admin backup restore --dir {self.place}/backups --data {self.place}/stopped"]
        if self.page.name not in BEGINS_EMPTY:
            needed += ["cadenza domain register", "cadenza workflow start --workflow_id order-17 --tasklist orders "
                       "--workflow_type Order --execution_timeout 1h", "cadenza workflow start --workflow_id ship --tasklist "
                       "ships --workflow_type Ship --execution_timeout 1h"]
        for line in needed:
            done = self.run(line)
            self.count.check(done.returncode == 0, f"{self.page.name} cannot begin: {line}: {done.stderr}")

    def here(self, line):
        """The line with places of the test's own."""
        for word, place in (("/var/backups/cadenza", f"{self.place}/backups"), ("127.0.0.1:8088", self.http),
                            ("/etc/cadenza/cadenza.yaml", f"{self.place}/cadenza.yaml"), ("--config FILE", f"--config {self.place}/cadenza.yaml"),
                            ("--data DIRECTORY", f"--data {self.place}/stopped")):
            line = line.replace(word, place)
        # Into an empty place when something is restored, from one that is filled otherwise.
        line = line.replace("/var/lib/cadenza", f"{self.place}/{'new' if ' restore ' in line else 'stopped'}")
        return re.sub(r"\b[A-Z]{2,}\b", lambda word: STAND_FOR.get(word[0], word[0]), line)

    def all_lines(self):
        for line in self.lines:
            if re.match(r"cadenza server start(?!.*--check-config)", line):
                self.count.check("--ephemeral" in line, f"{self.page.name}: {line} is not followed")
                with demo(self.cadenza, None, "--ephemeral"):  # ends when it does not become ready
                    continue
            done = self.run(self.here(line))
            self.count.check(done.returncode == 0, f"{self.page.name}: {line}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
            if "workflow diagnose" in line:
                self.count.check("order-17" in done.stdout, f"{self.page.name}: {line}: {done.stdout}{done.stderr}")


def units_and_probes(count, cadenza):
    """The unit of the package starts what is there, the guide shows its lines, and probes ask for routes that answer."""
    unit = (ROOT / "docker/package/cadenza.service").read_text()
    guide = (ROOT / "docs/guides/install.md").read_text()
    for line in re.findall(r"^\| `(\w+=[^`…]+)` \|", guide, re.M):
        count.check(f"\n{line}\n" in unit, f"docs/guides/install.md: {line} is not in the unit")
    command = re.search(r"^ExecStart=/usr/bin/cadenza (.*)$", unit, re.M)[1]
    command = command.replace("/etc/cadenza/cadenza.yaml", str(ROOT / "docker/package/cadenza.yaml")) + " --check-config --strict"
    done = subprocess.run([cadenza, *command.split()], capture_output=True, text=True, timeout=60)
    count.check(done.returncode == 0, f"the unit's ExecStart: {done.stderr}")
    told = subprocess.run([cadenza, "server", "start", "--print-config", "--config", ROOT / "docker/package/cadenza.yaml"],
                          capture_output=True, text=True, timeout=60).stdout
    drain = int(re.search(r"drainTimeout: \"?(\d+)s", told)[1])
    stop = int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)[1])
    count.check(stop > drain, f"systemd kills after {stop} s what may drain for {drain} s")
    probes = re.findall(r"httpGet: \{path: (\S+), port: 8088\}", guide)
    composed = [re.search(r"http://127\.0\.0\.1:8088(/\w+)\"\]", (ROOT / name).read_text())
                for name in ("docker-compose.yml", "docker-compose.single.yml")]
    count.check(len(probes) == 3 and all(composed), f"the probes of the guide are {probes}, those of Docker {composed}")
    with demo(cadenza) as server:
        for path in [*probes, *(one[1] for one in composed)]:
            count.check(server.get(path)[0] == 200, f"a probe: {path} answers {server.get(path)}")


def live(count, cadenza, commands):
    """`commands`: (page, line) as the guides have them."""
    pages = {}
    for page, line in commands:
        if line.startswith(("cadenza schema ", "cadenza verify --config ")):
            continue  # postgres_test.py and postgres_care_test.py run them on a database
        if page.name == "clusters.md":
            continue  # clusters_test.py runs them on two clusters
        if page.parent.name == "guides":
            pages.setdefault(page, []).append(line)
    count.check(len(pages) >= 9, f"only {len(pages)} guides have commands")
    for page, lines in pages.items():
        Page(count, cadenza, page, lines).follow()
    units_and_probes(count, cadenza)
