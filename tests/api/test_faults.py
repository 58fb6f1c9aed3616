"""Section 6 of the control API: faults, how they are made and told, which one acts, and how rows on demand look."""
import http.client
import itertools
import json
import re
import urllib.parse

import pytest

import gallery
from sandbox import control, main_of, make
from server import PATIENCE, Server, run
from test_control import is_as_printed
from test_current import TABLE
from test_gallery import ROWS, in_version, is_in

LEAD, LOCKED = "554023000000600001", "554023000000600015"
CITY = {"data": [{"City": "Arta"}], "ids": [LEAD]}
E23 = {"rule": "E23"}
PAGE = gallery.page("faults")


def add(server, effect, **more):
    """Makes a fault; its id."""
    answer = control(server, "POST", "/_crmock/faults", {"effect": effect} | more)
    assert answer.status == 201, answer
    return answer.body["id"]


def told(server, id):
    return control(server, "GET", f"/_crmock/faults/{id}").body


def counts(server, id):
    fault = told(server, id)
    return fault["matched"], fault["fired"]


def test_a_fault_is_told(start_each):
    server = start_each()
    whole = {"match": {"module": "Leads", "body": {"ids": [LEAD]}}, "after": 2, "times": None, "probability": 0.5, "seed": 7, "effect": {"status": 503, "headers": {"Retry-After": "1"}, "body": {"a": [1]}}}
    first, second = ({"match": {}, "after": 0, "times": 1, "probability": 1, "seed": 0, "effect": E23, "id": "1", "matched": 0, "fired": 0}, whole | {"id": "2", "matched": 0, "fired": 0})
    assert control(server, "POST", "/_crmock/faults", {"effect": E23}).body == first
    assert control(server, "POST", "/_crmock/faults", whole).body == second
    assert control(server, "GET", "/_crmock/faults").body == {"faults": [first, second], "more": False}
    assert control(server, "GET", "/_crmock/faults?limit=1").body == {"faults": [first], "more": True}
    assert control(server, "GET", "/_crmock/faults?limit=1&after=1").body == {"faults": [second], "more": False}
    assert [told(server, id) for id in ("1", "2")] == [first, second]
    for id in ("0", "3", "x", "1x", "-1", "99999999999999999999"):
        assert control(server, "GET", f"/_crmock/faults/{id}").status == 404
        assert control(server, "DELETE", f"/_crmock/faults/{id}").status == 204
    for _ in range(2):
        assert control(server, "DELETE", "/_crmock/faults/1").status == 204
        assert control(server, "GET", "/_crmock/faults").body == {"faults": [second], "more": False}
    assert control(server, "DELETE", "/_crmock/faults").status == 204
    assert control(server, "GET", "/_crmock/faults").body == {"faults": [], "more": False}
    assert add(server, E23) == "3"  # ids go on


FAULTY = [
    ({}, "$.effect"), ({"effect": []}, "$.effect"), ({"effect": {}}, "$.effect"), ({"effect": E23, "id": "1"}, "$.id"), ({"effect": E23, "times": 0}, "$.times"), ({"effect": E23, "times": "1"}, "$.times"),
    ({"effect": E23, "after": -1}, "$.after"), ({"effect": E23, "probability": 2}, "$.probability"), ({"effect": E23, "seed": 1 << 32}, "$.seed"), ({"effect": E23, "match": []}, "$.match"),
    ({"effect": E23, "match": {"status": 200}}, "$.match.status"), ({"effect": E23, "match": {"rule": "E1"}}, "$.match.rule"), ({"effect": E23, "match": {"body": {"$x": 1}}}, "$.match.body.$x"),
    ({"effect": {"rule": "E99"}}, "$.effect.rule"), ({"effect": {"rule": ""}}, "$.effect.rule"), ({"effect": {"status": 100}}, "$.effect.status"), ({"effect": {"status": 204, "body": "x"}}, "$.effect.body"),
    ({"effect": {"body": "x"}}, "$.effect.body"), ({"effect": {"status": 200, "headers": {"Content-Length": "1"}}}, "$.effect.headers.Content-Length"), ({"effect": {"status": 200, "headers": {"A": "a\nb"}}}, "$.effect.headers.A"),
    ({"effect": {"delay_ms": 600001}}, "$.effect.delay_ms"), ({"effect": {"drop": "now"}}, "$.effect.drop"), ({"effect": {"truncate": 1.5}}, "$.effect.truncate"), ({"effect": {"drip": {"bytes": 1}}}, "$.effect.drip.every_ms"),
    ({"effect": {"drop": "after", "rule": "E23"}}, "$.effect.rule"), ({"effect": {"rule": "E23", "delay": 1}}, "$.effect.delay"),
]


@pytest.mark.parametrize("fault, at", FAULTY, ids=lambda value: value if isinstance(value, str) else None)
def test_a_faulty_one_is_refused_at_its_place(shared, tmp_path, fault, at):
    answer = control(shared, "POST", "/_crmock/faults", fault)
    assert (answer.status, answer.body["at"]) == (422, at) and answer.body["error"].startswith("expected ")
    made = control(shared, "POST", "/_crmock/sandboxes", {"id": "faulty", "faults": [{"effect": E23}, fault]})
    assert (made.status, made.body["at"]) == (422, "$.faults[1]" + at[1:])
    assert control(shared, "GET", "/_crmock/sandboxes/faulty").status == 404
    (tmp_path / "faults.json").write_text(json.dumps([{"effect": E23}, fault]))
    ended = run("--port", "0", "--faults", tmp_path / "faults.json", "--db", tmp_path / "new.db")
    assert ended.returncode == 1 and f"{tmp_path}/faults.json: $[1]{at[1:]}: expected " in ended.stderr and not (tmp_path / "new.db").exists()
    assert control(shared, "GET", "/_crmock/faults").body == {"faults": [], "more": False}


def test_what_is_no_list_of_faults(shared, tmp_path):
    for faults in ({}, "x", 1, None, {"effect": E23}):
        answer = control(shared, "POST", "/_crmock/sandboxes", {"faults": faults})
        assert (answer.status, answer.body["at"]) == (422, "$.faults")
    for text, says in (("{}", "$: expected a list of faults"), ("[{]", "line 1, column 3: expected JSON"), (None, "No such file"), ("[" + ",".join(['{"effect":{"rule":"E23"}}'] * 1001) + "]", "$: expected at most 1000 faults")):
        if text is not None:
            (tmp_path / "faults.json").write_text(text)
        ended = run("--port", "0", "--faults", tmp_path / ("faults.json" if text is not None else "none.json"))
        assert ended.returncode == 1 and says in ended.stderr and str(tmp_path) in ended.stderr, ended.stderr
    for query in ("after=x", "limit=0", "limit=1001", "id=1"):
        assert control(shared, "GET", f"/_crmock/faults?{query}").body["at"] == query.partition("=")[0]


def test_a_thousand_at_most(start):
    server = start()
    sandbox = make(server, faults=[{"effect": E23}] * 1000)
    answer = control(server, "POST", f"{sandbox.prefix}/_crmock/faults", {"effect": E23})
    assert (answer.status, answer.body) == (409, {"error": "at most 1000 faults a sandbox"})
    assert control(server, "DELETE", f"{sandbox.prefix}/_crmock/faults/7").status == 204
    assert control(server, "POST", f"{sandbox.prefix}/_crmock/faults", {"effect": E23}).body["id"] == "1001"


PARTS = {"`rule`": {"rule": "E23"}, "`status`": {"status": 500}, "`delay_ms`": {"delay_ms": 1}, "`delay_after_ms`": {"delay_after_ms": 1}, "`drop` before": {"drop": "before"}, "`drop` after": {"drop": "after"},
         "`truncate`": {"truncate": 1}, "`drip`": {"drip": {"bytes": 1, "every_ms": 1}}}


def test_what_goes_together_is_as_the_page_says(start):
    server = start()
    [head, _, *rows] = re.findall(r"^\|(.*)\|$", PAGE[PAGE.index("|  | `rule`"):].partition("\n\n")[0], re.M)
    names = [name.strip() for name in head.split("|")][1:]
    table = {row.split("|")[0].strip(): [cell.strip() for cell in row.split("|")[1:]] for row in rows}
    assert names == list(table) == list(PARTS)
    for one, other in itertools.product(names, names):
        says = table[one][names.index(other)]
        assert (says == "") == (one == other) and says == table[other][names.index(one)]
        if one != other and not (one.startswith("`drop`") and other.startswith("`drop`")):  # one member cannot say both
            assert control(server, "POST", "/_crmock/faults", {"effect": PARTS[one] | PARTS[other]}).status == (201 if says == "yes" else 422), (one, other)


def test_the_page_has_the_headers_of_the_server(shared):
    listed = re.search(r"Headers that the server sets itself are refused: (.*?)\.\n", PAGE, re.S).group(1)
    for name in re.findall(r"`([\w-]+)`", listed):
        for spelled in (name, name.lower(), name.upper()):
            answer = control(shared, "POST", "/_crmock/faults", {"effect": {"status": 200, "headers": {spelled: "x"}}})
            assert answer.status == 422 and "the server sets this one itself" in answer.body["error"]


def test_the_newest_that_matches_acts(start_each):
    server = start_each()
    always = add(server, E23, times=None)
    twice = add(server, {"rule": "E30"}, times=2, match={"module": "leads"})
    later = add(server, {"rule": "E15"}, after=1, match={"method": "post", "path": "/crm/*/Leads/**"})
    answers = [server.update("Leads", CITY) if path == "update" else server.request("GET", "/crm/v8/org") for path in ["update"] * 5 + ["org"]]
    assert [answer.headers["X-Crmock-Rule"] for answer in answers] == ["E30", "E15", "E30", "E23", "E23", "E23"]
    assert [answer.headers["X-Crmock-Hint"] for answer in answers] == [f"fault {id}" for id in (twice, later, twice, always, always, always)]
    assert (counts(server, later), counts(server, twice), counts(server, always)) == ((5, 1), (4, 2), (3, 3))
    control(server, "DELETE", f"/_crmock/faults/{always}")
    assert server.request("GET", "/crm/v8/org").status == 200


def test_chances_are_the_same_for_the_same_seed(start):
    server = start()
    hits = []
    for seed in (1, 1, 2):
        sandbox = make(server, faults=[{"effect": E23, "times": None, "probability": 0.5, "seed": seed}])
        hits.append([sandbox.request("GET", "/crm/v8/org").status for _ in range(40)])
    assert hits[0] == hits[1] != hits[2] and set(hits[0]) == {200, 500}


def test_never_for_crmock_itself(start):
    server = start()
    add(server, E23, times=None)
    for path in ("/healthz", "/openapi.json", "/_crmock/info", "/_crmock/faults", "/_s/main/_crmock/info"):
        assert control(server, "GET", path).status == 200
    assert counts(server, "1") == (0, 0)


def test_sandboxes_have_their_own(start):
    server = start()
    one, two = make(server, faults=[{"effect": E23, "times": None}]), make(server)
    add(server, {"rule": "E22"}, times=None)
    copy = make(server, extends="main")
    rules = [world.request("GET", "/crm/v8/org").headers["X-Crmock-Rule"] for world in (one, two, copy, main_of(server))]
    assert rules == ["E23", None, None, "E22"]


@pytest.mark.parametrize("where", ["main", "sandbox"])
def test_a_reset_brings_back_what_there_was(start, tmp_path, where):
    faults = [{"effect": E23, "times": 2}, {"match": {"module": "Deals"}, "effect": {"status": 503}}]
    (tmp_path / "faults.json").write_text(json.dumps(faults))
    server = start(*(["--faults", tmp_path / "faults.json"] if where == "main" else []))
    world = main_of(server) if where == "main" else make(server, faults=faults)
    begun = control(server, "GET", f"{world.prefix}/_crmock/faults").body
    assert [fault["effect"] for fault in begun["faults"]] == [E23, {"status": 503}]
    assert world.request("GET", "/crm/v8/org").headers["X-Crmock-Rule"] == "E23"
    control(server, "DELETE", f"{world.prefix}/_crmock/faults/1")
    control(server, "POST", f"{world.prefix}/_crmock/faults", {"effect": {"status": 500}})
    assert control(server, "POST", f"{world.prefix}/_crmock/reset").status == 204
    after = control(server, "GET", f"{world.prefix}/_crmock/faults").body
    assert [fault | {"id": ""} for fault in after["faults"]] == [fault | {"id": ""} for fault in begun["faults"]]
    assert world.request("GET", "/crm/v8/org").headers["X-Crmock-Rule"] == "E23"


def test_snapshots_leave_faults_alone(start):
    server = start()
    control(server, "POST", "/_crmock/snapshots", {"name": "one"})
    add(server, E23, times=None)
    assert server.request("GET", "/crm/v8/org").status == 500
    assert control(server, "POST", "/_crmock/snapshots/one/restore").status == 204
    assert server.request("GET", "/crm/v8/org").status == 500 and counts(server, "1") == (2, 2)


def test_nothing_is_done_where_a_fault_answers(start_each):
    server = start_each()
    success = {"data": [{"code": "SUCCESS", "details": {"job_id": "1"}, "message": "mass update scheduled successfully", "status": "success"}]}
    for effect, status in ((E23, 500), ({"status": 200, "body": success}, 200)):
        before = server.request("GET", f"/crm/v8/Leads/{LEAD}").body
        add(server, effect, match={"method": "POST"})
        assert server.update("Leads", CITY).status == status
        assert server.request("GET", f"/crm/v8/Leads/{LEAD}").body == before


@pytest.mark.parametrize("effect, body, media", [
    ({"status": 418}, None, None), ({"status": 200, "body": None}, None, None), ({"status": 200, "body": {"a": [1, None]}}, b'{"a":[1,null]}', "application/json;charset=UTF-8"), ({"status": 599, "body": "plain"}, b"plain", "text/plain;charset=UTF-8"),
    ({"status": 503, "body": "<h1>x</h1>"}, b"<h1>x</h1>", "text/html;charset=UTF-8"), ({"status": 200, "body": "\u00e4", "headers": {"content-type": "a/b", "X-Own": "c, d"}}, "\u00e4".encode(), "a/b"), ({"status": 204}, None, None), ({"status": 304}, None, None)])
def test_an_answer_of_ones_own(start, effect, body, media):
    server = start()
    add(server, effect)
    answer = server.raw(b"GET /crm/v8/org HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, sent = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    assert int(lines[0].split(" ")[1]) == effect["status"] and sent == (body or b"") and headers.get("Content-Type") == media
    assert headers["X-Crmock-Hint"] == "fault 1" and "X-Crmock-Rule" not in headers and (headers.get("X-Own") == "c, d") == ("X-Own" in effect.get("headers", {}))


@pytest.fixture(scope="module")
def forcing(tmp_path_factory):
    """Servers whose answers faults make: as the page has them, and as the newer file."""
    servers = {answers: Server("--answers", answers, db=tmp_path_factory.mktemp("forcing") / "store.db") for answers in ("page", "current")}
    yield servers
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_on_demand_is_as_the_gallery_gives_it(forcing, row):
    """Of those that a sandbox of their own is made for, the last call, in main."""
    server = forcing["page"]
    row = row._replace(command="curl " + re.sub(r"1000\.(spent|hasty)\.", "1000.crmock.", row.command.split("--next ")[-1])) if "--next" in row.command else row
    id = add(server, {"rule": row.name}, times=None)
    for version in gallery.VERSIONS if row.name[0] != "O" else ["v8"]:
        if version == "v8" or is_in(row, version):
            status, answer, rule, media = gallery.curl(server, row.command.replace("/crm/v8/", f"/crm/{version}/"))
            assert (status, answer, rule) == (row.status, row.answer if version == "v8" else in_version(row.answer, version), row.name)
            assert media == ("application/json;charset=UTF-8" if answer else "")
    assert counts(server, id)[1] > 0 and control(server, "DELETE", "/_crmock/faults").status == 204


@pytest.mark.parametrize("row, command, page_status, page, status, current", TABLE, ids=[row[0] for row in TABLE])
def test_and_as_the_newer_file_has_it(forcing, row, command, page_status, page, status, current):
    for answers, expected in (("page", (int(page_status), json.loads(page) if page else None)), ("current", (int(status), json.loads(current)))):
        add(forcing[answers], {"rule": row}, times=None)
        assert gallery.curl(forcing[answers], command)[:3] == (*expected, row)
        control(forcing[answers], "DELETE", "/_crmock/faults")


def test_rows_of_records_have_an_entry_for_each(start):
    server = start()
    ids = ["1", 2, "x", LEAD, LEAD]
    for version, api, status in (("v8", "update", 400), ("v2", "update", 400), ("v8", "put", 400), ("v2", "put", 202)):
        add(server, {"rule": "E8"})
        data = [{"City": "x"}] if api == "update" else [{"id": id, "City": "x"} for id in ids]
        answer = server.request("POST" if api == "update" else "PUT", f"/crm/{version}/Leads" + ("/actions/mass_update" if api == "update" else ""), {"data": data} | ({"ids": ids} if api == "update" else {}))
        assert answer.status == status and answer.headers["X-Crmock-Rule"] == "E8"
        assert [entry["details"] for entry in answer.body["data"]] == [{"id": str(id)} for id in ids]
        assert {(entry["code"], entry["status"]) for entry in answer.body["data"]} == {("CANNOT_PROCESS", "error")}


@pytest.mark.parametrize("field, value, expected", [("Lead_Source", "Chat", None), ("Phone", "1", "phone"), ("No_of_Employees", 5, "integer"), ("City", "x", "text"), ("Nothing", 1, None)])
def test_a_value_that_fits_is_refused_as_one_that_does_not(start, field, value, expected):
    server = start()
    add(server, {"rule": "E32"})
    [entry] = server.update("Leads", {"data": [{field: value}], "ids": [LEAD]}).body["data"]
    assert entry["details"] == ({"expected_data_type": expected} if expected else {}) | {"api_name": field, "json_path": f"$.data[0].{field}"}


def test_a_row_on_demand_costs_a_credit_as_any_call(start):
    server = start()
    worlds = [make(server, limits={"credits": 3}), make(server, limits={"credits": 3}, faults=[{"effect": {"rule": "E22"}, "times": None}])]
    told = [[world.request("GET", "/crm/v8/org", token="leads").headers["X-API-CREDITS-REMAINING"] for _ in range(4)] for world in worlds]
    assert told[0] == told[1] == [None, "1", "0", "0"]


def test_a_login_is_rejected_on_demand(start):
    server = start("--auto-consent", "patricia.boyle@zylker.example")
    path = "/oauth/v2/auth?response_type=code&client_id=1000.CRMOCK&scope=ZohoCRM.modules.ALL&redirect_uri=http://localhost:3/back&state=s"
    assert "code=" in server.request("GET", path, token=None).headers["Location"]
    add(server, {"rule": "O21"})
    answer = server.request("GET", path, token=None)
    assert (answer.status, answer.headers["Location"], answer.headers["X-Crmock-Rule"]) == (302, "http://localhost:3/back?error=access_denied&state=s", "O21")
    add(server, {"rule": "O21"})
    page = server.raw(f"GET {path.replace('CRMOCK', 'NOBODY')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert page.startswith(b"HTTP/1.1 400 ") and b"X-Crmock-Rule: O14\r\n" in page and b"Location: " not in page


def asked(sandbox, path, patience=PATIENCE):
    """What a client is told: a status, or the name of its error."""
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.server.port, timeout=patience)
    form = sandbox.client() | {"grant_type": "refresh_token", "refresh_token": sandbox.made["refresh_token"]}
    body, headers = (json.dumps(CITY), {"Authorization": f"Bearer {sandbox.made['access_token']}"}) if path == UPDATE else (urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        if answer.getheader("Content-Type").startswith("text/html") or json.loads(answer.read()):
            return answer.status
    except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
        return type(error).__name__
    finally:
        connection.close()


UPDATE, TOKEN = "/crm/v8/Leads/actions/mass_update", "/oauth/v2/token"
AFTER = [  # a line for each row of the page's table that has a fault: what requests are told, and whether the first was done
    (UPDATE, [503, 503, 200], False), (UPDATE, ["TimeoutError", 200], True), (UPDATE, ["TimeoutError", 200], False), (UPDATE, ["RemoteDisconnected", 200], True), (UPDATE, ["IncompleteRead", 200], True),
    (UPDATE, ["JSONDecodeError", 200], False), (UPDATE, [200, 200], True), (UPDATE, [500, 200, 200, 200, 200, 500, 500, 200, 500, 200], False), (UPDATE, [429, 200], False), (TOKEN, [400, 200], False)]


def test_what_a_test_is_after(start):
    server, part = start(), PAGE[PAGE.index("## What a test is after"):PAGE.index("## A fault\n")]
    faults = [json.loads(text) for text in re.findall(r"^\| [^|]+ \| `(\{.*?\})`(?:,.*)? \|$", part, re.M)]
    for fault, (path, told, is_done) in zip(faults, AFTER, strict=True):
        sandbox = make(server, faults=[fault])
        first = asked(sandbox, path, *([1] if "TimeoutError" in told else []))
        assert (sandbox.done("GET", f"/records/Leads/{LEAD}")["fields"].get("City") == "Arta") == is_done, fault
        assert [first] + [asked(sandbox, path) for _ in told[1:]] == told, fault
    [state] = re.findall(r"^\| One record .* PATCH.*`(\{.*\})`", part.replace("[PATCH]", "PATCH"), re.M)
    sandbox = make(server)
    sandbox.done("PATCH", f"/records/Leads/{LEAD}", json.loads(state))
    answer = sandbox.update("Leads", CITY | {"ids": [LEAD, "554023000000600002"]})
    assert [entry["code"] for entry in answer.body["data"]] == ["RECORD_LOCKED", "SUCCESS"]


def test_the_file_of_the_page(start, tmp_path):
    [text] = re.findall(r"`build/crmock --faults faults.json`:\n\n```json\n(.*)\n```", PAGE)
    (tmp_path / "faults.json").write_text(text)
    server = start("--faults", tmp_path / "faults.json")
    assert [fault["effect"] for fault in control(server, "GET", "/_crmock/faults").body["faults"]] == [fault["effect"] for fault in json.loads(text)]
    assert make(server).done("GET", "/faults")["faults"] == []


def test_the_examples_of_the_page(fresh):
    """One after the other, as they are printed."""
    examples = re.findall(r"```sh\n(curl .*)\n```\n(?:\n```json\n(.*)\n```\n)?", PAGE)
    for line, printed in examples:
        _, answer, _, _ = gallery.curl(fresh, line)
        assert is_as_printed(answer, json.loads(printed)) if printed else answer is None, (line, answer)
    assert len(examples) == PAGE.count("```sh") >= 8
