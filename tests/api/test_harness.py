"""What a harness does to the process: a log that nobody reads, closed files, kills, a parent that is gone, odd paths for the store."""
import contextlib
import gzip
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from server import PATIENCE, WRAPPER, Server, command, own_fixtures, run, until

CITY = {"data": [{"City": "Volos"}], "ids": ["554023000000600001"]}


def health(server):
    """One request, and no other."""
    server.connection.request("GET", "/healthz")
    response = server.connection.getresponse()
    response.read()
    return response.status


def test_a_log_that_nobody_reads_stops_nothing():
    reader, log = os.pipe()
    server = Server(log=log)
    os.close(log)
    for _ in range(2000):  # a pipe holds some hundred lines
        assert health(server) == 200
    text = os.read(reader, 1 << 20)
    assert 0 < text.count(b" request ") < 1500
    assert health(server) == 200
    while not text.endswith(b"\n") or text.count(b" request ") + sum(map(int, re.findall(rb" dropped count=(\d+)", text))) < 2001:
        text += os.read(reader, 1 << 20)  # a line is written behind its answer
    assert text.count(b" request ") + sum(map(int, re.findall(rb" dropped count=(\d+)", text))) == 2001
    for _ in range(2000):
        assert health(server) == 200
    assert server.stop() == 0
    os.close(reader)


@pytest.mark.skipif(bool(WRAPPER), reason="the wrapper needs the files itself")
@pytest.mark.parametrize("closed", [(2,), (0, 1, 2), (0, 2)])
def test_files_that_are_closed_at_the_start_are_not_the_stores(tmp_path, closed):
    """What is written to stderr would go to the file that was opened in its place."""
    path, reader = tmp_path / "s.db", None
    process = subprocess.Popen(command("--port", "0", "--db", path), stdout=subprocess.PIPE,
                               preexec_fn=lambda: [os.close(file) for file in closed])
    if 1 not in closed:
        assert process.stdout.readline().startswith(b"crmock listening on ")
    else:
        until(lambda: path.exists() and (tmp_path / "s.db-wal").exists())
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


@pytest.mark.skipif(bool(WRAPPER), reason="the wrapper is what is killed")
def test_a_killed_server_leaves_nothing(tmp_path):
    """Neither where temporary files go, nor where it was started."""
    env = {"TMPDIR": str(tmp_path), "CRMOCK_CACHE": str(tmp_path / "cache")}
    for options in ([], ["--no-cache"]):
        killed = Server(*options, env=env)
        assert killed.update("Leads", CITY).status == 200
        killed.stop(signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


@pytest.mark.parametrize("journal", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_new_store_does_not_take_anothers_journal(tmp_path, journal, is_there):
    path = tmp_path / "s.db"
    if is_there:
        path.touch()
    (tmp_path / f"s.db{journal}").write_text("mine")
    done = run("--port", "0", "--db", path)
    assert done.returncode == 1 and "journal of another store" in done.stderr
    assert (tmp_path / f"s.db{journal}").read_text() == "mine" and path.exists() == is_there


@pytest.mark.skipif(bool(WRAPPER), reason="the wrapper is what is killed")
@pytest.mark.parametrize("size", [0, 1, 5000, 100000, 3000000])
@pytest.mark.parametrize("cache", [[], ["--no-cache"]])
def test_a_kill_while_a_store_is_made_leaves_none_that_is_refused(tmp_path, size, cache):
    path = tmp_path / "s.db"
    for _ in range(5):
        process = subprocess.Popen(command("--port", "0", "--db", path, *cache), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: path.exists() and path.stat().st_size >= size)
        process.kill()
        process.wait(PATIENCE)
        server = Server(*cache, db=path)
        assert server.update("Leads", CITY).status == 200 and server.stop() == 0
        for found in tmp_path.iterdir():
            found.unlink()


def test_another_programs_database_is_not_even_recovered(tmp_path):
    path = tmp_path / "s.db"
    script = f"import os, sqlite3; db = sqlite3.connect({str(path)!r}, isolation_level=None); db.execute('PRAGMA journal_mode = WAL'); db.execute('CREATE TABLE t (x)'); db.execute('INSERT INTO t VALUES (1)'); os._exit(0)"
    subprocess.run([sys.executable, "-c", script], check=True)
    before = {found.name: found.read_bytes() for found in tmp_path.iterdir()}
    assert "s.db-wal" in before
    done = run("--port", "0", "--db", path)
    assert done.returncode == 1 and "not a store of crmock" in done.stderr
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == before


def test_a_store_that_cannot_be_opened_leaves_no_file(tmp_path):
    folder = tmp_path
    while len(str(folder)) < 600:  # more than SQLite takes
        folder = folder / ("x" * 100)
    folder.mkdir(parents=True)
    done = run("--port", "0", "--db", folder / "s.db")
    assert done.returncode == 1 and list(folder.iterdir()) == []


def test_a_server_ends_with_its_standard_input():
    server = subprocess.Popen(command("--port", "0", "--exit-with-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout.readline()
    server.stdin.write("whatever\n" * 10000)
    server.stdin.flush()
    assert server.poll() is None
    server.stdin.close()
    assert server.wait(PATIENCE) == 0 and "stopping stdin=closed" in server.stderr.read()
    server.stdout.close()
    server.stderr.close()


def test_a_signal_ends_it_as_well():
    server = subprocess.Popen(command("--port", "0", "--exit-with-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout.readline()
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE) == 0
    server.stdin.close()
    server.stdout.close()


def test_without_being_asked_to_it_does_not(tmp_path):
    server = subprocess.Popen(command("--port", "0"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout.readline() and server.poll() is None
    server.terminate()
    assert server.wait(PATIENCE) == 0
    server.stdout.close()


def place_of(kind, folder):
    path = folder / "place"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))  # as /dev/null
        except PermissionError:
            pytest.skip("making a device node needs root")
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)
    elif kind == "link to a device":
        path.symlink_to("/dev/null")
    elif kind == "link to nothing":
        path.symlink_to(folder / "nothing")
    return path


@pytest.mark.parametrize("fixtures", [False, True])
@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "socket", "link to a device", "link to nothing"])
def test_what_is_no_file_is_no_store_and_stays(tmp_path, kind, fixtures):
    path = place_of(kind, tmp_path)
    before = path.lstat()
    more = ["--fixtures", own_fixtures(tmp_path, {"nonsense": []})] if fixtures else []
    done = run("--port", "0", "--db", path, *more)
    after = path.lstat()
    assert done.returncode == 1 and str(path) in done.stderr
    assert (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode, before.st_rdev)
    assert not (tmp_path / "nothing").exists()


def test_an_empty_file_that_was_there_stays_when_fixtures_fail(tmp_path):
    path = tmp_path / "s.db"
    path.touch(mode=0o640)
    before = path.stat()
    done = run("--port", "0", "--db", path, "--fixtures", own_fixtures(tmp_path, {"nonsense": []}))
    after = path.stat()
    assert done.returncode == 1 and "nonsense" in done.stderr
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, 0)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["fixtures", "s.db"]
    server = Server(db=path)
    assert server.update("Leads", CITY).status == 200 and server.stop() == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_journals_that_were_there_stay(tmp_path):
    path = tmp_path / "s.db"
    (tmp_path / "s.db-shm").write_text("mine")
    done = run("--port", "0", "--db", path, "--fixtures", own_fixtures(tmp_path, {"nonsense": []}))
    assert done.returncode == 1 and (tmp_path / "s.db-shm").read_text() == "mine" and not path.exists()


@pytest.mark.parametrize("name", [":memory:", ":x"])
def test_names_that_sqlite_takes_for_no_file_are_refused(tmp_path, name):
    done = run("--port", "0", "--db", name, cwd=tmp_path)
    assert done.returncode == 1 and "without --db" in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file:x.db?mode=memory", "file:x.db", "-x", "a b", "x?y#z%41"])
def test_other_names_are_files_names(tmp_path, name):
    process = subprocess.Popen(command("--port", "0", f"--db={name}"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path)
    assert process.stdout.readline()
    process.terminate()
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_cache_is_cleared_of_copies_only(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    mine = [cache / name for name in ("photos.snapshot", "0" * 64 + ".snapshot.bak", "0" * 64 + ".snapshots", "a.snapshot-123456", "0" * 63 + ".snapshot")]
    for path in mine:
        path.write_text("mine")
        os.utime(path, (0, 0))
    link = cache / ("1" * 64 + ".snapshot")
    link.symlink_to(mine[0])
    for number in range(12):
        fixtures = own_fixtures(tmp_path, {"roles": [{"name": f"Role {number}", "reports_to": "CEO"}]})
        server = Server("--cache", cache, "--fixtures", fixtures)
        assert server.stop() == 0
    assert all(path.read_text() == "mine" for path in mine) and link.is_symlink()
    assert len(list(cache.glob("*.snapshot"))) <= 8 + 4


def packed_copy(tmp_path):
    """A folder with the packed copy of an org, in which a role has another name."""
    server = Server("--cache", tmp_path / "made")
    assert server.stop() == 0
    made, = (tmp_path / "made").glob("*.snapshot")
    with contextlib.closing(sqlite3.connect(made)) as db, db:
        assert db.execute("UPDATE role SET name = 'Packed' WHERE name = 'CEO'").rowcount == 1
    (tmp_path / "packed").mkdir()
    packed = tmp_path / "packed" / f"{made.name}.gz"
    packed.write_bytes(gzip.compress(made.read_bytes()))
    return packed


def role_names(server):
    return [role["name"] for role in server.request("GET", "/crm/v8/settings/roles").body["roles"]]


@pytest.mark.parametrize("lasts", [False, True])
def test_a_packed_copy_is_begun_with(tmp_path, lasts):
    packed = packed_copy(tmp_path)
    server = Server("--cache", packed.parent, db=tmp_path / "s.db" if lasts else None)
    assert "Packed" in role_names(server)
    assert server.stop() == 0
    assert list(packed.parent.iterdir()) == [packed]


@pytest.mark.parametrize("damage", [lambda all: all[:len(all) // 2], lambda all: all[:-8] + bytes(8), lambda all: gzip.compress(b"no store"), lambda all: b""])
def test_a_packed_copy_that_is_not_whole_is_not(tmp_path, damage):
    packed = packed_copy(tmp_path)
    packed.write_bytes(damage(packed.read_bytes()))
    server = Server("--cache", packed.parent)
    assert "CEO" in role_names(server)
    assert server.stop() == 0
    assert {path.name for path in packed.parent.iterdir()} == {packed.name, packed.stem}
