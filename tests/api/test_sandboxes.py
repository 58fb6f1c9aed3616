"""Sandboxes (control API, section 2): made, found, dropped; each a world of its own."""
import base64
import concurrent.futures
import datetime
import http.client
import re
import urllib.parse

import login
import pytest
from sandbox import WAYS, Sandbox, control, make
from server import Server, own_fixtures

LEAD = "554023000000600001"
LIST = "/crm/v8/Leads?fields=City&per_page=5"
ALL = "/_crmock/sandboxes"
ORGS = {"enterprise": "1000.crmock.admin", "professional": "1000.crmock.professional", "free": "1000.crmock.free"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server("--max-sandboxes", "400")
    yield server
    server.stop()


def city(sandbox):
    return sandbox.get("Leads", LEAD)["City"]


def ids(server, query=""):
    body = control(server, "GET", ALL + query).body
    return [one["id"] for one in body["sandboxes"]], body["more"]


def until_gone(server, id):
    """It is asked for by others until there is none: such calls do not use it."""
    while control(server, "GET", f"{ALL}/{id}").status != 404:
        pass


def test_one_is_told_as_it_is_made(server):
    begun = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    made = make(server).made
    assert re.fullmatch("[a-z0-9]{10}", made["id"]) and made["url"] == f"{server.url}/_s/{made['id']}" and made["ttl"] == 3600
    assert begun <= datetime.datetime.fromisoformat(made["created"]) <= datetime.datetime.now(datetime.timezone.utc) and made["created"].endswith("Z")
    assert made["client_id"].startswith(f"1000.{made['id']}.") and made["client_secret"]
    assert made["tokens"]["admin"] == made["access_token"]
    assert all(text.startswith(f"1000.{made['id']}.") for text in (made["refresh_token"], *made["tokens"].values()))
    assert control(server, "GET", f"{ALL}/{made['id']}").body == made
    assert make(server).id != made["id"]


@pytest.mark.parametrize("way", WAYS)
def test_what_changes_in_one_changes_in_no_other(server, way):
    one, other = make(server, way), make(server, way)
    was = city(one)
    one.set("Leads", LEAD, City="One")
    other.set("Leads", LEAD, City="Other")
    assert (city(one), city(other)) == ("One", "Other") and was not in ("One", "Other")
    assert server.request("GET", f"/crm/v8/Leads/{LEAD}").body["data"][0]["City"] == was == city(make(server))


@pytest.mark.parametrize("extends, orgs", [("default", ORGS), ("enterprise", ["enterprise"]), ("professional", ["professional"]), ("free", ["free"]), (None, ORGS)])
def test_it_has_the_orgs_that_it_extends(server, extends, orgs):
    sandbox = make(server, **({"extends": extends} if extends else {}))
    served = {org: sandbox.request("GET", "/crm/v8/org", token=token).status for org, token in ORGS.items()}
    assert served == {org: 200 if org in orgs else 401 for org in ORGS}


def test_it_extends_main_as_that_is_now(start):
    server = start("--now", "2026-03-01T00:00:00Z")
    main = Sandbox(server, {"id": "main"})
    main.set("Leads", LEAD, City="Changed")
    main.done("PUT", "/clock", {"now": "2026-05-01T00:00:00Z"})
    job = main.schedule("Leads", {"data": [{"Company": "Copied"}], "cvid": "554023000000091501"})
    ended = main.ended("Leads", job)
    copy, other = make(server, extends="main"), make(server)
    assert city(copy) == "Changed" and city(other) != "Changed"
    assert copy.ended("Leads", job) == ended and other.job("Leads", job).status == 404
    assert copy.done("GET", "/clock") == {"now": "2026-05-01T00:00:00Z", "mode": "fixed"}
    assert other.done("GET", "/clock") == {"now": "2026-03-01T00:00:00Z", "mode": "fixed"}
    copy.set("Leads", LEAD, City="Copy")
    assert city(main) == "Changed"
    copy.done("POST", "/reset")  # to what it was made with
    assert city(copy) == "Changed" and copy.job("Leads", job).status == 200


def test_one_with_its_own_fixtures_for_main(start, tmp_path):
    """What is left out is what main was filled from; default is not."""
    server = start("--fixtures", own_fixtures(tmp_path, {"records": [{"module": "Leads", "id": "77", "fields": {"Last_Name": "Own"}}]}))
    found = {extends: make(server, **wish).request("GET", "/crm/v8/Leads/77").status
             for extends, wish in (("", {}), ("main", {"extends": "main"}), ("default", {"extends": "default"}))}
    assert found == {"": 200, "main": 200, "default": 204}


@pytest.mark.parametrize("now, clock", [("2026-01-31T09:30:00+05:30", {"now": "2026-01-31T04:00:00Z", "mode": "fixed"}), ("2046-01-31T09:30:00Z", {"now": "2046-01-31T09:30:00Z", "mode": "fixed"})])
def test_its_clock_stands_where_it_was_wanted(server, now, clock):
    sandbox = make(server, now=now)
    assert sandbox.done("GET", "/clock") == clock
    sandbox.set("Leads", LEAD, City="Stamped")
    stamp = datetime.datetime.fromisoformat(sandbox.get("Leads", LEAD)["Modified_Time"])
    assert stamp == datetime.datetime.fromisoformat(clock["now"])
    assert sandbox.refresh()["expires_in"] == 3600
    sandbox.done("POST", "/reset")
    assert sandbox.request("GET", LIST).status == 200  # its tokens are those of its own time
    created = datetime.datetime.fromisoformat(sandbox.request("GET", "/crm/v8/users?type=CurrentUser").body["users"][0]["created_time"])
    assert created == datetime.datetime.fromisoformat(clock["now"])  # and what has no time of its own
    assert make(server).done("GET", "/clock")["mode"] == "running"


def test_now_may_be_as_far_from_the_machines_as_wanted(server):
    clock = make(server, now="+86400").done("GET", "/clock")
    ahead = datetime.datetime.fromisoformat(clock["now"]) - datetime.datetime.now(datetime.timezone.utc)
    assert clock["mode"] == "offset" and 86300 < ahead.total_seconds() <= 86400


def test_its_answers_are_those_that_were_wanted(server):
    def told(**wish):  # E7 has two columns
        return make(server, **wish).update("Leads", {"data": [{"City": "x"}], "cvid": "1"}).body["message"]

    assert told(answers="page") == told() == "the id given seems to be invalid" and told(answers="current") == "the cvid given seems to be invalid"


REFUSED = [("id", id, "$.id") for id in ("", "A", "a_b", "-a", "a" * 33, "main", "crmock", "a/b", "é", 3, None, ["a"])] + [
    ("now", "yesterday", "$.now"), ("now", 3, "$.now"), ("extends", "none", "$.extends"), ("extends", 1, "$.extends"), ("answers", "other", "$.answers"),
    ("if_exists", "keep", "$.if_exists"), ("ttl", -1, "$.ttl"), ("ttl", 1.5, "$.ttl"), ("ttl", "1", "$.ttl"), ("ttl", 1e300, "$.ttl"), ("ttl", True, "$.ttl"), ("nothing", 1, "$.nothing"), ("Id", "a", "$.Id")]


@pytest.mark.parametrize("name, value, at", REFUSED)
def test_what_is_wrong_is_refused_at_its_place(server, name, value, at):
    before = ids(server, "?limit=1000")
    answer = control(server, "POST", ALL, {name: value})
    assert answer.status == 422 and answer.body["at"] == at, answer
    assert ids(server, "?limit=1000") == before


@pytest.mark.parametrize("body, status, at", [("{", 400, None), ("[]", 422, "$"), ("1", 422, "$"), ('{"id": "twice", "id": "twice"}', 422, "$.id"), ('{"ttl": 1, "ttl": 1}', 422, "$.ttl")])
def test_what_is_no_such_object(server, body, status, at):
    answer = control(server, "POST", ALL, body)
    assert answer.status == status and answer.body.get("at") == at
    assert control(server, "GET", f"{ALL}/twice").status == 404


def test_an_empty_body_is_an_empty_object(server):
    assert control(server, "POST", ALL).status == 201
    assert control(server, "GET", f"{ALL}?limit=1&nothing=1").body["at"] == "nothing"


@pytest.mark.parametrize("id", ["a", "0", "a-", "a" * 32, "1000"])
def test_ids(server, id):
    sandbox = make(server, id=id)
    assert sandbox.id == id and all(sandbox.by(way).request("GET", LIST).status == 200 for way in WAYS)


def test_an_id_that_is_taken(server):
    sandbox = make(server, id="taken")
    sandbox.set("Leads", LEAD, City="First")
    for wish in ({}, {"if_exists": "refuse"}):
        assert control(server, "POST", ALL, {"id": "taken"} | wish).status == 409 and city(sandbox) == "First"
    sandbox.done("POST", "/snapshots", {"name": "of the first"})
    other = make(server, id="taken", if_exists="replace", ttl=7)
    assert other.made["ttl"] == 7 and city(sandbox) == city(other) != "First"
    assert other.done("GET", "/snapshots")["snapshots"] == []
    assert control(server, "POST", ALL, {"id": "taken", "if_exists": "replace", "ttl": -1}).status == 422 and city(other) == city(sandbox)
    assert make(server, id="not-yet", if_exists="replace").id == "not-yet"


def test_one_of_many_who_want_the_same_id_gets_it(server):
    def ask(_):
        client = server.another_client()
        status = control(client, "POST", ALL, {"id": "wanted"}).status
        client.connection.close()
        return status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(8))) == [201] + [409] * 7


def test_at_most_so_many(start):
    server = start("--max-sandboxes", "2")
    one, _ = make(server, id="one"), make(server, id="two")
    answer = control(server, "POST", ALL, {})
    assert answer.status == 409 and "--max-sandboxes" in answer.body["error"]
    assert make(server, id="one", if_exists="replace").id == "one"  # as many as before
    control(server, "DELETE", f"{ALL}/one")
    assert make(server).id and ids(server)[0][1] != "one" and one.request("GET", LIST).status == 404
    server = start("--max-sandboxes", "0")
    assert control(server, "POST", ALL, {}).status == 409


def test_the_list_is_paged(start):
    server = start()
    assert ids(server) == (["main"], False)
    made = sorted(f"s{n}" for n in range(12))
    for id in reversed(made):
        make(server, id=id)
    assert ids(server) == (["main", *made], False)
    for limit in (1, 5, 12, 13):
        seen, after, more = [], None, True
        while more:
            page, more = ids(server, f"?limit={limit}" + (f"&after={after}" if after else ""))
            assert len(page) == limit or not more
            seen, after = seen + page, page[-1]
        assert seen == ["main", *made], limit
    assert ids(server, "?after=s1") == (made[2:], False) and ids(server, "?after=s1x") == (made[4:], False) and ids(server, "?after=zz") == ([], False)
    for query, at in (("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("page=1", "page")):
        answer = control(server, "GET", f"{ALL}?{query}")
        assert (answer.status, answer.body["at"]) == (422, at)
    [main, first, *_] = control(server, "GET", ALL).body["sandboxes"]
    assert main["url"] == f"{server.url}/_s/main" and main["ttl"] == 0 and set(first) == {"id", "url", "created", "ttl"}


def test_dropping(start):
    server = start()
    sandboxes = [make(server, id=id) for id in ("a", "b", "c")]
    for _ in range(2):  # gone is gone
        assert control(server, "DELETE", f"{ALL}/b").status == 204
    assert ids(server)[0] == ["main", "a", "c"] and control(server, "GET", f"{ALL}/b").status == 404
    assert [one.request("GET", LIST).status for one in sandboxes] == [200, 404, 200]
    assert [one.by("header").request("GET", LIST).status for one in sandboxes] == [200, 404, 200]
    answer = sandboxes[1].by("credentials").request("GET", LIST)  # its token is nobody's now
    assert answer.status == 401 and answer.body["code"] == "INVALID_TOKEN"
    assert control(server, "DELETE", f"{ALL}/main").status == 409
    again = make(server, id="b")  # nothing of the former is left
    assert again.get("Leads", LEAD) == sandboxes[0].get("Leads", LEAD)
    assert control(server, "DELETE", ALL).status == 204 and ids(server) == (["main"], False)
    assert server.request("GET", LIST).status == 200


def test_what_is_under_way_does_not_keep_it(server):
    """A job that is running goes with its sandbox."""
    sandbox = make(server)
    sandbox.schedule("Leads", {"data": [{"Lead_Source": "Chat"}], "cvid": "554023000000050000"})
    assert control(server, "DELETE", f"{ALL}/{sandbox.id}").status == 204
    assert sandbox.request("GET", LIST).status == 404


@pytest.mark.parametrize("method, path, allow", [("PUT", ALL, "POST, GET, DELETE, OPTIONS"), ("POST", f"{ALL}/main", "GET, DELETE, OPTIONS"), ("PATCH", "/_crmock/reset", "POST, OPTIONS")])
def test_methods(server, method, path, allow):
    answer = control(server, method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allow)
    answer = control(server, "OPTIONS", path)
    assert (answer.status, answer.headers["Allow"]) == (204, allow)


def test_one_that_nobody_uses_is_dropped(start):
    server = start()
    short, kept, forever = make(server, ttl=1), make(server, ttl=1), make(server, ttl=0)
    while control(server, "GET", f"{ALL}/{short.id}").status != 404:
        assert kept.request("GET", LIST).status == 200  # a request is use
    until_gone(server, kept.id)
    assert ids(server)[0] == ["main", forever.id]
    assert short.request("GET", LIST).status == 404 and short.by("credentials").request("GET", LIST).status == 401


def test_one_whose_job_has_not_ended_is_kept(start):
    """Two others live and die one after the other meanwhile; nobody asks it."""
    server = start("--job-delay", "86400000")
    sandbox = make(server, ttl=1)
    job = sandbox.schedule("Leads", {"data": [{"City": "Late"}], "cvid": "554023000000091501"})
    for _ in range(2):
        until_gone(server, make(server, ttl=1).id)
    assert sandbox.job("Leads", job).body["data"][0]["Status"] == "SCHEDULED"


def test_one_whose_job_has_ended_is_dropped(server):
    sandbox = make(server, ttl=1)
    sandbox.schedule("Leads", {"data": [{"City": "Soon"}], "cvid": "554023000000091501"})
    until_gone(server, sandbox.id)


# How a request finds its sandbox.

@pytest.fixture(scope="module")
def two(server):
    """Two sandboxes whose lead says which it is."""
    sandboxes = make(server, id="one-of-two"), make(server, id="two-of-two")
    for sandbox in sandboxes:
        sandbox.set("Leads", LEAD, City=sandbox.id)
    return sandboxes


def asked(server, path="", header=None, token="1000.crmock.admin"):
    answer = server.request("GET", f"{path}/crm/v8/Leads/{LEAD}", token=token, headers={"X-Crmock-Sandbox": header} if header is not None else None)
    return answer.body["data"][0]["City"] if answer.status == 200 else answer.status


def test_path_goes_before_header_before_credential_before_main(server, two):
    one, other = (sandbox.id for sandbox in two)
    main = asked(server)
    assert main not in (one, other) and main == asked(server, "/_s/main") == asked(server, header="main") == asked(server, token="1000.main.admin")
    assert one == asked(server, f"/_s/{one}") == asked(server, header=one) == asked(server, token=f"1000.{one}.admin") == asked(server, f"/_s/{one}", header=one)
    assert asked(server, f"/_s/{one}", header=other) == 422
    for path, header in ((f"/_s/{one}", None), ("", one), ("/_s/main", None), ("", "main")):
        assert asked(server, path, header, token=f"1000.{other}.admin") == 401, (path, header)  # a token of another world
        assert asked(server, path, header, token="1000.crmock.admin") == (main if "main" in (path + (header or "")) else one)
    assert asked(server, "/_s/nobody") == asked(server, header="nobody") == asked(server, header="") == 404
    assert asked(server, "/_s/") == asked(server, "/_s") == 404 or asked(server, "/_s") != 200
    assert asked(server, "/_s/nobody", header=one) == 404 and asked(server, token="1000.nobody.admin") == 401
    assert asked(server, "/_s/" + one.upper()) == 404 and asked(server, token=f"1000.{one[:-1]}.admin") == 401


def test_a_header_stands_once(server, two):
    one = two[0].id.encode()
    got = server.raw(b"GET /crm/v8/org HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 1000.crmock.admin\r\n" + 2 * (b"X-Crmock-Sandbox: " + one + b"\r\n") + b"\r\n")
    assert got.startswith(b"HTTP/1.1 422 ")


def test_prefixes_do_not_nest(server, two):
    one, other = (sandbox.id for sandbox in two)
    for path in (f"/_s/{one}/_s/{one}/crm/v8/org", f"/_s/{one}/_s/{other}/_crmock/info", f"/_s/main/_s/{one}/healthz", f"/_s/{one}/_crmock/sandboxes", f"/_s/{one}/_crmock/sandboxes/{other}",
                 f"/_s/main{ALL}"):
        answer = server.request("GET", path)
        assert answer.status == 404 and set(answer.body) <= {"error", "at"}, path
    assert control(server, "POST", f"/_s/{one}{ALL}", {}).status == 404 and control(server, "DELETE", f"/_s/{one}{ALL}/{one}").status == 404
    assert asked(server, f"/_s/{one}") == one


def test_control_calls_know_no_credentials(server, two):
    one = two[0].id
    told = {way: server.request("GET", path, token=token, headers=headers).body["sandbox"] for way, (path, token, headers) in {
        "prefix": (f"/_s/{one}/_crmock/info", None, {}), "header": ("/_crmock/info", None, {"X-Crmock-Sandbox": one}), "token": ("/_crmock/info", f"1000.{one}.admin", {})}.items()}
    assert told == {"prefix": one, "header": one, "token": "main"}
    assert control(server, "GET", f"/_s/{one}/_crmock/info", headers={"X-Crmock-Sandbox": two[1].id}).status == 422
    assert control(server, "GET", "/_s/nobody/_crmock/info").status == control(server, "GET", "/_crmock/info", headers={"X-Crmock-Sandbox": "nobody"}).status == 404


@pytest.mark.parametrize("word", ["Zoho-oauthtoken", "Bearer"])
def test_both_forms_of_a_token_are_one(server, word):
    sandbox = make(server)
    issued = sandbox.refresh()["access_token"]
    rest = issued.removeprefix(f"1000.{sandbox.id}.")
    assert rest != issued and "." not in rest
    for headers in ({}, {"X-Crmock-Sandbox": sandbox.id}):
        assert server.request("GET", LIST, token=None, headers={"Authorization": f"{word} {issued}"} | headers).status == 200
    inside = {"Authorization": f"{word} 1000.crmock.{rest}"}
    assert server.request("GET", LIST, token=None, headers=inside | {"X-Crmock-Sandbox": sandbox.id}).status == 200
    assert server.request("GET", LIST, token=None, headers=inside).status == 401  # main's are others
    revoked = sandbox.oauth({"token": f"1000.crmock.{rest}"}, "token/revoke")
    assert revoked.status == 200 and server.request("GET", LIST, token=issued).status == 401


def test_tokens_that_are_made_begin_with_the_sandboxs_name(server):
    sandbox, main = make(server), Sandbox(server, {"id": "main"})
    wish = {"user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.ALL"}
    token = sandbox.done("POST", "/tokens", wish)["token"]
    assert control(server, "GET", f"{ALL}/{sandbox.id}").body["tokens"] == sandbox.made["tokens"]  # which are those that have names
    assert token.startswith(f"1000.{sandbox.id}.") and server.request("GET", LIST, token=token).status == 200
    token = main.done("POST", "/tokens", wish)["token"]
    assert re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", token) and server.request("GET", LIST, token=token).status == 200


def grant(sandbox, kind, **other):
    return sandbox.client() | {"grant_type": kind} | other


@pytest.mark.parametrize("way", WAYS)
def test_the_oauth_server_of_a_sandbox(server, way):
    sandbox = make(server, way)
    url = f"{server.url}/_s/{sandbox.id}" if way == "prefix" else server.url
    code = sandbox.oauth(grant(sandbox, "authorization_code", code=f"1000.{sandbox.id}.code", redirect_uri="https://example.com")).body
    again = sandbox.oauth(sandbox.client() | {"grant_type": "refresh_token", "refresh_token": code["refresh_token"]}).body
    own = sandbox.oauth(grant(sandbox, "client_credentials", scope="ZohoCRM.modules.ALL", soid="ZohoCRM.554023000000000011")).body
    for body in (code, again, own):
        assert body["api_domain"] == url and body["access_token"].startswith(f"1000.{sandbox.id}.")
        assert server.request("GET", LIST, token=body["access_token"]).status == 200
    assert code["refresh_token"].startswith(f"1000.{sandbox.id}.")
    main = Sandbox(server, {"id": "main"}, "header")  # the code of every other world is as good as it was
    assert "error" in sandbox.oauth(grant(sandbox, "authorization_code", code=f"1000.{sandbox.id}.code", redirect_uri="https://example.com")).body
    other = make(server, way)
    assert "access_token" in other.oauth(grant(other, "authorization_code", code=f"1000.{other.id}.code", redirect_uri="https://example.com")).body
    assert main.oauth({"client_id": "1000.CRMOCK", "client_secret": "crmock-secret", "grant_type": "refresh_token", "refresh_token": code["refresh_token"]}).body["error"] == "invalid_code"


@pytest.mark.parametrize("how", ["client", "basic", "refresh", "query"])
def test_any_of_its_credentials_will_do(server, how):
    """One of them names the sandbox, and the others are as the fixtures have them."""
    sandbox = make(server)
    fields = {"client_id": "1000.CRMOCK", "client_secret": "crmock-secret", "grant_type": "refresh_token", "refresh_token": "1000.crmock.refresh"}
    headers, query = {"Content-Type": "application/x-www-form-urlencoded"}, ""
    if how == "client":
        fields["client_id"] = f"1000.{sandbox.id}.CRMOCK"
    if how == "refresh":
        fields["refresh_token"] = f"1000.{sandbox.id}.refresh"
    if how == "query":
        query = f"?client_id=1000.{sandbox.id}.CRMOCK"
        del fields["client_id"]
    if how == "basic":
        del fields["client_id"], fields["client_secret"]
        headers["Authorization"] = "Basic " + base64.b64encode(f"1000.{sandbox.id}.CRMOCK:crmock-secret".encode()).decode()
    body = server.request("POST", f"/oauth/v2/token{query}", "&".join(f"{name}={value}" for name, value in fields.items()), token=None, headers=headers).body
    assert body["access_token"].startswith(f"1000.{sandbox.id}."), body
    token = body["access_token"]
    assert server.request("POST", f"/oauth/v2/token/revoke?token={token}", token=None).body == {"status": "success"}  # found by the token alone
    assert server.request("GET", LIST, token=token).status == 401


def test_a_login_by_the_client_alone(server):
    sandbox = make(server)
    parameters = login.LOGIN | {"client_id": sandbox.made["client_id"]}
    page = login.visit(server, parameters).page
    assert len(page.users) > 1
    where, answer = login.visit(server, form=page.answer(user=page.user("sam.standard@zylker.example"))).location
    assert where == login.CALLBACK and answer["state"] == "xyz" and answer["code"].startswith(f"1000.{sandbox.id}.")
    assert answer["location"] and answer["accounts-server"].rstrip("/") == server.url
    body = sandbox.by("credentials").oauth(grant(sandbox, "authorization_code", code=answer["code"], redirect_uri=login.CALLBACK)).body
    assert body["access_token"].startswith(f"1000.{sandbox.id}.") and body["refresh_token"].startswith(f"1000.{sandbox.id}.")
    [user] = server.request("GET", "/crm/v8/users?type=CurrentUser", token=body["access_token"]).body["users"]
    assert user["email"] == "sam.standard@zylker.example"
    assert login.visit(server, form=page.answer("reject")).location[1]["error"] == "access_denied"
    control(server, "DELETE", f"{ALL}/{sandbox.id}")
    assert login.visit(server, parameters).location is None  # nobody's client


def test_a_login_by_the_prefix_stays_behind_it(server):
    """Its form goes to the same place, whatever the page's address is."""
    sandbox = make(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", f"/_s/{sandbox.id}/oauth/v2/auth?" + urllib.parse.urlencode(login.LOGIN))
    page = login.Page(connection.getresponse().read().decode())
    connection.request("POST", f"/_s/{sandbox.id}/oauth/v2/auth", urllib.parse.urlencode(page.answer()), {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    response.read()
    sent = dict(urllib.parse.parse_qsl(response.headers["Location"].partition("?")[2]))
    connection.close()
    assert response.status == 302 and sent["code"].startswith(f"1000.{sandbox.id}.") and sent["accounts-server"] == f"{server.url}/_s/{sandbox.id}"
    assert "access_token" in sandbox.oauth(grant(sandbox, "authorization_code", code=sent["code"], redirect_uri=login.CALLBACK)).body


@pytest.mark.parametrize("way", WAYS)
def test_page_tokens(server, way):
    sandbox, pages = make(server, way), []
    query = f"{LIST}&sort_by=id&sort_order=asc"
    pages.append(sandbox.request("GET", query).body)
    pages.append(sandbox.request("GET", f"{query}&page_token={pages[0]['info']['next_page_token']}").body)
    assert pages[1]["data"][0]["id"] > pages[0]["data"][-1]["id"] and len(pages[1]["data"]) == 5
    back = sandbox.request("GET", f"{query}&page_token={pages[1]['info']['previous_page_token']}").body
    assert back["data"] == pages[0]["data"]


def test_the_url_is_told_as_the_caller_came(server):
    made = control(server, "POST", ALL, {"id": "named"}, {"Host": f"localhost:{server.port}"}).body
    assert made["url"] == f"http://localhost:{server.port}/_s/named"
    for path, headers, url in (("/_s/named/_crmock/info", {}, f"{server.url}/_s/named"), ("/_crmock/info", {"X-Crmock-Sandbox": "named", "Host": "crm:1"}, "http://crm:1")):
        assert control(server, "GET", path, headers=headers).body["url"] == url


def test_other_paths_of_a_sandbox(server, two):
    one = two[0].id
    assert server.request("GET", f"/_s/{one}/healthz", token=None).body == {"status": "ok"}
    assert server.request("GET", f"/_s/{one}/openapi.json", token=None).body["openapi"]
    for path in (f"/_s/{one}", f"/_s/{one}/", f"/_s/{one}/nothing"):
        assert server.request("GET", path).status == server.request("GET", "/nothing").status


TOKEN = {"client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.ALL"}
OWN_ORG = {
    "org": {"id": "7000", "name": "Tiny", "edition": "enterprise", "time_zone": "UTC"},
    "roles": [{"name": "Boss"}], "profiles": [{"name": "All", "administrator": True, "modules": {"*": {}}}],
    "users": [{"name": "Ann", "email": "ann@tiny.example", "role": "Boss", "profile": "All"}],
    "modules": [{"api_name": "Boats", "custom": True, "singular": "Boat", "plural": "Boats", "fields": [{"api_name": "Name", "type": "text"}]}],
    "records": [{"module": "Boats", "id": "5", "fields": {"Name": "Argo"}}]}


@pytest.mark.parametrize("token", ["1000.crmock.tim", "1000.named.tim"])
def test_fixtures_name_a_token_as_it_is_inside_or_outside(server, token):
    one = make(server, "credentials", id="named", if_exists="replace", fixtures={"tokens": [TOKEN | {"token": token}]})
    assert one.made["tokens"]["tim"] == "1000.named.tim"
    assert one.request("GET", LIST, token="tim").status == 200
    assert one.by("prefix").request("GET", LIST, token="tim").status == 200
    assert server.request("GET", LIST, token="1000.crmock.tim").status == 401


def test_a_token_that_is_added_is_named_so_too(server):
    one = make(server)
    assert one.control("POST", "/fixtures", {"tokens": [TOKEN | {"token": f"1000.{one.id}.new"}]}).status == 201
    assert one.by("credentials").request("GET", LIST, token="new").status == 200
    assert control(server, "GET", f"{ALL}/{one.id}").body["tokens"] == one.made["tokens"] | {"new": f"1000.{one.id}.new"}


def test_main_has_the_credentials_of_its_fixtures(server):
    told = control(server, "GET", ALL + "/main").body
    assert (told["client_id"], told["refresh_token"], told["access_token"]) == ("1000.CRMOCK", "1000.crmock.refresh", "1000.crmock.admin") and told["tokens"]["manager"] == "1000.crmock.manager"


def test_an_own_org_is_all_that_is_there(server):
    """As in a folder of fixtures; with credentials, which it lacks."""
    one = make(server, "credentials", fixtures=OWN_ORG)
    assert one.request("GET", "/crm/v8/Boats/5?fields=Name").body["data"][0]["Name"] == "Argo"
    assert [org["id"] for org in one.request("GET", "/crm/v8/org").body["org"]] == ["7000"]
    assert one.request("GET", LIST).status == 400
    token = one.request("POST", "/oauth/v2/token?" + urllib.parse.urlencode({"grant_type": "refresh_token"} | {name: one.made[name] for name in ("client_id", "client_secret", "refresh_token")}), token=None)
    assert token.body["access_token"].startswith(f"1000.{one.id}.")


def test_an_own_org_beside_others(server):
    """The first is that of the lowest id."""
    org = OWN_ORG["org"] | {"id": "900023000000000001"}
    one = make(server, "credentials", extends="free", fixtures=OWN_ORG | {"org": org})
    assert "free" in one.made["tokens"] and one.control("GET", f"/records/Boats?org={org['id']}").body["records"][0]["fields"] == {"Name": "Argo"}


@pytest.mark.parametrize("fixtures, at", [
    ({"extends": "enterprise", "tokens": [{"token": "x"}]}, "$.fixtures.tokens[0].client"),
    ([{}, {"records": [{"module": "Boat"}]}], "$.fixtures[1].records[0].module"),
    ({"extends": "nobody"}, "$.fixtures.extends"), ({"extends": 1}, "$.fixtures.extends"), ([{"extends": "free"}, {"extends": "free"}], "$.fixtures[1].extends"),
    (OWN_ORG | {"users": []}, "$.fixtures.records[0]"), (1, "$.fixtures"), ([1], "$.fixtures[0]")])
def test_faulty_fixtures_make_nothing(server, fixtures, at):
    answer = control(server, "POST", ALL, {"id": "faulty", "fixtures": fixtures})
    assert answer.status == 422 and answer.body["at"].startswith(at), answer
    assert control(server, "GET", ALL + "/faulty").status == 404


def test_a_token_of_another_sandbox_is_told_for_what_it_is(server):
    one = make(server)
    for path, token, here in ((one.prefix + LIST, "1000.nobody.admin", one.id), (LIST, "1000.nobody.admin", "main")):
        answer = server.request("GET", path, token=token)
        assert answer.status == 401 and f"names a sandbox nobody, and this is {here}" in answer.headers["X-Crmock-Hint"]


def test_a_token_that_expires_after_seconds(server):
    one = make(server, now="2026-01-01T00:00:00Z")
    for expires in (90, "PT90S", "2026-01-01T00:01:30Z"):
        one.control("PUT", "/clock", {"now": "2026-01-01T00:00:00Z"})
        token = one.control("POST", "/tokens", {"user": TOKEN["user"], "scopes": TOKEN["scopes"], "expires": expires}).body["token"]
        states = []
        for by in (89, 1):
            one.control("POST", "/clock/advance", {"by": by})
            states.append(one.request("GET", LIST, token=token).status)
        assert states == [200, 401]


@pytest.mark.parametrize("method, path, body, at", [
    ("POST", "/clock/advance", {"by": "PT0.9S"}, "$.by"), ("POST", "/reset", {"all": True}, "$.all"), ("DELETE", "/snapshots/x", {"a": 1}, "$.a"),
    ("GET", "/clock", {"a": 1}, "$.a"), ("PUT", "/clock", {"now": "0001-01-01T00:00:00Z"}, "$"),
    ("POST", "/fixtures", {"workflow_rules": [{"module": "Leads", "name": "x", "actions": [{"webhook": "http://"}]}]}, "$.workflow_rules[0].actions[0].webhook")])
def test_what_would_do_nothing_is_refused(server, method, path, body, at):
    one = make(server)
    answer = one.control(method, path, body)
    assert (answer.status, answer.body["at"]) == (422, at), answer


@pytest.mark.parametrize("method, path", [("POST", "/_crmock/sandboxes"), ("POST", "/_crmock/fixtures"), ("PATCH", "/_crmock/records/Leads/" + LEAD), ("PUT", "/_crmock/jobs/policy")])
def test_of_many_members_the_first_fault_is_told(server, method, path):
    """A look at each of them would take minutes."""
    answer = control(server, method, path, {f"k{n}": n for n in range(90000)})
    assert answer.status == 422 and answer.body["at"] == "$.k0"
