"""What goes together in a record: its layout and values, its pipeline and stage (F19); and fields that no schedule
changes (E37)."""
import json

import gallery
import pytest
from gallery import VERSIONS

from server import Server, own_fixtures, run

PUBLIC, FREE, TASKS, HOT = "9001", "9003", "9005", "9007"
OWN = {
    "pipelines": [{"id": "9101", "name": "Tenders", "stages": ["Qualification", "Value Proposition", "Closed Won"]}, {"id": "9103", "name": "Gifts", "stages": ["Closed Won", "Closed Lost"]}],
    "fields": [{"module": "Deals", "api_name": "Ticket", "type": "text", "unique": True}, {"module": "Deals", "api_name": "Draft", "type": "text", "scheduled_mass_update": False}],
    "layouts": [{"module": "Deals", "id": PUBLIC, "name": "Public", "pipelines": ["Gifts", "Tenders"], "values": {"Type": ["New Business"], "Languages_Known": ["English", "Hindi"]}},
                {"module": "Deals", "id": FREE, "name": "Free"},
                {"module": "Tasks", "id": TASKS, "name": "Short", "values": {"Status": ["Completed", "Not Started"]}},
                {"module": "Leads", "id": HOT, "name": "Hot", "values": {"Lead_Source": ["Chat", "Partner"], "Languages_Known": ["Tamil"]}}],
    "views": [{"id": "9201", "module": "Deals", "name": "Ours", "criteria": {"field": {"api_name": "Next_Step"}, "comparator": "equal", "value": "Ours"}}],
    "records": [
        {"module": "Deals", "id": "9301", "layout": "Public", "fields": {"Deal_Name": "Tender", "Stage": "Qualification", "Pipeline": "Tenders", "Next_Step": "Ours"}},
        {"module": "Deals", "id": "9303", "layout": "Public", "fields": {"Deal_Name": "Gift", "Stage": "Closed Lost", "Next_Step": "Ours"}},
        {"module": "Deals", "id": "9305", "layout": "Free", "fields": {"Deal_Name": "Free", "Stage": "Needs Analysis", "Next_Step": "Ours"}},
        {"module": "Deals", "id": "9307", "layout": "Free", "fields": {"Deal_Name": "Free, of a pipeline", "Stage": "Closed Won", "Pipeline": "Partner sales", "Next_Step": "Ours"}},
        {"module": "Deals", "id": "9309", "fields": {"Deal_Name": "Standard", "Stage": "Value Proposition", "Next_Step": "Ours"}},
        {"module": "Tasks", "id": "9311", "layout": "Short", "fields": {"Subject": "Short"}},
        {"module": "Leads", "id": "9313", "layout": "Hot", "fields": {"Last_Name": "Hot", "Languages_Known": ["Tamil"]}},
        {"module": "Leads", "id": "9315", "fields": {"Last_Name": "Not so"}},
    ],
}


@pytest.fixture
def own(tmp_path):
    server = Server("--fixtures", own_fixtures(tmp_path, OWN), db=tmp_path / "store.db")
    yield server
    server.stop()


def no_value(id, name):
    return "INVALID_DATA", "picklist not found in record layout", {"id": id, "api_name": name}


def no_pipeline(index=0):
    return "MAPPING_MISMATCH", "Layout doesn't contain the Pipeline", {"mapped_field": "Layout", "api_name": "Pipeline", "json_path": f"$.data[{index}].Pipeline"}


def no_stage(index=0):
    return "MAPPING_MISMATCH", "Pipeline doesn't contain the Stage", {"mapped_field": "Pipeline", "api_name": "Stage", "json_path": f"$.data[{index}].Stage"}


DONE = "SUCCESS", "record updated", None


def entry_is(entry, expected, version="v8"):
    code, message, details = expected
    assert (entry["code"], entry["message"]) == (code, message)
    if details is not None:
        told = {name: value for name, value in details.items() if name != "json_path" or "json_path" in entry["details"]}
        assert entry["details"] == told and entry["status"] == "error"
        assert "json_path" in entry["details"] or "json_path" not in details or version == "v2"


CASES = [
    # the record's own pipeline, and what a call makes of it
    ("9301", {"Stage": "Value Proposition"}, DONE), ("9301", {"Stage": "Closed Lost"}, no_stage()), ("9301", {"Stage": "Needs Analysis"}, no_stage()),
    ("9301", {"Pipeline": "Gifts"}, no_stage()), ("9301", {"Pipeline": "Gifts", "Stage": "Closed Lost"}, DONE), ("9301", {"Stage": "Value Proposition", "Pipeline": "Gifts"}, no_stage()),
    ("9301", {"Pipeline": None, "Stage": "Qualification"}, no_stage()), ("9301", {"Pipeline": None, "Stage": "Closed Won"}, DONE), ("9301", {"Pipeline": "Tenders"}, DONE),
    # a layout has some pipelines, and is looked at before they are
    ("9301", {"Pipeline": "Standard"}, no_pipeline()), ("9301", {"Pipeline": "Renewals", "Stage": "Needs Analysis"}, no_pipeline()), ("9309", {"Pipeline": "Tenders", "Stage": "Closed Won"}, no_pipeline()),
    ("9309", {"Pipeline": "Renewals"}, no_stage()), ("9309", {"Pipeline": "Renewals", "Stage": "Closed Won"}, DONE), ("9309", {"Stage": "Closed-Lost to Competition"}, DONE),
    # no pipeline: the layout's first
    ("9303", {"Stage": "Closed Won"}, DONE), ("9303", {"Stage": "Qualification"}, no_stage()), ("9303", {"Pipeline": "Tenders"}, no_stage()), ("9303", {"Pipeline": "Tenders", "Stage": "Qualification"}, DONE),
    # a layout that names none
    ("9305", {"Stage": "Closed-Lost to Competition"}, DONE), ("9305", {"Pipeline": "Tenders"}, no_stage()), ("9305", {"Pipeline": "Standard"}, DONE),
    ("9307", {"Stage": "Value Proposition"}, no_stage()), ("9307", {"Pipeline": "Tenders"}, DONE), ("9307", {"Stage": "Identify Decision Makers"}, DONE),
    # the empty choice is as good as none
    ("9301", {"Pipeline": "-None-", "Stage": "Qualification"}, no_stage()), ("9301", {"Pipeline": "-None-", "Stage": "Closed Won"}, DONE), ("9301", {"Type": "-None-", "Stage": "-None-"}, DONE),
    # other picklists, of one value and of several; values before pipelines
    ("9301", {"Type": "New Business"}, DONE), ("9301", {"Type": "Existing Business"}, no_value("9301", "Type")), ("9305", {"Type": "Existing Business"}, DONE), ("9301", {"Type": None}, DONE),
    ("9301", {"Languages_Known": ["Hindi", "English"]}, DONE), ("9301", {"Languages_Known": ["Hindi", "Tamil"]}, no_value("9301", "Languages_Known")), ("9301", {"Languages_Known": []}, DONE),
    ("9301", {"Lead_Source": "Chat"}, DONE), ("9301", {"Pipeline": "Standard", "Stage": "Needs Analysis", "Type": "Existing Business"}, no_value("9301", "Type")),
    ("9309", {"Contract": "Renewal", "Type": "Existing Business"}, DONE), ("9309", {"Contract": "Partner agreement"}, no_value("9309", "Contract")),
]


@pytest.mark.parametrize("id, changes, expected", CASES)
def test_F19_a_mass_update_of_one(own, id, changes, expected):
    before = own.fields(id)
    answer = own.update("Deals", {"data": [changes], "ids": [id]})
    assert answer.status == (200 if expected == DONE else 400)
    entry_is(answer.body["data"][0], expected)
    after = {name: value for name, value in (before | changes).items()}
    assert own.fields(id) == (after if expected == DONE else before)


@pytest.mark.parametrize("id, changes, expected", CASES)
def test_F19_the_same_by_the_records_api(own, id, changes, expected):
    """PUT of one, PUT of several and an upsert say what a mass update says."""
    before = own.fields(id)
    for method, path, data in [("PUT", f"Deals/{id}", changes), ("PUT", "Deals", changes | {"id": id}), ("POST", "Deals/upsert", changes | {"Deal_Name": before["Deal_Name"]})]:
        answer = own.request(method, f"/crm/v8/{path}", {"data": [data]})
        entry_is(answer.body["data"][0], expected)
        assert own.fields(id) == (before if expected != DONE else before | changes)


@pytest.mark.parametrize("version", VERSIONS)
def test_F19_records_of_a_call_are_refused_one_by_one(own, version):
    ids = ["9301", "9303", "9305", "9301", "77", "9309"]
    own.request("PUT", "/crm/v8/Deals/9309", {"data": [{"Pipeline": "Renewals", "Stage": "Closed Won"}]})
    before = {id: own.fields(id) for id in ("9301", "9303", "9305", "9309")}
    answer = own.update("Deals", {"data": [{"Stage": "Qualification", "Probability": 5, "Next_Step": "Next"}], "ids": ids}, version)
    for entry, expected in zip(answer.body["data"], [DONE, no_stage(), DONE, DONE, ("INVALID_DATA", "the id given seems to be invalid", {"id": "77"}), DONE], strict=True):
        entry_is(entry, expected, version)
    assert answer.headers["X-Crmock-Rule"] == "M3" and answer.headers["X-Crmock-Hint"] == "2 of 6 records were refused; the first, 9303: the record's pipeline Gifts has the stages Closed Won, Closed Lost"
    assert own.fields("9303") == before["9303"] and own.fields("9309") == before["9309"] | {"Stage": "Qualification", "Probability": 5, "Next_Step": "Next"}
    for changes, expected, hint in [({"Pipeline": "Partner sales"}, no_pipeline(), "the record's layout Public has the pipelines Gifts, Tenders"),
                                    ({"Type": "Existing Business"}, no_value("9303", "Type"), "of Type, the record's layout Public offers New Business")]:
        answer = own.update("Deals", {"data": [changes], "ids": ["9303"]}, version)
        entry_is(answer.body["data"][0], expected, version)
        assert (answer.status, answer.headers["X-Crmock-Hint"]) == (400, hint)


@pytest.mark.parametrize("version", VERSIONS)
def test_F19_inserted_updated_and_upserted(own, version):
    public = {"Deal_Name": "New", "Layout": {"id": PUBLIC}}
    data = [public | {"Stage": "Closed Won"}, public | {"Stage": "Qualification"}, public | {"Stage": "Qualification", "Pipeline": "Tenders"}, public | {"Stage": "Closed Won", "Pipeline": "Standard"},
            public | {"Stage": "Closed Won", "Type": "Existing Business"}, {"Deal_Name": "New", "Stage": "Closed Won", "Pipeline": "Gifts"}]
    answer = own.request("POST", f"/crm/{version}/Deals", {"data": data})
    added = "SUCCESS", "record added", None
    lacking = "INVALID_DATA", "picklist not found in record layout", {"api_name": "Type", "json_path": "$.data[4].Type"}
    expected = [added, no_stage(1), added, no_pipeline(3), lacking, no_pipeline(5)]
    for entry, one in zip(answer.body["data"], expected, strict=True):
        entry_is(entry, one, version)
    assert answer.status == 207 and answer.headers["X-Crmock-Rule"] == "M3"
    assert own.query("SELECT count(*) FROM record WHERE json_extract(fields, '$.Deal_Name') = 'New'") == [(2,)]
    data = [{"id": "9301", "Stage": "Closed Lost"}, {"id": "9303", "Pipeline": "Tenders", "Stage": "Qualification"}, {"id": "9303", "Languages_Known": ["English", "French"]}, {"id": "9305", "Pipeline": "Renewals"}]
    answer = own.request("PUT", f"/crm/{version}/Deals", {"data": data})
    for entry, one in zip(answer.body["data"], [no_stage(0), DONE, no_value("9303", "Languages_Known"), no_stage(3)], strict=True):
        entry_is(entry, one, version)
    answer = own.request("POST", f"/crm/{version}/Deals/upsert", {"data": [{"Deal_Name": "Tender", "Stage": "Needs Analysis"}, {"Deal_Name": "Newer", "Stage": "Qualification", "Pipeline": "Gifts"}]})
    for entry, one in zip(answer.body["data"], [no_stage(0), no_pipeline(1)], strict=True):
        entry_is(entry, one, version)
    [entry] = own.request("PUT", f"/crm/{version}/Deals/9305", {"data": [{"Pipeline": "Gifts"}]}).body["data"]
    entry_is(entry, no_stage(0), version)


def test_F19_the_record_as_it_will_be(own):
    """All that a call brings counts together, in whatever order; what it leaves alone is looked at where it must go with that."""
    for data, expected in [({"Layout": PUBLIC, "Pipeline": "Tenders", "Stage": "Qualification"}, DONE), ({"Pipeline": "Standard", "Stage": "Needs Analysis", "Layout": {"id": FREE}}, DONE),
                           ({"Stage": "Closed Lost", "Pipeline": "Gifts"}, DONE), ({"Deal_Name": "Renamed"}, DONE)]:
        [entry] = own.request("PUT", "/crm/v8/Deals/9309", {"data": [data]}).body["data"]
        entry_is(entry, expected)
    assert own.fields("9309") == {"Deal_Name": "Renamed", "Stage": "Closed Lost", "Pipeline": "Gifts", "Next_Step": "Ours"}


def test_F19_what_a_call_leaves_alone_is_not_looked_at(own, tmp_path):
    """A store may hold what no client could write: other values of such a record update."""
    own.stop()
    import sqlite3
    with sqlite3.connect(tmp_path / "store.db") as db:
        db.execute("UPDATE record SET fields = json_set(fields, '$.Stage', 'Needs Analysis', '$.Type', 'Existing Business', '$.Pipeline', 'Renewals') WHERE id = 9301")
    db.close()
    server = Server(db=tmp_path / "store.db")
    for changes in ({"Probability": 7}, {"Lead_Source": "Chat"}, {"Languages_Known": ["English"]}):
        assert server.update("Deals", {"data": [changes], "ids": ["9301"]}).status == 200
        assert server.request("PUT", "/crm/v8/Deals/9301", {"data": [changes]}).status == 200
    entry_is(server.update("Deals", {"data": [{"Stage": "Value Proposition"}], "ids": ["9301"]}).body["data"][0], no_stage())
    assert server.update("Deals", {"data": [{"Stage": "Closed Won"}], "ids": ["9301"]}).status == 200
    server.stop()


def test_F19_a_new_layout_counts_for_all_values(own):
    put = lambda id, **data: own.request("PUT", f"/crm/v8/Deals/{id}", {"data": [data]})
    before = own.fields("9309")
    entry_is(put("9309", Layout=PUBLIC).body["data"][0], no_stage())
    assert put("9309", Type="Existing Business").status == 200
    answer = put("9309", Layout={"id": PUBLIC}, Stage="Closed Won")
    entry_is(answer.body["data"][0], no_value("9309", "Type"))
    assert own.fields("9309") == before | {"Type": "Existing Business"} and own.query("SELECT layout_id IS 9001 FROM record WHERE id = 9309") == [(0,)]
    assert put("9309", Layout={"id": PUBLIC}, Stage="Closed Won", Type="New Business").status == 200
    entry_is(put("9307", Layout=PUBLIC).body["data"][0], no_pipeline())
    assert put("9307", Layout=FREE, Type="Existing Business").status == 200
    assert put("9301", Layout=PUBLIC, Deal_Name="x").status == 200


def test_F19_a_deal_without_a_pipeline_is_in_its_layouts_first(own):
    """Gifts is the first of Public; one that its fixtures' record has it by name is in the same."""
    for pipeline in (None, "Gifts"):
        own.request("PUT", "/crm/v8/Deals/9303", {"data": [{"Pipeline": pipeline}]})
        for stage, expected in (("Closed Won", DONE), ("Qualification", no_stage()), ("Closed Lost", DONE)):
            entry_is(own.update("Deals", {"data": [{"Stage": stage}], "ids": ["9303"]}).body["data"][0], expected)


def test_F19_other_modules_have_layouts_too(own):
    for id, changes, expected in [("9313", {"Lead_Source": "Chat"}, DONE), ("9313", {"Lead_Source": "Trade Show"}, no_value("9313", "Lead_Source")), ("9315", {"Lead_Source": "Trade Show"}, DONE),
                                  ("9313", {"Languages_Known": ["Hindi"]}, no_value("9313", "Languages_Known"))]:
        entry_is(own.update("Leads", {"data": [changes], "ids": [id]}).body["data"][0], expected)
    for module, version in [("Tasks", "v8"), ("Activities", "v7"), ("Tasks", "v2.1")]:  # Activities shows what is in Tasks
        for status, expected in (("Completed", DONE), ("Deferred", no_value("9311", "Status"))):
            entry_is(own.update(module, {"data": [{"Status": status}], "ids": ["9311"]}, version).body["data"][0], expected)


def test_F19_a_module_that_shows_deals(start, tmp_path):
    """What is asked is what goes for the record's own module, by whichever name it is called."""
    stage = {"api_name": "Stage", "type": "picklist", "values": ["A", "B"]}
    small = {"org": {"name": "Small"}, "roles": [{"name": "R"}], "profiles": [{"name": "P", "administrator": True, "modules": {"*": {}}}], "users": [{"name": "U", "email": "u@x.example", "profile": "P", "role": "R"}],
             "clients": [{"id": "c", "secret": "s"}], "tokens": [{"token": "t", "client": "c", "user": "u@x.example", "scopes": "ZohoCRM.modules.ALL ZohoCRM.mass_update.ALL"}],
             "modules": [{"api_name": "Sales", "custom": True, "fields": [stage]}, {"api_name": "Deals", "part_of": "Sales", "fields": [stage], "layouts": [{"name": "L", "pipelines": ["P"]}]}],
             "pipelines": [{"name": "P", "stages": ["A"]}], "records": [{"module": "Deals", "id": "5", "fields": {"Stage": "A"}}]}
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "org.json").write_text(json.dumps(small))
    server = start("--fixtures", folder)
    for module in ("Deals", "Sales"):
        for stage, row in [("B", "M3"), ("A", None)]:
            assert server.update(module, {"data": [{"Stage": stage}], "ids": ["5"]}, token="t").headers["X-Crmock-Rule"] == row
            assert server.request("PUT", f"/crm/v8/{module}/5", {"data": [{"Stage": stage}]}, token="t").headers["X-Crmock-Rule"] == row


def test_F19_an_id_of_a_pipeline_is_its_own(tmp_path):
    done = run("--port", "0", "--log-level", "error", "--fixtures", own_fixtures(tmp_path, OWN | {"pipelines": [OWN["pipelines"][0] | {"id": PUBLIC}, OWN["pipelines"][1]]}))
    assert done.returncode == 1 and f"the id {PUBLIC} is given twice" in done.stderr


def test_F19_transitions(start, tmp_path):
    """A blueprint's transition sets Stage, and may ask for a Pipeline: both go with the rest."""
    blueprint = {"module": "Deals", "field": "Stage", "id": "9401", "name": "Way", "transitions": [
        {"id": "9403", "name": "Win", "from": ["Qualification"], "to": "Closed Won", "optional_fields": ["Pipeline"]}, {"id": "9405", "name": "Lose", "from": ["Qualification"], "to": "Closed Lost"}]}
    deal = {"module": "Deals", "layout": "Public", "blueprint": "Way", "fields": {"Deal_Name": "x", "Stage": "Qualification", "Pipeline": "Tenders"}}
    server = start("--fixtures", own_fixtures(tmp_path, OWN | {"blueprints": [blueprint], "records": [deal | {"id": "9501"}, deal | {"id": "9503"}]}), db=tmp_path / "s.db")
    perform = lambda id, transition, **data: server.request("PUT", f"/crm/v8/Deals/{id}/actions/blueprint", {"blueprint": [{"transition_id": transition, "data": data}]})
    answer = perform("9501", "9405")
    assert (answer.status, answer.headers["X-Crmock-Rule"]) == (400, "M3") and server.fields("9501") == deal["fields"]
    assert perform("9501", "9403", Pipeline="Standard").headers["X-Crmock-Rule"] == "M2"
    assert perform("9501", "9403", Pipeline="Gifts").status == 200 and server.fields("9501")["Pipeline"] == "Gifts"
    assert perform("9503", "9403").status == 200


@pytest.mark.parametrize("batch", [500, 2])
def test_F19_in_jobs_they_count_as_failed(start, tmp_path, batch):
    """Of Ours, 9301 and 9309 (by the Standard pipeline) may be qualified, so may 9305, which is in none; 9307 may, too."""
    server = start("--fixtures", own_fixtures(tmp_path, OWN), "--job-batch", batch, db=tmp_path / "s.db")
    ours = ["9301", "9303", "9305", "9307", "9309"]
    for changes, refused, more in [({"Stage": "Qualification"}, ["9303"], {}), ({"Pipeline": "Tenders"}, ["9303", "9309"], {}), ({"Pipeline": "Gifts", "Stage": "Closed Lost", "Probability": 3}, ["9309"], {}),
                                   ({"Type": "Existing Business"}, ["9301", "9303"], {}), ({"Languages_Known": ["Tamil"]}, ["9301", "9303"], {}), ({"Languages_Known": ["Hindi"]}, [], {"over_write": True})]:
        before = {id: server.fields(id) for id in ours}
        job = server.ended("Deals", server.schedule("Deals", {"data": [changes], "cvid": "9201"} | more))
        assert (job["Status"], job["Updated_Count"], job["Failed_Count"]) == ("COMPLETED", 5 - len(refused), len(refused)), changes
        assert {id: server.fields(id) for id in ours} == {id: fields if id in refused else fields | changes for id, fields in before.items()}
    server.request("DELETE", "/crm/v8/Deals?ids=9301,9305,9307,9309")
    job = server.ended("Deals", server.schedule("Deals", {"data": [{"Stage": "Value Proposition"}], "cvid": "9201"}))
    assert job == {"Status": "FAILED", "Failed_Count": 1, "Updated_Count": 0, "Not_Updated_Count": 0, "Total_Count": 1}


def test_F19_what_no_pipeline_or_layout_says_anything_of(start, tmp_path):
    """Without pipelines nothing is asked, and no field is made."""
    small = {"org": {"name": "Small"}, "roles": [{"name": "R"}], "profiles": [{"name": "P", "administrator": True, "modules": {"*": {}}}], "users": [{"name": "U", "email": "u@x.example", "profile": "P", "role": "R"}],
             "clients": [{"id": "c", "secret": "s"}], "tokens": [{"token": "t", "client": "c", "user": "u@x.example", "scopes": "ZohoCRM.modules.ALL ZohoCRM.mass_update.ALL ZohoCRM.settings.ALL"}],
             "modules": [{"api_name": "Deals", "fields": [{"api_name": "Stage", "type": "picklist", "values": ["A", "B"]}]}], "records": [{"module": "Deals", "id": "5", "fields": {"Stage": "A"}}]}
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "org.json").write_text(json.dumps(small))
    server = start("--fixtures", folder)
    assert server.update("Deals", {"data": [{"Stage": "B"}], "ids": ["5"]}, token="t").status == 200
    assert server.update("Deals", {"data": [{"Pipeline": "x"}], "ids": ["5"]}, token="t").headers["X-Crmock-Rule"] == "E3"
    names = [field["api_name"] for field in server.request("GET", "/crm/v8/settings/fields?module=Deals", token="t").body["fields"]]
    assert "Stage" in names and "Pipeline" not in names


def test_F19_a_pipeline_field_of_the_fixtures_own_is_taken(start, tmp_path):
    fields = [{"api_name": "Pipeline", "type": "picklist", "values": ["Other", "Mine"], "label": "Way"}, {"api_name": "Stage", "type": "picklist", "values": ["A", "B"]}]
    small = {"org": {"name": "Small"}, "roles": [{"name": "R"}], "profiles": [{"name": "P", "administrator": True, "modules": {"*": {}}}], "users": [{"name": "U", "email": "u@x.example", "profile": "P", "role": "R"}],
             "clients": [{"id": "c", "secret": "s"}], "tokens": [{"token": "t", "client": "c", "user": "u@x.example", "scopes": "ZohoCRM.modules.ALL ZohoCRM.mass_update.ALL ZohoCRM.settings.ALL"}],
             "modules": [{"api_name": "Deals", "fields": fields, "layouts": [{"name": "L", "pipelines": ["Mine"]}]}], "pipelines": [{"name": "Mine", "stages": ["B"]}, {"name": "Third", "stages": ["A"]}],
             "records": [{"module": "Deals", "id": "5", "fields": {"Stage": "B"}}]}
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "org.json").write_text(json.dumps(small))
    server = start("--fixtures", folder)
    told = {field["api_name"]: field for field in server.request("GET", "/crm/v8/settings/fields?module=Deals", token="t").body["fields"]}
    assert told["Pipeline"]["field_label"] == "Way" and {"Other", "Mine", "Third"} <= {value["actual_value"] for value in told["Pipeline"]["pick_list_values"]}
    for changes, row in [({"Stage": "A"}, "M3"), ({"Pipeline": "Other"}, "M2"), ({"Pipeline": "Mine"}, None)]:
        assert server.update("Deals", {"data": [changes], "ids": ["5"]}, token="t").headers["X-Crmock-Rule"] == row


@pytest.mark.parametrize("version", VERSIONS)
def test_F19_layouts_list_their_own_values(own, version):
    layouts = own.request("GET", f"/crm/{version}/settings/layouts?module=Deals").body["layouts"]

    def values(layout, name):
        [field] = [field for section in layout["sections"] for field in section["fields"] if field["api_name"] == name]
        return [value["actual_value"] for value in field["pick_list_values"] if value["actual_value"] != "-None-"]

    told = {layout["name"]: [values(layout, name) for name in ("Pipeline", "Type", "Languages_Known", "Contract")] for layout in layouts}
    all_pipelines = ["Standard", "Renewals", "Partner sales", "Tenders", "Gifts"]
    languages = ["English", "Spanish", "French", "German", "Tamil", "Hindi", "Japanese"]
    types = ["Existing Business", "New Business"]
    assert told == {"Standard": [["Standard", "Renewals"], types, languages, ["New", "Renewal"]], "Partners": [["Partner sales"], types, languages, ["Partner agreement"]],
                    "Public": [["Tenders", "Gifts"], ["New Business"], ["English", "Hindi"], ["New", "Renewal", "Partner agreement"]], "Free": [all_pipelines, types, languages, ["New", "Renewal", "Partner agreement"]]}
    fields = own.request("GET", f"/crm/{version}/settings/fields?module=Deals").body["fields"]
    [pipeline] = [field for field in fields if field["api_name"] == "Pipeline"]
    assert pipeline["data_type"] == "picklist" and [value["actual_value"] for value in pipeline["pick_list_values"] if value["actual_value"] != "-None-"] == all_pipelines


def test_F19_a_later_start_on_the_same_store_knows_them(own, tmp_path):
    own.stop()
    again = Server(db=tmp_path / "store.db")
    entry_is(again.update("Deals", {"data": [{"Stage": "Closed Lost"}], "ids": ["9301"]}).body["data"][0], no_stage())
    entry_is(again.update("Deals", {"data": [{"Type": "Existing Business"}], "ids": ["9301"]}).body["data"][0], no_value("9301", "Type"))
    again.stop()


DEAL = {"module": "Deals", "layout": "Public", "fields": {"Deal_Name": "x", "Stage": "Closed Won"}}


def with_fields(**fields):
    return {"records": [DEAL | {"fields": DEAL["fields"] | fields}]}


def layout(**members):
    return {"layouts": [{"module": "Deals", "name": "L"} | members], "records": []}


FAULTS = [
    ({"pipelines": [{"name": "P", "stages": ["Closed Won", "Nonsense"]}]}, "$.pipelines[0].stages[1]: expected a value that the picklist Stage offers"),
    ({"pipelines": [{"name": "P", "stages": ["Closed Won", "Closed Won"]}]}, "$.pipelines[0].stages[1]: expected once\n"),
    ({"pipelines": [{"name": "P", "stages": ["Closed Won", 5]}]}, "$.pipelines[0].stages[1]: expected a text"),
    ({"pipelines": [{"name": "P", "stages": []}]}, "$.pipelines[0].stages: expected a list of stages"),
    ({"pipelines": [{"name": "P"}]}, "$.pipelines[0].stages: expected a list of stages"),
    ({"pipelines": [{"name": "P", "stages": {"a": "Closed Won"}}]}, "$.pipelines[0].stages: expected a list"),
    ({"pipelines": [{"stages": ["Closed Won"]}]}, "$.pipelines[0].name: expected a text"),
    ({"pipelines": [{"name": "P", "stages": ["Closed Won"], "default": True}]}, "$.pipelines[0].default: expected one of the members id name stages"),
    ({"pipelines": [{"name": name, "stages": ["Closed Won"]} for name in ("P", "P")]}, "$.pipelines[1].name: another pipeline of the module has this name\n"),
    ({"pipelines": [{"name": "Renewals", "stages": ["Closed Won"]}]}, "$.pipelines[0].name: another pipeline of the module has this name\n"),
    ({"pipelines": [{"id": "x", "name": "P", "stages": ["Closed Won"]}]}, "$.pipelines[0].id: expected an id"),
    ({"extends": "free", "pipelines": [{"name": "P", "stages": ["Closed Won"]}]}, "$.pipelines[0]: expected the org to have the module Deals, with a picklist Stage"),
    (layout(pipelines=["Nonsense"]), "$.layouts[0].pipelines[0]: expected the name of a pipeline of the module"),
    (layout(pipelines=["Renewals", "Renewals"]), "$.layouts[0].pipelines[1]: expected once\n"),
    (layout(pipelines="Renewals"), "$.layouts[0].pipelines: expected a list"),
    ({"layouts": [{"module": "Leads", "name": "L", "pipelines": ["Renewals"]}]}, "$.layouts[0].pipelines[0]: expected the name of a pipeline of the module"),
    (layout(values={"Nonsense": ["x"]}), "$.layouts[0].values.Nonsense: expected the API name of a picklist of the module"),
    (layout(values={"Next_Step": ["x"]}), "$.layouts[0].values.Next_Step: expected the API name of a picklist of the module"),
    (layout(values={"Type": ["Nonsense"]}), "$.layouts[0].values.Type[0]: expected a value that the picklist offers"),
    (layout(values={"Type": ["New Business", "New Business"]}), "$.layouts[0].values.Type[1]: expected once\n"),
    (layout(values={"Type": []}), "$.layouts[0].values.Type: expected a list of values, one at least"),
    (layout(values={"Type": "New Business"}), "$.layouts[0].values.Type: expected a list"),
    (layout(values=["Type"]), "$.layouts[0].values: expected an object"),
    ({"fields": [{"module": "Leads", "api_name": "A", "type": "text", "scheduled_mass_update": "no"}]}, "$.fields[0].scheduled_mass_update: expected true or false"),
    (with_fields(Stage="Qualification"), "$.records[0].fields.Stage: expected a value that goes with the record's others: the record's pipeline Gifts has the stages Closed Won, Closed Lost"),
    (with_fields(Pipeline="Standard"), "$.records[0].fields.Pipeline: expected a value that goes with the record's others: the record's layout Public has the pipelines Gifts, Tenders"),
    (with_fields(Type="Existing Business"), "$.records[0].fields.Type: expected a value that goes with the record's others: of Type, the record's layout Public offers New Business"),
    (with_fields(Languages_Known=["Hindi", "German"]), "$.records[0].fields.Languages_Known: expected a value that goes"),
    ({"records": [DEAL | {"layout": "Partners"}, {"module": "Deals", "fields": {"Deal_Name": "x", "Stage": "Closed Won", "Pipeline": "Gifts"}}]}, "$.records[1].fields.Pipeline: expected a value that goes"),
    # taken in turn, the third record is the first that does not fit; of 2 and 3 values, the sixth
    ({"records": [DEAL | {"generate": 5, "fields": {"Deal_Name": "x", "Stage": {"$cycle": ["Closed Won", "Closed Lost", "Qualification"]}}}]}, "$.records[0].fields.Stage: expected a value that goes"),
    ({"records": [DEAL | {"generate": 6, "fields": {"Deal_Name": "x", "Pipeline": {"$cycle": ["Tenders", "Gifts"]}, "Stage": {"$cycle": ["Closed Won", "Closed Won", "Closed Won", "Closed Won", "Closed Won", "Qualification"]}}}]}, "$.records[0].fields.Stage: expected a value that goes"),
]


@pytest.mark.parametrize("sections, said", FAULTS, ids=range(len(FAULTS)))
def test_F19_faults_of_fixtures(tmp_path, sections, said):
    path = own_fixtures(tmp_path, {key: value for key, value in OWN.items() if key not in ("records", "layouts") or key not in sections} | sections if "records" in sections and "layouts" not in sections else sections)
    done = run("--port", "0", "--log-level", "error", "--fixtures", path)
    assert done.returncode == 1 and done.stdout == "" and f"{path}/own.json: {said}" in done.stderr, done.stderr


def test_F19_a_field_of_another_type_that_is_called_pipeline(tmp_path):
    fields = [{"api_name": "Pipeline", "type": "text"}, {"api_name": "Stage", "type": "picklist", "values": ["A"]}]
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "org.json").write_text(json.dumps({"org": {"name": "Small"}, "modules": [{"api_name": "Deals", "fields": fields}], "pipelines": [{"name": "P", "stages": ["A"]}]}))
    done = run("--port", "0", "--log-level", "error", "--fixtures", folder)
    assert done.returncode == 1 and "$.pipelines[0]: expected the field Pipeline of Deals to be a picklist" in done.stderr


def test_F19_records_that_are_generated_go_together(start, tmp_path):
    """Five of two pipelines, with a stage of each in turn: what no record has is no fault."""
    deals = DEAL | {"id": "9601", "generate": 5, "fields": {"Deal_Name": "D{n}", "Pipeline": {"$cycle": ["Tenders", "Gifts"]}, "Stage": {"$cycle": ["Qualification", "Closed Lost", "Closed Won", "Closed Won"]}}}
    server = start("--fixtures", own_fixtures(tmp_path, OWN | {"records": [deals]}), db=tmp_path / "s.db")
    assert [server.fields(9601 + n)["Stage"] for n in range(5)] == ["Qualification", "Closed Lost", "Closed Won", "Closed Won", "Qualification"]


def test_F19_a_records_number_in_a_value(start, tmp_path):
    """{n} stands for it in a stage, too: every record has another one then, and the fourth none of its pipeline."""
    small = {"org": {"name": "Small"}, "roles": [{"name": "R"}], "profiles": [{"name": "P"}], "users": [{"name": "U", "email": "u@x.example", "profile": "P", "role": "R"}],
             "modules": [{"api_name": "Deals", "fields": [{"api_name": "Stage", "type": "picklist", "values": [f"Stage {n}" for n in range(1, 6)]}], "layouts": [{"name": "L", "pipelines": ["P"]}]}],
             "pipelines": [{"name": "P", "stages": ["Stage 1", "Stage 2", "Stage 3", "Stage 5"]}], "records": [{"module": "Deals", "id": "5", "generate": 3, "fields": {"Stage": "Stage {n}"}}]}
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "org.json").write_text(json.dumps(small))
    server = start("--fixtures", folder, db=tmp_path / "s.db")
    assert [server.fields(5 + n) for n in range(3)] == [{"Stage": f"Stage {n + 1}"} for n in range(3)]
    small["records"][0]["generate"] = 5
    (folder / "org.json").write_text(json.dumps(small))
    done = run("--port", "0", "--log-level", "error", "--fixtures", folder)
    assert done.returncode == 1 and "$.records[0].fields.Stage: expected a value that goes" in done.stderr


def test_F19_the_documents_example_and_its_places_of_faults(start, tmp_path):
    text = gallery.page("fixtures")
    part = text[text.index("## Pipelines and layouts"):text.index("## Comparators")]
    example = json.loads(part[part.index("```json\n") + 8:part.index("\n```\n")])
    server = start("--fixtures", own_fixtures(tmp_path, example))
    assert server.update("Deals", {"data": [{"Stage": "Needs Analysis"}], "ids": ["88"]}).headers["X-Crmock-Rule"] == "M3"
    places = {line.split("`")[-2] for line in part.splitlines() if "| `$." in line}
    told = {said.split(": ")[0] for _, said in FAULTS}
    assert len(places) == 8 and {place.replace("values.City", "values.Next_Step") for place in places} <= told


# E37

@pytest.mark.parametrize("version", VERSIONS)
def test_E37_a_field_that_no_schedule_changes(own, version):
    for module, changes, view in [("Leads", {"Fax": "5550100"}, "554023000000091501"), ("Deals", {"Draft": "x"}, "9201"), ("Deals", {"Type": "New Business", "Draft": None}, "9201")]:
        name = [name for name in changes if name in ("Fax", "Draft")][0]
        answer = own.update(module, {"data": [changes], "cvid": view}, version)
        assert (answer.status, answer.headers["X-Crmock-Rule"]) == (400, "E37")
        entry_is(answer.body["data"][0], ("INVALID_DATA", "Field cannot be updated in Scheduled Mass Update", {"api_name": name, "json_path": f"$.data[0].{name}"}), version)
    assert own.query("SELECT count(*) FROM job") == [(0,)]
    assert own.update("Leads", {"data": [{"Fax": "5550100"}], "ids": ["9315"]}, version).status == 200 and own.fields("9315")["Fax"] == "5550100"
    assert own.update("Deals", {"data": [{"Type": "New Business", "Draft": "x"}], "ids": ["9301"]}, version).status == 200


def test_E37_its_place_in_the_order(own):
    fax = {"data": [{"Fax": "1"}]}
    for body, token, row in [(fax | {"cvid": "1"}, "unscheduled", "E25"), (fax | {"cvid": "1"}, "admin", "E37"), (fax | {"cvid": "554023000000091515", "territory": {"id": "1"}}, "admin", "E37"),
                             ({"data": [{"Fax": 5}], "cvid": "1"}, "admin", "E32"), ({"data": [{"City": "x"}], "cvid": "1"}, "admin", "E7"), (fax | {"ids": ["1"]}, "admin", "E7")]:
        assert own.update("Leads", body, token=f"1000.crmock.{token}").headers["X-Crmock-Rule"] == row, body
    assert own.update("Deals", {"data": [{"Draft": "x"}], "cvid": "1", "criteria": {"x": 1}}).headers["X-Crmock-Rule"] == "E37"


def test_E37_metadata_still_says_that_mass_update_may(own):
    fields = own.request("GET", "/crm/v8/settings/fields?module=Leads").body["fields"]
    assert [field["mass_update"] for field in fields if field["api_name"] == "Fax"] == [True]


def test_F19_their_place_in_the_order(start, tmp_path):
    """Behind what the record's state forbids, before what is unique, and one before the other."""
    deal = {"module": "Deals", "layout": "Public", "fields": {"Deal_Name": "x", "Stage": "Closed Won", "Ticket": "T1"}}
    blueprint = {"module": "Deals", "field": "Stage", "id": "9401", "name": "Way", "transitions": []}
    records = [deal | {"id": "9701", "locked": True}, deal | {"id": "9703", "blueprint": "Way", "fields": deal["fields"] | {"Ticket": "T2"}}, deal | {"id": "9705", "fields": deal["fields"] | {"Ticket": "T3"}},
               deal | {"id": "9707", "fault": True, "fields": deal["fields"] | {"Ticket": "T4"}}]
    server = start("--fixtures", own_fixtures(tmp_path, OWN | {"records": records, "blueprints": [blueprint]}))
    wrong = {"Stage": "Qualification", "Pipeline": "Renewals", "Type": "Existing Business"}
    for id, changes, row in [("9701", wrong, "E27"), ("9703", wrong, "E9"), ("9705", wrong, "M1"), ("9705", wrong | {"Type": "New Business"}, "M2"), ("9705", {"Stage": "Qualification", "Pipeline": "Gifts"}, "M3"),
                             ("9705", {"Stage": "Qualification", "Ticket": "T1"}, "M3"), ("9705", {"Type": "Existing Business", "Ticket": "T1"}, "M1"), ("9705", {"Pipeline": "Renewals", "Ticket": "T1"}, "M2"),
                             ("9705", {"Stage": "Closed Lost", "Ticket": "T1"}, "D18"), ("9707", {"Stage": "Qualification"}, "M3"), ("9707", {"Stage": "Closed Lost"}, "E23")]:
        assert server.update("Deals", {"data": [changes], "ids": [id]}).headers["X-Crmock-Rule"] == row, (id, changes)
