"""F22: v8 as the service's newer file has it (--answers current), beside what the page has (the default)."""
import json
import re

import pytest

import gallery
from server import Server, own_fixtures

LEAD, LOCKED = "554023000000600001", "554023000000600015"
CITY = [{"City": "x"}]
VIEW = "554023000000091501"
TABLE = re.findall(r"^\| (\w+) \| `(curl .*?)` \| (\d+) (?:`(.*?)`|\(no body\)) \| (\d+) `(.*)` \|$", gallery.page("field-facts"), re.M)
MODULES = {"modules": [{"api_name": name, "singular": name, "plural": name, "sharing": "public_read_write", "fields": [{"api_name": "Subject", "type": "text", "mandatory": True}]} for name in ("Cases", "Services", "Appointments")],
           "records": [{"module": "Cases", "id": "88", "fields": {"Subject": "s"}}]}


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    server = Server("--answers", "current", db=tmp_path_factory.mktemp("newer") / "store.db")
    yield server
    server.stop()


def idle(server):
    while server.query("SELECT 1 FROM job WHERE status IN ('SCHEDULED', 'RUNNING')"):
        pass
    return server


def test_the_table_has_every_row_that_differs():
    assert [row[0] for row in TABLE] == ["E7", "E10", "E12", "E27", "G1"]


@pytest.mark.parametrize("row, command, page_status, page, status, current", TABLE, ids=[row[0] for row in TABLE])
def test_both_columns_as_the_table_gives_them(shared, newer, row, command, page_status, page, status, current):
    for server, expected in [(shared, (int(page_status), json.loads(page) if page else None)), (newer, (int(status), json.loads(current)))]:
        got = gallery.curl(idle(server), command)
        assert (got[0], got[1], got[2]) == (*expected, row)


@pytest.mark.parametrize("row, command, page_status, page, status, current", TABLE, ids=[row[0] for row in TABLE])
@pytest.mark.parametrize("version", gallery.VERSIONS[:-1])
def test_no_version_but_v8_has_the_second(shared, newer, version, row, command, page_status, page, status, current):
    old = command.replace("/crm/v8/", f"/crm/{version}/")
    assert gallery.curl(idle(newer), old)[:2] == gallery.curl(idle(shared), old)[:2]


@pytest.mark.parametrize("method, path, body", [("GET", "Leads?fields=City", None), ("POST", "Leads/actions/mass_update", {"data": CITY, "ids": [LEAD, "1"]}), ("POST", "Notes/actions/mass_update", {}),
                                                ("POST", "Leads/actions/mass_update", {"data": CITY, "cvid": "554023000000091515"}), ("POST", "Leads/actions/mass_update", {"data": CITY, "cvid": "554023000000000404"})])
def test_what_does_not_differ(shared, newer, method, path, body):
    one, other = (server.request(method, f"/crm/v8/{path}", body) for server in (shared, newer))
    assert one.status == other.status
    assert [entry.get("code") for entry in (one.body.get("data") or [one.body])] == [entry.get("code") for entry in (other.body.get("data") or [other.body])]


def test_E7_is_a_views_alone(newer):
    for cvid in ("1", "x", "554023000009999999"):
        assert newer.update("Leads", {"data": CITY, "cvid": cvid}).body["message"] == "the cvid given seems to be invalid"
    assert newer.update("Leads", {"data": CITY, "cvid": VIEW, "territory": {"id": "1"}}).body["message"] == "the id given seems to be invalid"
    assert newer.update("Leads", {"data": CITY, "ids": ["1"]}).body["data"][0]["message"] == "the id given seems to be invalid"


def test_E27_in_the_records_api(newer):
    [entry] = newer.request("PUT", f"/crm/v8/Leads/{LOCKED}", {"data": CITY}).body["data"]
    assert entry == {"code": "RECORD_LOCKED", "details": {"action": "record_locking", "id": LOCKED}, "message": "Sorry, you cannot perform this operation as the record is locked.", "status": "error"}


@pytest.mark.parametrize("answers", ["page", "current"])
def test_modules(start, tmp_path, answers):
    server = start("--answers", answers, "--fixtures", own_fixtures(tmp_path, MODULES))
    told = {module["api_name"]: module["api_supported"] for module in server.request("GET", "/crm/v8/settings/modules").body["modules"]}
    is_current = answers == "current"
    assert told["Cases"] == is_current and not told["Services"]
    for version in ("v2", "v7"):
        for name in ("Cases", "Services", "Appointments"):
            assert server.update(name, {"data": [{"Subject": "x"}], "ids": ["88"]}, version).body["code"] == "INVALID_MODULE"
    if not is_current:
        assert server.update("Cases", {}).headers["X-Crmock-Hint"] == "the module exists, and has no mass update in this version; with --answers current it has"
        assert server.update("Services", {}).headers["X-Crmock-Hint"] == "the module exists, and has no mass update in this version"
    cases = server.update("cases", {"data": [{"Subject": "x"}], "ids": ["88"]})
    assert cases.status == (200 if is_current else 400)
    refused = {"code": "NOT_SUPPORTED", "details": {"resource_path_index": 0}, "message": "the given module is not supported in api", "status": "error"}
    for name in ("Services", "Appointments", "services"):
        for answer in (server.update(name, {"data": [{"Subject": "x"}], "ids": ["88"]}), server.job(name, "1")):
            assert (answer.status, answer.body) == (400, refused) if is_current else answer.body["code"] == "INVALID_MODULE"
    assert server.update("Nonsense", {}).body["code"] == "INVALID_MODULE"


def test_a_scope_for_cases(start, tmp_path):
    tokens = [{"token": word, "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": f"ZohoCRM.mass_update.{word}.UPDATE"} for word in ("cases", "custom")]
    server = start("--answers", "current", "--fixtures", own_fixtures(tmp_path, MODULES | {"tokens": tokens}))
    assert [server.update("Cases", {"data": [{"Subject": "x"}], "ids": ["88"]}, token=word).status for word in ("cases", "custom")] == [200, 401]


@pytest.mark.parametrize("answers, waiting", [("page", "SCHEDULED"), ("current", "QUEUED")])
def test_a_job_behind_another(start, tmp_path, answers, waiting):
    server = start("--answers", answers, "--job-delay", "86400000", db=tmp_path / "store.db")
    first, second = server.schedule("Leads", {"data": CITY, "cvid": VIEW}), server.schedule("Accounts", {"data": [{"Phone": "1"}], "cvid": "554023000000091515"})
    states = [server.job(module, id).body["data"][0]["Status"] for module, id in (("Leads", first), ("Accounts", second))]
    assert states == ["SCHEDULED", waiting]
    assert server.job("Accounts", second, "v7").body["data"][0]["Status"] == "SCHEDULED"


def test_the_document_shows_both(shared):
    post = shared.document().json["paths"]["/crm/{version}/{module}/actions/mass_update"]["post"]["responses"]
    assert post["202"]["content"]["application/json"]["examples"].keys() == {"E12"}
    rows = post["400"]["content"]["application/json"]["examples"].keys()
    assert {"E7", "E7 --answers current", "E10 --answers current", "E12 --answers current", "E27 --answers current", "P16 --answers current"} <= rows
    assert "P16" not in rows  # the second column alone has it
