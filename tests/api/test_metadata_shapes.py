"""F10 and F14: what a field says of other modules, and what a picklist offers, in the shape that each version has."""
import pytest

from gallery import VERSIONS
from server import own_fixtures

EARLY = ["v2", "v2.1"]
LOOKUPS = [("Contacts", "Account_Name", "Accounts"), ("Deals", "Contact_Name", "Contacts"), ("Quotes", "Deal_Name", "Deals"), ("Invoices", "Sales_Order", "Sales_Orders"),
           ("Projects", "Client", "Accounts"), ("Quoted_Items", "Product_Name", "Products"), ("Milestones", "Parent_Id", "Projects"), ("Projects_X_Accounts", "Partners", "Accounts")]
SUBFORMS = [("Quotes", "Quoted_Items"), ("Invoices", "Invoiced_Items"), ("Sales_Orders", "Ordered_Items"), ("Purchase_Orders", "Purchase_Items"), ("Projects", "Milestones")]
PICKLISTS = [("Leads", "Lead_Source"), ("Deals", "Type"), ("Deals", "Pipeline"), ("Accounts", "Industry"), ("Quotes", "Quote_Stage"), ("Projects", "Phase")]


def get(server, version, path, token="1000.crmock.admin"):
    return server.request("GET", f"/crm/{version}/{path}", token=token).body


def places(server, version, module, name):
    """A field wherever the version tells it: in the list, alone, in each layout, and in the module in full."""
    [field] = [field for field in get(server, version, f"settings/fields?module={module}")["fields"] if field["api_name"] == name]
    yield field
    yield get(server, version, f"settings/fields/{field['id']}?module={module}")["fields"][0]
    for layout in get(server, version, f"settings/layouts?module={module}")["layouts"]:
        yield from (one for section in layout["sections"] for one in section["fields"] if one["api_name"] == name)
    yield from (one for one in get(server, version, f"settings/modules/{module}")["modules"][0].get("fields", []) if one["api_name"] == name)


def module_of(server, version, name):
    [module] = [module for module in get(server, version, "settings/modules")["modules"] if module["api_name"] == name]
    return module


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, name, to", LOOKUPS)
def test_F10_a_lookup(shared, version, module, name, to):
    target = module_of(shared, version, to)
    told = list(places(shared, version, module, name))
    assert len(told) >= (3 if version in EARLY else 4)
    for field in told:
        expected = {"module": to if version in EARLY else {"api_name": to, "id": target["id"]}, "display_label": target["singular_label"], "api_name": name, "id": field["id"]}
        assert (field["lookup"] if version in EARLY else {key: field["lookup"][key] for key in expected}) == expected
        assert field["subform"] is None and field["multiselectlookup"] == {} and field.get("associated_module") is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, name", SUBFORMS)
def test_F10_a_subform(shared, version, module, name):
    items = module_of(shared, version, name)
    [layout] = get(shared, version, f"settings/layouts?module={name}")["layouts"]
    told = list(places(shared, version, module, name))
    assert len(told) >= (3 if version in EARLY else 4)
    for field in told:
        assert (field["data_type"], field["json_type"], field["lookup"]) == ("subform", "jsonarray", {})
        if version in EARLY:
            assert field["subform"] == {"module": name, "display_label": items["plural_label"], "api_name": name, "id": items["id"]}
            assert "associated_module" not in field
            continue
        assert field["subform"] == {"module": name, "id": items["id"]}
        in_v8 = {"layout": {"name": "Standard", "id": layout["id"]}} if version == "v8" else {}
        assert field["associated_module"] == {"module": name, "id": items["id"]} | in_v8


@pytest.mark.parametrize("version", VERSIONS)
def test_F10_the_module_of_a_subform(shared, version):
    for parent, name in SUBFORMS:
        module = module_of(shared, version, name)
        told = {key: module[key] for key in ("generated_type", "parent_module", "show_as_tab", "creatable", "quick_create", "api_supported", "visibility")}
        assert told == {"generated_type": "subform", "parent_module": {"api_name": parent, "id": module_of(shared, version, parent)["id"]}, "show_as_tab": False, "creatable": False,
                        "quick_create": False, "api_supported": False, "visibility": 2}
        [parent_id] = [field for field in get(shared, version, f"settings/fields?module={name}")["fields"] if field["api_name"] == "Parent_Id"]
        assert parent_id["data_type"] == "lookup" and not any(field["mass_update"] for field in [parent_id])
        refused = shared.request("POST", f"/crm/{version}/{name}/actions/mass_update", {"data": [{"Quantity": 1}], "ids": ["1"]})
        assert (refused.status, refused.body["code"]) == (400, "INVALID_MODULE")
    assert module_of(shared, version, "Quotes")["parent_module"] == {}


def links_of(server, version):
    """The module that keeps the links of Projects' Partners, and its fields there and back."""
    module = module_of(server, version, "Projects_X_Accounts")
    fields = {field["api_name"]: field for field in get(server, version, f"settings/fields?module={module['api_name']}")["fields"]}
    return module, fields["Partners"], fields["Partners_Projects"]


@pytest.mark.parametrize("version", VERSIONS)
def test_F10_a_multi_select_lookup(shared, version):
    links, forth, back = links_of(shared, version)
    accounts = module_of(shared, version, "Accounts")
    assert (links["generated_type"], links["parent_module"], forth["data_type"], back["data_type"]) == ("linking", {}, "lookup", "lookup")
    for field in places(shared, version, "Projects", "Partners"):
        assert field["lookup"] == {}
        names = {"display_label": "Accounts", "api_name": "Partners", "lookup_apiname": "Partners_Projects", "connectedlookup_apiname": "Partners", "id": field["id"]}
        reference = {module["api_name"]: {"api_name": module["api_name"], "id": module["id"]} for module in (links, accounts)}
        labelled = {module["api_name"]: {"api_name": module["api_name"], "id": module["id"], "plural_label": module["plural_label"]} for module in (links, accounts)}
        if version in EARLY:
            assert field["multiselectlookup"] == names | {"linking_module": "Projects_X_Accounts"} | ({"connected_module": "Accounts"} if version == "v2.1" else {})
        elif version != "v8":
            assert field["multiselectlookup"] == names | {"linking_module": reference["Projects_X_Accounts"], "connected_module": reference["Accounts"], "connectedfield_apiname": None,
                                                          "record_access": False}
        else:
            layouts = [{"api_name": layout["name"], "id": layout["id"]} for layout in get(shared, "v8", "settings/layouts?module=Accounts")["layouts"]]
            assert field["multiselectlookup"] == {
                "linking_details": {"module": labelled["Projects_X_Accounts"] | {"visibility": 1},
                                    "lookup_field": {"api_name": "Partners_Projects", "field_label": back["field_label"], "id": back["id"]},
                                    "connected_lookup_field": {"api_name": "Partners", "field_label": "Partners", "id": forth["id"]}},
                "connected_details": {"field": None, "module": labelled["Accounts"], "layouts": layouts}, "record_access": False, "related_list": None}
    [participants] = [field for field in get(shared, version, "settings/fields?module=Events")["fields"] if field["api_name"] == "Participants"]
    assert participants["multiselectlookup"] == {}  # the service's own have no such module


@pytest.mark.parametrize("path, name, member, first, last", [
    ("settings/fields?module=Leads", "City", "type", "v2.1", "v8"), ("settings/fields?module=Leads", "City", "associated_module", "v3", "v8"),
    ("settings/fields?module=Leads", "City", "textarea", "v6", "v8"), ("settings/fields?module=Leads", "City", "layout_associations", "v7", "v8"),
    ("settings/fields?module=Leads", "City", "history_tracking_enabled", "v8", "v8"), ("settings/fields?module=Leads", "City", "webhook", "v2", "v8"),
    ("settings/layouts?module=Leads", "Standard", "api_name", "v3", "v8"), ("settings/layouts?module=Leads", "Standard", "mode", "v7", "v8"),
    ("settings/modules", "Leads", "visible", "v2.1", "v8"), ("settings/modules", "Leads", "profile_count", "v6", "v8"), ("settings/modules/Leads", "Leads", "layouts", "v3", "v8"),
    ("settings/custom_views?module=Leads", "Patricia's own", "shared_type", "v2", "v2"), ("settings/custom_views?module=Leads", "Patricia's own", "access_type", "v2.1", "v8"),
    ("settings/custom_views?module=Leads", "Patricia's own", "module", "v3", "v8"), ("settings/territories", "North", "parent_id", "v2", "v2"),
    ("settings/territories", "North", "reporting_to", "v2.1", "v8"), ("settings/territories", "North", "api_name", "v7", "v8"),
    ("settings/profiles", "Standard", "custom", "v2.1", "v8"), ("users", "Patricia Boyle", "name_format__s", "v3", "v8"), ("org", None, "type", "v6", "v8"),
])
def test_F10_members_that_came_and_went(shared, path, name, member, first, last):
    for version in VERSIONS:
        entries = next(value for value in get(shared, version, path).values() if isinstance(value, list))
        [entry] = [one for one in entries if name in (None, one.get("name"), one.get("api_name"), one.get("full_name"))]
        assert (member in entry) == (VERSIONS.index(first) <= VERSIONS.index(version) <= VERSIONS.index(last)), version


def test_F10_where_a_version_says_the_same_otherwise(shared):
    world, north = ({territory["name"]: territory for territory in get(shared, "v2", "settings/territories")["territories"]}[name] for name in ("World", "North"))
    assert (world["parent_id"], north["parent_id"]) == (None, world["id"])
    [view] = get(shared, "v2", "settings/custom_views/554023000000091505?module=Leads")["custom_views"]
    [later] = get(shared, "v2.1", "settings/custom_views/554023000000091505?module=Leads")["custom_views"]
    assert (view["shared_type"], view["shared_details"]) == (later["access_type"], later["shared_to"]) and len(view["shared_details"]) == 1
    assert (view["criteria"]["field"], later["criteria"]["field"]) == ("Email", {"api_name": "Email"})
    [grouped] = get(shared, "v2", "settings/custom_views/554023000000091515?module=Accounts")["custom_views"]
    assert "api_name" not in str(grouped["criteria"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, name", PICKLISTS)
def test_F14_a_picklist_offers_none_first(shared, version, module, name):
    for field in places(shared, version, module, name):
        first, *rest = field["pick_list_values"]
        assert first == {"display_value": "-None-", "sequence_number": 1, "reference_value": "-None-", "colour_code": None, "actual_value": "-None-", "id": first["id"], "type": "used"}
        places_of = [value["sequence_number"] for value in rest]
        assert places_of == sorted(set(places_of)) and places_of[0] >= 2  # a layout may have some of them
        assert "-None-" not in [value["actual_value"] for value in rest]
        assert first["id"].isdigit() and first["id"] == get(shared, "v8", f"settings/fields/{field['id']}?module={module}")["fields"][0]["pick_list_values"][0]["id"]


def test_F14_its_id_is_no_others(shared):
    ids = [row[0] for row in shared.query("SELECT none_id FROM field WHERE none_id IS NOT NULL")]
    assert len(ids) == len(set(ids)) == shared.query("SELECT count(*) FROM field WHERE data_type = 'picklist'")[0][0]
    for table in ("field", "module", "picklist_value", "layout", "layout_section", "custom_view", "record", "user", "profile", "role", "territory"):
        assert shared.query(f"SELECT count(*) FROM {table} WHERE id IN ({','.join(map(str, ids))})") == [(0,)]


def test_F14_not_of_a_multi_select(shared):
    for module, name in (("Deals", "Languages_Known"), ("Projects", "Skills")):
        for field in places(shared, "v8", module, name):
            assert "-None-" not in [value["actual_value"] for value in field["pick_list_values"]]


def test_F14_it_is_offered_once_where_the_fixtures_have_it(start, tmp_path):
    fields = [{"module": "Leads", "api_name": "Own", "type": "picklist", "values": ["Low", "-None-"]}]
    server = start("--fixtures", own_fixtures(tmp_path, {"fields": fields}))
    [own] = [field for field in get(server, "v8", "settings/fields?module=Leads")["fields"] if field["api_name"] == "Own"]
    assert [value["actual_value"] for value in own["pick_list_values"]] == ["-None-", "Low"]


def test_modules_that_fields_of_own_fixtures_bring_along(start, tmp_path):
    own = {
        "modules": [{"api_name": "Parts", "custom": True, "fields": [{"api_name": "Name", "type": "text"}]}],
        "fields": [{"module": "Leads", "api_name": "Wishes", "label": "What they want", "type": "subform"}, {"module": "Deals", "api_name": "Parts_Sold", "type": "subform", "lookup": "Parts"},
                   {"module": "Leads", "api_name": "Friends", "type": "multiselectlookup", "lookup": "Leads", "custom": True},
                   {"module": "Leads", "api_name": "Rivals", "type": "multiselectlookup", "lookup": "Leads", "custom": True},
                   {"module": "Leads_X_Leads2", "api_name": "Why", "type": "text"}, {"module": "Wishes", "api_name": "Price", "type": "integer"}],
    }
    server = start("--fixtures", own_fixtures(tmp_path, own))
    leads = {field["api_name"]: field for field in get(server, "v5", "settings/fields?module=Leads")["fields"]}
    [sold] = [field for field in get(server, "v5", "settings/fields?module=Deals")["fields"] if field["api_name"] == "Parts_Sold"]
    wishes = module_of(server, "v5", "Wishes")
    assert (wishes["singular_label"], wishes["plural_label"]) == ("What they want", "What they want")
    assert module_of(server, "v5", "Parts")["generated_type"] == "custom"  # it is a module of its own, too
    assert leads["Wishes"]["associated_module"]["module"] == "Wishes" and sold["associated_module"]["module"] == "Parts"
    assert [leads[name]["multiselectlookup"]["linking_module"]["api_name"] for name in ("Friends", "Rivals")] == ["Leads_X_Leads", "Leads_X_Leads2"]
    assert "Why" in [field["api_name"] for field in get(server, "v5", "settings/fields?module=Leads_X_Leads2")["fields"]]
    assert {"Parent_Id", "Price"} <= {field["api_name"] for field in get(server, "v5", "settings/fields?module=Wishes")["fields"]}
