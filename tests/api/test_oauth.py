"""Contract section 7: the OAuth server."""
import base64
import json
import re
import time
import urllib.parse
import urllib.request

import pytest

from server import Server, own_fixtures, run, until

CLIENT = {"client_id": "1000.CRMOCK", "client_secret": "crmock-secret"}
REFRESH = CLIENT | {"grant_type": "refresh_token", "refresh_token": "1000.crmock.refresh"}
CODE = CLIENT | {"grant_type": "authorization_code", "code": "1000.crmock.code", "redirect_uri": "https://example.com"}
SELF = CLIENT | {"grant_type": "client_credentials", "scope": "ZohoCRM.mass_update.leads.UPDATE", "soid": "ZohoCRM.554023000000000011"}
CITY = {"data": [{"City": "Volos"}], "ids": ["554023000000600001"]}


def multipart(fields):
    parts = "".join(f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    return f"{parts}--b0undary--\r\n".encode(), {"Content-Type": "multipart/form-data; boundary=b0undary"}


def urlencoded(fields):
    return urllib.parse.urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def in_query(fields):
    return None, {"query": urllib.parse.urlencode(fields)}


def ask(server, fields, form=urlencoded, path="/oauth/v2/token"):
    body, headers = form(fields)
    query = headers.pop("query", None)
    return server.request("POST", path + (f"?{query}" if query else ""), body, token=None, headers=headers)


def updates(server, token):
    return server.update("Leads", CITY, token=token).status


@pytest.mark.parametrize("form", [multipart, urlencoded, in_query])
def test_a_refresh_token_gives_access_tokens(fresh, form):
    answer = ask(fresh, REFRESH, form)
    token = answer.body["access_token"]
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.body == {"access_token": token, "scope": answer.body["scope"], "api_domain": fresh.url, "token_type": "Bearer", "expires_in": 3600}
    assert re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", token) and "ZohoCRM.mass_update.ALL" in answer.body["scope"]
    assert updates(fresh, token) == 200
    assert ask(fresh, REFRESH, form).body["access_token"] != token and updates(fresh, token) == 200


def test_parameters_may_come_from_query_and_form(fresh):
    body, headers = multipart({"client_secret": "crmock-secret", "refresh_token": "1000.crmock.refresh"})
    answer = fresh.request("POST", "/oauth/v2/token?grant_type=refresh_token&client_id=1000.CRMOCK", body, token=None, headers=headers)
    assert "access_token" in answer.body


def test_a_code_is_good_once_and_gives_a_refresh_token(fresh):
    first = ask(fresh, CODE).body
    assert updates(fresh, first["access_token"]) == 200
    assert ask(fresh, CODE).body == {"error": "invalid_code"}
    again = ask(fresh, REFRESH | {"refresh_token": first["refresh_token"]}).body
    assert updates(fresh, again["access_token"]) == 200 and "refresh_token" not in again and again["scope"] == first["scope"]


def test_client_credentials(fresh):
    answer = ask(fresh, SELF).body
    assert answer["scope"] == "ZohoCRM.mass_update.leads.UPDATE" and updates(fresh, answer["access_token"]) == 200
    assert fresh.update("Deals", CITY, token=answer["access_token"]).status == 401


@pytest.mark.parametrize("change, error", [
    ({"client_id": "1000.NOBODY"}, "invalid_client"), ({"client_id": ""}, "invalid_client"), ({"client_secret": "wrong"}, "invalid_client_secret"),
    ({"client_secret": ""}, "invalid_client_secret"), ({"refresh_token": "wrong"}, "invalid_code"), ({"refresh_token": "1000.crmock.admin"}, "invalid_code"),
    ({"refresh_token": "1000.crmock.code"}, "invalid_code"), ({"client_id": "1000.CRMOCK.FREE"}, "invalid_code"), ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": ""}, "unsupported_grant_type"), (SELF | {"scope": ""}, "invalid_scope"), (SELF | {"client_id": "1000.CRMOCK.FREE"}, "invalid_client")])
@pytest.mark.parametrize("form", [multipart, urlencoded, in_query])
def test_failures_are_told_in_an_answer_200(shared, change, error, form):
    answer = ask(shared, REFRESH | change, form)
    assert (answer.status, answer.body) == (200, {"error": error})


@pytest.mark.parametrize("change, row, hint", [
    ({"client_id": "1000.NOBODY"}, "O1", "no client of that client_id"), ({"client_id": ""}, "O1", "no client_id was sent"), ({"client_secret": "wrong"}, "O2", "client_secret is not"), ({"client_secret": ""}, "O2", "no client_secret was sent"),
    ({"refresh_token": ""}, "O4", "no refresh_token was sent"), ({"grant_type": "authorization_code"}, "O4", "no code was sent"),
    ({"grant_type": "password"}, "O3", "refresh_token, authorization_code or client_credentials"), ({"refresh_token": "wrong"}, "O4", "no code or refresh token of that text"),
    ({"refresh_token": "1000.crmock.admin"}, "O4", "of another kind"), ({"client_id": "1000.CRMOCK.FREE"}, "O4", "given to another client"),
    (SELF | {"client_id": "1000.CRMOCK.FREE"}, "O6", "needs a user in the fixtures"), (SELF | {"scope": ""}, "O7", "needs a scope"),
    (SELF | {"scope": "ZohoCRM.ALL"}, "O8", "ZohoCRM.group.OPERATION"), (SELF | {"scope": "ZohoCRM.x.ALL," * 200}, "O8", "2,000 characters")])
def test_refusals_say_rule_and_hint(shared, change, row, hint):
    answer = ask(shared, REFRESH | change)
    assert answer.headers["X-Crmock-Rule"] == row and hint in answer.headers["X-Crmock-Hint"]


def test_a_token_to_revoke_that_is_not_sent(shared):
    answer = ask(shared, {}, path="/oauth/v2/token/revoke")
    assert (answer.body, answer.headers["X-Crmock-Rule"], answer.headers["X-Crmock-Hint"]) == ({"error": "invalid_token"}, "O9", "no token was sent")


def test_grants_that_are_good_no_more_say_why(start, tmp_path):
    more = [{"token": f"old.{kind}", "kind": kind, "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.mass_update.ALL", "expires": "2021-01-01T00:00:00Z"} for kind in ("refresh", "code")]
    server = start("--fixtures", own_fixtures(tmp_path, {"tokens": more}))

    def refused(fields, path="/oauth/v2/token"):
        answer = ask(server, fields, path=path)
        return answer.body["error"], answer.headers["X-Crmock-Rule"], answer.headers["X-Crmock-Hint"]
    revoke = {"token": "1000.crmock.refresh"}, "/oauth/v2/token/revoke"
    assert "access_token" in ask(server, CODE).body and ask(server, revoke[0], path=revoke[1]).body == {"status": "success"}
    assert refused(CODE) == ("invalid_code", "O5", "the code has been used or revoked: one is good once")
    assert refused(REFRESH) == ("invalid_code", "O5", "the refresh token has been revoked")
    for fields in (REFRESH | {"refresh_token": "old.refresh"}, CODE | {"code": "old.code"}):
        assert refused(fields) == ("invalid_code", "O5", "the code or refresh token has expired")
    assert refused(*revoke) == ("invalid_token", "O9", "there is no token of that text, or it has been revoked before")


@pytest.mark.parametrize("name, error", [("client_id", "invalid_client"), ("client_secret", "invalid_client_secret"), ("refresh_token", "invalid_code"), ("code", "invalid_code"), ("token", "invalid_token")])
@pytest.mark.parametrize("tail", ["%00", "%00x", "%EF%BF%BD", "x" * 1000])
def test_credentials_are_compared_by_their_whole_text(shared, name, error, tail):
    """What a zero byte has become on its way, and what is longer than any."""
    fields = {"token": "1000.crmock.admin"} if name == "token" else CODE if name == "code" else REFRESH
    path = "/oauth/v2/token/revoke" if name == "token" else "/oauth/v2/token"
    query = "&".join(f"{key}={value}{tail if key == name else ''}" for key, value in fields.items())
    assert shared.request("POST", f"{path}?{query}", token=None).body == {"error": error}
    assert updates(shared, "1000.crmock.admin" + tail) == 401 and updates(shared, "1000.crmock.admin") == 200


def test_a_scope_is_bounded(fresh):
    """Nor does it matter how many tokens are in use at once."""
    most = "ZohoCRM.mass_update.ALL," + ",".join(["ZohoCRM.modules.ALL"] * 98) + "," * 17
    assert len(most) == 2000
    for scope in (most + ",", "ZohoCRM.modules." + "y" * 100_000):
        assert ask(fresh, SELF | {"scope": scope}).body == {"error": "invalid_scope"}
    tokens = [ask(fresh, SELF | {"scope": most}).body["access_token"] for _ in range(700)]
    assert all(updates(fresh, token) == 200 for token in tokens + tokens[:50])


def test_tokens_that_have_expired_are_removed(tmp_path):
    """Those that were issued; what fixtures gave stays, expired or not."""
    server = Server("--token-ttl", "1", db=tmp_path / "s.db")
    for fields in (REFRESH, SELF, CODE):
        for _ in range(1 if fields is CODE else 40):
            assert "access_token" in ask(server, fields).body
    given = server.query("SELECT token FROM oauth_token WHERE token LIKE '1000.crmock.%'")
    count = "SELECT count(*) FROM oauth_token WHERE kind = 'access' AND length(token) > 60"
    assert server.query(count) == [(81,)]
    server.stop()
    later = Server("--now", "+7200", db=tmp_path / "s.db")
    for _ in range(81):
        assert "access_token" in ask(later, REFRESH).body
    assert later.query(count)[0][0] < 110
    assert later.query("SELECT token FROM oauth_token WHERE token LIKE '1000.crmock.%'") == given
    later.stop()


def test_bodies_that_are_no_form(shared):
    for body, media in [(b"", None), (b"{}", "application/json"), (b"--x", "multipart/form-data; boundary=b0undary"), (b"%zz=&&&=", "application/x-www-form-urlencoded"),
                        (b"a=1&" * 20000, "application/x-www-form-urlencoded"), (b"\x00\xff", "multipart/form-data")]:
        answer = shared.request("POST", "/oauth/v2/token", body, token=None, headers={"Content-Type": media} if media else {})
        assert (answer.status, answer.body) == (200, {"error": "invalid_client"})


def test_other_methods_and_paths(shared):
    assert shared.request("GET", "/oauth/v2/token", token=None).body["code"] == "INVALID_REQUEST_METHOD"
    for method, path in (("POST", "/oauth/v3/token"), ("GET", "/oauth/v2/auth/"), ("GET", "/oauth/")):
        answer = shared.request(method, path, token=None)
        assert (answer.status, answer.headers["X-Crmock-Rule"]) == (404, "E21")
        assert answer.headers["X-Crmock-Hint"] == "served here: /oauth/v2/auth, /oauth/v2/token, /oauth/v2/token/revoke"


def test_a_revoked_token_is_dead_at_once(fresh):
    first, second = (ask(fresh, REFRESH).body["access_token"] for _ in range(2))
    assert updates(fresh, first) == updates(fresh, second) == 200
    assert ask(fresh, {"token": first}, path="/oauth/v2/token/revoke").body == {"status": "success"}
    assert (updates(fresh, first), updates(fresh, second)) == (401, 200)
    assert ask(fresh, {"token": first}, in_query, path="/oauth/v2/token/revoke").body == {"error": "invalid_token"}
    # a refresh token goes with what it issued
    assert ask(fresh, {"token": "1000.crmock.refresh"}, in_query, path="/oauth/v2/token/revoke").body == {"status": "success"}
    assert updates(fresh, second) == 401 and ask(fresh, REFRESH).body == {"error": "invalid_code"}
    assert updates(fresh, "1000.crmock.admin") == 200


def test_tokens_expire_and_last_in_the_store(tmp_path):
    server = Server("--token-ttl", "1", db=tmp_path / "s.db")
    answer = ask(server, REFRESH).body
    assert answer["expires_in"] == 1
    until(lambda: updates(server, answer["access_token"]) != 200)
    server.stop()
    server = Server(db=tmp_path / "s.db")
    token = ask(server, REFRESH).body["access_token"]
    server.stop()
    server = Server(db=tmp_path / "s.db")
    assert updates(server, token) == 200 and updates(server, answer["access_token"]) == 401
    server.stop()


@pytest.mark.parametrize("ttl, milliseconds, told", [("1500ms", 1500, 1), ("20ms", 20, 1), ("2", 2000, 2), ("3600000ms", 3600000, 3600), ("315360000", 315360000000, 315360000)])
def test_the_time_to_live_is_kept_in_milliseconds(tmp_path, start, ttl, milliseconds, told):
    server = start("--token-ttl", ttl, db=tmp_path / "s.db")
    before = time.time_ns() // 10**6
    answer = ask(server, REFRESH).body
    [(expires,)] = server.query("SELECT expires_at FROM oauth_token WHERE token = ?", answer["access_token"])
    assert answer["expires_in"] == told and before + milliseconds <= expires <= time.time_ns() // 10**6 + milliseconds
    while milliseconds < 2000 and time.time_ns() // 10**6 <= expires:
        pass
    assert updates(server, answer["access_token"]) == (401 if milliseconds < 2000 else 200)


@pytest.mark.parametrize("wrong", ["0", "0ms", "1.5", "1500 ms", "ms", "1500MS", "-5ms", "315360001", "315360000001ms", "99999999999999999999ms", "5m", ""])
def test_a_wrong_time_to_live(wrong):
    done = run("--port", "0", "--token-ttl", wrong)
    assert done.returncode == 1 and "--token-ttl" in done.stderr and "SECONDS from 1 to 315360000" in done.stderr


def test_fixtures_tokens_expire_some_time_after_the_load(tmp_path, start):
    """Also in a copy of a load that was before."""
    tokens = [{"token": f"own.{kind}.{name}", "kind": kind, "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.mass_update.ALL", "expires": expires}
              for kind in ("access", "refresh") for name, expires in (("soon", "PT0.2S"), ("later", "P1D"), ("now", "PT0S"), ("long ago", "1970-01-01T00:00:00Z"))]
    fixtures = own_fixtures(tmp_path, {"tokens": tokens})
    for number in range(2):
        before = time.time_ns() // 10**6
        server = start("--fixtures", fixtures, "--cache", tmp_path / "cache", db=tmp_path / f"{number}.db")
        after = time.time_ns() // 10**6
        expiry = dict(server.query("SELECT token, expires_at FROM oauth_token WHERE token LIKE 'own.%'"))
        assert before + 200 <= expiry["own.access.soon"] <= after + 200 and before + 86400000 <= expiry["own.refresh.later"] <= after + 86400000
        while time.time_ns() // 10**6 <= expiry["own.access.soon"]:
            pass
        assert [updates(server, f"own.access.{name}") for name in ("soon", "later", "now", "long ago")] == [401, 200, 401, 401]
        answers = [ask(server, REFRESH | {"refresh_token": f"own.refresh.{name}"}).body for name in ("soon", "later", "now", "long ago")]
        assert ["error" in answer for answer in answers] == [True, False, True, True]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_no_token_expires_while_the_clock_stands(tmp_path, start):
    fixtures = own_fixtures(tmp_path, {"tokens": [{"token": "own", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.mass_update.ALL", "expires": "PT0.001S"}]})
    server = start("--fixtures", fixtures, "--now", "2026-01-31T09:30:00+05:30", "--token-ttl", "1ms", db=tmp_path / "s.db")
    token = ask(server, REFRESH).body["access_token"]
    assert [updates(server, "own"), updates(server, token)] == [200, 200]
    server.stop()
    server = start("--now", "2026-01-31T09:30:01+05:30", db=tmp_path / "s.db")
    assert [updates(server, "own"), updates(server, token)] == [401, 401]


def test_api_domain_is_the_host_that_was_asked(shared):
    request = urllib.request.Request(f"http://localhost:{shared.port}/oauth/v2/token", urlencoded(REFRESH)[0])
    with urllib.request.urlopen(request, timeout=300) as response:
        assert json.loads(response.read())["api_domain"] == f"http://localhost:{shared.port}"


@pytest.mark.parametrize("host", ["crm.example", "CRM.example:8443", "[::1]:80", "10.0.0.1", "a_b-c~d", "x."])
def test_api_domain_is_any_host_that_is_one(shared, host):
    assert ask(shared, REFRESH, lambda fields: (urlencoded(fields)[0], urlencoded(fields)[1] | {"Host": host})).body["api_domain"] == f"http://{host}"


@pytest.mark.parametrize("head", ["POST {} HTTP/1.0\r\n", "POST {} HTTP/1.0\r\nHost:\r\n", "POST {} HTTP/1.1\r\nHost: \r\nConnection: close\r\n"])
def test_without_a_host_api_domain_is_where_crmock_listens(shared, head):
    answer = shared.raw((head.format("/oauth/v2/token?" + urlencoded(REFRESH)[0].decode()) + "\r\n").encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["api_domain"] == shared.url


@pytest.mark.parametrize("scopes", ["ZohoCRM.modules.ALL,ZohoCRM.users.ALL", " ZohoCRM.modules.ALL ,\tZohoCRM.users.ALL,, ", "ZohoCRM.modules.ALL ZohoCRM.users.ALL"])
def test_scopes_are_told_with_blanks_between(start, tmp_path, scopes):
    token = {"token": "own", "kind": "refresh", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": scopes}
    server = start("--fixtures", own_fixtures(tmp_path, {"tokens": [token]}))
    for fields in (SELF | {"scope": scopes}, REFRESH | {"refresh_token": "own"}):
        answer = ask(server, fields).body
        assert answer["scope"] == "ZohoCRM.modules.ALL ZohoCRM.users.ALL" and server.request("GET", "/crm/v8/users", token=answer["access_token"]).status == 200


def basic(text, scheme="Basic "):
    return {"Authorization": scheme + base64.b64encode(text.encode()).decode()}


def ask_with(server, fields, headers):
    return ask(server, fields, lambda given: (urlencoded(given)[0], urlencoded(given)[1] | headers))


GRANT = {name: value for name, value in REFRESH.items() if name not in CLIENT}


@pytest.mark.parametrize("sent", [{}, {"client_id": "1000.CRMOCK"}, {"client_secret": "crmock-secret"}, CLIENT])
@pytest.mark.parametrize("scheme", ["Basic ", "basic ", "BASIC  "])
def test_a_client_may_say_who_it_is_by_basic(shared, sent, scheme):
    assert updates(shared, ask_with(shared, GRANT | sent, basic("1000.CRMOCK:crmock-secret", scheme)).body["access_token"]) == 200


@pytest.mark.parametrize("headers, sent, error, row, hint", [
    (basic("1000.CRMOCK:wrong"), {}, "invalid_client_secret", "O2", "not that of the client"), (basic("1000.CRMOCK:"), {}, "invalid_client_secret", "O2", "no client_secret was sent"),
    (basic("1000.NOBODY:crmock-secret"), {}, "invalid_client", "O1", "no client of that"), (basic(":crmock-secret"), {}, "invalid_client", "O1", "no client_id was sent"),
    (basic("1000.CRMOCK"), {}, "invalid_client", "O11", "base64 of client_id, a colon"), (basic("1000.CRMOCK"), CLIENT, "invalid_client", "O11", "base64"),
    ({"Authorization": "Basic 1000.CRMOCK:crmock-secret"}, CLIENT, "invalid_client", "O11", "base64"), ({"Authorization": "Basic"}, CLIENT, "invalid_client", "O11", "base64"),
    ({"Authorization": basic("1000.CRMOCK:crmock-secret")["Authorization"] + " x"}, CLIENT, "invalid_client", "O11", "base64"),
    (basic("1000.CRMOCK:crmock-secret\0"), CLIENT, "invalid_client", "O11", "base64"),
    (basic("1000.CRMOCK:crmock-secret"), {"client_id": "1000.CRMOCK.FREE"}, "invalid_client", "O12", "another client_id or client_secret"),
    (basic("1000.CRMOCK:crmock-secret"), {"client_secret": "wrong"}, "invalid_client", "O12", "another client_id or client_secret"),
    (basic("1000.CRMOCK:wrong"), CLIENT, "invalid_client", "O12", "another client_id or client_secret"), (basic(":"), CLIENT, "invalid_client", "O12", "another")])
def test_basic_that_is_wrong_or_not_what_the_parameters_say(shared, headers, sent, error, row, hint):
    answer = ask_with(shared, GRANT | sent, headers)
    assert (answer.status, answer.body, answer.headers["X-Crmock-Rule"]) == (200, {"error": error}, row) and hint in answer.headers["X-Crmock-Hint"]


def test_another_scheme_says_nothing_of_the_client(shared):
    assert "access_token" in ask_with(shared, REFRESH, {"Authorization": "Zoho-oauthtoken 1000.crmock.admin"}).body
    assert ask_with(shared, GRANT, {"Authorization": "Bearer x"}).headers["X-Crmock-Rule"] == "O1"


def raw_form(body, media="application/x-www-form-urlencoded"):
    return lambda fields: (body, {"Content-Type": media})


@pytest.mark.parametrize("body", [b"--X\r\n\r\n\r\n", b"--X\n\n\n", b"--X\r\nContent-Disposition: form-data\r\n\r\nx\r\n--X--\r\n",
                                  b"--X\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\nx\r\n--X--\r\n", b"--X--", b"", b"\r\n--X\r\n\r\n--X\r\n"])
def test_parts_without_a_name_are_no_fields(shared, body):
    answer = ask(shared, {}, raw_form(body, 'multipart/form-data; boundary="X"'))
    assert (answer.status, answer.body) == (200, {"error": "invalid_client"})


@pytest.mark.parametrize("form", [multipart, urlencoded])
@pytest.mark.parametrize("size", [3, 5000, 200000])
def test_the_first_of_a_name_counts_however_long_either_is(fresh, form, size):
    body, headers = form(REFRESH)
    fields = list(REFRESH.items()) + [(name, "x" * size) for name in REFRESH]
    if form is urlencoded:
        body = urllib.parse.urlencode(fields).encode()
    else:
        body = body.removesuffix(b"--b0undary--\r\n") + multipart(dict(fields[4:]))[0]
    assert "access_token" in fresh.request("POST", "/oauth/v2/token", body, token=None, headers=headers).body
    fields = fields[4:] + fields[:4]
    if form is urlencoded:
        body = urllib.parse.urlencode(fields).encode()
    else:
        body = multipart(dict(fields[:4]))[0].removesuffix(b"--b0undary--\r\n") + multipart(REFRESH)[0]
    assert fresh.request("POST", "/oauth/v2/token", body, token=None, headers=headers).body == {"error": "invalid_client"}


@pytest.mark.parametrize("form", [multipart, urlencoded, in_query])
@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token"])
def test_a_zero_byte_ends_no_text(shared, form, name):
    assert ask(shared, REFRESH | {name: REFRESH[name] + "\0x"}, form).body["error"] in ("invalid_client", "invalid_client_secret", "invalid_code")
