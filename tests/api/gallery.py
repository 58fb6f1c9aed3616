"""The error gallery of the documentation: its lines are what the tests send."""
import collections
import json
import pathlib
import re
import subprocess

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
DOCS = README.parent / "docs"
BASE = "http://127.0.0.1:8080"
VERSIONS = ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"]


def page(name):
    """The text of a page of docs/."""
    return (DOCS / f"{name}.md").read_text()


Row = collections.namedtuple("Row", "name command status answer")


def rows():
    """Every row of the gallery, in its order."""
    pattern = re.compile(r"^\| (\w+) \| `(curl .*?)` \| (\d+) \| (?:`(.*)`|\(no body\)) \|$", re.M)
    return [Row(name, command, int(status), json.loads(answer) if answer else None)
            for name, command, status, answer in pattern.findall(page("gallery"))]


def curl(server, command):
    """Runs a line of the documentation against the server: status, answer, X-Crmock-Rule, media type."""
    line = command.replace(BASE, server.url)
    last = line.rfind("--next")
    at = last + len("--next") if last >= 0 else len("curl")
    line = line[:at] + " -s -w '\\n%{http_code} %header{x-crmock-rule} %{content_type}'" + line[at:]
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    body, _, tail = done.stdout.rpartition("\n")
    status, rule, media = (tail.split(" ", 2) + ["", ""])[:3]
    return int(status), json.loads(body) if body else None, rule, media.strip()
