"""Section 1 of the control API: who may steer, and how calls are answered whatever they are about."""
import itertools
import json
import re
import socket
import subprocess

import jsonschema
import pytest

import gallery
import schema
from server import Server, control_document, run

ROOT = gallery.README.parent
PATHS = ["/_crmock/info", "/_crmock/nowhere", "/_crmock", "/_crmock/", "/_s/main/_crmock/info", "/_s/nobody/_crmock/info", "/_s/nobody/_crmock/nowhere",
         "/_s/main/_s/main/_crmock/info", "/%5Fcrmock/info"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]
TOKEN = "sesam"


def call(server, method="GET", path="/_crmock/info", body=None, **headers):
    """A control call without the token of the service."""
    return server.request(method, path, body, token=None, headers={name.replace("_", "-"): value for name, value in headers.items()})


def refused(answer, status, says):
    assert answer.status == status and (answer.body is None or says in answer.body["error"]), answer
    return answer


@pytest.fixture(scope="module")
def guarded():
    """One with a token and names of its own."""
    server = Server("--control-token", TOKEN, "--control-host", "steer.example", "--control-host", "one.example,two.example",
                    "--control-origin", "https://console.example", "--control-origin", "http://tools.example:3000")
    yield server
    server.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3:80", "[::1]", "[::1]:8080", "[fe80::1]", "[::ffff:1.2.3.4]", "localhost", "LocalHost:1", "crmock", "host-1:8080", "a.localhost",
                                  "b.a.internal", "crmock.test:65535", "X.TEST"])
def test_hosts_by_which_it_is_called(shared, host):
    assert call(shared, Host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "localhost.", "crmock.", "127.0.0.1.", "a.localhost.", ".localhost", ".test", "127.0.0.1.evil.example", "localhost.evil.example",
                                  "127.1", "0x7f.1", "1.2.3.4.5", "256.1.1.1", "test.example", "notlocalhost.com", "a.testing", "localhost:65536", "", ".", "[::1::2]", "steer.example"])
def test_hosts_of_somebody_else(shared, host):
    refused(call(shared, Host=host), 403, "--control-host")


@pytest.mark.parametrize("host", ["evil@localhost", "localhost/x", "localhost,localhost", "local host", "localhost:8x", "[::g]"])
def test_what_is_no_host(shared, host):
    """It is no HTTP request, and told so in the envelope of the control API."""
    refused(call(shared, Host=host), 400, "well-formed HTTP")


def raw(server, *lines, body=""):
    answer = server.raw(("\r\n".join(lines) + "\r\n\r\n" + body).encode()).decode()
    head, _, text = answer.partition("\r\n\r\n")
    return int(head.split(" ")[1]), head, text


def test_one_host_exactly(shared):
    status, _, text = raw(shared, "GET /_crmock/info HTTP/1.1", "Host: localhost", "Host: evil.example", "Connection: close")
    assert status == 400 and json.loads(text).keys() == {"error"}
    status, _, text = raw(shared, "GET /_crmock/info HTTP/1.0")
    assert status == 403 and "Host" in json.loads(text)["error"]
    assert raw(shared, "GET /_crmock/info HTTP/1.0", "Host: localhost")[0] == 200


def test_a_host_in_the_request_line_goes_before_Host(shared):
    """RFC 9112, 3.2.2: whatever stands in Host is not looked at."""
    status, _, body = raw(shared, "GET http://evil.example/_crmock/info HTTP/1.1", "Host: localhost", "Connection: close")
    assert status == 403 and "--control-host" in body
    assert raw(shared, "GET http://localhost/_crmock/info HTTP/1.1", "Host: evil.example", "Connection: close")[0] == 200


@pytest.mark.parametrize("host", ["steer.example", "STEER.example:80", "one.example", "two.example:1"])
def test_hosts_of_ones_own(guarded, host):
    assert call(guarded, Host=host, Authorization=f"Bearer {TOKEN}").status == 200
    refused(call(guarded, Host="a." + host, Authorization=f"Bearer {TOKEN}"), 403, "--control-host")


FOREIGN = [({"Host": "evil.example"}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403)]
# What is read of the console needs no token: see test_console.py.
WITHOUT_TOKEN = [(path, method, {}, 401) for path in PATHS for method in METHODS if not (path in ("/_crmock", "/_crmock/") and method in ("GET", "HEAD"))]


@pytest.mark.parametrize("path, method, headers, status", [(path, method, *foreign) for foreign in FOREIGN for method in METHODS for path in PATHS] + WITHOUT_TOKEN)
def test_the_guard_comes_before_all_else(guarded, path, method, headers, status):
    """Whatever the path, method, query, body and sandbox, the answer is the same."""
    first = call(guarded, "GET", "/_crmock/info", **headers)
    for more in ({}, {"X_Crmock_Sandbox": "nobody"}):
        answer = call(guarded, method, path + "?nothing=1", b"{", **headers, **more)
        assert answer.status == first.status == status and answer.headers["Allow"] is None
        assert method == "HEAD" or answer.body == first.body


def own(server):
    return f"http://127.0.0.1:{server.port}"


def test_origins(shared):
    assert call(shared, Origin=own(shared)).status == 200
    assert call(shared, Host="localhost", Origin="http://LOCALHOST").status == 200
    assert call(shared, Host="localhost:80", Origin="http://localhost").status == 200
    assert call(shared, Host="[::1]:81", Origin="http://[::1]:81").status == 200
    others = ["null", "", own(shared).replace("http", "https"), f"http://127.0.0.1:{shared.port - 1}", "http://127.0.0.1", f"http://localhost:{shared.port}", own(shared) + "/", own(shared) + ".evil.example",
              f"http://127.0.0.1:{shared.port}@evil.example", f"ftp://127.0.0.1:{shared.port}", f"127.0.0.1:{shared.port}", "http://", "file://", own(shared) + " " + own(shared), "*", "https://console.example"]
    for origin in others:
        answer = refused(call(shared, Origin=origin), 403, "Origin")
        assert answer.headers["Access-Control-Allow-Origin"] is None, origin
    twice = raw(shared, "GET /_crmock/info HTTP/1.1", f"Host: 127.0.0.1:{shared.port}", f"Origin: {own(shared)}", f"Origin: {own(shared)}", "Connection: close")
    assert twice[0] == 403


@pytest.mark.parametrize("site, status", [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("", 403), ("SAME-ORIGIN", 403), ("same-origin, cross-site", 403)])
def test_fetch_sites(shared, site, status):
    assert call(shared, Sec_Fetch_Site=site).status == status
    assert call(shared, Sec_Fetch_Site=site, Origin=own(shared)).status == status


def test_two_fetch_sites(shared):
    assert raw(shared, "GET /_crmock/info HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: none", "Sec-Fetch-Site: none", "Connection: close")[0] == 403


CORS = {name for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers")}


@pytest.mark.parametrize("origin", ["https://console.example", "HTTPS://Console.Example:443", "http://tools.example:3000"])
def test_pages_that_may_steer(guarded, origin):
    asked = call(guarded, "OPTIONS", "/_crmock/clock", Origin=origin, Sec_Fetch_Site="cross-site", Access_Control_Request_Method="PUT", Access_Control_Request_Headers="authorization")
    assert asked.status == 204 and CORS <= set(asked.headers) and asked.headers["Access-Control-Allow-Origin"] == origin
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"].split(", ") and "Authorization" in asked.headers["Access-Control-Allow-Headers"].split(", ")
    for method, path, body, status in (("GET", "/_crmock/info", None, 200), ("PUT", "/_crmock/clock", {"offset": 5}, 200), ("PUT", "/_crmock/clock", {"offset": "x"}, 422), ("GET", "/_crmock/x", None, 404),
                                       ("PATCH", "/_crmock/clock", None, 405), ("OPTIONS", "/_crmock/clock", None, 204), ("GET", "/_s/x/_crmock/info", None, 404)):
        answer = call(guarded, method, path, body, Origin=origin, Sec_Fetch_Site="cross-site", Authorization=f"Bearer {TOKEN}")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (status, origin, "Origin")
    without = refused(call(guarded, Origin=origin, Sec_Fetch_Site="cross-site"), 401, "--control-token")
    assert without.headers["Access-Control-Allow-Origin"] == origin and without.headers["WWW-Authenticate"].startswith("Bearer ")
    assert not CORS & set(call(guarded, Authorization=f"Bearer {TOKEN}").headers)


@pytest.mark.parametrize("origin", ["http://console.example", "https://console.example:444", "https://a.console.example", "https://console.example.evil.example", "http://tools.example", "null"])
def test_pages_that_may_not(guarded, origin):
    for method in ("OPTIONS", "GET"):
        answer = refused(call(guarded, method, Origin=origin, Access_Control_Request_Method="GET", Authorization=f"Bearer {TOKEN}"), 403, "Origin")
        assert not CORS & set(answer.headers)


def test_its_own_page_asks_for_nothing(guarded):
    """A preflight from the own origin is an OPTIONS like others: the token counts."""
    headers = {"Origin": own(guarded), "Access_Control_Request_Method": "PUT"}
    assert call(guarded, "OPTIONS", **headers).status == 401
    assert not CORS & set(call(guarded, "OPTIONS", Authorization=f"Bearer {TOKEN}", **headers).headers)


@pytest.mark.parametrize("header, status", [(f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200), (f"Bearer  {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), (f"Bearer {TOKEN[:-1]}", 401), (f"Bearer {TOKEN}{TOKEN}", 401),
                                            ("Bearer", 401), ("Bearer ", 401), (TOKEN, 401), (f"Basic {TOKEN}", 401), (f"Zoho-oauthtoken {TOKEN}", 401), ("Bearer SESAM", 401), ("Bearer 1000.crmock.admin", 401)])
def test_the_token(guarded, header, status):
    for path, method, else_status in (("/_crmock/info", "GET", 200), ("/_crmock/nowhere", "GET", 404), ("/_crmock/info", "DELETE", 405), ("/_s/nobody/_crmock/info", "GET", 404)):
        answer = call(guarded, method, path, Authorization=header)
        assert answer.status == (else_status if status == 200 else 401)
        assert (answer.headers["WWW-Authenticate"] is None) == (status == 200)


def test_two_tokens(guarded):
    line = f"Authorization: Bearer {TOKEN}"
    assert [raw(guarded, "GET /_crmock/info HTTP/1.1", "Host: localhost", *lines, "Connection: close")[0] for lines in ([line], [line, line])] == [200, 401]


def test_the_service_needs_neither_token_nor_host(guarded):
    for path in ("/crm/v8/org", "/_s/main/crm/v8/org", "/healthz", "/openapi.json"):
        assert guarded.request("GET", path, headers={"Host": "evil.example", "Origin": "null", "Sec-Fetch-Site": "cross-site"}).status == 200, path


def test_the_host_of_the_service_may_be_checked(start):
    for more in ([], ["--control", "off"]):
        server = start("--host-check", "--control-host", "crm.example", *more)
        for path, status in (("/crm/v8/org", 200), ("/healthz", 200), ("/oauth/v2/token", 400), ("/nowhere", 404)):
            for host in ("crm.example", "localhost", "127.0.0.1"):
                assert server.request("GET", path, headers={"Host": host}).status == status
            for host in ("evil.example", "localhost."):
                assert refused(server.request("GET", path, headers={"Host": host}), 403, "--control-host").body.keys() == {"error"}
        assert server.request("GET", "/crm/v8/org", headers={"Origin": "null"}).status == 200


@pytest.mark.parametrize("how", [{"arguments": ["--control", "off"]}, {"env": {"CRMOCK_CONTROL": "off"}}])
def test_off(start, how):
    server = start(*how.get("arguments", []), env=how.get("env"))
    for path in PATHS + ["/_s/main/crm/v8/org", "/_crmock/openapi.json"]:
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = server.request(method, path, headers={"Host": "evil.example", "X-Crmock-Sandbox": "nobody"})
            assert (answer.status, answer.headers["X-Crmock-Rule"]) == (404, "E21"), path
    assert server.request("GET", "/crm/v8/org", headers={"X-Crmock-Sandbox": "nobody"}).status == 200


def test_the_header_of_a_sandbox_counts_for_the_service_too(fresh):
    made = call(fresh, "POST", "/_crmock/sandboxes", {"id": "one"})
    assert made.status == 201
    lead = {"data": [{"City": "Patras"}], "ids": ["554023000000600001"]}
    for name, rule in (("one", None), ("main", None)):
        assert fresh.request("POST", "/crm/v8/Leads/actions/mass_update", lead, headers={"X-Crmock-Sandbox": name}).headers["X-Crmock-Rule"] is rule
    assert call(fresh, "PUT", "/_crmock/clock", {"now": "2020-01-01T00:00:00Z"}, X_Crmock_Sandbox="one").status == 200
    assert call(fresh, X_Crmock_Sandbox="one").body["sandbox"] == "one"
    assert [call(fresh, path="/_crmock/clock", X_Crmock_Sandbox=name).body["mode"] for name in ("one", "main")] == ["fixed", "running"]
    assert [fresh.request("GET", path, headers={"X-Crmock-Sandbox": "nobody"}).status for path in ("/crm/v8/org", "/_crmock/info", "/healthz")] == [404] * 3
    assert call(fresh, path="/_s/main/_crmock/info", X_Crmock_Sandbox="one").status == 422


def test_info(start, tmp_path):
    server = start("--control-token", TOKEN, "--job-delay", "7", "--now", "+60", "--token-ttl", "1500ms", "--no-hints", "--control-origin", "https://a.example", env={"CRMOCK_CONTROL_HOST": "a.example,b.example"})
    told = call(server, Authorization=f"Bearer {TOKEN}").body
    assert told["version"] == run("--version").stdout.split()[1] and told["urls"] == [server.url] and told["url"] == server.url
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["started"])
    expected = {"control-token": "********", "job-delay": 7, "now": "+60", "token-ttl": "1500ms", "no-hints": True, "control": "on", "control-origin": ["https://a.example"], "control-host": ["a.example", "b.example"],
                "port": 0, "db": None, "answers": "page", "host-check": False, "max-records": 1000000, "max-body": 1 << 20}
    assert {name: told["options"][name] for name in expected} == expected and TOKEN not in json.dumps(told)
    assert set(told["options"]) == set(re.findall(r"^ +--([a-z-]+).*\[\$", run("--help", env={"ARGP_HELP_FMT": "rmargin=400"}).stdout, re.M))
    assert call(server, path="/_s/main/_crmock/info", Authorization=f"Bearer {TOKEN}").body["url"] == server.url + "/_s/main"
    assert call(start("--now", "2020-01-01T00:00:00Z")).body["options"]["now"] == "2020-01-01T00:00:00Z"


def test_the_option_wins_over_its_variable(start):
    env = {"CRMOCK_CONTROL_HOST": "env.example", "CRMOCK_CONTROL_TOKEN": "other", "CRMOCK_HOST_CHECK": "1"}
    server = start("--control-host", "a.example", "--control-host", "b.example", "--control-token", TOKEN, env=env)
    assert [call(server, Host=host, Authorization=f"Bearer {TOKEN}").status for host in ("a.example", "b.example", "env.example")] == [200, 200, 403]
    assert call(server, Authorization="Bearer other").status == 401 and call(server, path="/healthz", Host="env.example").status == 403


@pytest.mark.parametrize("arguments", [["--control", "maybe"], ["--control", ""], ["--control-token", ""], ["--control-host", ""], ["--control-host", "a:80"], ["--control-host", "a."], ["--control-host", "a,,b"],
                                       ["--control-host", "a b"], ["--control-origin", "null"], ["--control-origin", "*"], ["--control-origin", "a.example"], ["--control-origin", "https://a.example/"],
                                       ["--control-origin", "https://a.example,"], ["--max-records", "-1"], ["--control-host", "a"] * 17])
def test_wrong_options_are_told(arguments):
    done = run("--port", "0", *arguments)
    assert done.returncode == 1 and arguments[0] in done.stderr


@pytest.mark.parametrize("arguments, warns", [(["--listen", "0.0.0.0"], True), (["--listen", "::"], True), ([], False), (["--listen", "127.0.0.2"], False), (["--listen", "::1"], False),
                                              (["--listen", "0.0.0.0", "--control-token", TOKEN], False), (["--listen", "0.0.0.0", "--control", "off"], False)])
def test_an_open_control_api_is_a_warning(tmp_path, arguments, warns):
    with open(tmp_path / "log", "w") as log:
        Server(*arguments, log=log).stop()
    warnings = [line for line in (tmp_path / "log").read_text().splitlines() if " warning " in line]
    assert [("control open" in line, "--control-token" in line) for line in warnings] == ([(True, True)] if warns else [])


def test_the_document(shared):
    document = call(shared, path="/_crmock/openapi.json").body
    assert document["openapi"] == "3.1.0" and document["info"]["version"] == run("--version").stdout.split()[1]
    for path, item in document["paths"].items():
        assert set(re.findall(r"{(\w+)}", path)) == {parameter["name"] for parameter in item["parameters"]}, path
        for method in METHODS[:1] + METHODS[2:-1]:
            operation = item[method.lower()]
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(content["schema"])
    for part in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(part)


def served():
    """Path to the methods that are served there, by the document."""
    return {path: {method.upper() for method, operation in item.items() if method in ("get", "put", "post", "patch", "delete") and "405" not in operation["responses"]}
            for path, item in control_document().json["paths"].items()}


def test_every_endpoint_is_in_the_document(shared):
    """As the files of the code have them, each with what it does and answers."""
    listed = set()
    for path in (ROOT / "server" / "control").glob("*.c"):
        for body in re.findall(r"^const struct control_endpoint \w+ = \{(.*?)^\};", path.read_text(), re.M | re.S):
            listed.add(re.search(r'\.method = "(\w+)",\s+\.path = "(.*?)",', body).groups())
    assert listed == {(method, path) for path, methods in served().items() for method in methods} and len(listed) >= 15


PAGE = gallery.page("control")
NAMES = {"control": {"JOB_ID", "TOKEN"}, "journal": set()}  # that stand in the examples of a page for what is not the same each time


def test_the_page_has_every_call():
    """What it takes and does, as the document has it."""
    listed = [(call, re.findall(r"`(\w+)`", takes), says) for call, takes, says in re.findall(r"^\| `([A-Z]+ /\S+)` \| (.*?) ?\| (.*) \|$", PAGE, re.M)]
    said = []
    for path, methods in served().items():
        for method, operation in control_document().json["paths"][path].items():
            if method.upper() in methods:
                body = operation.get("requestBody", {"content": {"application/json": {"schema": {"properties": {}}}}})["content"]["application/json"]["schema"]["properties"]
                said.append((f"{method.upper()} {path}", [*body, *(parameter["name"] for parameter in operation["parameters"])], operation["summary"]))
    assert listed == said


def test_the_page_has_every_status():
    part = PAGE[PAGE.index("## Refusals"):]
    assert re.findall(r"^\| (\d+) \|", part, re.M) == sorted(control_document().json["components"]["responses"])


def is_as_printed(value, printed):
    """Where "…" is printed stands anything; as a member's name it says that there are more of them."""
    if printed == "…":
        return True
    if isinstance(printed, dict):
        names = [name for name in printed if name != "…"]
        return isinstance(value, dict) and list(value)[:len(names) if "…" in printed else None] == names and all(is_as_printed(value[name], printed[name]) for name in names)
    if isinstance(printed, list):
        return isinstance(value, list) and len(value) == len(printed) and all(map(is_as_printed, value, printed))
    return value == printed


def paste(server, block, folder):
    """What a block of a page answers: of one line with its status, of several, which are well, the last of them."""
    if "\n" not in block:
        return gallery.curl(server, block)[:2]
    done = subprocess.run(["bash", "-ec", block.replace(gallery.BASE, server.url)], cwd=folder, capture_output=True, text=True, check=True)
    return 200, json.loads(done.stdout)


@pytest.mark.parametrize("page, least", [("control", 30), ("journal", 7)])
def test_the_examples_of_the_page(fresh, page, least, tmp_path):
    """One after the other, as they are printed, with the last job and token in the place of their names."""
    text_of_page = gallery.page(page)
    examples = re.findall(r"```sh\n(.*?)\n```\n(?:\n```json\n([^\n]*)\n```\n)?", text_of_page, re.S)
    last = {}
    for line, printed in examples:
        for name, text in last.items():
            line = re.sub(rf"\b{name}\b", text, line)
        status, answer = paste(fresh, line, tmp_path)
        path = re.search(r"http://127.0.0.1:8080(/[^\s']*)", line).group(1)
        for name, member in (("JOB_ID", "job_id"), ("TOKEN", "token")):
            last.update({name: text for text in re.findall(rf'"{member}": "([^"]+)"', json.dumps(answer)) if name in NAMES[page]})
        for name, text in last.items():
            printed = re.sub(rf"\b{name}\b", text, printed)
        assert (status >= 400) == any(word in printed for word in ('"error"', "RECORD_LOCKED")), line
        assert not printed or is_as_printed(answer, json.loads(printed.replace(gallery.BASE, fresh.url))), (line, answer)
        assert (answer is None) == (status == 204) and (printed or status == 204 or path.startswith("/crm/"))
    assert len(examples) == text_of_page.count("```sh") >= least and set(last) == NAMES[page]


@pytest.mark.parametrize("value, printed, same", [
    (1, "…", True), ({"a": 1}, {"a": 1}, True), ({"a": 1, "b": 2}, {"a": 1}, False), ({"a": 1, "b": 2}, {"a": 1, "…": "…"}, True), ({"b": 2, "a": 1}, {"a": 1, "…": "…"}, False), ({"a": 2, "b": 2}, {"a": 1, "…": "…"}, False),
    ([{"a": 1}], [{"a": "…"}], True), ([1, 2], [1], False), ([1], [1, 2], False), ([1], [2], False), ({}, {"a": "…"}, False), (None, {"…": "…"}, False)])
def test_what_is_as_printed(value, printed, same):
    assert is_as_printed(value, printed) == same


def section(heading):
    return re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S).group(1)


def members(heading):
    """Member to default, of the section's table."""
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \| .* \|$", section(heading).partition("| Member | Default | Meaning |")[2].partition("\n\n")[0], re.M)
    return {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}


def taken(*calls):
    bodies = [control_document().json["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"] for method, path in calls]
    return {name: name in body.get("required", []) for body in bodies for name in body["properties"]}


@pytest.mark.parametrize("heading, calls", [
    ("Sandboxes", [("post", "/_crmock/sandboxes")]), ("Reset and snapshots", [("post", "/_crmock/snapshots")]), ("Time", [("put", "/_crmock/clock"), ("post", "/_crmock/clock/advance")]),
    ("Tokens", [("post", "/_crmock/tokens")]), ("Journal", [("post", "/_crmock/requests/find"), ("post", "/_crmock/requests/verify")]), ("Jobs", [("put", "/_crmock/jobs/policy")]),
     ("Limits of the service", [("put", "/_crmock/limits")])])
def test_the_page_has_every_member_of_a_body(heading, calls):
    listed, said = members(heading), taken(*calls)
    assert list(listed) == list(said)
    assert {name for name, default in listed.items() if default == "must be there"} == {name for name, needed in said.items() if needed}


def test_the_page_has_every_member_of_a_record(shared):
    told = call(shared, path="/_crmock/records/Deals/554023000000497007").body
    assert sorted(members("Fixtures and records")) == sorted(told)


def defaults(heading):
    return {name: json.loads(default.strip("`")) for name, default in members(heading).items() if default[0] == "`"}


def test_the_defaults_of_the_page(fresh):
    assert call(fresh, "PUT", "/_crmock/jobs/policy", {"hold": True, "delay_ms": 1, "rate": 1, "batch": 1, "polls": {"scheduled": 3}}).body["polls"] == {"scheduled": 3, "running": 0}
    assert call(fresh, "PUT", "/_crmock/jobs/policy").body == defaults("Jobs") and len(defaults("Jobs")) == 5
    assert call(fresh, "PUT", "/_crmock/limits").body == defaults("Limits of the service") and len(defaults("Limits of the service")) == 4
    made, said = [call(fresh, "POST", "/_crmock/sandboxes").body for _ in range(2)], defaults("Sandboxes")
    assert said.keys() == {"if_exists", "ttl"} and made[0]["ttl"] == said["ttl"] and re.fullmatch("[a-z0-9]{10}", made[0]["id"]) and made[0]["id"] != made[1]["id"]
    assert call(fresh, "POST", "/_crmock/sandboxes", {"id": made[0]["id"]}).status == call(fresh, "POST", "/_crmock/sandboxes", {"id": made[0]["id"], "if_exists": said["if_exists"]}).status == 409
    assert defaults("Reset and snapshots") == {"replace": False}
    for more, status in (({}, 201), ({}, 409), (defaults("Reset and snapshots"), 409), ({"replace": True}, 201)):
        assert call(fresh, "POST", "/_crmock/snapshots", {"name": "a"} | more).status == status


OWN_ORG = {"org": {"name": "Mine"}, "roles": [{"name": "Boss"}], "profiles": [{"name": "All"}], "users": [{"name": "Ann", "email": "ann@mine.example", "profile": "All", "role": "Boss"}],
           "clients": [{"id": "1000.MINE", "secret": "s"}], "tokens": [{"token": "1000.crmock.mine", "client": "1000.MINE", "user": "ann@mine.example", "scopes": "ZohoCRM.org.READ"}]}
KINDS = {"none": {}, "with `extends`": {"fixtures": {"extends": "professional"}}, "with `org`": {"fixtures": [OWN_ORG]},
         "with neither": {"fixtures": {"records": [{"module": "Accounts", "id": "77", "fields": {"Account_Name": "Mine"}}]}}}
BUILT_IN = ["admin", "professional", "free"]
FIXTURES_MEAN = {("left out", "none"): BUILT_IN, ("left out", "with `extends`"): ["professional"], ("left out", "with neither"): BUILT_IN,
                 ("left out", "with `org`"): ["mine"], ("given", "none"): ["free"], ("given", "with `extends`"): None, ("given", "with `org`"): ["free", "mine"], ("given", "with neither"): ["free"]}


@pytest.mark.parametrize("extends, kind", FIXTURES_MEAN)
def test_what_fixtures_mean_beside_extends(fresh, extends, kind):
    """Which orgs there are, by whose tokens are good; what is added is in the first."""
    [says] = re.findall(rf"^\| {extends} \| {kind} \| (.*) \|$", section("Sandboxes"), re.M)
    made = call(fresh, "POST", "/_crmock/sandboxes", KINDS[kind] | ({"extends": "free"} if extends == "given" else {}))
    orgs = FIXTURES_MEAN[extends, kind]
    assert made.status == (201 if orgs else 422) and ("422" in says) == (orgs is None)
    if orgs:
        assert [who for who in [*BUILT_IN, "mine"] if fresh.request("GET", "/crm/v8/org", token=f"1000.{made.body['id']}.{who}").status == 200] == orgs
    if kind == "with neither":
        assert "added to its first org" in says and call(fresh, path=f"/_s/{made.body['id']}/_crmock/records/Accounts/77").status == 200


def test_what_a_kept_main_has_not(start, tmp_path):
    """As the page lists it; a sandbox beside it has all of it."""
    server = start(db=tmp_path / "kept.db")
    assert call(server, "POST", "/_crmock/reset").status == call(server, path="/_crmock/changes").status == 409
    sandbox = call(server, "POST", "/_crmock/sandboxes").body["url"].removeprefix(server.url)
    assert call(server, "POST", sandbox + "/_crmock/reset").status == 204 and call(server, path=sandbox + "/_crmock/changes").status == 200
    assert call(server, "POST", "/_crmock/snapshots", {"name": "before"}).status == 201
    lead = "554023000000600001"
    assert server.update("Leads", {"data": [{"City": "Arta"}], "ids": [lead]}).status == 200
    assert [change["id"] for change in call(server, path="/_crmock/changes?since=before").body["changes"]] == [lead]
    assert call(server, "POST", "/_crmock/snapshots/before/restore").status == 204 and "City" not in server.fields(lead)
    assert call(server, "PUT", "/_crmock/jobs/policy", {"hold": True}).status == call(server, "PUT", "/_crmock/clock", {"offset": 60}).status == 200
    server.stop()
    server = start(db=tmp_path / "kept.db")
    assert call(server, path="/_crmock/snapshots").body["snapshots"] == [] and len(call(server, path="/_crmock/sandboxes").body["sandboxes"]) == 1
    assert not call(server, path="/_crmock/jobs/policy").body["hold"] and call(server, path="/_crmock/clock").body["mode"] == "running"


def test_methods(shared):
    """What is served is told by OPTIONS and 405; nothing is done."""
    for path, methods in served().items():
        path = re.sub(r"\{\w+\}", "x", path)
        for method in METHODS:
            answer = call(shared, method, path) if {"HEAD": "GET"}.get(method, method) not in methods else None
            if answer is not None:
                assert answer.status == (204 if method == "OPTIONS" else 405)
                assert set(answer.headers["Allow"].split(", ")) == methods | {"OPTIONS"}
    head, get = call(shared, "HEAD"), call(shared)
    assert (head.status, head.headers["Content-Length"]) == (200, get.headers["Content-Length"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/_crmock//", "/_crmock/console", "/_crmock/console/", "/_crmock/nowhere", "/_crmock/info/", "/_crmock//info", "/_crmock/info/x", "/_crmock/sandboxes/", "/_crmock/sandboxes/a/b", "/_s/main/_crmock//", "/_s/main/_crmock/sandboxes",
                                  "/_s/main/_crmock/sandboxes/main", "/_s/main/_s/main/_crmock/info", "/_s//_crmock/info", "/_s/nobody/_crmock/info"])
def test_paths_that_are_none(shared, path, method):
    answer = refused(call(shared, method, path), 404, " ")
    assert answer.headers["Allow"] is None and (method == "HEAD" or answer.body.keys() == {"error"})


@pytest.mark.parametrize("path", ["/_crmockery", "/x/_crmock/info", "/_CRMOCK/info", "/_s", "/_sx/main/_crmock/info"])
def test_paths_of_the_service(shared, path):
    assert shared.request("GET", path).headers["X-Crmock-Rule"] == "E21"


@pytest.mark.parametrize("query, at", [("?x=1", "x"), ("?limit=1&x", "x"), ("?=1", None), ("?limit%20after=1", "limit after"), ("?LIMIT=1", "LIMIT"), ("?limi=1", "limi"), ("?limit=0", "limit"), ("?limit=1001", "limit"), ("?limit=1x", "limit"),
                                       ("?limit=", "limit"), ("?limit", "limit"), ("?limit=99999999999999999999", "limit"), ("?limit=-1", "limit")])
def test_names_and_values_of_a_query(shared, query, at):
    answer = call(shared, path="/_crmock/snapshots" + query)
    assert answer.status == 422 and answer.body.get("at") == at


def test_an_endpoint_without_parameters_takes_none(shared):
    for query in ("?x=1", "?=1", "?%20"):
        assert call(shared, path="/_crmock/info" + query).status == 422, query


DEEP = 1000


@pytest.mark.parametrize("body, status, at", [
    (b"{", 400, None), (b"{} x", 400, None), (b"{'by': 1}", 400, None), (b'{"by": 01}', 400, None), (b'{"by": "\xff"}', 400, None), (b'{"by": "\\u0000"}', 400, None), (b'{"by": NaN}', 400, None), (b" ", 400, None), (b"\0", 400, None),
    (b"by=1", 400, None), (b'{"by": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400, None), (b"[" * 1000000, 400, None),
    (b"[]", 422, "$"), (b"null", 422, "$"), (b"1", 422, "$"), (b'"x"', 422, "$"), (b"{}", 422, "$.by"), (b"", 422, "$.by"), (b'{"by": null}', 422, "$.by"), (b'{"by": true}', 422, "$.by"), (b'{"by": []}', 422, "$.by"), (b'{"by": -1}', 422, "$.by"),
    (b'{"by": 1.5}', 422, "$.by"), (b'{"by": 1e30}', 422, "$.by"), (b'{"by": "soon"}', 422, "$.by"), (b'{"by": 1, "by": 1}', 422, "$.by"), (b'{"by": 1, "x": 1}', 422, "$.x"), (b'{"by": 1, "": 1}', 422, "$."), (b'{"by": 1, "b y": 1}', 422, "$.b y"),
    (b'{"by": ' + b"[" * (DEEP - 1) + b"]" * (DEEP - 1) + b"}", 422, "$.by"), (b'{"by": [' + b"1," * 99997 + b"1]}", 422, "$.by"), (b'{"by": [' + b"1," * 99998 + b"1]}", 413, "$"),
    (b'{"by": "' + b"x" * (2 << 20) + b'"}', 422, "$.by"), (b'{"by": 1}' + b" " * (16 << 20), 413, "$")], ids=itertools.count())
def test_bodies(fresh, body, status, at):
    """A refused call changes nothing."""
    assert call(fresh, "PUT", "/_crmock/clock", {"now": "2020-01-01T00:00:00Z"}).status == 200
    answer = call(fresh, "POST", "/_crmock/clock/advance", body)
    assert (answer.status, answer.body.get("at")) == (status, at), answer
    assert call(fresh, path="/_crmock/clock").body == {"now": "2020-01-01T00:00:00Z", "mode": "fixed"}


def test_the_largest_body(shared):
    room = 16 << 20
    assert call(shared, "POST", "/_crmock/clock/advance", b'{"by": 0}'.ljust(room)).status == 200
    for path in ("/_crmock/clock/advance", "/_s/main/_crmock/clock/advance", "/_crmock/nowhere"):
        assert refused(call(shared, "POST", path, b" " * (room + 1)), 413, str(room)).body["at"] == "$"


def test_a_body_that_is_too_large_is_guarded(guarded):
    body = b" " * ((16 << 20) + 1)
    assert call(guarded, "POST", "/_crmock/reset", body).status == 401
    assert call(guarded, "POST", "/_crmock/reset", body, Host="evil.example").status == 403
    assert call(guarded, "POST", "/_crmock/reset", body, Authorization=f"Bearer {TOKEN}").status == 413


def test_any_media_type(shared):
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "multipart/form-data", "x"):
        assert call(shared, "POST", "/_crmock/clock/advance", {"by": 0}, Content_Type=media).status == 200


def test_what_is_no_http(shared):
    def told(*lines, body=""):
        status, head, text = raw(shared, *lines, body=body)
        return status, "no-store" in head, set(json.loads(text)) <= {"error", "at"}
    host = "Host: localhost"
    assert told("POST /_crmock/reset HTTP/1.1", host, "Content-Length: x") == (400, True, True)
    assert told("POST /_crmock/reset HTTP/1.1", host, "Content-Length: 5", body="{}") == (400, True, True)
    assert told("POST /_crmock/reset HTTP/1.1", host, "Transfer-Encoding: gzip") == (501, True, True)
    assert told("POST /_crmock/reset HTTP/1.1", host, "Transfer-Encoding: chunked", body="zz\r\n") == (400, True, True)
    for end in (" HTTP/1.1", ""):  # what came before on the connection does not count
        answers = shared.raw(f"GET /_crmock/info HTTP/1.1\r\n{host}\r\n\r\nGET /{'x' * 20000}{end}".encode() + (b"\r\n\r\n" if end else b"")).decode()
        assert answers.startswith("HTTP/1.1 200 ") and "X-Crmock-Rule: H2" in answers
    for lines in ([f"Content-Length: {17 << 20}", "Expect: 100-continue"], [f"Content-Length: {33 << 20}"], [f"Content-Length: {'9' * 30}"]):
        for path in ("/_crmock/reset", "/_s/main/_crmock/reset"):
            status, head, text = raw(shared, f"POST {path} HTTP/1.1", host, *lines)
            assert (status, json.loads(text)["at"]) == (413, "$") and "no-store" in head
    status, head, text = raw(shared, "POST /crm/v8/Leads/actions/mass_update HTTP/1.1", host, f"Content-Length: {33 << 20}")
    assert status == 413 and "X-Crmock-Rule: D15" in head


def test_the_validator_finds_faults(shared):
    """A check that could not fail would be none."""
    answer = call(shared, path="/_crmock/clock")
    check = control_document().check_control
    check("GET", "/_crmock/clock", 200, answer.headers, answer.body)
    for status, body in ((200, {"now": "x", "mode": "running"}), (200, {"now": answer.body["now"]}), (200, answer.body | {"x": 1}), (200, answer.body | {"mode": "x"}), (201, answer.body), (404, answer.body), (204, None), (200, None)):
        with pytest.raises(AssertionError):
            check("GET", "/_crmock/clock", status, answer.headers, body)
    for name in schema.PRIVATE:
        headers = dict(answer.headers.items())
        del headers[name]
        with pytest.raises((AssertionError, KeyError)):
            check("GET", "/_crmock/clock", 200, headers, answer.body)
