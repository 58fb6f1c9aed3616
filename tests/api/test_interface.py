"""Contract section 8: the program as others start and stop it."""
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from server import CRMOCK, WRAPPER, Server, run

LEAD = "554023000000600001"
CITY = {"data": [{"City": "Patras"}], "ids": [LEAD]}


def test_the_readiness_line(shared):
    assert re.fullmatch(r"crmock listening on http://127\.0\.0\.1:\d+\n", shared.ready_line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_the_private_store_is_gone(tmp_path, number):
    server = Server(env={"TMPDIR": str(tmp_path)})
    assert server.update("Leads", CITY).status == 200
    assert server.stop(number) == 0 and list(tmp_path.iterdir()) == []


def test_it_runs_alone_from_any_folder(tmp_path):
    shutil.copy(CRMOCK, tmp_path / "alone")
    process = subprocess.Popen([tmp_path / "alone", "--port", "0"], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={})
    assert process.stdout.readline().startswith("crmock listening on ")
    process.terminate()
    assert process.wait(300) == 0
    process.stdout.close()


def test_a_store_lasts_and_fixtures_are_loaded_once(tmp_path):
    server = Server(db=tmp_path / "s.db")
    assert server.update("Leads", CITY).status == 200
    server.stop()
    server = Server("--fixtures", tmp_path / "nowhere", db=tmp_path / "s.db")  # not read again
    assert server.fields(LEAD)["City"] == "Patras"
    assert server.query("PRAGMA foreign_key_check") == [] and server.query("PRAGMA integrity_check") == [("ok",)]
    server.stop()


def test_other_fixtures_for_a_kept_store_are_a_warning(tmp_path):
    """They are ignored: who gives them should know."""
    fixtures, other, log = (tmp_path / name for name in ("one", "other", "log"))
    for place, name in ((fixtures, "One"), (other, "Other")):
        place.mkdir()
        (place / "org.json").write_text(json.dumps({"org": {"name": name}}))

    def warnings(*arguments):
        with open(log, "w") as stream:
            Server("--cache", tmp_path / "cache", *arguments, db=tmp_path / "s.db", log=stream).stop()
        return [line.split(" ", 1)[1] for line in log.read_text().splitlines() if " warning " in line]

    assert warnings("--fixtures", fixtures) == []  # filled
    assert warnings("--fixtures", fixtures) == [] and warnings() == []
    shutil.copytree(fixtures, tmp_path / "same")
    (tmp_path / "same" / "notes.txt").write_text("no part of the fixtures")
    assert warnings("--fixtures", tmp_path / "same") == []
    assert warnings("--fixtures", other) == [f'warning fixtures ignored folder="{other}" reason="the store was filled from others"']
    assert len(warnings("--fixtures", tmp_path / "nowhere")) == 1
    (fixtures / "more.json").write_text("{}")
    assert len(warnings("--fixtures", fixtures)) == 1
    (tmp_path / "s.db").unlink()
    assert warnings("--fixtures", fixtures) == []
    (tmp_path / "s.db").unlink()
    assert warnings("--fixtures", fixtures) == [] == warnings("--fixtures", fixtures)  # a copy of what was loaded
    (tmp_path / "s.db").unlink()
    assert warnings() == [] and len(warnings("--fixtures", fixtures)) == 1  # the built-in ones


def test_every_option_from_the_environment_and_the_option_wins(tmp_path):
    server = Server("--db", tmp_path / "won.db", env={"CRMOCK_DB": str(tmp_path / "lost.db"), "CRMOCK_NO_HINTS": "1", "CRMOCK_MAX_BODY": "60"})
    assert (tmp_path / "won.db").exists() and not (tmp_path / "lost.db").exists()
    assert server.update("Leads", b"x" * 61).status == 413
    assert server.update("Leads", b"x").headers["X-Crmock-Rule"] is None
    server.stop()
    done = run(env={"CRMOCK_PORT": "x"})
    assert done.returncode == 1 and "CRMOCK_PORT" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("arguments, said", [
    (["--port", "65536"], "--port"), (["--port", "-1"], "--port"), (["--port", ""], "--port"), (["--port", "8080x"], "--port"), (["--max-body", "0"], "--max-body"),
    (["--max-body", "99999999999999999999"], "--max-body"), (["--log-level", "loud"], "--log-level"), (["--db", ""], "--db"), (["--threads", "0"], "--threads"),
    (["--nonsense"], "nonsense"), (["stray"], "stray"), (["--listen", "no.such.host.invalid"], "no.such.host.invalid"), (["--db", "/nowhere/x.db"], "/nowhere/x.db"),
    (["--fixtures", "/nowhere"], "/nowhere"), (["--db", "/"], "/"), (["--job-batch", "0"], "--job-batch"), (["--job-rate", "-1"], "--job-rate"), (["--job-delay", "1s"], "--job-delay"),
    (["--durability", "some"], "--durability"), (["--now", "soon"], "--now"), (["--now", "2021-02-29T00:00:00Z"], "--now"), (["--now", "+"], "--now"), (["--now", "3600"], "--now"),
    (["--now", "+99999999999999999999"], "--now"), (["--now", "9999-12-31T23:59:59Z"], "--now"), (["--now", "0001-01-01T00:00:00Z"], "--now")])
def test_wrong_options_end_with_a_message(arguments, said):
    done = run("--port", "0", *arguments)
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""


@pytest.mark.parametrize("option, least, most", [
    ("port", 0, 65535), ("max-body", 1, 1 << 30), ("max-header", 4096, 1 << 20), ("max-connections", 8, 65536), ("idle-timeout", 0, 86400), ("threads", 1, 64),
    ("job-delay", 0, 86400000), ("job-rate", 0, 1000000), ("job-batch", 1, 50000), ("webhook-timeout", 1, 600000), ("webhook-tries", 1, 100), ("webhook-retry", 1, 3600000)])
def test_numbers_have_bounds(option, least, most):
    def status(value):
        return run(f"--{option}={value}", "--version").returncode
    assert [status(value) for value in (least, most)] == [0, 0]
    assert [status(value) for value in (least - 1, most + 1)] == [1, 1]
    assert f"from {least} to {most}" in run(f"--{option}={most + 1}").stderr


def test_a_second_server_on_the_port_or_the_store(tmp_path, fresh):
    done = run("--port", fresh.port)
    assert done.returncode == 1 and str(fresh.port) in done.stderr and "in use" in done.stderr
    done = run("--port", "0", "--db", fresh.db)
    assert done.returncode == 1 and "in use by another crmock" in done.stderr and str(fresh.db) in done.stderr
    assert fresh.update("Leads", CITY).status == 200


def store_with(path, script):
    with sqlite3.connect(path) as db:
        db.executescript(script)
    db.close()


@pytest.mark.parametrize("script, said", [
    ("CREATE TABLE t (x)", "another program"), ("PRAGMA application_id = 0x43524d4b; PRAGMA user_version = 99; CREATE TABLE t (x)", "version 99"),
    ("PRAGMA user_version = 1", "another program")])
def test_other_stores_are_refused_and_left_alone(tmp_path, script, said):
    path = tmp_path / "s.db"
    store_with(path, script)
    before = path.read_bytes()
    done = run("--port", "0", "--db", path)
    assert done.returncode == 1 and said in done.stderr and path.read_bytes() == before


@pytest.mark.parametrize("script, said", [
    ("UPDATE user SET profile_id = 5", "user: a row refers to nothing in profile"), ("UPDATE module SET sharing = 'x'", "module: CHECK"),
    ("UPDATE custom_view SET criteria = '[1]' WHERE id = 554023000000091501", "view 554023000000091501: expected criteria of Leads"),
    ("DELETE FROM layout", "refers to nothing in layout"), ("UPDATE oauth_token SET client_id = 'x'", "oauth_token"),
    ("INSERT INTO job (id, module_id, view_id, user_id, status, changes, scheduled_time, waits_since, total) VALUES (1, 2, 3, 4, 'SCHEDULED', '{}', 0, 0, 1)", "job"),
    ("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT NOT NULL', 'name TEXT') WHERE name = 'field'; PRAGMA writable_schema = RESET;"
     "UPDATE field SET api_name = NULL; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT', 'name TEXT NOT NULL') WHERE name = 'field'",
     "NULL value in field.api_name")])
def test_a_store_whose_metadata_has_been_broken_is_refused_and_left_alone(tmp_path, script, said):
    path = tmp_path / "s.db"
    Server(db=path).stop()
    store_with(path, f"PRAGMA ignore_check_constraints = ON; {script}")
    before = path.read_bytes()
    done = run("--port", "0", "--db", path)
    assert done.returncode == 1 and f"{path}: broken: " in done.stderr and said in done.stderr and path.read_bytes() == before


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "s.db"
    path.write_text("not a database, and long enough to be told from an empty one\n" * 50)
    done = run("--port", "0", "--db", path)
    assert done.returncode == 1 and str(path) in done.stderr and path.read_text().startswith("not a database")


def test_no_store_is_left_behind_by_fixtures_that_fail(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "bad.json").write_text("{}")
    done = run("--port", "0", "--db", tmp_path / "s.db", "--fixtures", tmp_path / "f")
    assert done.returncode == 1 and list(tmp_path.iterdir()) == [tmp_path / "f"]


def test_the_log_tells_a_jobs_beginning_and_end(tmp_path):
    with open(tmp_path / "log", "w") as log:
        server = Server(log=log)
        job = server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"})
        server.ended("Leads", job)
        server.stop()
    text = (tmp_path / "log").read_text()
    begun, ended = f" info job scheduled job={job} view=554023000000091501\n", f" info job ended job={job} status=COMPLETED updated=50 failed=0\n"
    assert begun in text and ended in text and text.index(begun) < text.index(ended)


def test_the_log_never_has_a_token_in_full(tmp_path):
    with open(tmp_path / "log", "w") as log:
        server = Server("--log-level", "debug", log=log)
        server.update("Leads", CITY)
        server.update("Leads", CITY, token="1000.secret.unknown")
        server.request("GET", "/x%0a2026-fake?access_token=1000.secret.unknown")
        server.stop()
    text = (tmp_path / "log").read_text()
    assert "ready url=http://127.0.0.1:" in text and f"stopping signal={signal.SIGTERM.value}" in text
    assert "status=200" in text and "status=401" in text
    assert "1000." not in text and "\n2026-fake" not in text
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|info|debug) ", line) for line in text.splitlines())


def test_a_log_whose_reader_has_gone(tmp_path):
    """Lines are lost, nothing else."""
    reader, log = os.pipe()
    server = Server(db=tmp_path / "s.db", log=log)
    os.close(log)
    os.close(reader)
    assert [server.update("Leads", CITY).status for _ in range(3)] == [200] * 3
    assert server.stop() == 0


def test_a_store_that_fails_is_told_and_survived(fresh):
    def rename(table, name):
        with sqlite3.connect(fresh.db, timeout=60) as db:
            db.execute(f"ALTER TABLE {table} RENAME TO {name}")
        db.close()
    before = fresh.digest()
    rename("record", "gone")
    answer = fresh.update("Leads", CITY)
    assert (answer.status, answer.body) == (500, {"code": "INTERNAL_ERROR", "details": {}, "message": "Internal Server Error", "status": "error"})
    rename("gone", "record")
    assert fresh.digest() == before and fresh.update("Leads", CITY).status == 200
    rename("id_sequence", "gone")
    assert (fresh.request("GET", "/healthz").status, fresh.update("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"}).status) == (503, 500)
    rename("gone", "id_sequence")
    assert fresh.request("GET", "/healthz").status == 200
    assert fresh.ended("Leads", fresh.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"}))["Updated_Count"] == 50


@pytest.mark.parametrize("command", ["serve", "ca", "health", "check", "import", "parity"])
def test_no_line_of_help_is_of_blanks(command):
    """At any width: argp has one behind a text that fills its line."""
    for width in range(60, 100):
        lines = run("help", command, env={"ARGP_HELP_FMT": f"rmargin={width}"}).stdout.splitlines()
        assert len(lines) > 5 and not [line for line in lines if line and not line.strip()], width


def test_version_and_help():
    assert re.fullmatch(r"crmock \d+\.\d+\.\d+\n", run("--version").stdout)
    done = run("--help")
    assert done.returncode == 0 and "CRMOCK_PORT" in done.stdout


def test_every_command_tells_of_itself():
    """By --help as by help; help without a command tells of serve."""
    commands = re.search(r": expected (.*)$", run("other").stderr).group(1).split(", ")
    assert {"serve", "check", "help"} < set(commands)
    for command in commands:
        done = run(command, "--help")
        name = "" if command == "serve" else f" {command}"
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(f"Usage: crmock{name} [OPTION...]")
        assert run("help", command).stdout == done.stdout
    assert run("help").stdout == run("--help").stdout
    for arguments in (["other"], ["serve", "ca"], ["--port", "0"]):
        done = run("help", *arguments)
        assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("crmock")


def test_readiness_means_an_open_listener(tmp_path):
    server = Server("--listen", "::1")
    assert server.url.startswith("http://[::1]:")
    assert server.stop() == 0
    assert os.path.exists(CRMOCK) and pathlib.Path(CRMOCK).name.startswith("crmock")


@pytest.mark.parametrize("word, level", [(None, 1), ("normal", 1), ("full", 2)])
def test_durability(start, tmp_path, word, level):
    """What SQLite does at a commit is seen at the system's calls only: full syncs the log at each of them."""
    if not shutil.which("strace") or WRAPPER:
        pytest.skip("no strace on this machine to see syncs with, or another tool at work")
    server = start("--threads", "1", *(["--durability", word] if word else []), db=tmp_path / "store.db")
    log = tmp_path / "calls"
    tracer = subprocess.Popen(["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", log, "-p", str(server.process.pid)], stderr=subprocess.PIPE, text=True)
    if "attached" not in tracer.stderr.readline():
        pytest.skip("this machine lets nobody trace a process")
    for n in range(5):
        assert server.update("Leads", {"data": [{"City": f"City {n}"}], "ids": [LEAD]}).status == 200
    tracer.terminate()
    tracer.wait()
    synced = log.read_text().count("sync(")
    assert synced >= 5 if level == 2 else synced < 5, log.read_text()


def test_now_stands_still(start):
    server = start("--now", "2021-03-03T12:17:00+05:30")
    details = server.update("Deals", {"data": [{"Lead_Source": "Chat"}], "ids": ["554023000000497007"]}).body["data"][0]["details"]
    assert details["Modified_Time"] == "2021-03-03T12:17:00+05:30"
    assert server.request("GET", "/crm/v8/Deals/554023000000497007").body["data"][0]["Modified_Time"] == "2021-03-03T12:17:00+05:30"


@pytest.mark.parametrize("shift", [-400 * 86400, 86400])
def test_now_is_ahead_or_behind(start, shift):
    server = start(f"--now={shift:+}")
    before = time.time()
    details = server.update("Deals", {"data": [{"Lead_Source": "Chat"}], "ids": ["554023000000497007"]}).body["data"][0]["details"]
    assert int(before) + shift <= datetime.datetime.fromisoformat(details["Modified_Time"]).timestamp() <= time.time() + shift


def test_now_decides_what_has_expired(start):
    """The default fixtures' expired token was good once."""
    assert start("--now", "2019-01-01T00:00:00Z").request("GET", "/crm/v8/org", token="1000.crmock.expired").status == 200
    assert start("--now", "2030-01-01T00:00:00Z").request("GET", "/crm/v8/org", token="1000.crmock.expired").status == 401


@pytest.mark.parametrize("now, told", [("2026-01-15T17:00:00Z", "2026-01-15T12:00:00-05:00"), ("2026-07-15T17:00:00Z", "2026-07-15T13:00:00-04:00"),
    ("2026-03-08T06:59:59Z", "2026-03-08T01:59:59-05:00"), ("2026-03-08T07:00:00Z", "2026-03-08T03:00:00-04:00")])
def test_times_keep_the_zones_daylight_saving(start, now, told):
    """The org of that token is in New York."""
    answer = start("--now", now).request("POST", "/crm/v8/Accounts", {"data": [{"Account_Name": "x"}]}, token="1000.crmock.professional")
    assert answer.body["data"][0]["details"]["Created_Time"] == told
