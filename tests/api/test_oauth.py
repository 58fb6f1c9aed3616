"""Contract section 7: the OAuth server."""
import json
import re
import time
import urllib.parse
import urllib.request

import pytest

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


def test_bodies_that_are_no_form(shared):
    for body, media in [(b"", None), (b"{}", "application/json"), (b"--x", "multipart/form-data; boundary=b0undary"), (b"%zz=&&&=", "application/x-www-form-urlencoded"),
                        (b"a=1&" * 20000, "application/x-www-form-urlencoded"), (b"\x00\xff", "multipart/form-data")]:
        answer = shared.request("POST", "/oauth/v2/token", body, token=None, headers={"Content-Type": media} if media else {})
        assert (answer.status, answer.body) == (200, {"error": "invalid_client"})


def test_other_methods_and_paths(shared):
    assert shared.request("GET", "/oauth/v2/token", token=None).body["code"] == "INVALID_REQUEST_METHOD"
    assert shared.request("POST", "/oauth/v3/token", token=None).status == 404


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
    from server import Server
    server = Server("--token-ttl", "1", db=tmp_path / "s.db")
    answer = ask(server, REFRESH).body
    assert answer["expires_in"] == 1
    deadline = time.monotonic() + 60
    while updates(server, answer["access_token"]) == 200:
        assert time.monotonic() < deadline
    server.stop()
    server = Server(db=tmp_path / "s.db")
    token = ask(server, REFRESH).body["access_token"]
    server.stop()
    server = Server(db=tmp_path / "s.db")
    assert updates(server, token) == 200 and updates(server, answer["access_token"]) == 401
    server.stop()


def test_api_domain_is_the_host_that_was_asked(shared):
    request = urllib.request.Request(f"http://localhost:{shared.port}/oauth/v2/token", urlencoded(REFRESH)[0])
    with urllib.request.urlopen(request, timeout=300) as response:
        assert json.loads(response.read())["api_domain"] == f"http://localhost:{shared.port}"


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
