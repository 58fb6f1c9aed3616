"""Fixtures: what they may say, and how faults in them are told."""
import json
import os
import socket
import stat
import sqlite3

import pytest

from server import Server, own_fixtures, run

BASE = {
    "org": {"id": "1", "name": "Small"},
    "roles": [{"name": "Boss"}, {"name": "Staff", "reports_to": "Boss"}],
    "profiles": [{"name": "All", "administrator": True, "modules": {"*": {}}}],
    "users": [{"id": "2", "name": "Ann", "email": "ann@small.example", "profile": "All", "role": "Boss"}],
    "territories": [{"name": "Here"}, {"name": "There", "parent": "Here"}],
    "clients": [{"id": "c", "secret": "s"}],
    "tokens": [{"token": "t", "client": "c", "user": "ann@small.example", "scopes": "ZohoCRM.mass_update.ALL"}],
    "modules": [{"api_name": "Leads", "territories": True, "fields": [
        {"api_name": "Last_Name", "type": "text", "length": 10, "mandatory": True}, {"api_name": "City", "type": "text"}, {"api_name": "Kind", "type": "picklist", "values": ["A", "B"]},
        {"api_name": "Size", "type": "integer"}]}],
    "views": [{"id": "50", "module": "Leads", "name": "All"}],
    "records": [{"id": "100", "module": "Leads", "fields": {"Last_Name": "One"}}],
}


def folder(tmp_path, content, name="org.json"):
    path = tmp_path / "fixtures"
    path.mkdir(exist_ok=True)
    (path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_one_small_file_is_enough(tmp_path, start):
    server = start("--fixtures", folder(tmp_path, BASE), db=tmp_path / "s.db")
    assert server.update("Leads", {"data": [{"City": "Arta"}], "ids": ["100"]}, token="t").status == 200
    assert server.ended_with("t", "Leads", {"data": [{"Kind": "A"}], "cvid": "50"})["Updated_Count"] == 1


def test_a_folder_of_orgs(tmp_path, start):
    other = json.loads(json.dumps(BASE).replace('"t"', '"u"').replace("ann@", "bob@").replace('"c"', '"d"').replace('"1"', '"3"').replace('"2"', '"4"').replace('"50"', '"51"').replace('"100"', '"101"'))
    for name, content in (("a", BASE), ("b", other)):
        (tmp_path / "orgs" / name).mkdir(parents=True)
        (tmp_path / "orgs" / name / "all.json").write_text(json.dumps(content))
    server = start("--fixtures", tmp_path / "orgs")
    for token, record, status in [("t", "100", 200), ("u", "101", 200), ("t", "101", 400), ("u", "100", 400)]:
        assert server.update("Leads", {"data": [{"City": "Arta"}], "ids": [record]}, token=token).status == status


def test_a_folder_may_extend_a_built_in_org(tmp_path, start):
    content = {"extends": "enterprise", "fields": [{"module": "Deals", "api_name": "Shoe_Size", "type": "integer", "custom": True}],
               "records": [{"module": "Deals", "id": "77", "locked": True, "fields": {"Deal_Name": "Mine", "Stage": "Qualification", "Shoe_Size": 43}}]}
    server = start("--fixtures", folder(tmp_path, content))
    body = {"data": [{"Shoe_Size": 44}], "ids": ["77", "554023000000497007"]}
    assert [entry["code"] for entry in server.update("Deals", body).body["data"]] == ["RECORD_LOCKED", "SUCCESS"]


def test_generated_records(tmp_path, start):
    records = [{"module": "Leads", "id": "1000", "generate": 7, "territories": ["There"], "fields": {"Last_Name": "L{n}/{n}", "Kind": {"$cycle": ["A", "B", None]}, "Size": {"$cycle": [1, 2]}}}]
    server = start("--fixtures", folder(tmp_path, BASE | {"records": records}), db=tmp_path / "s.db")
    assert [server.fields(1000 + n) for n in range(7)] == [{"Last_Name": f"L{n + 1}/{n + 1}", "Kind": ["A", "B", None][n % 3], "Size": [1, 2][n % 2]} for n in range(7)]
    assert server.query("SELECT count(*) FROM record_territory") == [(7,)]


def changed(section, entry, **members):
    """BASE with members of one entry of a section changed; a None takes the member away."""
    content = json.loads(json.dumps(BASE))
    target = content[section] if entry is None else content[section][entry]
    for name, value in members.items():
        target[name] = value
        if value is None:
            del target[name]
    return content


FAULTS = [
    ('{"org": {},\n "roles" 1}', "line 2, column 10: expected JSON"),
    ('{"org": 01}', "line 1, column 9: expected JSON"),
    ("[]", "$: expected an object"),
    ("{}", "$: expected an org"),
    ({"recrods": []}, "$.recrods: expected one of the members"),
    (BASE | {"records": {}}, "$.records: expected a list"),
    (BASE | {"records": [1]}, "$.records[0]: expected an object"),
    (changed("org", None, time_zone="Mars/Base"), "$.org.time_zone: expected a time zone"),
    *[(changed("org", None, time_zone=name), "$.org.time_zone: expected a time zone") for name in ("/etc/passwd", "/tmp/zone", "../zoneinfo/UTC", "Asia//Kolkata", "Asia", "zone.tab", "leapseconds", "+05:30")],
    (changed("users", 0, created_time="9999-12-31T23:59:59Z"), "$.users[0].created_time: expected a time of the years 0001 to 9999"),
    (changed("records", 0, modified_time="0001-01-01T00:00:00Z"), "$.records[0].modified_time: expected a time of the years"),
    (changed("records", 0, locked={"time": "9999-12-31T00:00:00Z"}), "$.records[0].locked.time: expected a time of the years"),
    (changed("org", None, name=None), "$.org.name: expected a text"),
    (changed("org", None, territories="yes"), "$.org.territories: expected true or false"),
    (changed("roles", 1, reports_to="Nobody"), "$.roles[1].reports_to: expected the name of a role"),
    (changed("roles", 0, reports_to="Staff"), "expected a role that is not below"),
    (changed("territories", 0, parent="There"), "expected a territory that is not below"),
    (changed("profiles", 0, modules={"Nonsense": {}}), "$.profiles[0].modules.Nonsense: expected the API name of a module"),
    (changed("profiles", 0, fields={"Leads.X": "hidden"}), "$.profiles[0].fields.Leads.X: Leads has no field X: there are "),
    *[(changed("profiles", 0, **{member: wrong}), f"$.profiles[0].{member}: expected an object: ") for member in ("modules", "fields") for wrong in ([{}], ["hidden"], "x")],
    (changed("profiles", 0, fields={"Leads": "hidden"}), '$.profiles[0].fields.Leads: expected a member named "Module.Field"\n'),
    (changed("profiles", 0, fields={"Nonsense.X": "hidden"}), '$.profiles[0].fields.Nonsense.X: expected a member named "Module.Field" of a module of the org: there is Leads\n'),
    (changed("profiles", 0, fields={"Leads.City": "secret"}), "$.profiles[0].fields.Leads.City: expected one of read_only, hidden"),
    (changed("users", 0, profile="Nobody"), "$.users[0].profile: expected the name of a profile"),
    (changed("users", 0, id="x"), "$.users[0].id: expected an id"),
    (changed("users", 0, id=5), "$.users[0].id: expected an id"),
    (changed("tokens", 0, user="bob"), "$.tokens[0].user: expected the email of a user"),
    (changed("tokens", 0, client="x"), "$.tokens[0].client: expected the id of a client"),
    (changed("tokens", 0, kind="x"), "$.tokens[0].kind: expected one of access, refresh"),
    *[(changed("tokens", 0, expires=wrong), "$.tokens[0].expires: expected a time like 2026-01-31T09:30:00+05:30, or a duration from the load, like PT2S") for wrong in ("tomorrow", "P1M", "PT", "P1DT", 5, "")],
    (changed("tokens", 0, expires="9999-12-31T23:59:59Z"), "$.tokens[0].expires: expected a time of the years"),
    *[(changed("tokens", 0, scopes=wrong), "$.tokens[0].scopes: expected scopes separated by commas or blanks, each ZohoCRM.group.OPERATION or ZohoCRM.group.word.OPERATION") for wrong in
      ("everything", "ZohoCRM.ALL", "ZohoCRM.modules.REED", "ZohoCRM.modules", "ZohoCRM.modules.leads.x.ALL", "ZohoCRM..ALL", "ZohoCRM.modules.ALL;ZohoCRM.users.ALL", ",",
       "ZohoCRM.modules.ALL,,bad", "AaaServer.", "a.b.c.d.e.f.g.h")],
    *[(changed("modules", 0, mass_update_fields=wrong), "$.modules[0].mass_update_fields: expected a whole number from 1 to 3") for wrong in (0, 4, 1.5, "2")],
    (changed("records", 0, id=str(2**63 - 5), generate=10), "$.records[0].id: expected an id with 9 behind it"),
    (changed("records", 0, id=str(2**63 - 1), generate=1000000, territories=["Here"]), "$.records[0].id: expected an id with 999999 behind it"),
    (changed("records", 0, generate=10, locked={"id": str(2**63 - 1)}), "$.records[0].locked.id: expected an id with 9 behind it"),
    (changed("modules", 0, sharing="open"), "$.modules[0].sharing: expected one of private, public_read, public_read_write"),
    *[(changed("modules", 0, fields=[{"api_name": "A", "type": type} | lookup]), "$.modules[0].fields[0].lookup: expected the API name of a module of the org") for type in ("lookup", "multiselectlookup") for lookup in ({}, {"lookup": "X"})],
    (changed("modules", 0, fields=[{"api_name": "A", "type": "subform", "lookup": "X"}]), "$.modules[0].fields[0].lookup: expected the API name of a module of the org"),
    (BASE | {"fields": [{"module": "Leads", "api_name": "A", "type": "lookup"}]}, "$.fields[0].lookup: expected the API name of a module of the org"),
    (changed("modules", 0, part_of="Leads"), "$.modules[0].part_of: expected a module that is part of none"),
    (BASE | {"modules": BASE["modules"] + [{"api_name": "A", "part_of": "B"}, {"api_name": "B", "part_of": "A"}]}, "$.modules[2].part_of: expected a module that is part of none"),
    (BASE | {"modules": BASE["modules"] + [{"api_name": "A", "part_of": "B"}, {"api_name": "B", "part_of": "Leads"}]}, "$.modules[2].part_of: expected a module that is part of none"),
    (BASE | {"modules": BASE["modules"] + [{"api_name": "B", "part_of": "Leads"}, {"api_name": "A", "part_of": "B"}]}, "$.modules[2].part_of: expected a module that is part of none"),
    (changed("modules", 0, part_of="X"), "$.modules[0].part_of: expected the API name of a module"),
    (changed("modules", 0, api_name="My Leads"), "$.modules[0].api_name: expected letters"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "txt"}]), "$.modules[0].fields[0].type: expected a data type, one of text, textarea, "),
    *[(changed("modules", 0, fields=[{"api_name": "A", "type": type, "length": length} | ({"values": ["x"]} if type == "picklist" else {})]), f"$.modules[0].fields[0].length: expected a whole number from 1 to {length - 1}\n") for type, length in (("text", 256), ("textarea", 32001), ("phone", 31), ("picklist", 121))],
    (changed("records", 0, fields={}), "$.records[0].fields.Last_Name: expected a value: the field is mandatory"),
    (changed("records", 0, fields=None), "$.records[0].fields.Last_Name: expected a value: the field is mandatory"),
    (changed("records", 0, fields={"Last_Name": ""}), "$.records[0].fields.Last_Name: expected a value: the field is mandatory"),
    (changed("records", 0, fields={"Last_Name": {"$cycle": ["x", ""]}}), "$.records[0].fields.Last_Name: expected a value: the field is mandatory"),
    (changed("records", 0, fields={"Last_Name": None}), "$.records[0].fields.Last_Name: expected a value that fits: Last_Name is mandatory"),
    (changed("records", 0, locked={"reason": "x" * 3001}), "$.records[0].locked.reason: expected at most 3000 characters"),
    (changed("views", 0, criteria={"field": {"api_name": "Size"}, "comparator": "like", "value": 1}), "$.views[0].criteria: expected criteria of Leads, at $.comparator: expected a comparator for Size, one of equal, not_equal, in, "),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "text", "length": 0}]), "$.modules[0].fields[0].length: expected a whole number from 1"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "text", "lenght": 5}]), "$.modules[0].fields[0].lenght: expected one of the members"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "email", "mass_update": True}]), "$.modules[0].fields[0].mass_update: expected false"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "picklist"}]), "$.modules[0].fields[0].values: expected a list of values"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "text", "values": ["x"]}]), "$.modules[0].fields[0].values: expected no values"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "text"}] * 2), "$.modules[0].fields[1].api_name: another field of the module has this API name\n"),
    (changed("views", 0, module="X"), "$.views[0].module: expected the API name of a module"),
    (changed("views", 0, criteria={"field": {"api_name": "X"}, "comparator": "equal", "value": 1}), "$.views[0].criteria: expected criteria of Leads, at $.field.api_name"),
    (changed("views", 0, shared_with=["bob"]), "$.views[0].shared_with[0]: expected the email of a user"),
    (changed("records", 0, fields={"Nonsense": 1}), "$.records[0].fields.Nonsense: expected the API name of a field of Leads"),
    (changed("records", 0, fields={"Kind": "C"}), "$.records[0].fields.Kind: expected a value that fits"),
    (changed("records", 0, fields={"Last_Name": "longer than ten"}), "$.records[0].fields.Last_Name: expected a value that fits"),
    (changed("records", 0, fields={"Size": "5"}), "$.records[0].fields.Size: expected a value that fits"),
    (changed("records", 0, fields={"Last_Name": "L{n}{n}{n}{n}"}, generate=1000), "$.records[0].fields.Last_Name: expected a value that fits"),
    (changed("records", 0, fields={"Kind": {"$cycle": []}}), "$.records[0].fields.Kind: expected a list of values for $cycle"),
    (changed("records", 0, generate=0), "$.records[0].generate: expected a whole number from 1"),
    (changed("records", 0, owner="bob"), "$.records[0].owner: expected the email of a user"),
    (changed("records", 0, territories=["X"]), "$.records[0].territories[0]: expected the name of a territory"),
    (changed("records", 0, blueprint="X"), "$.records[0].blueprint: expected the name of a blueprint"),
    (changed("modules", 0, layouts=[{"name": "L", "sections": [{"name": "S", "fields": ["X"]}]}]), "$.modules[0].layouts[0].sections[0].fields[0]: expected the API name of a field"),
    (changed("modules", 0, layouts=[{"name": "L", "sections": [{"name": "S", "fields": ["City"]}, {"name": "T", "fields": ["City"]}]}]), "$.modules[0].layouts[0].sections[1].fields[0]: expected once\n"),
    (changed("modules", 0, layouts=[{"sections": []}]), "$.modules[0].layouts[0].name: expected a text"),
    (BASE | {"layouts": [{"module": "X", "name": "L"}]}, "$.layouts[0].module: expected the API name of a module"),
    (changed("records", 0, layout="X"), "$.records[0].layout: expected the name of a layout"),
    (changed("records", 0, locked="yes"), "$.records[0].locked: expected true or false"),
    (changed("records", 0, locked={"by": "bob"}), "$.records[0].locked.by: expected the email of a user"),
    (changed("records", 0, locked={"since": 1}), "$.records[0].locked.since: expected one of the members"),
    (changed("records", 0, busy_with="x"), "$.records[0].busy_with: expected one of"),
    (changed("records", 0, id="2"), "org.json: $.records[0].id: the id 2 is given twice, before at "),
    (changed("users", 0, id="103") | {"records": [{"id": "100", "module": "Leads", "generate": 5, "fields": {"Last_Name": "One"}}]}, "org.json: $.records[0].id: the id 103 is given twice, before at "),
    (changed("profiles", 0, id="7", modules={}) | {"roles": [{"id": "7", "name": "Boss"}]}, "org.json: $.profiles[0].id: the id 7 is given twice, before at "),
    *[(BASE | {section: BASE[section] + [BASE[section][0] | {"id": "8"} | more]}, f"$.{section}[{len(BASE[section])}].{member}: another {said}\n") for section, more, member, said in (
        ("users", {}, "email", "user has this email"), ("roles", {}, "name", "role has this name"), ("profiles", {}, "name", "profile has this name"), ("territories", {}, "name", "territory has this name"),
        ("clients", {"id": "c"}, "id", "client has this id"), ("modules", {}, "api_name", "module has this API name"), ("views", {"id": "50"}, "id", "view has this id"), ("users", {"id": "2", "email": "x"}, "id", "user has this id"))],
    (BASE | {"tokens": BASE["tokens"] * 2}, "$.tokens[1].token: another token has this token\n"),
    (BASE | {"workflow_rules": [{"module": "Leads", "name": "R"}] * 2}, "$.workflow_rules[1].name: another rule of the module has this name\n"),
    (changed("modules", 0, layouts=[{"name": "L"}] * 2), "$.modules[0].layouts[1].name: another layout of the module has this name\n"),
    (changed("modules", 0, layouts=[{"name": "L", "sections": [{"name": "S"}] * 2}]), "$.modules[0].layouts[0].sections[1].name: another section of the layout has this name\n"),
    (changed("modules", 0, fields=[{"api_name": "Owner", "type": "text"}]), "$.modules[0].fields[0].api_name: another field of the module has this API name\n"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "picklist", "values": ["x", "x"]}]), "$.modules[0].fields[0].values[1]: expected once\n"),
    (changed("views", 0, shared_with=["ann@small.example"] * 2), "$.views[0].shared_with[1]: expected once\n"),
    (changed("records", 0, territories=["Here"] * 2), "$.records[0].territories[1]: expected once\n"),
    (changed("users", 0, role="Bos"), "$.users[0].role: expected the name of a role: there are Boss, Staff\n"),
    (changed("roles", 1, reports_to="Sta"), "$.roles[1].reports_to: expected the name of a role: there are Staff, Boss\n"),
    (changed("users", 0, profile="all"), "$.users[0].profile: expected the name of a profile: there is All\n"),
    (changed("tokens", 0, client="x"), "$.tokens[0].client: expected the id of a client: there is c\n"),
    (changed("tokens", 0, user="ann"), "$.tokens[0].user: expected the email of a user: there is ann@small.example\n"),
    (changed("records", 0, blueprint="X"), "$.records[0].blueprint: expected the name of a blueprint of the module: there is none\n"),
    (changed("records", 0, layout="X"), "$.records[0].layout: expected the name of a layout of the module: there is Standard\n"),
    (changed("records", 0, fields={"Last_Name": "x", "Lst_Name": "y"}), "$.records[0].fields.Lst_Name: expected the API name of a field of Leads: there are Last_Name, Layout, City, Created_By, Created_Time, Kind, Modified_By, Modified_Time, Owner, Size, id\n"),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "picklist", "values": ["x", "y"], "blueprint": {"name": "B", "starts_at": ["z"]}}]), "starts_at[0]: expected a value of the picklist that the blueprint governs: there are x, y\n"),
    *[(BASE | {"workflow_rules": [{"module": "Leads", "name": "R", "actions": [action]}]}, f"$.workflow_rules[0].actions[0]{said}\n") for action, said in (
        ({"feild": "City", "value": "x"}, ".feild: expected one of the members field value webhook"), ({"webhok": "http://127.0.0.1/"}, ".webhok: expected one of the members field value webhook"),
        ({"field": "City", "value": "x", "webhook": "http://127.0.0.1/"}, ': expected {"field", "value"} or {"webhook"}, not both'), ({"webhook": "http://127.0.0.1/", "value": 1}, ': expected {"field", "value"} or {"webhook"}, not both'),
        ({"value": 1}, ': expected {"field", "value"} or {"webhook"}'), ({"field": "Citi", "value": "x"}, ".field: expected the API name of a field of Leads that can be written and need not be unique: there are City, Created_By, Created_Time, Kind, Last_Name, Layout, Modified_By, Modified_Time, Owner, Size, id"))],
    (BASE | {"records": BASE["records"] * 2}, "$.records[1].id: another record has this id\n"),
    *[(changed("modules", 0, fields=[{"api_name": "A", "type": "picklist", "values": ["x", "y"], "value_ids": ids}]) | {"records": []}, said) for ids, said in (
        *((ids, "$.modules[0].fields[0].value_ids: expected an object: ") for ids in ([], ["x"], 5)), ({"z": "5"}, "$.modules[0].fields[0].value_ids.z: expected a value that the field offers: there are x, y\n"),
        ({"x": 5}, "$.modules[0].fields[0].value_ids.x: expected an id"), ({"x": "5", "y": "5"}, "$.modules[0].fields[0].values[1]: another value of a picklist has this id\n"),
        ({"x": "1"}, "$.modules[0].fields[0].value_ids.x: the id 1 is given twice, before at "), ({"-None-": "50"}, "$.views[0].id: the id 50 is given twice, before at "))],
    (changed("modules", 0, system_fields={"Owner": {"name": "x"}}), "$.modules[0].system_fields.Owner.name: expected one of the members id label"),
    (changed("modules", 0, system_fields={"City": {}}), "$.modules[0].system_fields.City: expected one of the members id Owner "),
    (changed("modules", 0, fields=[{"api_name": "A", "type": "multiselectlookup", "lookup": "Leads", "custom": True, "links": "X"}]), "$.modules[0].fields[0].links: expected the API name of a module of the org"),
    ({"extends": "nothing"}, "$.extends: expected the name of a built-in org: enterprise, free, professional\n"),
    (BASE | {"extends": "enterprise"}, "$.org: expected no second org"),
]


@pytest.mark.parametrize("content, said", FAULTS, ids=range(len(FAULTS)))
def test_faults_are_told_with_file_and_path(tmp_path, content, said):
    path = folder(tmp_path, content)
    done = run("--port", "0", "--log-level", "error", "--fixtures", path)
    assert done.returncode == 1 and done.stdout == "" and said in done.stderr, done.stderr
    assert f"{path}/org.json: " in done.stderr or "given twice" in said


def test_what_is_no_zone_of_the_database_is_never_read(tmp_path):
    """GLib would open any path, and trusts what it finds there."""
    zone = tmp_path / "zone"
    zone.write_bytes(b"TZif2" + bytes(15) + b"\xff" * 24 + bytes(100))
    done = run("--port", "0", "--fixtures", folder(tmp_path, changed("org", None, time_zone=str(zone))))
    assert done.returncode == 1 and "$.org.time_zone: expected a time zone" in done.stderr, (done.returncode, done.stderr)


@pytest.mark.parametrize("scopes", ["ZohoCRM.modules.ALL", "ZohoCRM.settings.fields.READ", "ZohoCRM.users.ALL ZohoCRM.org.READ", "ZohoCRM.modules.ALL, ZohoCRM.mass_update.leads.UPDATE,AaaServer.profile.Read",
                                    "ZohoFiles.files.ALL", "zohocrm.settings.custom_views.read", "ZohoCRM.bulk.CREATE,ZohoCRM.modules.attachments.WRITE,ZohoSearch.securesearch.READ", "ZohoCRM.modules.ALL,"])
def test_official_scopes_load(tmp_path, start, scopes):
    server = start("--fixtures", folder(tmp_path, changed("tokens", 0, scopes=scopes)), db=tmp_path / "s.db")
    assert server.query("SELECT scopes FROM oauth_token") == [(scopes,)]


def test_a_modules_own_limit_of_fields(tmp_path, start):
    server = start("--fixtures", folder(tmp_path, changed("modules", 0, mass_update_fields=2)))
    fields = {"City": "Arta", "Size": 2, "Kind": "A"}
    answer = server.update("Leads", {"data": [fields], "ids": ["100"]}, token="t")
    assert answer.body["details"]["limit"] == 2 and answer.headers["X-Crmock-Rule"] == "E2" and "3 fields sent; Leads takes 2 in a call" in answer.headers["X-Crmock-Hint"]
    assert server.update("Leads", {"data": [{"City": "Arta", "Size": 2}], "ids": ["100"]}, token="t").status == 200


def test_ids_and_labels_that_crmock_gives_otherwise(tmp_path, start):
    fields = [{"api_name": "Kind", "type": "picklist", "values": ["A", "B"], "value_ids": {"-None-": "90", "B": "554023000001000001"}},
              {"api_name": "Friends", "type": "multiselectlookup", "lookup": "Leads", "custom": True, "links": "Ties"}]
    ties = {"api_name": "Ties", "fields": [{"api_name": name, "type": "lookup", "lookup": "Leads"} for name in ("Friends", "Of")]}
    tokens = [BASE["tokens"][0] | {"scopes": "ZohoCRM.settings.ALL"}]
    content = BASE | {"modules": [{"api_name": "Leads", "system_fields": {"Owner": {"id": "91", "label": "Lead Owner"}, "id": {"id": "92"}}, "fields": fields}, ties], "records": [], "tokens": tokens}
    server = start("--fixtures", folder(tmp_path, content))
    told = {field["api_name"]: field for field in server.request("GET", "/crm/v8/settings/fields?module=Leads", token="t").body["fields"]}
    values = {value["actual_value"]: value["id"] for value in told["Kind"]["pick_list_values"]}
    assert values["-None-"] == "90" and values["B"] == "554023000001000001" and values["A"] not in (*values, "90", values["B"])
    assert (told["Owner"]["id"], told["Owner"]["field_label"], told["id"]["id"], told["Created_By"]["field_label"]) == ("91", "Lead Owner", "92", "Created By")
    assert told["Friends"]["multiselectlookup"]["linking_details"]["module"]["api_name"] == "Ties"
    modules = server.request("GET", "/crm/v8/settings/modules", token="t").body["modules"]
    assert [module["api_name"] for module in modules] == ["Leads", "Ties"]


def test_a_lookup_says_what_it_refers_to(tmp_path, start):
    content = changed("modules", 0, fields=[*BASE["modules"][0]["fields"], {"api_name": "Other", "type": "lookup", "lookup": "leads"}, {"api_name": "Rate", "type": "double", "decimals": 0}, {"api_name": "Any", "type": "double"}])
    content["tokens"][0]["scopes"] = "ZohoCRM.modules.ALL ZohoCRM.settings.ALL"
    server = start("--fixtures", folder(tmp_path, content))

    def put(fields):
        return server.request("PUT", "/crm/v8/Leads/100", {"data": [fields]}, token="t").status

    assert put({"Other": {"id": "100"}}) == 200 and put({"Other": {"id": "50"}}) == 400
    assert put({"Rate": 5}) == 200 and put({"Rate": 5.5}) == 400 and put({"Any": 5.5}) == 200  # 0 is not "any"


@pytest.mark.parametrize("spoil", ["UPDATE field SET lookup_module = NULL", "UPDATE field SET lookup_module = 'X', linking_module = 'X'", "UPDATE field SET linking_module = 'Leads'", "UPDATE field SET data_type = 'nonsense'", "UPDATE OR IGNORE picklist_value SET field_id = 5", "UPDATE user SET role_id = 5", "UPDATE user SET profile_id = 5",
                                   "UPDATE OR IGNORE profile_module SET module_id = 5", "UPDATE custom_view SET module_id = 5", "UPDATE OR IGNORE custom_view_user SET user_id = 5", "UPDATE role SET reports_to = 5", "UPDATE territory SET parent_id = 5", "UPDATE territory SET parent_id = id", "UPDATE role SET reports_to = 554023000000015005",
                                   "DELETE FROM layout", "UPDATE OR IGNORE layout SET module_id = 5", "UPDATE OR IGNORE layout_section SET layout_id = 5", "UPDATE blueprint SET field_id = 5", "UPDATE OR IGNORE transition SET blueprint_id = 5",
                                   "UPDATE OR IGNORE transition_field SET field_id = 5", "UPDATE module SET part_of = 5", "UPDATE module SET mass_update_fields = 9", "UPDATE OR IGNORE profile_field SET field_id = 5",
                                   "UPDATE OR IGNORE pipeline SET module_id = 5", "UPDATE OR IGNORE pipeline_stage SET pipeline_id = 5", "UPDATE OR IGNORE pipeline_stage SET value_id = 5", "DELETE FROM pipeline_stage", "DELETE FROM pipeline",
                                   "UPDATE OR IGNORE layout_pipeline SET pipeline_id = 5", "UPDATE OR IGNORE layout_pipeline SET layout_id = 5", "UPDATE OR IGNORE layout_value SET layout_id = 5", "UPDATE OR IGNORE layout_value SET value_id = 5",
                                   "UPDATE OR IGNORE layout_value SET value_id = (SELECT min(id) FROM picklist_value)", "UPDATE field SET api_name = 'X' WHERE api_name = 'Pipeline'", "UPDATE field SET api_name = 'X' WHERE api_name = 'Stage'",
                                   "UPDATE OR IGNORE pipeline SET module_id = (SELECT id FROM module WHERE api_name = 'Leads')", "DELETE FROM picklist_value", "DELETE FROM user", "DELETE FROM module", "DELETE FROM org"])
def test_a_store_whose_metadata_refers_to_nothing_is_refused_or_served(tmp_path, spoil):
    """It may come from anywhere. Nothing that it leaves out brings the server down."""
    Server("--fixtures", own_fixtures(tmp_path, {}), db=tmp_path / "s.db").stop()
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute(spoil)
    db.close()
    try:
        server = Server(db=tmp_path / "s.db")
    except AssertionError as ended:
        assert str(ended) == "crmock ended with 1"
        return
    for path in ("settings/fields?module=Projects", "settings/layouts?module=Leads", "settings/modules", "users?type=AllUsers", "settings/custom_views?module=Leads", "Leads?fields=City"):
        # no answer for the document, which tells of stores that are whole
        assert server.raw(f"GET /crm/v8/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer 1000.crmock.admin\r\n\r\n".encode()).startswith(b"HTTP/1.1 ")
    server.request("PUT", "/crm/v8/Projects/554023000000640001", {"data": [{"Client": {"id": "554023000000620001"}, "Phase": "Draft"}]})
    server.update("Leads", {"data": [{"Lead_Status": "Contacted"}], "ids": ["554023000000600001"]})
    server.update("Deals", {"data": [{"Pipeline": "Renewals", "Contract": "New"}], "ids": ["554023000000497007"]})
    assert server.stop() == 0


def test_ids_that_fixtures_give_are_given_to_nothing_else(tmp_path, start):
    """Whatever they name: here they stand where the sequence begins, before and behind what takes its ids from there."""
    first = 554023000001000001
    content = changed("users", 0, id=str(first))
    content["records"] = [{"module": "Leads", "fields": {"Last_Name": "Next"}}, {"module": "Leads", "id": str(first + 100), "generate": 100000, "locked": {"id": str(first + 200100)}, "fields": {"Last_Name": "One"}},
                          {"module": "Leads", "generate": 3, "fields": {"Last_Name": "Next"}}]
    content["views"][0]["id"] = str(first + 100100)
    content["tokens"][0]["scopes"] = "ZohoCRM.modules.ALL ZohoCRM.mass_update.ALL"
    server = start("--fixtures", folder(tmp_path, content), db=tmp_path / "s.db")
    given = {first, first + 100100, *range(first + 100, first + 100100), *range(first + 200100, first + 300100)}
    answer = server.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "x"}] * 100}, token="t")
    ids = [int(entry["details"]["id"]) for entry in answer.body["data"]]
    job = int(server.schedule("Leads", {"data": [{"City": "x"}], "cvid": content["views"][0]["id"], "criteria": {"api_name": "Last_Name", "comparator": "equal", "value": "x"}}, token="t"))
    assert ids == sorted(set(ids)) and not given & {*ids, job}
    everything = [id for table in ("user", "role", "field", "layout", "record", "record_lock", "custom_view", "job") for id, in server.query(f"SELECT id FROM {table}")]
    assert len(everything) == len(set(everything))


def test_the_last_id_there_is(tmp_path, start):
    content = changed("records", 0, id=str(2**63 - 10), generate=10)
    server = start("--fixtures", folder(tmp_path, content), db=tmp_path / "s.db")
    assert server.query("SELECT max(id), count(*) FROM record") == [(2**63 - 1, 10)]


def test_an_empty_folder(tmp_path):
    (tmp_path / "none").mkdir()
    done = run("--port", "0", "--fixtures", tmp_path / "none")
    assert done.returncode == 1 and "expected *.json files" in done.stderr


LIMITS = {
    "text": ('"' + "x" * 255 + '"', '"' + "x" * 256 + '"', 255), "textarea": (json.dumps("x" * 32000), json.dumps("x" * 32001), 32000), "rich_text": (json.dumps("é" * 50000), json.dumps("é" * 50001), 50000),
    "email": (json.dumps("a" * 91 + "@x.exampl"), json.dumps("a" * 92 + "@x.exampl"), 100), "website": (json.dumps("x" * 446 + ".com"), json.dumps("x" * 447 + ".com"), 450),
    "profileimage": (json.dumps("x" * 255), json.dumps("x" * 256), 255), "event_reminder": (json.dumps("x" * 255), json.dumps("x" * 256), 255), "autonumber": (json.dumps("x" * 255), json.dumps("x" * 256), 255),
    "formula": (json.dumps("x" * 2000), json.dumps("x" * 2001), 2000), "bigint": (json.dumps("0" * 46 + "9" * 18), json.dumps("0" * 47 + "9" * 18), 18), "double": ("1." + "1" * 62, "1." + "1" * 63, 64),
    "subform": (json.dumps([{}] * 200), json.dumps([{}] * 201), 200), "multiselectlookup": (json.dumps([{"id": "5"}] * 200), json.dumps([{"id": "5"}] * 201), 200),
    "fileupload": (json.dumps(["x" * 65532]), json.dumps(["x" * 65533]), 65536), "imageupload": (*(json.dumps(['"\\\n\x01é' * 4680 + "x" * rest], ensure_ascii=False) for rest in (12, 13)), 65536),
    "RRULE": (json.dumps({"RRULE": "x" * 65524}), json.dumps({"RRULE": "x" * 65525}), 65536), "userlookup": (json.dumps({"id": "2", "n": "x" * 65519}), json.dumps({"id": "2", "n": "x" * 65520}), 65536),
}


@pytest.mark.parametrize("type", LIMITS)
def test_a_field_keeps_so_much_and_no_more(tmp_path, start, type):
    """The same for fixtures and for requests."""
    most, more, maximum = LIMITS[type]
    field = {"api_name": "A", "type": type} | ({"lookup": "Leads"} if type == "multiselectlookup" else {})
    content = changed("modules", 0, fields=[*BASE["modules"][0]["fields"], field])
    content["tokens"][0]["scopes"] = "ZohoCRM.modules.ALL"
    content["records"][0]["fields"]["A"] = json.loads(more) if type != "double" else "MORE"
    text = json.dumps(content).replace('"MORE"', more)
    assert f"$.records[0].fields.A: expected a value that fits: A takes at most {maximum}" in refused(folder(tmp_path, text))
    content["records"][0]["fields"]["A"] = json.loads(most) if type != "double" else "MOST"
    server = start("--fixtures", folder(tmp_path, json.dumps(content).replace('"MOST"', most)))
    if type in ("autonumber", "formula"):
        return  # clients don't set them
    answer = server.request("PUT", "/crm/v8/Leads/100", b'{"data":[{"A":%s}]}' % more.encode(), token="t")
    assert (answer.status, answer.body["data"][0]["code"]) == (400, "INVALID_DATA")
    assert answer.body["data"][0]["details"]["maximum_length"] == maximum and answer.body["data"][0]["details"]["api_name"] == "A"
    assert server.request("PUT", "/crm/v8/Leads/100", b'{"data":[{"A":%s}]}' % most.encode(), token="t").status == 200


def test_a_record_keeps_so_much_and_no_more(tmp_path, start):
    content = changed("modules", 0, fields=[*BASE["modules"][0]["fields"], *({"api_name": f"T{n}", "type": "rich_text"} for n in range(6))])
    content["tokens"][0]["scopes"] = "ZohoCRM.modules.ALL"
    values = {f"T{n}": "x" * 50000 for n in range(5)}
    rest = 256 * 1024 - len(json.dumps({"Last_Name": "One"} | values | {"T5": ""}, separators=(",", ":")))
    content["records"][0]["fields"] |= values | {"T5": "x" * (rest + 1)}
    assert "$.records[0].fields: expected at most 262144 bytes of JSON in a record" in refused(folder(tmp_path, content))
    content["records"][0]["fields"]["T5"] = "x" * (rest - 1) + "{n}"  # three digits at the end
    content["records"][0]["generate"] = 100
    assert "$.records[0].fields: expected at most 262144" in refused(folder(tmp_path, content))
    content["records"][0]["fields"]["T5"] = "x" * (rest - 3) + "{n}"
    server = start("--fixtures", folder(tmp_path, content), db=tmp_path / "s.db")
    assert server.query("SELECT max(length(fields)) FROM record") == [(256 * 1024,)]
    for method, path, data in [("PUT", "Leads/199", {"City": "Arta"}), ("POST", "Leads", {"Last_Name": "One"} | values | {"T5": "x" * (rest + 1)})]:
        answer = server.request(method, f"/crm/v8/{path}", {"data": [data]}, token="t")
        assert (answer.status, answer.body["data"][0]["code"]) == (400, "INVALID_DATA")
        assert answer.body["data"][0]["details"] == {"maximum_length": 262144, "api_name": "data", "json_path": "$.data[0]"}
    assert server.request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "One"} | values | {"T5": "x" * rest}]}, token="t").status == 201


def refused(*arguments):
    """What is told by a start that must fail, and soon."""
    done = run("--port", "0", "--log-level", "error", "--fixtures", *arguments)
    assert done.returncode == 1 and done.stdout == ""
    return done.stderr


def make_fifo(path):
    os.mkfifo(path)


def make_folder(path):
    path.mkdir()


def make_socket(path):
    os.mknod(path, stat.S_IFSOCK | 0o600)  # to bind one there, the path would have to be short


def lead_to_fifo(path):
    os.mkfifo(path.with_suffix(".fifo"))
    path.symlink_to(path.with_suffix(".fifo"))


def lead_nowhere(path):
    path.symlink_to("nothing")


def make_too_large(path):
    with open(path, "wb") as file:
        file.truncate((64 << 20) + 1)


@pytest.mark.parametrize("make, said", [(make_fifo, "expected a regular file"), (make_folder, "expected a regular file"), (lead_to_fifo, "expected a regular file"),
                                        (make_socket, "No such device or address"), (lead_nowhere, "No such file"), (make_too_large, "expected at most 67108864 bytes")])
@pytest.mark.parametrize("inside", ["", "inner"])
@pytest.mark.parametrize("cache", [[], ["--no-cache"]])
def test_only_regular_files_are_read(tmp_path, make, said, inside, cache):
    path = folder(tmp_path, BASE) / inside
    path.mkdir(exist_ok=True)
    make(path / "x.json")
    assert f"{path / 'x.json'}: {said}" in refused(tmp_path / "fixtures", *cache)


def test_links_to_files_are_read_and_what_is_not_json_is_not(tmp_path, start):
    path = folder(tmp_path, {"org": BASE["org"]})
    (tmp_path / "elsewhere").write_text(json.dumps({key: value for key, value in BASE.items() if key != "org"}))
    (path / "rest.json").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(path / "pipe")
    assert start("--fixtures", path).update("Leads", {"data": [{"City": "Arta"}], "ids": ["100"]}, token="t").status == 200


def org_of(number):
    """A small org with ids and names of its own."""
    return {"org": {"name": f"Org {number}"}, "roles": [{"name": "R"}], "profiles": [{"name": "P"}], "clients": [{"id": f"c{number}", "secret": "s"}],
            "users": [{"name": "U", "email": f"u{number}@x.example", "profile": "P", "role": "R"}]}


def test_limits_of_files_and_folders_are_told(tmp_path, start):
    for number in range(65):
        (tmp_path / "orgs" / f"{number:03}").mkdir(parents=True)
        (tmp_path / "orgs" / f"{number:03}" / "org.json").write_text(json.dumps(org_of(number)))
    (tmp_path / "orgs" / "no org").mkdir()
    assert "orgs/064: expected at most 64 folders with an org" in refused(tmp_path / "orgs")
    (tmp_path / "orgs" / "064" / "org.json").unlink()
    server = start("--fixtures", tmp_path / "orgs", db=tmp_path / "s.db")
    assert server.query("SELECT count(*) FROM org") == [(64,)]
    path = folder(tmp_path, BASE)
    for number in range(256):
        (path / f"{number:03}.json").write_text("{}")
    for number in range(500):
        (path / f"a note {number}").write_text("not read")
    assert "org.json: expected at most 256 files for an org" in refused(path)
    (path / "255.json").unlink()
    assert start("--fixtures", path).update("Leads", {"data": [{"City": "Arta"}], "ids": ["100"]}, token="t").status == 200


def test_what_is_given_twice_is_told_and_not_half_read(tmp_path):
    path = folder(tmp_path, BASE)
    text = (path / "org.json").read_text()
    for given, said in [('"name": "Small"', "$.org.name: expected once"), ('"Last_Name": "One"', "$.records[0].fields.Last_Name: expected once"), ('"views": []', "$.views: expected once")]:
        twice = text.replace(given, f"{given}, {given}") if given in text else text[:-1] + f", {given}" + "}"
        assert said in refused(folder(tmp_path, twice))
    folder(tmp_path, {"extends": "professional"}, "org.json")
    assert "two.json: $.extends: expected in one file" in refused(folder(tmp_path, {"extends": "free"}, "two.json"))


def test_the_module_without_territories(tmp_path):
    content = changed("modules", 0, territories=False)
    content["records"][0]["territories"] = ["Here"]
    done = run("--port", "0", "--fixtures", folder(tmp_path, content))
    assert "$.records[0].territories: expected none" in done.stderr
