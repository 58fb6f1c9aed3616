"""Section 8 of the control API: the journal, its search, and what must not be in it."""
import base64
import concurrent.futures
import contextlib
import http.client
import json
import re
import secrets
import subprocess
import threading
import urllib.parse

import pytest

import gallery
from login import LOGIN, visit
from sandbox import control, main_of, make
from server import PATIENCE

LEAD, OTHER = "554023000000600001", "554023000000600002"
CHAT = {"data": [{"Lead_Source": "Chat"}], "ids": [LEAD]}
MEMBERS = ["id", "time", "method", "path", "query", "headers", "token", "user", "body", "status", "answer", "rule", "hint", "duration_us", "job_id", "fault_id"]
UPDATE = "/crm/v8/Leads/actions/mass_update"
ADMIN = "patricia.boyle@zylker.example"


def requests(place, query=""):
    return place.done("GET", f"/requests{query}")["requests"]


def ids(place, query=""):
    return [int(entry["id"]) for entry in requests(place, query)]


@pytest.fixture(params=["in memory", "in a file", "a sandbox"])
def place(request, start, tmp_path):
    """A world that nobody has asked anything yet."""
    server = start(db=tmp_path / "store.db" if request.param == "in a file" else None)
    return make(server) if request.param == "a sandbox" else main_of(server)


def test_a_request_and_its_answer(place):
    main = place
    answer = main.update("Leads", CHAT, headers={"X-Twice": "a"})
    [entry] = requests(main)
    assert list(entry) == MEMBERS and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
    told = {name: entry[name] for name in ("id", "method", "path", "query", "token", "user", "body", "status", "answer", "rule", "hint", "job_id", "fault_id")}
    assert told == {"id": "1", "method": "POST", "path": UPDATE, "query": {}, "token": "1000.crmock.admin", "user": ADMIN, "body": CHAT, "status": 200, "answer": answer.body, "rule": None, "hint": None,
                    "job_id": None, "fault_id": None}
    assert entry["headers"]["Authorization"] == "Zoho-oauthtoken 1000.crmock.admin" and entry["headers"]["X-Twice"] == "a" and entry["duration_us"] >= 0
    assert main.done("GET", "/requests/1") == entry


def test_what_was_refused_and_scheduled(place):
    main = place
    assert main.update("Leads", {"data": [{"Nope": 1}], "ids": [LEAD]}, token="standard").status == 400
    main.schedule("Leads", {"data": [{"Lead_Source": "Chat"}], "cvid": "554023000000091501"})
    assert main.request("GET", "/crm/v8/Leads?page=1&fields=City&page=2&x&%C3%A9=%20", token=None).status == 401
    by_none, scheduled, refused = requests(main)
    assert refused["rule"] and refused["hint"] and refused["status"] == 400 and refused["user"] == "sam.standard@zylker.example"
    assert scheduled["job_id"] == scheduled["answer"]["data"][0]["details"]["job_id"]
    assert by_none["token"] is by_none["user"] is None and by_none["rule"] == "E29" and by_none["body"] is None
    assert by_none["query"] == {"page": ["1", "2"], "fields": "City", "x": "", "é": " "}


def test_control_calls_are_not_in_it(fresh):
    main = main_of(fresh)
    for path in ("/_crmock/info", "/_crmock/clock", "/_crmock/nowhere", "/_crmock/requests"):
        control(fresh, "GET", path)
    assert requests(main) == []


@pytest.mark.parametrize("way", ["prefix", "header", "credentials"])
def test_each_sandbox_has_its_own(shared, way):
    one = make(shared, way)
    assert one.request("GET", f"/crm/v8/Leads/{LEAD}").status == 200
    there = make(shared, "prefix", id="other-" + one.id[:10])
    [entry] = requests(one.by("prefix"))
    assert entry["path"] == f"/crm/v8/Leads/{LEAD}" and entry["token"] == "1000.crmock.admin"
    assert entry["headers"]["Authorization"] == f"Zoho-oauthtoken 1000.{one.id if way == 'credentials' else 'crmock'}.admin"
    assert requests(there) == []
    control(shared, "DELETE", f"/_crmock/sandboxes/{one.id}")
    control(shared, "DELETE", f"/_crmock/sandboxes/{there.id}")


def test_pages_of_it(fresh):
    main = main_of(fresh)
    for number in range(7):
        assert main.request("GET", f"/crm/v8/org?n={number}").status == 200
    assert ids(main) == [7, 6, 5, 4, 3, 2, 1]
    assert ids(main, "?limit=3") == [7, 6, 5] and main.done("GET", "/requests?limit=3")["more"] and not main.done("GET", "/requests?limit=7")["more"]
    assert ids(main, "?limit=3&after=5") == [4, 3, 2] and ids(main, "?after=2") == [1] and ids(main, "?after=1") == []
    assert ids(main, "?since_id=5") == [7, 6] and ids(main, "?since_id=7") == [] and ids(main, "?since_id=2&limit=2") == [4, 3]
    assert ids(main, "?since_id=2&after=5") == [4, 3] and main.done("GET", "/requests?since_id=2&limit=2")["more"]
    assert main.control("DELETE", "/requests").status == main.control("DELETE", "/requests").status == 204
    assert requests(main) == [] and main.request("GET", "/crm/v8/org").status == 200 and ids(main) == [8]
    assert control(fresh, "POST", "/_crmock/sandboxes", {"id": "x"}).status == 201


@pytest.mark.parametrize("most", [0, 3])
def test_how_many_are_kept(start, most):
    main = main_of(start("--journal", most))
    sandbox = make(main.server)
    for place in (main, sandbox):
        for _ in range(5):
            assert place.request("GET", "/crm/v8/org").status == 200
        assert ids(place) == ([5, 4, 3] if most else [])
    assert control(main.server, "GET", "/_crmock/info").body["options"]["journal"] == most


def test_it_takes_two_mebibytes(fresh):
    """Long bodies are cut, and leave room for fewer."""
    main = main_of(fresh)
    for _ in range(50):
        assert main.request("POST", UPDATE, b" " * (100 << 10)).status == 400
    told = requests(main)
    assert 20 <= len(told) <= 32 and {entry["body"] for entry in told} == {" " * (64 << 10)}
    assert main.control("GET", f"/requests/{told[0]['id']}?as=curl").status == 409


def test_a_reset_empties_it(fresh):
    sandbox = make(fresh)
    sandbox.set("Leads", LEAD, City="Arta")
    sandbox.done("POST", "/snapshots", {"name": "one"})
    sandbox.done("POST", "/snapshots/one/restore")
    assert ids(sandbox) == [1]
    sandbox.done("POST", "/reset")
    assert ids(sandbox) == []
    sandbox.set("Leads", LEAD, City="Arta")
    assert ids(sandbox) == [2]


def test_the_answer_is_in_it_when_it_has_come(fresh):
    """Of many clients at once each finds its own."""
    def ask(number):
        client = fresh.another_client()
        main = main_of(client)
        for turn in range(20):
            name = f"{number}-{turn}"
            assert main.request("GET", f"/crm/v8/org?n={name}").status == 200
            verified = main.done("POST", "/requests/verify", {"match": {"query": {"n": name}}, "count": 1})
            assert verified["verified"], (name, verified)
        client.connection.close()
        return True
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert ids(main_of(fresh), "?limit=1000") == list(range(160, 0, -1))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A sandbox of which a few requests are known, by their ids from 1."""
    from server import Server
    server = Server()
    main = main_of(server)
    main.update("Leads", CHAT)                                                                                    # 1
    main.update("Leads", {"data": [{"Lead_Source": "Fax", "City": "Arta"}], "ids": [LEAD, OTHER]}, version="v2.1")  # 2
    main.update("Deals", {"data": [{"Type": "New Business"}], "ids": [554023000000497007]}, token="standard")    # 3
    main.request("GET", f"/crm/v8/Leads/{LEAD}?fields=City&fields=Lead_Source", headers={"User-Agent": "sdk/8.0", "X-Run": "a*b"})  # 4
    main.request("GET", "/crm/v8/Leads?page=2&fields=City")                                                            # 5
    main.oauth(main.client() | {"grant_type": "refresh_token", "refresh_token": main.made["refresh_token"]})      # 6
    main.request("POST", UPDATE, b"{")                                                                            # 7
    main.request("GET", "/crm/v8/org", token=None)                                                                # 8
    main.request("PUT", "/crm/v8/Leads", {"data": [{"id": LEAD, "City": None, "No_of_Employees": 5}]})            # 9
    yield main
    server.stop()


FINDS = [
    ({}, [9, 8, 7, 6, 5, 4, 3, 2, 1]), ({"method": "POST"}, [7, 6, 3, 2, 1]), ({"method": "put"}, [9]), ({"module": "Leads"}, [9, 7, 5, 4, 2, 1]), ({"version": "v2.1"}, [2]), ({"version": "8", "method": "GET"}, [8, 5, 4]),
    ({"path": UPDATE}, [7, 1]), ({"path": "/crm/*/Leads/actions/*"}, [7, 2, 1]), ({"path": "/crm/*/Leads"}, [9, 5]), ({"path": "/crm/**/mass_update"}, [7, 3, 2, 1]), ({"path": "**"}, [9, 8, 7, 6, 5, 4, 3, 2, 1]), ({"path": "/oauth/**"}, [6]),
    ({"query": {"page": "2"}}, [5]), ({"query": {"fields": "Lead_Source"}}, [4]), ({"query": {"fields": "x"}}, []), ({"headers": {"user-agent": "sdk/*"}}, [4]), ({"headers": {"x-run": "a*b"}}, [4]), ({"headers": {"authorization": "Zoho-oauthtoken *"}, "module": "Deals"}, [3]),
    ({"token": "1000.crmock.standard"}, [3]), ({"user": ADMIN, "status": 400}, [7, 2]), ({"form": {"grant_type": "refresh_token"}}, [6]), ({"form": {"grant_type": "x"}}, []), ({"status": 401}, [8]), ({"rule": "E29"}, [8]),
    ({"body": {"data": [{"Lead_Source": "Fax"}]}}, [2]), ({"body": {"ids": [int(LEAD)]}}, [1]), ({"body": {"ids": [LEAD]}}, [1]), ({"body": {"ids": {"$contains": [OTHER]}}}, [2]), ({"body": {"ids": {"$contains": [LEAD]}}}, [2, 1]),
    ({"body": {"ids": ["554023000000497007"]}}, [3]), ({"body": {"ids": {"$any": True}}}, [3, 2, 1]), ({"body": {"data": [{"City": {"$any": True}}]}}, [9, 2]), ({"body": {"data": [{"City": None}]}}, [9]), ({"body": {"data": [{"No_of_Employees": 5.0}]}}, [9]),
    ({"body": {"data": []}}, []), ({"body": "{"}, [7]), ({"body": {"data": {"$contains": [{"id": int(LEAD)}]}}}, [9])]


@pytest.mark.parametrize("match, found", FINDS, ids=range(len(FINDS)))
def test_what_is_found(kept, match, found):
    answer = kept.done("POST", "/requests/find", {"match": match})
    assert [int(entry["id"]) for entry in answer["requests"]] == found and not answer["more"]
    verified = kept.done("POST", "/requests/verify", {"match": match})
    assert verified["verified"] == bool(found) and verified["matched"] == len(found) and [int(id) for id in verified["requests"]] == found and ("nearest" in verified) == (not found)


@pytest.mark.parametrize("query, found", [
    ("?method=POST", [7, 6, 3, 2, 1]), ("?method=get&module=Leads", [5, 4]), ("?path=/crm/**/mass_update", [7, 3, 2, 1]), ("?path=/crm/*/Leads", [9, 5]), ("?status=401", [8]), ("?status=404", []), ("?rule=E29", [8]),
    ("?module=Leads&after=5", [4, 2, 1]), ("?module=Leads&since_id=5", [9, 7]), ("?method=POST&limit=2", [7, 6])])
def test_what_a_query_picks(kept, query, found):
    assert ids(kept, query) == found


def test_how_many_are_found(kept):
    answer = kept.done("POST", "/requests/find", {"match": {"method": "POST"}, "limit": 2})
    assert [entry["id"] for entry in answer["requests"]] == ["7", "6"] and answer["more"]
    assert len(kept.done("POST", "/requests/find")["requests"]) == 9 and kept.done("POST", "/requests/verify", {"count": 9})["verified"]


@pytest.mark.parametrize("count, verified", [(3, False), (5, True), (6, False), (0, False), ({"min": 5}, True), ({"min": 6}, False), ({"max": 5}, True), ({"max": 4}, False), ({"min": 2, "max": 9}, True), ({"min": 5, "max": 5}, True), ({"min": 0}, True), ({"max": 0}, False)])
def test_counts(kept, count, verified):
    """Also at once when there are too many: that will not get better."""
    answer = kept.done("POST", "/requests/verify", {"match": {"method": "POST"}, "count": count} | ({"wait": 60} if not verified and count not in (6, {"min": 6}) else {}))
    assert (answer["verified"], answer["matched"]) == (verified, 5) and ("nearest" in answer) == (not verified)
    none = kept.done("POST", "/requests/verify", {"match": {"method": "PATCH"}, "count": count})
    assert none["verified"] == (count in (0, {"max": 5}, {"max": 4}, {"min": 0}, {"max": 0}))


def test_what_a_match_may_take_has_a_bound(fresh):
    """Others wait for the thread that looks, and so does a stop."""
    for _ in range(60):
        fresh.request("POST", "/crm/v8/Leads/search", [0] * 1500 + [1])
    for path in ("find", "verify"):
        answer = control(fresh, "POST", f"/_crmock/requests/{path}", {"match": {"body": {"$contains": [1] * 450}}})
        assert answer.status == 422 and answer.body["at"] == "$.match", answer
    assert main_of(fresh).done("POST", "/requests/verify", {"match": {"body": {"$contains": [1]}}, "count": 60})["verified"]


def differs(at, expected, found):
    return {"at": at, "expected": expected, "found": found}


@pytest.mark.parametrize("match, nearest", [
    ({"method": "POST", "body": {"data": [{"Lead_Source": "Phone"}], "ids": [LEAD]}}, [(1, [differs("$.body.data[0].Lead_Source", "Phone", "Chat")])]),
    ({"module": "Leads", "version": "v2.1", "body": {"data": [{"City": "Volos"}]}}, [(2, [differs("$.body.data[0].City", "Volos", "Arta")])]),
    ({"module": "Deals", "body": {"over_write": True}}, [(3, [differs("$.body.over_write", True, None)])]),
    ({"headers": {"x-run": "b*", "user-agent": "sdk/8.0"}}, [(4, [differs("$.headers.x-run", "b*", "a*b")])]),
    ({"query": {"fields": "City", "page": "1"}, "headers": {"X-Run": "*"}}, [(4, [differs("$.query.page", "1", None)])]),
    ({"method": "GET", "path": "/crm/v8/Leads", "query": {"page": "3"}}, [(5, [differs("$.query.page", "3", "2")])]),
    ({"path": "/crm/v8/Leads", "method": "PUT", "body": {"data": [{"City": None, "No_of_Employees": 6}]}}, [(9, [differs("$.body.data[0].No_of_Employees", 6, 5)])]),
    ({"user": "x", "status": 401, "method": "GET"}, [(8, [differs("$.user", "x", None)])]),
    ({"rule": "E1", "status": 401}, [(8, [differs("$.rule", "E1", "E29")])]),
    ({"status": 201, "version": "v2.1", "module": "Leads"}, [(2, [differs("$.status", 201, 400)])]),
    ({"module": "Deals", "body": {"ids": {"$contains": [1]}}}, [(3, [differs("$.body.ids.$contains[0]", 1, None)])]),
    ({"form": {"grant_type": "authorization_code", "client_id": "1000.CRMOCK"}}, [(6, [differs("$.form.grant_type", "authorization_code", "refresh_token")])])])
def test_what_came_nearest(kept, match, nearest):
    answer = kept.done("POST", "/requests/verify", {"match": match})
    assert not answer["verified"] and answer["matched"] == 0 and answer["requests"] == [] and len(answer["nearest"]) == 3
    told = [(int(one["id"]), one["differences"]) for one in answer["nearest"]]
    assert told[:len(nearest)] == nearest


def test_of_those_as_near_the_newest_come_first(kept):
    answer = kept.done("POST", "/requests/verify", {"match": {"method": "PATCH"}})
    assert [(one["id"], one["differences"]) for one in answer["nearest"]] == [("9", [differs("$.method", "PATCH", "PUT")]), ("8", [differs("$.method", "PATCH", "GET")]), ("7", [differs("$.method", "PATCH", "POST")])]
    assert kept.done("POST", "/requests/verify", {"count": 10})["nearest"] == []  # all fit: they are too few


@pytest.mark.parametrize("path, body, at", [
    ("find", {"x": 1}, "$.x"), ("find", {"match": 1}, "$.match"), ("find", {"match": None}, "$.match"), ("find", {"match": {"pth": "/"}}, "$.match.pth"), ("find", {"match": {"status": "200"}}, "$.match.status"), ("find", {"match": {"path": ""}}, "$.match.path"),
    ("find", {"match": {"body": {"$x": 1}}}, "$.match.body.$x"), ("find", {"limit": 0}, "$.limit"), ("find", {"limit": 1001}, "$.limit"), ("find", {"limit": "1"}, "$.limit"), ("find", {"count": 1}, "$.count"),
    ("verify", {"limit": 1}, "$.limit"), ("verify", {"count": -1}, "$.count"), ("verify", {"count": 1.5}, "$.count"), ("verify", {"count": "1"}, "$.count"), ("verify", {"count": None}, "$.count"), ("verify", {"count": {}}, "$.count"), ("verify", {"count": {"least": 1}}, "$.count.least"),
    ("verify", {"count": {"min": 2, "max": 1}}, "$.count"), ("verify", {"count": {"min": "1"}}, "$.count.min"), ("verify", {"count": {"max": -1}}, "$.count.max"), ("verify", {"wait": 61}, "$.wait"), ("verify", {"wait": -1}, "$.wait"), ("verify", {"wait": True}, "$.wait"),
    ("verify", {"match": {"headers": {"a": 1}}, "wait": 60}, "$.match.headers.a")])
def test_what_is_no_search(kept, path, body, at):
    answer = kept.control("POST", f"/requests/{path}", body)
    assert (answer.status, answer.body.get("at")) == (422, at), answer


@pytest.mark.parametrize("path, status, at", [
    ("?limit=0", 422, "limit"), ("?after=x", 422, "after"), ("?since_id=0", 422, "since_id"), ("?status=ok", 422, "status"), ("?status=99", 422, "status"), ("?path=", 422, "path"), ("?path=x", 422, "path"), ("?id=1", 422, "id"),
    ("/1?as=wget", 422, "as"), ("/1?x=1", 422, "x"), ("/77", 404, None), ("/0", 404, None), ("/-1", 404, None), ("/x", 404, None), ("/9223372036854775807", 404, None), ("/77?as=curl", 404, None)])
def test_what_is_not_there(kept, path, status, at):
    answer = kept.control("GET", f"/requests{path}")
    assert (answer.status, answer.body.get("at")) == (status, at), answer


class Waiting:
    """A call that waits, in a thread of its own."""

    def __init__(self, place, body):
        self.client = place.server.another_client()
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.future = self.pool.submit(place.by(place.way, self.client).done, "POST", "/requests/verify", body | {"wait": 60})

    def end(self):
        answer = self.future.result(PATIENCE)
        self.client.connection.close()
        return answer


def test_it_waits_for_a_request(fresh):
    """However many come that do not match, and as many as are asked for."""
    main = main_of(fresh)
    waiting = [Waiting(main, {"match": {"path": "/crm/v8/org"}, "count": count}) for count in (1, {"min": 3}, 3)]
    for _ in range(2):
        assert main.request("GET", "/crm/v8/Leads?fields=City").status == 200
        assert main.request("GET", "/crm/v8/org").status == 200
    assert main.request("GET", "/crm/v8/org").status == 200
    answers = [one.end() for one in waiting]
    assert answers[1]["verified"] and answers[2]["verified"] and answers[2]["requests"] == ["5", "4", "2"]
    assert answers[0]["matched"] >= 1 and main.done("POST", "/requests/verify", {"match": {"path": "/crm/v8/org"}, "count": 2, "wait": 60})["matched"] == 3


def test_a_wait_has_an_end(fresh):
    """Its own, a reset of the sandbox, and that it is dropped."""
    nothing = {"verified": False, "matched": 0, "requests": [], "nearest": []}
    assert main_of(fresh).done("POST", "/requests/verify", {"wait": 1}) == nothing
    sandbox = make(fresh)
    waiting = Waiting(sandbox, {})
    while not waiting.future.done():  # it may not have come yet
        sandbox.done("POST", "/reset")
    assert waiting.end() == nothing
    client = fresh.another_client()
    dropped = threading.Thread(target=lambda: sandbox.by("prefix", client).control("POST", "/requests/verify", {"wait": 60, "count": 77}))
    dropped.start()
    control(fresh, "DELETE", f"/_crmock/sandboxes/{sandbox.id}")
    dropped.join(PATIENCE)
    assert not dropped.is_alive()
    client.connection.close()


class Asking:
    """A request to the service that takes its time, in a thread of its own; it may be cut, and is not sent again then."""

    def __init__(self, place, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", place.server.port, timeout=PATIENCE)
        self.thread = threading.Thread(target=self.ask, args=(place.prefix + path,))
        self.thread.start()

    def ask(self, path):
        with contextlib.suppress(http.client.HTTPException, ConnectionError):
            self.connection.request("GET", path, headers={"Authorization": "Zoho-oauthtoken 1000.crmock.admin"})
            self.connection.getresponse().read()

    def end(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.connection.close()


def test_a_request_that_is_put_off_has_its_place(fresh):
    """It is there while it waits, without an answer, and in front of what comes later; then with its answer."""
    sandbox = make(fresh)
    sandbox.done("POST", "/faults", {"match": {"path": "/crm/v8/org"}, "effect": {"delay_ms": 300}})
    asking = Asking(sandbox, "/crm/v8/org")
    assert sandbox.done("POST", "/requests/verify", {"match": {"path": "/crm/v8/org"}, "wait": 60})["requests"] == ["1"]
    assert sandbox.request("GET", f"/crm/v8/Leads/{LEAD}").status == 200
    assert sandbox.done("POST", "/requests/verify", {"match": {"path": "/crm/v8/org", "status": 200}, "wait": 60})["requests"] == ["1"]
    asking.end()
    assert [(entry["id"], entry["status"], entry["fault_id"]) for entry in requests(sandbox)] == [("2", 200, None), ("1", 200, "1")]


@pytest.mark.parametrize("forget", [("POST", "/reset"), ("DELETE", "/requests")])
def test_what_was_forgotten_does_not_come_back(fresh, forget):
    sandbox = make(fresh)
    sandbox.done("POST", "/faults", {"match": {"path": "/crm/v8/org"}, "effect": {"delay_ms": 600000}})
    asking = Asking(sandbox, "/crm/v8/org")
    assert sandbox.done("POST", "/requests/verify", {"wait": 60})["verified"]
    [entry] = requests(sandbox)
    assert entry["status"] is entry["answer"] is entry["rule"] is None and entry["path"] == "/crm/v8/org"
    sandbox.done(*forget)
    assert requests(sandbox) == []
    sandbox.done("POST", "/reset")  # which cuts what waits
    asking.end()
    assert requests(sandbox) == []


def run_line(place, line, token):
    done = subprocess.run(["/bin/sh", "-s"], input=line.replace("curl ", "curl -s ", 1).encode("utf-8", "surrogateescape"), capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "TOKEN": token})
    return done.stdout


@pytest.mark.parametrize("way", ["prefix", "header", "credentials"])
@pytest.mark.parametrize("method, path, body, headers", [
    ("GET", "/crm/v8/org", None, {}), ("POST", UPDATE, CHAT, {}), ("POST", UPDATE, b"it's \"$HOME\" `x` \\ \n\t\r\n!", {"Content-Type": "application/json"}), ("POST", UPDATE, b"\xff\xfe\x80", {"X-A": "it's", "X-Empty": ""}),
    ("POST", UPDATE, b"a\0b\n%s\\'", {}), ("POST", UPDATE, b"@/etc/passwd", {}), ("GET", "/crm/v8/Leads/search?criteria=(City:equals:it's%20%26%20more)&x", None, {}), ("GET", "/crm/v8/a%20b%27c/%3F/..%2F%5B1%5D%7B2%7D", None, {}),
    ("PUT", f"/crm/v8/Leads/{LEAD}", {"data": [{"City": "'; echo x; '"}]}, {"Content-Type": "application/json"}), ("DELETE", "/crm/v8/Leads/1", b"x", {}), ("GET", "/crm/v8/../x/./y", None, {})])
def test_a_line_sends_it_again(fresh, way, method, path, body, headers):
    """A shell and curl make of it what had come: it is in the journal twice."""
    place = make(fresh, way)
    place.server.request(method, (place.prefix if way == "prefix" else "") + path, body, token=f"1000.{place.id if way == 'credentials' else 'crmock'}.standard",
                         headers=headers | ({"X-Crmock-Sandbox": place.id} if way == "header" else {}))
    place = place.by("prefix") if way == "credentials" else place
    line = place.done("GET", "/requests/1?as=curl")
    assert "1000." not in line and '"$TOKEN"' in line and line.count("\n") - line.count("\n", 0, -1) == 1
    again = run_line(place, line, f"1000.{place.id}.standard")
    second, first = requests(place)
    assert second["id"] == "2" and again is not None
    for name in ("method", "path", "query", "token", "user", "body", "status", "rule"):
        assert second[name] == first[name], name
    mine = {"Host", "Accept-Encoding", "Authorization", "Content-Length", "User-Agent", "Accept"}
    assert {name: value for name, value in second["headers"].items() if name not in mine} == {name: value for name, value in first["headers"].items() if name not in mine}


def test_the_line_of_the_page(fresh, tmp_path):
    make(fresh, id="three").update("Leads", CHAT, token="1000.three.standard")
    [lines] = re.findall(r"```sh\n([^`]*?again\.sh\n)```", gallery.page("journal"))
    done = subprocess.run(["bash", "-c", lines.replace(gallery.BASE, fresh.url)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(done.stdout)["data"][0]["code"] == "SUCCESS"
    assert [entry["user"] for entry in control(fresh, "GET", "/_s/three/_crmock/requests").body["requests"]] == [ADMIN, "sam.standard@zylker.example"]


def test_the_members_of_the_page(kept):
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| .* \|$", gallery.page("journal").partition("## No secrets")[0], re.M)
    assert [name for row in rows for name in re.findall(r"\w+", row)] == MEMBERS == list(requests(kept)[0])
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| .* \|$", gallery.page("journal").partition("## Finding")[2], re.M)
    expected = kept.control("POST", "/requests/find", {"match": {"": 1}}).body["error"].partition(": ")[2].split()
    assert sorted(name for row in rows for name in re.findall(r"\w+", row)) == sorted(expected)


def core():
    """Nobody else has it; long enough that its beginning may be told."""
    return secrets.token_hex(16)


def everything_told(place):
    """All that the journal says, in all its ways."""
    entries = requests(place, "?limit=1000")
    yield json.dumps(entries, ensure_ascii=False)
    for entry in entries:
        yield json.dumps(place.done("GET", f"/requests/{entry['id']}"), ensure_ascii=False)
        yield place.done("GET", f"/requests/{entry['id']}?as=curl")
    yield json.dumps(place.done("POST", "/requests/find", {"limit": 1000}), ensure_ascii=False)
    nothing = {"$contains": [{"$any": True}]}
    for match in ({"headers": {"Authorization": "x", "X-Api-Key": "x"}}, {"query": {"client_secret": "x", "code": "x", "other": "x", "refresh_token": "x"}}, {"form": {"client_secret": "x", "refresh_token": "x", "code": "x", "token": "x"}},
                  {"body": nothing}, {"body": {"password": "x", "nested": {"a": 1}}}, {"token": "x"}, {"path": "/x"}):
        for method in ("PATCH", "GET", "POST"):  # others come nearest
            yield json.dumps(place.done("POST", "/requests/verify", {"match": match | {"method": method, "status": 599}}), ensure_ascii=False)


def test_no_secret_is_told(start, tmp_path):
    """Tokens, codes, client secrets and passwords by all ways in which they are sent, and in places where they do not belong; then all that is told is searched for their cores."""
    cores = [core() for _ in range(20)]
    secret, refresh, access = f"s3/cr+t {cores[0]} &\"'<é%25", f"own-refresh-{cores[1]}", f"own-access-{cores[2]}"
    fixtures = {"clients": [{"id": "1000.MINE", "secret": secret, "redirect_uris": ["http://localhost:3000/callback"], "user": ADMIN}],
                "tokens": [{"token": refresh, "client": "1000.MINE", "user": ADMIN, "scopes": "ZohoCRM.modules.ALL", "kind": "refresh"}, {"token": access, "client": "1000.MINE", "user": ADMIN, "scopes": "ZohoCRM.modules.ALL,ZohoCRM.mass_update.ALL"}]}
    with open(tmp_path / "log", "wb") as log:
        server = start("--log-level", "info", log=log)
    place = make(server, fixtures=fixtures)
    client = {"client_id": "1000.MINE", "client_secret": secret}
    grant = client | {"grant_type": "refresh_token", "refresh_token": refresh}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    issued = []

    def post(path, body=None, query=None, **headers):
        """By any form; what is issued is a secret, too."""
        answer = place.request("POST", path + (f"?{urllib.parse.urlencode(query)}" if query else ""), body, token=None, headers=headers)
        if isinstance(answer.body, dict):
            issued.extend(answer.body[name] for name in ("access_token", "refresh_token") if name in answer.body)
        return answer

    def multipart(fields):
        return ("".join(f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()) + "--b0undary--\r\n").encode()

    token = "/oauth/v2/token"
    post(token, urllib.parse.urlencode(grant), **form)
    post(token, multipart(grant), **{"Content-Type": "multipart/form-data; boundary=b0undary"})
    post(token, query=grant)
    pair = base64.b64encode(f"1000.MINE:{secret}".encode()).decode()
    post(token, urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": refresh}), Authorization=f"Basic {pair}", **form)
    assert len(issued) == 4, issued
    post(token, urllib.parse.urlencode(grant | {"client_secret": f"wrong-{cores[3]}"}), **form)
    post(token, urllib.parse.urlencode(grant | {"refresh_token": f"1000.{cores[4]}.{cores[5]}"}), **form)
    post(token, json.dumps(grant), **{"Content-Type": "application/json"})
    post(token, json.dumps(grant | {"client_secret": f"in-no-form-{cores[6]}"})[:-9], **{"Content-Type": "text/plain"})
    page = visit(server, LOGIN | {"client_id": f"1000.{place.id}.MINE", "state": f"1000.{cores[7]}.{cores[8]}", "scope": "ZohoCRM.modules.ALL"}).page
    code = visit(server, form=page.answer(user=page.user(ADMIN))).location[1]["code"]
    post(token, urllib.parse.urlencode(client | {"grant_type": "authorization_code", "code": code, "redirect_uri": LOGIN["redirect_uri"]}), **form)
    assert len(issued) == 6, issued
    visit(server, LOGIN | {"client_id": f"1000.{place.id}.MINE", "redirect_uri": f"http://localhost/x?code=short-{cores[9]}"})
    for one in (access, *issued, f"1000.x.{cores[10]}", f"Mine-{cores[11]}"):
        place.request("GET", f"/crm/v8/Leads/{LEAD}", token=None, headers={"Authorization": f"Zoho-oauthtoken {one}"})
        place.request("POST", UPDATE, CHAT, token=None, headers={"authorization": f"bearer {one}"})
    place.request("GET", "/crm/v8/org", token=None, headers={"Authorization": cores[12], "X-Api-Key": cores[13], "Referer": f"http://a/?client_secret={cores[14]}"})
    place.request("GET", f"/crm/v8/Leads/1000.{cores[15]}.{cores[16]}?access_token={issued[0]}&other={issued[1]}&{issued[2]}=1")
    place.request("POST", UPDATE, {"data": [{"Password": f"p-{cores[17]}", "City": f"it is p-{cores[17]}!"}], "clientSecret": {"a": [cores[18]]}, issued[3]: 1, "ids": [issued[4]]})
    post("/oauth/v2/token/revoke", query={"token": issued[0]})
    post("/oauth/v2/token/revoke", urllib.parse.urlencode({"token": issued[1]}), **form)
    post("/oauth/v2/token/revoke", query={"token": f"unknown-{cores[19]}"})
    sought = [*cores, code.rpartition(".")[2], *(one.rpartition(".")[2] for one in issued), pair[-20:], pair[8:40]]
    assert all(len(one) >= 20 for one in sought)
    told = list(everything_told(place))
    assert len(told) > 80 and len(told[0]) > 10000
    server.stop()
    told.append((tmp_path / "log").read_text())
    assert "path=\"/oauth/v2/token\"" in told[-1] or "/oauth/v2/token" in told[-1]
    for text in told:
        plain = urllib.parse.unquote(text)
        for one in sought:
            assert one not in text and one not in plain, (one, text[max(0, text.find(one) - 300):text.find(one) + 100])


def test_a_cookie_is_one_and_a_secret(fresh):
    """Though libmicrohttpd sees none: its name is not changed, it can be matched, and what it says is not told."""
    place = make(fresh)
    session = core()
    place.request("GET", "/crm/v8/org", token="1000.crmock.admin", headers={"Cookie": f"session={session}", "Expect": "100-continue"})
    [entry] = requests(place)
    assert entry["headers"]["Cookie"].endswith("...") and entry["headers"]["Expect"] == "100-continue" and session not in json.dumps(entry)
    assert session not in place.done("GET", "/requests/1?as=curl")
    assert place.done("POST", "/requests/verify", {"match": {"headers": {"cookie": f"session={session}"}}})["verified"]


def test_what_is_built_in_is_told_in_full(fresh):
    place = make(fresh, "credentials")
    for token in ("admin", "standard", "closed", "expired", "nobody"):
        place.request("GET", "/crm/v8/org", token=token)
    told = [entry["headers"]["Authorization"].partition(" ")[2] for entry in requests(place.by("prefix"))]
    assert told == ["1000....", *(f"1000.{place.id}.{token}" for token in ("expired", "closed", "standard", "admin"))]
    assert [entry["headers"]["Authorization"] for entry in requests(main_of(fresh))] == []
