"""What the README says is so; it is short, and its links and those of docs/ lead somewhere."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import time

import pytest

import gallery
from server import PATIENCE, command, own_fixtures, until

TEXT = gallery.README.read_text()
PAGES = {path.relative_to(gallery.README.parent): path.read_text() for path in (gallery.README, *sorted(gallery.DOCS.rglob("*.md")))}


def test_it_is_read_in_some_minutes():
    assert 100 < len(TEXT.splitlines()) <= 200


def test_it_says_whose_it_is_not():
    assert "It is not made, sponsored or endorsed by Zoho Corporation" in TEXT


def first_request():
    [line] = re.findall(r"^curl -X POST .*'$", TEXT, re.M)
    return line


def test_the_first_answer_is_as_printed(fresh):
    printed = json.loads(re.search(r'^\{"data".*$', TEXT, re.M).group())
    said = re.search(r"^The answer is (\d+), for one record was updated", TEXT, re.M).group(1)
    status, answer, _, _ = gallery.curl(fresh, first_request())
    assert status == int(said) and answer["data"][0]["status"] == "success"
    for body in (printed, answer):
        del body["data"][0]["details"]["Modified_Time"]
    assert answer == printed


def test_make_run_proposes_the_first_request():
    done = subprocess.run(["make", "-n", "run"], cwd=gallery.README.parent, capture_output=True, text=True, check=True)
    assert first_request() in done.stdout.replace('\\"', '"')


def test_the_fixtures_of_ones_own(start, tmp_path):
    [example] = re.findall(r"^```json\n(\{\n.*?\n\})\n```$", TEXT, re.M | re.S)
    said = re.search(r"^With `build/crmock --fixtures mine` this is refused, (\d+) `(\w+)`:\n\n```sh\n(.*)\n```$", TEXT, re.M)
    server = start("--fixtures", own_fixtures(tmp_path, json.loads(example)))
    status, answer, _, _ = gallery.curl(server, said.group(3))
    assert (str(status), answer["data"][0]["code"]) == said.groups()[:2]


PROGRAMS = {"python": ["pytest", "-q", "-p", "no:cacheprovider"], "js": ["node", "--test"], "go": ["go", "test"], "bash": ["bash"]}


def beside_build(folder, first=":"):
    """Puts crmock into build/ there, which does a line of shell before it starts."""
    (folder / "build").mkdir()
    (folder / "build" / "crmock").write_text(f'#!/bin/sh\n{first}\nexec {shlex.join(command())} "$@"\n')
    (folder / "build" / "crmock").chmod(0o755)


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_test_of_ones_own(language, tmp_path):
    """As it is printed, beside build/: it passes, and against an org that does not know its token it does not."""
    words = PROGRAMS[language]
    if not shutil.which(words[0]) and language != "python":
        pytest.skip(f"no {words[0]} on this machine")
    name, said, text = re.search(rf"`([\w.]+)` for\s`([\w -]+)`:\n\n```{language}\n(.*?)^```$", TEXT, re.M | re.S).groups()
    assert words[:len(said.split())] == said.split()
    (tmp_path / name).write_text(text)
    beside_build(tmp_path)
    fixtures = gallery.README.parent / "fixtures" / "free"
    environment = {"GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(gallery.README.parent / "build" / "go"), "GOFLAGS": "-count=1", "PYTHONDONTWRITEBYTECODE": "1"}
    run = ["/usr/bin/python3", "-m", *words] if language == "python" else words
    for more, passes in (({}, True), ({"CRMOCK_FIXTURES": str(fixtures)}, False)):
        done = subprocess.run([*run, name], cwd=tmp_path, env=os.environ | environment | more, capture_output=True, text=True, timeout=PATIENCE)
        assert (done.returncode == 0) == passes, done.stdout + done.stderr


SUITE = """import json, urllib.request
import pytest

@pytest.mark.parametrize("value", ["One", "Two", "Three"])
@pytest.mark.parametrize("by", ["token", "url"])
def test_one_world(crmock, value, by):
    def ask(method, body=None):
        url = crmock["url"] if by == "url" else crmock["url"].partition("/_s/")[0]
        request = urllib.request.Request(url + "/crm/v8/Leads/554023000000600001", body, {"Authorization": "Zoho-oauthtoken " + crmock["access_token"]}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"][0]
    assert ask("GET")["City"] is None
    assert ask("PUT", json.dumps({"data": [{"City": value}]}).encode())["code"] == "SUCCESS"
    assert ask("GET")["City"] == value
"""
SPYING = """
def test_they_are_gone():
    with urllib.request.urlopen(__import__("os").environ["CRMOCK_URL"] + "/_crmock/sandboxes") as answer:
        assert [sandbox["id"] for sandbox in json.load(answer)["sandboxes"]] == ["main"]
"""


def has_ended(process):
    try:
        return " Z " in pathlib.Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("workers", [0, 2])
def test_one_server_for_a_suite(workers, tmp_path):
    """As it is printed: a test has its own world, and all workers the same server, which is gone afterwards."""
    text = re.search(r"This `conftest.py` .*?\n\n```python\n(.*?)^```$", TEXT, re.M | re.S).group(1)
    assert len(text.splitlines()) <= 16
    for name, content in (("conftest.py", text), ("test_first.py", SUITE), ("test_second.py", SUITE + (SPYING if workers == 0 else ""))):
        (tmp_path / name).write_text(content)
    beside_build(tmp_path, f"echo $$ >>{shlex.quote(str(tmp_path / 'started'))}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and f"{12 + (workers == 0)} passed" in done.stdout, done.stdout + done.stderr
    [process] = (tmp_path / "started").read_text().split()
    until(lambda: has_ended(process))


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(text):
    """What headings are called in links: as GitHub has it."""
    headings = re.findall(r"^#+ (.*)$", without_code(text), re.M)
    names = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert len(set(names)) == len(names), "a heading stands twice in a page"
    return names


LINKS = [(page, link) for page, text in PAGES.items() for link in re.findall(r"\]\(([^)\s]*)\)", without_code(text)) if not re.match(r"https?:", link)]


@pytest.mark.parametrize("page, link", LINKS, ids=lambda value: str(value))
def test_a_link_leads_to_a_file_and_a_heading(page, link):
    name, _, anchor = link.partition("#")
    place = gallery.README.parent / page.parent / name if name else gallery.README.parent / page
    assert place.resolve().is_relative_to(gallery.README.parent) and place.exists()
    assert not anchor or anchor in anchors(place.read_text())


def test_the_readme_leads_to_every_page():
    linked = {link.partition("#")[0] for page, link in LINKS if page.name == "README.md"}
    assert {f"docs/{path.name}" for path in gallery.DOCS.glob("*.md")} <= linked
