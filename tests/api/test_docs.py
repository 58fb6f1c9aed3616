"""What the pages of docs/ say is so."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import gallery
from gallery import page
from sandbox import control
from server import PATIENCE, command, own_fixtures, run

FIXTURES, SDKS = page("fixtures"), page("sdks")
TESTS = pathlib.Path(__file__).resolve().parents[1]


def test_the_options_are_those_of_help():
    """Group by group, in the same order."""
    told = run("--help", env={"ARGP_HELP_FMT": "rmargin=400"}).stdout
    listed = re.findall(r"^ (\w[\w ]*):$|^ +--([a-z-]+)(?:=([A-Z]+))? +(.*) \[\$(\w+)\]$", told, re.M)
    table = re.findall(r"^## (.*)$|^\| `--([a-z-]+)(?: ([A-Z]+))?` \| `(\w+)` \| (.*) \|$", page("options"), re.M)
    assert [(group, name, argument, help, variable) for group, name, argument, variable, help in table] == listed
    assert len(listed) == told.count("[$CRMOCK_") + len({group for group, *_ in listed if group}) > 25


def test_the_commands_are_those_of_help():
    """And those of which one may choose when it does not exist."""
    missing = run("foo", env={"ARGP_HELP_FMT": "rmargin=400"})
    expected = re.search(r"expected (.*)$", missing.stderr).group(1).split(", ")
    told = re.search(r"The commands: (.*);", run("--help", env={"ARGP_HELP_FMT": "rmargin=400"}).stdout).group(1).replace(", which is meant where none is named", "").split(", ")
    assert (missing.returncode, told) == (1, expected)
    assert re.findall(r"^\| `crmock (\w+)(?: [A-Z]+)?` \|", page("options"), re.M) == expected and len(expected) == 7
    for name in expected:
        assert run("help", name).stdout.startswith("Usage: crmock"), name


def test_the_records_of_an_import_are_as_many_as_the_page_says():
    [said] = re.findall(r"--records N` is how many records of each module are read \(default (\d+)\)", page("import"))
    assert re.search(r"--records=N .*\(default (\d+)\)", run("help", "import", env={"ARGP_HELP_FMT": "rmargin=400"}).stdout).group(1) == said


def pasted(text):
    """The lines with a mass update that a reader pastes."""
    return re.findall(r"^curl -X POST .*'$", text, re.M)


def blocks(text):
    """Language and text of each block."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.M | re.S)


@pytest.mark.parametrize("path", [path for path in sorted(gallery.DOCS.glob("*.md"))], ids=lambda path: path.stem)
def test_what_is_for_a_shell_is_called_so(path):
    """Tests look for it by that name: a block of another one would be run by nobody."""
    for language, text in blocks(path.read_text()):
        assert language in ("", "sh", "text", "json", "python", "js", "go", "java", "php", "ruby", "csharp", "nginx"), language
        assert language in ("sh", "php") or not re.search(r"^ *(?:curl|crmock|build/crmock|make|docker) (?!listening|proxying|parity:)[-\w'\"]", text, re.M), text


@pytest.mark.parametrize("line", [line for name in ("fixtures", "jobs-and-automation") for language, text in blocks(page(name)) if language == "sh" for line in re.findall(r"^curl .*?(?= +#|$)", text, re.M) if line not in pasted(page(name))])
def test_the_control_calls_work_when_pasted(fresh, line):
    assert gallery.curl(fresh, line)[0] in (200, 201)


@pytest.mark.parametrize("line", [line for name in ("endpoints", "jobs-and-automation") for line in pasted(page(name))])
def test_the_requests_work_when_pasted(fresh, line):
    status, answer, _, _ = gallery.curl(fresh, line)
    assert status in (200, 207) and answer["data"][0]["status"] == "success"


def test_a_job_is_asked_for_as_printed(fresh):
    [line] = pasted(page("endpoints"))
    [question] = re.findall(r"^curl '.*JOB_ID'.*$", page("endpoints"), re.M)
    job_id = gallery.curl(fresh, line)[1]["data"][0]["details"]["job_id"]
    status, answer, _, _ = gallery.curl(fresh, question.replace("JOB_ID", job_id))
    assert status == 200 and answer["data"][0]["Status"] in ("SCHEDULED", "RUNNING", "COMPLETED")


def test_the_keys_of_a_call_are_those_of_the_document(shared):
    text = page("endpoints")
    part = text[text.index("| Key | Shape | Meaning |"):text.index("Its token needs the scope")]
    keys = re.findall(r"^\| `(\w+)` \|", part, re.M)
    assert sorted(keys) == sorted(shared.document().json["components"]["schemas"]["MassUpdate"]["properties"])


def test_the_keys_of_a_call_do_what_is_said(start):
    server = start("--job-delay", "600000")
    view = {"data": [{"Lead_Source": "Chat"}], "cvid": "554023000000091501"}
    one = {"field": {"api_name": "Last_Name"}, "comparator": "not_equal", "value": "Nobody"}
    shapes = one, [one, one], {"group_operator": "or", "group": [one, one]}
    assert [server.update("Leads", view | {"criteria": criteria}).headers["X-Crmock-Rule"] for criteria in shapes] == [None, "E12", "E12"]
    for key, value in {"cvid": "554023000000091501", "criteria": one, "territory": {"id": "554023000000430409"}}.items():
        assert server.update("Leads", {"data": [{"Lead_Source": "Chat"}], "ids": ["554023000000600001"], key: value}).headers["X-Crmock-Rule"] == "E32"


def endpoints():
    """Method, path and scopes of every endpoint, as the code says them."""
    for path in (TESTS.parent / "server" / "api" / "endpoints").glob("*.c"):
        source = path.read_text()
        macros = dict(re.findall(r'^#define (\w+_PATH) (.*)$', source, re.M))

        def text(code):
            return "".join(macros_text if macros_text else text(macros[name]) for macros_text, name in re.findall(r'"([^"]*)"|(\w+_PATH)', code))
        for body in re.findall(r"^const struct endpoint \w+ = \{(.*?)^\};", source, re.M | re.S):
            method, where = re.search(r'\.method = "(\w+)"', body).group(1), re.search(r"\.path = (.*?),", body).group(1)
            scopes = re.findall(r'\.(?:scope|also) = \{"(\w+)", "(\w+)", (?:"(\w+)"|NULL)\}', body)
            yield method, text(where), tuple(".".join(part for part in ("ZohoCRM", group, word, operation) if part) for group, operation, word in scopes)


def test_the_endpoints_are_those_of_the_code():
    text = page("endpoints")
    part = text[text.index("| Path | Methods | Scopes |"):text.index("Beside them are `/oauth/v2/auth`")]
    listed = set()
    for paths, methods, scopes in re.findall(r"^\| (`/.*?`) \| ([A-Z, ]+) \| (.*?) \|", part, re.M):
        names = re.findall(r"`([\w.]+)`", scopes)
        more = names.pop() if "likewise of" in scopes else None
        for path in re.findall(r"`(.*?)`", paths):
            for method, name in zip(methods.split(", "), names, strict=True):
                listed.add((method, "/crm/{version}" + path, (name, f"{more}.{name.split('.')[-1]}") if more else (name,)))
    assert listed == set(endpoints()) and len(listed) > 30


@pytest.mark.parametrize("path", re.findall(r"`(/[\w/.]+)`", re.search(r"^Beside them are (.*?)\. A required", page("endpoints"), re.M | re.S).group(1)))
def test_what_is_beside_them_is_there(shared, path):
    assert shared.request("PATCH", path, token=None).status in (400, 405)


def test_the_job_that_fails(fresh):
    line = re.search(r"A job ends `FAILED`.*?```sh\n(.*?)\n```", page("jobs-and-automation"), re.S).group(1)
    _, answer, _, _ = gallery.curl(fresh, line)
    job = fresh.ended("Leads", answer["data"][0]["details"]["job_id"])
    assert job["Status"] == "FAILED" and job["Failed_Count"] == job["Total_Count"] > 1


def test_the_requests_for_tokens_are_answered_as_printed(fresh):
    pairs = re.findall(r"```sh\n(curl http://127\S+/oauth/v2/token .*?)\n```\n\n```json\n(.*?)\n```", page("oauth"))
    assert [re.search(r"grant_type=(\w+)", line).group(1) for line, _ in pairs] == ["refresh_token", "client_credentials"]
    for line, printed in pairs:
        status, answer, _, _ = gallery.curl(fresh, line)
        token, expected = answer.pop("access_token"), json.loads(printed.replace(gallery.BASE, fresh.url))
        assert status == 200 and len(expected.pop("access_token")) == len(token) and answer == expected
        assert fresh.update("Leads", {"data": [{"City": "Arta"}], "ids": ["554023000000600001"]}, token=token).status == 200


def test_a_login_without_a_browser(fresh):
    lines = re.search(r"```sh\n(form=.*?)\n```", page("oauth"), re.S).group(1).replace(gallery.BASE, fresh.url)
    done = subprocess.run(["bash", "-c", lines.replace("curl -i", "curl -si")], capture_output=True, text=True, check=True)
    code = re.search(r"^Location: http://localhost:3000/callback\?code=([^&]+)&", done.stdout, re.M).group(1)
    line = re.search(r"^curl .* -d code=CODE$", page("oauth"), re.M).group().replace("code=CODE", f"code={code}")
    _, answer, _, _ = gallery.curl(fresh, line)
    assert fresh.update("Leads", {"data": [{"City": "Arta"}], "ids": ["554023000000600001"]}, token=answer["access_token"]).status == 200


def test_the_login_asks_for_what_a_mass_update_needs():
    scopes = re.search(r"^http://127\S+/oauth/v2/auth\?\S*&scope=([^&]+)&", page("oauth"), re.M).group(1)
    assert "ZohoCRM.mass_update.ALL" in scopes.split(",")


def test_the_one_in_a_blueprint_refuses_one_field(shared):
    answers = [shared.update("Leads", {"data": [fields], "ids": ["554023000000600019"]}).headers["X-Crmock-Rule"] for fields in ({"Lead_Status": "Contacted"}, {"Lead_Source": "Chat"})]
    assert answers == ["E9", None]


def test_an_org_from_nothing(start, tmp_path):
    part = FIXTURES[FIXTURES.index("## An org from nothing"):]
    (tmp_path / "org.json").write_text(re.search(r"```json\n(\{\n.*?\n\})\n```", part, re.S).group(1))
    server = start("--fixtures", tmp_path)
    call = {"data": [{"Lead_Source": "Fair"}], "cvid": "9001"}
    job_id = server.request("POST", "/crm/v8/Leads/actions/mass_update", call, token="1000.greta").body["data"][0]["details"]["job_id"]
    job = server.request("GET", f"/_crmock/jobs/{job_id}?wait=60").body
    assert (job["status"], job["updated"]) == ("COMPLETED", 10), job


def test_the_fixture_example_loads(start, tmp_path):
    example = re.search(r"```json\n(\{\n.*?\n\})\n```", FIXTURES, re.S).group(1)
    server = start("--fixtures", own_fixtures(tmp_path, json.loads(example)))
    assert server.update("Deals", {"data": [{"Shoe_Size": 1}], "ids": ["77"]}).headers["X-Crmock-Rule"] == "E27"


def test_the_example_of_automation_works(start, tmp_path):
    text = page("jobs-and-automation")
    [example] = re.findall(r"```json\n(\{\n.*?\n\})\n```", text, re.S)
    server = start("--fixtures", own_fixtures(tmp_path, json.loads(example)), db=tmp_path / "store.db")
    deal = "554023000000497007"
    assert server.update("Deals", {"data": [{"Lead_Source": "Advertisement", "Type": "New Business"}], "ids": [deal]}).status == 200
    assert server.fields(deal)["Next_Step"] == "Thank them"
    assert server.update("Deals", {"data": [{"Lead_Source": "Advertisement"}], "ids": [deal]}).headers["X-Crmock-Rule"] == "E14"
    for line in re.findall(r'^sqlite3 store.db "(.*)"$', text, re.M):
        assert len(server.query(line)) >= 1


def test_the_members_of_fixtures_are_those_that_are_read():
    part = FIXTURES[FIXTURES.index("| Section | An entry |"):FIXTURES.index("Ids that are left out")]
    listed = {word for code in re.findall(r"`([^`]*)`", part) for word in re.findall(r"\w+", code)}
    source = "".join(path.read_text() for path in (TESTS.parent / "server" / "fixture").glob("*.c"))
    calls = re.findall(r'(?:node_has_only\(&?\w+,|file_members\[\] =)((?:\s*"[^"]*")+)', source)
    read = {word for call in calls for text in re.findall(r'"([^"]*)"', call) for word in text.split()}
    assert len(calls) > 8 and read <= listed


def told(tmp_path, field, comparator="equal"):
    """What a start says about fixtures with such a field, and a view that compares it."""
    content = {"org": {"name": "Small"}, "modules": [{"api_name": "Leads", "fields": [{"api_name": "A"} | field]}],
               "views": [{"module": "Leads", "name": "All", "criteria": {"api_name": "A", "comparator": comparator, "value": None}}]}
    folder = tmp_path / "told"
    folder.mkdir(exist_ok=True)
    (folder / "org.json").write_text(json.dumps(content))
    done = run("--port", "0", "--no-cache", "--fixtures", folder)
    assert done.returncode == 1
    return done.stderr


def with_what_it_needs(type):
    return {"type": type} | ({"values": ["x"]} if "picklist" in type else {}) | ({"lookup": "Leads"} if type in ("lookup", "multiselectlookup") else {})


def test_the_types_of_fields_are_those_of_the_code(tmp_path):
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \| (yes|never) \|$", FIXTURES, re.M)
    assert [type for type, _, _ in rows] == re.search(r"one of (.*)", told(tmp_path, {"type": "x"})).group(1).split(", ")
    for type, length, mass_update in rows:
        assert re.search(r"from 1 to (\d+)", told(tmp_path, with_what_it_needs(type) | {"length": 10**8})).group(1) == length, type
        refused = "never mass updated" in told(tmp_path, with_what_it_needs(type) | {"mass_update": True}, "x")
        assert refused == (mass_update == "never"), type


DEFAULTS = re.findall(r"^\| (`(?:org|\w+)`[^|]*) \| `(\w+)` \| ([^|]*) \| ([^|]*) \|$", FIXTURES[FIXTURES.index("| Section | Member | Default | Decides |"):FIXTURES.index("## The built-in orgs")], re.M)


def test_the_flags_and_their_defaults_are_those_of_the_code():
    source = "".join(path.read_text() for path in (TESTS.parent / "server" / "fixture").glob("*.c"))
    read = set(re.findall(r'may_flag\((?:&?\w+|\w+->node), "(\w+)", (true|false)\)', source)) - {("custom", "false")}
    # of a record's states, as they were before: off, in a new one; and a new lock is its owner's
    read |= {(name, "false") for name in re.findall(r'\bflag\(node, "(\w+)", was->\w+\)', source)}
    read |= {(name, "false") for name in re.findall(r'may_flag\(lock, "(by_rule)", otherwise == 0', source)}
    listed = {(member, default.strip("`")) for _, member, default, _ in DEFAULTS if default in ("`true`", "`false`")} - {("custom", "false")}
    assert listed == read and len(listed) > 15


def test_the_members_with_defaults_are_members():
    part = FIXTURES[FIXTURES.index("| Section | An entry |"):FIXTURES.index("Ids that are left out")]
    for sections, member, _, _ in DEFAULTS:
        for section in re.findall(r"`(\w+)`", sections.partition(", in ")[0]):
            line = re.search(rf"^\| (?:`\w+`, )*`{section}`.*$", part, re.M).group()
            assert re.search(rf"\b{member}\b", line) or member in ("label", "layouts"), (section, member)


def small(**changes):
    """A small org of which some entries have members more: section to members; "permission" are those of the profile in its module, "field" its field's."""
    also = {name: changes.get(name, {}) for name in ("org", "profiles", "permission", "modules", "field", "records")}
    return {"org": {"name": "Small"} | also["org"], "roles": [{"name": "Boss"}], "territories": [{"id": "9", "name": "Here"}], "clients": [{"id": "c", "secret": "s"}],
            "profiles": [{"name": "All", "modules": {"Leads": also["permission"]}} | also["profiles"]],
            "users": [{"name": "Ann", "email": "a@small.example", "profile": "All", "role": "Boss"}],
            "tokens": [{"token": "t", "client": "c", "user": "a@small.example", "scopes": "ZohoCRM.mass_update.ALL,ZohoCRM.modules.ALL"}],
            "modules": [{"api_name": "Leads", "territories": True, "fields": [{"api_name": "City", "type": "text"} | also["field"]]} | also["modules"]],
            "views": [{"id": "50", "module": "Leads", "name": "All"}], "records": [{"id": "100", "module": "Leads", "fields": {"City": "Arta"}} | also["records"]]}


BY_ID, BY_VIEW = {"data": [{"City": "Volos"}], "ids": ["100"]}, {"data": [{"City": "Volos"}], "cvid": "50"}
IN_TERRITORY = BY_VIEW | {"territory": {"id": "9"}}


def rule_of(server, body, path="/crm/v8/Leads/actions/mass_update", method="POST"):
    return server.request(method, path, body, token="t").headers["X-Crmock-Rule"]


JOB, RECORDS = ((None, "/crm/v8/Leads/actions/mass_update?job_id=1", "GET"), ({"data": [{"City": "x"}]}, "/crm/v8/Leads"))


@pytest.mark.parametrize("place, member, value, call", [
    ("org", "territories", False, [IN_TERRITORY]), ("org", "scheduled_mass_update", False, [BY_VIEW]),
    ("profiles", "schedule_mass_update", False, [BY_VIEW]), ("profiles", "read_jobs", False, JOB), ("profiles", "api_access", False, [BY_ID]),
    ("permission", "read", False, JOB), ("permission", "write", False, RECORDS), ("permission", "mass_update", False, [BY_ID]),
    ("modules", "territories", False, [IN_TERRITORY]), ("field", "mass_update", False, [BY_ID]), ("field", "scheduled_mass_update", False, [BY_VIEW]),
    ("field", "visible", False, [BY_ID]), ("field", "read_only", True, [BY_ID]), ("field", "layout_rule", {"name": "R"}, [BY_ID]), ("field", "validation_rule", {"name": "R"}, [BY_ID]),
    ("records", "converted", True, [BY_ID]), ("records", "locked", True, [BY_ID]), ("records", "stop_processing", True, [BY_ID]), ("records", "busy_with", "duplicate_merge", [BY_ID]),
    ("records", "image_review", "rejected", [BY_ID]), ("records", "approval", "waiting", [BY_ID]), ("records", "fault", True, [BY_ID])])
def test_what_members_decide(start, tmp_path, place, member, value, call):
    section = {"permission": "`profiles`, in `modules`", "field": "`fields`"}.get(place, f"`{place}`")
    [decides] = [decides for sections, name, _, decides in DEFAULTS if (sections, name) == (section, member)]
    content = small(**{place: {member: value}})
    if (place, member) == ("field", "visible"):
        content["records"] = [{"id": "100", "module": "Leads"}]
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "org.json").write_text(json.dumps(content))
    assert re.search(r"\b[DEGMOP]\d+\b", decides).group() == rule_of(start("--fixtures", tmp_path / "small"), *call)


def test_the_edition_refuses_nothing_by_itself(start, tmp_path):
    (tmp_path / "org.json").write_text(json.dumps(small(org={"edition": "of my own"})))
    server = start("--fixtures", tmp_path)
    assert [rule_of(server, body) for body in (BY_ID, IN_TERRITORY, BY_VIEW)] == [None, "E15", None]


def test_the_fields_that_modules_get_by_themselves():
    listed = re.search(r"^Each module gets these fields by itself: (.*)\.$", FIXTURES, re.M).group(1)
    source = (TESTS.parent / "server" / "fixture" / "module.c").read_text()
    assert re.findall(r"`(\w+)`", listed) == re.findall(r'\{"(\w+)", ', re.search(r"system_fields\[\] = \{(.*?)\};", source, re.S).group(1))


def test_the_names_of_the_built_in_orgs():
    part = FIXTURES[FIXTURES.index("| Org | What | Names |"):FIXTURES.index("A module without layouts in this table")]
    listed = {(org, what): re.findall(r"`(.*?)`", names) for org, what, names in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", part, re.M)}
    found = {}
    for path in sorted((TESTS.parent / "fixtures").glob("*/*.json")):
        content, org = json.loads(path.read_text()), path.parent.name
        for section, member in {"roles": "name", "profiles": "name", "users": "email", "territories": "name", "clients": "id", "pipelines": "name", "modules": "api_name"}.items():
            found.setdefault((org, section), []).extend(entry[member] for entry in content.get(section, []))
        for module in content.get("modules", []):
            found[org, f"layouts of `{module['api_name']}`"] = [layout["name"] for layout in module.get("layouts", [])]
            found[org, f"blueprints of `{module['api_name']}`"] = [field["blueprint"]["name"] for field in module["fields"] if "blueprint" in field]
        assert not {"layouts", "blueprints"} & content.keys()
    assert listed == {key: names for key, names in found.items() if names}


def test_the_comparators_are_those_of_the_code(tmp_path):
    part = FIXTURES[FIXTURES.index("## Comparators"):FIXTURES.index("## Scopes")]
    rows = [[re.findall(r"`(\w+)`", cell) for cell in row] for row in re.findall(r"^\| (`.*`) \| (`.*`) \|$", part, re.M)]
    types = re.findall(r"^\| `(\w+)` \| .* \| \d+ \|", FIXTURES, re.M)
    assert sorted(type for listed, _ in rows for type in listed) == sorted(types)
    for listed, comparators in rows:
        for type in listed:
            assert re.search(r"one of (.*)", told(tmp_path, with_what_it_needs(type), "x")).group(1).split(", ") == comparators, type


def test_the_operations_of_scopes_are_those_of_the_code():
    listed = re.search(r"where the operation is (.*):$", FIXTURES, re.M).group(1)
    source = (TESTS.parent / "server" / "base" / "scopes.c").read_text()
    assert re.findall(r"`(\w+)`", listed) == re.findall(r'"(\w+)"', re.search(r"operations\[\] = \{(.*?)\}", source, re.S).group(1))


def test_extending_leaves_the_other_orgs_out(start, tmp_path):
    server = start("--fixtures", own_fixtures(tmp_path, {}))
    assert [server.request("GET", "/crm/v8/org", token=f"1000.crmock.{who}").status for who in ("admin", "professional", "free")] == [200, 401, 401]


def test_the_example_of_a_clock_that_stands(start, tmp_path):
    lines = re.findall(r"^build/crmock --db kept.db (--now \S+) +# (.*)$", page("jobs-and-automation"), re.M)
    token = None
    for (options, said), status in zip(lines, (200, 401), strict=True):
        server = start(*options.split(), db=tmp_path / "kept.db")
        if token is None:
            token = server.request("POST", "/oauth/v2/token?client_id=1000.CRMOCK&client_secret=crmock-secret&grant_type=refresh_token&refresh_token=1000.crmock.refresh", token=None).body["access_token"]
        answer = server.update("Leads", {"data": [{"City": "Arta"}], "ids": ["554023000000600001"]}, token=token)
        assert answer.status == status and (answer.headers["X-Crmock-Rule"] or "works") in said
        server.stop()


def test_the_example_of_a_clock_that_is_moved(start):
    [(line, said)] = re.findall(r"^(curl http\S+/clock/advance .*?) +# (.*)$", page("jobs-and-automation"), re.M)
    server = start("--now", "2026-01-31T09:30:00Z")
    token = server.request("POST", "/oauth/v2/token?client_id=1000.CRMOCK&client_secret=crmock-secret&grant_type=refresh_token&refresh_token=1000.crmock.refresh", token=None).body["access_token"]

    def update():
        return server.update("Leads", {"data": [{"City": "Arta"}], "ids": ["554023000000600001"]}, token=token)
    assert update().status == 200
    assert gallery.curl(server, line)[:2] == (200, {"now": "2026-01-31T10:30:00Z", "mode": "fixed"})
    assert update().headers["X-Crmock-Rule"] in said


def test_what_cannot_be_steered_yet(fresh, tmp_path):
    """Relative dates are refused in fixtures and in calls; the fault of a record is changed while crmock runs."""
    part = FIXTURES[FIXTURES.index("## What cannot be steered yet"):FIXTURES.index("## Types of fields")]
    [date] = re.findall(r"`(\$\{\w+\})`", part)
    criteria = {"field": {"api_name": "Created_Time"}, "comparator": "greater_than", "value": date}
    answer = fresh.request("POST", "/_crmock/fixtures", {"views": [{"module": "Leads", "name": "Today", "criteria": criteria}]}, token=None)
    assert (answer.status, answer.body["at"]) == (422, "$.views[0].criteria")
    assert fresh.update("Leads", {"data": [{"City": "Arta"}], "cvid": "554023000000091501", "criteria": criteria}).headers["X-Crmock-Rule"] == "E32"
    place = own_fixtures(tmp_path, {"views": [{"module": "Leads", "name": "Today", "criteria": criteria}]})
    assert "$.views[0].criteria" in run("--port", "0", "--no-cache", "--fixtures", place).stderr
    lead = {"data": [{"City": "Arta"}], "ids": ["554023000000600001"]}
    for fault, rule in ((True, "E23"), (None, None)):
        assert fresh.request("PATCH", "/_crmock/records/Leads/554023000000600001", {"fault": fault}, token=None).status == 200
        assert fresh.update("Leads", lead).headers["X-Crmock-Rule"] == rule


@pytest.mark.parametrize("line", [line for name in ("jobs-and-automation", "oauth") for line in re.findall(r"^build/(crmock --(?:token|job|now|auto).*?) +#", page(name), re.M)])
def test_the_lines_that_start_it_do(start, line):
    server = start(*line.split()[1:])
    assert server.request("GET", "/healthz", token=None).status == 200


def test_every_token_and_id_in_the_tables_exists(shared):
    part = FIXTURES[FIXTURES.index("## What is in the default fixtures"):FIXTURES.index("## Fixtures of your own")]
    tokens = {token for token, in shared.query("SELECT token FROM oauth_token WHERE token LIKE '1000.crmock.%'")}
    assert set(re.findall(r"`(1000\.crmock\.\w+)`", part)) == tokens
    for id in re.findall(r"55402\d{13}", part):
        assert shared.query("SELECT 1 FROM record WHERE id = ?1 UNION SELECT 1 FROM custom_view WHERE id = ?1"
                            " UNION SELECT 1 FROM territory WHERE id = ?1", int(id)), id


@pytest.mark.parametrize("language, suite, name", [("js", "nodejs-sdk-8.0", "first.mjs"), ("python", "zohocrmsdk8-0", "first.py")])
def test_the_programs_for_the_sdks(fresh, language, suite, name):
    """As they are printed, where the SDKs are installed; make test-sdk installs them, and runs these, too."""
    folder = TESTS.parent / "build" / "sdk"
    if not (folder / "installed").exists():
        pytest.skip("the SDKs are not installed: make test-sdk")
    sys.path.append(str(TESTS / "sdk"))
    loader = importlib.machinery.SourceFileLoader("sdk_tests", str(TESTS / "sdk" / "run.py"))  # there are others called run
    sdk_tests = importlib.util.module_from_spec(importlib.util.spec_from_loader("sdk_tests", loader))
    loader.exec_module(sdk_tests)
    [(_, _, command, _)] = [program for program in sdk_tests.PROGRAMS if (program[0], program[1], program[3]) == (language, name, suite)]
    assert sdk_tests.run_program(language, name, command, fresh.url, folder)
    assert fresh.fields("554023000000497007")["Lead_Source"] == "Advertisement"


@pytest.mark.parametrize("language, name, command", [("go", "main.go", ["go", "run"]), ("python", "main.py", [sys.executable]), ("js", "main.mjs", ["node"])])
def test_the_programs_without_an_sdk(fresh, tmp_path, language, name, command):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} on this machine to run the page's program with")
    [program] = re.findall(rf"```{language}\n(.*?)```", SDKS[SDKS.index("## Go, and whatever else speaks HTTP"):], re.S)
    (tmp_path / name).write_text(program.replace("http://127.0.0.1:8080", fresh.url))
    environment = {"GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(TESTS.parent / "build" / "go"), "GOFLAGS": ""}
    done = subprocess.run([*command, name], cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    status, body = done.stdout.split(" ", 1)
    assert status == "200" and json.loads(body)["data"][0]["message"] == "record updated"


def test_the_sdks_listed_are_those_that_run():
    listed = SDKS[:SDKS.index("## Node.js")]
    npm = {f"{base}-sdk-{number}" for base, numbers in re.findall(r"`@zohocrm/(\w+)-sdk-([^@]*?)(?=`@zoho|PyPI)", listed, re.S) for number in re.findall(r"\d\.\d", numbers)}
    python = {f"zohocrmsdk{number}" for number in re.findall(r"\d-\d", listed[listed.index("PyPI"):])} | set(re.findall(r"`(zcrmsdk)`", listed))
    source = (TESTS / "sdk" / "run.py").read_text()
    assert npm | python == set(re.findall(r'Suite\("([\w.-]+)"', source))
    others = re.findall(r"^\| `([\w-]+)` ([\d.]+) \|", SDKS, re.M)
    assert {name for name, _ in others} == set(re.findall(r'Client\("([\w.-]+)"', source))
    assert all(f" {name}=={version}" in (TESTS.parent / "Makefile").read_text() for name, version in others)


def exist(tests):
    """The tests that a table names are there, and there is one."""
    source = "".join(path.read_text() for path in TESTS.rglob("*.[pc]*"))
    names = re.findall(r"`(\w+)(?:\.py)?`", tests)
    return bool(names) and all(f"def {name}" in source or f"START_TEST({name})" in source or (TESTS / "api" / f"{name}.py").exists() for name in names)


def test_the_decisions_name_tests_that_exist():
    rows = re.findall(r"^\| (D\d+) \| .* \| (.*) \|$", page("decisions"), re.M)
    assert [name for name, _ in rows] == [f"D{n}" for n in range(1, len(rows) + 1)] and len(rows) >= 13
    assert all(exist(tests) for _, tests in rows)


def test_the_table_of_versions_names_tests_that_exist():
    rows = re.findall(r"^\| (?!-|\| v2)(.*) \| (.*) \|$", page("versions"), re.M)
    assert len(rows) == 12 and all(exist(tests) for _, tests in rows)


def test_the_field_facts_name_tests_that_exist():
    rows = re.findall(r"^\| (F\d+) \| .* \| (.*) \|$", page("field-facts"), re.M)
    assert [name for name, _ in rows] == [f"F{n}" for n in range(1, 23)]
    assert all(exist(tests.replace("`make test-sdk`", "").replace("`make test-browser`", "")) for _, tests in rows)
