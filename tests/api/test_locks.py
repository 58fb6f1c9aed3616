"""Record locks: set, told, changed and taken off by the API; E27 comes and goes with them."""
import threading

import pytest

import schema
from gallery import VERSIONS
from server import own_fixtures

needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")
LEAD, LOCKED = "554023000000600001", "554023000000600015"
FIELDS = "Locked_By__s,Locked_For__s,Locked_Reason__s,Locked_Time__s,Lock_Source__s"


def path(record, lock=None, module="Leads", version="v8"):
    return f"/crm/{version}/{module}/{record}/Locking_Information__s" + (f"/{lock}" if lock else "")


def lock(server, record, reason="in review", **keywords):
    return server.request("POST", path(record, **{key: keywords.pop(key) for key in ("module", "version") if key in keywords}), {"data": [{"Locked_Reason__s": reason}]}, **keywords)


def locks(server, record, **keywords):
    return server.request("GET", path(record) + f"?fields={FIELDS}", **keywords)


def update_code(server, record):
    return server.update("Leads", {"data": [{"City": "Arta"}], "ids": [record]}).body["data"][0]["code"]


def test_all_that_a_lock_says(start):
    server = start("--now", "2021-03-03T12:17:00+05:30")
    id = lock(server, LEAD).body["data"][0]["details"]["id"]
    leads = server.request("GET", "/crm/v8/settings/modules/Leads").body["modules"][0]["id"]
    [told] = server.request("GET", path(LEAD, id)).body["data"]
    assert told == {"Locked_By__s": {"name": "Patricia Boyle", "id": "554023000000235011"}, "Locked_Reason__s": "in review", "Locked_Time__s": "2021-03-03T12:17:00+05:30",
                    "Locked_For__s": {"module": {"api_name": "Leads", "id": leads}, "name": "Eleni Nikolaidis", "id": LEAD}, "Lock_Source__s": "Manual", "Feature_Type__s": "record_locking",
                    "Record_Locking_Configuration_Id__s": None, "Record_Locking_Rule_Id__s": None, "$field_states": None, "$editable": True, "$sharing_permission": "full_access",
                    "$zia_visions": None, "id": id}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lock_from_its_setting_to_its_removal(fresh, version):
    assert fresh.request("GET", path(LEAD, version=version) + "?fields=Locked_Reason__s").status == 204
    answer = lock(fresh, LEAD, version=version)
    [entry] = answer.body["data"]
    assert (answer.status, entry["code"], entry["message"]) == (201, "SUCCESS", "record added")
    assert entry["details"].keys() == {"id", "Created_Time", "Modified_Time", "Created_By", "Modified_By"}
    id = entry["details"]["id"]
    assert update_code(fresh, LEAD) == "RECORD_LOCKED"
    record = fresh.request("GET", f"/crm/{version}/Leads/{LEAD}").body["data"][0]
    assert record["$locked_for_me"] and not record["$editable"]
    answer = fresh.request("PUT", path(LEAD, id, version=version), {"data": [{"Locked_Reason__s": "for longer"}]})
    assert (answer.status, answer.body) == (200, {"data": [{"code": "SUCCESS", "details": {"id": id}, "message": "relation updated", "status": "success"}]})
    assert fresh.request("GET", path(LEAD, id, version=version)).body["data"][0]["Locked_Reason__s"] == "for longer"
    answer = fresh.request("DELETE", path(LEAD, id, version=version))
    assert (answer.status, answer.body) == (200, {"data": [{"code": "SUCCESS", "details": {"id": id}, "message": "relation removed", "status": "success"}]})
    assert update_code(fresh, LEAD) == "SUCCESS"
    assert fresh.query("SELECT count(*) FROM record_lock") == [(2,)]  # the fixtures' own


def test_what_is_told_of_a_lock(fresh):
    id = lock(fresh, LEAD).body["data"][0]["details"]["id"]
    [told] = fresh.request("GET", path(LEAD, id)).body["data"]
    time = told.pop("Locked_Time__s")
    assert time.endswith("+05:30")
    module = next(module for module in fresh.request("GET", "/crm/v8/settings/modules").body["modules"] if module["api_name"] == "Leads")
    assert told == {
        "Locked_By__s": {"name": "Patricia Boyle", "id": "554023000000235011"},
        "Locked_For__s": {"module": {"api_name": "Leads", "id": module["id"]}, "name": "Eleni Nikolaidis", "id": LEAD},
        "Locked_Reason__s": "in review", "Lock_Source__s": "Manual", "Feature_Type__s": "record_locking", "Record_Locking_Configuration_Id__s": None, "Record_Locking_Rule_Id__s": None,
        "$field_states": None, "$editable": True, "$sharing_permission": "full_access", "$zia_visions": None, "id": id}
    answer = fresh.request("GET", path(LEAD) + "?fields=Locked_Reason__s")
    assert answer.body["data"][0].keys() == {"Locked_Reason__s", "$field_states", "$editable", "$sharing_permission", "$zia_visions", "id"}
    assert answer.body["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}
    deal = lock(fresh, "554023000000497007", module="Deals").body["data"][0]["details"]["id"]
    assert fresh.request("GET", path("554023000000497007", deal, "Deals")).body["data"][0]["Locked_For__s"]["name"] == "School tablets"


def test_fields_must_be_said_of_the_list_from_v3_on(shared):
    for version in VERSIONS:
        answer = shared.request("GET", path(LEAD, version=version))
        assert answer.status == (204 if version in ("v2", "v2.1") else 400)
    assert (answer.body["code"], answer.body["details"]) == ("REQUIRED_PARAM_MISSING", {"param_name": "fields"})


@pytest.mark.parametrize("record, id, status, code, message, index", [
    ("1", None, 400, "INVALID_DATA", "the related id given seems to be invalid", 1), ("x", None, 400, "INVALID_DATA", "the related id given seems to be invalid", 1),
    ("554023000000497007", None, 400, "INVALID_DATA", "the related id given seems to be invalid", 1), (LOCKED, "1", 400, "INVALID_DATA", "the id given seems to be invalid", 3),
    (LOCKED, "x", 400, "INVALID_DATA", "the id given seems to be invalid", 3), (LEAD, "1", 400, "INVALID_DATA", "the id given seems to be invalid", 3)])
@pytest.mark.parametrize("version", ["v2", "v2.1", "v8"])
def test_ids_that_there_are_none_of(shared, record, id, status, code, message, index, version):
    details = {} if version == "v2" else {"resource_path_index": index}
    for method in (["GET", "PUT", "DELETE"] if id else ["GET", "POST"]):
        body = {"data": [{"Locked_Reason__s": "x"}]} if method in ("PUT", "POST") else None
        answer = shared.request(method, path(record, id, version=version) + "?fields=id", body)
        assert (answer.status, answer.body) == (status, {"code": code, "details": details, "message": message, "status": "error"}), method


def test_a_locked_record_is_not_locked_again(shared):
    answer = lock(shared, LOCKED)
    assert (answer.status, answer.body) == (403, {"code": "NOT_ALLOWED", "details": {"resource_path_index": 1}, "message": "record is already locked", "status": "error"})


REASON = {"api_name": "Locked_Reason__s", "json_path": "$.data[0].Locked_Reason__s"}


@pytest.mark.parametrize("body, code, details", [
    (b"[]", "INVALID_DATA", {"expected_data_type": "jsonobject"}), ({}, "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"}),
    ({"data": [{}]}, "MANDATORY_NOT_FOUND", REASON), ({"data": [{"Locked_Reason__s": ""}]}, "MANDATORY_NOT_FOUND", REASON), ({"data": [{"Locked_Reason__s": None}]}, "MANDATORY_NOT_FOUND", REASON),
    ({"data": [{"Locked_Reason__s": 5}]}, "INVALID_DATA", REASON | {"expected_data_type": "text"}), ({"data": [{"Locked_Reason__s": "é" * 3001}]}, "INVALID_DATA", REASON | {"maximum_length": 3000}),
    ({"data": [{"Locked_Reason__s": "x"}] * 2}, "INVALID_DATA", {"api_name": "data", "json_path": "$.data", "maximum_length": 1})])
def test_bodies_that_are_wrong(shared, body, code, details):
    for method, at in [("POST", path(LEAD)), ("PUT", path(LOCKED, "1"))]:
        answer = shared.request(method, at, body)
        entry = answer.body.get("data", [answer.body])[0]
        assert (answer.status, entry["code"], entry["details"]) == (400, code, details)
    assert shared.query("SELECT count(*) FROM record_lock") == [(2,)]


def test_the_longest_reason(fresh):
    assert lock(fresh, LEAD, "é" * 3000).status == 201


def test_who_may_lock(fresh):
    """Whoever may edit the record; others see no more of it than before."""
    standard = {"token": "1000.crmock.standard"}
    answer = lock(fresh, LEAD, **standard)
    assert answer.body["message"] == "the related id given seems to be invalid"  # another's lead, in a private module
    own = fresh.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "Mine"}]}, **standard).body["data"][0]["details"]["id"]
    assert lock(fresh, own, **standard).status == 201
    answer = lock(fresh, LEAD, token="1000.crmock.restricted")
    assert (answer.status, answer.body["code"], answer.body["message"]) == (403, "NO_PERMISSION", "permission denied")
    assert fresh.request("GET", path(LEAD) + "?fields=id", token="1000.crmock.unreading").body["message"] == "Permission denied to read records"


FIXTURES = {
    "extends": "enterprise",
    "modules": [{"api_name": "Open", "custom": True, "sharing": "public_read", "fields": [{"api_name": "Name", "type": "text", "mandatory": True}]}],
    "records": [
        {"module": "Open", "id": "71", "fields": {"Name": "a"}, "locked": {"id": "81", "by": "sam.standard@zylker.example", "time": "2026-01-31T09:30:00+05:30", "reason": "audit"}},
        {"module": "Open", "id": "72", "fields": {"Name": "b"}, "locked": {"by_rule": True}},
        {"module": "Open", "id": "73", "generate": 3, "fields": {"Name": "c{n}"}, "locked": True},
        {"module": "Open", "id": "79", "fields": {"Name": "d"}, "locked": False}],
    "tokens": [
        {"token": "only.module", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.leads.ALL"},
        {"token": "only.locks", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.lockinginformation.ALL"},
        {"token": "both", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": "ZohoCRM.modules.lockinginformation.READ,ZohoCRM.modules.leads.READ"}],
}


@pytest.fixture
def own(start, tmp_path):
    return start("--fixtures", own_fixtures(tmp_path, FIXTURES), db=tmp_path / "store.db")


def test_locks_of_fixtures(own):
    def told(record):
        answer = own.request("GET", path(record, module="Open") + f"?fields={FIELDS}")
        return answer.body and answer.body["data"][0]
    assert (told("71")["id"], told("71")["Locked_By__s"]["name"], told("71")["Locked_Time__s"], told("71")["Locked_Reason__s"]) == ("81", "Sam Standard", "2026-01-31T09:30:00+05:30", "audit")
    rule = told("72")
    assert (rule["Locked_By__s"], rule["Lock_Source__s"], rule["Locked_Reason__s"], rule["$editable"], rule["$sharing_permission"]) == (None, "Automatic", None, False, "read_only")
    assert len({told(str(73 + n))["id"] for n in range(3)}) == 3 and told("79") is None
    for method, body in [("PUT", {"data": [{"Locked_Reason__s": "x"}]}), ("DELETE", None)]:
        answer = own.request(method, path("72", rule["id"], "Open"), body)
        assert (answer.status, answer.body["code"], answer.body["message"]) == (403, "NOT_ALLOWED", "Automatically locked records can not be unlocked manually")
    assert lock(own, "72", module="Open").body["message"] == "record is already locked"
    assert own.request("DELETE", path("74", told("74")["id"], "Open")).status == 200 and told("73") and told("75")
    answer = own.request("DELETE", path("73", told("73")["id"], "Open"), token="1000.crmock.standard")  # may see it, not edit it
    assert (answer.status, answer.body["data"][0]["code"], answer.body["data"][0]["details"]) == (400, "CANNOT_PERFORM_ACTION", {"id": "73"})


def test_scopes_of_both_the_module_and_its_locks(own):
    for token, code in [("only.module", "OAUTH_SCOPE_MISMATCH"), ("only.locks", "OAUTH_SCOPE_MISMATCH"), ("both", None)]:
        answer = locks(own, LOCKED, token=token)
        assert answer.body.get("code") == code, token
    assert lock(own, LEAD, token="both").body["code"] == "OAUTH_SCOPE_MISMATCH"


def test_one_of_many_locks_it(fresh):
    answers = []

    def run():
        client = fresh.another_client()
        answers.append(lock(client, LEAD).status)
        client.connection.close()
    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [403] * 7


@needs_oas
def test_answers_against_the_services_own_schema(fresh):
    """Three things differ on purpose, where crmock keeps to the published samples: the messages "relation updated" and "relation
    removed", which the file does not list; ids are texts; and members' names, which the file has in other cases of letters."""
    added = lock(fresh, LEAD).body["data"][0]
    assert schema.service_errors("record_locking.json", "Success_Response", added) == []
    listed = locks(fresh, LEAD).body
    assert schema.service_errors("record_locking.json", "Info", listed["info"]) == []
    told = dict(listed["data"][0], id=int(listed["data"][0]["id"]))
    assert schema.service_errors("record_locking.json", "Record_Lock", told) == []
    updated = fresh.request("PUT", path(LEAD, added["details"]["id"]), {"data": [{"Locked_Reason__s": "x"}]}).body["data"][0]
    [error] = schema.service_errors("record_locking.json", "Success_Response", updated)
    assert list(error.absolute_path) == ["message"]
    refused = fresh.request("POST", path(LEAD), {"data": [{}]}).body["data"][0]
    assert schema.service_errors("record_locking.json", "MANDATORY_NOT_FOUND", refused) == []
