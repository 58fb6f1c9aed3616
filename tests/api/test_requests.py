"""Contract section 1: paths, versions, modules, bodies."""
import pytest

from gallery import VERSIONS

LEAD = "554023000000600001"
DEAL = "554023000000497007"
NOW = {"data": [{"Lead_Source": "Chat"}], "ids": [LEAD]}

# A record of each module and a change that it takes.
MODULES = {
    "Leads": (LEAD, {"Lead_Source": "Chat"}),
    "Accounts": ("554023000000620001", {"Industry": "Education"}),
    "Contacts": ("554023000000625001", {"Department": "Sales"}),
    "Deals": (DEAL, {"Type": "New Business"}),
    "Campaigns": ("554023000000630001", {"Status": "Complete"}),
    "Solutions": ("554023000000630401", {"Status": "Reviewed"}),
    "Products": ("554023000000630501", {"Product_Active": False}),
    "Vendors": ("554023000000630601", {"Category": "Ink"}),
    "Price_Books": ("554023000000630701", {"Active": False}),
    "Quotes": ("554023000000630801", {"Quote_Stage": "Delivered"}),
    "Sales_Orders": ("554023000000630901", {"Status": "Approved"}),
    "Purchase_Orders": ("554023000000631001", {"Status": "Approved"}),
    "Invoices": ("554023000000631101", {"Status": "Approved"}),
    "Projects": ("554023000000640001", {"Phase": "Done"}),
}
ACTIVITIES = {
    "Tasks": ("554023000000630101", {"Priority": "High"}),
    "Events": ("554023000000630201", {"Priority": "Low"}),
    "Calls": ("554023000000630301", {"Priority": "High"}),
}


def updates(server, module, record, change, version="v8", **keywords):
    answer = server.update(module, {"data": [change], "ids": [record]}, version, **keywords)
    return answer.status == 200 and answer.body["data"][0]["code"] == "SUCCESS"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module", MODULES)
def test_every_module_in_every_version(shared, module, version):
    record, change = MODULES[module]
    assert updates(shared, module, record, change, version)
    field, value = next(iter(change.items()))
    assert shared.fields(record)[field] == value


@pytest.mark.parametrize("name", ["leads", "LEADS", "lEaDs", "price_BOOKS"])
def test_module_names_ignore_case(shared, name):
    record, change = MODULES["Leads" if name.lower() == "leads" else "Price_Books"]
    assert updates(shared, name, record, change)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module", ACTIVITIES)
def test_activity_modules(shared, module, version):
    record, change = ACTIVITIES[module]
    assert updates(shared, module, record, change, version)
    if version == "v8":
        assert shared.update("Activities", NOW, version).body["code"] == "INVALID_MODULE"
    else:
        assert updates(shared, "Activities", record, change, version)


def test_meetings_is_another_name_for_events_in_v8_only(shared):
    record, change = ACTIVITIES["Events"]
    assert updates(shared, "Meetings", record, change, "v8")
    assert shared.update("Meetings", NOW, "v7").body["code"] == "INVALID_MODULE"


@pytest.mark.parametrize("module", ["Notes", "Attachments", "Users", "Nonsense", "%20", "Leads%00"])
def test_other_modules_are_invalid(shared, module):
    answer = shared.update(module, NOW)
    assert answer.status == 400 and answer.body["code"] == "INVALID_MODULE"


@pytest.mark.parametrize("path", ["/", "/crm", "/crm/v8", "/crm/v9/Leads/actions/mass_update", "/crm/V8/Leads/actions/mass_update",
                                  "/crm/v8/Leads/actions/mass_update/", "/crm/v8//actions/mass_update/x", "//crm/v8/Leads/actions/mass_update",
                                  "/crm/v8/Leads/Actions/mass_update", "/crm/v2.2/Leads/actions/mass_update", "/a" * 3000])
def test_other_paths_are_unknown(shared, path):
    answer = shared.request("POST", path, NOW)
    assert (answer.status, answer.body["code"]) == (404, "INVALID_URL_PATTERN")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_invalid(shared, method):
    answer = shared.request(method, "/crm/v8/Leads/actions/mass_update", NOW, token=None)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST_METHOD")


@pytest.mark.parametrize("media", [None, "text/plain", "application/json", "application/x-www-form-urlencoded", "nonsense"])
def test_the_media_type_does_not_matter(shared, media):
    headers = {"Content-Type": media} if media else {}
    assert shared.update("Leads", NOW, headers=headers).status == 200


@pytest.mark.parametrize("header, code", [
    (None, "AUTHENTICATION_FAILURE"), ("", "AUTHENTICATION_FAILURE"), ("1000.crmock.admin", "AUTHENTICATION_FAILURE"),
    ("Basic 1000.crmock.admin", "AUTHENTICATION_FAILURE"), ("Zoho-oauthtoken", "AUTHENTICATION_FAILURE"),
    ("Zoho-oauthtoken ", "AUTHENTICATION_FAILURE"), ("Zoho-oauthtoken a b", "AUTHENTICATION_FAILURE"),
    ("Zoho-oauthtoken unknown", "INVALID_TOKEN"), ("Zoho-oauthtoken 1000.crmock.expired", "INVALID_TOKEN"),
    ("Zoho-oauthtoken 1000.crmock.refresh", "INVALID_TOKEN"), ("Bearer ' OR 1=1 --", "AUTHENTICATION_FAILURE"),
    ("Bearer '--", "INVALID_TOKEN"),
    ("Zoho-oauthtoken 1000.crmock.admin", None), ("zoho-OAUTHTOKEN 1000.crmock.admin", None), ("Bearer 1000.crmock.admin", None)])
def test_D9_tokens(shared, header, code):
    headers = {} if header is None else {"Authorization": header}
    answer = shared.update("Leads", NOW, token=None, headers=headers)
    assert answer.body.get("code") == code and answer.status == (401 if code else 200)


def test_another_org_sees_nothing_of_this_one(shared):
    answer = shared.update("Accounts", {"data": [{"Industry": "Education"}], "ids": ["554023000000620001"]}, token="1000.crmock.free")
    assert answer.body["data"][0]["code"] == "INVALID_DATA"
    answer = shared.update("Accounts", {"data": [{"Industry": "Education"}], "cvid": "554023000000091515"}, token="1000.crmock.professional")
    assert (answer.body["code"], answer.body["details"]["api_name"]) == ("INVALID_DATA", "cvid")


@pytest.mark.parametrize("body", [b"", b"null", b"1", b'"x"', b"[]", b"{", b'{"a":1', b"{}x", b"{'a':1}", b'{"a":01}', b'{"a":"\xff"}',
                                  b'{"a":"\\u0000"}', b'{"a":"\x01"}', b"\x00", b"[" * 100000, b'{"a":' * 100000, b"\xef\xbb\xbf[]"])
def test_bodies_that_are_no_object(shared, body):
    answer = shared.update("Leads", body)
    assert (answer.status, answer.body) == (400, {"code": "INVALID_DATA", "details": {"expected_data_type": "jsonobject"}, "message": "body", "status": "error"})


@pytest.mark.parametrize("key, value, path, expected", [
    ("data", {}, "$.data", "jsonarray"), ("data", "x", "$.data", "jsonarray"), ("data", 1, "$.data", "jsonarray"),
    ("data", ["x"], "$.data[0]", "jsonobject"), ("data", [None], "$.data[0]", "jsonobject"),
    ("ids", LEAD, "$.ids", "jsonarray"), ("ids", {}, "$.ids", "jsonarray"), ("ids", [LEAD, None], "$.ids[1]", "bigint"),
    ("ids", [True], "$.ids[0]", "bigint"), ("ids", [[LEAD]], "$.ids[0]", "bigint"), ("ids", [1.5], "$.ids[0]", "bigint"),
    ("cvid", {}, "$.cvid", "bigint"), ("cvid", [], "$.cvid", "bigint"), ("cvid", True, "$.cvid", "bigint"),
    ("territory", "554023000000430409", "$.territory", "jsonobject"), ("territory", [], "$.territory", "jsonobject"),
    ("territory", {"id": []}, "$.territory.id", "bigint"),
    ("territory", {"id": "1", "include_child": "true"}, "$.territory.include_child", "boolean"),
    ("criteria", "x", "$.criteria", "jsonarray"), ("criteria", 1, "$.criteria", "jsonarray"),
    ("trigger", "workflow", "$.trigger", "jsonarray"), ("trigger", [1], "$.trigger[0]", "text"),
    ("over_write", "true", "$.over_write", "boolean"), ("over_write", 1, "$.over_write", "boolean")])
def test_E32_keys_of_the_wrong_type(shared, key, value, path, expected):
    before = shared.digest()
    answer = shared.update("Leads", NOW | {key: value})
    name = path.rsplit(".", 1)[1].split("[")[0]
    assert (answer.status, answer.body) == (400, {
        "code": "INVALID_DATA", "message": "invalid data", "status": "error",
        "details": {"expected_data_type": expected, "api_name": name, "json_path": path}})
    assert shared.digest() == before


def test_trigger_takes_known_words_only(shared):
    for words in ([], ["workflow"], ["approval", "blueprint", "workflow"], None):
        assert shared.update("Leads", NOW | {"trigger": words}).status == 200
    assert shared.update("Leads", NOW | {"trigger": ["workflow", "x"]}).body["details"] == {"api_name": "trigger", "json_path": "$.trigger[1]"}


def test_D3_ids_stand_alone(shared):
    for key, value in [("cvid", "554023000000050000"), ("territory", {"id": "554023000000430409"}), ("criteria", [{"x": 1}])]:
        answer = shared.update("Leads", NOW | {key: value})
        assert (answer.status, answer.body["code"], answer.body["message"]) == (400, "INVALID_DATA", "invalid data")
        assert answer.body["details"] == {"api_name": key, "json_path": f"$.{key}"}


def test_D4_unknown_keys_are_ignored_and_data_has_one_object(shared):
    assert shared.update("Leads", NOW | {"nonsense": {"a": []}}).status == 200
    answer = shared.update("Leads", NOW | {"data": [{"Lead_Source": "Chat"}, {}]})
    assert answer.body["details"] == {"api_name": "data", "json_path": "$.data", "maximum_length": 1}


@pytest.mark.parametrize("absent", [None, ""])
def test_D11_blank_keys_count_as_absent(shared, absent):
    assert shared.update("Leads", NOW | {"cvid": absent, "territory": absent, "criteria": absent, "over_write": absent}).status == 200
    answer = shared.update("Leads", {"data": [{"Lead_Source": "Chat"}], "ids": absent, "cvid": absent})
    assert answer.body["code"] == "MANDATORY_NOT_FOUND"
    assert shared.update("Leads", NOW | {"data": absent}).body["message"] == "No field found"


def test_E1_data_without_a_field(shared):
    for data in ([], [{}]):
        assert shared.update("Leads", NOW | {"data": data}).body["message"] == "No field found"
    assert shared.update("Leads", {"ids": [LEAD]}).body["message"] == "No field found"


def test_E10_says_what_is_missing(shared):
    data = {"data": [{"Lead_Source": "Chat"}]}
    assert shared.update("Leads", data | {"ids": []}).body["details"] == {"api_name": "ids", "json_path": "$.ids"}
    for key, value in [("territory", {"id": "554023000000430409"}), ("criteria", [{"x": 1}])]:
        assert shared.update("Leads", data | {key: value}).body["details"] == {"api_name": "cvid", "json_path": "$.cvid"}


def test_E2_field_limits(shared):
    three = {"Lead_Source": "Chat", "Type": "New Business", "Next_Step": "Call"}
    assert updates(shared, "Deals", DEAL, three)
    for module, change, limit in [("Deals", three | {"Probability": 5}, 3), ("Leads", {"City": "Oslo", "State": "x"}, 1)]:
        answer = shared.update(module, {"data": [change], "ids": [DEAL]})
        assert answer.body["message"] == "Max field limit exceeded"
        assert answer.body["details"] == {"limit": limit, "api_name": "data", "json_path": "$.data"}


def test_E13_more_than_500_ids(shared):
    body = {"data": [{"Lead_Source": "Chat"}], "ids": [LEAD] * 501}
    answer = shared.update("Leads", body)
    assert (answer.status, answer.body["code"], answer.body["details"]) == (400, "LIMIT_EXCEEDED", {"limit": 500})
    assert len(shared.update("Leads", body | {"ids": [LEAD] * 500}).body["data"]) == 500


@pytest.mark.parametrize("record", ["9223372036854775807", 9223372036854775807])
def test_large_ids_survive_exactly(shared, record):
    answer = shared.update("Projects", {"data": [{"Phase": "On hold"}], "ids": [record, 9223372036854775806, "9007199254740993"]})
    assert [entry["details"]["id"] for entry in answer.body["data"]] == ["9223372036854775807", "9223372036854775806", "9007199254740993"]
    assert [entry["status"] for entry in answer.body["data"]] == ["success", "error", "error"]


@pytest.mark.parametrize("record", ["", "x", "0", "-1", "01", "1e3", "9223372036854775808", "9" * 400, " 1", 0, -5, "554023000000600001 ", "554023000000620001"])
def test_E7_malformed_unknown_and_foreign_ids_are_told_one_by_one(shared, record):
    answer = shared.update("Leads", {"data": [{"Lead_Source": "Chat"}], "ids": [record, LEAD]})
    assert answer.status == 207
    assert answer.body["data"][0] == {"code": "INVALID_DATA", "details": {"id": str(record)}, "message": "the id given seems to be invalid", "status": "error"}
    assert answer.body["data"][1]["code"] == "SUCCESS"
