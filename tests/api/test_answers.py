"""Contract sections 2 and 3: what an answer looks like."""
import datetime
import json
import random

import pytest

import gallery

LEAD = "554023000000600001"
DEAL = "554023000000497007"
PAGE_BY_IDS = """{
"data": [
{
"Lead_Source": "Advertisement",
"Type": "Existing Business",
"Languages_Known": [
"English",
"Spanish"
]
}
],
"over_write": true,
"ids": [
"554023000000497007",
"554023000000497021"
]
}"""
PAGE_BY_VIEW = """{
"data": [
{
"Industry": "Education"
}
],
"cvid": "554023000000091515",
"territory": {
"id": "554023000000430409",
"include_child": true
}
}"""


def test_the_pages_sample_by_ids(fresh):
    answer = fresh.update("Deals", PAGE_BY_IDS, "v4")
    assert answer.status == 200
    done, refused = answer.body["data"]
    moment = done["details"].pop("Modified_Time")
    assert done == {
        "code": "SUCCESS",
        "details": {"Modified_By": {"name": "Patricia Boyle", "id": "554023000000235011"},
                    "Created_Time": "2021-02-26T19:13:56+05:30", "id": "554023000000497007",
                    "Created_By": {"name": "Patricia Boyle", "id": "554023000000235011"}},
        "message": "record updated", "status": "success"}
    assert refused == {"code": "INVALID_DATA", "details": {"id": "554023000000497021"},
                       "message": "the id given seems to be invalid", "status": "error"}
    time = datetime.datetime.fromisoformat(moment)
    assert time.utcoffset() == datetime.timedelta(hours=5, minutes=30) and time.microsecond == 0
    assert abs(time.timestamp() - datetime.datetime.now().timestamp()) < 60
    [[modified_by, modified_time]] = fresh.query(f"SELECT modified_by, modified_time FROM record WHERE id = {DEAL}")
    assert (modified_by, modified_time) == (554023000000235011, int(time.timestamp()))
    fields = fresh.fields(DEAL)
    assert (fields["Lead_Source"], fields["Type"], fields["Languages_Known"]) == ("Advertisement", "Existing Business", ["English", "Spanish"])
    assert fields["Amount"] == 12000.5 and fields["Deal_Name"] == "School tablets"


def test_the_pages_sample_by_view(fresh):
    before = dict(fresh.query("SELECT id, id || module_id || owner_id || created_by || modified_by || created_time || modified_time || fields FROM record"))
    answer = fresh.update("Accounts", PAGE_BY_VIEW, "v4")
    job = answer.body["data"][0]["details"].pop("job_id")
    assert (answer.status, answer.body) == (200, {"data": [
        {"code": "SUCCESS", "details": {}, "message": "mass update scheduled successfully", "status": "success"}]})
    assert isinstance(job, str) and job.isdigit()
    assert fresh.ended("Accounts", job) == {"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": 3, "Not_Updated_Count": 0, "Total_Count": 3}
    after = dict(fresh.query("SELECT id, id || module_id || owner_id || created_by || modified_by || created_time || modified_time || fields FROM record"))
    changed = {554023000000620001, 554023000000620002, 554023000000620003}  # in the view, in North or below it
    assert {record for record in before if before[record] != after[record]} == changed and before.keys() == after.keys()
    for record in changed:
        assert fresh.fields(record)["Industry"] == "Education"
    assert fresh.query("SELECT DISTINCT modified_by FROM record WHERE id IN (554023000000620001, 554023000000620003)") == [(554023000000235011,)]


def test_territory_without_its_children(fresh):
    body = json.loads(PAGE_BY_VIEW)
    for territory in ({"id": 554023000000430409}, {"id": "554023000000430409", "include_child": False}):
        assert fresh.ended("Accounts", fresh.schedule("Accounts", body | {"territory": territory}))["Total_Count"] == 2
    world = {"id": "554023000000430001", "include_child": True}
    assert fresh.ended("Accounts", fresh.schedule("Accounts", body | {"territory": world}))["Total_Count"] == 4


def test_500_ids_half_of_them_invalid(fresh):
    order = random.Random(500)
    valid = [str(n) for n in range(554023000000700001, 554023000000700251)]
    invalid = [str(n) for n in range(554023000009000001, 554023000009000251)]
    sent = valid + invalid
    order.shuffle(sent)
    answer = fresh.update("Leads", {"data": [{"City": "Volos"}], "ids": [id if order.random() < .5 else int(id) for id in sent]})
    assert answer.status == 207
    assert [entry["details"]["id"] for entry in answer.body["data"]] == sent
    assert [entry["status"] for entry in answer.body["data"]] == ["success" if id in set(valid) else "error" for id in sent]
    changed = fresh.query("SELECT id FROM record WHERE json_extract(fields, '$.City') = 'Volos' ORDER BY id")
    assert [str(id) for id, in changed] == valid


@pytest.mark.parametrize("version", gallery.VERSIONS)
def test_D2_F21_the_status_says_whether_anything_was_updated(shared, version):
    locked, unknown, merging = "554023000000600015", "554023000000497021", "554023000000600013"
    some = 207 if version == "v8" else 200
    for ids, status in [([locked, unknown], 400), ([unknown], 400), ([locked, LEAD], some), ([LEAD, unknown, locked], some), ([LEAD, merging], some), ([LEAD], 200), ([LEAD, LEAD], 200)]:
        answer = shared.update("Leads", {"data": [{"Lead_Source": "Chat"}], "ids": ids}, version)
        assert answer.status == status and len(answer.body["data"]) == len(ids)


def test_D5_a_repeated_id_gets_an_entry_each_time(fresh):
    ids = [DEAL, "x", DEAL, "x", int(DEAL)]
    answer = fresh.update("Deals", {"data": [{"Languages_Known": ["Tamil"]}], "ids": ids})
    first, bad, second, worse, third = answer.body["data"]
    assert first == second == third and bad == worse and first["code"] == "SUCCESS"
    assert fresh.fields(DEAL)["Languages_Known"] == ["French", "Tamil"]


def test_D6_null_clears_a_field_unless_it_is_mandatory(fresh):
    for over_write in (False, True):
        fresh.update("Deals", {"data": [{"Languages_Known": ["Tamil"]}], "ids": [DEAL]})
        answer = fresh.update("Deals", {"data": [{"Languages_Known": None, "Next_Step": None}], "ids": [DEAL], "over_write": over_write})
        assert answer.status == 200 and fresh.fields(DEAL)["Languages_Known"] is None
    answer = fresh.update("Leads", {"data": [{"Last_Name": None}], "ids": [LEAD]})
    assert (answer.status, answer.body["data"][0]["message"]) == (400, "invalid data")
    assert fresh.fields(LEAD)["Last_Name"] == "Nikolaidis"


def test_over_write(fresh):
    def languages(value, **keys):
        assert fresh.update("Deals", {"data": [{"Languages_Known": value}], "ids": [DEAL]} | keys).status == 200
        return fresh.fields(DEAL)["Languages_Known"]
    assert languages(["English", "French"]) == ["French", "English"]
    assert languages(["Tamil", "Tamil"], over_write=False) == ["French", "English", "Tamil"]
    assert languages([]) == ["French", "English", "Tamil"]
    assert languages(["Spanish", "Spanish"], over_write=True) == ["Spanish"]
    assert languages([], over_write=True) == []


def test_a_record_is_updated_whole_or_not_at_all(fresh):
    before = fresh.fields("554023000000497013")  # in the blueprint of Stage
    answer = fresh.update("Deals", {"data": [{"Lead_Source": "Chat", "Stage": "Closed Won"}], "ids": ["554023000000497013"]})
    assert answer.body["data"][0]["code"] == "RECORD_IN_BLUEPRINT"
    assert fresh.fields("554023000000497013") == before
    assert fresh.update("Deals", {"data": [{"Lead_Source": "Partner"}], "ids": ["554023000000497013"]}).status == 200


def test_an_injected_fault_changes_no_record_of_the_call(fresh):
    before = fresh.digest()
    answer = fresh.update("Leads", {"data": [{"City": "Volos"}], "ids": [LEAD, "554023000000600500"]})
    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR") and fresh.digest() == before


@pytest.mark.parametrize("path, body, status", [
    ("/crm/v8/Leads/actions/mass_update", {"data": [{"Lead_Source": "Chat"}], "ids": [LEAD]}, 200),
    ("/crm/v8/Leads/actions/mass_update", [], 400), ("/nowhere", None, 404)])
def test_headers(shared, path, body, status):
    answer = shared.request("POST", path, body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Transfer-Encoding"] is None and int(answer.headers["Content-Length"]) > 50


def test_errors_say_rule_and_hint_unless_told_not_to(shared, start):
    answer = shared.update("Leads", {"data": [{"Email": "a@b.example"}], "ids": [LEAD]})
    assert answer.headers["X-Crmock-Rule"] == "E3" and "email" in answer.headers["X-Crmock-Hint"]
    assert shared.update("Leads", {"data": [{"City": "x"}], "ids": [LEAD]}).headers["X-Crmock-Rule"] is None
    silent = start("--no-hints")
    quiet = silent.update("Leads", {"data": [{"Email": "a@b.example"}], "ids": [LEAD]})
    assert quiet.body == answer.body and quiet.headers["X-Crmock-Rule"] is None and quiet.headers["X-Crmock-Hint"] is None
