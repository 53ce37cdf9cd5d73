"""What a server that a test runs says: its lines for people, and its routes."""
import select
import urllib.error
import urllib.request


def next_line(process, name, log, seconds=60):
    """The next line on the standard output of a process that was started without a buffer, which `select` would not see."""
    if not select.select([process.stdout], [], [], seconds)[0]:
        raise SystemExit(f"{name} is not ready after {seconds} seconds: {log.read_text()[-4000:]}")
    line = process.stdout.readline().decode()
    if not line:
        raise SystemExit(f"{name} ended: {log.read_text()[-4000:]}")
    return line


def route(http, path):
    """Status and body of a route."""
    try:
        with urllib.request.urlopen(f"http://{http}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
