"""crmock check tells a fault once: what only fails because of it is none of its own."""
import copy
import json

import pytest

from server import run
from test_check import told

USER = "ann@small.example"
MANY = 20
WORLD = {
    "org.json": {"org": {"name": "Small"}},
    "people.json": {
        "roles": [{"name": "Boss"}], "profiles": [{"name": "All", "administrator": True, "modules": {"*": {}, "Deals": {}}, "fields": {"Deals.City": "read_only"}}],
        "users": [{"name": f"User {n}", "email": f"user{n}@small.example", "profile": "All", "role": "Boss"} for n in range(MANY)] + [{"name": "Ann", "email": USER, "profile": "All", "role": "Boss"}],
        "territories": [{"name": "Here"}]},
    "modules.json": {"modules": [{"api_name": "Deals", "territories": True, "fields": [
        {"api_name": "Deal_Name", "type": "text", "mandatory": True}, {"api_name": "City", "type": "text"}, {"api_name": "Stage", "type": "picklist", "values": ["Open", "Won", "Lost"]},
        {"api_name": "Kind", "type": "picklist", "values": ["A", "B"], "value_ids": {"A": "901"}}], "layouts": [{"name": "Wide", "pipelines": ["Way"], "values": {"Kind": ["A"]}, "sections": [{"name": "S", "fields": ["City"]}]}]}],
        "pipelines": [{"name": "Way", "stages": ["Open", "Won"]}], "blueprints": [{"module": "Deals", "field": "Kind", "name": "Print", "starts_at": ["A"], "transitions": [{"name": "T", "from": ["A"], "to": "B", "fields": ["City"]}]}]},
    "records.json": {"records": [{"module": "Deals", "layout": "Wide", "owner": USER, "territories": ["Here"], "shared_with": ["user1@small.example"], "blueprint": "Print",
                                  "fields": {"Deal_Name": "x", "City": "Arta", "Stage": "Won", "Kind": "A", "Pipeline": "Way"}} for _ in range(MANY)] + [{"module": "Deals", "fields": {"Deal_Name": "x", "Stage": "Open"}}],
                     "views": [{"module": "Deals", "name": f"V{n}", "shared_with": [USER], "criteria": {"field": {"api_name": "City"}, "comparator": "equal", "value": "x"}} for n in range(MANY)],
                     "workflow_rules": [{"module": "Deals", "name": f"R{n}", "field": "City", "actions": [{"field": "City", "value": "x"}]} for n in range(MANY)]},
    "tokens.json": {"clients": [{"id": "c", "secret": "s", "user": USER}], "tokens": [{"token": f"t{n}", "client": "c", "user": USER, "scopes": "ZohoCRM.mass_update.ALL"} for n in range(MANY)]},
}
# Lists that are named by others: file, where, and the member that has an entry's name.
LISTS = {"roles": ("people.json", "name"), "profiles": ("people.json", "name"), "users": ("people.json", "email"), "territories": ("people.json", "name"), "modules": ("modules.json", "api_name"),
         "pipelines": ("modules.json", "name"), "blueprints": ("modules.json", "name"), "clients": ("tokens.json", "id"),
         "modules[0].fields": ("modules.json", "api_name"), "modules[0].layouts": ("modules.json", "name")}


def world(tmp_path, change):
    files = copy.deepcopy(WORLD)
    change(files)
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def found(path):
    return [line.removeprefix(f"{path}/").removeprefix(f"{path}: ").split(": expected")[0] for line in told(path)]


def holder(files, at):
    file, _ = LISTS[at]
    return (files[file]["modules"][0], at.split(".")[1]) if "." in at else (files[file], at)


def replaced(at, value):
    def change(files):
        target, name = holder(files, at)
        target[name] = value
    return change


def renamed(at):
    def change(files):
        target, name = holder(files, at)
        target[f"x{name}"] = target.pop(name)
    return change


def entries(at):
    target, name = holder(copy.deepcopy(WORLD), at)
    return range(len(target[name]))


def entry(at, index, **members):
    def change(files):
        target, name = holder(files, at)
        target[name][index].update(members)
    return change


def test_nothing_is_at_fault_here(tmp_path):
    assert run("check", world(tmp_path, lambda files: None)).returncode == 0


@pytest.mark.parametrize("names", [["org.json"], ["org.json", "people.json"], ["org.json", "modules.json"]])
def test_a_folder_without_its_org(tmp_path, names):
    path = world(tmp_path, lambda files: [files.pop(name) for name in names])
    [line] = told(path)
    assert line.startswith(f"{path}: expected an org: ") and "org.json" in line
    assert run("--port", "0", "--fixtures", path).stderr.startswith(f"crmock: {line}\n")


@pytest.mark.parametrize("content, at", [({}, "org.json: $"), ({"org": 5}, "org.json: $.org"), ({"org": {"name": 5}}, "org.json: $.org.name"), ({"org": {"name": "x", "time_zone": "Mars"}}, "org.json: $.org.time_zone"),
                                         ({"ogr": {"name": "Small"}}, "org.json: $.ogr")])
def test_an_org_at_fault(tmp_path, content, at):
    assert found(world(tmp_path, lambda files: files.update({"org.json": content}))) == [at]


@pytest.mark.parametrize("at", LISTS)
@pytest.mark.parametrize("value", [5, "x", {"a": 1}, None])
def test_a_list_that_is_none(tmp_path, at, value):
    assert found(world(tmp_path, replaced(at, value))) == [f"{LISTS[at][0]}: $.{at}"]


@pytest.mark.parametrize("at", LISTS)
def test_a_list_under_a_name_that_is_none(tmp_path, at):
    target, _, name = at.rpartition(".")
    assert found(world(tmp_path, renamed(at))) == [f"{LISTS[at][0]}: $.{target + '.' if target else ''}x{name}"]


@pytest.mark.parametrize("at, index", [(at, index) for at in LISTS for index in entries(at) if at != "users" or index in (1, MANY)])
@pytest.mark.parametrize("value", [5, "", None])
def test_an_entry_whose_name_nobody_knows(tmp_path, at, index, value):
    assert found(world(tmp_path, entry(at, index, **{LISTS[at][1]: value}))) == [f"{LISTS[at][0]}: $.{at}[{index}].{LISTS[at][1]}"]


@pytest.mark.parametrize("at, index", [(at, index) for at in LISTS for index in entries(at) if at != "users" or index in (1, MANY)])
def test_an_entry_that_is_none(tmp_path, at, index):
    def change(files):
        target, name = holder(files, at)
        target[name][index] = 5
    assert found(world(tmp_path, change)) == [f"{LISTS[at][0]}: $.{at}[{index}]"]


@pytest.mark.parametrize("at, index", [(at, index) for at in LISTS if at != "clients" for index in entries(at) if at != "users" or index in (1, MANY)])
def test_an_entry_with_another_fault(tmp_path, at, index):
    assert found(world(tmp_path, entry(at, index, id="x"))) == [f"{LISTS[at][0]}: $.{at}[{index}].id"]


@pytest.mark.parametrize("change, at", [
    (lambda files: files["modules.json"]["modules"][0]["layouts"][0].update(values={"Kind": ["a"]}), "layouts[0].values.Kind[0]"),
    (lambda files: files["modules.json"]["modules"][0]["layouts"][0].update(values={"Kind": 5}), "layouts[0].values.Kind"),
    (lambda files: files["modules.json"]["modules"][0]["layouts"][0].update(pipelines=["way"]), "layouts[0].pipelines[0]"),
    (lambda files: files["modules.json"]["pipelines"][0].update(stages=["Open", "won"]), "pipelines[0].stages[1]"),
    (lambda files: files["modules.json"]["pipelines"][0].update(stages=5), "pipelines[0].stages"),
    (lambda files: files["modules.json"]["modules"][0]["fields"][2].update(values=["Open", "Won", 5]), "fields[2].values[2]"),
    (lambda files: files["modules.json"]["modules"][0]["fields"][3].update(values=5), "fields[3].values"),
])
def test_what_a_records_values_go_together_with(tmp_path, change, at):
    assert [place.split("$.")[1].removeprefix("modules[0].") for place in found(world(tmp_path, change))] == [at]


def nowhere(path):
    """What is told of one fault: its place, and in how many others it is."""
    [line] = told(path)
    *_, others = line.split(" (and in ")
    return line.removeprefix(f"{path}/").split(": expected")[0], others.removesuffix(")")


@pytest.mark.parametrize("change, at, others", [
    (lambda files: files["people.json"].pop("users"), "tokens.json: $.clients[0].user", f"{3 * MANY + 1} more places"),
    (lambda files: files["people.json"]["users"].pop(), "tokens.json: $.clients[0].user", f"{3 * MANY} more places"),
    (lambda files: files["people.json"].update(roles=[]), "people.json: $.users[0].role", f"{MANY} more places"),
    (lambda files: files["people.json"]["profiles"][0].update(name="Every"), "people.json: $.users[0].profile", f"{MANY} more places"),
    (lambda files: files["people.json"].pop("territories"), "records.json: $.records[0].territories[0]", f"{MANY - 1} more places"),
    (lambda files: files["tokens.json"].pop("clients"), "tokens.json: $.tokens[0].client", f"{MANY - 1} more places"),
    (lambda files: files["modules.json"]["modules"][0]["layouts"][0].update(name="Narrow"), "records.json: $.records[0].layout", f"{MANY - 1} more places"),
    (lambda files: files["records.json"]["records"].extend({"module": "Leads"} for _ in range(2)), f"records.json: $.records[{MANY + 1}].module", "1 more place"),
])
def test_what_is_nowhere_is_told_once_with_how_often_it_is_named(tmp_path, change, at, others):
    assert nowhere(world(tmp_path, change)) == (at, others)


def test_the_nearest_stand_first(tmp_path):
    """Of names, and of a picklist's values."""
    def change(files):
        files["records.json"]["records"][0]["owner"] = "usr7@small.example"
        files["records.json"]["records"][1]["fields"]["Stage"] = "wonn"
        files["records.json"]["records"][2]["fields"]["Cty"] = "x"
    owner, stage, field = told(world(tmp_path, change))
    assert "expected the email of a user: there are user7@small.example, " in owner and owner.endswith(", ...")
    assert 'Stage does not offer that value; nearest: "Won"; it offers Open, Won, Lost' in stage
    assert "expected the API name of a field of Deals: there are City, " in field


def test_other_names_are_faults_beside_those(tmp_path):
    """Neither what is nowhere nor a list that is none hides another fault."""
    def change(files):
        files["people.json"]["territories"] = 5
        files["records.json"]["records"][0]["owner"] = files["records.json"]["records"][1]["owner"] = "Bob"
        files["records.json"]["records"][2]["owner"] = "Cid"
        files["records.json"]["records"][3]["fields"]["Stage"] = "Opne"
    assert found(world(tmp_path, change)) == ["people.json: $.territories", "records.json: $.records[0].owner", "records.json: $.records[2].owner", "records.json: $.records[3].fields.Stage"]


def test_each_org_has_its_own_names(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        world(tmp_path / name, lambda files: [files.pop("tokens.json"), files["people.json"]["users"].pop(), files["people.json"].update(territories=[])])
        for path in (tmp_path / name).iterdir():
            path.write_text(path.read_text().replace("small.example", f"{name}.example").replace("901", str(ord(name))))
    owners, territories = "records.json: $.views[0].shared_with[0]", "records.json: $.records[0].territories[0]"
    assert [line.removeprefix(f"{tmp_path}/").split(": expected")[0] for line in told(tmp_path)] == [f"{name}/{place}" for name in "ab" for place in (territories, owners)]


def places(json_value, at=()):
    """Each place in a JSON value, of a list those in its first entry."""
    yield at
    members = json_value.items() if isinstance(json_value, dict) else enumerate(json_value[:1]) if isinstance(json_value, list) else ()
    for name, member in members:
        yield from places(member, (*at, name))


def put(json_value, at, member):
    *way, last = at
    for name in way:
        json_value = json_value[name]
    json_value[last] = member


@pytest.mark.parametrize("file", WORLD)
def test_a_member_of_any_other_type_is_a_fault_at_most(shared, tmp_path, file):
    """In a check and in a load, which both go on to tell what they found: no list is taken for an object, and so on."""
    for at in places(WORLD[file]):
        for value in (5, "x", None, ["x"], [5], {}, {"x": 5}) if at else ():
            files = copy.deepcopy(WORLD)
            put(files[file], at, value)
            path = world(tmp_path, lambda own: own.update(files))
            done = run("check", path)
            answer = shared.request("POST", "/_crmock/sandboxes", {"id": "types", "if_exists": "replace", "fixtures": list(files.values())}, token=None)
            assert (done.returncode, answer.status) in ((0, 201), (1, 422), (1, 409)), (at, value, done, answer)
    shared.request("DELETE", "/_crmock/sandboxes/types", token=None)
