"""Metadata: modules, fields, users, the org, as the SDKs ask for them."""
import email.utils
import time

import pytest

import schema
from gallery import VERSIONS
from server import own_fixtures

needs_oas = pytest.mark.skipif(not schema.OAS.is_dir(), reason=f"the service's own OpenAPI files are not in {schema.OAS}")
MODULES = ["Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Activities", "Tasks", "Events", "Calls", "Solutions", "Products", "Vendors", "Price_Books", "Quotes",
           "Sales_Orders", "Purchase_Orders", "Invoices", "Projects", "Notes"]


def get(server, path, version="v8", **keywords):
    return server.request("GET", f"/crm/{version}/{path}", **keywords)


def faults(file, part, value):
    """What the service's schema says, but for nulls: the service sends them where its files, which cannot say so beside a
    reference, have an object; for members that are asked for and begin with _: those are of requests; and for the API name of a
    subform's module: the service sends it as `module` (F10)."""
    return [error for error in schema.service_errors(file, part, value)
            if error.instance is not None and not error.message.startswith("'_") and "associated_module" not in list(error.absolute_path)[-1:]]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(shared, version):
    for path, key in [("settings/fields?module=Leads", "fields"), ("settings/modules", "modules"), ("settings/modules/Leads", "modules"), ("users", "users"), ("org", "org")]:
        assert list(get(shared, path, version).body)[0] == key


def test_fields_are_those_of_the_store(shared):
    fields = {field["api_name"]: field for field in get(shared, "settings/fields?module=deals").body["fields"]}
    rows = shared.query("SELECT field.api_name, data_type, length, mass_update AND NOT read_only, system_mandatory, field.id FROM field JOIN module ON module.id = module_id"
                        " WHERE module.api_name = 'Deals' AND org_id = 554023000000000011")
    assert fields.keys() == {row[0] for row in rows}
    for name, data_type, length, mass_update, mandatory, id in rows:
        field = fields[name]
        assert (field["data_type"], field["mass_update"], field["system_mandatory"], field["id"]) == (data_type, bool(mass_update), bool(mandatory), str(id))
        assert length is None or field["length"] == length
    assert [value["display_value"] for value in fields["Type"]["pick_list_values"]] == ["-None-", "Existing Business", "New Business"]
    assert fields["Account_Name"]["lookup"]["module"]["api_name"] == "Accounts"
    assert fields["Languages_Known"]["custom_field"] and fields["Amount"]["decimal_place"] == 2
    one = get(shared, f"settings/fields/{fields['Type']['id']}?module=Deals").body["fields"]
    assert one == [fields["Type"]]
    assert get(shared, "settings/fields/1?module=Deals").status == 204


def test_fields_as_the_user_has_them(shared):
    def field(name, token):
        return next(field for field in get(shared, "settings/fields?module=Leads", token=token).body["fields"] if field["api_name"] == name)
    assert field("Skype_ID", "1000.crmock.admin")["visible"] and not field("Skype_ID", "1000.crmock.standard")["visible"]
    assert not field("No_of_Employees", "1000.crmock.admin")["read_only"]
    hidden = field("No_of_Employees", "1000.crmock.standard")
    assert hidden["read_only"] and not hidden["mass_update"]


@pytest.mark.parametrize("version", VERSIONS)
def test_D25_types_as_the_versions_know_them(shared, version):
    fields = {field["api_name"]: field for field in get(shared, "settings/fields?module=Projects", version).body["fields"]}
    kind = "rollup_summary" if version in ("v7", "v8") else "formula"
    assert (fields["Rate"]["data_type"], fields["Task_Count"]["data_type"], fields["Margin"]["data_type"]) == ("double", kind, "formula")
    assert fields["Task_Count"][kind] == {"return_type": "double", "expression": "" if kind == "formula" else None}
    assert fields["Margin"]["formula"] == {"return_type": "double", "expression": ""} and fields["Rate"]["formula"] == {}


def test_rich_text_is_a_kind_of_textarea(shared):
    fields = {field["api_name"]: field for field in get(shared, "settings/fields?module=Projects").body["fields"]}
    assert (fields["Brief"]["data_type"], fields["Brief"]["textarea"]) == ("textarea", {"type": "rich_text"})
    assert fields["Code"]["unique"] != {} and fields["Name"]["unique"] == {}


@pytest.mark.parametrize("path, status, code, details", [
    ("settings/fields", 400, "REQUIRED_PARAM_MISSING", {"param_name": "module"}), ("settings/fields?module=", 400, "REQUIRED_PARAM_MISSING", {"param_name": "module"}),
    ("settings/fields?module=Nope", 400, "INVALID_MODULE", {"param_name": "module"}), ("settings/modules/Nope", 400, "INVALID_MODULE", {}),
    ("users?type=Nobody", 400, "INVALID_DATA", {"param_name": "type"}), ("users/1", 400, "INVALID_DATA", {"id": "1"}), ("users/x", 400, "INVALID_DATA", {"id": "x"})])
def test_faults(shared, path, status, code, details):
    answer = get(shared, path)
    assert (answer.status, answer.body["code"], answer.body["details"]) == (status, code, details)


@pytest.mark.parametrize("path, word", [("settings/fields?module=Leads", "fields"), ("settings/modules", "modules"), ("settings/territories", "territories"), ("settings/custom_views?module=Leads", "custom_views"), ("settings/layouts?module=Leads", "layouts"),
                                        ("settings/roles", "roles"), ("settings/profiles", "profiles"), ("users", None), ("org", None)])
def test_scopes(start, tmp_path, path, word):
    group = path.split("/")[0].split("?")[0]
    cases = {f"ZohoCRM.{group}.ALL": True, f"ZohoCRM.{group}.READ": True, f"ZohoCRM.{group}.UPDATE": False, "ZohoCRM.modules.ALL": False}
    if word:
        cases |= {f"ZohoCRM.{group}.{word}.READ": True, f"ZohoCRM.{group}.{word}.ALL": True, f"ZohoCRM.{group}.tags.ALL": False}
    tokens = [{"token": f"t{n}", "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": scopes} for n, scopes in enumerate(cases)]
    server = start("--fixtures", own_fixtures(tmp_path, {"tokens": tokens}))
    for n, allowed in enumerate(cases.values()):
        assert get(server, path, token=f"t{n}").status == (200 if allowed else 401), list(cases)[n]
    assert server.request("POST", f"/crm/v8/{path}").body["code"] == "INVALID_REQUEST_METHOD"


def test_users(shared):
    everyone = get(shared, "users").body
    assert len(everyone["users"]) == everyone["info"]["count"] == 8 and not everyone["info"]["more_records"]
    current = get(shared, "users?type=CurrentUser&", token="1000.crmock.standard").body["users"]
    assert [(user["full_name"], user["first_name"], user["last_name"], user["profile"]["name"], user["role"]["name"]) for user in current] == [
        ("Sam Standard", "Sam", "Standard", "Standard", "Sales Rep")]
    assert [user["full_name"] for user in get(shared, "users?type=AdminUsers").body["users"]] == ["Patricia Boyle"]
    assert get(shared, "users?type=DeletedUsers").status == 204
    assert get(shared, f"users/{current[0]['id']}").body["users"] == current
    assert get(shared, "users", token="1000.crmock.free").body["info"]["count"] == 1


def test_org(shared):
    [org] = get(shared, "org").body["org"]
    assert (org["company_name"], org["id"], org["time_zone"], org["license_details"]["paid_type"]) == ("Zylker", "554023000000000011", "Asia/Kolkata", "enterprise")
    [org] = get(shared, "org", token="1000.crmock.free").body["org"]
    assert org["license_details"]["paid_type"] == "free"


def test_modules(shared):
    modules = {module["api_name"]: module for module in get(shared, "settings/modules").body["modules"]}
    assert set(MODULES) <= modules.keys()
    assert (modules["Projects"]["generated_type"], modules["Leads"]["generated_type"]) == ("custom", "default")
    assert modules["Quotes"]["plural_label"] == "Quotes" and {"No reading"} & {profile["name"] for profile in modules["Leads"]["profiles"]} == set()
    shown_by_others = {name for name, module in modules.items() if not module["show_as_tab"]}
    assert shown_by_others == {"Tasks", "Events", "Calls", *(name for name, module in modules.items() if module["generated_type"] == "subform")}  # Activities, and their parents
    def supported(version):
        return {module["api_name"] for module in get(shared, "settings/modules", version).body["modules"] if module["api_supported"]}
    assert {"Tasks", "Projects", "Leads"} <= supported("v8") and not {"Activities", "Notes", "Users"} & supported("v8") and "Activities" in supported("v7")
    [leads] = get(shared, "settings/modules/leads").body["modules"]
    assert leads["id"] == modules["Leads"]["id"] and [field["api_name"] for field in leads["fields"]][:2] == ["id", "Owner"]
    assert get(shared, f"settings/modules/{leads['id']}").body["modules"] == [leads]


def test_custom_views(shared):
    views = {view["id"]: view for view in get(shared, "settings/custom_views?module=Leads").body["custom_views"]}
    assert {"554023000000050000", "554023000000091505"} <= views.keys() and "554023000000091515" not in views
    shared_view = views["554023000000091505"]
    assert (shared_view["access_type"], shared_view["shared_to"][0]["name"], shared_view["module"]["api_name"]) == ("shared", "Patricia Boyle", "Leads")
    mine = {view["id"] for view in get(shared, "settings/custom_views?module=Leads", token="1000.crmock.standard").body["custom_views"]}
    assert "554023000000091505" not in mine and "554023000000091507" in mine
    [one] = get(shared, "settings/custom_views/554023000000050000?module=Leads").body["custom_views"]
    assert one["criteria"] == {"field": {"api_name": "Email"}, "comparator": "starts_with", "value": "bulk"}
    assert get(shared, "settings/custom_views/554023000000091515?module=Leads").status == 204
    assert get(shared, "settings/custom_views/554023000000091515?module=Accounts").body["info"]["count"] == 1
    assert get(shared, "settings/custom_views").body["code"] == "REQUIRED_PARAM_MISSING"


def test_layouts(shared):
    [standard] = get(shared, "settings/layouts?module=Leads").body["layouts"]
    fields = get(shared, "settings/fields?module=Leads").body["fields"]
    [section] = standard["sections"]
    assert standard["name"] == "Standard" and [field["id"] for field in section["fields"]] == [field["id"] for field in fields]
    by_name = {field["api_name"]: field for field in section["fields"]}
    assert by_name["Last_Name"]["required"] and not by_name["City"]["required"] and by_name["City"]["data_type"] == "text"
    assert [get(shared, "settings/layouts?module=Leads", version).body["layouts"][0]["sections"][0]["tab_traversal"] for version in VERSIONS] == [2] * 5 + ["left_to_right"] * 3
    assert [get(shared, "settings/layouts?module=Leads", version).body["layouts"][0]["status"] for version in VERSIONS] == [0] * 2 + ["active"] * 6
    first, second = get(shared, "settings/layouts?module=projects").body["layouts"]
    assert (first["id"], second["id"]) == ("554023000000095001", "554023000000095003")
    shown = [[field["api_name"] for field in section["fields"]] for section in second["sections"]]
    assert shown[:2] == [["Name", "Phase"], ["Budget", "Rate", "Billable"]] and "Code" in shown[2] and not {"Name", "Budget"} & set(shown[2])
    assert sum(map(len, shown)) == len(first["sections"][0]["fields"])
    assert [(section["sequence_number"], {field["section_id"] for field in section["fields"]}) for section in second["sections"]] == [(1, {1}), (2, {2}), (3, {3})]
    assert {profile["name"]: profile["_default_view"]["id"] for profile in second["profiles"]}["Standard"] == first["id"]
    assert get(shared, f"settings/layouts/{second['id']}?module=Projects").body["layouts"] == [second]
    assert get(shared, f"settings/layouts/{second['id']}?module=Leads").status == 204
    assert get(shared, "settings/layouts").body["code"] == "REQUIRED_PARAM_MISSING"
    assert [layout["name"] for layout in get(shared, "settings/modules/Projects").body["modules"][0]["layouts"]] == ["Standard", "Consulting"]


def test_territories(shared):
    answer = get(shared, "settings/territories").body
    assert answer["info"]["count"] == 4
    by_name = {territory["name"]: territory for territory in answer["territories"]}
    assert by_name["North"]["reporting_to"] == {"name": "World", "id": by_name["World"]["id"]} and by_name["World"]["reporting_to"] is None
    assert get(shared, f"settings/territories/{by_name['North']['id']}").body["territories"] == [by_name["North"]]
    assert get(shared, "settings/territories/1").status == 204
    assert get(shared, "settings/territories", token="1000.crmock.free").body["code"] == "TERRITORY_NOT_ENABLED"


def test_roles_and_profiles(shared):
    roles = {role["name"]: role for role in get(shared, "settings/roles").body["roles"]}
    assert roles["Sales Rep"]["reporting_to"]["name"] == "Sales Manager" and roles["CEO"]["reporting_to"] is None
    assert get(shared, f"settings/roles/{roles['CEO']['id']}").body["roles"] == [roles["CEO"]]
    profiles = {profile["name"]: profile for profile in get(shared, "settings/profiles").body["profiles"]}
    assert not profiles["Administrator"]["custom"] and profiles["Restricted"]["custom"] and len(profiles) == 7
    assert get(shared, f"settings/profiles/{profiles['Standard']['id']}").body["profiles"] == [profiles["Standard"]]
    assert get(shared, "settings/profiles/1").status == get(shared, "settings/roles/x").status == 204


def test_if_modified_since(shared):
    def status(since):
        answer = get(shared, "settings/modules", headers={"If-Modified-Since": since})
        return answer.status
    now, before = time.time() + 5, time.time() - 86400 * 365
    assert status(email.utils.formatdate(now, usegmt=True)) == 304 and status(email.utils.formatdate(before, usegmt=True)) == 200
    assert status(time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now))) == 304 and status(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))) == 200
    for path in ("settings/modules", "settings/modules/Leads"):
        ignored = get(shared, path, headers={"If-Modified-Since": "yesterday"})
        assert ignored.status == 200 and ignored.headers["X-Crmock-Hint"].startswith("If-Modified-Since ignored")
    assert get(shared, "settings/modules/Leads", headers={"If-Modified-Since": email.utils.formatdate(now, usegmt=True)}).status == 304


@needs_oas
@pytest.mark.parametrize("module", MODULES)
def test_layouts_against_the_services_own_schema(shared, module):
    assert faults("layouts.json", "wrapper", get(shared, f"settings/layouts?module={module}").body) == []


@needs_oas
@pytest.mark.parametrize("module", MODULES)
def test_fields_against_the_services_own_schema(shared, module):
    assert faults("fields.json", "Response_Wrapper", get(shared, f"settings/fields?module={module}").body) == []


def with_name(view):
    """The file asks for the name of a view's module; the service gives its API name."""
    return view | {"module": view["module"] | {"name": view["module"]["api_name"]}}


@needs_oas
def test_the_rest_against_the_services_own_schemas(shared):
    users = get(shared, "users").body
    for user in users["users"]:
        user["email"] = "patricias@boyle.com"  # the file has a pattern for the mails of its own examples
        user["time_zone"] = {}  # the service sends a name
    assert faults("users.json", "Response_Wrapper", users) == []
    assert faults("org.json", "Response_Wrapper", get(shared, "org").body) == []
    assert faults("territories.json", "Response_Wrapper", get(shared, "settings/territories").body) == []
    assert faults("roles.json", "Response_Wrapper", get(shared, "settings/roles").body) == []
    assert faults("profiles.json", "Response_Wrapper", get(shared, "settings/profiles").body) == []
    for module in MODULES:
        if module != "Notes":
            assert faults("custom_views.json", "wrapper", {"custom_views": [with_name(view) for view in get(shared, f"settings/custom_views?module={module}").body["custom_views"]]}) == []
        assert faults("modules.json", "Response_Wrapper", get(shared, f"settings/modules/{module}").body) == []
