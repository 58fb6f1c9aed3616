"""An org that is imported from a crmock comes back: started with the fixtures that were made of it, a crmock answers alike. And without
its people, when that is asked for."""
import json
import pathlib
import re

import pytest

from server import Server, run

TOKEN = "1000.crmock.admin"
RICH = json.loads((pathlib.Path(__file__).resolve().parents[1] / "unit" / "import" / "org.json").read_text())
TIMES = {"Modified_Time", "Created_Time", "modified_time", "created_time", "last_accessed_time"}
OF_THE_ORG = ["org", "users?type=AllUsers", "settings/roles", "settings/profiles", "settings/modules", "settings/territories"]
OF_A_MODULE = ["settings/modules/{}", "settings/fields?module={}", "settings/layouts?module={}", "settings/custom_views?module={}"]


@pytest.fixture(scope="module", params=["the default org", "one with everything"])
def source(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    if request.param == "the default org":
        server = Server()
    else:
        (folder / "org.json").write_text(json.dumps(RICH))
        server = Server("--fixtures", folder)
    yield server
    server.stop()


def imported(server, folder, *more):
    done = run("import", "--from", server.url, "--token", TOKEN, "--out", folder, *more)
    assert done.returncode == 0, done.stderr
    assert run("check", folder).returncode == 0
    return folder


@pytest.fixture
def back(source, start, tmp_path):
    return start("--fixtures", imported(source, tmp_path / "made"))


def timeless(value):
    if isinstance(value, dict):
        return {name: timeless(one) for name, one in value.items() if name not in TIMES}
    return [timeless(one) for one in value] if isinstance(value, list) else value


def answer(server, version, path):
    got = server.request("GET", f"/crm/{version}/{path}", parse=False)
    return got.status, timeless(json.loads(got.body)) if got.body else None


def api_names(server):
    return [module["api_name"] for module in answer(server, "v8", "settings/modules")[1]["modules"]]


def records(server, name, query):
    """All of a list, page after page."""
    found, token = [], ""
    while True:
        status, body = answer(server, "v8", f"{name}?per_page=200&{query}{token}")
        if status != 200:
            return found + [status]
        found += body["data"]
        if not body["info"]["more_records"]:
            return found
        token = f"&page_token={body['info']['next_page_token']}"


@pytest.mark.parametrize("version", ["v2", "v3", "v8"])
def test_metadata_comes_back(source, back, version):
    names = api_names(source)
    assert len(names) > 5
    paths = OF_THE_ORG + [path.format(name) for name in names for path in OF_A_MODULE]
    for name in names:
        _, views = answer(source, "v8", f"settings/custom_views?module={name}")
        paths += [f"settings/custom_views/{view['id']}?module={name}" for view in (views or {}).get("custom_views", [])]
    for path in paths:
        assert answer(back, version, path) == answer(source, version, path), path


def test_records_come_back(source, start, tmp_path):
    back = start("--fixtures", imported(source, tmp_path / "made", "--records", "1000"))
    for name in api_names(source):
        _, told = answer(source, "v8", f"settings/fields?module={name}")
        fields = [field["api_name"] for field in (told or {}).get("fields", [])]
        for at in range(0, len(fields), 50):
            query = f"sort_by=id&sort_order=asc&fields={','.join(fields[at:at + 50])}"
            theirs = records(source, name, query) if name != "Leads" else answer(source, "v8", f"Leads?per_page=200&{query}")[1]["data"]
            ours = records(back, name, query) if name != "Leads" else answer(back, "v8", f"Leads?per_page=200&{query}")[1]["data"]
            assert ours == theirs, name


def selected(server, name, view):
    """The ids of the records that a view selects; or none, with the status of that."""
    found = records(server, name, f"cvid={view['id']}&fields=id")
    assert found[-1] == 204 or isinstance(found[-1], dict), (name, view["name"], found[-1])
    return sorted(record["id"] for record in found if record != 204)


def test_views_select_the_same(source, start, tmp_path):
    names = [name for name in api_names(source) if name != "Leads"]  # whose views have more records than are imported
    listed = [name for name in names if records(source, name, "fields=id")[-1] != 400]  # of some modules the API lists none
    back = start("--fixtures", imported(source, tmp_path / "made", "--records", "1000", "--modules", ",".join(names)))
    seen = 0
    for name in listed:
        for view in (answer(source, "v8", f"settings/custom_views?module={name}")[1] or {}).get("custom_views", []):
            theirs = selected(source, name, view)
            assert selected(back, name, view) == theirs, (name, view["name"])
            seen += len(theirs)
    assert seen > 10


def test_views_select_the_same_of_made_up_people(shared, start, tmp_path):
    """By the domains of their emails; what selects by another part of them is told by its name."""
    folder = imported(shared, tmp_path / "made", "--records", "1000", "--modules", "Leads", "--anonymize")
    back, told = start("--fixtures", folder), (folder / "import.md").read_text()
    views = answer(shared, "v8", "settings/custom_views?module=Leads")[1]["custom_views"]
    by_domain = [view for view in views if view["name"] in ("Fifty web leads", "One lead in each state", "Patricia's own", "Sam's leads")]
    assert len(by_domain) > 1 and not [view for view in by_domain if f'"{view["name"]}"' in told]
    for view in by_domain:
        assert len(theirs := selected(shared, "Leads", view)) > 1 and selected(back, "Leads", view) == theirs, view["name"]
    assert 'the criteria of "Exactly 50,000" compare a part or the order of texts that are replaced' in told


def texts(value):
    """Every text that stands in a tree as a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {text for one in value for text in texts(one)}
    return {value} if isinstance(value, str) else set()


FREE = {"text", "textarea", "email", "phone", "website"}


def test_without_its_people_nothing_of_them_is_left(source, start, tmp_path):
    plain, folder = imported(source, tmp_path / "plain"), imported(source, tmp_path / "anonymous", "--anonymize")
    originals = {user[key] for user in answer(source, "v8", "users?type=AllUsers")[1]["users"] for key in ("full_name", "email")}
    metadata = set()
    for path in plain.glob("*.json"):
        tree = json.loads(path.read_text())
        types = {(field["module"], field["api_name"]): field["type"] for field in tree.get("fields", [])}
        types |= {(module["api_name"], field["api_name"]): field["type"] for module in tree.get("modules", []) for field in module.get("fields", []) if "type" in field}
        for record in tree.get("records", []):
            originals |= {value for name, value in record["fields"].items() if isinstance(value, str) and types.get((record["module"], name)) in FREE}
        metadata |= texts({name: value for name, value in tree.items() if name not in ("records", "users", "tokens", "clients")})

    def has(text, where):
        return re.search(rf"(?<!\w){re.escape(json.dumps(text)[1:-1])}(?!\w)", where)

    kept = json.dumps(sorted(metadata))  # names of views and the like stay
    originals = {text for text in originals if len(text) >= 4 and not has(text, kept)}
    left = "".join(path.read_text() for path in folder.glob("*"))
    assert len(originals) > 10 and not [text for text in originals if has(text, left)]
    server = start("--fixtures", folder)
    assert [len(records(server, name, "fields=id")) for name in ("Accounts", "Deals")] == [len(records(source, name, "fields=id")) for name in ("Accounts", "Deals")]
    assert imported(source, tmp_path / "again", "--anonymize") and all(path.read_bytes() == (tmp_path / "again" / path.name).read_bytes() for path in folder.iterdir())
