"""Records: inserted, updated, deleted."""
import pytest

import schema
from gallery import VERSIONS
from server import own_fixtures

needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")
ACCOUNT = {"id": "554023000000620001"}


def send(server, method, path, data=None, version="v8", **keywords):
    return server.request(method, f"/crm/{version}/{path}", None if data is None else {"data": data}, **keywords)


def read(server, module, id):
    return server.request("GET", f"/crm/v8/{module}/{id}").body["data"][0]


@pytest.mark.parametrize("version", VERSIONS)
def test_insert_update_delete(fresh, version):
    answer = send(fresh, "POST", "Contacts", [{"Last_Name": "Okoye", "Account_Name": ACCOUNT, "Email": "o@k.example", "Nonsense": 1, "Created_Time": "x"}], version)
    [entry] = answer.body["data"]
    assert (answer.status, entry["code"], entry["message"]) == (201, "SUCCESS", "record added")
    assert entry["details"].keys() == {"id", "Created_Time", "Modified_Time", "Created_By", "Modified_By"}
    id = entry["details"]["id"]
    record = read(fresh, "Contacts", id)
    assert (record["Last_Name"], record["Account_Name"]["id"], record["Owner"]["name"], record["Title"]) == ("Okoye", ACCOUNT["id"], "Patricia Boyle", None)
    answer = send(fresh, "PUT", f"Contacts/{id}", [{"Title": "Dr.", "Email": None, "Owner": {"id": "554023000000235031"}}], version)
    assert (answer.status, answer.body["data"][0]["message"]) == (200, "record updated")
    record = read(fresh, "Contacts", id)
    assert (record["Title"], record["Email"], record["Last_Name"], record["Owner"]["name"]) == ("Dr.", None, "Okoye", "Sam Standard")
    answer = send(fresh, "DELETE", f"Contacts/{id}", version=version)
    assert (answer.status, answer.body) == (200, {"data": [{"code": "SUCCESS", "details": {"id": id}, "message": "record deleted", "status": "success"}]})
    assert fresh.request("GET", f"/crm/v8/Contacts/{id}").status == 204
    assert send(fresh, "DELETE", f"Contacts/{id}", version=version).status == 400


def test_each_record_for_itself(fresh):
    data = [{"Last_Name": "One"}, {"Company": "no name"}, {"Last_Name": "Two", "Lead_Source": "Nowhere"}, {"Last_Name": "x" * 81}, {"Last_Name": "Three", "Languages_Known": ["Tamil"]}]
    answer = send(fresh, "POST", "Leads", data)
    assert answer.status == 207
    assert [(entry["code"], entry["details"].get("json_path")) for entry in answer.body["data"]] == [
        ("SUCCESS", None), ("MANDATORY_NOT_FOUND", "$.data[1].Last_Name"), ("INVALID_DATA", "$.data[2].Lead_Source"), ("INVALID_DATA", "$.data[3].Last_Name"), ("SUCCESS", None)]
    assert answer.body["data"][3]["details"]["maximum_length"] == 80
    assert send(fresh, "POST", "Leads", data[1:4]).status == 400
    assert fresh.request("GET", "/crm/v8/Leads/actions/count").body["count"] == 50066 + 2


@pytest.mark.parametrize("record, code, name", [
    ({"Last_Name": None}, "MANDATORY_NOT_FOUND", "Last_Name"), ({"Last_Name": ""}, "MANDATORY_NOT_FOUND", "Last_Name"), ({"Last_Name": 5}, "INVALID_DATA", "Last_Name"),
    ({"Last_Name": "x", "Account_Name": {"id": "1"}}, "INVALID_DATA", "Account_Name"), ({"Last_Name": "x", "Account_Name": {"id": "554023000000600001"}}, "INVALID_DATA", "Account_Name"),
    ({"Last_Name": "x", "Account_Name": "y"}, "INVALID_DATA", "Account_Name"), ({"Last_Name": "x", "Owner": "1"}, "INVALID_DATA", "Owner"), ({"Last_Name": "x", "Email": "y"}, "INVALID_DATA", "Email")])
def test_refused_values(shared, record, code, name):
    answer = send(shared, "POST", "Contacts", [record])
    [entry] = answer.body["data"]
    assert (answer.status, entry["code"], entry["details"]["api_name"], entry["details"]["json_path"]) == (400, code, name, f"$.data[0].{name}")


def test_unique_fields(fresh):
    answer = send(fresh, "POST", "Projects", [{"Name": "A", "Code": "NEW"}, {"Name": "B", "Code": "new"}, {"Name": "C", "Code": "WEB-1"}])
    assert [entry["code"] for entry in answer.body["data"]] == ["SUCCESS", "DUPLICATE_DATA", "DUPLICATE_DATA"]
    one = answer.body["data"][0]["details"]["id"]
    assert send(fresh, "PUT", "Projects", [{"id": one, "Code": "NEW"}, {"id": "554023000000640002", "Code": "NEW"}]).status == 207


@pytest.mark.parametrize("number, code", [(11, "CANNOT_PROCESS"), (12, "NOT_APPROVED"), (13, "RECORD_LOCKED"), (15, "RECORD_LOCKED"), (16, "NOT_APPROVED"), (18, "CONVERTED_RECORD")])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_states_refuse(shared, number, code, method):
    id = f"5540230000006000{number}"
    answer = send(shared, method, f"Leads/{id}", [{"City": "x"}] if method == "PUT" else None)
    assert (answer.status, answer.body["data"][0]["code"], answer.body["data"][0]["details"]) == (400, code, {"id": id})


def test_a_blueprints_picklist(fresh):
    id = "554023000000600019"
    assert send(fresh, "PUT", f"Leads/{id}", [{"Lead_Status": "Contacted"}]).body["data"][0]["code"] == "RECORD_IN_BLUEPRINT"
    assert send(fresh, "PUT", f"Leads/{id}", [{"City": "Arta"}]).status == 200


def test_who_may_write(fresh):
    other = "554023000000600001"
    assert send(fresh, "PUT", f"Leads/{other}", [{"City": "x"}], token="1000.crmock.standard").body["data"][0]["code"] == "CANNOT_PERFORM_ACTION"
    assert send(fresh, "DELETE", f"Leads/{other}", token="1000.crmock.standard").status == 400
    answer = send(fresh, "POST", "Leads", [{"Last_Name": "Mine", "Skype_ID": "hidden", "No_of_Employees": 5}], token="1000.crmock.standard")
    record = read(fresh, "Leads", answer.body["data"][0]["details"]["id"])
    assert (record["Owner"]["name"], record["Created_By"]["name"], record["Skype_ID"], record["No_of_Employees"]) == ("Sam Standard", "Sam Standard", None, None)
    answer = send(fresh, "POST", "Leads", [{"Last_Name": "x"}], token="1000.crmock.restricted")
    assert (answer.status, answer.body["code"], answer.body["message"]) == (403, "NO_PERMISSION", "permission denied")
    for method, path in [("POST", "Leads"), ("PUT", "Leads"), ("PUT", f"Leads/{other}"), ("DELETE", f"Leads/{other}"), ("DELETE", "Leads?ids=1")]:
        assert send(fresh, method, path, [{"Last_Name": "x"}], token="1000.crmock.leads").body["code"] == "OAUTH_SCOPE_MISMATCH"


@pytest.mark.parametrize("body, code, path", [
    (b"[]", "INVALID_DATA", None), ({}, "MANDATORY_NOT_FOUND", "$.data"), ({"data": {}}, "INVALID_DATA", "$.data"), ({"data": []}, "INVALID_DATA", "$.data"),
    ({"data": [{"Last_Name": "x"}, 5]}, "INVALID_DATA", "$.data[1]"), ({"data": [{"Last_Name": "x"}] * 101}, "INVALID_DATA", "$.data")])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_bodies_that_are_wrong(shared, method, body, code, path):
    before = shared.digest()
    answer = shared.request(method, "/crm/v8/Leads", body)
    assert (answer.status, answer.body["code"], answer.body["details"].get("json_path")) == (400, code, path)
    assert shared.digest() == before


def test_the_layout_of_a_record(fresh):
    consulting = {"name": "Consulting", "display_label": "Consulting", "id": "554023000000095003"}
    assert read(fresh, "Projects", "554023000000640002")["Layout"] == consulting
    assert read(fresh, "Projects", "554023000000640001")["Layout"]["name"] == "Standard"
    id = send(fresh, "POST", "Projects", [{"Name": "n", "Layout": {"id": consulting["id"]}}]).body["data"][0]["details"]["id"]
    assert read(fresh, "Projects", id)["Layout"] == consulting
    assert send(fresh, "PUT", f"Projects/{id}", [{"Phase": "Done"}]).status == 200 and read(fresh, "Projects", id)["Layout"] == consulting
    assert send(fresh, "PUT", f"Projects/{id}", [{"Layout": "554023000000095001"}]).status == 200 and read(fresh, "Projects", id)["Layout"]["name"] == "Standard"
    foreign = fresh.request("GET", "/crm/v8/settings/layouts?module=Leads").body["layouts"][0]["id"]
    layout = {"api_name": "Layout", "json_path": "$.data[0].Layout"}
    for wrong, code, details in [
            ({"id": "1"}, "INVALID_DATA", layout), ({"id": foreign}, "INVALID_DATA", layout), (5, "INVALID_DATA", layout), ("x", "INVALID_DATA", layout | {"expected_data_type": "bigint"}),
            ([], "INVALID_DATA", layout | {"expected_data_type": "bigint"}), (True, "INVALID_DATA", layout | {"expected_data_type": "bigint"}),
            ({}, "MANDATORY_NOT_FOUND", {"api_name": "id", "json_path": "$.data[0].Layout.id"})]:
        [entry] = send(fresh, "POST", "Projects", [{"Name": "n", "Layout": wrong}]).body["data"]
        assert (entry["code"], entry["details"]) == (code, details), wrong


def test_upsert(fresh):
    def upsert(data, **keys):
        answer = fresh.request("POST", "/crm/v8/Leads/upsert", {"data": data} | keys)
        return answer.status, [(entry["code"], entry.get("action"), entry.get("duplicate_field"), entry["message"]) for entry in answer.body["data"]]
    new = {"Last_Name": "Sy", "Email": "sy@x.example", "Phone": "12"}
    assert upsert([new]) == (200, [("SUCCESS", "insert", None, "record added")])
    assert upsert([new | {"City": "Arta"}, {"Last_Name": "Nikolaidis", "Email": "ELENI@meraki.example", "City": "Volos"}]) == (
        200, [("SUCCESS", "update", "Email", "record updated")] * 2)
    assert fresh.fields("554023000000600001")["City"] == "Volos"
    assert upsert([{"Last_Name": "Other", "Phone": "12"}], duplicate_check_fields=["Phone"]) == (200, [("SUCCESS", "update", "Phone", "record updated")])
    assert upsert([{"Last_Name": "Other", "Email": "sy@x.example"}], duplicate_check_fields=[]) == (200, [("SUCCESS", "insert", None, "record added")])
    assert upsert([{"Last_Name": "x", "Email": "locked@states.example"}, {"Email": "none@x.example"}])[1] == [
        ("RECORD_LOCKED", None, None, "You cannot perform this operation as the record is locked."), ("MANDATORY_NOT_FOUND", None, None, "required field not found")]
    answer = fresh.request("POST", "/crm/v8/Leads/upsert", {"data": [new], "duplicate_check_fields": ["Nope"]})
    assert (answer.status, answer.body["details"]["api_name"]) == (400, "duplicate_check_fields")


def test_a_new_id_is_one_that_fixtures_left_free(start, tmp_path):
    first = 554023000001000001  # where the store begins to give ids away; the fixtures take some hundreds
    records = [{"module": "Deals", "id": str(first + 2000), "generate": 50, "fields": {"Deal_Name": "D", "Stage": "Closed Won"}}]
    server = start("--fixtures", own_fixtures(tmp_path, {"records": records}))
    ids = []
    while not ids or int(ids[-1]) < first + 2100:
        answer = send(server, "POST", "Solutions", [{"Solution_Title": "S"}] * 100)
        assert answer.status == 201
        ids += [entry["details"]["id"] for entry in answer.body["data"]]
    assert len(set(ids)) == len(ids) and not {str(first + 2000 + n) for n in range(50)} & set(ids)


def test_delete_many(fresh):
    ids = ["554023000000610001", "1", "x", "554023000000610002"]
    answer = fresh.request("DELETE", "/crm/v8/Leads?ids=" + ",".join(ids))
    assert answer.status == 207
    assert [(entry["code"], entry["details"]["id"]) for entry in answer.body["data"]] == [("SUCCESS", ids[0]), ("INVALID_DATA", "1"), ("INVALID_DATA", "x"), ("SUCCESS", ids[3])]
    assert fresh.request("DELETE", "/crm/v8/Leads").body["code"] == "REQUIRED_PARAM_MISSING"
    assert fresh.request("DELETE", "/crm/v8/Leads?ids=" + "1," * 100 + "1").body["details"]["param_name"] == "ids"


def test_D10_records_that_were_deleted_count_as_failed(fresh):
    first = fresh.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000050000"})
    second = fresh.schedule("Leads", {"data": [{"City": "y"}], "cvid": "554023000000091501"})  # waits behind it
    assert fresh.request("DELETE", "/crm/v8/Leads/554023000000610050").status == 200
    assert fresh.ended("Leads", first)["Updated_Count"] == 50000
    job = fresh.ended("Leads", second)
    assert (job["Total_Count"], job["Updated_Count"], job["Failed_Count"], job["Status"]) == (50, 49, 1, "COMPLETED")


@needs_oas
def test_answers_against_the_services_own_schema(fresh):
    answer = send(fresh, "POST", "Leads", [{"Last_Name": "One"}, {"Company": "x"}])
    added, refused = answer.body["data"]
    assert schema.service_errors("record.json", "Success_Response", added) == [] and schema.service_errors("record.json", "API_Exception", refused) == []
    deleted = send(fresh, "DELETE", f"Leads/{added['details']['id']}").body["data"][0]
    assert schema.service_errors("record.json", "Success_Response", deleted) == []
