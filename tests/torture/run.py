"""Kills crmock again and again, at random moments, and proves that it has lost nothing it acknowledged.

usage: run.py CRMOCK [KILLS [SEED]]
Jobs by view and calls by ids run until SIGKILL, the store is looked at, the next start takes up the jobs. Every update of a
record leaves a trace, by a trigger of the test's own. Sandboxes live beside main, of which nothing is to be left. Prints the seed, and ends with a line "N passed, N failed".
"""
import collections
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "1000.crmock.professional"
ELSEWHERE = "in a sandbox"
VIEWS = {"901": 3000, "902": 50, "903": 50}  # the last two have the same records
FIXTURES = {"extends": "professional",
            "views": [{"id": view, "module": "Accounts", "name": view, "criteria": {"field": {"api_name": "Industry"}, "comparator": "equal", "value": industry}}
                      for view, industry in (("901", "Data/Telecom OEM"), ("902", "ERP (Enterprise Resource Planning)"), ("903", "ERP (Enterprise Resource Planning)"))],
            "records": [{"module": "Accounts", "id": "1001", "generate": 3000, "fields": {"Account_Name": "{n}", "Industry": "Data/Telecom OEM"}},
                        {"module": "Accounts", "id": "9001", "generate": 50, "fields": {"Account_Name": "{n}", "Industry": "ERP (Enterprise Resource Planning)"}}]}
TRACE = """CREATE TABLE trace (record_id, value, PRIMARY KEY (record_id, value)) WITHOUT ROWID;
CREATE TABLE twice (record_id, value);
CREATE TRIGGER record_trace AFTER UPDATE OF fields ON record 
WHEN json_extract(new.fields, '$.Account_Name') LIKE 'job %' AND json_extract(new.fields, '$.Phone') IS json_extract(old.fields, '$.Phone') BEGIN
  INSERT INTO twice SELECT new.id, json_extract(new.fields, '$.Account_Name') FROM trace
    WHERE record_id = new.id AND value = json_extract(new.fields, '$.Account_Name');
  INSERT OR IGNORE INTO trace VALUES (new.id, json_extract(new.fields, '$.Account_Name'));
END;"""


class Clients:
    """What was asked, and what was acknowledged."""

    def __init__(self):
        self.jobs = {}  # id: the value it writes
        self.done = set()  # values of jobs whose traces were counted and cleared
        self.sent, self.acknowledged = collections.defaultdict(list), {}  # by id of a record: values
        self.number = 0

    def schedule(self, server, view):
        self.number += 1
        value = f"job {self.number}"
        answer = server.update("Accounts", {"data": [{"Account_Name": value}], "cvid": view}, token=TOKEN)
        assert answer.status in (200, 202), answer
        if answer.status == 200:
            self.jobs[int(answer.body["data"][0]["details"]["job_id"])] = value

    def call(self, server, record):
        self.number += 1
        value = f"+{self.number}"
        self.sent[record].append(value)
        answer = server.update("Accounts", {"data": [{"Phone": value}], "ids": [record]}, token=TOKEN)
        assert answer.status == 200, answer
        self.acknowledged[record] = value

    def work(self, server, dice, first_answer):
        """Until the server dies."""
        with contextlib.suppress(http.client.HTTPException, OSError):
            for view in VIEWS:
                if dice.random() < 0.7:
                    self.schedule(server, view)
            while True:
                self.call(server, str(9001 + dice.randrange(50)))
                first_answer.set()


def live_in_sandboxes(server, dice):
    """Until the server dies: the same records and views, in sandboxes of which main must see nothing."""
    with contextlib.suppress(http.client.HTTPException, OSError), contextlib.closing(server.another_client().connection) as connection:
        server = server.another_client()
        server.connection = connection
        while True:
            id = f"s{dice.randrange(4)}"
            kind = dice.choice(["main", "professional"])
            made = server.request("POST", "/_crmock/sandboxes", {"id": id, "if_exists": "replace", "extends": kind}, token=None)
            assert made.status == 201, made
            if kind == "main":
                for selector in ({"ids": ["9001"]}, {"cvid": "901"}):
                    answer = server.request("POST", f"/_s/{id}/crm/v8/Accounts/actions/mass_update", {"data": [{"Phone": ELSEWHERE}]} | selector, token=TOKEN)
                    assert answer.status in (200, 202), answer  # a job of the view may have been copied, too
            for path in (f"/_s/{id}/_crmock/snapshots", "/_crmock/snapshots"):
                assert server.request("POST", path, {"name": "kept", "replace": True}, token=None).status == 201
            if kind == "main":
                assert server.request("POST", f"/_s/{id}/_crmock/snapshots/kept/restore", token=None).status == 204


def check(db, clients):
    """What is in the store that the killed server left."""
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("SELECT count(*) FROM record WHERE json_extract(fields, '$.Phone') = ?", (ELSEWHERE,)).fetchall() == [(0,)], "main has what was written in a sandbox"
    assert db.execute("SELECT * FROM twice").fetchall() == [], "a record was updated twice by one job"
    jobs = {id: rest for id, *rest in db.execute("SELECT id, status, updated, failed, total, json_extract(changes, '$.fields.Account_Name') FROM job")}
    traces = dict(db.execute("SELECT value, count(*) FROM trace GROUP BY value"))
    assert clients.jobs.keys() <= jobs.keys(), "an acknowledged job is lost"
    for status, updated, failed, total, value in jobs.values():
        assert total in VIEWS.values() and failed == 0 and updated <= total
        traced = 0 if value in clients.done else updated
        assert traced == traces.get(value, 0), f"counts and records differ: {traced}, {traces.get(value, 0)}"
        if status == "COMPLETED" and value not in clients.done:
            clients.done.add(value)
            db.execute("DELETE FROM trace WHERE value = ?", (value,))
        assert (status == "COMPLETED") == (updated == total) and (status == "SCHEDULED") <= (updated == 0), status
    for record, value in clients.acknowledged.items():
        [(found,)] = db.execute("SELECT json_extract(fields, '$.Phone') FROM record WHERE id = ?", (record,))
        unsure = clients.sent[record][clients.sent[record].index(value):]  # what was sent later may have come in
        assert found in unsure, f"acknowledged {value}, found {found}"
    db.commit()
    return jobs


def torture(kills, dice, folder):
    from server import Server
    path = folder / "store.db"
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "org.json").write_text(json.dumps(FIXTURES))
    server = Server("--fixtures", folder / "fixtures", db=path)
    server.stop()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(TRACE)
    clients, seen = Clients(), collections.Counter()
    temporary = folder / "tmp"
    temporary.mkdir()
    pool = concurrent.futures.ThreadPoolExecutor(1)
    for kill in range(kills):
        server = Server("--job-batch", str(dice.choice([1, 7, 50, 500, 5000])), "--durability", dice.choice(["normal", "full"]), "--log-level", "error", db=path, env={"TMPDIR": str(temporary)})
        alive = server.request("GET", "/_crmock/sandboxes", token=None).body["sandboxes"]
        assert [one["id"] for one in alive] == ["main"], "a sandbox has outlived its server"
        first_answer = threading.Event()
        worker = threading.Thread(target=clients.work, args=(server, dice, first_answer), daemon=True)
        worker.start()
        elsewhere = pool.submit(live_in_sandboxes, server, random.Random(dice.random()))
        if dice.random() < 0.7:
            first_answer.wait(60)
        time.sleep(dice.random() * 0.1)  # the random moment: nothing is waited for
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        worker.join()
        elsewhere.result()
        assert not list(temporary.iterdir()), "a killed server has left files"
        server.process.stdout.close()
        server.connection.close()
        with contextlib.closing(sqlite3.connect(path)) as db:
            jobs = check(db, clients)
        seen.update({status for status, *_ in jobs.values()})
    server = Server(db=path)
    for job in clients.jobs:
        assert server.ended("Accounts", job, token=TOKEN)["Status"] == "COMPLETED", "an acknowledged job did not end"
    server.stop()
    with contextlib.closing(sqlite3.connect(path)) as db:
        check(db, clients)
    print(f"{kills} kills; {len(clients.jobs)} jobs and {clients.number} calls; after {seen['RUNNING']} kills a job was RUNNING, after {seen['SCHEDULED']} SCHEDULED")
    return kills + 1


def main():
    os.environ["CRMOCK"] = os.path.abspath(sys.argv[1])
    sys.path.insert(0, str(HERE.parent / "api"))
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    print(f"torture: seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        passed = torture(kills, random.Random(seed), pathlib.Path(folder))
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
