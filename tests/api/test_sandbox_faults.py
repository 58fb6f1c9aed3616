"""Sandboxes when the process is killed, when there is no memory, and when they come and go under those who use them."""
import concurrent.futures
import contextlib
import os
import pathlib
import resource
import signal
import sqlite3
import threading
import time

import pytest
from sandbox import WAYS, Sandbox, control, main_of, make
from server import PLAIN, WRAPPER, Server

pytestmark = pytest.mark.skipif(bool(WRAPPER), reason="valgrind has one thread go on at a time, and files of its own")
LEAD = "554023000000700001"
LIST = "/crm/v8/Leads?fields=City&per_page=5"
VIEW = "554023000000091501"  # 50 leads
BULK = "554023000000050000"  # 50,000 leads
ROUNDS = 15


def files(server):
    """What it has open, but for connections."""
    links = []
    for link in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(os.readlink(link))
    return sorted(link for link in links if not link.startswith("socket:"))


def status(server, name):
    """Bytes, or a count, of /proc/PID/status."""
    [line] = [line for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines() if line.startswith(f"{name}:")]
    number, *unit = line.split()[1:]
    return int(number) * (1024 if unit else 1)


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind has files of its own")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_of_them_is_left(start, tmp_path, monkeypatch, number):
    """Neither beside main's store, which has what was acknowledged, nor anywhere else."""
    for name in ("db", "tmp", "cwd", "cache"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    server = start("--cache", tmp_path / "cache", db=tmp_path / "db" / "main.db", env={"TMPDIR": str(tmp_path / "tmp")})
    main = main_of(server)
    main.set("Leads", LEAD, City="Acknowledged")
    for n in range(6):
        sandbox = make(server, **({"extends": "main"} if n % 2 else {}))
        sandbox.set("Leads", LEAD, City=f"Sandbox {n}")
        sandbox.done("POST", "/snapshots", {"name": "kept"})
        sandbox.schedule("Leads", {"data": [{"City": "Under way"}], "cvid": BULK})
    main.done("POST", "/snapshots", {"name": "kept"})
    server.stop(number)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in left if path.startswith(("tmp", "cwd"))] == []
    assert {path for path in left if path.startswith("db")} <= {"db/main.db", "db/main.db-wal", "db/main.db-shm"}
    with contextlib.closing(sqlite3.connect(tmp_path / "db" / "main.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and db.execute("SELECT count(*) FROM job").fetchone() == (0,)
    again = start("--cache", tmp_path / "cache", db=tmp_path / "db" / "main.db")
    assert main_of(again).get("Leads", LEAD)["City"] == "Acknowledged" and len(control(again, "GET", "/_crmock/sandboxes").body["sandboxes"]) == 1
    assert make(again).get("Leads", LEAD)["City"] is None


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind has files of its own")
def test_what_is_dropped_leaves_no_file_open_and_no_thread(start, tmp_path):
    server = start(db=tmp_path / "main.db")

    def use(sandbox):
        sandbox.set("Leads", LEAD, City="x")
        sandbox.ended("Leads", sandbox.schedule("Leads", {"data": [{"City": "y"}], "cvid": VIEW}))
        sandbox.done("POST", "/snapshots", {"name": "kept"})
        sandbox.done("POST", "/reset")

    use(make(server))  # threads and what all share are there from now on
    control(server, "DELETE", "/_crmock/sandboxes")
    before, maps = files(server), pathlib.Path(f"/proc/{server.process.pid}/maps")
    mapped = len(maps.read_text().splitlines())
    for _ in range(30):
        use(make(server))
    alive = files(server), status(server, "Threads")
    control(server, "DELETE", "/_crmock/sandboxes")
    assert files(server) == before == alive[0]  # nor do those that are alive
    assert alive[1] < 30 and (not PLAIN or len(maps.read_text().splitlines()) < mapped + 30)


@pytest.mark.skipif(not PLAIN, reason="sanitizers take addresses of their own")
@pytest.mark.parametrize("mebibytes", [500, 1500, 4000])
def test_without_memory_a_new_one_is_refused_and_all_else_goes_on(start, mebibytes):
    server = start()
    first = make(server)
    limit = status(server, "VmSize") + (mebibytes << 20)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, limit))
    made = [first]
    while (answer := control(server, "POST", "/_crmock/sandboxes", {})).status == 201:
        made.append(Sandbox(server, answer.body))
    assert answer.status == 503 and len(made) > 1, answer
    assert limit - status(server, "VmSize") > 40 << 20, "requests have no memory left"
    for sandbox in (*made[-3:], main_of(server)):
        sandbox.set("Leads", LEAD, City="Alive")
        assert sandbox.ended("Leads", sandbox.schedule("Leads", {"data": [{"City": "Alive"}], "cvid": BULK}))["Updated_Count"] == 50000
        assert sandbox.request("GET", "/crm/v8/Leads?fields=City,Last_Name,Company&per_page=200").status == 200
        sandbox.done("POST", "/snapshots", {"name": "kept"})
        answer = sandbox.control("POST", "/reset")  # needs as much as a new one, for a moment
        assert answer.status in (204, 503) and sandbox.get("Leads", LEAD)["City"] == ("Alive" if answer.status == 503 else None)
    assert control(server, "POST", "/_crmock/sandboxes", {"id": made[-1].id}).status == 409
    for sandbox in made[1:]:
        assert control(server, "DELETE", f"/_crmock/sandboxes/{sandbox.id}").status == 204
    assert make(server).get("Leads", LEAD)["City"] is None


class Crowd:
    """Threads that use sandboxes which others make, reset, put back, drop and replace meanwhile. Whatever they ask is
    answered: as the service does, or that there is no such sandbox."""

    IDS = [f"crowd-{n}" for n in range(6)]

    def __init__(self, server):
        self.server, self.ended, self.seen = server, threading.Event(), set()

    def user(self, way, number):
        client, turn = self.server.another_client(), number
        while not self.ended.is_set():
            turn += 1
            id = self.IDS[turn % len(self.IDS)]
            sandbox = Sandbox(client, {"id": id, "client_id": f"1000.{id}.CRMOCK", "client_secret": "crmock-secret", "refresh_token": f"1000.{id}.refresh"}, way)
            calls = [lambda: sandbox.update("Leads", {"data": [{"City": f"City {turn}"}], "ids": [LEAD]}), lambda: sandbox.request("GET", LIST),
                     lambda: sandbox.update("Leads", {"data": [{"City": f"City {turn}"}], "cvid": VIEW}),
                     lambda: sandbox.oauth(sandbox.client() | {"grant_type": "refresh_token", "refresh_token": sandbox.made["refresh_token"]}),
                     lambda: sandbox.control("GET", "/clock"), lambda: control(client, "GET", f"/_crmock/sandboxes/{id}"), lambda: control(client, "GET", "/_crmock/sandboxes")]
            answer = calls[turn % len(calls)]()
            assert answer.status in (200, 202, 401, 404), answer  # 202: such a job has not ended
            self.seen.add(answer.status)
        client.connection.close()

    def maker(self, number):
        client = self.server.another_client()
        for turn in range(ROUNDS):
            id = self.IDS[(turn * (number + 1)) % len(self.IDS)]
            sandbox = Sandbox(client, {"id": id})
            answers = [control(client, "POST", "/_crmock/sandboxes", {"id": id, "if_exists": "replace" if turn % 3 else "refuse", **({"extends": "main"} if turn % 5 == 0 else {})}).status,
                       sandbox.control("POST", "/snapshots", {"name": "a", "replace": True}).status, sandbox.control("POST", "/clock/advance", {"by": 1}).status,
                       sandbox.control("POST", "/reset").status, sandbox.control("POST", "/snapshots/a/restore").status]
            if turn % 4 == 3:
                answers.append(control(client, "DELETE", f"/_crmock/sandboxes/{id}").status)
            assert set(answers) <= {200, 201, 204, 404, 409}, answers
        client.connection.close()


@pytest.mark.parametrize("kept", [False, True])
def test_they_come_and_go_under_those_who_use_them(start, tmp_path, kept):
    """Also what the sanitizers look at."""
    server = start("--job-batch", "1", **({"db": tmp_path / "main.db"} if kept else {}))
    crowd = Crowd(server)
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        users = [pool.submit(crowd.user, WAYS[n % 3], n) for n in range(6)]
        try:
            for maker in [pool.submit(crowd.maker, n) for n in range(3)]:
                maker.result()
        finally:
            crowd.ended.set()
        for user in users:
            user.result()
    assert {200, 404} <= crowd.seen
    assert control(server, "DELETE", "/_crmock/sandboxes").status == 204
    sandbox, main = make(server), main_of(server)
    assert sandbox.get("Leads", LEAD)["City"] is None and main.get("Leads", LEAD)["City"] is None
    assert server.stop() == 0  # a sanitizer that saw something says otherwise


def test_it_stops_while_all_of_that_goes_on(start):
    """At once, with nothing left behind."""
    server = start("--job-batch", "1")
    crowd = Crowd(server)

    def until_it_ends(what, *arguments):
        with contextlib.suppress(OSError, Exception):
            what(*arguments)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for n in range(3):
            pool.submit(until_it_ends, crowd.user, WAYS[n], n)
            pool.submit(until_it_ends, crowd.maker, n)
        while 200 not in crowd.seen or 404 not in crowd.seen:
            time.sleep(0)
        assert server.stop() == 0
        crowd.ended.set()
