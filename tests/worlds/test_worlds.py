"""200 tests that change the same records of the same org, and each finds them as the fixtures have them."""
import pytest

LEADS = ["554023000000700001", "554023000000700002", "554023000000700003"]
VIEW = "554023000000091501"  # 50 leads
FIELDS = "City,Company,Modified_Time"


def cities(crm):
    return [crm("GET", f"Leads/{id}")["data"][0]["City"] for id in LEADS]


@pytest.mark.parametrize("n", range(50))
def test_by_ids(crm, n):
    assert cities(crm) == [None, None, None]
    answer = crm("POST", "Leads/actions/mass_update", {"data": [{"City": f"City {n}"}], "ids": LEADS})
    assert [entry["code"] for entry in answer["data"]] == ["SUCCESS"] * 3
    assert cities(crm) == [f"City {n}"] * 3


@pytest.mark.parametrize("n", range(50))
def test_by_view(crm, n):
    before = crm("GET", f"Leads?fields={FIELDS}&cvid={VIEW}")["data"]
    assert len(before) == 50 and not any((lead["Company"] or "").startswith("Company ") for lead in before)
    body = {"data": [{"Company": f"Company {n}"}], "cvid": VIEW}
    job = crm("POST", "Leads/actions/mass_update", body)["data"][0]["details"]["job_id"]
    while (state := crm("GET", f"Leads/actions/mass_update?job_id={job}")["data"][0])["Status"] != "COMPLETED":
        assert state["Status"] in ("SCHEDULED", "RUNNING")
    assert (state["Total_Count"], state["Updated_Count"]) == (50, 50)
    assert {lead["Company"] for lead in crm("GET", f"Leads?fields={FIELDS}&cvid={VIEW}")["data"]} == {f"Company {n}"}


@pytest.mark.parametrize("n", range(50))
def test_inserted_ids_are_the_same_in_each(crm, n):
    [entry] = crm("POST", "Leads", {"data": [{"Last_Name": f"Lead {n}", "Company": "x"}]})["data"]
    assert entry["details"]["id"] == "554023000001001086"
    assert crm("GET", "Leads?fields=Last_Name&sort_by=id&sort_order=desc&per_page=1")["data"][0]["Last_Name"] == f"Lead {n}"


@pytest.mark.parametrize("n", range(50))
def test_deleted_ones_are_there_again(crm, n):
    id = LEADS[n % 3]
    assert crm("GET", f"Leads/{id}")["data"][0]["id"] == id
    assert crm("DELETE", f"Leads?ids={id}")["data"][0]["code"] == "SUCCESS"
    assert crm("GET", f"Leads/{id}") is None
