"""What the service's metadata says of the org's own: one entry of each kind, every member that is not the same in all orgs."""
import pytest

from server import Server

NOW = "2021-03-03T12:17:00+05:30"
CEO = {"id": "554023000000015001", "name": "CEO"}
ADMINISTRATOR, STANDARD = {"id": "554023000000016001", "name": "Administrator"}, {"id": "554023000000016003", "name": "Standard"}
PATRICIA = {"id": "554023000000235011", "name": "Patricia Boyle"}
WORLD = {"id": "554023000000430001", "name": "World"}
LAYOUTS = [{"id": "554023000000095001", "name": "Standard"}, {"id": "554023000000095003", "name": "Consulting"}]


@pytest.fixture(scope="module")
def then(tmp_path_factory):
    """A server whose clock stands still."""
    server = Server("--now", NOW, db=tmp_path_factory.mktemp("then") / "store.db")
    yield server
    server.stop()


def entry(server, path, name=None):
    """The only entry of an answer, or that of a name."""
    body = server.request("GET", f"/crm/v8/{path}").body
    entries = next(value for value in body.values() if isinstance(value, list))
    [found] = entries if name is None else [one for one in entries if name in (one.get("name"), one.get("api_name"), one.get("full_name"))]
    return found


@pytest.mark.parametrize("path, name, members", [
    ("settings/roles", "CEO", CEO | {"display_label": "CEO", "admin_user": True, "reporting_to": None}),
    ("settings/roles", "Sales Manager", {"name": "Sales Manager", "display_label": "Sales Manager", "admin_user": False, "reporting_to": CEO}),
    ("settings/profiles", "Administrator", ADMINISTRATOR | {"display_label": "Administrator", "custom": False, "category": False, "created_time": NOW, "modified_time": NOW}),
    ("settings/profiles", "Standard", STANDARD | {"display_label": "Standard", "custom": True, "category": True, "created_time": NOW, "modified_time": NOW}),
    ("settings/territories", "World", WORLD | {"api_name": "World", "reporting_to": None, "created_time": NOW, "modified_time": NOW}),
    ("settings/territories", "North", {"name": "North", "api_name": "North", "reporting_to": WORLD, "created_time": NOW, "modified_time": NOW}),
    ("org", None, {"id": "554023000000000011", "zgid": "554023000000000011", "primary_zuid": PATRICIA["id"], "company_name": "Zylker",
                   "primary_email": "patricia.boyle@zylker.example", "time_zone": "Asia/Kolkata"}),
    ("users", "Patricia Boyle", {"id": PATRICIA["id"], "zuid": PATRICIA["id"], "full_name": "Patricia Boyle", "first_name": "Patricia", "last_name": "Boyle",
                                 "email": "patricia.boyle@zylker.example", "created_time": NOW, "Modified_Time": NOW, "time_zone": "Asia/Kolkata", "profile": ADMINISTRATOR, "role": CEO}),
    ("settings/custom_views/554023000000091505?module=Leads", None,
     {"id": "554023000000091505", "name": "Patricia's own", "display_value": "Patricia's own", "access_type": "shared", "category": "shared_with_me",
      "shared_to": [PATRICIA | {"type": "users", "subordinates": False}], "criteria": {"field": {"api_name": "Email"}, "comparator": "ends_with", "value": "@web.example"}}),
    ("settings/custom_views/554023000000050000?module=Leads", None, {"access_type": "public", "category": "public_views", "shared_to": []}),
    ("settings/modules", "Leads", {"module_name": "Leads", "singular_label": "Lead", "plural_label": "Leads", "actual_singular_label": "Lead", "actual_plural_label": "Leads",
                                   "generated_type": "default", "convertable": True, "api_supported": True, "show_as_tab": True}),
    ("settings/modules/Projects", None, {"generated_type": "custom", "convertable": False, "profile_count": 6, "layouts": LAYOUTS}),
    ("settings/layouts?module=Projects", "Consulting", LAYOUTS[1] | {"api_name": "Consulting", "display_label": "Consulting"}),
])
def test_an_entry_of_each_kind(then, path, name, members):
    found = entry(then, path, name)
    assert {member: found[member] for member in members} == members


def test_the_org_counts_its_users(then):
    assert entry(then, "org")["license_details"] | {"paid_type": "enterprise", "users_license_purchased": 8} == entry(then, "org")["license_details"]


def test_a_module_names_its_profiles_and_fields(then):
    module = entry(then, "settings/modules/Projects")
    assert ADMINISTRATOR in module["profiles"] and len(module["profiles"]) == 6 and module["sequence_number"] == 9
    assert module["fields"] == then.request("GET", "/crm/v8/settings/fields?module=Projects").body["fields"]


def test_a_layout_names_its_sections_profiles_and_fields(then):
    layout = entry(then, "settings/layouts?module=Projects", "Consulting")
    first = LAYOUTS[0] | {"type": "layout"}
    assert layout["profiles"][0] == ADMINISTRATOR | {"default": True, "_default_view": first, "_default_assignment_view": first} and len(layout["profiles"]) == 7
    section = layout["sections"][1]
    assert section["id"] != layout["sections"][0]["id"]
    assert [section[member] for member in ("name", "api_name", "display_label", "sequence_number")] == ["Money", "Money", "Money", 2]
    assert [(field["api_name"], field["sequence_number"], field["section_id"]) for field in section["fields"]] == [("Budget", 1, 2), ("Rate", 2, 2), ("Billable", 3, 2)]
    assert {"validation_rule", "default_value", "static_values"} <= section["fields"][0].keys()  # as fields have only in layouts


def field(server, name):
    return entry(server, "settings/fields?module=Projects", name)


@pytest.mark.parametrize("name, members", [
    ("Name", {"field_label": "Project Name", "display_label": "Project Name", "column_name": "Name", "data_type": "text", "json_type": "string", "length": 120, "decimal_place": None,
              "system_mandatory": True, "custom_field": False, "created_source": "default", "read_only": False, "field_read_only": False, "visible": True, "mass_update": True,
              "sequence_number": 8, "unique": {}, "lookup": {}, "pick_list_values": [], "textarea": None}),
    ("id", {"data_type": "bigint", "read_only": True, "field_read_only": True, "mass_update": False, "system_mandatory": False, "sequence_number": 1}),
    ("Email", {"length": 100}), ("Code", {"unique": {"casesensitive": "0"}, "custom_field": True, "created_source": "user"}),
    ("Budget", {"data_type": "currency", "json_type": "double", "decimal_place": 2}), ("Notes_Text", {"data_type": "textarea", "textarea": {"type": "large"}}),
    ("Skills", {"data_type": "multiselectpicklist", "json_type": "jsonarray"}),
])
def test_a_field(then, name, members):
    found = field(then, name)
    assert {member: found[member] for member in members} == members


def test_a_picklists_values(then):
    values = field(then, "Phase")["pick_list_values"]
    assert [value["actual_value"] for value in values] == ["-None-", "Draft", "Running", "On hold", "Done"]
    assert values[2] == {"display_value": "Running", "sequence_number": 3, "reference_value": "Running", "colour_code": None, "actual_value": "Running", "id": values[2]["id"], "type": "used"}
    assert len({value["id"] for value in values}) == 5 and all(value["id"].isdigit() for value in values)


def test_a_lookup_names_its_module(then):
    found = field(then, "Client")
    accounts = entry(then, "settings/modules", "Accounts")
    assert found["lookup"] == {"display_label": "Account", "api_name": "Client", "module": {"api_name": "Accounts", "id": accounts["id"]}, "id": found["id"],
                               "query_details": {}, "show_fields": [], "revalidate_filter_during_edit": False}
