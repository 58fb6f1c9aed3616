"""Sandboxes' rows of the bench: what one more takes, and what many take from main, beside few of them in the same run."""
import contextlib
import http.client
import json
import pathlib
import re
import time

ALIVE = (1, 100, 1000)
TURNS = 100
LEAD = "554023000000600001"
PATH = "/crm/v8/Leads/actions/mass_update"
IDLE = 3  # seconds after which an idle sandbox has given its connection back, and more
HEADERS = {"Authorization": "Bearer 1000.crmock.admin"}


class Caller:
    """One client, with a connection that it keeps."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def __call__(self, method, path, body=None):
        """The answer's JSON and milliseconds."""
        begun = time.perf_counter()
        self.connection.request(method, path, body and json.dumps(body), HEADERS)
        response = self.connection.getresponse()
        text, took = response.read(), (time.perf_counter() - begun) * 1000
        assert response.status < 300, (method, path, response.status, text)
        return text and json.loads(text), took


def memory(process):
    """MiB of its own and shared: anonymous pages, those of files in memory, and its part of all."""
    rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    found = {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1)) / 1024 for name, text in (("RssAnon", status), ("RssShmem", status), ("Pss", rollup))}
    return {"RssAnon": found["RssAnon"], "RssAnon and RssShmem": found["RssAnon"] + found["RssShmem"], "Pss": found["Pss"]}


def disk(process):
    """MiB of files that it has open and that are on a disk or in memory, those without a name too."""
    seen = {}
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            status = link.stat()
            if link.readlink().as_posix().startswith("/"):
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512 / (1 << 20)
    return sum(seen.values())


def change(call, n):
    """Milliseconds of making one, and of putting it back, after a change each."""
    made, making = call("POST", "/_crmock/sandboxes", {"id": f"n{n}"})
    prefix = f"/_s/{made['id']}"

    def update():
        call("POST", prefix + PATH, {"data": [{"City": f"City {n}"}], "ids": [LEAD]})

    call("POST", f"{prefix}/_crmock/snapshots", {"name": "kept"})
    update()
    _, restoring = call("POST", f"{prefix}/_crmock/snapshots/kept/restore")
    update()
    _, resetting = call("POST", f"{prefix}/_crmock/reset")
    call("DELETE", f"/_crmock/sandboxes/{made['id']}")
    return making, resetting, restoring


def at(values, part):
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def grow(call, alive, wanted):
    for n in range(alive, wanted):
        call("POST", "/_crmock/sandboxes", {"id": f"s{n:04}", "ttl": 0})


def updates(call, count=2000):
    return [call("POST", PATH, {"data": [{"City": f"City {n}"}], "ids": [LEAD]})[1] for n in range(count)]


def report(row, figures, single, idle):
    for kind, name, command in ((0, "making a sandbox", "POST /_crmock/sandboxes"), (1, "reset after a change", "POST /_s/ID/_crmock/reset"),
                                (2, "restore after a change", "POST /_s/ID/_crmock/snapshots/kept/restore")):
        for part, told in ((0.5, "p50"), (0.99, "p99")):
            few = at([times[kind] for times in figures[ALIVE[0]]], part)
            for alive in ALIVE:
                row(f"{name}, {told} of {TURNS}, {alive} alive, beside {ALIVE[0]} alive", [at([times[kind] for times in figures[alive]], part)], [few], "ms", f"http.client: {command}",
                    f"the same, {ALIVE[0]} alive")
    for part, told in ((0.5, "p50"), (0.99, "p99")):
        row(f"single-id call to main, {told}, {ALIVE[-1]} alive, beside {ALIVE[0]} alive", [at(times, part) for times in single[ALIVE[-1]]], [at(times, part) for times in single[ALIVE[0]]], "ms",
            f"http.client: POST {PATH}, one id", "the same, in a second server, in turn")
    for name in idle[ALIVE[-1]]:
        row(f"{name}, {ALIVE[-1]} idle sandboxes, beside {ALIVE[0]}", [idle[ALIVE[-1]][name]], [idle[ALIVE[0]][name]], "MiB",
            "grep Pss /proc/PID/smaps_rollup, Rss /proc/PID/status, stat of /proc/PID/fd/*", "the same")


def worlds(start, row):
    """`start` starts a server; `row` prints one."""
    many, few = start(), start()
    call, beside, alive = Caller(many.port), Caller(few.port), 0
    figures, idle, single = {}, {}, {ALIVE[0]: [], ALIVE[-1]: []}
    for wanted in ALIVE:
        grow(call, alive, wanted)
        alive = wanted
        figures[wanted] = [change(call, n) for n in range(TURNS)]
        time.sleep(IDLE)  # for them to rest: nothing says when they do
        idle[wanted] = memory(many.process) | {"files that are open": disk(many.process)}
    grow(beside, 0, ALIVE[0])
    for _ in range(10):  # in turn: the machine is not the same at all times
        single[ALIVE[-1]].append(updates(call))
        single[ALIVE[0]].append(updates(beside))
    report(row, figures, single, idle)
    many.stop()
    few.stop()
