"""crmock check: all faults of a folder at once, by the code of the start."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from server import CRMOCK, WRAPPER, command, own_fixtures, run
from test_fixtures import BASE, FAULTS, changed, folder, lead_nowhere, lead_to_fifo, make_fifo, make_folder, make_too_large, org_of

# Faults that have another beside them: what they take the place of is missing.
BESIDE = ("$.modules[0].fields[", "$.recrods", "$.org: expected no second org", "$.modules[0].api_name: expected letters", "$.records[0].fields.Nonsense", "$.records[0].fields.Kind", "$.records[0].fields.Size", "starts_at[0]")


def told(path):
    """The faults that a check tells, without the line that counts them."""
    done = run("check", path)
    *lines, count = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "") and re.fullmatch(r"\d+ faults? in \d+ files?(, and more)?", count) and int(count.split()[0]) == len(lines), done.stderr
    return lines


def told_below(path):
    return [line.removeprefix(f"{path}/") for line in told(path)]


def started(path):
    """What a start tells, which ends at the first, and counts those behind it."""
    done = run("--port", "0", "--log-level", "error", "--no-cache", "--fixtures", path)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("crmock: ")
    first, *others = done.stderr.removeprefix("crmock: ").splitlines()
    told_by_check = run("check", path).stderr.splitlines()[-1]
    count, more = int(told_by_check.split()[0]) - 1, told_by_check.endswith(", and more")
    assert others == ([f"{'at least ' if more else ''}{count} more fault{'s' if count > 1 else ''}: crmock check {path} tells all"] if count else [])
    return first


@pytest.mark.parametrize("content, said", FAULTS, ids=range(len(FAULTS)))
def test_the_fault_of_a_start_is_told_likewise(tmp_path, content, said):
    path = folder(tmp_path, content)
    lines = told(path)
    assert started(path) in lines
    if not said.startswith(BESIDE):
        assert len(lines) == 1


def test_many_orgs_at_fault_are_told_together(tmp_path):
    """Each of the faulty ones as if it were alone."""
    faulty = [content for content, _ in FAULTS if isinstance(content, dict) and "org" in content and "extends" not in content]
    assert len(faulty) > 100
    for part in range(0, len(faulty), 60):
        place, expected = tmp_path / f"orgs{part}", []
        for number, content in enumerate(faulty[part:part + 60]):
            text = json.dumps(content).replace('"t"', f'"t{number}"').replace("ann@", f"ann{number}@").replace('"client": "c"', f'"client": "c{number}"').replace('"id": "c"', f'"id": "c{number}"')
            (place / f"{number:02}").mkdir(parents=True)
            (place / f"{number:02}" / "org.json").write_text(re.sub(r'"id": "(\d{1,3})"', lambda id: f'"id": "{id[1]}{number:02}000"', text))
            expected += run("check", place / f"{number:02}").stderr.splitlines()[:-1]
        lines = told(place)
        missing = {line.split(": there ")[0] for line in expected} - {line.split(": there ")[0] for line in lines}  # other orgs' clients count
        assert not missing
        files = [line.split(": ")[0] for line in lines]
        assert files == sorted(files)


def test_faults_stand_as_the_files_and_their_places_do(tmp_path):
    content = json.loads(json.dumps(BASE))
    content["records"] = [{"module": "Leads", "id": str(1000 + n), "fields": {"Last_Name": "x", "Size": "y" if n in (2, 11) else 1}} for n in range(12)] + [
        {"module": "Leads", "owner": "bob", "created_time": "now", "generate": 0, "locked": 5, "fields": {"Kind": "Z", "City": 5, "Nonsense": 1}, "x": 1}]
    content["users"].append({"name": 5, "email": "b@small.example", "profile": "Al", "role": "Bos"})
    path = folder(tmp_path, content, "b.json")
    (path / "a.json").write_text('{"views":\n [}')
    (path / "c.json").write_text(json.dumps({"rolls": [], "tokens": [{}], "clients": {}}))
    lines = [line.split(": expected")[0] for line in told_below(path)]
    assert lines == ["a.json: line 2, column 3", *(f"b.json: $.{at}" for at in ("users[1].name", "records[2].fields.Size", "records[11].fields.Size", "records[12].created_time", "records[12].generate", "records[12].locked",
                     "records[12].fields.Kind", "records[12].fields.City", "records[12].fields.Last_Name", "records[12].x")), "c.json: $.rolls", *(f"c.json: $.tokens[0].{name}" for name in ("client", "scopes", "token", "user")), "c.json: $.clients"]
    (path / "a.json").unlink()
    (path / "c.json").unlink()
    assert {"users[1].profile", "users[1].role", "records[12].owner", "records[12].fields.Nonsense", "records[12].fields.Last_Name"} <= {line.split(": ")[1].removeprefix("$.") for line in told_below(path)}


@pytest.mark.parametrize("content, at", [
    (changed("roles", 0, id="x"), "roles[0].id"),  # a user, another role, and by the user a token, a view, a record
    (changed("users", 0, id="x") | {"views": [BASE["views"][0] | {"shared_with": ["ann@small.example"]}], "records": [BASE["records"][0] | {"owner": "ann@small.example", "shared_with": ["ann@small.example"]}]}, "users[0].id"),
    (changed("clients", 0, secret=None), "clients[0].secret"),
    (changed("profiles", 0, id="x"), "profiles[0].id"),
    (changed("territories", 0, id="x") | {"records": [BASE["records"][0] | {"territories": ["Here"]}]}, "territories[0].id"),
    (changed("modules", 0, id="x") | {"fields": [{"module": "Leads", "api_name": "A", "type": "text"}], "workflow_rules": [{"module": "Leads", "name": "R"}]}, "modules[0].id"),
    (changed("modules", 0, territories="yes") | {"records": [BASE["records"][0] | {"territories": ["Here"]}]}, "modules[0].territories"),
    (changed("modules", 0, layouts=[{"name": "L", "id": 1}]) | {"records": [BASE["records"][0] | {"layout": "L"}]}, "modules[0].layouts[0].id"),
    (changed("org", None, time_zone="Mars"), "org.time_zone"),
    (changed("modules", 0, fields=BASE["modules"][0]["fields"] + [{"api_name": "A", "type": "picklst", "values": ["x"], "blueprint": {"name": "B", "starts_at": ["x"]}}]) | {
        "records": [BASE["records"][0] | {"blueprint": "B", "fields": {"Last_Name": "x", "A": "x"}}], "views": [BASE["views"][0] | {"criteria": {"field": {"api_name": "A"}, "comparator": "equal", "value": "x"}}],
        "profiles": [BASE["profiles"][0] | {"fields": {"Leads.A": "hidden"}}], "layouts": [{"module": "Leads", "name": "L", "sections": [{"name": "S", "fields": ["A"]}]}],
        "workflow_rules": [{"module": "Leads", "name": "R", "field": "A", "actions": [{"field": "A", "value": "x"}]}]}, "modules[0].fields[4].type"),
    (changed("modules", 0, fields=BASE["modules"][0]["fields"] + [{"api_name": "A", "type": "picklist", "values": ["x", "y" * 121]}]) | {"records": [BASE["records"][0] | {"fields": {"Last_Name": "x", "A": "y" * 121}}]}, "modules[0].fields[4].values[1]"),
    (changed("modules", 0, part_of="Nothing"), "modules[0].part_of"),
    (BASE | {"extends": "nothing", "views": [{"module": "Deals", "name": "V"}], "records": [{"module": "Deals", "owner": "x", "fields": {"Deal_Name": "x"}}]}, "extends"),
], ids=range(13))
def test_what_is_due_to_another_fault_is_none_of_its_own(tmp_path, content, at):
    assert [line.split(": ")[1] for line in told_below(folder(tmp_path, content))] == [f"$.{at}"]


def test_a_files_faults_are_told_beside_a_file_that_is_none(tmp_path):
    """What a file that can't be read has nobody knows: what refers to it is no fault, all else is."""
    path = folder(tmp_path, "{", "a.json")
    (path / "b.json").write_text(json.dumps({"roles": [{"name": 1}], "users": [{"name": "x", "email": "x", "profile": "P", "role": "R", "created_time": "x"}], "records": [{"module": "Leads", "fields": {"x": 1}}]}))
    assert [line.split(": expected")[0] for line in told_below(path)] == ["a.json: line 1, column 2", "b.json: $.roles[0].name", "b.json: $.users[0].created_time"]


def test_a_name_that_is_wrong_itself_is_a_fault_beside_others(tmp_path):
    """Faults are not hidden by others that have nothing to do with them."""
    content = changed("roles", 1, id="x")
    content["users"].append({"name": "B", "email": "b@small.example", "profile": "All", "role": "Nobody"})
    assert [line.split(": ")[1] for line in told_below(folder(tmp_path, content))] == ["$.roles[1].id", "$.users[1].role"]


def test_ids_that_are_given_twice_are_all_told(tmp_path):
    content = BASE | {"views": [{"id": str(n), "module": "Leads", "name": f"V{n}"} for n in range(500, 505)], "records": [{"module": "Leads", "id": str(n), "fields": {"Last_Name": "x"}} for n in range(502, 520)]}
    path = folder(tmp_path, content)
    assert told_below(path) == [f"org.json: $.records[{n - 502}].id: the id {n} is given twice, before at {path}/org.json: $.views[{n - 500}].id" for n in range(502, 505)]


@pytest.mark.parametrize("content, said", [(BASE, "1 file, 12 entries"), ({"extends": "enterprise"}, "1 file, 0 entries"), ({"extends": "free", "records": [{"module": "Accounts", "fields": {"Account_Name": "x"}}]}, "1 file, 1 entry")])
def test_what_is_as_it_should_be(tmp_path, start, content, said):
    path = folder(tmp_path, content)
    done = run("check", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{said}: as they should be\n", "")
    start("--fixtures", path)


def test_a_folder_of_orgs(tmp_path):
    for number in range(3):
        (tmp_path / "orgs" / f"{number}").mkdir(parents=True)
        (tmp_path / "orgs" / f"{number}" / "org.json").write_text(json.dumps(org_of(number)))
    assert run("check", tmp_path / "orgs").stdout == "3 files, 15 entries: as they should be\n"
    for number, role in ((0, "X"), (2, "Y")):
        (tmp_path / "orgs" / f"{number}" / "org.json").write_text(json.dumps(org_of(number)).replace('"role": "R"', f'"role": "{role}"'))
    assert told_below(tmp_path / "orgs") == [f"{number}/org.json: $.users[0].role: expected the name of a role: there is R" for number in (0, 2)]


def lead_to_itself(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [make_fifo, make_folder, lead_to_fifo, lead_nowhere, lead_to_itself, make_too_large])
def test_what_is_no_file_is_told_and_the_others_are_checked(tmp_path, make):
    path = folder(tmp_path, changed("users", 0, role="Nobody", created_time="x"))
    make(path / "x.json")
    file = started(path)
    assert file in told(path) and told_below(path)[0].startswith("org.json: $.users[0].created_time: ")


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("{}"), lambda path: path.mkdir(), lambda path: path.symlink_to(path)])
def test_what_is_no_folder_of_fixtures(tmp_path, make):
    make(tmp_path / "x")
    lines = told(tmp_path / "x")
    assert lines == [started(tmp_path / "x")] and "expected " in lines[0]


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
@pytest.mark.skipif(bool(WRAPPER), reason="runs a copy of crmock itself")
def test_what_may_not_be_read():
    """Root may read everything; who may not has a crmock where he may come."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        place.chmod(0o755)
        shutil.copy(CRMOCK, place / "crmock")
        path = folder(place, BASE)
        (path / "x.json").write_text("{}")
        (path / "x.json").chmod(0)
        (path / "inner").mkdir(0)
        done = subprocess.run([place / "crmock", "check", path], capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
    assert done.stderr == f"{path}/inner: cannot be read\n{path}/x.json: Permission denied\n2 faults in 2 files\n" and done.returncode == 1


def test_no_argument_and_two():
    for arguments in ([], ["a", "b"]):
        done = run("check", *arguments)
        assert done.returncode == 1 and done.stdout == "" and "crmock check: " in done.stderr
    assert "DIR" in run("help", "check").stdout


def test_more_than_is_told(tmp_path):
    """And no more memory than the same without faults."""
    def records(faulty):
        return [{"module": "Leads", "fields": {"Last_Name": "x", "City": 5 if faulty and n % 2 else "x"}} for n in range(100000)]

    used = []
    for faulty in (False, True):
        path = folder(tmp_path, BASE | {"records": records(faulty)})
        process = subprocess.Popen(command("check", path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        lines = process.stderr.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        used.append(usage.ru_maxrss)
        assert os.waitstatus_to_exitcode(status) == faulty
    assert len(lines) == 1001 and lines[-1] == "1000 faults in 1 file, and more" and lines[0].startswith(f"{path}/org.json: $.records[1].fields.City: ")
    assert used[1] < used[0] * 1.1


def test_hostile_files(tmp_path):
    """Too many, too deep, members without end, line breaks in names."""
    path = folder(tmp_path, BASE)
    (path / "a.json").write_text("[" * 100000)
    (path / "b.json").write_text('{"views": ' + "[" * 900 + "]" * 900 + "}")
    (path / "c.json").write_text("{" + ",".join(f'"m{n}": 1' for n in range(100000)) + "}")
    (path / "d.json").write_text('{"a\\nb\\u001b[1m": 1, "roles": [' + ",".join(['{"name": "R", "name": "R"}'] * 3) + "]}")
    lines = told_below(path)
    assert [line.split(": ")[0] for line in lines].count("c.json") == 64
    assert lines[0].startswith("a.json: line 1, column ") and any(line.startswith("d.json: $.a?b?[1m: expected one of") for line in lines)


def test_a_thousand_files(tmp_path):
    path = folder(tmp_path, BASE | {"roles": 5}, "000.json")
    for number in range(1, 1000):
        (path / f"{number:03}.json").write_text("{}")
    assert told_below(path) == ["000.json: $.roles: expected a list", "256.json: expected at most 256 files for an org"]
    for number in range(1, 1000):
        (path / f"{number:03}.json").write_text("{")
    assert len(told_below(path)) == 1000  # with that of the first


def test_one_bad_extension_of_an_org(tmp_path):
    """Of the org that is extended nothing is at fault, and its names count."""
    path = own_fixtures(tmp_path, {"fields": [{"module": "Deals", "api_name": "Shoe_Size", "type": "integr"}, {"module": "Deal", "api_name": "X", "type": "text"}],
                                   "records": [{"module": "Deals", "fields": {"Deal_Name": "x", "Stage": "Qualified", "Shoe_Size": 1}}]})
    assert [line.split(": ")[1] for line in told_below(path)] == ["$.fields[0].type", "$.fields[1].module", "$.records[0].fields.Stage"]
