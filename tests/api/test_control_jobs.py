"""Section 5 of the control API: jobs that go on as a test wants them to."""
import threading
import time

import pytest

from server import PATIENCE

CHAT = {"data": [{"Lead_Source": "Chat"}]}
FIFTY = CHAT | {"cvid": "554023000000091501"}
OWN = CHAT | {"cvid": "554023000000091505"}
STATES = CHAT | {"cvid": "554023000000091503"}
BULK = CHAT | {"cvid": "554023000000050000"}
POLICY = {"hold": False, "delay_ms": 0, "rate": 0, "batch": 500, "polls": None}
REFUSED = [("11", "E8"), ("12", "E14"), ("13", "E26"), ("14", "E26"), ("15", "E27"), ("16", "E28"), ("17", "E28"), ("18", "E33")]


@pytest.fixture
def server(start_each):
    return start_each()


def policy(server, **members):
    answer = server.request("PUT", "/_crmock/jobs/policy", members)
    assert answer.status == 200, answer
    return answer.body


def told(server, job, query=""):
    answer = server.request("GET", f"/_crmock/jobs/{job}{query}")
    assert answer.status == 200, answer
    return answer.body


def steer(server, job, how, body=None):
    answer = server.request("POST", f"/_crmock/jobs/{job}/{how}", body)
    assert answer.status == 200, answer
    return answer.body


def state(job):
    return job["status"], job["updated"], job["failed"], job["not_updated"]


def asked(server, job, version="v8", module="Leads", **keywords):
    one = server.job(module, job, version, **keywords).body["data"][0]
    return one["Status"], one["Updated_Count"] + one["Failed_Count"]


def test_a_policy_is_put_patched_and_told(server):
    def get():
        return server.request("GET", "/_crmock/jobs/policy").body
    assert get() == POLICY
    assert policy(server, hold=True, rate=5) == POLICY | {"hold": True, "rate": 5} == get()
    assert policy(server, polls={"scheduled": 1}) == POLICY | {"polls": {"scheduled": 1, "running": 0}}
    patched = server.request("PATCH", "/_crmock/jobs/policy", {"batch": 7, "polls": {"running": 2}})
    assert patched.status == 200 and patched.body == POLICY | {"batch": 7, "polls": {"scheduled": 1, "running": 2}} == get()
    assert server.request("PATCH", "/_crmock/jobs/policy", {"polls": None}).body == POLICY | {"batch": 7}


@pytest.mark.parametrize("body, at", [
    ({"hold": 1}, "$.hold"), ({"delay_ms": -1}, "$.delay_ms"), ({"rate": "5"}, "$.rate"), ({"batch": 0}, "$.batch"), ({"batch": 50001}, "$.batch"),
    ({"batch": 1.5}, "$.batch"), ({"polls": 3}, "$.polls"), ({"polls": {"running": -1}}, "$.polls.running"), ({"polls": {"other": 1}}, "$.polls.other"), ({"delay": 1}, "$.delay")])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_wrong_policy_changes_nothing(shared, method, body, at):
    answer = shared.request(method, "/_crmock/jobs/policy", {"rate": 7} | body)
    assert (answer.status, answer.body["at"]) == (422, at)
    assert shared.request("GET", "/_crmock/jobs/policy").body == POLICY


def test_a_held_job_goes_by_steps(server):
    policy(server, hold=True)
    job = server.schedule("Leads", FIFTY)
    assert asked(server, job) == ("SCHEDULED", 0) and told(server, job)["started"] is None
    assert server.update("Leads", FIFTY).status == 202  # E12
    assert state(steer(server, job, "step", {"records": 10})) == ("RUNNING", 10, 0, 40)
    assert state(steer(server, job, "step", {"records": 39})) == ("RUNNING", 49, 0, 1)
    assert asked(server, job) == ("RUNNING", 49)
    one = steer(server, job, "step", {"records": 5})
    assert state(one) == ("COMPLETED", 50, 0, 0) and one["ended"] >= one["started"] >= one["created"]
    assert asked(server, job) == ("COMPLETED", 50)


def test_what_a_hold_held_goes_on_by_the_policy_that_ends_it(start):
    """Not by the one before, in the moment between: a job that had begun would have ended by the time of the last."""
    server, held = start(), []
    for number in range(12):
        prefix = server.request("POST", "/_crmock/sandboxes", {"id": f"held{number}", "jobs": {"hold": True}}).body["url"].removeprefix(server.url)
        assert server.request("POST", f"{prefix}/crm/v8/Leads/actions/mass_update", FIFTY).status == 200
        assert server.request("PATCH", f"{prefix}/_crmock/jobs/policy", {"hold": False, "delay_ms": 86400000}).status == 200
        held.append(prefix)
    server.request("GET", f"{held[-1]}/_crmock/jobs?wait=1")
    assert [server.request("GET", f"{prefix}/_crmock/jobs").body["jobs"][0]["status"] for prefix in held] == ["SCHEDULED"] * len(held)


def test_a_hold_holds_up_nobody_and_its_end_releases(server):
    policy(server, hold=True)
    held, freed, later = (server.schedule("Leads", body) for body in (FIFTY, OWN, STATES))
    assert steer(server, freed, "release")["id"] == freed
    assert told(server, freed, "?wait=60")["status"] == "COMPLETED"
    assert state(told(server, held)) == ("SCHEDULED", 0, 0, 50)
    policy(server)
    assert [state(told(server, job, "?wait=60"))[0] for job in (held, later)] == ["COMPLETED", "COMPLETED"]


def test_a_sandbox_is_made_with_a_policy(start):
    server = start()
    assert server.request("POST", "/_crmock/sandboxes", {"id": "own", "jobs": {"hold": True}}).status == 201
    assert server.request("GET", "/_s/own/_crmock/jobs/policy").body == POLICY | {"hold": True}
    assert server.request("GET", "/_crmock/jobs/policy").body == POLICY
    wrong = server.request("POST", "/_crmock/sandboxes", {"id": "other", "jobs": {"rate": -1}})
    assert (wrong.status, wrong.body["at"]) == (422, "$.jobs.rate")


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_polls_say_what_they_are_to(server, version):
    policy(server, polls={"scheduled": 1, "running": 2}, delay_ms=86400000)
    jobs = [server.schedule("Leads", body) for body in (FIFTY, OWN)]
    for job in reversed(jobs):
        assert server.job("Leads", "1", version).status == 404 and server.job("Accounts", job, version).status == 404  # do not count
        assert [asked(server, job, version) for _ in range(5)] == [("SCHEDULED", 0), ("RUNNING", 16), ("RUNNING", 33), ("COMPLETED", 50), ("COMPLETED", 50)]


def test_polls_of_fifty_thousand(start):
    server = start()
    policy(server, polls={"scheduled": 0, "running": 2})
    job = server.schedule("Leads", BULK)
    assert [asked(server, job) for _ in range(3)] == [("RUNNING", 16666), ("RUNNING", 33333), ("COMPLETED", 50000)]


def test_polls_are_counted_across_restarts_and_snapshots(start, tmp_path):
    server = start(db=tmp_path / "store.db")
    policy(server, polls={"scheduled": 2, "running": 1})
    job = server.schedule("Leads", FIFTY)
    assert asked(server, job) == ("SCHEDULED", 0)
    server.stop()
    server = start("--job-delay", 86400000, db=tmp_path / "store.db")
    policy(server, polls={"scheduled": 2, "running": 1})
    assert [asked(server, job) for _ in range(2)] == [("SCHEDULED", 0), ("RUNNING", 25)]
    assert server.request("POST", "/_crmock/snapshots", {"name": "half"}).status == 201
    assert asked(server, job) == ("COMPLETED", 50)
    assert server.request("POST", "/_crmock/snapshots/half/restore").status == 204
    assert state(told(server, job))[1] == 25 and asked(server, job) == ("COMPLETED", 50)


@pytest.mark.parametrize("answers, states", [("page", ["SCHEDULED", "RUNNING"]), ("current", ["SUSPENDED", "SUSPENDED"])])
def test_a_suspended_job_waits_and_is_told_by_the_column(start, answers, states):
    server = start("--answers", answers)
    policy(server, hold=True)
    job, second = server.schedule("Leads", FIFTY), server.schedule("Leads", OWN)
    assert steer(server, job, "suspend")["status"] == "SUSPENDED"
    assert asked(server, job) == (states[0], 0) and asked(server, job, "v7") == ("SCHEDULED", 0)
    assert state(steer(server, job, "step", {"records": 3})) == ("SUSPENDED", 3, 0, 47)
    policy(server)
    assert asked(server, job) == (states[1], 3) and asked(server, job, "v7") == ("RUNNING", 3)
    assert told(server, second, "?wait=60")["status"] == "COMPLETED"
    assert state(told(server, job)) == ("SUSPENDED", 3, 0, 47)
    assert steer(server, job, "release")["status"] in ("RUNNING", "COMPLETED")
    assert state(told(server, job, "?wait=60")) == ("COMPLETED", 50, 0, 0)


def test_a_job_is_made_to_fail(server):
    policy(server, hold=True)
    job = server.schedule("Leads", FIFTY)
    steer(server, job, "step", {"records": 4})
    one = steer(server, job, "fail", {"reason": "the disk was full"})
    assert (state(one), one["reason"]) == (("FAILED", 4, 0, 46), "the disk was full") and one["ended"] is not None
    assert server.job("Leads", job).body["data"][0] == {"Status": "FAILED", "Failed_Count": 0, "Updated_Count": 4, "Not_Updated_Count": 46, "Total_Count": 50}
    again = server.schedule("Leads", FIFTY)  # no E12 any more
    assert steer(server, again, "fail")["reason"] == "it was made to fail"


def test_what_a_job_is(start):
    server = start("--now", "2026-01-31T09:30:00Z")
    job = server.schedule("Leads", STATES)
    one = told(server, job, "?wait=60")
    refused = [{"id": f"5540230000006000{id}", "rule": rule} for id, rule in REFUSED]
    at = "2026-01-31T09:30:00Z"
    assert one == {"id": job, "status": "COMPLETED", "total": 9, "updated": 1, "failed": 8, "not_updated": 0, "module": "Leads", "view": STATES["cvid"],
                   "fields": {"Lead_Source": "Chat"}, "user": "patricia.boyle@zylker.example", "created": at, "started": at, "ended": at, "reason": None,
                   "refused": refused, "more": False}
    page = told(server, job, "?limit=3")
    assert page["refused"] == refused[:3] and page["more"]
    page = told(server, job, f"?limit=5&after={refused[2]['id']}")
    assert page["refused"] == refused[3:] and not page["more"]


def test_a_deleted_record_is_told_so(server):
    policy(server, hold=True)
    job = server.schedule("Leads", FIFTY)
    assert server.request("DELETE", "/crm/v8/Leads/554023000000610007").status == 200
    assert steer(server, job, "step", {"records": 50})["failed"] == 1
    assert told(server, job)["refused"] == [{"id": "554023000000610007", "rule": "deleted"}]


def test_jobs_are_listed(server):
    policy(server, hold=True)
    jobs = [server.schedule("Leads", body) for body in (FIFTY, OWN, STATES)]
    steer(server, jobs[0], "fail")
    steer(server, jobs[1], "suspend")

    def ids(query=""):
        answer = server.request("GET", f"/_crmock/jobs{query}")
        assert answer.status == 200, answer
        return [job["id"] for job in answer.body["jobs"]], answer.body["more"]
    assert ids() == (jobs, False) and ids("?limit=2") == (jobs[:2], True) and ids(f"?limit=2&after={jobs[1]}") == (jobs[2:], False)
    assert ids("?status=SUSPENDED") == (jobs[1:2], False) and ids(f"?view={FIFTY['cvid']}") == (jobs[:1], False)
    assert ids("?module=leads") == (jobs, False) and ids("?module=Accounts") == ([], False)
    assert ids("?module=Accounts&org=554025000000000011") == ([], False)
    assert "refused" not in server.request("GET", "/_crmock/jobs").body["jobs"][0]


@pytest.mark.parametrize("path, status, at", [
    ("jobs?status=x", 422, "status"), ("jobs?view=x", 422, "view"), ("jobs?module=Nonsense", 422, "module"), ("jobs?org=1", 404, "org"), ("jobs?wait=61", 422, "wait"),
    ("jobs?limit=0", 422, "limit"), ("jobs?after=x", 422, "after"), ("jobs?other=1", 422, "other"), ("jobs/1?wait=x", 422, "wait"), ("jobs/1", 404, None), ("jobs/x", 404, None)])
def test_what_is_not_to_be_told(shared, path, status, at):
    answer = shared.request("GET", f"/_crmock/{path}")
    assert (answer.status, answer.body.get("at")) == (status, at)


@pytest.mark.parametrize("how, body, at", [
    ("step", {}, "$.records"), ("step", {"records": 0}, "$.records"), ("step", {"records": "1"}, "$.records"), ("step", {"records": 1, "x": 1}, "$.x"),
    ("release", {"x": 1}, "$.x"), ("suspend", {"x": 1}, "$.x"), ("fail", {"reason": 5}, "$.reason"), ("fail", {"why": ""}, "$.why")])
def test_what_is_not_to_be_done(shared, how, body, at):
    answer = shared.request("POST", f"/_crmock/jobs/1/{how}", body)
    assert (answer.status, answer.body["at"]) == (422, at)


def test_ended_jobs_and_those_that_go_on_by_themselves(start):
    server = start("--job-rate", 1)
    job = server.schedule("Leads", FIFTY)
    free = server.request("POST", f"/_crmock/jobs/{job}/step", {"records": 1})
    assert free.status == 409 and "by itself" in free.body["error"]
    steer(server, job, "fail", {"reason": "enough"})
    for how, body in (("step", {"records": 1}), ("release", None), ("suspend", None), ("fail", {"reason": "again"})):
        answer = server.request("POST", f"/_crmock/jobs/{job}/{how}", body)
        assert (answer.status, answer.body) == (409, {"error": "The job has ended."})
        assert server.request("POST", f"/_crmock/jobs/1/{how}", body).status == 404
    assert told(server, job)["reason"] == "enough"
    answer = server.request("DELETE", "/_crmock/jobs/policy")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT, PATCH, OPTIONS")


def meanwhile(server, path):
    """Asks on a connection of its own; what it is answered, and after how long."""
    told = []

    def ask():
        own, began = server.another_client(), time.monotonic()
        told.append((own.request("GET", path).body, time.monotonic() - began))
        own.connection.close()
    thread = threading.Thread(target=ask)
    thread.start()
    return thread, told


@pytest.mark.parametrize("many", [False, True])
def test_a_wait_ends_with_the_job(server, many):
    policy(server, hold=True)
    job = server.schedule("Leads", FIFTY)
    thread, answers = meanwhile(server, "/_crmock/jobs?module=Leads&wait=60" if many else f"/_crmock/jobs/{job}?wait=60")
    steer(server, job, "step", {"records": 49})
    assert thread.is_alive() and not answers
    steer(server, job, "step", {"records": 1})
    thread.join(PATIENCE)
    answer, seconds = answers[0]
    assert state(answer["jobs"][0] if many else answer) == ("COMPLETED", 50, 0, 0) and seconds < 55


def test_a_wait_that_is_in_vain_tells_how_it_is(server):
    policy(server, hold=True)
    job, began = server.schedule("Leads", FIFTY), time.monotonic()
    assert state(told(server, job, "?wait=1")) == ("SCHEDULED", 0, 0, 50) and time.monotonic() - began >= 1
    began = time.monotonic()
    assert server.request("GET", "/_crmock/jobs?wait=1").body["jobs"][0]["status"] == "SCHEDULED" and time.monotonic() - began >= 1


def test_a_wait_for_a_job_that_a_reset_takes_away(start):
    server = start()
    policy(server, hold=True)
    job = server.schedule("Leads", FIFTY)
    thread, answers = meanwhile(server, f"/_crmock/jobs/{job}?wait=60")
    assert server.request("POST", "/_crmock/reset").status == 204
    thread.join(PATIENCE)
    assert answers and answers[0][0] == {"error": "there is no such job"}


def test_an_advance_of_the_clock_shortens_delays(server):
    policy(server, delay_ms=86400000)
    job = server.schedule("Leads", FIFTY)
    assert server.request("POST", "/_crmock/clock/advance", {"by": "PT23H"}).status == 200
    assert asked(server, job) == ("SCHEDULED", 0)
    assert server.request("POST", "/_crmock/clock/advance", {"by": 3600}).status == 200
    assert told(server, job, "?wait=60")["status"] == "COMPLETED"


def test_no_org_waits_for_the_rate_of_another(server):
    policy(server, rate=1)
    first = server.schedule("Leads", FIFTY)
    body = {"data": [{"Phone": "1"}], "cvid": "554025000000091515"}
    token = "1000.crmock.professional"
    second = server.update("Accounts", body, token=token).body["data"][0]["details"]["job_id"]
    assert told(server, second, "?wait=30")["status"] == "COMPLETED"
    assert told(server, first)["not_updated"] > 0
    policy(server)  # it is over at once
    assert state(told(server, first, "?wait=30")) == ("COMPLETED", 50, 0, 0)
