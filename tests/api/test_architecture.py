"""docs/architecture.md is true to the tree."""
import pathlib
import re

import pytest

import gallery

TEXT, ROOT = gallery.page("architecture"), gallery.README.parent
ROOMS = re.findall(r"^\| `(server/[\w/]*)` \|", TEXT[TEXT.index("## The rooms"):TEXT.index("## A request's walk")], re.M)
NAMED = sorted({name for name in re.findall(r"`([^`\s]*)`", TEXT) if "/" in name or re.search(r"\.\w+$", name)} - {"/bin/true"})


@pytest.mark.parametrize("name", NAMED)
def test_what_it_names_is_there(name):
    assert (ROOT / name).is_dir() if name.endswith("/") or "." not in name else (ROOT / name).is_file()


def test_every_room_is_told():
    assert sorted(ROOMS) == sorted({f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / "server").rglob("*.c")})


def rank(room):
    return ROOMS.index("server/api/" if room == "server/api/endpoints/" else room)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_those_below_it_alone(room):
    files = [path for path in (ROOT / room).iterdir() if path.suffix in (".c", ".h")]
    known = {f"server/{pathlib.PurePath(name).parent}/" for path in files for name in re.findall(r'^#include "([\w/]+\.h)"', path.read_text(), re.M) if "/" in name}
    assert files and all(rank(other) >= rank(room) for other in known), known


def test_the_walk_is_the_codes():
    part = TEXT[TEXT.index("## A request's walk"):TEXT.index("## Where do I change ...")]
    rows = re.findall(r"^\| (`.*?`) \| `(\w+)` \|", part, re.M)
    assert len(rows) > 10
    for files, function in rows:
        assert any(re.search(rf"^[\w *]+\b{function}\([^;]*?\)\n\{{", (ROOT / name).read_text(), re.M) for name in re.findall(r"`(.*?)`", files)), function


def test_it_says_where_the_likeliest_changes_are_made():
    part = TEXT[TEXT.index("## Where do I change ..."):TEXT.index("## The tests")]
    rows = re.findall(r"^\| (?!What|-)(.*?) \| (.*) \|$", part, re.M)
    assert len(rows) >= 10 and all(re.search(r"`[\w/]+(?:\.\w+|/)`", where) for _, where in rows)


def test_the_threads_are_the_codes():
    part = TEXT[TEXT.index("| Threads | How many |"):TEXT.index("## Where do I change ...")]
    most = dict(re.findall(r"^\| .*?`(server/[\w/.]+)` \| \d to (\d+) \|", part, re.M))
    said = {}
    for path in (ROOT / "server").rglob("*.[ch]"):
        said.update({name: number for name, number in re.findall(r"enum \{ \w*?(\w+)_THREADS_MAX = (\d+)\b", path.read_text())})
    assert most == {"server/control/errand.c": said["ERRAND"], "server/app.c": said["JOB"], "server/webhook/dispatch.c": said["DISPATCH"]} and len(said) == 3
    assert all("pool_new(" in (ROOT / name).read_text() for name in most)


def test_every_target_that_tests_is_told():
    part = TEXT[TEXT.index("## The tests"):]
    told = re.findall(r"`make ([a-z-]+)`", "".join(re.findall(r"^\| (.*?) \|", part, re.M)))
    listed = re.findall(r"^([a-z -]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
    others = {"all", "help", "deps", "run", "format", "image", "deb", "dist", "install", "clean"}
    assert sorted(told) == sorted({name for names in listed for name in names.split()} - others)


def test_check_all_is_all_that_it_says():
    part = TEXT[TEXT.index("## The tests"):TEXT.index("| `make check-all` |")]
    above = set(re.findall(r"`make ([a-z-]+)`", "".join(re.findall(r"^\| (.*?) \|", part, re.M))))
    but = set(re.findall(r"`make ([a-z-]+)`", re.search(r"^\| `make check-all` \| all of the above but (.*?) \|", TEXT, re.M).group(1)))
    run = set(re.findall(r"\$\(call check,([a-z-]+)", re.search(r"^check-all:.*?(?=^$)", (ROOT / "Makefile").read_text(), re.M | re.S).group()))
    assert above - but == run and but <= above
