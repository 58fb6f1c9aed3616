"""Copies of loaded fixtures, which make the next start a copy of a file: never seen but by the clock."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from server import Server, command, own_fixtures

NOW = ("--now", "2021-03-03T12:17:00+05:30")
OWN = {"extends": "professional", "records": [{"module": "Accounts", "id": "77", "generate": 3, "fields": {"Account_Name": "No time {n}"}},
                                              {"module": "Accounts", "id": "99", "created_time": "2020-01-01T00:00:00Z", "fields": {"Account_Name": "Its own time"}}]}


def contents(db):
    with sqlite3.connect(db) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def store_of(tmp_path, cache):
    """Starts a server with options, stops it, and gives what is in its store."""
    numbers = iter(range(100))

    def fill(*arguments):
        db = tmp_path / f"{next(numbers)}.db"
        Server("--cache", cache, *arguments, db=db).stop()
        return contents(db)

    return fill


def snapshots(cache):
    return sorted(cache.iterdir())


@pytest.mark.parametrize("has_own", [False, True])
def test_a_copy_has_what_loading_gives(tmp_path, cache, store_of, has_own):
    own = ("--fixtures", own_fixtures(tmp_path, OWN)) if has_own else ()
    loaded = store_of("--no-cache", *own, *NOW)
    assert not cache.exists()
    assert store_of(*own, *NOW) == loaded  # loads, and leaves a copy
    [snapshot] = snapshots(cache)
    shutil.copy(snapshot, tmp_path / "kept")
    assert store_of(*own, *NOW) == loaded  # copies
    assert snapshots(cache) == [snapshot] and snapshot.read_bytes() == (tmp_path / "kept").read_bytes()


MEMORY = pathlib.Path("/dev/shm")


@pytest.mark.skipif(not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK), reason="no other file system on this machine")
def test_a_cache_on_another_file_system(tmp_path):
    """The kernel does not copy from one into the other by itself."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as cache:
        loaded, copied = tmp_path / "loaded.db", tmp_path / "copied.db"
        Server("--cache", cache, *NOW, db=loaded).stop()
        [snapshot] = snapshots(pathlib.Path(cache))
        with sqlite3.connect(snapshot) as db:  # so that a copy is told from what is loaded
            db.execute("UPDATE role SET name = 'Copied' WHERE name = 'CEO'")
        db.close()
        Server("--cache", cache, *NOW, db=copied).stop()
        assert contents(copied) == [line.replace("'CEO'", "'Copied'") for line in contents(loaded)]


def test_it_is_the_copy_that_is_taken(tmp_path, cache, store_of):
    """Else the tests here would show nothing."""
    own = ("--fixtures", own_fixtures(tmp_path, OWN))
    store_of(*own)
    [snapshot] = snapshots(cache)
    with sqlite3.connect(snapshot) as db:
        db.execute("UPDATE org SET name = 'Changed by hand'")
    db.close()
    assert any("Changed by hand" in line for line in store_of(*own)) and not any("Changed by hand" in line for line in store_of("--no-cache", *own))


def test_times_are_those_of_the_start(tmp_path, store_of):
    own = ("--fixtures", own_fixtures(tmp_path, OWN))
    store_of(*own, "--now", "2021-03-03T12:17:00+05:30")
    later = ("--now", "2031-03-03T12:17:00+05:30")
    assert store_of(*own, *later) == store_of("--no-cache", *own, *later)


def test_other_fixtures_are_loaded(tmp_path, cache, store_of):
    folder = own_fixtures(tmp_path, OWN)
    store_of("--fixtures", folder)
    changed = json.loads(json.dumps(OWN))
    changed["records"][1]["fields"]["Account_Name"] = "Its other time"
    assert any("Its other time" in line for line in store_of("--fixtures", own_fixtures(tmp_path, changed)))
    assert len(snapshots(cache)) == 2
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store_of("--fixtures", own_fixtures(elsewhere, OWN))  # the same in another place is the same
    assert len(snapshots(cache)) == 2


def truncate(path):
    path.write_bytes(path.read_bytes()[:50000])


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE stranger (x)")
    db.close()


def flip(path):
    """Bytes here and there, the pages of the metadata among them."""
    content = bytearray(path.read_bytes())
    for at in range(5000, len(content), 997):
        content[at] ^= 0xff
    path.write_bytes(content)


def folder(path):
    path.unlink()
    path.mkdir()


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def test_a_copy_that_is_damaged_is_named(tmp_path, cache, store_of):
    own = ("--fixtures", own_fixtures(tmp_path, OWN))
    store_of(*own)
    [snapshot] = snapshots(cache)
    with sqlite3.connect(snapshot) as db:
        db.execute("UPDATE user SET role_id = 5")
    db.close()
    with open(tmp_path / "log", "w") as log:
        Server("--cache", cache, *own, log=log).stop()
    assert f' warning copy of fixtures damaged file="{snapshot}"\n' in (tmp_path / "log").read_text()


@pytest.mark.parametrize("spoil", [flip, truncate, zero, empty, foreign, folder, fifo])
def test_a_spoilt_copy_costs_time_only(tmp_path, cache, store_of, spoil):
    own = ("--fixtures", own_fixtures(tmp_path, OWN))
    loaded = store_of(*own, *NOW)
    [snapshot] = snapshots(cache)
    spoil(snapshot)
    assert store_of(*own, *NOW) == loaded


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null"])
def test_a_cache_that_cannot_be_written(tmp_path, place):
    server = Server("--cache", place, "--fixtures", own_fixtures(tmp_path, OWN))
    assert server.request("GET", "/healthz", token=None).status == 200
    server.stop()


def test_the_users_cache_is_the_default(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "CRMOCK_CACHE"} | {"XDG_CACHE_HOME": str(tmp_path / "home")}
    for _ in range(2):
        process = subprocess.Popen(command("--port", "0", "--fixtures", own_fixtures(tmp_path, OWN)), env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline()
        process.terminate()
        assert process.wait() == 0
        process.stdout.close()
        assert len(snapshots(tmp_path / "home" / "crmock")) == 1


def test_starts_at_once_share_one(tmp_path, cache):
    own = own_fixtures(tmp_path, OWN)
    processes = [subprocess.Popen(command("--port", "0", "--cache", cache, "--fixtures", own), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(8)]
    for process in processes:
        assert process.stdout.readline().startswith(b"crmock listening on")
    for process in processes:
        process.terminate()
        assert process.wait() == 0
        process.stdout.close()
    assert [path.suffix for path in snapshots(cache)] == [".snapshot"]


def test_the_folder_does_not_grow_for_ever(tmp_path, cache, store_of):
    cache.mkdir()
    (cache / "other").write_text("not ours")
    for n in range(12):
        OWN_N = OWN | {"views": [{"id": str(1000 + n), "module": "Accounts", "name": str(n)}]}
        store_of("--fixtures", own_fixtures(tmp_path, OWN_N))
        for path in cache.glob("*.snapshot"):
            os.utime(path, (path.stat().st_atime - 1, path.stat().st_mtime - 1))  # a second passes
    assert len(snapshots(cache)) == 9 and pathlib.Path(cache / "other").exists()
    [last] = [path for path in cache.glob("*.snapshot") if path.stat().st_mtime == max(other.stat().st_mtime for other in cache.glob("*.snapshot"))]
    store_of("--fixtures", own_fixtures(tmp_path, OWN_N))
    assert last.exists() and len(snapshots(cache)) == 9
