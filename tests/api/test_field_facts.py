"""What the real service was seen to answer, fact by fact, over all versions: what the facts say that other files do not test
(F10, F14: test_metadata_shapes; F11, F15: test_oauth, test_login; F19: test_mapping; F21: test_answers; F22: test_current)."""
import http.client
import json
import select
import socket

import pytest

import gallery
import schema
from server import own_fixtures

VERSIONS = gallery.VERSIONS
LEAD, PROJECT, DEAL = "554023000000600001", "554023000000640001", "554023000000497007"
ACCOUNT = "554023000000620001"
USER = "554023000000235031"
KNOWN_PLACES = {"json_path", "resource_path_index"}


def send(server, method, path, data=None, version="v8", **keywords):
    return server.request(method, f"/crm/{version}/{path}", None if data is None else {"data": data}, **keywords)


def refusal(answer):
    [one] = schema.refusals(answer.body)
    return one


# F1 --------------------------------------------------------------------------------------------------------------------------
PLACES = [  # a request, and where v2.1 and later say that it is wrong
    ("POST", "Leads/actions/mass_update", {"data": [{"Phone": []}], "ids": [LEAD]}, {"json_path": "$.data[0].Phone"}),
    ("POST", "Leads/actions/mass_update", {"data": [{"City": "x"}]}, {"json_path": "$.ids"}),
    ("POST", "Leads/actions/mass_update", {"data": [{"City": "x"}], "cvid": "1"}, {"json_path": "$.cvid"}),
    ("POST", "Leads/actions/mass_update", {"data": [{"City": "x"}], "ids": [LEAD], "trigger": [5]}, {"json_path": "$.trigger[0]"}),
    ("POST", "Leads", {"data": [{"Company": "x"}]}, {"json_path": "$.data[0].Last_Name"}),
    ("PUT", "Leads", {"data": [{"City": "x"}]}, {"json_path": "$.data[0].id"}),
    ("POST", "Leads/upsert", {"data": [{"Last_Name": "x" * 999}]}, {"json_path": "$.data[0].Last_Name"}),
    ("PUT", "Leads/1", {"data": [{"City": "x"}]}, {"resource_path_index": 1}),
    ("DELETE", "Leads/1", None, {"resource_path_index": 1}),
    ("GET", f"Leads/{LEAD}/Locking_Information__s/1?fields=id", None, {"resource_path_index": 3}),
    ("PUT", f"Leads/{LEAD}/actions/blueprint", {"blueprint": []}, {"json_path": "$.blueprint"}),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method, path, body, place", PLACES, ids=[f"{row[0]} {row[1]} {n}" for n, row in enumerate(PLACES)])
def test_F1_where_it_is_wrong(shared, version, method, path, body, place):
    answer = shared.request(method, f"/crm/{version}/{path}", body)
    said = {name: value for name, value in refusal(answer)["details"].items() if name in KNOWN_PLACES}
    assert said == ({} if version == "v2" else place), answer


@pytest.mark.parametrize("version", VERSIONS)
def test_F1_a_module_that_there_is_none_of(shared, version):
    for module in ("Nonsense", "Notes"):
        details = refusal(shared.update(module, {}, version))["details"]
        assert details == ({} if version in ("v2", "v2.1") else {"resource_path_index": 0})


# F2 --------------------------------------------------------------------------------------------------------------------------
TYPES = [  # a module, a field and a value that is none; what it should be; its length in v2
    ("Leads", "City", 5, "text", None), ("Leads", "Lead_Source", True, "text", None), ("Leads", "Languages_Known", "Tamil", "jsonarray", None),
    ("Leads", "Languages_Known", [5], "text", None), ("Leads", "Phone", "?", "phone", None), ("Leads", "Website", "?", "website", None), ("Leads", "Email", "?", "email", None),
    ("Leads", "No_of_Employees", "3-4 People", "integer", 9), ("Leads", "No_of_Employees", 1.5, "integer", 9), ("Projects", "Head_Count", [], "integer", 9),
    ("Projects", "Reference", "x", "bigint", None), ("Projects", "Effort", "x", "double", None), ("Deals", "Amount", "x", "double", None), ("Projects", "Billable", 1, "boolean", None),
    ("Projects", "Start", "tomorrow", "date", 20), ("Deals", "Closing_Date", 20260601, "date", 20), ("Projects", "Kick_Off", "2026-06-01", "datetime", None),
    ("Projects", "Client", "x", "bigint", None), ("Projects", "Manager", {"id": "x"}, "bigint", None), ("Leads", "Owner", "x", "bigint", None), ("Contacts", "Account_Name", [], "bigint", None),
    ("Projects", "Partners", {}, "jsonarray", None), ("Projects", "Milestones", {}, "jsonarray", None), ("Projects", "Repeats", "x", "jsonobject", None),
]
MASS = [row for row in TYPES if row[1] not in ("Email", "Client", "Manager", "Owner", "Account_Name", "Partners", "Milestones", "Repeats")]
IDS = {"Leads": LEAD, "Projects": PROJECT, "Deals": DEAL, "Contacts": "554023000000625001"}


def of_version(version, expected, length):
    return {"expected_data_type": expected} | ({"maximum_length": length} if version == "v2" and length else {})


def said_of(details):
    return {name: value for name, value in details.items() if name not in {"api_name", *KNOWN_PLACES}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, field, value, expected, length", TYPES)
def test_F2_a_type_by_its_field(shared, version, module, field, value, expected, length):
    answer = send(shared, "PUT", module, [{"id": "554023000000600001" if module == "Leads" else IDS[module], field: value}], version)
    details = refusal(answer)["details"]
    assert details["api_name"] == field and said_of(details) == of_version(version, expected, length)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, field, value, expected, length", MASS)
def test_F2_a_type_in_a_mass_update(shared, version, module, field, value, expected, length):
    answer = shared.update(module, {"data": [{field: value}], "ids": [IDS[module]]}, version)
    assert said_of(refusal(answer)["details"]) == of_version(version, expected, length)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("field, value, said", [
    ("Summary", "x" * 21, {"maximum_length": 20}), ("Hotline", "1" * 31, {"maximum_length": 30}), ("Home_Page", "x" * 57 + ".com", {"maximum_length": 60}), ("Head_Count", 10000, {"maximum_length": 4}),
    ("Budget", 0.125, {"maximum_decimal_place": 2}), ("Effort", 1.0001, {"maximum_decimal_place": 3}), ("Rate", 0.12345, {"maximum_decimal_place": 4}),
    ("Effort", 1234567, {"range": {"from": -999999, "to": 999999}}), ("Progress", -1000, {"range": {"from": -999, "to": 999}})])
def test_F2_too_long_too_precise_too_large(shared, version, field, value, said):
    answer = shared.update("Projects", {"data": [{field: value}], "ids": [PROJECT]}, version)
    assert said_of(refusal(answer)["details"]) == said


# F3, F4, F5 ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("module, field, takes, refuses", [
    ("Leads", "Phone", ["+44 7779 330558", "(030) 12-34", "555.123.4567", "+1 (555) 123-4567", "1800FLOWERS", "123,456;", ""], ["() Not provided.", "-123", ".5", "12/34", "12\n", "+", "12--34", "ext:5"]),
    ("Leads", "Website", ["www.example.com/a", "https://example.com", "FTP://a.b:21/x?y#z", "münchen.de", ""], ["not a url", "localhost", "http://", "a..b", "a.b c", "x@y.z", "javascript:alert(1)", ".com"]),
])
@pytest.mark.parametrize("version", ["v2", "v8"])
def test_F3_F4_phones_and_websites(fresh, version, module, field, takes, refuses):
    for value in takes:
        assert fresh.update(module, {"data": [{field: value}], "ids": [LEAD]}, version).status == 200, value
        assert fresh.fields(LEAD)[field] == value
    for value in refuses:
        for answer in (fresh.update(module, {"data": [{field: value}], "ids": [LEAD]}, version), send(fresh, "PUT", f"{module}/{LEAD}", [{field: value}], version)):
            assert refusal(answer)["details"]["expected_data_type"] == field.lower(), value


@pytest.mark.parametrize("version", VERSIONS)
def test_F5_datetimes(fresh, version):
    for sent, kept in [("2026-06-01T13:00:00+01:00", None), ("2026-06-01T13:00:00Z", None), ("2026-02-28T23:59:59-11:30", None), ("2026-06-01T13:00:00", "2026-06-01T13:00:00+05:30")]:
        assert fresh.update("Projects", {"data": [{"Kick_Off": sent}], "ids": [PROJECT]}, version).status == 200
        assert fresh.fields(PROJECT)["Kick_Off"] == (kept or sent)
        assert send(fresh, "PUT", f"Projects/{PROJECT}", [{"Kick_Off": None}], version).status == 200
        assert send(fresh, "PUT", f"Projects/{PROJECT}", [{"Kick_Off": sent}], version).status == 200
        assert fresh.fields(PROJECT)["Kick_Off"] == (kept or sent)
    for wrong in ("2025-08-16T16:26:04.240Z", "2026-06-01 13:00:00+01:00", "2026-06-01T13:00:00+0100", "2026-06-01", "2026-06-31T00:00:00Z", "2026-06-01T13:00Z", ""):
        assert refusal(fresh.update("Projects", {"data": [{"Kick_Off": wrong}], "ids": [PROJECT]}, version))["details"]["expected_data_type"] == "datetime", wrong


def test_F5_in_fixtures_and_criteria(start, tmp_path):
    fixtures = own_fixtures(tmp_path, {"records": [{"module": "Projects", "id": "88", "fields": {"Name": "n", "Kick_Off": "2001-06-01T13:00:00"}}]})
    server = start("--fixtures", fixtures, db=tmp_path / "store.db")
    assert server.fields("88")["Kick_Off"] == "2001-06-01T13:00:00+05:30"
    found = server.request("GET", "/crm/v8/Projects/search?criteria=(Kick_Off:equals:2001-06-01T07%3A30%3A00Z)&fields=Name")
    assert [record["id"] for record in found.body["data"]] == ["88"]
    assert server.request("GET", "/crm/v8/Projects/search?criteria=(Kick_Off:equals:2001-06-01T13%3A00%3A00)&fields=Name").body["data"][0]["id"] == "88"


# F6 --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_F6_a_scope_that_is_missing(shared, version):
    for path in ("settings/modules", "settings/modules/Leads", "settings/fields?module=Leads", "settings/layouts?module=Leads", "settings/custom_views?module=Leads", "settings/territories", "settings/roles",
                 "settings/profiles", "users", "users?type=CurrentUser", "org"):
        answer = shared.request("GET", f"/crm/{version}/{path}", token="1000.crmock.read")
        assert (answer.status, answer.body) == (401, {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "invalid oauth scope to access this URL", "status": "error"}), path
    for method, path in [("GET", "Leads?fields=id"), ("GET", f"Leads/{LEAD}"), ("POST", "Leads"), ("PUT", f"Leads/{LEAD}"), ("DELETE", f"Leads/{LEAD}"), ("GET", f"Leads/{LEAD}/actions/blueprint"),
                         ("GET", f"Leads/{LEAD}/Locking_Information__s?fields=id"), ("POST", "Accounts/actions/mass_update")]:
        answer = shared.request(method, f"/crm/{version}/{path}", token="1000.crmock.leads")
        assert (answer.status, answer.body["message"]) == (401, "Unauthorized"), path


# F7, F8 ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_F7_records_and_references_without_an_id(shared, version):
    place = (lambda path: {}) if version == "v2" else (lambda path: {"json_path": path})
    answer = send(shared, "PUT", "Leads", [{"id": LEAD, "City": "x"}, {"City": "y"}, {"id": None, "City": "y"}, {"id": "", "City": "z"}], version)
    assert answer.status == 207
    for n in (1, 2, 3):
        assert answer.body["data"][n] == {"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "id"} | place(f"$.data[{n}].id"), "message": "required field not found", "status": "error"}
    answer = send(shared, "PUT", "Leads", [{"id": LEAD, "City": "x"}, {"id": [5], "City": "y"}], version)
    assert answer.body["data"][1]["details"] == {"expected_data_type": "bigint", "api_name": "id"} | place("$.data[1].id")
    for module, field in [("Contacts", "Account_Name"), ("Projects", "Client"), ("Projects", "Manager"), ("Leads", "Owner"), ("Leads", "Layout")]:
        answer = send(shared, "PUT", module, [{"id": IDS[module], field: {"name": "x"}}], version)
        assert refusal(answer) == {"code": "MANDATORY_NOT_FOUND", "details": {"api_name": "id"} | place(f"$.data[0].{field}.id"), "message": "required field not found", "status": "error"}


@pytest.mark.parametrize("version", VERSIONS)
def test_F7_a_path_that_leads_to_no_record(shared, version):
    before = shared.digest()
    for module, id in [("Leads", "1"), ("Leads", "x"), ("Leads", DEAL), ("Deals", LEAD), ("Projects", "554023000000000001")]:
        for method, data in [("PUT", [{"Nonsense": "x"}]), ("DELETE", None)]:
            answer = send(shared, method, f"{module}/{id}", data, version)
            assert (answer.status, answer.body) == (400, {"code": "INVALID_DATA", "details": {} if version == "v2" else {"resource_path_index": 1}, "message": "the id given seems to be invalid", "status": "error"})
            assert answer.headers["X-Crmock-Rule"] == "E7" and answer.headers["X-Crmock-Hint"]
    assert shared.request("GET", f"/crm/{version}/Leads/1").status == 204
    locked = send(shared, "DELETE", "Leads/554023000000600015", version=version)  # a record that is there is told of in the list
    assert [entry["code"] for entry in locked.body["data"]] == ["RECORD_LOCKED"]
    assert shared.digest() == before


@pytest.mark.parametrize("version", VERSIONS)
def test_F8_references_by_their_id_alone(fresh, version):
    for module, field, id in [("Contacts", "Account_Name", ACCOUNT), ("Projects", "Client", ACCOUNT), ("Projects", "Manager", USER), ("Leads", "Owner", USER)]:
        for value in (id, int(id), {"id": id}, {"id": int(id)}):
            assert send(fresh, "PUT", f"{module}/{IDS[module]}", [{field: value}], version).status == 200, value
            [record] = fresh.request("GET", f"/crm/v8/{module}/{IDS[module]}").body["data"]
            assert int(record[field]["id"]) == int(id)
            assert send(fresh, "PUT", f"{module}/{IDS[module]}", [{field: None}], version).status == 200
    assert refusal(send(fresh, "PUT", f"Projects/{PROJECT}", [{"Client": USER}], version))["message"] == "the id given seems to be invalid"


# F9 --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_F9_what_is_new(start, tmp_path, version):
    server = start("--now", "2026-06-01T13:00:00+05:30", db=tmp_path / "store.db")
    assert server.update("Projects", {"data": [{"Phase": "Done"}], "ids": [PROJECT]}).status == 200
    changed = {"2026-06-01T13:00:00+05:30": True, "2026-06-01T07:30:00Z": True, "2026-06-01T07:30:00+0000": True, "2026-06-01T07:30:00+00:00": True, "Mon, 01 Jun 2026 07:30:00 GMT": True,
               "2026-06-01T13:00:01+05:30": False, "2026-06-01T07:30:01+0000": False, "Mon, 01 Jun 2026 07:30:01 GMT": False, "2030-01-01T00:00:00Z": False}
    for since, is_new in changed.items():
        listed = server.request("GET", f"/crm/{version}/Projects?fields=id,Phase", headers={"If-Modified-Since": since})
        assert [record["id"] for record in listed.body["data"]] == [PROJECT] if is_new else (listed.status, listed.body) == (304, None), since
        one = server.request("GET", f"/crm/{version}/Projects/{PROJECT}", headers={"If-Modified-Since": since})
        assert one.status == (200 if is_new else 304), since
    new = {"If-Modified-Since": "2026-06-01T13:00:00+05:30"}
    assert server.request("GET", f"/crm/{version}/Projects/554023000000640002", headers=new).status == 304
    assert server.request("GET", f"/crm/{version}/Projects/1", headers=new).status == 204
    assert server.request("GET", f"/crm/{version}/Projects?fields=id&page=2", headers=new).status == 204  # there are new ones, on the first page
    assert server.request("GET", f"/crm/{version}/Leads?fields=id&page=2&per_page=200", headers=new).status == 304
    everything = len(server.request("GET", f"/crm/{version}/Projects?fields=id").body["data"])
    for unread in ("yesterday", "2026-06-01", "2026-06-01 13:00:00+05:30", "2026-06-01T13:00:00"):
        listed = server.request("GET", f"/crm/{version}/Projects?fields=id", headers={"If-Modified-Since": unread})
        one = server.request("GET", f"/crm/{version}/Projects/{PROJECT}", headers={"If-Modified-Since": unread})
        assert len(listed.body["data"]) == everything > 1
        assert listed.headers["X-Crmock-Hint"] == one.headers["X-Crmock-Hint"] == "If-Modified-Since ignored: no ISO 8601 with an offset, no HTTP date"
        assert (one.status, listed.headers["X-Crmock-Rule"]) == (200, None)
    assert server.request("GET", f"/crm/{version}/Projects/{PROJECT}", headers=new).headers["X-Crmock-Hint"] is None
    for path in ("Projects/search?word=Done", "Projects/actions/count", "users", "settings/fields?module=Leads", "settings/roles"):  # they do not heed it
        answer = server.request("GET", f"/crm/{version}/{path}", headers={"If-Modified-Since": "2030-01-01T00:00:00Z"})
        assert (answer.status, answer.headers["X-Crmock-Hint"]) == (200, None), path
    assert server.request("POST", f"/crm/{version}/Projects/actions/mass_update", {"data": [{"Phase": "Done"}], "ids": [PROJECT]}, headers={"If-Modified-Since": "2030-01-01T00:00:00Z"}).status == 200


def test_F9_a_poller_sends_the_date_of_its_last_answer(fresh):
    path, later = "/crm/v8/Projects?fields=id", {"If-Modified-Since": "2030-01-01T00:00:00Z"}
    last = fresh.request("GET", path, headers=later)
    assert last.status == 304 and last.headers["Date"].endswith(" GMT")
    assert fresh.update("Projects", {"data": [{"Phase": "Done"}], "ids": [PROJECT]}).status == 200
    assert PROJECT in [record["id"] for record in fresh.request("GET", path, headers={"If-Modified-Since": last.headers["Date"]}).body["data"]]


# F14 -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_F14_the_empty_choice_is_taken(fresh, version):
    for module, field in [("Leads", "Lead_Source"), ("Deals", "Type"), ("Projects", "Phase")]:
        assert fresh.update(module, {"data": [{field: "-None-"}], "ids": [IDS[module]]}, version).status == 200
        assert fresh.fields(IDS[module])[field] == "-None-"
        assert send(fresh, "PUT", f"{module}/{IDS[module]}", [{field: "-None-"}], version).status == 200
    for value in (["-None-"], ["Tamil", "-None-"]):
        assert refusal(fresh.update("Leads", {"data": [{"Languages_Known": value}], "ids": [LEAD]}, version))["code"] == "INVALID_DATA"


# F16 -------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(1 << 20) + 1, 5 << 20, (16 << 20) - 1])
@pytest.mark.parametrize("chunked", [False, True])
def test_F16_a_client_that_sends_all_before_it_reads(shared, size, chunked):
    """As Python's http.client does it, which knows nothing of an answer until it has sent everything."""
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=300)
    parts = (b"x" * 65536 for _ in range(-(-size // 65536))) if chunked else b"x" * size
    connection.request("POST", "/crm/v8/Leads/actions/mass_update", parts, {"Authorization": "Bearer 1000.crmock.admin"}, encode_chunked=chunked)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["details"]) == (413, {"maximum_length": 1 << 20})
    connection.close()


def test_F16_but_not_for_ever(shared):
    """Whoever goes on and on gets the answer in the middle; the kernel's buffers hold what is sent behind it."""
    for head, part in [(b"Content-Length: 9000000\r\n\r\n", b"x"), (b"Transfer-Encoding: chunked\r\n\r\n100001\r\n" + b"x" * 0x100001 + b"\r\n", b"1\r\nx\r\n")]:
        with socket.create_connection(("127.0.0.1", shared.port), timeout=300) as connection:
            connection.sendall(b"POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer 1000.crmock.admin\r\n" + head)
            sent = 0
            while not select.select([connection], [], [], 0.01)[0]:
                connection.sendall(part)
                sent += 1
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ") and sent < 8 << 20


# F17 -------------------------------------------------------------------------------------------------------------------------
CLOSED = {"code": "NO_PERMISSION", "details": {"permissions": ["Crm_Implied_Api_Access"]}, "message": "permission denied", "status": "error"}


@pytest.mark.parametrize("version", VERSIONS)
def test_F17_a_profile_without_API_access(shared, version):
    for method, path in [("POST", "Leads/actions/mass_update"), ("GET", "Leads/actions/mass_update?job_id=1"), ("POST", "Nonsense/actions/mass_update"), ("GET", "Leads?fields=id"), ("GET", f"Leads/{LEAD}"),
                         ("POST", "Leads"), ("PUT", f"Leads/{LEAD}"), ("DELETE", f"Leads/{LEAD}"), ("GET", "Leads/search?word=x"), ("GET", "Leads/actions/count"), ("GET", "settings/modules"), ("GET", "settings/fields"),
                         ("GET", "users?type=CurrentUser"), ("GET", "org"), ("GET", f"Leads/{LEAD}/actions/blueprint"), ("GET", f"Leads/{LEAD}/Locking_Information__s")]:
        answer = shared.request(method, f"/crm/{version}/{path}", token="1000.crmock.closed")
        assert (answer.status, answer.body, answer.headers["X-Crmock-Rule"]) == (403, CLOSED, "P15"), path


def test_F17_comes_behind_the_token_and_before_the_module(shared):
    assert shared.update("Leads", {}, token="unknown").body["code"] == "INVALID_TOKEN"
    assert shared.request("PUT", "/crm/v8/Leads/actions/mass_update", {}, token="1000.crmock.closed").body["code"] == "INVALID_REQUEST_METHOD"


def test_F17_in_fixtures_of_ones_own(start, tmp_path):
    sections = {"profiles": [{"name": "Shut", "api_access": False, "modules": {"*": {}}}, {"name": "Open", "api_access": True, "modules": {"*": {}}}],
                "users": [{"name": name, "email": f"{name}@x.example", "profile": name, "role": "CEO"} for name in ("Shut", "Open")],
                "tokens": [{"token": name, "client": "1000.CRMOCK", "user": f"{name}@x.example", "scopes": "ZohoCRM.modules.ALL"} for name in ("Shut", "Open")]}
    server = start("--fixtures", own_fixtures(tmp_path, sections))
    assert server.request("GET", "/crm/v8/Accounts/actions/count", token="Shut").body == CLOSED
    assert server.request("GET", "/crm/v8/Accounts/actions/count", token="Open").status == 200


# F18, F20 --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_F18_the_other_record_is_told(fresh, version):
    [module] = fresh.request("GET", "/crm/v8/settings/modules/Projects").body["modules"]
    [other] = fresh.request("GET", "/crm/v8/Projects/554023000000640002").body["data"]
    told = {"api_name": "Code"} if version == "v2" else {
        "api_name": "Code", "more_records": False,
        "duplicate_record": {"id": other["id"], "Owner": {"name": other["Owner"]["name"], "id": other["Owner"]["id"]}, "module": {"api_name": "Projects", "id": module["id"]}}}
    for method, path, data, n in [("POST", "Projects", [{"Name": "n", "Code": other["Code"]}], 0), ("PUT", f"Projects/{PROJECT}", [{"Code": other["Code"].lower()}], 0),
                                  ("PUT", "Projects", [{"id": PROJECT, "Phase": "Done"}, {"id": PROJECT, "Code": other["Code"]}], 1),
                                  ("POST", "Projects/upsert", [{"Name": "n", "Code": "NEW", "id": "1"}, {"Name": "n", "Code": other["Code"], "Phase": 5}], None)]:
        answer = send(fresh, method, path, data, version)
        if n is not None:
            place = {} if version == "v2" else {"json_path": f"$.data[{n}].Code"}
            assert answer.body["data"][n] == {"code": "DUPLICATE_DATA", "details": told | place, "message": "duplicate data", "status": "error"}
    by_ids = fresh.update("Projects", {"data": [{"Code": other["Code"]}], "ids": [PROJECT]}, version)
    assert refusal(by_ids)["details"] == {"id": PROJECT}


@pytest.mark.parametrize("version", VERSIONS)
def test_F20_statuses_of_the_records_api(fresh, version):
    none = 202 if version == "v2" else 400
    good, bad = {"Last_Name": "x"}, {"Company": "x"}
    for method, path, data, status in [
            ("POST", "Leads", [good], 201), ("POST", "Leads", [good, bad], 207), ("POST", "Leads", [bad], none), ("POST", "Leads", [bad, bad], none),
            ("POST", "Leads/upsert", [good], 200), ("POST", "Leads/upsert", [good, bad], 207), ("POST", "Leads/upsert", [bad], none),
            ("PUT", "Leads", [{"id": LEAD, "City": "x"}], 200), ("PUT", "Leads", [{"id": LEAD, "City": "x"}, {"id": "1"}], 207), ("PUT", "Leads", [{"id": "1"}], none),
            ("PUT", f"Leads/{LEAD}", [{"City": 5}], none), ("DELETE", "Leads?ids=1,2", None, none), ("DELETE", f"Leads?ids=1,{LEAD}", None, 207),
            ("DELETE", "Leads/554023000000600015", None, none), ("POST", "Leads", [], 400), ("POST", "Leads", [5], 400)]:
        answer = send(fresh, method, path, data, version)
        assert answer.status == status, (method, path, answer)
        if status == 202:
            assert {entry["status"] for entry in answer.body["data"]} == {"error"} and answer.headers["X-Crmock-Rule"]
    nobody = fresh.update("Leads", {"data": [{"City": "x"}], "ids": ["1"]}, version)
    assert nobody.status == 400  # D2: a mass update keeps it


# What the service has and crmock has not -------------------------------------------------------------------------------------
UNSERVED = [
    ("POST", "coql", "COQL queries"), ("POST", "composite_requests", "composite requests"), ("POST", "__composite_requests", "composite requests"), ("POST", "files", "files"), ("GET", "files?id=1", "files"),
    ("GET", "Leads/deleted", "deleted records"), ("GET", "Leads/deleted?type=all", "deleted records"), ("POST", "Leads/actions/mass_delete", "further actions of a module"), ("POST", "Leads/actions/mass_convert", "further actions of a module"),
    ("POST", "Deals/actions/change_owner", "further actions of a module"), ("POST", "Leads/actions/add_tags", "further actions of a module"), ("POST", "actions/watch", "notifications"),
    ("POST", f"Leads/{LEAD}/actions/convert", "further actions of a record"), ("POST", f"Deals/{DEAL}/actions/send_mail", "further actions of a record"), ("GET", f"Leads/{LEAD}/Notes", "related lists, notes"),
    ("GET", f"Leads/{LEAD}/photo", "related lists, notes"), ("GET", f"Deals/{DEAL}/Contact_Roles/1", "related lists, notes"), ("GET", "settings/tags?module=Leads", "further settings"), ("GET", "settings/pipeline?layout_id=1", "further settings"),
    ("GET", "settings/automation/workflow_rules", "further settings"), ("GET", "settings/variables/1", "further settings"), ("GET", "users/1/territories", "what belongs to a user"), ("POST", "org/photo", "the org's photo"),
    ("GET", "features", "the list of features"), ("POST", "bulk/read", "bulk reads and writes"),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_service_has_and_crmock_has_not(shared, version):
    paths = [(method, f"/crm/{version}/{path}", what) for method, path, what in UNSERVED] + [("POST", f"/crm/bulk/{version}/read", "bulk reads and writes"), ("GET", f"/crm/bulk/{version}/write/1", "bulk reads and writes")]
    for method, path, what in paths:
        for token in ("1000.crmock.admin", None):
            answer = shared.request(method, path, token=token)
            assert (answer.status, answer.body) == (404, {"code": "INVALID_URL_PATTERN", "details": {}, "message": "Please check if the URL trying to access is a correct one", "status": "error"}), path
            assert answer.headers["X-Crmock-Rule"] == "E21" and answer.headers["X-Crmock-Hint"].startswith(f"the service serves {what}") and answer.headers["X-Crmock-Hint"].endswith("here, and crmock does not"), path


@pytest.mark.parametrize("path", ["Leads/actions/mass_updates", "Leads/actions/massupdate", "Leads/actions/mass_update/", "Leads/actions/mass_update/extra", "Leads/actions/Mass_Update", "Leads/actions/", "Leads/actions",
                                  f"Leads/{LEAD}/actions/blueprints", f"Leads/{LEAD}/Note", f"Leads/{LEAD}/Notes_", "settings/field", "settings/Modules", "settings/", "actions/mass_update", f"Leads/{LEAD}/"])
def test_a_slip_is_not_said_to_be_served(shared, path):
    answer = shared.request("GET", f"/crm/v8/{path}")
    assert answer.body["code"] == "INVALID_URL_PATTERN" and answer.headers["X-Crmock-Hint"].startswith("paths are"), path


def test_what_neither_has(shared):
    for path in ("/crm/v9/coql", "/crm/v8", "/crm/v8/", "/crm/bulk/v9/read", "/crm/bulk/v8", "/crm/v8/settings", "/crm/v8/coql/x", "/crm/v8/Leads/1/", "/crm//Leads/deleted", "/v8/coql", "/"):
        answer = shared.request("GET", path)
        assert answer.body["code"] == "INVALID_URL_PATTERN" and answer.headers["X-Crmock-Hint"].startswith("paths are"), path


def test_modules_in_any_case_are_modules(shared):
    for path in ("leads/actions/count", "DEALS/actions/count"):
        assert shared.request("GET", f"/crm/v8/{path}").status == 200


# Bodies that clients really send ---------------------------------------------------------------------------------------------
def test_a_form_for_a_body_is_told(shared):
    for body in (b'data=[{"City":"x"}]&ids=["1"]', b"ids=1&data=2", b"cvid=1", b"ids="):
        for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain"):
            answer = shared.request("POST", "/crm/v8/Leads/actions/mass_update", body, headers={"Content-Type": kind})
            assert (answer.status, answer.body["message"], answer.headers["X-Crmock-Rule"]) == (400, "body", "E31")
            assert answer.headers["X-Crmock-Hint"].startswith("the body is a form; the service takes JSON")


@pytest.mark.parametrize("body", [b":", b"d", b"data", b"ids", b"cvi", b""])
def test_a_body_that_is_shorter_than_what_it_is_compared_with(shared, body):
    answer = shared.request("POST", "/crm/v8/Leads/actions/mass_update", body)
    assert answer.headers["X-Crmock-Rule"] == "E31" and "form" not in answer.headers["X-Crmock-Hint"]


@pytest.mark.parametrize("extra, out", [({"cvid": "1"}, "cvid"), ({"cvid": "1", "territory": {"id": "1"}}, "cvid, territory"), ({"territory": {"id": "1"}, "criteria": [{}]}, "territory, criteria"),
                                        ({"cvid": 1, "territory": {"id": 1}, "criteria": [{}]}, "cvid, territory, criteria")])
def test_D3_the_hint_says_what_to_leave_out(shared, extra, out):
    answer = shared.update("Leads", {"data": [{"City": "x"}], "ids": [LEAD]} | extra)
    assert answer.body["message"] == "invalid data" and answer.headers["X-Crmock-Hint"] == f"leave out ids, or leave out {out}: ids stands alone"
