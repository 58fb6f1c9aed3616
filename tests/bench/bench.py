"""Times crmock beside its limits, in turn, in one run, and prints the ratios. Judges nothing.

usage: bench.py CRMOCK BARE      (wrk makes the load; `make bench` installs and builds what this needs)
"""
import http.client
import json
import os
import pathlib
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from secure import secure
from traffic import traffic
from worlds import worlds

RUNS = 5
LOADS, SECONDS = 15, 1  # of wrk: many short ones, for which thread gets a connection is luck
CONNECTIONS = 8
TOKEN = "1000.crmock.admin"
PATH = "/crm/v8/Leads/actions/mass_update"
VALUE = "Volos"
ONE_LEAD = {"data": [{"City": VALUE}], "ids": ["554023000000600001"]}
IDS = [str(n) for n in range(554023000000700001, 554023000000700501)]
BULK_JOB = {"data": [{"Lead_Source": "Chat"}], "cvid": "554023000000050000"}  # 50,000 leads
UPDATE_BY_SQL = ("UPDATE record SET modified_by = 1, modified_time = 1,"
                 " fields = json_set(fields, '$.\"Lead_Source\"', json('\"Partner\"'))"
                 " WHERE id BETWEEN 554023000000700001 AND 554023000000750000")


class Process:
    """A server that says on its first line where it listens."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def memory(self):
        """Resident MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body and json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
        text = connection.getresponse().read()
        connection.close()
        return text


def load_command(port, path, scheme="http"):
    return ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", "request.lua", f"{scheme}://127.0.0.1:{port}{path}"]


def wrk(port, path, body, folder, scheme="http"):
    """Requests a second."""
    script = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
    if body:  # each call with another value, for what changes nothing costs nothing
        before, _, behind = json.dumps(body).partition(VALUE)
        script += ("local calls = 0\n"
                   f"function request() calls = calls + 1 return wrk.format('POST', nil, nil, [[{before}]] .. calls .. [[{behind}]]) end\n")
    (folder / "request.lua").write_text(script)
    done = subprocess.run(load_command(port, path, scheme), capture_output=True, text=True, check=True, cwd=folder)
    assert "Non-2xx" not in done.stdout, done.stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


def row(name, ours, limit, unit, command, beside):
    """Medians and the median of the ratios, run by run, and what was run: ours, and the limit's."""
    ratio = statistics.median(a / b for a, b in zip(ours, limit))
    print(f"| {name} | {statistics.median(ours):.4g} {unit} | {statistics.median(limit):.4g} {unit} | {ratio:.2f} | `{command}` | `{beside}` |",
          flush=True)


def sent(body):
    """A call as a table can show it."""
    ids = body.get("ids", [])
    text = json.dumps(body | ({"ids": [ids[0], "..."]} if len(ids) > 1 else {}))
    return f"POST {PATH} {text}"


def throughput(crmock, bare, folder):
    server = Process(crmock, "--port", 0, "--log-level", "error")
    threads = max(1, min((os.cpu_count() or 1) - 1, 4))  # as crmock has them
    job = json.loads(server.request("POST", PATH, {"data": [{"City": "x"}], "cvid": "554023000000091501"}))["data"][0]["details"]["job_id"]
    cases = [(f"POST, {count} id{'s' if count > 1 else ''}", PATH, {"data": [{"City": VALUE}], "ids": IDS[:count]}) for count in (1, 100, 500)]
    cases.append(("GET of a job", f"{PATH}?job_id={job}", None))
    for name, path, body in cases:
        size = len(server.request("POST" if body else "GET", path, body))
        limit = Process(bare, threads, size)
        pairs = [(wrk(server.port, path, body, folder), wrk(limit.port, path, body, folder)) for _ in range(LOADS)]
        limit.stop()
        command = " ".join(load_command("PORT", path)) + (f" ({sent(body)})" if body else "")
        row(f"{name}, beside libmicrohttpd's constant answer", *zip(*pairs), "requests/s", command, f"bare {threads} {size}, the same load")
    server.stop()


UPDATE_ONE_BY_SQL = "UPDATE record SET modified_by = 1, modified_time = ?1, fields = json_set(fields, '$.\"City\"', json(?2)) WHERE id = ?3"


def calls(crmock, folder):
    """One client, one call after the other, each with a new value, beside a statement a record in one transaction."""
    server, path = Process(crmock, "--port", 0, "--log-level", "error", "--db", folder / "calls.db"), folder / "bare.db"
    server.stop()
    with sqlite3.connect(folder / "calls.db") as source, sqlite3.connect(path) as target:
        source.backup(target)
    server = Process(crmock, "--port", 0, "--log-level", "error", "--db", folder / "calls.db")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for count in (1, 100, 500):
        ids, pairs = list(range(554023000000700001, 554023000000700001 + count)), []
        for run in range(40 * RUNS):
            body = json.dumps({"data": [{"City": f"City {run}"}], "ids": list(map(str, ids))})
            begun = time.perf_counter()
            connection.request("POST", PATH, body, {"Authorization": f"Bearer {TOKEN}"})
            response = connection.getresponse()
            response.read()
            called = time.perf_counter()
            assert response.status == 200
            db.execute("BEGIN IMMEDIATE")
            db.executemany(UPDATE_ONE_BY_SQL, [(run, f'"City {run}"', id) for id in ids])
            db.execute("COMMIT")
            pairs.append(((called - begun) * 1000, (time.perf_counter() - called) * 1000))
        row(f"POST, {count} id{'s' if count > 1 else ''}, one client, beside bare SQLite changing the same rows", *zip(*pairs), "ms",
            f"http.client: {sent(json.loads(body))}", f"BEGIN IMMEDIATE; {UPDATE_ONE_BY_SQL}, {count} times; COMMIT")
    connection.close()
    server.stop()
    db.close()


def wait_for(server, job):
    while True:
        state = json.loads(server.request("GET", f"{PATH}?job_id={job}"))["data"][0]
        if state["Status"] == "COMPLETED":
            return
        assert state["Status"] in ("SCHEDULED", "RUNNING")


def jobs(crmock, folder):
    whole, ran, bare, few = [], [], [], []
    some_of_them = {"data": [{"City": "x"}], "cvid": BULK_JOB["cvid"],
                    "criteria": {"field": {"api_name": "Last_Name"}, "comparator": "starts_with", "value": "Bulk lead 10"}}  # 1,111 of them
    for run in range(RUNS):
        path = folder / f"{run}.db"
        server = Process(crmock, "--port", 0, "--log-level", "error", "--db", path)
        begun = time.perf_counter()
        job = json.loads(server.request("POST", PATH, BULK_JOB))["data"][0]["details"]["job_id"]
        scheduled = time.perf_counter()
        wait_for(server, job)
        ended = time.perf_counter()
        job = json.loads(server.request("POST", PATH, some_of_them))["data"][0]["details"]["job_id"]
        few_begun = time.perf_counter()
        wait_for(server, job)
        few.append((time.perf_counter() - few_begun) * 1000000 / 1111)
        server.stop()
        whole.append((ended - begun) * 1000)
        ran.append((ended - scheduled) * 1000)
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA synchronous = NORMAL")
        begun = time.perf_counter()
        db.execute(UPDATE_BY_SQL)
        bare.append((time.perf_counter() - begun) * 1000)
        db.close()
    row("job of 50,000 records, scheduled to completed, beside one UPDATE", ran, bare, "ms", f"{sent(BULK_JOB)}, then GET until COMPLETED",
        UPDATE_BY_SQL)
    row("the same, from the POST on", whole, bare, "ms", f"{sent(BULK_JOB)}, then GET until COMPLETED", UPDATE_BY_SQL)
    row("a record of a job of 50,000, beside one of a job of 1,111", [took / 50 for took in ran], few, "us", sent(BULK_JOB), sent(some_of_them))


def latency(crmock, folder):
    """1,000 single-id calls alone, and as many while a job of 50,000 records is under way."""
    server = Process(crmock, "--port", 0, "--log-level", "error", "--db", folder / "latency.db")
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def call(method, path, body=None):
        begun = time.perf_counter()
        connection.request(method, path, body and json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
        response = connection.getresponse()
        text = response.read()
        assert response.status == 200
        return json.loads(text)["data"][0], (time.perf_counter() - begun) * 1000

    def update():
        entry, took = call("POST", PATH, ONE_LEAD)
        assert entry["code"] == "SUCCESS"
        return took

    alone, busy = [update() for _ in range(1000)], []
    while len(busy) < 1000:
        job = call("POST", PATH, BULK_JOB)[0]["details"]["job_id"]
        while call("GET", f"{PATH}?job_id={job}")[0]["Status"] != "COMPLETED":
            busy.append(update())
    connection.close()
    server.stop()
    alone.sort()
    busy = sorted(busy[:1000])
    for name, at in (("p50", 500), ("p99", 990), ("longest", 999)):
        row(f"single-id call while a job runs, {name} of 1,000, beside the same without a job", [busy[at]], [alone[at]], "ms",
            f"http.client: {sent(ONE_LEAD)}, while a job of 50,000 is under way", "the same, no job")


def start(crmock, name, *options):
    ours, limit = [], []
    for _ in range(2 * RUNS):
        begun = time.perf_counter()
        server = Process(crmock, "--port", 0, "--log-level", "error", *options)
        ours.append((time.perf_counter() - begun) * 1000)
        server.stop()
        begun = time.perf_counter()
        subprocess.run(["/bin/true"], check=True)
        limit.append((time.perf_counter() - begun) * 1000)
    row(f"exec to readiness, default fixtures, {name}, beside /bin/true", ours, limit, "ms",
        " ".join(map(str, ["crmock", "--port", 0, "--log-level", "error", *options])), "/bin/true")


def memory(crmock, bare, folder):
    server, limit = Process(crmock, "--port", 0, "--log-level", "error"), Process(bare, 1, 300)
    idle, bare_idle = server.memory(), limit.memory()
    for process in (server, limit):
        for _ in range(10000 // 5000):
            wrk(process.port, PATH, ONE_LEAD, folder)
    row("resident memory, idle, beside libmicrohttpd", [idle], [bare_idle], "MiB", "grep VmRSS /proc/PID/status", "bare 1 300, the same")
    row("resident memory after 10,000 requests and more", [server.memory()], [limit.memory()], "MiB",
        " ".join(load_command("PORT", PATH)) + ", twice, then VmRSS", "bare 1 300, the same")
    server.stop()
    limit.stop()


def main():
    crmock, bare = map(os.path.abspath, sys.argv[1:])
    print("| | crmock | limit | ratio | crmock's command | the limit's |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        start(crmock, "loaded", "--no-cache")
        start(crmock, "copied from the start before", "--cache", folder / "cache")
        memory(crmock, bare, folder)
        throughput(crmock, bare, folder)
        calls(crmock, folder)
        jobs(crmock, folder)
        latency(crmock, folder)
        worlds(lambda: Process(crmock, "--port", 0, "--log-level", "error", "--max-sandboxes", 1001), row)
        parts = (lambda *options: Process(crmock, "--port", 0, "--log-level", "error", *options), lambda port, path, body, scheme="http": wrk(port, path, body, folder, scheme), row,
                 {f"POST, {len(ids)} id{'s' if len(ids) > 1 else ''}": {"data": [{"City": VALUE}], "ids": ids} for ids in (IDS[:1], IDS[:100])})
        traffic(*parts)
        secure(*parts, folder)


if __name__ == "__main__":
    main()
