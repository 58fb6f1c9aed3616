"""What faults do on the wire (control API, section 6): delays, cuts and drips, by themselves and together."""
import concurrent.futures
import contextlib
import json
import socket
import time

import pytest
from sandbox import control, main_of, make
from server import PATIENCE, Server, until

LEAD = "554023000000700001"
PATH = "/crm/v8/Leads/actions/mass_update"
LIST = "/crm/v8/Leads?fields=City&per_page=5"
BODY = json.dumps({"data": [{"City": "Cut"}], "ids": [LEAD]})
FOREVER = 600000  # milliseconds: the longest delay that there is
VIEW = "554023000000091501"


def head(method, path, body="", more=""):
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer 1000.crmock.admin\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}".encode()


class Wire:
    """A connection on which a client sends one request after the other, and sees bytes."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)

    def send(self, *request):
        self.socket.sendall(head(*request))
        return self

    def until(self, text):
        """What comes until `text` is there; all, to the end, for None."""
        received = b""
        with contextlib.suppress(ConnectionError):
            while text is None or text not in received:
                part = self.socket.recv(65536)
                if not part:
                    break
                received += part
        assert text is None or text in received, received
        return received

    def close(self):
        self.socket.close()


@pytest.fixture
def wire(start):
    wires = []

    def connect(server):
        wires.append(Wire(server))
        return wires[-1]

    yield connect
    for one in wires:
        one.close()


def fault(world, effect, match=None, **more):
    return world.done("POST", "/faults", {"match": match or {"path": "/crm/**"}, "effect": effect} | more)


def city(world):
    return world.get("Leads", LEAD)["City"]


def entries(world):
    """The journal, oldest first."""
    return world.done("GET", "/requests?limit=1000")["requests"][::-1]


def written(world, count, **members):
    """The journal's entries, oldest first, as soon as there are `count` of them that have these members."""
    answer = world.done("POST", "/requests/verify", {"match": {"path": "/crm/**"} | members, "count": {"min": count}, "wait": 60})
    assert answer["verified"], answer
    return entries(world)


@pytest.fixture
def world(fresh):
    return main_of(fresh)


CUTS = [
    ({"drop": "before"}, False, None), ({"drop": "after"}, True, None),
    ({"delay_ms": 30, "drop": "before"}, False, None), ({"delay_ms": 30, "drop": "after"}, True, None),
    ({"delay_after_ms": 30, "drop": "after"}, True, None),
    ({"truncate": 0}, True, 0), ({"truncate": 40}, True, 40), ({"truncate": 40, "delay_after_ms": 30}, True, 40),
    ({"truncate": 7, "drip": {"bytes": 2, "every_ms": 1}}, True, 7),
    ({"truncate": 7, "status": 200, "body": "0123456789"}, False, 7),
]


@pytest.mark.parametrize("effect, done, sent", CUTS, ids=lambda value: json.dumps(value) if isinstance(value, dict) else "")
def test_a_cut_is_seen_as_an_end(fresh, world, wire, effect, done, sent):
    """On a connection that is used again; the next request, on another, is answered."""
    before = city(world)
    made = fault(world, effect)
    one = wire(fresh)
    one.send("GET", "/healthz").until(b'"ok"}')
    received = one.send("POST", PATH, BODY).until(None)
    if sent is None:
        assert received == b""
    else:
        start, _, body = received.partition(b"\r\n\r\n")
        assert start.startswith(b"HTTP/1.1 200 ") and len(body) == sent, received
        assert int(start.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) > sent
    assert (city(world) == "Cut") == done and (city(world) == before) != done
    [entry] = [entry for entry in entries(world) if entry["fault_id"] == made["id"]]
    assert (entry["status"] is None) == (sent is None)
    assert world.done("GET", f"/faults/{made['id']}")["fired"] == 1


def test_a_truncation_beyond_the_body_ends_the_connection(fresh, world, wire):
    fault(world, {"truncate": 100000})
    received = wire(fresh).send("POST", PATH, BODY).until(None)
    assert json.loads(received.partition(b"\r\n\r\n")[2])["data"][0]["code"] == "SUCCESS"


@pytest.mark.parametrize("bytes_at_once", [1, 7, 100000])
def test_a_drip_is_whole_in_the_end(fresh, world, bytes_at_once):
    fault(world, {"drip": {"bytes": bytes_at_once, "every_ms": 1}}, times=None)
    for _ in range(2):  # on one connection
        assert world.request("POST", PATH, BODY).body["data"][0]["code"] == "SUCCESS"


@pytest.mark.parametrize("effect", [{"delay_ms": 20}, {"delay_after_ms": 20}, {"delay_ms": 10, "delay_after_ms": 10}, {"delay_ms": 20, "rule": "E23"},
                                    {"delay_ms": 20, "status": 503, "body": "<p>busy"}, {"delay_after_ms": 20, "drip": {"bytes": 30, "every_ms": 1}}], ids=json.dumps)
def test_a_delay_is_at_least_as_long(fresh, world, effect):
    fault(world, effect)
    begun = time.monotonic()
    fresh.connection.request("POST", PATH, BODY, {"Authorization": "Bearer 1000.crmock.admin"})
    answer = fresh.connection.getresponse()
    text = answer.read()
    assert time.monotonic() - begun >= 0.02
    if "rule" in effect:
        assert answer.status == 500 and json.loads(text)["code"] == "INTERNAL_ERROR"
    elif "status" in effect:
        assert answer.status == 503 and text == b"<p>busy"
    else:
        assert json.loads(text)["data"][0]["code"] == "SUCCESS"
    assert entries(world)[0]["duration_us"] >= 20000


def test_delays_hold_no_thread(start, wire):
    """200 under way, and one thread; then all of them are cut by a reset."""
    server = start("--threads", "1", "--max-connections", "512")
    world = main_of(server)
    fault(world, {"delay_ms": FOREVER}, {"method": "POST"}, times=None)
    waiting = [wire(server).send("POST", PATH, BODY) for _ in range(200)]
    assert len(written(world, 200, method="POST")) == 200
    for _ in range(20):
        assert world.request("GET", LIST).status == 200
    world.done("POST", "/reset")
    assert all(one.until(None) == b"" for one in waiting)
    assert city(world) != "Cut"


def end(who, server, world, one):
    """Ends what is under way on a connection: its client, its sandbox own, or the server. Nothing more comes."""
    if who == "client":
        one.close()
    elif who == "reset":
        world.done("POST", "/reset")
    elif who == "drop":
        assert control(server, "DELETE", "/_crmock/sandboxes/own").status == 204
    else:
        assert server.stop() == 0
    if who != "client":
        assert one.until(None) == b""


@pytest.mark.parametrize("effect, done", [({"delay_ms": FOREVER}, False), ({"delay_after_ms": FOREVER}, True)], ids=json.dumps)
@pytest.mark.parametrize("who", ["client", "reset", "drop", "stop"])
def test_what_ends_a_delay(start, wire, effect, done, who):
    server = start()
    world = make(server, id="own")
    fault(world, effect)
    one = wire(server).send("POST", "/_s/own" + PATH, BODY)
    [entry] = written(world, 1)
    assert entry["status"] is None and entry["answer"] is None
    end(who, server, world, one)
    if who in ("client", "reset"):
        assert world.request("GET", LIST).status == 200
    if who == "client":
        assert (city(world) == "Cut") == done
    if who == "reset":
        assert city(world) != "Cut"


@pytest.mark.parametrize("who", ["client", "reset", "drop", "stop"])
def test_what_ends_a_drip(start, wire, who):
    server = start()
    world = make(server, id="own")
    fault(world, {"drip": {"bytes": 1, "every_ms": FOREVER}})
    one = wire(server).send("POST", "/_s/own" + PATH, BODY)
    one.until(b"\r\n\r\n{")
    end(who, server, world, one)
    if who == "reset":
        assert world.request("GET", LIST).status == 200


def test_a_stop_does_not_wait_for_who_does_not_read(start, wire):
    server = start()
    world = main_of(server)
    fault(world, {"status": 200, "body": "x" * (8 << 20), "drip": {"bytes": 1 << 20, "every_ms": 1}}, times=None)
    waiting = [wire(server).send("GET", LIST) for _ in range(4)]
    written(world, 4)
    assert server.stop() == 0
    assert all(len(one.until(None)) < 8 << 20 for one in waiting)


def test_beyond_half_of_the_connections_none_is_delayed(start, wire):
    """Control calls that are put off count among them; those that are answered at once go on."""
    server = start("--max-connections", "16", "--threads", "1")
    world = main_of(server)
    made = fault(world, {"delay_ms": FOREVER}, {"method": "POST"}, times=None)
    waiting = [wire(server).send("POST", PATH, BODY) for _ in range(8)]
    until(lambda: world.done("GET", f"/faults/{made['id']}")["fired"] == 8)
    received = wire(server).send("POST", PATH, BODY, "Connection: close\r\n").until(None)
    assert received.startswith(b"HTTP/1.1 503 ") and b"--max-connections" in received, received
    assert control(server, "GET", "/_crmock/requests").status == 503
    for one in waiting:
        one.close()
    seen = lambda: control(server, "GET", "/_crmock/requests?limit=1")
    until(lambda: control(server, "GET", "/_crmock/requests?limit=1").status != 503)  # once the server has seen that they are gone
    answer = control(server, "GET", "/_crmock/requests?limit=1")
    [newest] = answer.body["requests"]
    assert newest["status"] == 503 and newest["rule"] == "H6" and newest["fault_id"] == made["id"]
    assert city(world) != "Cut"


def test_beyond_a_quarter_of_the_connections_none_drips(start, wire):
    """So that there is always one left to reset by. One that is delayed as well takes one place."""
    server = start("--max-connections", "16", "--threads", "1")
    world = main_of(server)
    for _ in range(2):  # what was cut has given its place back
        made = fault(world, {"delay_ms": 1, "drip": {"bytes": 1, "every_ms": FOREVER}}, {"method": "POST"}, times=None)
        dripping = [wire(server).send("POST", PATH, BODY) for _ in range(4)]
        assert all(one.until(b"\r\n\r\n{").startswith(b"HTTP/1.1 200 ") for one in dripping)
        received = wire(server).send("POST", PATH, BODY, "Connection: close\r\n").until(None)
        assert received.startswith(b"HTTP/1.1 503 ") and b"--max-connections" in received, received
        assert world.done("GET", f"/faults/{made['id']}")["fired"] == 5
        newest, *others = world.done("GET", "/requests")["requests"]
        assert newest["status"] == 503 and newest["rule"] == "H6" and newest["fault_id"] == made["id"] and {entry["status"] for entry in others} == {200}
        world.done("POST", "/reset")
        assert all(one.until(None) == b"" for one in dripping)


def test_who_gives_up_and_asks_again_stands_in_that_order(fresh, world, wire):
    fault(world, {"delay_ms": FOREVER})
    first = wire(fresh).send("POST", PATH + "?n=1", BODY)
    written(world, 1, query={"n": "1"})
    assert world.request("POST", PATH + "?n=2", BODY).status == 200
    first.close()
    world.done("DELETE", "/faults")
    assert [entry["query"] for entry in entries(world)] == [{"n": "1"}, {"n": "2"}]


def test_the_oauth_server_has_faults_as_well(fresh, world):
    fault(world, {"status": 503, "headers": {"Retry-After": "7"}, "body": {"error": "busy"}}, {"path": "/oauth/v2/token"})
    fresh.connection.request("POST", "/oauth/v2/token")
    answer = fresh.connection.getresponse()
    assert answer.status == 503 and answer.headers["Retry-After"] == "7" and json.loads(answer.read()) == {"error": "busy"}
    assert "access_token" in world.refresh()


def test_some_paths_have_none(fresh, world):
    made = fault(world, {"drop": "before"}, {}, times=None)
    assert fresh.request("GET", "/healthz").status == 200 and fresh.request("GET", "/openapi.json").status == 200
    assert world.done("GET", "/info") and world.done("GET", f"/faults/{made['id']}")["matched"] == 0


def test_a_fault_is_its_sandboxs_own(start, wire):
    server = start()
    one, other = make(server, "credentials", id="one"), make(server, "credentials", id="other")
    fault(one, {"status": 299})
    assert other.request("GET", LIST).status == 200 and main_of(server).request("GET", LIST).status == 200
    received = wire(server).send("GET", "/_s/one" + LIST, "", "Connection: close\r\n").until(None)
    assert received.startswith(b"HTTP/1.1 299 ")


def test_many_at_once_fire_as_often_as_they_may(fresh, world):
    """By eight clients; a fault fires `times`, no more, and passes `after` by."""
    made = fault(world, {"status": 503}, after=20, times=50)

    def ask(server):
        statuses = []
        for _ in range(25):
            server.connection.request("GET", LIST, headers={"Authorization": "Bearer 1000.crmock.admin"})
            answer = server.connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        server.connection.close()
        return statuses

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = sum(pool.map(ask, [fresh.another_client() for _ in range(8)]), [])
    assert (statuses.count(503), statuses.count(200)) == (50, 150)
    told = world.done("GET", f"/faults/{made['id']}")
    assert (told["fired"], told["matched"]) == (50, 200)


def test_latency_is_a_delay_of_every_call(fresh, world):
    world.done("PATCH", "/limits", {"latency_ms": [15, 25]})
    begun = time.monotonic()
    for _ in range(4):
        assert world.request("GET", LIST).status == 200
    assert time.monotonic() - begun >= 0.06


def test_calls_count_from_their_headers_to_their_last_byte(start, wire):
    """The page's professional org may have 15 at once; here two."""
    server = start()
    world = main_of(server)
    world.done("PATCH", "/limits", {"concurrency": 2})
    fault(world, {"drip": {"bytes": 1, "every_ms": FOREVER}}, {"method": "PUT"}, times=None)
    slow = wire(server)
    slow.socket.sendall(head("POST", PATH, BODY)[:-10])  # its body is to come
    dripping = wire(server).send("PUT", "/crm/v8/Leads", json.dumps({"data": [{"id": LEAD, "City": "x"}]}))
    dripping.until(b"\r\n\r\n{")
    answer = world.request("GET", LIST)
    assert answer.status == 429 and answer.body["code"] == "TOO_MANY_REQUESTS", answer
    dripping.close()
    slow.socket.sendall(head("POST", PATH, BODY)[-10:])
    slow.until(b'"SUCCESS"')
    slow.close()
    until(lambda: world.request("GET", LIST).status == 200)  # once the server has seen that they are over
    world.done("PATCH", "/limits", {"concurrency": None})
