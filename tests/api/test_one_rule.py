"""One rule for a thing, by whichever name, form or way it comes: kinds of faults that were found together."""
import pytest

import schema
from server import own_fixtures, run

ACTIVITIES = ["v2", "v2.1", "v3", "v7"]


def refusal(answer):
    [one] = schema.refusals(answer.body)
    return one


@pytest.fixture
def tasks(start, tmp_path):
    """Tasks by their own name and by that of Activities, which shows them."""
    unique = {"api_name": "U", "type": "text", "unique": True}
    fixtures = own_fixtures(tmp_path, {
        "fields": [{"module": module} | unique for module in ("Tasks", "Activities")],
        "layouts": [{"module": "Tasks", "name": "T2", "values": {"Status": ["Completed"]}}],
        "blueprints": [{"module": "Tasks", "field": "Status", "name": "BP", "starts_at": ["Deferred"], "transitions": [{"name": "go", "from": ["Not Started"], "to": "Completed"}]}],
        "records": [{"module": "Tasks", "id": "95", "fields": {"Subject": "a", "U": "one"}, "layout": "T2"}, {"module": "Tasks", "id": "96", "fields": {"Subject": "b", "Status": "Not Started"}, "blueprint": "BP"},
                    {"module": "Tasks", "id": "97", "fields": {"Subject": "c"}}]})
    return start("--fixtures", fixtures, db=tmp_path / "store.db")


@pytest.mark.parametrize("version", ACTIVITIES)
@pytest.mark.parametrize("module", ["Tasks", "Activities"])
def test_a_record_obeys_the_rules_of_its_own_module(tasks, version, module):
    def put(id, **fields):
        return tasks.request("PUT", f"/crm/{version}/{module}/{id}", {"data": [fields]})
    before = tasks.digest()
    assert refusal(tasks.update(module, {"data": [{"Status": "Completed"}], "ids": ["96"]}, version))["code"] == "RECORD_IN_BLUEPRINT"
    assert refusal(put("96", Status="Completed"))["code"] == "RECORD_IN_BLUEPRINT"
    assert refusal(put("97", U="ONE"))["code"] == "DUPLICATE_DATA"
    assert refusal(tasks.update(module, {"data": [{"U": "one"}], "ids": ["97"]}, version))["code"] == "DUPLICATE_DATA"
    assert refusal(put("95", Status="Deferred"))["message"] == "picklist not found in record layout"
    foreign = tasks.request("GET", "/crm/v7/settings/layouts?module=Activities").body["layouts"][0]["id"]
    assert refusal(put("95", Layout={"id": foreign}))["message"] == "the id given seems to be invalid"
    assert tasks.digest() == before
    upsert = tasks.request("POST", f"/crm/{version}/{module}/upsert", {"data": [{"Subject": "z", "U": "one"}]})
    assert upsert.body["data"][0]["action"] == "update" and upsert.body["data"][0]["details"]["id"] == "95"
    [own] = [layout["id"] for layout in tasks.request("GET", "/crm/v7/settings/layouts?module=Tasks").body["layouts"] if layout["name"] == "T2"]
    assert put("97", Layout=own, Status="Completed").status == 200


@pytest.fixture
def forms(start, tmp_path):
    """Fields whose values may be written in several forms."""
    fields = [{"module": "Projects", "api_name": "Dt", "type": "datetime"}, {"module": "Projects", "api_name": "U_Dt", "type": "datetime", "unique": True},
              {"module": "Projects", "api_name": "U_Lk", "type": "lookup", "lookup": "Accounts", "unique": True}]
    rules = [{"module": "Projects", "name": "r", "field": "Phase", "actions": [{"field": "Dt", "value": "2026-06-01T13:00:00"}, {"field": "Client", "value": "554023000000620001"}]}]
    return start("--fixtures", own_fixtures(tmp_path, {"fields": fields, "workflow_rules": rules}), db=tmp_path / "store.db")


def insert(server, **fields):
    return server.request("POST", "/crm/v8/Projects", {"data": [{"Name": "x"} | fields]})


@pytest.mark.parametrize("field, same", [("U_Dt", ["2026-06-01T13:00:00", "2026-06-01T13:00:00+05:30"]), ("U_Lk", ["554023000000620001", 554023000000620001, {"id": "554023000000620001"}, {"id": 554023000000620001}])])
def test_a_value_is_compared_as_it_is_kept(forms, field, same):
    for first in same:
        assert insert(forms, **{field: first}).status == 201
        for other in same:
            assert refusal(insert(forms, **{field: other}))["code"] == "DUPLICATE_DATA", (first, other)
            answer = forms.request("POST", "/crm/v8/Projects/upsert", {"data": [{"Name": "x", field: other}], "duplicate_check_fields": [field]})
            assert answer.body["data"][0]["action"] == "update", (first, other)
        [id] = [record["id"] for record in forms.request("GET", f"/crm/v8/Projects?fields=id,{field}").body["data"] if record[field]]
        assert forms.request("DELETE", f"/crm/v8/Projects/{id}").status == 200


def test_ids_are_kept_as_texts(forms):
    for value in ({"id": 554023000000620001}, {"id": 554023000000620001, "name": "n"}, 554023000000620001, "554023000000620001"):
        id = insert(forms, Client=value).body["data"][0]["details"]["id"]
        assert forms.fields(id)["Client"]["id"] == "554023000000620001"
    assert forms.fields(insert(forms, Client={"id": 554023000000620001, "name": "n"}).body["data"][0]["details"]["id"])["Client"]["name"] == "n"


def test_what_rules_set_is_kept_as_what_clients_set(forms):
    record = "554023000000640001"
    assert forms.update("Projects", {"data": [{"Phase": "Done"}], "ids": [record]}).status == 200
    assert forms.fields(record)["Dt"] == "2026-06-01T13:00:00+05:30" and forms.fields(record)["Client"] == {"id": "554023000000620001"}


@pytest.mark.parametrize("value", ["2026-06-01T13:00:00+14:01", "2026-06-01T13:00:00+19:59", "2026-06-01T13:00:00-14:30", "2026-06-01T23:59:60Z", "2026-06-01T23:59:60", "9999-12-31T23:59:59", "0001-01-01T00:00:00"])
def test_times_that_could_not_be_compared_are_refused(forms, value):
    assert refusal(insert(forms, Dt=value))["details"]["expected_data_type"] == "datetime"
    assert insert(forms, Dt="2026-06-01T13:00:00+14:00").status == insert(forms, Dt="0001-01-01T00:00:00Z").status == 201


def test_users_that_there_are_none_of(forms):
    for value in ("9223372036854775807", {"id": "1"}):
        assert refusal(insert(forms, Manager=value))["message"] == "the id given seems to be invalid"
    for blank in ({"id": None}, {"id": ""}, {}):
        for field in ("Client", "Manager", "Owner"):
            assert refusal(insert(forms, **{field: blank}))["code"] == "MANDATORY_NOT_FOUND", (field, blank)


@pytest.mark.parametrize("sections, path, said", [
    ({"records": [{"module": "Projects", "generate": 9, "fields": {"Name": "n", "Kick_Off": "2026-06-01T13:00:0{n}"}}]}, "$.records[0].fields.Kick_Off", "as records keep it"),
    ({"records": [{"module": "Projects", "generate": 31, "fields": {"Name": "n", "Start": "2026-01-{n}"}}]}, "$.records[0].fields.Start", "type date"),
    ({"records": [{"module": "Projects", "generate": 3, "fields": {"Name": "n", "Client": "55402300000062000{n}"}}]}, "$.records[0].fields.Client", "as records keep it"),
    ({"fields": [{"module": "Leads", "api_name": "P", "type": "picklist", "length": 3, "values": ["abc", "abcd"]}]}, "$.fields[0].values[1]", "at most 3 characters"),
    ({"pipelines": [{"name": "x" * 121, "stages": ["Qualification"]}]}, "$.pipelines[0].name", "1 to 120 characters"), ({"pipelines": [{"name": "-None-", "stages": ["Qualification"]}]}, "$.pipelines[0].name", "not -None-"),
    ({"pipelines": [{"name": " ", "stages": ["Qualification"]}]}, "$.pipelines[0].name", "1 to 120 characters"),
    ({"clients": [{"id": "c", "secret": "s", "redirect_uris": ["https://a.example/" + "x" * 1500]}]}, "$.clients[0].redirect_uris[0]", "at most 1500 characters")])
def test_fixtures_that_no_client_could_follow(tmp_path, sections, path, said):
    done = run("--port", "0", "--fixtures", own_fixtures(tmp_path, sections))
    assert done.returncode == 1 and f"own.json: {path}: expected" in done.stderr and said in done.stderr


def test_none_is_told_first_wherever_fixtures_have_it(start, tmp_path):
    server = start("--fixtures", own_fixtures(tmp_path, {"fields": [{"module": "Leads", "api_name": "P", "type": "picklist", "values": ["A", "-None-", "B"]}]}))
    [field] = [field for field in server.request("GET", "/crm/v8/settings/fields?module=Leads").body["fields"] if field["api_name"] == "P"]
    assert [value["actual_value"] for value in field["pick_list_values"]] == ["-None-", "A", "B"]


def test_numbers_say_what_is_wrong_with_them_first(shared):
    for token, said in [(b"9" * 70, "range"), (b"1." + b"0" * 70, "maximum_decimal_place"), (b"0" * 70, None)]:
        answer = shared.request("PUT", "/crm/v8/Projects/554023000000640001", b'{"data":[{"Budget":%s}]}' % token)
        if said:
            assert said in refusal(answer)["details"] and "maximum_length" not in refusal(answer)["details"]


def test_words_of_paths_are_modules_where_a_module_stands(shared):
    for name in ("users", "Users", "USERS"):
        assert refusal(shared.update(name, {}))["code"] == "INVALID_MODULE"
    assert shared.request("GET", "/crm/v8/users").status == 200


def test_P16_wherever_a_module_stands(start, tmp_path):
    sections = {"modules": [{"api_name": "Services", "singular": "Service", "plural": "Services", "sharing": "public_read_write", "fields": []}]}
    server = start("--answers", "current", "--fixtures", own_fixtures(tmp_path, sections))
    for method, path in [("GET", "Services?fields=id"), ("GET", "Services/1"), ("POST", "Services"), ("PUT", "Services"), ("PUT", "Services/1"), ("DELETE", "Services/1"), ("POST", "Services/upsert"), ("GET", "Services/search?word=x"),
                         ("GET", "Services/actions/count"), ("GET", "Services/1/actions/blueprint"), ("GET", "Services/1/Locking_Information__s")]:
        assert refusal(server.request(method, f"/crm/v8/{path}"))["code"] == "NOT_SUPPORTED", path
