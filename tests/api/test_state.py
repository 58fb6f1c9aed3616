"""State (control API, section 3): reset and snapshots, of sandboxes and of main."""
import concurrent.futures
import sqlite3
import threading

import pytest
from sandbox import WAYS, control, main_of, make
from server import Server

LEADS = [str(554023000000700001 + n) for n in range(4)]
LEAD = LEADS[0]
VIEW = "554023000000091501"  # 50 leads
BULK = {"data": [{"Lead_Source": "Chat"}], "cvid": "554023000000050000"}  # 50,000 leads
BULK_LIST = "/crm/v8/Leads?fields=Lead_Source&cvid=554023000000050000&per_page=200"
LIST = "/crm/v8/Leads?fields=City&per_page=5"
USER = {"user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.ALL"}
START = {"now": "2026-03-01T00:00:00Z", "mode": "fixed"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server("--max-sandboxes", "400")
    yield server
    server.stop()


def insert(sandbox, name):
    [entry] = sandbox.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": name, "Company": "x"}]}).body["data"]
    assert entry["code"] == "SUCCESS", entry
    return entry["details"]["id"]


def seen(sandbox, job=None):
    """What a client sees of its state."""
    records = [sandbox.get("Leads", id) for id in LEADS]
    jobs = sandbox.ended("Leads", job) if job and sandbox.job("Leads", job).status == 200 else None
    return records, jobs, sandbox.done("GET", "/clock")


def change(sandbox):
    """Everything that a reset must undo; the id of a job, of a record, and a token."""
    sandbox.set("Leads", LEADS[0], City="Changed")
    assert sandbox.request("DELETE", f"/crm/v8/Leads?ids={LEADS[1]}").status == 200
    job = sandbox.schedule("Leads", {"data": [{"Company": "Changed"}], "cvid": VIEW})
    assert sandbox.ended("Leads", job)["Status"] == "COMPLETED"
    token, record = sandbox.refresh()["access_token"], insert(sandbox, "Inserted")
    sandbox.done("PUT", "/clock", {"now": "2026-03-01T00:10:00Z"})
    return job, record, token


@pytest.mark.parametrize("way", WAYS)
def test_a_reset_undoes_all(server, way):
    sandbox = make(server, way, now=START["now"])
    before = seen(sandbox)
    done = []
    for _ in range(3):
        job, record, token = change(sandbox)
        assert seen(sandbox) != before and server.request("GET", LIST, token=token).status == 200
        assert sandbox.done("POST", "/reset") is None
        assert seen(sandbox, job) == before and sandbox.get("Leads", record) is None
        assert server.request("GET", LIST, token=token).status == 401
        done.append((job, record))
    assert len(set(done)) == 1  # ids begin again as well
    assert sandbox.done("GET", "/clock") == START


def test_a_reset_is_of_one_sandbox(server):
    one, other = make(server), make(server)
    for sandbox in (one, other):
        sandbox.set("Leads", LEAD, City="Set")
    one.done("POST", "/reset")
    assert one.get("Leads", LEAD)["City"] != "Set" and other.get("Leads", LEAD)["City"] == "Set"


def test_tokens_that_were_there_are_good_after_a_reset(server):
    """Also the code, which is good once, and the client's secret."""
    sandbox = make(server)
    fields = sandbox.client() | {"grant_type": "authorization_code", "code": f"1000.{sandbox.id}.code", "redirect_uri": "https://example.com"}
    assert "access_token" in sandbox.oauth(fields).body and "error" in sandbox.oauth(fields).body
    assert sandbox.oauth({"token": sandbox.made["access_token"]}, "token/revoke").status == 200 and sandbox.request("GET", LIST).status == 401
    sandbox.done("POST", "/reset")
    assert "access_token" in sandbox.oauth(fields).body and sandbox.request("GET", LIST).status == 200 and sandbox.refresh()["expires_in"] == 3600


def test_a_running_job_stops_and_is_gone(start):
    server = start("--job-rate", "2000")
    sandbox = make(server, now=START["now"])
    before, page = seen(sandbox), sandbox.request("GET", BULK_LIST).body
    job = sandbox.schedule("Leads", BULK)
    while sandbox.job("Leads", job).body["data"][0]["Updated_Count"] == 0:
        pass
    sandbox.done("POST", "/reset")
    assert sandbox.job("Leads", job).status == 404 and seen(sandbox) == before
    assert sandbox.request("GET", BULK_LIST).body["data"] == page["data"]
    again = sandbox.schedule("Leads", {"data": [{"City": "Again"}], "cvid": VIEW})  # nothing holds it up
    assert again == job and sandbox.ended("Leads", again)["Updated_Count"] == 50


def test_a_reset_of_main_without_a_kept_store(start):
    server = start("--now", START["now"])
    main = main_of(server)
    before = seen(main)
    main.set("Leads", LEAD, City="Changed")
    main.done("POST", "/clock/advance", {"by": "P1D"})
    assert control(server, "POST", "/_crmock/reset").status == 204
    assert seen(main) == before


def test_snapshots_are_listed_replaced_and_deleted(server):
    sandbox = make(server)
    assert sandbox.done("GET", "/snapshots") == {"snapshots": [], "more": False}
    for name in ("b", "a b%/"[:4], "c", "\u00e9"):
        told = sandbox.control("POST", "/snapshots", {"name": name})
        assert told.status == 201 and told.body["name"] == name and told.body["created"].endswith("Z")
    names = [one["name"] for one in sandbox.done("GET", "/snapshots")["snapshots"]]
    assert names == ["a b%", "b", "c", "\u00e9"]
    page = sandbox.done("GET", "/snapshots?limit=2")
    assert [one["name"] for one in page["snapshots"]] == names[:2] and page["more"]
    page = sandbox.done("GET", "/snapshots?limit=2&after=b")
    assert [one["name"] for one in page["snapshots"]] == names[2:] and not page["more"]
    answer = sandbox.control("POST", "/snapshots", {"name": "b"})
    assert (answer.status, answer.body["at"]) == (409, "$.name") and sandbox.control("POST", "/snapshots", {"name": "b", "replace": False}).status == 409
    sandbox.set("Leads", LEAD, City="Later")
    sandbox.done("POST", "/snapshots", {"name": "b", "replace": True})
    sandbox.done("POST", "/reset")
    assert [one["name"] for one in sandbox.done("GET", "/snapshots")["snapshots"]] == names  # they stay
    sandbox.done("POST", "/snapshots/b/restore")
    assert sandbox.get("Leads", LEAD)["City"] == "Later"
    sandbox.done("POST", "/snapshots/a%20b%25/restore")
    assert sandbox.get("Leads", LEAD)["City"] != "Later"
    for _ in range(2):
        assert sandbox.control("DELETE", "/snapshots/b").status == 204
    assert sandbox.control("POST", "/snapshots/b/restore").status == 404
    sandbox.done("POST", "/snapshots/%C3%A9/restore")
    assert [one["name"] for one in sandbox.done("GET", "/snapshots")["snapshots"]] == ["a b%", "c", "\u00e9"]
    assert make(server).done("GET", "/snapshots")["snapshots"] == []


@pytest.mark.parametrize("body, at", [({}, "$.name"), ({"name": ""}, "$.name"), ({"name": 1}, "$.name"), ({"name": "a/b"}, "$.name"), ({"name": "."}, "$.name"), ({"name": ".."}, "$.name"), ({"name": "x" * 101}, "$.name"), ({"name": "a", "replace": 1}, "$.replace"),
                                      ({"name": "a", "other": 1}, "$.other")])
def test_snapshots_that_cannot_be(server, body, at):
    sandbox = make(server)
    answer = sandbox.control("POST", "/snapshots", body)
    assert (answer.status, answer.body["at"]) == (422, at)
    assert sandbox.done("GET", "/snapshots")["snapshots"] == []
    assert sandbox.control("POST", "/reset", {"name": 1}).status == 422 and sandbox.control("POST", "/snapshots/a/restore", {"x": 1}).status == 422


@pytest.mark.parametrize("way", WAYS)
def test_a_snapshot_brings_all_of_it_back(server, way):
    sandbox = make(server, way, now=START["now"])
    empty = seen(sandbox)
    sandbox.done("POST", "/snapshots", {"name": "empty"})
    job, record, token = change(sandbox)
    full = seen(sandbox, job)
    sandbox.done("POST", "/snapshots", {"name": "full"})
    for _ in range(2):
        sandbox.done("POST", "/snapshots/empty/restore")
        assert seen(sandbox, job) == empty and server.request("GET", LIST, token=token).status == 401
        assert change(sandbox)[:2] == (job, record)  # ids begin again
        insert(sandbox, "Later")
        sandbox.done("POST", "/snapshots/full/restore")
        assert seen(sandbox, job) == full and sandbox.get("Leads", record)["Last_Name"] == "Inserted"
        assert server.request("GET", LIST, token=token).status == 200
    sandbox.done("DELETE", "/snapshots/empty")
    sandbox.done("POST", "/reset")
    assert seen(sandbox, job) == empty


@pytest.mark.parametrize("clock", [{"now": "2027-01-01T00:00:00Z"}, {"offset": -86400}, {"run": True}])
def test_a_restore_brings_the_clock_back(server, clock):
    sandbox = make(server)
    then = sandbox.done("PUT", "/clock", clock)
    sandbox.done("POST", "/snapshots", {"name": "then"})
    for other in ({"now": "2020-01-01T00:00:00Z"}, {"offset": 5}, {"run": True}):
        sandbox.done("PUT", "/clock", other)
        sandbox.done("POST", "/snapshots/then/restore")
        now = sandbox.done("GET", "/clock")
        assert now["mode"] == then["mode"] and now["now"][:10] == then["now"][:10]


def test_a_job_goes_on_from_its_snapshot(start):
    """One that waited when the snapshot was taken waits again, and runs again."""
    server = start("--job-rate", "100", "--job-batch", "1")
    sandbox = make(server)
    job = sandbox.schedule("Leads", {"data": [{"City": "By the job"}], "cvid": VIEW})
    assert sandbox.job("Leads", job).body["data"][0]["Status"] in ("SCHEDULED", "RUNNING")
    sandbox.done("POST", "/snapshots", {"name": "waiting"})
    ended = sandbox.ended("Leads", job)
    assert (ended["Status"], ended["Updated_Count"]) == ("COMPLETED", 50)
    sandbox.done("POST", "/snapshots/waiting/restore")
    assert sandbox.job("Leads", job).body["data"][0]["Updated_Count"] < 50
    assert sandbox.ended("Leads", job) | {"id": 0} == ended | {"id": 0}


def test_snapshots_of_main_without_a_kept_store(start):
    server = start("--now", START["now"])
    main = main_of(server)
    main.set("Leads", LEAD, City="Kept")
    before = seen(main)
    main.done("POST", "/snapshots", {"name": "kept"})
    change(main)
    main.done("POST", "/snapshots/kept/restore")
    assert seen(main) == before


# main with a store that lasts.

@pytest.fixture
def lasting(start, tmp_path):
    return main_of(start("--now", START["now"], db=tmp_path / "main.db"))


def test_main_on_a_kept_store_has_no_made_state(lasting):
    lasting.set("Leads", LEAD, City="Kept")
    answer = control(lasting.server, "POST", "/_crmock/reset")
    assert answer.status == 409 and "--db" in answer.body["error"]
    assert lasting.get("Leads", LEAD)["City"] == "Kept"
    sandbox = make(lasting.server)  # others have
    sandbox.set("Leads", LEAD, City="Other")
    sandbox.done("POST", "/reset")
    assert sandbox.get("Leads", LEAD)["City"] not in ("Other", "Kept")


def test_snapshots_of_main_on_a_kept_store(lasting, start, tmp_path):
    empty = seen(lasting)
    lasting.done("POST", "/snapshots", {"name": "empty"})
    job, record, token = change(lasting)
    full = seen(lasting, job)
    lasting.done("POST", "/snapshots", {"name": "full"})
    inode = (tmp_path / "main.db").stat().st_ino
    for _ in range(2):
        lasting.done("POST", "/snapshots/empty/restore")
        assert seen(lasting, job) == empty and lasting.server.request("GET", LIST, token=token).status == 401
        lasting.done("POST", "/snapshots/full/restore")
        assert seen(lasting, job) == full and lasting.server.request("GET", LIST, token=token).status == 200
    assert (tmp_path / "main.db").stat().st_ino == inode and lasting.server.query("PRAGMA integrity_check") == [("ok",)] and lasting.server.query("PRAGMA journal_mode") == [("wal",)]
    copy = make(lasting.server, extends="main")
    assert seen(copy, job) == full
    lasting.done("POST", "/snapshots/empty/restore")
    lasting.server.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["main.db"]
    again = main_of(start("--now", START["now"], db=tmp_path / "main.db"))
    assert seen(again, job) == empty and again.done("GET", "/snapshots")["snapshots"] == []


LOOKED_AT = "SELECT count(DISTINCT json_extract(fields, '$.City')), min(json_extract(fields, '$.City')) FROM record WHERE id BETWEEN ? AND ?"


def test_who_reads_the_file_sees_old_or_new(lasting):
    """Another program's connection, while main is put back and forth: never a mix, never an error, and what began with
    the old ends with it."""
    first, last, wrong, looks = int(LEADS[0]), int(LEADS[-1]), [], []
    for city in ("Old", "New"):
        assert lasting.update("Leads", {"data": [{"City": city}], "ids": LEADS}).status == 200
        lasting.done("POST", "/snapshots", {"name": city})
    ended = threading.Event()

    def look():
        with sqlite3.connect(f"file:{lasting.server.db}?mode=ro", uri=True, isolation_level=None) as db:
            while not ended.is_set():
                db.execute("BEGIN")
                seen = [db.execute(LOOKED_AT, (first, last)).fetchone() for _ in range(2)]
                if seen[0] != seen[1] or seen[0] not in ((1, "Old"), (1, "New")):
                    wrong.append(seen)
                looks.append(seen[0][1])
                db.execute("COMMIT")
        db.close()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        lookers = [pool.submit(look) for _ in range(2)]
        try:
            while len(looks) < 50 or set(looks[-50:]) != {"Old", "New"}:
                for city in ("Old", "New"):
                    lasting.done("POST", f"/snapshots/{city}/restore")
        finally:
            ended.set()
        for looker in lookers:
            looker.result()
    assert wrong == []


# What is under way.

@pytest.mark.parametrize("kept", [False, True])
def test_requests_finish_with_what_they_began_with(start, tmp_path, kept):
    """While a sandbox is reset, restored and set to other times, each answer is wholly of one of its states: a lead has its
    city and its company from the same one."""
    server = start(**({"db": tmp_path / "main.db"} if kept else {}))
    sandbox = main_of(server) if kept else make(server)
    for name in ("one", "two"):
        sandbox.put("Leads", LEAD, City=name, Company=name)
        sandbox.done("POST", "/snapshots", {"name": name})
    ended = threading.Event()

    def ask():
        client, names = server.another_client(), set()
        own = sandbox.by("prefix", client)
        while not ended.is_set() or len(names) < 2:
            record = own.get("Leads", LEAD)
            assert record["City"] == record["Company"], record
            names.add(record["City"])
            answer = own.update("Leads", {"data": [{"City": "x"}], "ids": LEADS[1:3]})
            assert answer.status == 200, answer
        client.connection.close()
        return names

    def go_back(turn):
        sandbox.done("POST", f"/snapshots/{('one', 'two')[turn % 2]}/restore")
        sandbox.done("POST", "/clock/advance", {"by": 1})

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask) for _ in range(4)]
        try:
            for turn in range(30):
                go_back(turn)
        finally:
            ended.set()
        turn = 0
        while not all(asker.done() for asker in askers):  # each is to see both
            go_back(turn)
            turn += 1
        for asker in askers:
            assert asker.result() == {"one", "two"}
