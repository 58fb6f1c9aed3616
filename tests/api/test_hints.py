"""X-Crmock-Rule and X-Crmock-Hint: what a person whose test has failed is told, and in the log."""
import contextlib
import re
import sqlite3

import pytest

from server import PATIENCE, own_fixtures
from test_oauth import REFRESH, ask

LEAD, FAULTY = "554023000000600001", "554023000000600500"
LOCKED, UNKNOWN = "554023000000600015", "554023000000497021"
CITY = [{"City": "Volos"}]
INJECTED = f"fixtures injected this fault: record {FAULTY} says fault: true"


def told(answer):
    return answer.headers["X-Crmock-Rule"], answer.headers["X-Crmock-Hint"]


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/actions/mass_update", {"data": CITY, "ids": [LEAD, FAULTY]}), ("PUT", "", {"data": [{"id": LEAD, "City": "x"}, {"id": FAULTY, "City": "x"}]}),
    ("PUT", f"/{FAULTY}", {"data": [{"City": "x"}]}), ("DELETE", f"/{FAULTY}", None), ("DELETE", f"?ids={FAULTY}", None),
    ("PUT", f"/{FAULTY}/actions/blueprint", {"blueprint": [{"transition_id": "1"}]})])
def test_an_injected_fault_is_told_as_one(fresh, method, path, body):
    answer = fresh.request(method, "/crm/v8/Leads" + path, body)
    assert (answer.status, *told(answer)) == (500, "E23", INJECTED)
    assert answer.body == {"code": "INTERNAL_ERROR", "details": {}, "message": "Internal Server Error", "status": "error"}


def test_an_injected_fault_is_in_the_log(start, tmp_path):
    """Of a call, and once a batch of a job: of records that are written together, and one by one."""
    lead = {"module": "Leads", "generate": 30, "fields": {"Last_Name": "Faulty {n}", "City": "Nowhere"}, "fault": True}
    view = {"id": "999", "module": "Leads", "name": "Faulty", "criteria": {"field": {"api_name": "City"}, "comparator": "equal", "value": "Nowhere"}}
    rule = {"module": "Leads", "name": "Any", "field": "City", "actions": [{"field": "Fax", "value": "1"}]}
    with open(tmp_path / "log", "w+") as log:
        for rules in ([], [rule]):
            fixtures = own_fixtures(tmp_path, {"records": [{"id": "1001"} | lead], "views": [view], "workflow_rules": rules})
            server = start("--fixtures", fixtures, "--job-batch", "20", log=log)
            assert server.update("Leads", {"data": CITY, "ids": [FAULTY]}).status == 500
            job = server.ended("Leads", server.schedule("Leads", {"data": CITY, "cvid": "999"}))
            assert (job["Status"], job["Failed_Count"]) == ("FAILED", 30)
            server.stop()
    text = (tmp_path / "log").read_text()
    assert text.count(f"call failed path=\"/crm/v8/Leads/actions/mass_update\" reason=\"{INJECTED}") == 2
    lines = re.findall(r'warning job met faults job=\d+ records=(\d+) first="fixtures injected this fault: record (\d+) says fault: true"', text)
    assert lines == [("20", "1001"), ("10", "1021")] * 2


@pytest.mark.parametrize("method, path, hint", [
    ("PUT", "/crm/v8/Leads/actions/mass_update", "GET and POST are served here"), ("PATCH", "/crm/v2/Leads", "GET, POST, PUT and DELETE are served here"),
    ("POST", "/crm/v8/org", "GET is served here"), ("OPTIONS", "/crm/v8/Leads/1/actions/blueprint", "GET and PUT are served here"),
    ("DELETE", "/crm/v8/Leads/upsert", "POST is served here"), ("GET", "/oauth/v2/token", "POST is served here"), ("PUT", "/oauth/v2/token/revoke", "POST is served here")])
def test_a_method_that_is_not_served_is_told_which_are(shared, method, path, hint):
    answer = shared.request(method, path, token=None)
    assert (answer.body["code"], *told(answer)) == ("INVALID_REQUEST_METHOD", "E24", hint)


@pytest.mark.parametrize("ids, status, rule, hint", [
    ([LEAD, LOCKED], 207, "E27", f"1 of 2 records was refused, {LOCKED}: the record is locked"),
    ([LEAD, LOCKED, UNKNOWN], 207, "E27", f"2 of 3 records were refused; the first, {LOCKED}: the record is locked"),
    ([UNKNOWN, LOCKED], 400, "E7", f"2 of 2 records were refused; the first, {UNKNOWN}: the module has no record of that id"),
    (["x" * 5000] * 500, 400, "E7", f"500 of 500 records were refused; the first, {'x' * 37}...: the module has no record of that id"),
    (["\r\n", "1"], 400, "E7", "2 of 2 records were refused; the first, ??: the module has no record of that id"),
    ([LOCKED], 400, "E27", "the record is locked"), ([LEAD, LEAD], 200, None, None)])
def test_refused_records_are_counted(shared, ids, status, rule, hint):
    answer = shared.update("Leads", {"data": [{"Lead_Source": "Chat"}], "ids": ids}) if len(ids) < 500 else shared.update("Leads", {"data": CITY, "ids": [id[:1900] for id in ids]})
    assert (answer.status, *told(answer)) == (status, rule, hint)


def test_refused_records_are_counted_where_records_are_written(fresh):
    def write(method, path, body=None):
        answer = fresh.request(method, "/crm/v8/Leads" + path, body)
        return answer.status, *told(answer)
    assert write("POST", "", {"data": [{"Last_Name": "x"}, {}, {"Last_Name": 1}]}) == (207, "P2", "2 of 3 records were refused; the first, data[1]: the field is mandatory")
    assert write("PUT", "", {"data": [{"id": LOCKED}, {"id": LEAD}]}) == (207, "E27", f"1 of 2 records was refused, {LOCKED}: the record is locked")
    assert write("DELETE", f"?ids={UNKNOWN},2") == (400, "E7", f"2 of 2 records were refused; the first, {UNKNOWN}: the module has no record of that id")
    assert write("DELETE", f"/{LOCKED}") == (400, "E27", "the record is locked")
    assert write("DELETE", f"/{LEAD}") == (200, None, None)


def test_a_hint_is_one_line_of_bounded_length(start, tmp_path):
    """Whatever a client sends or fixtures hold, there is an answer, and its header says what fits."""
    name = "\r\nX-Evil: 1\t\x01" + "\u00e9" * 40000
    fixtures = own_fixtures(tmp_path, {"profiles": [{"name": name}], "users": [{"name": "U", "email": "u@u.example", "profile": name, "role": "CEO"}],
                                       "tokens": [{"token": "long", "client": "1000.CRMOCK", "user": "u@u.example", "scopes": "ZohoCRM.mass_update.ALL"}]})
    server = start("--fixtures", fixtures)
    answer = server.update("Leads", {"data": CITY, "ids": [LEAD]}, token="long")
    assert answer.status == 403 and answer.headers["X-Evil"] is None
    rule, hint = told(answer)
    hint = hint.encode("latin-1").decode()
    assert rule == "E16" and len(hint) == 300 and hint.startswith("profile ??X-Evil: 1??\u00e9\u00e9") and hint.endswith("\u00e9...")


def test_a_store_that_another_program_locks_is_told_as_such(fresh):
    other = sqlite3.connect(fresh.db, isolation_level=None, timeout=PATIENCE)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        expected = f"another program holds the store's lock, which was waited for, for 5 s: {fresh.db}"
        answer = fresh.update("Leads", {"data": CITY, "ids": [LEAD]})
        assert (answer.status, *told(answer)) == (500, "E23", expected)
        answer = ask(fresh, REFRESH)
        assert (answer.status, answer.body, *told(answer)) == (500, {"error": "general_error"}, "O10", expected)
        assert fresh.request("GET", "/healthz").status == 200  # reading goes on
        other.execute("ROLLBACK")
    assert fresh.update("Leads", {"data": CITY, "ids": [LEAD]}).status == 200


def test_a_store_that_is_damaged_is_told_as_such(start, tmp_path):
    server = start(db=tmp_path / "store.db")
    assert server.update("Leads", {"data": CITY, "ids": [LEAD]}).status == 200
    with contextlib.closing(sqlite3.connect(server.db)) as other:
        other.execute("UPDATE oauth_client SET secret = 'x'")  # so that the server reads again
        other.commit()
        with open(server.db, "r+b") as file:
            size = file.seek(0, 2)
            file.seek(100)
            file.write(b"\xff" * (size - 100))
        for answer in (server.request("GET", "/healthz"), server.update("Leads", {"data": CITY, "ids": [LEAD]}), ask(server, REFRESH)):
            assert answer.status in (500, 503) and answer.headers["X-Crmock-Hint"] == f"the store's file is damaged: {server.db}"


@pytest.mark.parametrize("field, value, hint", [
    ("Lead_Source", "Trade Shw", 'Lead_Source does not offer that value; nearest: "Trade Show"; it offers Advertisement, Cold Call, '),
    ("Lead_Source", "chat", 'Lead_Source does not offer that value; nearest: "Chat"; it offers Advertisement, '),
    ("Lead_Source", "Zyxwvut", "Lead_Source does not offer that value; it offers Advertisement, Cold Call, "),
    ("Languages_Known", ["English", "Frensh"], 'Languages_Known does not offer that value; nearest: "French"; it offers English, Spanish, French, German, ')])
def test_a_value_that_a_picklist_lacks_is_told_the_nearest_and_the_others(shared, field, value, hint):
    """By a mass update, and by the API of records."""
    for answer in (shared.update("Leads", {"data": [{field: value}], "ids": [LEAD]}), shared.request("PUT", "/crm/v8/Leads", {"data": [{"id": LEAD, field: value}]})):
        told_hint = answer.headers["X-Crmock-Hint"]
        assert answer.status == 400 and told_hint.startswith(hint) and len(told_hint) <= 300
        listed = told_hint.partition("it offers ")[2].split(", ")
        assert len(listed) > 5 and len(set(listed)) == len(listed)


def test_of_many_values_as_many_are_told_as_there_is_room_for(start, tmp_path):
    values = [f"Value number {n}" for n in range(500)]
    fixtures = own_fixtures(tmp_path, {"fields": [{"module": "Leads", "api_name": "Many", "type": "picklist", "values": values, "custom": True}]})
    hint = start("--fixtures", fixtures).update("Leads", {"data": [{"Many": "Value nmber 377"}], "ids": [LEAD]}).headers["X-Crmock-Hint"]
    assert hint.startswith('Many does not offer that value; nearest: "Value number 377", ') and "; it offers Value number 0, Value number 1, " in hint
    assert 200 < len(hint) <= 300 and hint.endswith(", ...")
