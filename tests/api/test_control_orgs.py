"""/_crmock/orgs, /_crmock/modules and /_crmock/tokens: what the service's own metadata tell, without a request of the service."""
import json

import pytest

import gallery
from sandbox import main_of, make

FIXTURES = gallery.README.parent / "fixtures"
TOKENS = {"554023000000000011": "1000.crmock.admin", "554024000000000011": "1000.crmock.free", "554025000000000011": "1000.crmock.professional"}  # an administrator's, of each built-in org
FIRST = next(iter(TOKENS))
ADMINISTRATOR, SAM = "patricia.boyle@zylker.example", "sam.standard@zylker.example"
UNTOLD = {"Participants": "Contacts"}  # it has no module of links, without which the service does not tell where it leads
OWN = {
    "users": [{"name": "Sue Sailor", "email": "sue@zylker.example", "profile": "Standard", "role": "Sales Rep"}],
    "tokens": [{"token": "1000.crmock.sue", "client": "1000.CRMOCK", "user": "sue@zylker.example", "scopes": "ZohoCRM.users.READ", "expires": "PT1H"},
               {"token": "sue", "client": "1000.CRMOCK", "user": "sue@zylker.example", "scopes": "ZohoCRM.users.READ"}],
    "modules": [{"api_name": "Boats", "singular": "Boat", "plural": "Some boats", "custom": True, "fields": [{"api_name": "Name", "type": "text", "mandatory": True, "mass_update": False}]}],
    "fields": [{"module": "Boats", "api_name": "Rig", "label": "How rigged", "type": "picklist", "mass_update": True, "values": ["Sloop", "Ketch"]},
               {"module": "Boats", "api_name": "Seen", "type": "boolean", "mass_update": True, "read_only": True}],
    "layouts": [{"module": "Boats", "name": "Short", "sections": [{"name": "One", "fields": ["Name"]}, {"name": "Other", "fields": ["Rig"]}]}],
    "views": [{"module": "Boats", "name": "Sloops", "criteria": {"field": {"api_name": "Rig"}, "comparator": "equal", "value": "Sloop"}}, {"module": "Boats", "name": "All boats"}],
}


@pytest.fixture
def call(start_each):
    """Calls of the control API: of main in memory, of main in a file, of a sandbox."""
    return start_each("--now", "2026-05-01T10:00:00Z").request


def told(server, path):
    answer = server.request("GET", f"/_crmock/{path}", token=None)
    assert answer.status == 200, answer
    return answer.body


def asked(server, token, path, member):
    """A list of the service's."""
    answer = server.request("GET", f"/crm/v8/{path}", token=token)
    return answer.body[member] if answer.status == 200 else []


def lookup_of(field):
    """The API name of the module that a field leads to, which the service tells by the field's type; None: to no module."""
    place = {"lookup": "lookup", "subform": "subform", "multiselectlookup": "multiselectlookup"}.get(field["data_type"])
    lead = (field[place] or {}) if place else {}
    module = lead.get("connected_details", lead).get("module")
    return (module["api_name"] if isinstance(module, dict) else module) or UNTOLD.get(field["api_name"])


def type_of(field):
    """As fixtures have it, but for numbers with decimals, of which the service has one type."""
    return "rich_text" if field["data_type"] == "textarea" and field["textarea"]["type"] == "rich_text" else field["data_type"]


def field_as_asked(field):
    values = [value["actual_value"] for value in field["pick_list_values"] if value["actual_value"] != "-None-"]
    return {"field": field["api_name"], "label": field["field_label"], "type": type_of(field), "values": values if field["data_type"] in ("picklist", "multiselectpicklist") else None,
            "mass_update": field["mass_update"], "mandatory": field["system_mandatory"], "lookup": lookup_of(field)}


def field_as_told(field):
    """With what the service does not tell apart."""
    values = field["values"] and [value for value in field["values"] if value != "-None-"]
    return field | {"type": "double" if field["type"] == "decimal" else field["type"], "values": values}


def layout_as_asked(layout):
    return {"id": layout["id"], "name": layout["name"], "sections": [{"name": section["name"], "fields": [field["api_name"] for field in section["fields"]]} for section in layout["sections"]]}


def view_as_asked(server, token, module, view):
    [one] = asked(server, token, f"settings/custom_views/{view['id']}?module={module}", "custom_views")
    return {"id": one["id"], "name": one["name"], "criteria": one.get("criteria")}


def test_the_orgs_are_those_of_the_service(call):
    orgs = call("GET", "/_crmock/orgs").body
    assert [org["id"] for org in orgs["orgs"]] == list(TOKENS) and orgs["more"] is False
    for org in orgs["orgs"]:
        token = TOKENS[org["id"]]
        [own] = call("GET", "/crm/v8/org", token=token).body["org"]
        assert (org["id"], org["name"], org["edition"], org["time_zone"]) == (own["id"], own["company_name"], own["license_details"]["paid_type"], own["time_zone"])
        assert org["modules"] == [module["api_name"] for module in call("GET", "/crm/v8/settings/modules", token=token).body["modules"]]
        users = call("GET", "/crm/v8/users?type=AllUsers", token=token).body["users"]
        assert org["users"] == [{"email": user["email"], "name": user["full_name"], "profile": user["profile"]["name"], "role": user["role"]["name"]} for user in users]


@pytest.mark.parametrize("org", TOKENS)
def test_every_module_is_as_the_service_tells_it(shared, org):
    token = TOKENS[org]
    modules = told(shared, f"modules?org={org}")
    asked_for = asked(shared, token, "settings/modules", "modules")
    assert [(module["module"], module["id"], module["label"]) for module in modules["modules"]] == [(module["api_name"], module["id"], module["plural_label"]) for module in asked_for]
    assert modules["more"] is False
    for module, one in zip(modules["modules"], asked_for, strict=True):
        name = module["module"]
        whole = told(shared, f"modules/{name}?org={org}")
        assert whole == told(shared, f"modules/{name.lower()}?org={org}")
        assert [whole[member] for member in ("module", "id", "label", "singular")] == [name, module["id"], one["plural_label"], one["singular_label"]]
        assert list(map(field_as_told, whole["fields"])) == list(map(field_as_asked, asked(shared, token, f"settings/fields?module={name}", "fields")))
        assert whole["layouts"] == list(map(layout_as_asked, asked(shared, token, f"settings/layouts?module={name}", "layouts")))
        assert whole["views"] == [view_as_asked(shared, token, name, view) for view in asked(shared, token, f"settings/custom_views?module={name}", "custom_views")]
        assert [module[member] for member in ("fields", "layouts", "views")] == [len(whole[member]) for member in ("fields", "layouts", "views")]


def test_without_org_it_is_the_first(shared):
    for path in ("modules", "modules/Accounts"):
        assert told(shared, path) == told(shared, f"{path}?org={FIRST}") != told(shared, f"{path}?org={list(TOKENS)[1]}")


def given_tokens():
    """Access tokens of the built-in fixtures, but for those that have expired."""
    all = [token for path in FIXTURES.glob("*/org.json") for token in json.loads(path.read_text())["tokens"]]
    return sorted(({"token": token["token"], "user": token["user"], "scopes": token["scopes"], "expires": None} for token in all if token.get("kind", "access") == "access" and "expires" not in token),
                  key=lambda token: token["token"])


def test_tokens_are_those_that_fixtures_gave(call):
    listed = call("GET", "/_crmock/tokens").body
    own = [token | {"token": token["token"].removeprefix("1000.own.").removeprefix("1000.crmock.")} for token in listed["tokens"]]
    assert own == [token | {"token": token["token"].removeprefix("1000.crmock.")} for token in given_tokens()] and len(own) >= 10 and listed["more"] is False
    for token in listed["tokens"]:
        answer = call("GET", "/crm/v8/users?type=CurrentUser", token=token["token"])
        assert answer.body["users"][0]["email"] == token["user"] if answer.status == 200 else answer.body["code"] in ("OAUTH_SCOPE_MISMATCH", "NO_PERMISSION"), answer


def test_tokens_of_a_sandbox_are_its_own(fresh):
    one, main = make(fresh, id="one", now="2026-05-01T10:00:00Z"), main_of(fresh)
    before = main.done("GET", "/tokens")
    names = [token["token"].removeprefix("1000.one.") for token in one.done("GET", "/tokens")["tokens"]]
    assert names == [token["token"].removeprefix("1000.crmock.") for token in before["tokens"]] and "admin" in names
    assert fresh.request("GET", "/crm/v8/org", token="1000.one.admin").status == 200
    issued = [one.done("POST", "/tokens", {"user": SAM, "scopes": "ZohoCRM.users.READ"})["token"], one.refresh()["access_token"]]
    assert [one.request("GET", "/crm/v8/users", token=token).status for token in issued] == [200, 200]
    assert [token["token"].removeprefix("1000.one.") for token in one.done("GET", "/tokens")["tokens"]] == names
    one.done("PUT", "/clock", {"now": "2021-03-03T06:46:59Z"})
    assert [token["expires"] for token in one.done("GET", "/tokens")["tokens"] if token["token"] == "1000.one.expired"] == ["2021-03-03T06:47:00Z"]
    one.done("PUT", "/clock", {"now": "2021-03-03T06:47:00Z"})
    assert one.request("GET", "/crm/v8/org", token="expired").status == 401
    assert "1000.one.expired" not in [token["token"] for token in one.done("GET", "/tokens")["tokens"]]
    assert one.oauth({"token": "1000.one.standard"}, "token/revoke").body == {"status": "success"}
    assert [token["token"].removeprefix("1000.one.") for token in one.done("GET", "/tokens")["tokens"]] == [name for name in names if name != "standard"]
    assert main.done("GET", "/tokens") == before


@pytest.mark.parametrize("way", ["prefix", "header"])
def test_what_is_added_is_told_and_a_reset_takes_it_away(fresh, way):
    one, main = make(fresh, way, id="one"), main_of(fresh)
    before = [place.done("GET", path) for place in (one, main) for path in ("/orgs", "/modules", "/tokens", "/modules/Leads")]
    made = one.done("POST", "/fixtures", OWN)
    [id] = [module["id"] for module in made["modules"]]
    org = one.done("GET", "/orgs")["orgs"][0]
    assert org["modules"].count("Boats") == 1
    assert {"email": "sue@zylker.example", "name": "Sue Sailor", "profile": "Standard", "role": "Sales Rep"} in org["users"]
    boats = one.done("GET", "/modules/Boats")
    assert (boats["module"], boats["id"], boats["label"], boats["singular"]) == ("Boats", id, "Some boats", "Boat")
    fields = {field.pop("field"): field for field in boats["fields"]}
    assert fields["Name"] == {"label": "Name", "type": "text", "values": None, "mass_update": False, "mandatory": True, "lookup": None}
    assert fields["Rig"] == {"label": "How rigged", "type": "picklist", "values": ["Sloop", "Ketch"], "mass_update": True, "mandatory": False, "lookup": None}
    assert (fields["Seen"]["type"], fields["Seen"]["mass_update"]) == ("boolean", False)
    assert [layout["name"] for layout in boats["layouts"]] == ["Standard", "Short"]
    assert boats["layouts"][1]["sections"] == [{"name": "One", "fields": ["Name"]}, {"name": "Other", "fields": ["Rig"]}]
    assert [(view["name"], view["criteria"]) for view in boats["views"]] == [("Sloops", OWN["views"][0]["criteria"]), ("All boats", None)]
    assert [view["id"] for view in boats["views"]] == [view["id"] for view in made["views"]]
    assert {"module": "Boats", "id": id, "label": "Some boats", "fields": len(boats["fields"]), "layouts": 2, "views": 2} in one.done("GET", "/modules")["modules"]
    [sue] = [token for token in one.done("GET", "/tokens")["tokens"] if token["user"] == "sue@zylker.example"]  # that of another form is not told
    assert sue["token"] == "1000.one.sue" and sue["scopes"] == "ZohoCRM.users.READ" and sue["expires"].endswith("Z")
    assert [main.done("GET", path) for path in ("/orgs", "/modules", "/tokens", "/modules/Leads")] == before[4:]
    assert main.control("GET", "/modules/Boats").status == 404
    one.done("POST", "/reset")
    assert [place.done("GET", path) for place in (one, main) for path in ("/orgs", "/modules", "/tokens", "/modules/Leads")] == before
    assert one.control("GET", "/modules/Boats").status == 404


def test_an_org_that_is_added(fresh):
    one = make(fresh, id="one", extends="free")
    own = {"org": {"name": "Mine"}, "roles": [{"name": "Boss"}], "profiles": [{"name": "All"}], "users": [{"name": "Ann", "email": "ann@mine.example", "profile": "All", "role": "Boss"}],
           "modules": [{"api_name": "Boats", "fields": [{"api_name": "Name", "type": "text"}]}]}
    one.done("POST", "/fixtures", own)
    [free, mine] = sorted(one.done("GET", "/orgs")["orgs"], key=lambda org: org["name"])
    assert (free["name"], mine["name"], mine["users"]) == ("Corner Shop", "Mine", [{"email": "ann@mine.example", "name": "Ann", "profile": "All", "role": "Boss"}])
    assert "Boats" in [module["module"] for module in one.done("GET", f"/modules?org={mine['id']}")["modules"]]
    assert one.done("GET", f"/modules/Boats?org={mine['id']}")["module"] == "Boats"
    assert one.control("GET", f"/modules/Boats?org={free['id']}").status == 404


@pytest.mark.parametrize("path, member, key", [("orgs", "orgs", "id"), ("modules", "modules", "id"), ("tokens", "tokens", "token")])
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_pages(shared, path, member, key, limit):
    whole, after, read = told(shared, path)[member], "", []
    for _ in whole:
        page = told(shared, f"{path}?limit={limit}{after}")
        assert len(page[member]) == min(limit, len(whole) - len(read))
        read += page[member]
        assert page["more"] == (len(read) < len(whole))
        after = f"&after={read[-1][key]}"
        if not page["more"]:
            break
    assert read == whole and len(whole) >= 3
    assert told(shared, f"{path}?{after[1:]}") == {member: [], "more": False}


def test_pages_of_tokens_by_either_form(fresh):
    one = make(fresh, id="one")
    for form in ("1000.one.admin", "1000.crmock.admin"):
        assert one.done("GET", f"/tokens?limit=1&after={form}")["tokens"][0]["token"] == "1000.one.closed"


@pytest.mark.parametrize("method, path, status, at", [
    ("GET", "modules/Nonsense", 404, None), ("GET", "modules/554023000001000001", 404, None), ("GET", f"modules/Leads?org={list(TOKENS)[1]}", 404, None),
    ("GET", "modules/Leads?org=5", 404, "org"), ("GET", "modules?org=5", 404, "org"), ("GET", "modules?org=", 404, "org"),
    ("GET", "orgs?org=1", 422, "org"), ("GET", "tokens?org=1", 422, "org"), ("GET", "modules?page=2", 422, "page"), ("GET", "modules/Leads?limit=1", 422, "limit"), ("GET", "modules/Leads?after=1", 422, "after"),
    ("GET", "orgs?limit=0", 422, "limit"), ("GET", "modules?limit=1001", 422, "limit"), ("GET", "tokens?limit=x", 422, "limit"),
    ("GET", "orgs?after=x", 422, "after"), ("GET", "modules?after=x", 422, "after"), ("GET", "modules?after=7", 422, "after"), ("GET", f"modules?org={list(TOKENS)[1]}&after=554023000001000001", 422, "after"),
    ("GET", "modules/Leads/fields", 404, None), ("GET", "orgs/1", 404, None), ("POST", "orgs", 405, None), ("DELETE", "modules", 405, None), ("PATCH", "modules/Leads", 405, None), ("DELETE", "tokens", 405, None)])
def test_what_is_refused(shared, method, path, status, at):
    answer = shared.request(method, f"/_crmock/{path}", token=None)
    assert (answer.status, answer.body.get("at")) == (status, at) and answer.body["error"], answer


def test_the_journal_and_limits_know_nothing_of_it(fresh):
    one = make(fresh, id="one", limits={"credits": 2})
    assert one.request("GET", "/crm/v8/org").status == 200
    before = one.done("GET", "/requests")
    assert len(before["requests"]) == 1
    for path in ("/orgs", "/modules", "/modules/Leads", "/tokens"):
        one.done("GET", path)
    assert one.done("GET", "/requests") == before
    assert [one.request("GET", "/crm/v8/org").status for _ in range(2)] == [200, 429]


def test_it_needs_the_control_token(start):
    server = start("--control-token", "sesam")
    for path in ("orgs", "modules", "modules/Leads", "tokens"):
        assert [server.request("GET", f"/_crmock/{path}", token=None, headers=headers).status for headers in ({}, {"Authorization": "Bearer sesam"})] == [401, 200]
