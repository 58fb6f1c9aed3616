"""Blueprints: read, gone through and left by the API; E9 comes and goes with them."""

import pytest

import schema
from gallery import VERSIONS
from test_metadata import faults

from server import own_fixtures

needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")
LEAD, FREE, DEAL = "554023000000600019", "554023000000600001", "554023000000497013"
CALL, NO_ANSWER, QUALIFY, DROP = (f"5540230000003110{n:02}" for n in (1, 3, 5, 7))


def path(record, module="Leads", version="v8"):
    return f"/crm/{version}/{module}/{record}/actions/blueprint"


def read(server, record, **keywords):
    return server.request("GET", path(record, **keywords))


def perform(server, record, transition, data=None, **keywords):
    body = {"blueprint": [{"transition_id": transition} | ({} if data is None else {"data": data})]}
    return server.request("PUT", path(record, **{key: keywords.pop(key) for key in ("module", "version") if key in keywords}), body, **keywords)


def status_code(server, record):
    """What a mass update of the blueprint's picklist says."""
    return server.update("Leads", {"data": [{"Lead_Status": "Junk Lead"}], "ids": [record]}).body["data"][0]["code"]


DONE = {"code": "SUCCESS", "details": {}, "message": "transition updated successfully", "status": "success"}
PARTLY = DONE | {"message": "transition saved partially"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_goes_through_its_blueprint(fresh, version):
    where = {"version": version}
    blueprint = read(fresh, LEAD, **where).body["blueprint"]
    assert [transition["id"] for transition in blueprint["transitions"]] == [CALL, NO_ANSWER]
    assert perform(fresh, LEAD, NO_ANSWER, **where).body == DONE
    assert fresh.fields(LEAD)["Lead_Status"] == "Attempted to Contact" and status_code(fresh, LEAD) == "RECORD_IN_BLUEPRINT"
    assert perform(fresh, LEAD, CALL, {"Phone": "+30 1"}, **where).body == DONE
    blueprint = read(fresh, LEAD, **where).body["blueprint"]
    assert (blueprint["process_info"]["field_value"], [transition["name"] for transition in blueprint["transitions"]]) == ("Contacted", ["Qualify", "Drop"])
    assert perform(fresh, LEAD, DROP, **where).body == DONE  # no way leads on from there
    assert fresh.fields(LEAD)["Lead_Status"] == "Lost Lead"
    answer = read(fresh, LEAD, **where)
    assert (answer.status, answer.body) == (400, {"code": "RECORD_NOT_IN_PROCESS", "details": {}, "message": "record not in process", "status": "error"})
    assert not fresh.request("GET", f"/crm/{version}/Leads/{LEAD}").body["data"][0]["$process_flow"] and status_code(fresh, LEAD) == "SUCCESS"


def test_what_is_told(shared):
    blueprint = read(shared, LEAD).body["blueprint"]
    fields = {field["api_name"]: field for field in shared.request("GET", "/crm/v8/settings/fields?module=Leads").body["fields"]}
    value = next(value for value in fields["Lead_Status"]["pick_list_values"] if value["display_value"] == "Not Contacted")
    assert blueprint["process_info"] == {
        "field_id": fields["Lead_Status"]["id"], "escalation": None, "is_continuous": False, "api_name": "Lead_Status", "continuous": False, "field_label": "Lead Status", "name": "Lead follow-up",
        "column_name": "Lead_Status", "field_value": "Not Contacted", "id": "554023000000310001", "field_name": "Lead Status",
        "current_picklist": {"id": value["id"], "value": "Not Contacted", "colour_code": None}}
    call, no_answer = blueprint["transitions"]
    assert (call["name"], call["next_field_value"], call["data"], call["percent_partial_save"], call["type"]) == ("Call", "Contacted", {"Phone": None, "City": None}, 0, "manual")
    assert [(field["api_name"], field["mandatory"], field["transition_sequence"], field["id"], field["layouts"]["name"]) for field in call["fields"]] == [
        ("Phone", True, 1, fields["Phone"]["id"], "Standard"), ("City", False, 2, fields["City"]["id"], "Standard")]
    assert [(next["name"], next["id"]) for next in call["next_transitions"]] == [("Qualify", QUALIFY), ("Drop", DROP)]
    assert (no_answer["fields"], no_answer["data"], no_answer["percent_partial_save"]) == ([], {}, 0)
    assert [transition["name"] for transition in read(shared, DEAL, module="deals").body["blueprint"]["transitions"]] == ["Negotiate", "Lose"]


def test_a_transition_waits_for_its_mandatory_fields(fresh):
    perform(fresh, LEAD, CALL, {"Phone": "1"})
    assert perform(fresh, LEAD, QUALIFY, {"Industry": "Education", "Company": "not asked for"}).body == PARTLY
    record = fresh.fields(LEAD)
    assert (record["Industry"], record["Lead_Status"], record["Company"]) == ("Education", "Contacted", "States")
    qualify = read(fresh, LEAD).body["blueprint"]["transitions"][0]
    assert (qualify["percent_partial_save"], qualify["data"]) == (50, {"Industry": "Education", "No_of_Employees": None})
    assert perform(fresh, LEAD, QUALIFY).body == PARTLY
    assert perform(fresh, LEAD, QUALIFY, {"No_of_Employees": 12}).body == DONE
    assert fresh.fields(LEAD)["Lead_Status"] == "Pre-Qualified" and read(fresh, LEAD).status == 400
    written = fresh.request("GET", f"/crm/v8/Leads/{LEAD}").body["data"][0]
    assert written["Modified_Time"] > written["Created_Time"]


def test_a_value_starts_a_blueprint(fresh):
    answer = fresh.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "A", "Lead_Status": "Contact in Future"}, {"Last_Name": "B", "Lead_Status": "Contacted"}]})
    inside, outside = (entry["details"]["id"] for entry in answer.body["data"])
    assert read(fresh, inside).body["blueprint"]["process_info"]["field_value"] == "Contact in Future" and status_code(fresh, inside) == "RECORD_IN_BLUEPRINT"
    assert read(fresh, outside).body["code"] == "RECORD_NOT_IN_PROCESS" and status_code(fresh, outside) == "SUCCESS"
    assert fresh.request("PUT", f"/crm/v8/Leads/{outside}", {"data": [{"City": "x"}]}).status == 200 and read(fresh, outside).status == 400
    assert fresh.request("PUT", f"/crm/v8/Leads/{outside}", {"data": [{"Lead_Status": "Contact in Future"}]}).status == 200
    assert read(fresh, outside).status == 200 and fresh.request("GET", f"/crm/v8/Leads/{outside}").body["data"][0]["$process_flow"]
    assert fresh.request("PUT", f"/crm/v8/Leads/{outside}", {"data": [{"Lead_Status": "Contacted"}]}).body["data"][0]["code"] == "RECORD_IN_BLUEPRINT"


@pytest.mark.parametrize("record, transition", [(LEAD, "1"), (LEAD, "x"), (LEAD, QUALIFY), (LEAD, "554023000000311009"), (LEAD, 5)])
def test_transitions_that_do_not_lead_on(shared, record, transition):
    before = shared.digest()
    answer = perform(shared, record, transition, {"Phone": "1"})
    assert (answer.status, answer.body) == (400, {"code": "INVALID_DATA", "details": {}, "message": "invalid transition", "status": "error"})
    assert shared.digest() == before


@pytest.mark.parametrize("data, details", [
    ({"Phone": 5}, {"api_name": "Phone", "json_path": "$.blueprint[0].data.Phone", "expected_data_type": "phone"}), ({"Phone": "1" * 31}, {"api_name": "Phone", "json_path": "$.blueprint[0].data.Phone", "maximum_length": 30}),
    ({"Phone": "1", "City": ["x"]}, {"api_name": "City", "json_path": "$.blueprint[0].data.City", "expected_data_type": "text"}), ([], {"api_name": "data", "json_path": "$.blueprint[0].data", "expected_data_type": "jsonobject"})])
def test_values_that_do_not_fit(shared, data, details):
    before = shared.digest()
    answer = perform(shared, LEAD, CALL, data)
    assert (answer.status, answer.body["code"], answer.body["message"], answer.body["details"]) == (400, "INVALID_DATA", "invalid data", details)
    assert shared.digest() == before


@pytest.mark.parametrize("body, code, details", [
    (b"[]", "INVALID_DATA", {"expected_data_type": "jsonobject"}), ({}, "MANDATORY_NOT_FOUND", {"api_name": "blueprint", "json_path": "$.blueprint"}),
    ({"blueprint": {}}, "INVALID_DATA", {"api_name": "blueprint", "json_path": "$.blueprint", "expected_data_type": "jsonarray"}), ({"blueprint": []}, "INVALID_DATA", {"api_name": "blueprint", "json_path": "$.blueprint", "maximum_length": 1}),
    ({"blueprint": [{}, {}]}, "INVALID_DATA", {"api_name": "blueprint", "json_path": "$.blueprint", "maximum_length": 1}), ({"blueprint": [5]}, "INVALID_DATA", {"api_name": "blueprint", "json_path": "$.blueprint[0]", "expected_data_type": "jsonobject"}),
    ({"blueprint": [{"data": {}}]}, "MANDATORY_NOT_FOUND", {"api_name": "transition_id", "json_path": "$.blueprint[0].transition_id"}),
    ({"blueprint": [{"transition_id": {}}]}, "INVALID_DATA", {"api_name": "transition_id", "json_path": "$.blueprint[0].transition_id", "expected_data_type": "bigint"})])
def test_bodies_that_are_wrong(shared, body, code, details):
    answer = shared.request("PUT", path(LEAD), body)
    assert (answer.status, answer.body["code"], answer.body["details"]) == (400, code, details)


@pytest.mark.parametrize("record, code, details", [("1", "INVALID_DATA", {"id": "1"}), ("x", "INVALID_DATA", {"id": "x"}), (DEAL, "INVALID_DATA", {"id": DEAL}), (FREE, "RECORD_NOT_IN_PROCESS", {}),
                                                   ("554023000000600015", "RECORD_LOCKED", {"id": "554023000000600015"})])
def test_records_that_are_in_none(shared, record, code, details):
    for answer in (read(shared, record), perform(shared, record, CALL)):
        assert (answer.status, answer.body["code"], answer.body["details"]) == (400, code, details)


def test_who_may(fresh):
    standard = {"token": "1000.crmock.standard"}
    assert fresh.request("GET", path(LEAD), **standard).body["details"] == {"id": LEAD}  # another's lead: not seen
    assert perform(fresh, LEAD, CALL, **standard).body["code"] == "CANNOT_PERFORM_ACTION"
    assert perform(fresh, LEAD, CALL, token="1000.crmock.restricted").status == 403 and fresh.request("GET", path(LEAD), token="1000.crmock.unreading").status == 403
    for method in ("GET", "PUT"):
        assert fresh.request(method, path(LEAD), {}, token="1000.crmock.leads").body["code"] == "OAUTH_SCOPE_MISMATCH"
    assert fresh.request("POST", path(LEAD), {}).body["code"] == "INVALID_REQUEST_METHOD"
    own = fresh.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "A", "Lead_Status": "Contact in Future"}]}, **standard).body["data"][0]["details"]["id"]
    assert perform(fresh, own, CALL, {"Phone": "1"}, **standard).body == DONE
    assert perform(fresh, own, QUALIFY, {"Industry": "Education", "No_of_Employees": 5}, **standard).body == PARTLY  # a field that the profile may not edit


def test_blueprints_of_fixtures(start, tmp_path):
    content = {
        "extends": "enterprise",
        "blueprints": [{"module": "Projects", "field": "Phase", "id": "31", "name": "P", "starts_at": ["Draft"], "transitions": [{"id": "41", "name": "Anywhere", "to": "Done"}]}],
        "fields": [{"module": "Projects", "api_name": "Mood", "type": "picklist", "values": ["a", "b"], "blueprint": {"name": "M", "transitions": [{"id": "42", "name": "N", "from": ["a"], "to": "b"}]}}],
        "records": [{"module": "Projects", "id": "71", "blueprint": "P", "fields": {"Name": "n"}}, {"module": "Projects", "id": "72", "blueprint": "M", "fields": {"Name": "n", "Mood": "a"}}]}
    server = start("--fixtures", own_fixtures(tmp_path, content))
    told = read(server, "71", module="Projects").body["blueprint"]
    assert (told["process_info"]["field_value"], "id" in told["process_info"]["current_picklist"], [transition["name"] for transition in told["transitions"]]) == ("-None-", False, ["Anywhere"])
    assert perform(server, "71", "41", module="Projects").body == DONE and read(server, "71", module="Projects").status == 400
    assert perform(server, "72", 42, module="Projects").body == DONE


@needs_oas
def test_answers_against_the_services_own_schema(shared):
    """What differs on purpose is what the published samples have otherwise than the file: ids are texts, and what a field is not
    (a lookup, a formula, ...) is {}, where the file asks for members."""
    def plain(errors):
        return [error for error in errors if error.instance != {}]
    told = read(shared, LEAD).body
    told["blueprint"] |= {"transition_id": None, "data": {}}  # of the request only
    told["blueprint"]["process_info"]["field_id"] = int(told["blueprint"]["process_info"]["field_id"])
    for transition in told["blueprint"]["transitions"]:
        transition["id"] = int(transition["id"])
    assert plain(faults("blueprint.json", "Response_Wrapper", told)) == []
    assert schema.service_errors("blueprint.json", "Success_Response", DONE) == []
    refused = read(shared, FREE).body
    assert [error.message for error in schema.service_errors("blueprint.json", "API_Exception", refused) if list(error.absolute_path) != ["details"]] == []
