"""crmock parity: what another crmock answers beside what crmock does. The other is bent by faults."""
import collections
import http.server
import json
import pathlib
import re
import signal
import socket
import subprocess
import threading

import pytest

import gallery
from server import PATIENCE, command, own_fixtures, run

ADMIN = ["--token", "1000.crmock.admin"]
OAUTH = ["--client-id", "1000.CRMOCK", "--client-secret", "crmock-secret", "--refresh-token", "1000.crmock.refresh"]
UPDATE = "/crm/v8/Leads/actions/mass_update"
PAGE = gallery.page("parity")


def parity(server, *options, login=ADMIN):
    return run("parity", "--against", getattr(server, "url", server), *login, *options)


def told(server, *options, status=0, **keywords):
    """The cases, of a run that ends with that status."""
    done = parity(server, "--json", *options, **keywords)
    assert done.returncode == status, done
    return json.loads(done.stdout)


def differing(document):
    return {(case["row"], case["what"], case["version"]): case["differences"] for case in document["cases"] if case["result"] == "differs"}


def bend(server, match, effect, times=None, **more):
    answer = server.request("POST", "/_crmock/faults", {"match": match, "times": times, "effect": effect} | more)
    assert answer.status == 201
    return answer.body["id"]


def refused_in_one_line(done):
    """It could not be asked, and says why."""
    assert (done.returncode, done.stdout) == (2, ""), done
    lines = [line for line in done.stderr.splitlines() if "one at a time" not in line]
    assert len(lines) == 1 and lines[0].startswith("crmock"), lines
    return lines[0]


def changes(server):
    return server.request("GET", "/_crmock/changes?stamps=true").body["changes"], server.request("GET", "/_crmock/jobs").body["jobs"]


def test_crmock_is_like_itself_and_nothing_has_changed(start):
    server = start()
    done = parity(server, login=OAUTH)
    assert done.returncode == 0
    head, *rows, count = done.stdout.splitlines()
    assert len(rows) > 100 and all(row.endswith(" same") for row in rows) and count == f"{len(rows)} the same, 0 differ, 0 not asked"
    assert done.stderr == f"crmock parity: {len(rows)} calls of {server.url}, one at a time\n"
    assert changes(server) == ([], [])


def test_what_a_token_may_decides_what_differs(start):
    """As the page says of the built-in tokens."""
    server, found = start(), {}
    said = PAGE[PAGE.index("Whose token it is"):PAGE.index("In the environment they are")]
    for name in re.findall(r"`(?:1000\.crmock\.)?(\w+)`", said):
        done = parity(server, login=["--token", f"1000.crmock.{name}"])
        found[name] = done.returncode, *map(int, re.findall(r"(\d+) (?:the same|differ)", done.stdout.splitlines()[-1]))
    assert list(found) == ["restricted", "unscheduled", "jobless", "standard"]
    assert found["restricted"][0] == 1 and found["restricted"][2] > found["restricted"][1]  # most
    for name in ("unscheduled", "jobless"):
        assert found[name][0] == 1 and 0 < found[name][2] < 10, found
    assert found["standard"][0] == 0 and found["standard"][1] > 100 and found["standard"][2] == 0
    for name in ("closed", "read"):
        assert parity(server, login=["--token", f"1000.crmock.{name}"]).returncode == 2


def test_what_is_sent_without_write_is_refused_or_a_get(start):
    server = start()
    told(server, login=OAUTH)
    for request in server.request("GET", "/_crmock/requests?limit=1000").body["requests"]:
        is_token = request["path"] == "/oauth/v2/token"
        assert request["method"] == "GET" or request["rule"] or (is_token and request["status"] == 200), request
        assert request["method"] != "DELETE"


NONE = "9223372036854775806"


class Lenient(http.server.BaseHTTPRequestHandler):
    """A crmock that may be read; whatever else is sent is taken."""

    def do_GET(self):
        answer = self.server.crmock.request("GET", self.path, token=self.headers["Authorization"] and "1000.crmock.admin", parse=False)
        self.tell(answer.status, answer.body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.sent.append((self.command, self.path, body))
        self.tell(200, json.dumps({"data": [{"code": "SUCCESS", "details": {}, "message": "done", "status": "success"}]}).encode())

    do_PUT = do_PATCH = do_DELETE = do_POST

    def tell(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def changes_nothing(text):
    """Of a body that is taken as well as it can be."""
    try:
        body = json.loads(text)
    except ValueError:
        return True
    body = body if isinstance(body, dict) else {}
    data = body["data"] if isinstance(body.get("data"), list) else []
    names = {name for entry in data if isinstance(entry, dict) for name in entry}
    ids = body["ids"] if isinstance(body.get("ids"), list) else [body.get("ids", body.get("cvid"))]
    return names <= {"Crmock_No_Such_Field"} or (names == {"id"} and data[0]["id"] == NONE) or (ids and all(str(id) in (NONE, "x") for id in ids))


def test_a_service_that_takes_everything_has_nothing_changed(start):
    with http.server.HTTPServer(("127.0.0.1", 0), Lenient) as server:
        server.crmock, server.sent = start(), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = parity(f"http://127.0.0.1:{server.server_port}", "--json")
        finally:
            server.shutdown()
            thread.join()
    assert done.returncode == 1 and len(server.sent) > 60 and not [one for one in server.sent if one[0] == "DELETE" or not changes_nothing(one[2])]


@pytest.mark.parametrize("path, told", [(f"/crm/v8/Leads/{NONE}", {"data": [{"id": NONE}]}),
                                        (f"/crm/v8/settings/custom_views/{NONE}", {"custom_views": [{"id": NONE}]})])
@pytest.mark.parametrize("effect, said", [(None, "is there, which is so in no org"), ({"status": 503, "body": ""}, "status 503"), ({"status": 403, "body": "{}"}, "status 403"),
                                          ({"status": 200, "body": "<p>Hello</p>"}, "status 200"), ({"status": 302, "body": ""}, "status 302"), ({"drop": "before"}, "")])
def test_what_may_be_there_is_not_asked_about(start, path, told, effect, said):
    server = start()
    bend(server, {"path": path}, effect or {"status": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)})
    assert f"{server.url}{path}" in (line := refused_in_one_line(parity(server))) and said in line
    assert not [request for request in server.request("GET", "/_crmock/requests?limit=1000").body["requests"] if request["method"] != "GET"]


def test_a_report_has_no_amounts(start, tmp_path):
    server = start()
    bend(server, {"path": UPDATE}, {"status": 400, "headers": {"Content-Type": "application/json"},
                                    "body": json.dumps({"code": "X", "details": {"limit": 32000, "amount": 1234.56, "phone": 491701, "more": [-77777.5]}})})
    assert parity(server, "--report", tmp_path / "report.json").returncode == 1
    report = (tmp_path / "report.json").read_text()
    assert "32000" in report and "{number}" in report and not [one for one in ("1234", "491701", "77777") if one in report]


def test_answers_of_many_values_are_told_in_part(start):
    server = start()
    bend(server, {"path": UPDATE}, {"status": 400, "headers": {"Content-Type": "application/json"}, "body": "[" + "0," * 30000 + "0]"})
    cases = told(server, status=1)["cases"]
    bodies = [case["theirs"]["body"] for case in cases if case["request"]["path"].endswith("{version}/{module}/actions/mass_update") and case["version"] == "v8" and "theirs" in case]
    assert len(bodies) > 40 and not [body for body in bodies if body and not (isinstance(body, str) and len(body) <= 2000)]


@pytest.mark.parametrize("module", ["Deals", "Projects", "Tasks", "Solutions"])
def test_in_other_modules(start, module):
    document = told(start(), "--module", module, "--write")
    assert document["module"] == module and document["same"] > 100 and document["differ"] == 0


def test_an_org_of_ones_own(start, tmp_path):
    """A module that the default org has not, with few records."""
    fields = [{"api_name": name, "type": "text"} for name in ("Name", "Hull", "Mast", "Port")] + [
        {"api_name": "Rig", "type": "picklist", "values": ["Sloop", "Ketch"]}]
    module = {"api_name": "Boats", "custom": True, "fields": fields}
    records = [{"module": "Boats", "id": "77", "fields": {"Name": "Argo", "Rig": "Ketch"}}]
    server = start("--fixtures", own_fixtures(tmp_path, {"modules": [module], "records": records}))
    document = told(server, "--module", "Boats", "--write", "--report", tmp_path / "report.json")
    assert (document["record"], document["field"], document["differ"]) == ("77", "Rig", 0)
    assert [case["why"] for case in document["cases"] if case["result"] == "not asked" and case["row"][0] != "O"] == ["no view was found"] * 3
    report = (tmp_path / "report.json").read_text()
    assert not re.search(r"Boats|Rig|Argo|Hull|Mast|\b77\b", report)


def test_a_record_without_a_value_of_a_picklist(start):
    server = start()
    [lead] = server.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "Bare", "City": "Arta"}]}).body["data"]
    document = told(server, "--module", "Leads", "--record", lead["details"]["id"])
    assert {(case["row"], case["why"]) for case in document["cases"] if case["result"] == "not asked" and case["row"][0] != "O"} == {("E32", "the record has no value of a picklist")}


def test_writing_has_the_value_again(start):
    server = start()
    before = server.request("GET", "/crm/v8/Leads/554023000000600001").body["data"][0]
    document = told(server, "--write", "--record", "554023000000600001")
    assert document["record"] == before["id"] and any(case["what"] == "another value" for case in document["cases"])
    after = server.request("GET", "/crm/v8/Leads/554023000000600001").body["data"][0]
    assert before.pop("Modified_Time") != after.pop("Modified_Time") and before == after
    listed, jobs = changes(server)
    assert [(change["id"], set(change["fields"]) <= {"Modified_Time", "Modified_By"}) for change in listed] == [(before["id"], True)] and not jobs
    wrote = [request["body"] for request in server.request("GET", "/_crmock/requests?limit=1000").body["requests"] if before["id"] in str(request["body"])]
    assert len(wrote) > 8 and all(body["trigger"] == [] for body in wrote)


BENT = [
    ({"method": "PUT", "path": UPDATE}, {"status": 405, "headers": {"Allow": "GET, POST"}, "body": {"code": "INVALID_REQUEST_METHOD", "details": {}, "message": "The http request method type is not a valid one", "status": "error"}},
     {("E24", "PUT", "v8"): ["status", "Allow"]}),
    ({"method": "POST", "path": UPDATE, "body": {"data": [{"Owner": {"$any": True}}]}}, {"rule": "E17"},
     {("E3", "the owner", "v8"): ["status", "data[0].code", "data[0].details.permissions", "data[0].message"]}),
    ({"path": "/crm/v2/settings/fields"}, {"status": 400, "body": {"code": "REQUIRED_PARAM_MISSING", "details": {"param_name": "modules"}, "message": "One of the expected parameter is missing"}},
     {("P1", "fields of no module", "v2"): ["details.param_name", "status"], ("E20", "fields of an unknown module", "v2"): ["code", "details.param_name", "message", "status"]}),
    ({"path": "/crm/v8/Notes/actions/mass_update", "method": "GET"}, {"status": 400, "body": "<p>gone</p>"},
     {("G6", "a module without mass updates", "v8"): ["Content-Type", "body"]}),
    ({"path": "/crm/v8/users/*"}, {"drop": "before"}, {("E7", "an unknown user", "v8"): ["status"]}),
    ({"path": "/crm/v8/settings/roles/*"}, {"status": 200, "body": {"roles": [{"id": "554023000000031154", "name": "x"}]}}, {("", "an unknown role", "v8"): ["status", "Content-Type", "body"]}),
    ({"path": UPDATE, "query": {"job_id": "x"}}, {"rule": "G2"}, {("G1", "a job's id that is none", "v8"): ["status", "Content-Type", "body"]}),
    ({"path": UPDATE, "body": {"ids": {"$any": True}, "data": [{"Description": {"$any": True}}]}}, {"rule": "E1"},
     {("E3", "a text of several lines", "v8"): ["data", "code", "details", "message", "status"]}),
]


@pytest.mark.parametrize("match, effect, parts", BENT, ids=lambda value: "-".join(str(value).split())[:40])
def test_exactly_what_is_bent_differs(start, match, effect, parts):
    server = start()
    bend(server, match, effect)
    document = told(server, status=1)
    assert {case: [part["part"] for part in differences] for case, differences in differing(document).items()} == parts
    assert document["differ"] == len(parts) and parity(server).returncode == 1


def test_the_table_tells_both(start):
    server = start()
    bend(server, {"method": "PUT", "path": UPDATE}, {"status": 400, "body": {"code": "OTHER\u001b[31m", "details": {}, "message": "\u001b[31mred\u202e", "status": "error"}})
    done = parity(server)
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("differs"))
    assert lines[at].split() == ["E24", "v8", "PUT", "400", "INVALID_REQUEST_METHOD", "400", "OTHER?[31m", "differs"]
    assert lines[at + 1].strip().startswith('code: "INVALID_REQUEST_METHOD", theirs "OTHER') and "\u001b" not in done.stdout
    assert lines[-1].split(",")[1] == " 1 differ"


def test_json_has_every_case_with_both_answers(start):
    server = start()
    document = told(server, "--write", login=OAUTH)
    assert (document["against"], document["module"], document["not_asked"]) == (server.url, "Leads", 0)
    assert document["same"] == len(document["cases"]) and len({(case["row"], case["what"], case["version"]) for case in document["cases"]}) == len(document["cases"])
    for case in document["cases"]:
        assert set(case) == {"row", "what", "version", "request", "result", "crmock", "theirs", "differences"} and set(case["request"]) == {"method", "path", "body"}
        assert case["crmock"]["status"] == case["theirs"]["status"] and set(case["theirs"]) == {"status", "headers", "body"}
    assert "crmock-secret" not in json.dumps(document) and "1000.crmock.refresh" not in json.dumps(document)


def test_a_report_has_nothing_of_the_org(start, tmp_path):
    server, report = start(), tmp_path / "report.json"
    org, user = server.request("GET", "/crm/v8/org").body["org"][0], server.request("GET", "/crm/v8/users?type=CurrentUser").body["users"][0]
    bend(server, {"method": "PUT", "path": UPDATE}, {"status": 400, "headers": {"Content-Type": "application/json", "WWW-Authenticate": "Bearer realm=inhouse.example"}, "body": {
        "code": "INVALID_DATA", "message": f"{user['full_name']} of {org['company_name']} may not: ask boss@inhouse.example at http://inhouse.example/x, 554023000000235011",
        "details": {"api_name": "Shoe_Size", "json_path": "$.data[0].Shoe_Size", "owner": {"name": "Ada Lovelace", "id": "554023000000235011"}, "Weird_Key": "Bob", "phones": [5550100200]}}})
    bend(server, {"path": "/crm/v8/users/*"}, {"status": 500, "body": "<p>inhouse.example has no Ada</p>"})
    document = told(server, "--write", "--report", report, status=1, login=OAUTH)
    text = report.read_text()
    told_there = json.loads(text)
    assert [case["result"] for case in told_there["cases"]] == [case["result"] for case in document["cases"]] and len(told_there["cases"]) > 100
    assert (told_there["same"], told_there["differ"], told_there["not_asked"]) == (document["same"], 2, 0)
    for word in [server.url.split("//")[1], "127.0.0.1", document["record"], document["view"], document["field"], "55402300", "1000.crmock", "crmock-secret", "1000.CRMOCK",
                 *user["full_name"].split(), org["company_name"], user["email"], "example", "Shoe", "Ada", "Lovelace", "Weird", "Bob", "boss", "5550100200", "inhouse"]:
        assert word not in text, word
    put = next(case for case in told_there["cases"] if (case["what"], case["version"]) == ("PUT", "v8"))
    assert put["theirs"]["body"]["code"] == "INVALID_DATA" and re.fullmatch(r"NAME\d+ of NAME\d+ may not: ask NAME\d+ at NAME\d+, \{id\}", put["theirs"]["body"]["message"])
    details = put["theirs"]["body"]["details"]
    assert details["json_path"] == f"$.data[0].{details['api_name']}" and re.fullmatch(r"NAME\d+", details["api_name"])


def test_a_report_is_whole_or_not_there(start, tmp_path):
    server, report = start(), tmp_path / "report.json"
    report.write_text("before")
    assert "No such file" in refused_in_one_line(parity(server, "--report", tmp_path / "none" / "x.json"))
    assert "regular file" in refused_in_one_line(parity(server, "--report", tmp_path))
    assert "refused" in refused_in_one_line(parity(free_address(), "--report", report)).lower() or report.read_text() == "before"
    assert report.read_text() == "before" and sorted(path.name for path in tmp_path.iterdir()) == ["report.json"]
    told(server, "--report", report)
    assert json.loads(report.read_text())["differ"] == 0 and sorted(path.name for path in tmp_path.iterdir()) == ["report.json"]


def free_address():
    """Where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return "http://127.0.0.1:{}".format(one.getsockname()[1])


@pytest.fixture
def other():
    """A web server that is no CRM."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>Hello</p>")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield "http://127.0.0.1:{}".format(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_who_cannot_be_asked(start, other):
    server, dead = start(), free_address()
    assert dead in refused_in_one_line(parity(dead))
    assert "nothing that the service answers" in refused_in_one_line(parity(other))
    assert "INVALID_TOKEN: is it the token?" in refused_in_one_line(parity(server, login=["--token", "1000.nobody"]))
    assert "OAUTH_SCOPE_MISMATCH" in refused_in_one_line(parity(server, login=["--token", "1000.crmock.read"]))
    assert "no access token: invalid_code" in refused_in_one_line(parity(server, login=[*OAUTH[:-1], "1000.nothing"]))
    assert "no access token" in refused_in_one_line(parity(dead, login=OAUTH))
    assert "accounts server" in refused_in_one_line(parity(server, "--accounts-url", other, login=OAUTH))
    assert "--against" in refused_in_one_line(run("parity", *ADMIN))
    assert "--token" in refused_in_one_line(parity(server, login=[]))
    assert "--token" in refused_in_one_line(parity(server, login=["--token", "a\r\nX: y"]))
    assert "no module Notes" in refused_in_one_line(parity(server, "--module", "Notes"))
    assert "--module" in refused_in_one_line(parity(server, "--module", "Leads/../x"))
    assert "--record" in refused_in_one_line(parity(server, "--record", "1?x"))
    assert "--view" in refused_in_one_line(parity(server, "--view", "x"))
    assert "no record 1 of Leads" in refused_in_one_line(parity(server, "--record", "1"))
    assert "no view 1 of Leads" in refused_in_one_line(parity(server, "--view", "1"))
    assert changes(server) == ([], [])


def test_it_waits_where_there_is_no_room(start):
    server = start()
    bend(server, {"path": "/crm/**"}, {"status": 429, "headers": {"Retry-After": "0"}, "body": {}}, times=3, after=30)
    assert told(server)["differ"] == 0
    bend(server, {"path": "/crm/**"}, {"status": 429, "headers": {"Retry-After": "0"}, "body": {}}, after=30)
    assert "429" in refused_in_one_line(parity(server))


def test_a_token_that_ends_half_way(start):
    server = start()
    bend(server, {"path": "/crm/**"}, {"rule": "E30"}, times=2, after=30)
    assert told(server, login=OAUTH)["differ"] == 0
    bend(server, {"path": "/crm/**"}, {"rule": "E30"}, times=2, after=30)
    assert "the token is refused" in refused_in_one_line(parity(server))


def test_a_service_that_goes_away(start):
    server = start()
    bend(server, {"path": "/crm/**"}, {"drop": "before"}, after=30)
    assert re.search(r"after \d+ of \d+ requests", refused_in_one_line(parity(server)))


def interrupted(server, fault_id, *options):
    """Sends SIGINT once the fault has a call waiting; how it ended."""
    with subprocess.Popen(command("parity", "--against", server.url, *ADMIN, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not server.request("GET", f"/_crmock/faults/{fault_id}").body["fired"]:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def test_SIGINT_ends_it_in_order(start, tmp_path):
    server = start()
    fault = bend(server, {"method": "PUT", "path": UPDATE}, {"delay_ms": 600000})
    assert "interrupted, after" in refused_in_one_line(interrupted(server, fault, "--report", tmp_path / "report.json"))
    assert not list(tmp_path.iterdir())


def test_SIGINT_leaves_the_record_as_it_was(start):
    """It comes while the record has another value: of the calls that are like this one the first sets four fields, and is refused."""
    server, record = start(), "554023000000600001"
    value = server.request("GET", f"/crm/v8/Leads/{record}").body["data"][0]["Lead_Source"]
    fault = bend(server, {"method": "POST", "path": UPDATE, "body": {"ids": [record], "data": [{"Lead_Source": value}]}}, {"delay_ms": 600000}, times=1, after=1)
    assert "interrupted" in refused_in_one_line(interrupted(server, fault, "--write", "--record", record))
    wrote = [change["id"] for change in changes(server)[0]]
    assert wrote == [record] and server.request("GET", f"/crm/v8/Leads/{record}").body["data"][0]["Lead_Source"] == value


def test_a_value_that_cannot_be_set_again_is_told(start):
    """A workflow, say, that undoes what is done."""
    server, record = start(), "554023000000600001"
    value = server.request("GET", f"/crm/v8/Leads/{record}").body["data"][0]["Lead_Source"]
    bend(server, {"method": "POST", "path": UPDATE, "body": {"data": [{"Lead_Source": value}]}}, {"rule": "E23"})
    bend(server, {"method": "POST", "path": "/crm/v2/Leads/actions/mass_update", "body": {"data": [{"Lead_Source": value}]}}, {"rule": "E23"})
    done = parity(server, "--write", "--record", record)
    assert done.returncode == 1 and f'record {record} of Leads is not as it was: Lead_Source was "{value}"' in done.stderr


def test_the_table_is_as_printed(start):
    server = start()
    bend(server, {"method": "PUT", "path": UPDATE}, BENT[0][1])
    [printed] = re.findall(r"```\n(crmock parity: .*?)\n```", PAGE, re.S)
    done = parity(server)
    lines = [line.rstrip() for line in (done.stderr.replace(server.url, "https://www.zohoapis.com") + done.stdout).splitlines()]
    assert len(printed.splitlines()) > 6 and set(printed.splitlines()) <= set(lines)


def test_the_page_lists_each_row_once(start):
    cases = told(start(), "--write", login=OAUTH)["cases"]
    part = PAGE[PAGE.index("## Rows"):]
    asked, left_out = ([row for rows in re.findall(r"^\| ((?:[A-Z]\d+(?:, )?)+) \|", table, re.M) for row in rows.split(", ")] for table in part.split("These are not asked:"))
    assert sorted(asked) == sorted({case["row"] for case in cases} - {""})
    everything = set(re.findall(r'\{"([A-Z]\d+)",', (gallery.README.parent / "server/api/catalogue.c").read_text())) | {f"O{n}" for n in range(1, 23)}
    assert collections.Counter(asked + left_out) == collections.Counter(everything)


def test_the_page_says_what_needs_a_client_or_an_accounts_server(start):
    server = start()
    rows = {case["row"]: case["result"] for case in told(server)["cases"]}
    assert {row for row, result in rows.items() if result == "not asked"} == {row for row in rows if row.startswith("O")}
    rows = {case["row"]: case["result"] for case in told(server, "--accounts-url", server.url)["cases"]}
    assert {row for row, result in rows.items() if row.startswith("O") and result == "same"} == {"O1", "O9", "O11"}
    assert pathlib.Path(gallery.DOCS / "parity.md").exists()
