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
