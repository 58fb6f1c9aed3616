"""D1: the order of checks. Each request breaks a rule and the one after it: the first one answers."""
import pytest

from server import own_fixtures

LEADS = "/crm/v8/Leads/actions/mass_update"
CHAT = [{"Lead_Source": "Chat"}]
LEAD = ["554023000000600001"]
FIFTY = "554023000000091501"
TERRITORY = {"id": "554023000000430409"}

ORDER = [
    ("E21", "PUT", "/crm/v9/Leads/actions/mass_update", "unknown", {}),
    ("E24", "PUT", "/crm/v8/Nonsense/actions/mass_update", None, {}),
    ("E29", "POST", "/crm/v8/Nonsense/actions/mass_update", None, {}),
    ("E30", "POST", "/crm/v8/Nonsense/actions/mass_update", "expired", {}),
    ("E20", "POST", "/crm/v8/Nonsense/actions/mass_update", "read", {}),
    ("E22", "POST", "/crm/v8/Accounts/actions/mass_update", "leads", []),
    ("E16", "POST", LEADS, "restricted", []),
    ("E31", "POST", LEADS, "admin", []),
    ("E32 $.over_write", "POST", LEADS, "admin", {"ids": LEAD, "cvid": FIFTY, "over_write": 1}),
    ("E32 $.cvid", "POST", LEADS, "admin", {"ids": LEAD * 501, "cvid": FIFTY}),
    ("E10", "POST", LEADS, "admin", {"data": []}),
    ("E13", "POST", LEADS, "admin", {"ids": LEAD * 501, "data": []}),
    ("E1", "POST", LEADS, "unscheduled", {"data": [{}], "cvid": "1"}),
    ("E2", "POST", LEADS, "admin", {"data": [{"Email": 1, "Nonsense": 2}], "ids": LEAD}),
    ("E3", "POST", LEADS, "unscheduled", {"data": [{"Email": 1}], "cvid": "1"}),
    ("E6", "POST", LEADS, "standard", {"data": [{"Skype_ID": 1}], "cvid": "1"}),
    ("E17", "POST", LEADS, "standard", {"data": [{"No_of_Employees": "x"}], "cvid": "1"}),
    ("E4", "POST", LEADS, "admin", {"data": [{"Rating": 1}], "cvid": "1"}),
    ("E5", "POST", LEADS, "admin", {"data": [{"Annual_Revenue": "x"}], "cvid": "1"}),
    ("E32 $.data[0].City", "POST", LEADS, "unscheduled", {"data": [{"City": 1}], "cvid": "1"}),
    ("E36", "POST", "/crm/v8/Accounts/actions/mass_update", "free", {"data": [{"Phone": "1"}], "cvid": "1"}),
    ("E25", "POST", LEADS, "unscheduled", {"data": CHAT, "cvid": "1"}),
    ("E7", "POST", LEADS, "admin", {"data": CHAT, "cvid": "1", "territory": {"id": "1"}}),
    ("E19", "POST", LEADS, "standard", {"data": CHAT, "cvid": "554023000000091515", "territory": {"id": "1"}}),
    ("E18", "POST", LEADS, "standard", {"data": CHAT, "cvid": "554023000000091505", "territory": {"id": "1"}}),
    ("E34", "POST", "/crm/v8/Accounts/actions/mass_update", "professional", {"data": [{"Phone": "1"}], "cvid": "554025000000091515", "territory": {"id": "1"}}),
    ("E35", "POST", "/crm/v8/Campaigns/actions/mass_update", "admin", {"data": [{"Status": "Active"}], "cvid": "554023000000091009", "territory": {"id": "1"}}),
    ("E7 $.territory.id", "POST", LEADS, "admin", {"data": CHAT, "cvid": FIFTY, "territory": {"id": "1"}, "criteria": {"x": 1}}),
    ("E32 $.criteria.field", "POST", LEADS, "admin", {"data": CHAT, "cvid": "554023000000000404", "criteria": {"x": 1}}),
    ("E15", "POST", LEADS, "admin", {"data": CHAT, "cvid": "554023000000000404", "territory": TERRITORY}),
]


@pytest.mark.parametrize("expected, method, path, token, body", ORDER, ids=[row[0] for row in ORDER])
def test_D1_the_first_rule_that_fails_answers(shared, expected, method, path, token, body):
    answer = shared.request(method, path, body, token=token and f"1000.crmock.{token}")
    row, _, json_path = expected.partition(" ")
    assert answer.headers["X-Crmock-Rule"] == row, answer
    if json_path:
        assert (answer.body.get("data", [answer.body])[0])["details"]["json_path"] == json_path


def test_D1_fields_are_checked_in_the_order_sent(shared):
    deal = {"ids": ["554023000000497007"]}
    for data, name in [({"Type": "x", "Owner": 1}, "Type"), ({"Owner": 1, "Type": "x"}, "Owner"), ({"Next_Step": "ok", "Type": "x"}, "Type")]:
        answer = shared.update("Deals", deal | {"data": [data]})
        assert answer.body["data"][0]["details"]["api_name"] == name and len(answer.body["data"]) == 1


# A record in one state and in the one that is checked after it; the states come from a fixture of the test's own.
STATES = ["E33", "E27", "E26", "E28", "E14", "E8", "E9"]
MEMBERS = {"E33": {"converted": True}, "E27": {"locked": True}, "E26": {"busy_with": "duplicate_merge"}, "E28": {"image_review": "in_approval"},
           "E14": {"approval": "waiting"}, "E8": {"stop_processing": True}, "E9": {"blueprint": "Lead follow-up"}}


def test_D1_record_states_in_order(start, tmp_path):
    records = [{"module": "Leads", "id": str(1000 + n), **MEMBERS[first], **MEMBERS[second], "fields": {"Last_Name": "x"}}
               for n, (first, second) in enumerate(zip(STATES, STATES[1:]))]
    server = start("--fixtures", own_fixtures(tmp_path, {"records": records}))
    for n, first in enumerate(STATES[:-1]):
        body = {"data": [{"Lead_Status": "Contacted"}], "ids": [str(1000 + n)]}
        assert server.update("Leads", body).headers["X-Crmock-Rule"] == first
        assert server.update("Leads", body, token="1000.crmock.standard").headers["X-Crmock-Rule"] == "E11"
