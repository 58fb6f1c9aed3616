"""GET /openapi.json, and the service's own files. That every answer is as the document says is checked by each request of
these suites, in server.py."""
import json

import jsonschema
import pytest

import gallery
import schema

needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")
ROWS = {row.name: row for row in gallery.rows() if row.name[0] not in "PO"}  # the others are of other paths

# Where crmock's answers leave the service's file record.json on purpose: the published page, or the contract with the real
# service, has it otherwise. Listed in docs/openapi.md.
DIFFERENCES = {
    "E3": "message", "E4": "message", "E5": "message", "E20": "message", "E22": "message", "E23": "message", "E25": "code message", "E26": "message", "E27": "message", "E28": "message",
    "G3": "code message", "G4": "message", "G6": "message", "M1": "message",
}


def test_the_document_is_well_formed(shared):
    answer = shared.request("GET", "/openapi.json", token=None)
    assert answer.status == 200 and answer.body["openapi"] == "3.1.0"
    for name, part in answer.body["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(part)
    assert answer.body["components"]["parameters"]["version"]["schema"]["enum"] == gallery.VERSIONS
    assert shared.request("POST", "/openapi.json").status == 405


def test_the_catalogue_is_in_it(shared):
    """Every row of the gallery stands among the examples of its status, with the same code and message."""
    item = shared.request("GET", "/openapi.json").body["paths"]["/crm/{version}/{module}/actions/mass_update"]
    for name, row in ROWS.items():
        if row.answer is None:
            continue
        method = "get" if name.startswith("G") else "put" if name == "E24" else "post"
        example = item[method]["responses"][str(row.status)]["content"]["application/json"]["examples"][name]["value"]
        entry = row.answer.get("data", [row.answer])[0]
        assert (example["code"], example["message"], example["status"]) == (entry["code"], entry["message"], entry["status"])


@pytest.mark.parametrize("name", ROWS)
def test_the_gallery_is_as_documented(shared, name):
    row = ROWS[name]
    method = "GET" if name.startswith("G") else "PUT" if name == "E24" else "POST"
    path = "/nowhere" if name == "E21" else "/crm/v8/Leads/actions/mass_update"
    shared.document().check(method, path, row.status, {"Content-Type": "application/json" if row.answer else None, "Content-Length": "0"}, row.answer)


def test_the_validator_finds_faults(shared):
    """A check that could not fail would be none."""
    row = ROWS["E3"]
    for change in ({"code": "OTHER"}, {"message": "other"}, {"status": "success"}, {"details": {"nonsense": 1}}, {"details": {"api_name": "x"}}):
        with pytest.raises(AssertionError):
            shared.document().check("POST", "/crm/v8/Leads/actions/mass_update", 400, {"Content-Type": "application/json"}, {"data": [row.answer["data"][0] | change]})


def entries(answer):
    return answer.get("data", [answer])


@needs_oas
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.answer])
def test_refusals_against_the_services_own_schema(name):
    for entry in entries(ROWS[name].answer):
        errors = schema.service_errors("record.json", "API_Exception", entry)
        found = " ".join(sorted({error.absolute_path[0] for error in errors}))
        assert found == DIFFERENCES.get(name, ""), [error.message[:100] for error in errors]
        assert schema.service_errors("common.json", "API_Exception", entry) == []


@needs_oas
def test_successes_against_the_services_own_schema(fresh):
    answer = fresh.update("Deals", {"data": [{"Type": "New Business"}], "ids": ["554023000000497007", "1"]})
    done, refused = answer.body["data"]
    assert schema.service_errors("mass_update.json", "wrapper", {"data": [done]}) == []
    assert schema.service_errors("record.json", "Mass_Update_Success_Response", done) == []
    assert schema.service_errors("common.json", "InvalidIDError", refused) == []
    answer = fresh.update("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"})
    assert schema.service_errors("mass_update.json", "CVSuccess", answer.body["data"][0]) == []
    assert schema.service_errors("record.json", "Mass_Update_Success_Response", answer.body["data"][0]) == []
    job = fresh.ended("Leads", answer.body["data"][0]["details"]["job_id"])
    assert schema.service_errors("record.json", "Mass_Update", job) == []


@needs_oas
@pytest.mark.parametrize("name, part", [("E7", "InvalidIDError"), ("E10", "MandatoryError"), ("E16", "PermissionError"), ("E20", "InvalidUrlError"), ("E32", "InvalidValueError"),
                                        ("G5", "InvalidUrlError")])
def test_details_against_the_services_common_schemas(name, part):
    for entry in entries(ROWS[name].answer):
        assert schema.service_errors("common.json", part, entry) == []


@needs_oas
def test_the_services_schemas_find_faults():
    assert schema.service_errors("record.json", "API_Exception", {"status": "error", "code": "NOPE", "message": "invalid data", "details": {}})
    assert schema.service_errors("mass_update.json", "wrapper", {"data": [{}]})


@needs_oas
def test_type_and_length_faults_against_the_services_common_schemas(shared):
    lead = {"ids": ["554023000000600001"]}
    wrong = shared.update("Leads", lead | {"data": [{"City": 1}]}).body["data"][0]
    assert schema.service_errors("common.json", "InvalidTypeError", wrong) == []
    long = shared.update("Leads", lead | {"data": [{"City": "x" * 101}]}).body["data"][0]
    assert schema.service_errors("common.json", "MaxLengthError", long) == []
    assert json.dumps(long["details"]) != "{}"
