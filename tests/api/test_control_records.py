"""/_crmock/records: records as fixtures describe them, read and written past all permissions and states."""
import pytest

LEAD, TASK = "554023000000600001", "554023000000630101"
SAM = "sam.standard@zylker.example"


@pytest.fixture
def call(start_each):
    """Calls of the control API: of main in memory, of main in a file, of a sandbox."""
    return start_each("--now", "2026-05-01T10:00:00Z").request


def records(call, method, path, body=None):
    return call(method, f"/_crmock/records/{path}", body)


def test_a_record_is_told_with_all_its_members(call):
    told = records(call, "GET", f"Leads/{LEAD}")
    assert told.status == 200
    shown = call("GET", f"/crm/v8/Leads/{LEAD}").body["data"][0]
    assert told.body["owner"] == shown["Owner"]["email"] and told.body["module"] == "Leads" and told.body["id"] == LEAD
    assert set(told.body) == {"module", "id", "fields", "owner", "created_by", "modified_by", "created_time", "modified_time", "converted", "locked", "stop_processing",
                              "busy_with", "image_review", "approval", "blueprint", "layout", "territories", "shared_with", "fault"}
    assert told.body["created_time"] == "2021-02-26T13:43:56Z"
    for name, value in told.body["fields"].items():
        assert shown[name] == value


def test_a_record_is_made_seen_changed_and_gone(call):
    made = records(call, "POST", "leads", {"fields": {"Last_Name": "New", "City": "Bonn"}, "locked": {"reason": "why"}, "owner": SAM})
    assert made.status == 201 and list(made.body) == ["id"]
    id = made.body["id"]
    assert call("GET", f"/crm/v8/Leads/{id}?fields=City").body["data"][0]["City"] == "Bonn"
    body = {"data": [{"City": "Ulm"}], "ids": [id]}
    assert call("POST", "/crm/v8/Leads/actions/mass_update", body).body["data"][0]["code"] == "RECORD_LOCKED"
    changed = records(call, "PATCH", f"Leads/{id}", {"locked": False, "fields": {"Company": "X", "City": None}})
    assert changed.status == 200 and changed.body == records(call, "GET", f"Leads/{id}").body
    assert (changed.body["owner"], changed.body["locked"], changed.body["fields"], changed.body["modified_time"]) == (SAM, False, {"Last_Name": "New", "City": None, "Company": "X"}, "2026-05-01T10:00:00Z")
    assert call("POST", "/crm/v8/Leads/actions/mass_update", body).body["data"][0]["code"] == "SUCCESS"
    for _ in range(2):
        assert records(call, "DELETE", f"Leads/{id}").status == 204
    assert records(call, "GET", f"Leads/{id}").status == 404
    assert call("GET", f"/crm/v8/Leads/{id}").status == call("GET", "/crm/v8/Leads/1").status


def test_what_is_told_can_be_made_again(call):
    before = records(call, "GET", "Leads?limit=40").body["records"]
    assert len(before) == 40
    for record in before:
        assert records(call, "DELETE", f"Leads/{record['id']}").status == 204
        assert records(call, "POST", "Leads", record).body == {"id": record["id"]}
    assert records(call, "GET", "Leads?limit=40").body["records"] == before


@pytest.mark.parametrize("method, path, body, status, at", [
    ("GET", "Nonsense", None, 404, None),
    ("GET", f"Nonsense/{LEAD}", None, 404, None),
    ("GET", f"Deals/{LEAD}", None, 404, None),
    ("GET", "Leads/x", None, 404, None),
    ("GET", f"Leads/{LEAD}?org=5", None, 404, "org"),
    ("GET", "Leads?ids=1,x", None, 422, "ids"),
    ("GET", "Leads?ids=", None, 422, "ids"),
    ("GET", "Leads?after=x", None, 422, "after"),
    ("GET", "Leads?limit=1001", None, 422, "limit"),
    ("GET", "Leads?page=2", None, 422, "page"),
    ("POST", "Nonsense", {}, 404, None),
    ("POST", "Leads", {}, 422, "$.fields.Last_Name"),
    ("POST", "Leads", {"id": LEAD, "fields": {"Last_Name": "x"}}, 409, "$.id"),
    ("POST", "Leads", {"generate": 2, "fields": {"Last_Name": "x"}}, 422, "$.generate"),
    ("POST", "Projects", {"fields": {"Name": "x", "Code": "web-1"}}, 409, "$.fields.Code"),
    ("PATCH", "Leads/1", {}, 404, None),
    ("PATCH", f"Deals/{LEAD}", {}, 404, None),
    ("PATCH", f"Leads/{LEAD}", {"fields": {"City": 1}}, 422, "$.fields.City"),
    ("PATCH", f"Leads/{LEAD}", {"City": "x"}, 422, "$.City"),
    ("PATCH", f"Leads/{LEAD}", {"territories": ["North", "Nowhere"]}, 422, "$.territories[1]"),
    ("DELETE", f"Nonsense/{LEAD}", None, 404, None),
    ("PUT", f"Leads/{LEAD}", {}, 405, None),
])
def test_a_refused_call_says_where_and_changes_nothing(call, method, path, body, status, at):
    before = records(call, "GET", f"Leads/{LEAD}").body
    answer = records(call, method, path, body)
    assert (answer.status, answer.body.get("at")) == (status, at), answer
    assert len(answer.body["error"]) > 10
    assert records(call, "GET", f"Leads/{LEAD}").body == before


def test_lists(call):
    first = records(call, "GET", "Leads?limit=3").body
    assert len(first["records"]) == 3 and first["more"] is True
    ids = [record["id"] for record in first["records"]]
    assert ids == sorted(ids, key=int)
    assert records(call, "GET", f"Leads?limit=2&after={ids[0]}").body["records"] == first["records"][1:]
    some = records(call, "GET", f"Leads?ids={ids[2]},1,{ids[0]},{ids[2]}").body
    assert some == {"records": [first["records"][0], first["records"][2]], "more": False}
    assert len(records(call, "GET", "Leads").body["records"]) == 100
    tasks = records(call, "GET", f"Activities?ids={TASK}").body["records"]
    assert [task["module"] for task in tasks] == ["Tasks"]


def test_of_another_org(call):
    org = call("GET", "/crm/v8/org", token="1000.crmock.professional").body["org"][0]["id"]
    made = records(call, "POST", f"Accounts?org={org}", {"fields": {"Account_Name": "New"}}).body["id"]
    assert made in [record["id"] for record in records(call, "GET", f"Accounts?org={org}").body["records"]]
    assert [records(call, method, f"Accounts/{made}", body).status for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None))] == [404, 404, 204]
    assert records(call, "PATCH", f"Accounts/{made}?org={org}", {"converted": True}).body["converted"] is True
