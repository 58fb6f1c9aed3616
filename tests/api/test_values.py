"""Values: what each type of field takes (E32), in answers; the table of rules itself is tested in tests/unit/crm.c."""
import pytest

from server import own_fixtures

RECORD = "554023000000640001"

# A field of Projects, values that it takes, and values with what is said of them.
CASES = {
    "Summary": (["", "x" * 20, "é" * 20, None], [("é" * 21, {"maximum_length": 20}), (5, "text"), (True, "text"), ([], "text"), ({}, "text")]),
    "Phase": (["Done", "-None-", None], [("Nope", {}), ("", {}), (1, "text")]),
    "Skills": ([["C"], [], ["SQL", "HTTP"], None], [("C", "jsonarray"), (["Cobol"], {"index": 0}), (["C", 1], {"expected_data_type": "text", "index": 1}), (["-None-"], {"index": 0})]),
    "Billable": ([True, False, None], [("true", "boolean"), (0, "boolean")]),
    "Head_Count": ([0, -9999, 9999, None], [(10000, {"maximum_length": 4}), ("5", "integer"), (1.5, "integer")]),
    "Reference": (["123456789012345678", 7, -7, None], [("x", "bigint"), ("1" * 19, {"maximum_length": 18}), (1.5, "bigint")]),
    "Effort": ([1, 1.125, -999999.5], [(1.1255, {"maximum_decimal_place": 3}), (1234567, {"range": {"from": -999999, "to": 999999}}), ("1", "double")]),
    "Budget": ([0.25, None], [(0.125, {"maximum_decimal_place": 2}), ("x", "double")]),
    "Progress": ([100], [(1000, {"range": {"from": -999, "to": 999}})]),
    "Rate": ([0.0625], [(0.00001, "double")]),  # json.dumps writes 1e-05
    "Start": (["2024-02-29", None], [("2023-02-29", "date"), ("2024-2-29", "date"), (20240229, "date"), ("", "date")]),
    "Kick_Off": (["2024-02-29T10:00:00+05:30", "2024-02-29T10:00:00Z"], [("2024-02-29T10:00:00.5Z", "datetime"), ("2024-02-29 10:00:00Z", "datetime"), ("2024-02-30T10:00:00Z", "datetime"), (0, "datetime")]),
    "Hotline": (["+30 210 555", "(030) 12-34", ""], [("1" * 31, {"maximum_length": 30}), (1, "phone"), ("() none", "phone"), ("-1", "phone")]),
    "Home_Page": (["https://example.com", "www.example.com/a", ""], [([], "website"), ("not a url", "website"), ("localhost", "website")]),
}
NEVER = ["Notes_Text", "Brief", "Email", "Client", "Owner", "Manager", "Partners", "Number", "Margin", "Task_Count", "Milestones", "Contract", "Photos", "Repeats",
         "Reminder", "Layout", "id", "Created_Time", "Modified_By", "Nonsense", "name", ""]


@pytest.mark.parametrize("field", CASES)
def test_values_that_fit_are_stored_as_sent(shared, field):
    for value in CASES[field][0]:
        answer = shared.update("Projects", {"data": [{field: value}], "ids": [RECORD], "over_write": True})
        assert answer.status == 200, (value, answer)
        assert shared.fields(RECORD)[field] == value


@pytest.mark.parametrize("field", CASES)
def test_E32_values_that_do_not_fit(shared, field):
    before = shared.fields(RECORD)
    for value, said in CASES[field][1]:
        said = {"expected_data_type": said} if isinstance(said, str) else dict(said)
        path = f"$.data[0].{field}" + (f"[{said.pop('index')}]" if "index" in said else "")
        answer = shared.update("Projects", {"data": [{field: value}], "ids": [RECORD]})
        assert (answer.status, answer.body) == (400, {"data": [
            {"code": "INVALID_DATA", "details": said | {"api_name": field, "json_path": path}, "message": "invalid data", "status": "error"}]}), value
    assert shared.fields(RECORD) == before


@pytest.mark.parametrize("field", NEVER)
def test_E3_fields_that_are_never_mass_updated(shared, field):
    answer = shared.update("Projects", {"data": [{field: "x"}], "ids": [RECORD]})
    assert (answer.status, answer.body["data"][0]["message"]) == (400, "This field cannot be updated in the Mass Update")


def test_E3_the_flag_of_the_metadata_is_obeyed(start, tmp_path):
    fixtures = own_fixtures(tmp_path, {"fields": [
        {"module": "Projects", "api_name": "Fixed", "type": "text", "mass_update": False}, {"module": "Projects", "api_name": "Locked", "type": "text", "read_only": True},
        {"module": "Projects", "api_name": "Unseen", "type": "text", "visible": False}]})
    server = start("--fixtures", fixtures)
    for field, rule in [("Fixed", "E3"), ("Locked", "E3"), ("Unseen", "E6")]:
        assert server.update("Projects", {"data": [{field: "x"}], "ids": [RECORD]}).headers["X-Crmock-Rule"] == rule


def test_numbers_survive_as_written(fresh):
    fresh.update("Projects", b'{"data":[{"Effort":1.10}],"ids":["554023000000640001"]}')
    assert '"Effort":1.10' in fresh.query("SELECT fields FROM record WHERE id = 554023000000640001")[0][0]


def test_D18_unique_fields(fresh):
    one, two, three = "554023000000640001", "554023000000640002", "554023000000640003"

    def codes(value, *ids):
        answer = fresh.update("Projects", {"data": [{"Code": value}], "ids": list(ids)})
        return [entry["code"] for entry in answer.body["data"]]
    assert codes("NEW-1", one, two, three) == ["SUCCESS", "DUPLICATE_DATA", "DUPLICATE_DATA"]
    assert [fresh.fields(record).get("Code") for record in (one, two, three)] == ["NEW-1", "INT-1", None]
    assert codes("new-1", one) == ["SUCCESS"]                # its own
    assert codes("NEW-1", two) == ["DUPLICATE_DATA"]         # in another case
    assert codes("int-1", three, two) == ["DUPLICATE_DATA", "SUCCESS"]
    assert codes(None, one, two, three) == ["SUCCESS"] * 3   # null is no value
    assert codes("X", "1", three, two) == ["INVALID_DATA", "SUCCESS", "DUPLICATE_DATA"]
    answer = fresh.update("Projects", {"data": [{"Code": "X"}], "ids": [one]})
    assert (answer.status, answer.body["data"]) == (400, [{"code": "DUPLICATE_DATA", "details": {"id": one}, "message": "duplicate data", "status": "error"}])
    job = fresh.ended("Projects", fresh.schedule("Projects", {"data": [{"Code": "JOB"}], "cvid": "554023000000091035"}))
    assert (job["Status"], job["Updated_Count"], job["Failed_Count"]) == ("COMPLETED", 1, 3)
