"""Section 7 of the control API: the limits of the service (F12, F13), off until they are set."""
import http.client
import json
import re

import pytest

import gallery
from sandbox import Sandbox, make
from server import PATIENCE, run
from test_control import is_as_printed
from test_oauth import CODE, REFRESH, SELF, ask

PAGE, ROOT = gallery.page("limits-of-the-service"), gallery.README.parent
OFF = {"credits": None, "concurrency": None, "tokens": None, "latency_ms": None}
SERVICE = {"credits": "edition", "concurrency": "edition", "tokens": {"count": 10, "seconds": 600}, "latency_ms": None}
BEYOND = {"code": "TOO_MANY_REQUESTS", "details": {}, "message": "You have exceeded the API limit", "status": "error"}
DENIED = {"error_description": "You have made too many requests continuously. Please try again after some time.", "error": "Access Denied", "status": "failure"}
START = "2026-01-31T09:30:00Z"
LEAD = "554023000000600001"
DAY = 86400


def limit(server, method="PUT", **members):
    answer = server.request(method, "/_crmock/limits", members, token=None)
    assert answer.status == 200, answer
    return answer.body


def limits(server):
    return server.request("GET", "/_crmock/limits", token=None).body


def advance(server, seconds):
    assert server.request("POST", "/_crmock/clock/advance", {"by": seconds}, token=None).status == 200


def org(server, version="v8", who="admin"):
    return server.request("GET", f"/crm/{version}/org", token=f"1000.crmock.{who}")


def remaining(answer):
    return answer.headers["X-API-CREDITS-REMAINING"]


def is_beyond(answer):
    """F13, as it is whatever the call."""
    if answer.status != 429:
        return False
    assert answer.body == BEYOND and answer.headers["X-Crmock-Rule"] == "P17" and answer.headers["Retry-After"] is None, answer
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8" and remaining(answer) == "0"
    return True


@pytest.fixture
def server(start_each):
    """Its clock stands."""
    server = start_each()
    assert server.request("PUT", "/_crmock/clock", {"now": START}, token=None).status == 200
    return server


def test_limits_are_put_patched_and_told(server):
    assert limits(server) == OFF and list(limits(server)) == list(OFF)
    whole = {"credits": 10, "concurrency": "edition", "tokens": {"count": 3, "seconds": 60}, "latency_ms": [0, 1]}
    assert limit(server, **whole) == whole == limits(server)
    assert limit(server, "PATCH", credits="edition", concurrency=7, latency_ms=[1, 1]) == whole | {"credits": "edition", "concurrency": 7, "latency_ms": [1, 1]} == limits(server)
    assert limit(server, "PATCH", tokens={"seconds": 61})["tokens"] == {"count": 3, "seconds": 61}
    assert limit(server, "PATCH", tokens={}, latency_ms=0, credits=None) == {"credits": None, "concurrency": 7, "tokens": {"count": 3, "seconds": 61}, "latency_ms": 0}
    assert limit(server, "PATCH") == limits(server) != OFF
    assert limit(server, tokens={"count": 3}) == OFF | {"tokens": {"count": 3, "seconds": 600}}
    assert limit(server, "PATCH", tokens=None) == OFF
    assert limit(server, "PATCH", tokens={}) == OFF | {"tokens": SERVICE["tokens"]}
    assert limit(server, credits=10**9, concurrency=0, latency_ms=600000) == OFF | {"credits": 10**9, "concurrency": 0, "latency_ms": 600000}
    assert limit(server) == OFF == limits(server)


WRONG = [
    ({"credits": -1}, "$.credits"), ({"credits": 10**9 + 1}, "$.credits"), ({"credits": 1.5}, "$.credits"), ({"credits": "7"}, "$.credits"), ({"credits": "Edition"}, "$.credits"), ({"credits": True}, "$.credits"),
    ({"credits": []}, "$.credits"), ({"credits": {}}, "$.credits"), ({"credits": 1e300}, "$.credits"), ({"concurrency": -1}, "$.concurrency"), ({"concurrency": 100001}, "$.concurrency"), ({"concurrency": "service"}, "$.concurrency"),
    ({"concurrency": False}, "$.concurrency"), ({"tokens": 10}, "$.tokens"), ({"tokens": "edition"}, "$.tokens"), ({"tokens": [10, 600]}, "$.tokens"), ({"tokens": {"count": 0}}, "$.tokens.count"), ({"tokens": {"count": 100001}}, "$.tokens.count"),
    ({"tokens": {"count": None}}, "$.tokens.count"), ({"tokens": {"seconds": 0}}, "$.tokens.seconds"), ({"tokens": {"seconds": 1000001}}, "$.tokens.seconds"), ({"tokens": {"seconds": "600"}}, "$.tokens.seconds"),
    ({"tokens": {"minutes": 10}}, "$.tokens.minutes"), ({"latency_ms": -1}, "$.latency_ms"), ({"latency_ms": 600001}, "$.latency_ms"), ({"latency_ms": "5"}, "$.latency_ms"), ({"latency_ms": {}}, "$.latency_ms"), ({"latency_ms": []}, "$.latency_ms"),
    ({"latency_ms": [1]}, "$.latency_ms"), ({"latency_ms": [1, 2, 3]}, "$.latency_ms"), ({"latency_ms": [2, 1]}, "$.latency_ms"), ({"latency_ms": [-1, 2]}, "$.latency_ms[0]"), ({"latency_ms": [None, 2]}, "$.latency_ms[0]"),
    ({"latency_ms": [1, 600001]}, "$.latency_ms[1]"), ({"latency_ms": [1, "2"]}, "$.latency_ms[1]"), ({"latency": 5}, "$.latency"), ({"Credits": 5}, "$.Credits"), ({"": 5}, "$.")]


@pytest.mark.parametrize("body, at", WRONG, ids=[json.dumps(body) for body, _ in WRONG])
def test_wrong_limits_change_nothing(shared, body, at):
    whole = {"concurrency": 99999, "latency_ms": 0} | body
    for method in ("PUT", "PATCH"):
        answer = shared.request(method, "/_crmock/limits", whole, token=None)
        assert (answer.status, answer.body["at"]) == (422, at)
        assert (at == "$.tokens") == (answer.body["error"] == "expected an object of: count seconds")
    answer = shared.request("POST", "/_crmock/sandboxes", {"id": "wrong", "limits": whole}, token=None)
    assert (answer.status, answer.body["at"]) == (422, at.replace("$", "$.limits", 1))
    assert limits(shared) == OFF and shared.request("GET", "/_crmock/sandboxes/wrong", token=None).status == 404


@pytest.mark.parametrize("body, at", [([], "$"), (5, "$"), (b'{"credits": 1, "credits": 2}', "$.credits"), (b"{", None)])
def test_bodies_that_are_none(shared, body, at):
    for method in ("PUT", "PATCH"):
        answer = shared.request(method, "/_crmock/limits", body, token=None)
        assert (answer.status, answer.body.get("at")) == (422 if at else 400, at)
    assert limits(shared) == OFF


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_F13_credits_of_a_day(server, version):
    """Those of each second are free 24 hours later, and a call that is refused changes nothing."""
    limit(server, credits=3)
    assert org(server, version).status == 200
    advance(server, 3600)
    done = [server.update("Leads", {"data": [{"City": "Arta"}], "ids": [LEAD]}, version).status, org(server, version).status]
    assert done == [200, 200]
    refused = server.update("Leads", {"data": [{"City": "Volos"}], "ids": [LEAD]}, version), server.update("Leads", {"data": [{"City": "Volos"}], "cvid": "554023000000091501"}, version), org(server, version)
    assert all(is_beyond(answer) for answer in refused)
    hint = refused[0].headers["X-Crmock-Hint"]
    assert hint == "org 554023000000000011 (Zylker) has spent its 3 credits of 24 hours: the next is free at 2026-02-01T09:30:00Z"
    assert server.request("GET", f"/_crmock/records/Leads/{LEAD}", token=None).body["fields"]["City"] == "Arta"
    assert server.request("GET", "/_crmock/jobs", token=None).body["jobs"] == []
    advance(server, DAY - 3601)
    assert is_beyond(org(server, version))
    advance(server, 1)
    assert [org(server, version).status for _ in range(2)] == [200, 429]
    advance(server, 3600)
    assert [org(server, version).status for _ in range(3)] == [200, 200, 429]


def test_a_clock_that_is_set_back_gives_nothing_back(server):
    limit(server, credits=1)
    assert org(server).status == 200
    assert server.request("PUT", "/_crmock/clock", {"now": "2025-06-01T00:00:00Z"}, token=None).status == 200
    answer = org(server)
    assert is_beyond(answer) and answer.headers["X-Crmock-Hint"].endswith("the next is free at 2025-06-02T00:00:00Z")
    advance(server, DAY)
    assert org(server).status == 200


@pytest.mark.parametrize("version", ["v2", "v8"])
@pytest.mark.parametrize("credits, told", [(5, [None, None, "2", "1", "0", "0"]), (4, [None, "2", "1", "0", "0"]), (1, ["0", "0"]), (0, ["0"])])
def test_F13_what_remains_is_told_from_half_on(server, version, credits, told):
    limit(server, credits=credits)
    answers = [org(server, version) for _ in told]
    assert [remaining(answer) for answer in answers] == told
    assert [is_beyond(answer) for answer in answers] == [False] * credits + [True]


def test_what_remains_is_told_whatever_the_answer(fresh):
    """Also of those that have no body, of refusals, and of HEAD."""
    limit(fresh, credits=10)
    calls = [("GET", "/crm/v8/org", "admin", 200), ("POST", "/crm/v8/Leads/actions/mass_update", "admin", 400), ("GET", "/crm/v8/Leads/actions/mass_update?job_id=1", "admin", 404), ("GET", "/crm/v8/Leads/1", "admin", 204),
             ("GET", "/crm/v8/settings/modules", "read", 401), ("HEAD", "/crm/v8/org", "admin", 200), ("GET", "/crm/v8/org", "closed", 403), ("GET", "/crm/v8/Nonsense", "admin", 400), ("DELETE", "/crm/v8/Leads?ids=1", "admin", 400)]
    told = []
    for method, path, who, status in calls:
        answer = fresh.request(method, path, {} if method == "POST" else None, token=f"1000.crmock.{who}")
        assert answer.status == status, answer
        told.append(remaining(answer))
    assert told == [None] * 4 + ["5", "4", "3", "2", "1"]


def test_what_costs_nothing(server):
    limit(server, credits=1)
    for method, path, token, status in [("GET", "/crm/v9/org", "1000.crmock.admin", 404), ("PATCH", "/crm/v8/org", "1000.crmock.admin", 400), ("GET", "/crm/v8/org", None, 401), ("GET", "/crm/v8/org", "1000.crmock.expired", 401),
                                        ("GET", "/healthz", None, 200), ("GET", "/openapi.json", None, 200), ("GET", "/_crmock/limits", None, 200), ("GET", "/_crmock/clock", None, 200)]:
        answer = server.request(method, path, token=token)
        assert (answer.status, remaining(answer)) == (status, None)
    assert ask(server, REFRESH).status == 200
    assert [is_beyond(org(server)) for _ in range(4)] == [False, True, True, True]
    advance(server, DAY)
    assert [is_beyond(org(server)) for _ in range(2)] == [False, True]


def test_orgs_do_not_share(server):
    limit(server, credits=2)
    assert [is_beyond(org(server)) for _ in range(3)] == [False, False, True]
    assert [is_beyond(org(server, who="free")) for _ in range(3)] == [False, False, True]
    assert not is_beyond(org(server, who="professional"))
    assert is_beyond(org(server, who="standard"))  # another user of the first


@pytest.mark.parametrize("who, rule", [("expired", "E30"), ("closed", "P17"), ("read", "P17")])
def test_the_limits_come_right_behind_the_token(server, who, rule):
    limit(server, credits=0)
    answer = server.request("POST", "/crm/v8/Nonsense/actions/mass_update", [], token=f"1000.crmock.{who}")
    assert answer.headers["X-Crmock-Rule"] == rule
    if rule == "P17":
        assert answer.headers["X-Crmock-Hint"] == "the limits give org 554023000000000011 (Zylker) no credits" and is_beyond(answer)


def test_another_number_goes_on_and_none_begins_anew(server):
    limit(server, credits=2)
    assert [is_beyond(org(server)) for _ in range(3)] == [False, False, True]
    limit(server, "PATCH", credits=3)
    assert [is_beyond(org(server)) for _ in range(2)] == [False, True]
    limit(server, "PATCH", credits=1, tokens={})
    assert is_beyond(org(server))
    limit(server, "PATCH", credits=None)
    assert [remaining(org(server)) for _ in range(5)] == [None] * 5
    limit(server, "PATCH", credits=1)
    assert [is_beyond(org(server)) for _ in range(2)] == [False, True]


def test_a_reset_brings_back_what_there_was_at_first(start):
    """Of main the option's, of a sandbox its own; with nothing counted. Snapshots have nothing to do with it."""
    server = start("--limits", "service", "--now", START)
    own = {"credits": 1, "concurrency": 3, "tokens": {"count": 1, "seconds": 60}, "latency_ms": 0}
    sandbox = make(server, limits=own, now=START)
    for path, first in (("", SERVICE), (sandbox.prefix, own)):
        def control(method, rest, body=None):
            answer = server.request(method, f"{path}/_crmock{rest}", body, token=None)
            assert answer.status in (200, 201, 204), answer
            return answer.body
        for _ in range(2):
            assert control("GET", "/limits") == first
            control("POST", "/snapshots", {"name": "first", "replace": True})
            assert control("PUT", "/limits", {"credits": 2})["credits"] == 2
            spent = [server.request("GET", f"{path}/crm/v8/org").status for _ in range(3)]
            assert spent[-1] == 429
            control("POST", "/snapshots/first/restore")
            assert control("GET", "/limits") == OFF | {"credits": 2} and server.request("GET", f"{path}/crm/v8/org").status == 429
            control("POST", "/reset")
            assert control("GET", "/limits") == first
            assert server.request("GET", f"{path}/crm/v8/org").status == 200
            assert ask(server, REFRESH, path=f"{path}/oauth/v2/token").status == 200
            control("POST", "/reset")


def test_a_kept_main_keeps_its_limits_until_it_ends(start, tmp_path):
    server = start(db=tmp_path / "store.db")
    limit(server, credits=1)
    assert org(server).status == 200 and server.request("POST", "/_crmock/reset", token=None).status == 409
    assert limits(server) == OFF | {"credits": 1} and is_beyond(org(server))
    server.stop()
    server = start("--limits", "service", db=tmp_path / "store.db")
    assert limits(server) == SERVICE and org(server).status == 200


def test_sandboxes_have_limits_of_their_own(start):
    server = start("--limits", "service")
    as_process, off, own = make(server), make(server, limits={}), make(server, "credentials", limits={"credits": 1, "tokens": {}})
    assert [one.done("GET", "/limits") for one in (as_process, off, own)] == [SERVICE, OFF, OFF | {"credits": 1, "tokens": SERVICE["tokens"]}]
    limit(server, credits=2)
    assert [own.request("GET", "/crm/v8/org").status for _ in range(2)] == [200, 429]
    assert [is_beyond(org(server)) for _ in range(3)] == [False, False, True]
    copy, fresh_one = make(server, extends="main"), make(server)
    assert copy.done("GET", "/limits") == OFF | {"credits": 2} and fresh_one.done("GET", "/limits") == SERVICE
    assert [copy.request("GET", "/crm/v8/org").status for _ in range(3)] == [200, 200, 429]  # main's are not spent for it
    assert make(server, extends="main", limits={}).done("GET", "/limits") == OFF
    again = Sandbox(server, server.request("POST", "/_crmock/sandboxes", {"id": own.id, "if_exists": "replace"}, token=None).body)
    assert again.done("GET", "/limits") == SERVICE and again.request("GET", "/crm/v8/org").status == 200


def spend(server, path, token, count):
    """Many calls, whose answers are not looked at; the last one's headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    for _ in range(count):
        connection.request("GET", path, headers={"Authorization": f"Zoho-oauthtoken {token}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
    return answer.headers


def test_the_credits_of_the_free_edition(start):
    server = start("--limits", "service")
    assert spend(server, "/crm/v8/org", "1000.crmock.free", 2499)["X-API-CREDITS-REMAINING"] is None
    assert remaining(org(server, who="free")) == "2500"
    assert remaining(org(server)) is None
    assert server.request("GET", "/_crmock/info", token=None).body["options"]["limits"] == "service"


def test_what_the_option_takes():
    for words in (["--limits", "Service"], ["--limits", ""]):
        done = run("--port", "0", *words)
        assert done.returncode != 0 and "off, or service" in done.stderr
    assert run("--port", "0", env={"CRMOCK_LIMITS": "on"}).returncode != 0


def gives(server, fields=REFRESH):
    """Whether the token endpoint gives a token; F12 if not."""
    answer = ask(server, fields)
    if answer.status == 200:
        assert "access_token" in answer.body, answer
        return True
    assert (answer.status, answer.body, answer.headers["X-Crmock-Rule"]) == (400, DENIED, "O22"), answer
    assert list(answer.body) == list(DENIED) and answer.headers["Retry-After"] is None
    return False


def test_F12_a_refresh_token_gives_so_many(server):
    limit(server, tokens=SERVICE["tokens"])
    assert gives(server)
    advance(server, 60)
    assert [gives(server) for _ in range(11)] == [True] * 9 + [False] * 2
    hint = ask(server, REFRESH).headers["X-Crmock-Hint"]
    assert hint == "the refresh token gave 10 access tokens in 600 seconds, as many as the limits allow: it gives the next one at 2026-01-31T09:40:00Z"
    advance(server, 539)
    assert not gives(server)
    advance(server, 1)
    assert [gives(server) for _ in range(2)] == [True, False]
    advance(server, 60)
    assert [gives(server) for _ in range(10)] == [True] * 9 + [False]


def test_F12_what_else_gives_tokens_does_not_count(server):
    limit(server, tokens={"count": 1})
    issued = ask(server, CODE).body
    assert "refresh_token" in issued and gives(server, SELF) and gives(server, SELF)
    assert [gives(server) for _ in range(2)] == [True, False]
    other = REFRESH | {"refresh_token": issued["refresh_token"]}
    assert [gives(server, other) for _ in range(2)] == [True, False]
    assert gives(server, SELF)
    assert org(server).status == 200 and is_as_printed(limits(server), OFF | {"tokens": {"count": 1, "seconds": 600}})


@pytest.mark.parametrize("wrong, rule", [({"client_id": "nobody"}, "O1"), ({"client_secret": "x"}, "O2"), ({"grant_type": "x"}, "O3"), ({"refresh_token": "x"}, "O4")])
def test_F12_what_is_refused_does_not_count_and_is_refused_first(server, wrong, rule):
    limit(server, tokens={"count": 1})
    for given in (True, False):
        assert ask(server, REFRESH | wrong).headers["X-Crmock-Rule"] == rule
        assert gives(server) == given
    assert ask(server, REFRESH | wrong).headers["X-Crmock-Rule"] == rule


def test_F12_a_token_that_is_denied_is_not_made(start, tmp_path):
    server = start(db=tmp_path / "store.db")
    limit(server, tokens={"count": 1})
    assert gives(server)
    before = server.query("SELECT count(*) FROM oauth_token")
    assert not gives(server) and server.query("SELECT count(*) FROM oauth_token") == before
    limit(server, "PATCH", tokens={"count": 2})
    assert [gives(server) for _ in range(2)] == [True, False]
    limit(server)
    assert [gives(server) for _ in range(12)] == [True] * 12


def test_both_forms_of_a_refresh_token_are_one(start):
    sandbox = make(start(), limits={"tokens": {"count": 1}})
    forms = [sandbox.client() | {"grant_type": "refresh_token", "refresh_token": f"1000.{name}.refresh"} for name in (sandbox.id, "crmock")]
    assert [sandbox.oauth(form).status for form in forms] == [200, 400]


def test_the_examples_of_the_page(fresh):
    examples = re.findall(r"```sh\n(curl .*)\n```\n\n```json\n(.*)\n```\n", PAGE)
    for line, printed in examples:
        status, answer, _, _ = gallery.curl(fresh, line)
        assert is_as_printed(answer, json.loads(printed)), (line, answer)
        assert (status in (400, 429)) == ('"status": ' in printed), line
    assert len(examples) == PAGE.count("```sh") >= 8


def test_the_editions_of_the_page_are_those_of_the_code():
    listed = {name: (int(credits.replace(",", "")), int(calls)) for name, credits, calls in re.findall(r"^\| `(\w+)`.*? \| ([\d,]+) \| (\d+) \|$", PAGE, re.M)}
    source = (ROOT / "server" / "crm" / "limits.c").read_text()
    rows = re.findall(r'\{"(\w+)", (\d+), (\d+)\}', re.search(r"editions\[\] = \{(.*?)\};", source, re.S).group(1))
    assert listed == {name: (int(credits), int(calls)) for name, credits, calls in rows} and len(listed) == 5
    assert f"| `{rows[0][0]}`, and any other text |" in PAGE
