"""The events of section 8 of the control API: what happens, as it happens."""
import contextlib
import http.client
import json
import re
import shlex
import socket
import subprocess
import time

import pytest

import gallery
from sandbox import control, make
from server import PATIENCE, control_document, own_fixtures
from test_automation import LEAD, Receiver, hooked, update

VIEW = "554023000000091501"
# On a machine that is busy with other things, too, a large query has the time that it takes.
PATIENT = ("--request-time", 600000)


class Stream:
    """Listens; what it is told is read when it is asked for."""

    def __init__(self, server, prefix="", room=None, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        if room:  # for what is not read yet, in bytes
            self.connection.sock = socket.socket()
            self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            self.connection.sock.connect(("127.0.0.1", server.port))
        self.connection.request("GET", f"{prefix}/_crmock/events", headers={name.replace("_", "-"): str(value) for name, value in headers.items()})
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        self.comments = []
        self.comment()
        control_document().check_control("GET", "/_crmock/events", 200, self.response.headers, self.comments[0])

    def block(self):
        """Its lines, up to a blank one; none at the end."""
        lines = []
        while line := self.response.readline().decode():
            if line == "\n":
                return lines
            assert line.endswith("\n")
            lines.append(line[:-1])
        assert not lines
        return lines

    def comment(self):
        [line] = self.block()
        assert line.startswith(":")
        self.comments.append(line[1:].strip())

    def next(self):
        """The next event: its id, kind and object; None at the end."""
        lines = self.block()
        while lines and lines[0].startswith(":"):
            lines = self.block()
        if not lines:
            return None
        id, kind, data = lines
        assert id.startswith("id: ") and kind.startswith("event: ") and data.startswith("data: ")
        self.id = int(id[4:])
        return self.id, kind[7:], json.loads(data[6:])

    def of(self, kind):
        """The next object of that kind."""
        while event := self.next():
            if event[1] == kind:
                return event[2]
        raise AssertionError(f"no {kind}")

    def kinds_until(self, kind):
        """The kinds of what comes before the next one of that kind."""
        kinds = []
        while (kinds[-1:] or [None]) != [kind]:
            kinds.append(self.next()[1])
        return kinds

    def sandbox(self):
        """Whose change, and what."""
        told = self.of("sandbox")
        return told["id"], told["change"]

    def close(self):
        self.response.close()
        self.connection.close()


@pytest.fixture
def listen():
    with contextlib.ExitStack() as streams:
        def begin(*which, **more):
            return streams.enter_context(contextlib.closing(Stream(*which, **more)))
        yield begin


def prefix_of(server):
    return "/_s/own" if type(server).__name__ == "InSandbox" else ""


@pytest.fixture
def own(start_each):
    """A server, and where its calls go."""
    server = start_each(*PATIENT)
    return server, prefix_of(server)


def put_clock(server, now="2026-01-31T09:30:00Z"):
    answer = server.request("PUT", "/_crmock/clock", {"now": now}, token=None)
    assert answer.status == 200
    return answer.body


def test_what_comes_at_once(own, listen):
    server, prefix = own
    stream = listen(server, prefix)
    assert stream.comments == ["events"]
    headers = stream.response.headers
    assert headers["Content-Type"] == "text/event-stream" and headers["Cache-Control"] == "no-store" and headers["Connection"] == "close"


def test_the_clock(own, listen):
    server, prefix = own
    stream = listen(server, prefix)
    answers = [put_clock(server), server.request("POST", "/_crmock/clock/advance", {"by": "PT1H"}).body, server.request("PUT", "/_crmock/clock", {"offset": 5}).body]
    assert server.request("PUT", "/_crmock/clock", {"now": "soon"}).status == 422
    server.request("PUT", "/_crmock/clock", {"run": True})
    events = [stream.next() for _ in range(4)]
    assert [kind for _, kind, _ in events] == ["clock"] * 4 and [told for _, _, told in events[:3]] == answers and events[3][2]["mode"] == "running"
    assert sorted({id for id, _, _ in events}) == [id for id, _, _ in events]


def test_requests_and_faults(own, listen):
    """A fault when it is made and when it acts; a request when it is answered, as the journal has it."""
    server, prefix = own
    stream = listen(server, prefix)
    made = server.request("POST", "/_crmock/faults", {"match": {"path": "/crm/**"}, "effect": {"rule": "E23"}}, token=None).body
    for status in (500, 200):
        assert server.request("GET", "/crm/v8/Leads?fields=City", token="1000.crmock.admin").status == status
    [(_, *first), (_, *second), (_, *third), (_, *fourth)] = [stream.next() for _ in range(4)]
    entries = server.request("GET", "/_crmock/requests", token=None).body["requests"]
    assert first == ["fault", made] and second == ["fault", made | {"matched": 1, "fired": 1}]
    assert third == ["request", entries[1]] and fourth == ["request", entries[0]] and entries[1]["fault_id"] == made["id"]


def test_requests_without_a_journal(start, listen):
    server = start("--journal", "0")
    stream = listen(server)
    server.request("GET", "/crm/v8/Leads?fields=City", token="1000.crmock.admin")
    _, kind, told = stream.next()
    assert kind == "request" and told["status"] == 200 and told["path"] == "/crm/v8/Leads"
    assert server.request("GET", "/_crmock/requests", token=None).body == {"requests": [], "more": False}


def test_sandboxes(fresh, listen):
    stream = listen(fresh)
    made = make(fresh, id="one")
    [_, listed] = control(fresh, "GET", "/_crmock/sandboxes").body["sandboxes"]
    assert stream.of("sandbox") == listed | {"change": "made"}
    inner = listen(fresh, "/_s/one")
    made.done("POST", "/snapshots", {"name": "before"})
    made.done("POST", "/reset")
    assert inner.of("sandbox") == stream.of("sandbox") == listed | {"change": "reset"}
    made.done("POST", "/snapshots/before/restore")
    assert inner.of("sandbox") == stream.of("sandbox") == listed | {"change": "restored"}
    assert control(fresh, "POST", "/_s/one/_crmock/snapshots/other/restore").status == 404
    make(fresh, id="one", if_exists="replace")
    assert inner.of("sandbox") == stream.of("sandbox") == listed | {"change": "dropped"}
    assert stream.sandbox() == ("one", "made") and inner.next() is None
    assert control(fresh, "DELETE", "/_crmock/sandboxes/one").status == 204 == control(fresh, "DELETE", "/_crmock/sandboxes/one").status
    assert control(fresh, "POST", "/_crmock/snapshots", {"name": "it"}).status == 201 and control(fresh, "POST", "/_crmock/snapshots/it/restore").status == 204
    make(fresh, id="two", ttl=1)
    assert [stream.sandbox() for _ in range(4)] == [("one", "dropped"), ("main", "restored"), ("two", "made"), ("two", "dropped")]


def test_main_tells_of_its_reset(start, listen):
    server = start()
    stream = listen(server)
    assert control(server, "POST", "/_crmock/reset").status == 204
    put_clock(server)
    assert stream.sandbox() == ("main", "reset") and stream.next()[1] == "clock"


def hold(server):
    assert server.request("PUT", "/_crmock/jobs/policy", {"hold": True}).status == 200


def jobs(server):
    return server.request("GET", "/_crmock/jobs?limit=1000").body["jobs"]


def until(stream, state, kind="job"):
    """The next event of which so much is so."""
    while True:
        told = stream.of(kind)
        if state.items() <= told.items():
            return told


def schedule(server, city="Arta"):
    return server.schedule("Leads", {"data": [{"City": city}], "cvid": VIEW})


def test_a_job_by_hand(own, listen):
    server, prefix = own
    hold(server)
    stream = listen(server, prefix)
    id = schedule(server)
    assert stream.of("job") == jobs(server)[0]
    for call, body, state in (("step", {"records": 10}, {"status": "RUNNING", "updated": 10}), ("suspend", None, {"status": "SUSPENDED", "updated": 10}), ("step", {"records": 5}, {"status": "SUSPENDED", "updated": 15}),
                              ("fail", {"reason": "enough\nof it"}, {"status": "FAILED", "updated": 15, "not_updated": 35, "reason": "enough\nof it"})):
        assert server.request("POST", f"/_crmock/jobs/{id}/{call}", body).status == 200
        told = stream.of("job")
        assert state.items() <= told.items() and told == jobs(server)[0]
    assert server.request("POST", f"/_crmock/jobs/{id}/step", {"records": 1}).status == 409
    again = schedule(server)
    assert stream.of("job")["id"] == again


def test_jobs_that_go_on_by_themselves(own, listen):
    """However short they are: what they came to is told, and counts go up."""
    server, prefix = own
    stream = listen(server, prefix)
    for number in range(5):
        id, told = schedule(server, f"Town {number}"), {"status": "SCHEDULED", "updated": -1}
        while told["status"] != "COMPLETED":
            before, told = told, stream.of("job")
            assert told["id"] == id and before["updated"] <= told["updated"] and told["fields"] == {"City": f"Town {number}"}
        assert told in jobs(server) and told["updated"] == 50
    put_clock(server)
    assert "job" not in stream.kinds_until("clock")


def test_jobs_of_before_are_not_told(own, listen):
    server, prefix = own
    server.ended("Leads", schedule(server))
    hold(server)
    old = schedule(server)
    stream = listen(server, prefix)
    put_clock(server)
    assert stream.next()[1] == "clock"
    assert server.request("POST", f"/_crmock/jobs/{old}/step", {"records": 1}).status == 200
    assert until(stream, {"id": old})["updated"] == 1


@pytest.mark.parametrize("way", ["reset", "restore"])
def test_jobs_after_a_sandbox_was_put_back(start, listen, way):
    """They have the ids of others before."""
    server = start(*PATIENT)
    world = make(server, id="own")
    world.done("POST", "/snapshots", {"name": "it"})
    stream = listen(server, world.prefix)
    for _ in range(3):
        id = world.schedule("Leads", {"data": [{"City": "Arta"}], "cvid": VIEW})
        until(stream, {"id": id, "status": "COMPLETED", "updated": 50})
        world.done("POST", "/reset" if way == "reset" else "/snapshots/it/restore")
        assert stream.sandbox()[0] == "own"


def test_what_is_open_is_told_when_it_is_put_back(start, listen):
    server = start(*PATIENT)
    world = make(server, id="own", jobs={"hold": True})
    id = world.schedule("Leads", {"data": [{"City": "Arta"}], "cvid": VIEW})
    world.done("POST", "/snapshots", {"name": "it"})
    world.done("POST", f"/jobs/{id}/fail", {"reason": "so"})
    stream = listen(server, world.prefix)
    world.done("POST", "/snapshots/it/restore")
    assert until(stream, {"id": id})["status"] == "SCHEDULED"
    world.done("POST", f"/jobs/{id}/release")
    until(stream, {"id": id, "status": "COMPLETED"})


def test_webhooks(start_each, tmp_path, listen):
    with Receiver(500, 204) as receiver:
        server = start_each("--fixtures", own_fixtures(tmp_path, hooked(receiver.url)), "--webhook-retry", 3600000)
        stream = listen(server, prefix_of(server))
        assert update(server, {"City": "Arta"}, LEAD).status == 200
        failed = until(stream, {"tries": 1}, "webhook")
        assert failed["status"] == "WAITING" and [failed] == server.request("GET", "/_crmock/webhooks").body["webhooks"]
        server.request("POST", "/_crmock/clock/advance", {"by": 3600})
        done = until(stream, {"tries": 2}, "webhook")
        assert done["status"] == "DELIVERED" and [done] == server.request("GET", "/_crmock/webhooks").body["webhooks"]
        assert server.request("DELETE", "/_crmock/webhooks").status == 204
        assert update(server, {"City": "Volos"}, LEAD).status == 200
        assert until(stream, {"status": "DELIVERED"}, "webhook")["id"] != done["id"]


def test_resuming_after_a_cut(own, listen):
    server, prefix = own
    stream = listen(server, prefix)
    put_clock(server)
    first = stream.next()
    stream.close()
    hold(server)
    put_clock(server, "2027-01-31T09:30:00Z")
    id = schedule(server)
    again = listen(server, prefix, Last_Event_ID=first[0])
    assert again.comments == ["events"] and again.next()[2]["now"] == "2027-01-31T09:30:00Z" and again.of("job")["id"] == id
    here = listen(server, prefix, Last_Event_ID=again.id)
    put_clock(server)
    assert here.next() == again.next() and here.comments == ["events"]


def test_what_is_lost_is_told(fresh, listen):
    stream = listen(fresh, Last_Event_ID=1)
    put_clock(fresh)
    first = stream.next()[0]
    assert stream.comments == [f"events before {first} are lost"]
    for _ in range(1001):
        put_clock(fresh)
    again = listen(fresh, Last_Event_ID=first)
    oldest = again.next()[0]
    assert oldest == first + 2 and again.comments == [f"events before {oldest} are lost"]
    world = make(fresh, id="own")
    other = listen(fresh, world.prefix, Last_Event_ID=first)  # main's
    assert other.comments[0].endswith("are lost")
    assert stream.next()[0] == first + 1


def test_ids_are_none_of_a_sandbox_before(fresh, listen):
    ids = []
    for _ in range(3):
        world = make(fresh, id="own", if_exists="replace")
        stream = listen(fresh, world.prefix, **({"Last_Event_ID": ids[-1]} if ids else {}))
        world.done("PUT", "/clock", {"offset": 5})
        ids.append(stream.next()[0])
    assert sorted(set(ids)) == ids


def ask(server, method="GET", path="/_crmock/events", token=None, **headers):
    return server.request(method, path, token=token, headers={name.replace("_", "-"): str(value) for name, value in headers.items()})


@pytest.mark.parametrize("id", ["", "0", "-1", "a", "01", "99999999999999999999", "1 ", "1,2"])
def test_an_id_that_is_none(fresh, id):
    answer = ask(fresh, Last_Event_ID=id) if id != "1 " else ask(fresh, Last_Event_ID="1 2")
    assert answer.status == 422 and answer.body["at"] == "Last-Event-ID"


def test_two_ids(fresh):
    received = fresh.raw(b"GET /_crmock/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 1\r\nLast-Event-ID: 1\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 422 ")


def test_refusals(fresh):
    assert ask(fresh, path="/_crmock/events?kind=job").body["at"] == "kind"
    assert ask(fresh, "POST").status == 405 and ask(fresh, "OPTIONS").headers["Allow"] == "GET, OPTIONS"
    assert ask(fresh, Origin="http://example.com").status == 403 and ask(fresh, Sec_Fetch_Site="cross-site").status == 403
    assert ask(fresh, path="/_s/none/_crmock/events").status == 404


def test_with_a_token(start, listen):
    server = start("--control-token", "secret")
    assert ask(server).status == 401
    stream = listen(server, Authorization="Bearer secret")
    assert ask(server, "PUT", path="/_crmock/clock").status == 401
    assert server.request("PUT", "/_crmock/clock", {"run": True}, token=None, headers={"Authorization": "Bearer secret"}).status == 200
    assert stream.next()[1] == "clock"


def test_by_the_header_and_to_an_old_client(fresh, listen):
    make(fresh, id="own")
    stream = listen(fresh, X_Crmock_Sandbox="own")
    with socket.create_connection(("127.0.0.1", fresh.port), timeout=PATIENCE) as old:
        old.sendall(b"GET /_s/own/_crmock/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
        lines = old.makefile("rb")
        assert lines.readline().startswith(b"HTTP/1.") and b": events\n" in iter(lines.readline, b"")
        control(fresh, "PUT", "/_s/own/_crmock/clock", {"run": True})
        assert [lines.readline().split(b" ")[0] for _ in range(4)] == [b"\n", b"id:", b"event:", b"data:"]
    assert stream.next()[1] == "clock"


def is_full(server):
    answer = ask(server, "HEAD")
    assert answer.status in (200, 503)
    return answer.status == 503


def test_streams_have_a_cap(start, listen):
    server = start("--max-connections", 8)
    for _ in range(5):
        assert ask(server, "HEAD").status == 200
    streams = [listen(server), listen(server)]
    answer = ask(server)
    assert answer.status == 503 and "2 streams" in answer.body["error"]
    put_clock(server)
    assert [stream.next()[1] for stream in streams] == ["clock"] * 2
    streams[0].close()
    deadline = time.monotonic() + PATIENCE
    while is_full(server):  # who has left is noticed when he is to get something
        put_clock(server)
        assert time.monotonic() < deadline
    listen(server)
    assert is_full(server)


def test_who_does_not_read_is_dropped(start, listen):
    """He holds nobody up."""
    server = start(*PATIENT)
    hold(server)
    lazy, eager = listen(server, room=4096), listen(server)
    reason = "x" * 200000
    last = None
    for number in range(30):
        id = schedule(server, f"Town {number}")
        assert server.request("POST", f"/_crmock/jobs/{id}/fail", {"reason": reason}).status == 200
        last = until(eager, {"id": id, "status": "FAILED"})
    assert last["reason"] == reason
    read = b""
    with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
        while part := lazy.response.read(65536):
            read += part
    assert len(read) < 20 * len(reason)
    put_clock(server)
    assert eager.next()[1] == "clock"


def test_a_sandbox_that_ends(fresh, listen):
    world = make(fresh, id="own")
    streams = [listen(fresh, world.prefix) for _ in range(3)]
    world.done("PUT", "/clock", {"run": True})
    control(fresh, "DELETE", "/_crmock/sandboxes")
    for stream in streams:
        assert [stream.next()[1], stream.next()[2]["change"], stream.next()] == ["clock", "dropped", None]
    assert ask(fresh, path="/_s/own/_crmock/events").status == 404


@pytest.mark.parametrize("count", [1, 20])
def test_a_stop(start, listen, count):
    server = start()
    world = make(server, id="own")
    streams = [listen(server, world.prefix if number % 2 else "") for number in range(count)]
    put_clock(server)
    assert server.stop() == 0
    for stream in streams:
        with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
            while stream.next():
                pass


def test_a_stream_keeps_a_sandbox_alive(fresh, listen):
    stream = listen(fresh)
    make(fresh, id="heard", ttl=2)
    inner = listen(fresh, "/_s/heard")
    make(fresh, id="unheard", ttl=2)
    assert [stream.sandbox() for _ in range(3)] == [("heard", "made"), ("unheard", "made"), ("unheard", "dropped")]
    assert [one["id"] for one in control(fresh, "GET", "/_crmock/sandboxes").body["sandboxes"]] == ["main", "heard"]
    control(fresh, "PUT", "/_s/heard/_crmock/clock", {"run": True})
    assert inner.next()[1] == "clock"
    inner.close()
    for _ in range(3):  # it is noticed when there is something to be sent
        control(fresh, "PUT", "/_s/heard/_crmock/clock", {"run": True})
    assert stream.sandbox() == ("heard", "dropped")


def test_many_listen_to_one_thread(start, listen):
    server = start("--threads", 1)
    streams = [listen(server) for _ in range(50)]
    for number in range(20):
        put_clock(server, f"2026-01-31T09:30:{number:02}Z")
    for stream in streams:
        assert [stream.next()[2]["now"][-3:-1] for _ in range(20)] == [f"{number:02}" for number in range(20)]
    assert server.request("GET", "/healthz", token=None).status == 200


PAGE = gallery.page("events")


def test_the_example_of_the_page(fresh):
    """The first command in a terminal, the others in another; ids are others there."""
    [listening, *others] = [line.replace(gallery.BASE, fresh.url) for line in re.findall(r"^curl .*$", PAGE, re.M)]
    printed = re.search(r"^```\n(: events\n.*?)```", PAGE, re.M | re.S).group(1).replace(gallery.BASE, fresh.url)
    pattern = re.sub(r"(?<=^id:\\ )\d{16}$", r"\\d{16}", re.escape(printed).replace("\\\n", "\n"), flags=re.M).replace("…", ".*")
    with subprocess.Popen(shlex.split(listening), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        got = process.stdout.readline()
        for line in others:
            assert gallery.curl(fresh, line)[0] in (200, 201)
        while got.count("\n") < printed.count("\n"):
            got += process.stdout.readline()
        process.terminate()
    assert len(others) == 2 and re.fullmatch(pattern, got), (pattern, got)


def test_the_program_of_the_page(start):
    """What has happened before the stream is read is told, too."""
    defines, waits = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    names = {}
    exec(defines, names)
    sandbox = make(start(*PATIENT))
    names["happens"] = names["events"](sandbox.made["url"])
    job_id = sandbox.schedule("Leads", {"data": [{"City": "Arta"}], "cvid": VIEW})
    sandbox.ended("Leads", job_id)
    job = eval(waits, names)
    names["happens"].close()
    assert (job["id"], job["status"], job["updated"]) == (job_id, "COMPLETED", 50)


def test_the_page_has_every_kind():
    kinds = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)
    assert kinds == ["request", "job", "clock", "fault", "sandbox", "webhook"]
    assert set(re.findall(r'addEventListener\("(\w+)"', PAGE)) <= set(kinds)
    lists = [re.search(rf"^\| `{kind}` \|.*`GET (/\S+)`", PAGE, re.M).group(1) for kind in kinds]
    assert all("get" in control_document().json["paths"][path] for path in lists)
