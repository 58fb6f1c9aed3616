"""Contract section 6, and D7, D10: jobs."""
import json
import signal
import sqlite3
import threading
import time

import pytest

from server import PATIENCE, Server, own_fixtures

CHAT = {"data": [{"Lead_Source": "Chat"}]}
FIFTY = CHAT | {"cvid": "554023000000091501"}
ALL_STATES = CHAT | {"cvid": "554023000000091503"}
BULK = CHAT | {"cvid": "554023000000050000"}


def test_fifty_of_fifty(shared):
    job = shared.schedule("Leads", FIFTY)
    assert shared.ended("Leads", job) == {"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": 50, "Not_Updated_Count": 0, "Total_Count": 50}


@pytest.mark.parametrize("version", ["v2", "v2.1", "v3", "v7", "v8"])
def test_a_job_is_read_in_any_version_and_case(shared, version):
    job = shared.schedule("Leads", FIFTY, version=version)
    shared.ended("Leads", job)
    assert shared.job("lEADS", job, version).body["data"][0]["Total_Count"] == 50
    assert shared.job("Leads", f"{job}&", version).status == 200  # as the SDKs write it


@pytest.mark.parametrize("job", ["1", "x", "0", "99999999999999999999", "%20", "554023000000091501"])
def test_no_such_job(shared, job):
    answer = shared.job("Leads", job)
    assert (answer.status, answer.body, answer.headers["Content-Type"], answer.headers["Content-Length"]) == (404, None, None, "0")


def test_a_job_belongs_to_its_module_and_org(shared):
    job = shared.schedule("Leads", FIFTY)
    assert shared.job("Accounts", job).status == 404
    assert shared.job("Accounts", job, token="1000.crmock.professional").status == 404
    assert shared.job("Leads", job).status == 200


def test_job_id_is_mandatory(shared):
    for query in ("", "?", "?job_id", "?job_id=", "?other=1"):
        answer = shared.request("GET", "/crm/v8/Leads/actions/mass_update" + query)
        assert (answer.status, answer.body["details"]) == (400, {"param_name": "job_id"})


def test_scopes_of_reading(shared):
    job = shared.schedule("Leads", FIFTY)
    for token, status in [("read", 200), ("standard", 200), ("leads", 401), ("restricted", 200), ("jobless", 400), ("unreading", 403)]:
        assert shared.job("Leads", job, token=f"1000.crmock.{token}").status == status


@pytest.mark.parametrize("fields", [{}, {"City": "a", "Fax": "b", "Phone": "c", "Company": "d"}, {"Nonsense": "a"}])
def test_a_job_whose_changes_somebody_else_has_written_changes_nothing(start, tmp_path, fields):
    """In a store that lasts; a call changes one field at least and three at most."""
    server = start("--job-delay", 86400000, db=tmp_path / "store.db")
    job = server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"})
    server.stop()
    with sqlite3.connect(tmp_path / "store.db") as db:
        db.execute("UPDATE job SET changes = ?", (json.dumps({"fields": fields}),))
    db.close()
    server = start(db=tmp_path / "store.db")
    before, deadline = server.digest(), time.monotonic() + PATIENCE
    while (told := server.job("Leads", job).body["data"][0])["Status"] == "SCHEDULED" and time.monotonic() < deadline:
        pass
    assert told == {"Status": "FAILED", "Failed_Count": 0, "Updated_Count": 0, "Not_Updated_Count": 50, "Total_Count": 50} and server.digest() == before


def test_D7_refused_records_count_as_failed(fresh):
    job = fresh.ended("Leads", fresh.schedule("Leads", ALL_STATES))
    assert job == {"Status": "COMPLETED", "Failed_Count": 8, "Updated_Count": 1, "Not_Updated_Count": 0, "Total_Count": 9}
    # the blueprint's own field: the ninth record is refused as well
    job = fresh.ended("Leads", fresh.schedule("Leads", {"data": [{"Lead_Status": "Contacted"}], "cvid": ALL_STATES["cvid"]}))
    assert job == {"Status": "FAILED", "Failed_Count": 9, "Updated_Count": 0, "Not_Updated_Count": 0, "Total_Count": 9}


def test_a_job_sees_only_records_its_user_may_touch(fresh):
    job = fresh.schedule("Leads", CHAT | {"cvid": "554023000000091507"}, token="1000.crmock.standard")
    assert fresh.ended("Leads", job)["Updated_Count"] == 2
    job = fresh.ended("Leads", fresh.schedule("Leads", FIFTY, token="1000.crmock.standard"))
    assert (job["Status"], job["Failed_Count"]) == ("FAILED", 50)


def test_multi_select_values_are_added_record_by_record(fresh):
    body = {"data": [{"Languages_Known": ["Tamil", "French"]}], "cvid": "554023000000091007"}
    assert fresh.ended("Deals", fresh.schedule("Deals", body))["Updated_Count"] == 4
    assert fresh.fields("554023000000497007")["Languages_Known"] == ["French", "Tamil"]
    assert fresh.fields("554023000000497015")["Languages_Known"] == ["English", "Tamil", "French"]
    assert fresh.fields("554023000000497011")["Languages_Known"] == ["Tamil", "French"]
    assert fresh.ended("Deals", fresh.schedule("Deals", body | {"over_write": True}))["Updated_Count"] == 4
    assert fresh.fields("554023000000497015")["Languages_Known"] == ["Tamil", "French"]


def test_criteria_narrow_the_view(fresh):
    criteria = [{"field": {"api_name": "Lead_Source"}, "comparator": "equal", "value": "web research"}]
    assert fresh.ended("Leads", fresh.schedule("Leads", FIFTY | {"criteria": criteria}))["Total_Count"] == 25
    answer = fresh.update("Leads", FIFTY | {"criteria": {"field": {"api_name": "Nonsense"}, "comparator": "equal", "value": 1}})
    assert (answer.status, answer.body["details"]["json_path"]) == (400, "$.criteria.field.api_name")


def changed_by(server, body):
    """A job's outcome, and the records that it changed."""
    before = dict(server.query("SELECT id, fields FROM record"))
    outcome = server.ended("Leads", server.schedule("Leads", body))
    return outcome, {record for record, fields in server.query("SELECT id, fields FROM record") if fields != before[record]}


def test_a_job_changes_its_records_only(fresh):
    fifty = {554023000000610000 + n for n in range(1, 51)}
    _, changed = changed_by(fresh, FIFTY | {"data": [{"City": "All"}]})
    assert changed == fifty
    every_other = {"field": {"api_name": "Lead_Source"}, "comparator": "equal", "value": "Web Download"}
    _, changed = changed_by(fresh, FIFTY | {"data": [{"City": "Every other"}], "criteria": every_other})
    assert changed == {record for record in fifty if record % 2 == 1}
    locked = 554023000000610025
    body = {"data": [{"Locked_Reason__s": "the test's"}]}
    assert fresh.request("POST", f"/crm/v8/Leads/{locked}/Locking_Information__s", body).status == 201
    outcome, changed = changed_by(fresh, FIFTY | {"data": [{"City": "All but one"}]})
    assert (outcome["Updated_Count"], outcome["Failed_Count"]) == (49, 1) and changed == fifty - {locked}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_job_of_deals_changes_up_to_three_fields(start, tmp_path, count, gaps):
    """Records with ids in a row are written in another way than those between which others are."""
    own = {"views": [{"id": "77", "module": "Deals", "name": "Own", "criteria": {"field": {"api_name": "Next_Step"}, "comparator": "equal", "value": "Ours"}}],
           "records": [{"module": "Deals", "id": "1001", "generate": 6,
                        "fields": {"Deal_Name": "{n}", "Stage": "Closed Won", "Next_Step": {"$cycle": ["Ours", "Theirs" if gaps else "Ours"]}}}]}
    server = start("--fixtures", own_fixtures(tmp_path, own), db=tmp_path / "store.db")
    before = {id: server.fields(id) for id in range(1001, 1007)}
    changes = dict([("Lead_Source", "Chat"), ("Type", "New Business"), ("Reason_For_Loss__s", "Price")][:count])
    assert server.ended("Deals", server.schedule("Deals", {"data": [changes], "cvid": "77"}))["Updated_Count"] == (3 if gaps else 6)
    assert {id: server.fields(id) for id in before} == {id: fields | (changes if fields["Next_Step"] == "Ours" else {}) for id, fields in before.items()}


def test_fifty_thousand_records_and_one_more(fresh):
    before = dict(fresh.query("SELECT id, fields FROM record"))
    job = fresh.schedule("Leads", BULK)
    assert fresh.update("Leads", BULK).status == 202  # E12
    assert fresh.job("Leads", job).body["data"][0]["Status"] in ("SCHEDULED", "RUNNING")
    assert fresh.ended("Leads", job)["Updated_Count"] == 50000
    changed = {record for record, fields in fresh.query("SELECT id, fields FROM record") if fields != before[record]}
    assert changed <= set(range(554023000000700001, 554023000000750001))
    assert fresh.query("SELECT count(*) FROM record WHERE id BETWEEN 554023000000700001 AND 554023000000750000"
                       " AND json_extract(fields, '$.Lead_Source') = 'Chat'") == [(50000,)]
    jobs = fresh.query("SELECT count(*), (SELECT count(*) FROM job_record) FROM job")
    answer = fresh.update("Leads", CHAT | {"cvid": "554023000000050001"})
    assert (answer.status, answer.body["code"], answer.body["details"]) == (400, "LIMIT_EXCEEDED", {"limit": 50000})
    assert fresh.query("SELECT count(*), (SELECT count(*) FROM job_record) FROM job") == jobs


def test_calls_by_id_go_on_while_a_job_runs(fresh):
    job = fresh.schedule("Leads", BULK)
    for n in range(50):
        answer = fresh.update("Leads", {"data": [{"City": f"City {n}"}], "ids": ["554023000000600001"]})
        assert answer.status == 200
    assert fresh.ended("Leads", job)["Updated_Count"] == 50000
    assert fresh.fields("554023000000600001")["City"] == "City 49"


def test_D10_the_selection_is_fixed_when_the_job_is_scheduled(fresh):
    first = fresh.schedule("Leads", BULK)
    # waits behind the first job; what its view selects is fixed already
    body = {"data": [{"City": "Fixed"}], "cvid": FIFTY["cvid"], "criteria": {"field": {"api_name": "Lead_Source"}, "comparator": "equal", "value": "Web Download"}}
    second = fresh.schedule("Leads", body)
    assert fresh.update("Leads", {"data": [{"Lead_Source": "Web Download"}], "ids": ["554023000000610002"]}).status == 200
    assert fresh.ended("Leads", first)["Status"] == "COMPLETED"
    assert fresh.ended("Leads", second)["Total_Count"] == 25
    assert "City" not in fresh.fields("554023000000610002") and fresh.fields("554023000000610001")["City"] == "Fixed"


def test_a_job_waits_for_its_delay(start, tmp_path):
    db = tmp_path / "store.db"
    server = start("--job-delay", 86400000, db=db)
    first, second = server.schedule("Leads", FIFTY), server.schedule("Leads", ALL_STATES)
    assert server.update("Leads", {"data": [{"City": "x"}], "ids": ["554023000000610001"]}).status == 200
    for job, total in ((first, 50), (second, 9)):
        assert server.job("Leads", job).body["data"][0] == {"Status": "SCHEDULED", "Failed_Count": 0, "Updated_Count": 0, "Not_Updated_Count": total, "Total_Count": total}
    assert server.update("Leads", FIFTY).status == 202  # E12
    server.stop()
    server = start("--job-delay", 1, db=db)
    assert server.ended("Leads", first)["Updated_Count"] == 50 and server.ended("Leads", second)["Total_Count"] == 9


def test_a_job_goes_at_its_rate(start):
    server = start("--job-rate", 20)
    began, seen = time.monotonic(), []
    job = server.schedule("Leads", FIFTY)
    while (told := server.job("Leads", job).body["data"][0])["Status"] != "COMPLETED":
        seen.append((told["Updated_Count"], told["Status"]))
        assert time.monotonic() - began < PATIENCE
    assert time.monotonic() - began >= 48 / 20  # faster would break the limit; slower is no fault
    assert seen == sorted(seen) and "RUNNING" in {status for _, status in seen} and all(count % 2 == 0 for count, _ in seen)


def test_no_org_waits_for_the_rate_of_another(start):
    server = start("--job-rate", 1)
    began, first = time.monotonic(), server.schedule("Leads", FIFTY)
    body = {"data": [{"Phone": "1"}], "cvid": "554025000000091515"}
    second = server.update("Accounts", body, token="1000.crmock.professional").body["data"][0]["details"]["job_id"]
    while (told := server.job("Accounts", second, token="1000.crmock.professional").body["data"][0]["Status"]) != "COMPLETED":
        assert told in ("SCHEDULED", "RUNNING") and time.monotonic() - began < PATIENCE
    others = server.job("Leads", first).body["data"][0]
    # a second for each record; with those of both orgs one after the other it would have ended
    assert others["Status"] != "COMPLETED" and others["Updated_Count"] < 50


def test_the_later_job_wins(start, tmp_path):
    db = tmp_path / "store.db"
    server = start("--job-delay", 86400000, db=db)
    jobs = [server.schedule("Leads", {"data": [{"City": city}], "cvid": view}) for city, view in (("First", FIFTY["cvid"]), ("Second", "554023000000091505"))]
    server.stop()
    server = start("--job-batch", 7, db=db)
    assert [server.ended("Leads", job)["Updated_Count"] for job in jobs] == [50, 50]
    assert {server.fields(554023000000610001 + n)["City"] for n in range(50)} == {"Second"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_is_resumed_by_the_next_start(tmp_path, number):
    db = tmp_path / "store.db"
    server = Server(db=db)
    job = server.schedule("Leads", BULK)
    while server.job("Leads", job).body["data"][0]["Updated_Count"] == 0:
        pass
    server.stop(number)
    left = server.query("SELECT status, updated, failed, total FROM job")[0]
    assert left[1] <= left[3] == 50000
    server = Server(db=db)
    assert server.ended("Leads", job)["Updated_Count"] == 50000
    assert server.query("PRAGMA integrity_check") == [("ok",)]
    server.stop()


def test_many_clients_at_once(fresh):
    problems = []

    def client(index):
        own = fresh.another_client()
        for n in range(20):
            answer = own.update("Leads", {"data": [{"City": f"{index}-{n}"}], "ids": [str(554023000000610001 + index)]})
            if answer.status != 200 or fresh.fields(554023000000610001 + index)["City"] != f"{index}-{n}":
                problems.append(answer)
        own.connection.close()

    job = fresh.schedule("Leads", BULK)
    threads = [threading.Thread(target=client, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == [] and fresh.ended("Leads", job)["Status"] == "COMPLETED"
