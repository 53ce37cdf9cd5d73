#!/usr/bin/env python3
"""What the pages for users say can be followed: links lead somewhere, commands are known, keys exist, configurations are valid,
and the two pages of features have the same lines.

    guides_test.py [CADENZA]    without the program only what needs none: links and lines
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import guides_live
from demo import ROOT, Count, demo

NOBODY = "127.0.0.1:1"  # a port where nothing listens
# Commands that ask no server, or that work on directories which are not here.
LOCAL = re.compile(r"^cadenza (server|schema|verify --(?:data|config)|admin backup restore|completion|help|man|--version)")


def pages():
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").glob("*.md"))
    yield from sorted((ROOT / "docs/guides").glob("*.md"))
    yield from sorted((ROOT / "samples").glob("*/README.md"))


def anchors(page):
    for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(count):
    for page in pages():
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith(("http://", "https://")):
                continue
            path, _, anchor = target.partition("#")
            at = (page.parent / path).resolve() if path else page
            if count.check(at.exists(), f"{page.relative_to(ROOT)}: {target} leads nowhere") and anchor:
                count.check(anchor in anchors(at), f"{page.relative_to(ROOT)}: {target}: no such heading")


def blocks(page):
    """(language, content) of the fenced blocks, those in lists as well."""
    for indent, language, content in re.findall(r"^( *)```([\w-]*)\n(.*?)^ *```$", page.read_text(), re.M | re.S):
        yield language, re.sub(rf"^{indent}", "", content, flags=re.M)


def commands():
    for page in pages():
        for language, content in blocks(page):
            if language in ("", "sh"):
                for line in re.sub(r"(\|)\n\s*|\\\n\s*", r"\1 ", content).splitlines():
                    if line.startswith("cadenza "):
                        yield page, line.split("  #")[0].strip()
    for page in (ROOT / "docs/guides").glob("*.md"):
        for line in re.findall(r"`(cadenza [^`\n]+)`", page.read_text()):
            if "…" not in line and not re.search(r"cadenza [A-Z]", line):
                yield page, line


def known_commands(count, cadenza):
    seen = 0
    with tempfile.TemporaryDirectory() as place:
        (pathlib.Path(place) / "cadenza").symlink_to(pathlib.Path(cadenza).resolve())
        environment = {"PATH": f"{place}:/usr/bin:/bin", "CADENCE_CLI_ADDRESS": NOBODY, "CADENZA_HTTP_ADDRESS": NOBODY,
                       "CADENCE_CLI_DOMAIN": "shop"}
        for page, line in commands():
            if LOCAL.match(line):
                continue
            seen += 1
            # An address of the text's own is taken away: whoever listens there must not be asked.
            asked = re.sub(r"--(http_)?address \S+", "", line)
            done = subprocess.run(["bash", "-c", asked], env=environment, capture_output=True, text=True, timeout=60,
                                  cwd=place)
            count.check("nothing listens on" in done.stderr,
                        f"{page.relative_to(ROOT)}: {line}: not understood: {done.stdout}{done.stderr}")
    count.check(seen > 30, f"only {seen} commands were found")


def known_keys(count, cadenza):
    with demo(cadenza) as server:
        told = json.loads(server.get("/admin/config")[1])
    keys = {one["name"] for one in told}
    groups = "|".join(sorted({name.split(".")[0] for name in keys}))
    for page in pages():
        if page.parent.name != "guides" and page.name != "README.md":
            continue
        # Types of the clients (`worker.Options`) begin with a capital.
        for name in re.findall(rf"`((?:{groups})\.[a-z]\w*(?:\.\w+)*)`", page.read_text()):
            count.check(name in keys, f"{page.relative_to(ROOT)}: there is no key {name}")


def valid_configurations(count, cadenza):
    for page in pages():
        for language, content in blocks(page):
            if language != "yaml":
                continue
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, \
                    tempfile.NamedTemporaryFile("w", suffix=".yaml") as keys:
                if re.match(r"\w+\.\w+.*:", content):  # a file of dynamic configuration
                    keys.write(content)
                    keys.flush()
                    file.write(f"dynamicconfig: {{filebased: {{filepath: {keys.name}}}}}\n")
                else:
                    file.write(content)
                file.flush()
                done = subprocess.run([cadenza, "server", "start", "--check-config", "--strict", "--config", file.name],
                                      capture_output=True, text=True, timeout=60)
            count.check(done.returncode == 0, f"{page.relative_to(ROOT)}: {content}{done.stderr}")


def rows(page, column, columns):
    section = ""
    for line in (ROOT / "docs" / page).read_text().splitlines():
        if line.startswith("#"):
            section = line
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns and cells[column] not in ("RPC", "Feature", "---"):
            yield section, cells[column]


def same_features(count):
    there, proved = list(rows("features.md", 1, 3)), list(rows("proofs.md", 0, 2))
    for line in there:
        count.check(line in proved, f"docs/proofs.md has no line for {line}")
    for line in proved:
        count.check(line in there, f"docs/features.md has no line for {line}")
    for line in (ROOT / "docs/features.md").read_text().splitlines():
        if line.startswith("| ") and not line.startswith(("| |", "|---")):
            count.check(line.startswith(("| ✔ |", "| ✘ |")), f"docs/features.md: neither there nor not: {line}")


def main(cadenza=None):
    count = Count()
    links(count)
    same_features(count)
    if cadenza:
        known_commands(count, cadenza)
        known_keys(count, cadenza)
        valid_configurations(count, cadenza)
        guides_live.live(count, cadenza, commands())
    count.end()


if __name__ == "__main__":
    main(*sys.argv[1:2])
