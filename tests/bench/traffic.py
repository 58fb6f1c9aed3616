"""The bench's rows of what is seen of requests and done to them: each beside the same without it, in turn in the same run."""
import contextlib
import json
import socket
import time

from worlds import LEAD, PATH, Caller, at, updates

TURNS = 15
DELAYED, DELAY = 200, 2000  # answers that wait at once, and milliseconds that each does
LARGE = 60000  # bytes of a body
REQUESTS = 100000


def add_fault(server, match, effect):
    server.request("POST", "/_crmock/faults", {"match": match, "effect": effect, "times": None})


def journal(start, wrk, row, bodies):
    """`bodies`: what is sent, by its name."""
    ours, without = start(), start("--journal", 0)
    for name, body in bodies.items():
        pairs = [(wrk(ours.port, PATH, body), wrk(without.port, PATH, body)) for _ in range(TURNS)]
        row(f"{name}, journal of 1,000, beside none", *zip(*pairs), "requests/s", f"wrk: POST {PATH}", "the same, --journal 0")
    ours.stop()
    without.stop()


def faults(start, wrk, row, body):
    """One that looks into bodies, and fits none of them."""
    ours, without = start(), start()
    add_fault(ours, {"method": "POST", "path": "/crm/*/Leads/**", "body": {"data": [{"City": "of no request"}]}}, {"rule": "E23"})
    pairs = [(wrk(ours.port, PATH, body), wrk(without.port, PATH, body)) for _ in range(TURNS)]
    row("POST, 1 id, a fault of another body, beside no fault", *zip(*pairs), "requests/s", f"wrk: POST {PATH}", "the same, no fault")
    ours.stop()
    without.stop()


def delays(start, row):
    """Single-id calls while so many others wait for their answers, and one thread answers all; all of them are answered."""
    server = start("--threads", 1)
    add_fault(server, {"method": "PUT"}, {"delay_ms": DELAY, "status": 299})
    call = Caller(server.port)
    updates(call, 200)
    alone, beside = [], []
    for _ in range(3):
        alone += updates(call, 1000)
        with contextlib.ExitStack() as open_ones:
            waiting = [open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(DELAYED)]
            for one in waiting:
                one.sendall(b"PUT /crm/v8/Leads HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            begun, count = time.perf_counter(), len(beside)
            while time.perf_counter() - begun < DELAY / 1000 * 0.8:
                beside += updates(call, 10)
            assert len(beside) > count
            assert all(one.recv(100).startswith(b"HTTP/1.1 299 ") for one in waiting)
    for part, told in ((0.5, "p50"), (0.99, "p99")):
        row(f"single-id call, one thread, {DELAYED} answers delayed by {DELAY} ms under way, {told}, beside none", [at(beside, part)], [at(alone, part)], "ms", f"http.client: POST {PATH}, one id",
            "the same, none under way")
    server.stop()


def memory(start, wrk, row):
    """Resident memory after many requests with large bodies, beside after a tenth of them."""
    server, sent = start("--journal", 1000), 0
    body, early = {"data": [{"City": "Volos"}], "ids": [LEAD], "padding": "x" * LARGE}, None
    while sent < REQUESTS:
        sent += wrk(server.port, PATH, body)
        if early is None and sent >= REQUESTS / 10:
            early = server.memory()
    row(f"resident memory after {REQUESTS:,} requests of {LARGE:,} bytes, beside after a tenth of them", [server.memory()], [early], "MiB", f"wrk: POST {PATH}, then VmRSS", "the same")
    assert len(json.loads(server.request("GET", "/_crmock/requests?limit=1000"))["requests"]) < 40  # in 2 MiB
    server.stop()


def traffic(start, wrk, row, bodies):
    journal(start, wrk, row, bodies)
    faults(start, wrk, row, bodies["POST, 1 id"])
    delays(start, row)
    memory(start, wrk, row)
