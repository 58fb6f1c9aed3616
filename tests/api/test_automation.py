"""D8: what happens by itself to records that a mass update has changed: workflow rules, approval processes, blueprints."""
import ctypes
import http.server
import json
import os
import pathlib
import socket
import sqlite3
import threading
import time

import pytest

from server import PATIENCE, own_fixtures, run, until

LEAD, OTHER = "554023000000600001", "554023000000600002"


@pytest.fixture
def own(start, tmp_path):
    """Starts a server with rules of the test's own on top of the default fixtures."""
    return lambda *arguments, **sections: start("--fixtures", own_fixtures(tmp_path, sections), *arguments, db=tmp_path / "store.db")


def rule(name, field, *actions, module="Leads", **more):
    return {"module": module, "name": name, "field": field, "actions": list(actions)} | more


def update(server, fields, *ids, **more):
    return server.update("Leads", {"data": [fields], "ids": list(ids or [LEAD])} | more)


def fired(server):
    return server.query("SELECT name, record_id FROM automation_firing JOIN (SELECT id, name FROM automation_rule UNION ALL SELECT id, name FROM blueprint) AS rule ON rule.id = rule_id"
                        " ORDER BY automation_firing.id")


CHAT = {"field": {"api_name": "Lead_Source"}, "comparator": "equal", "value": "Chat"}


def test_a_workflow_sets_a_field_of_the_records_that_fit(own):
    server = own(workflow_rules=[rule("Chatty", "City", {"field": "Phone", "value": "1"}, {"field": "Rating", "value": None}, criteria=CHAT)])
    assert update(server, {"City": "Athens"}, LEAD, OTHER).status == 200
    assert "Phone" in server.fields(LEAD) and server.fields(LEAD)["Phone"] != "1"  # it is from a trade show
    assert (server.fields(OTHER)["City"], server.fields(OTHER)["Phone"]) == ("Athens", "1")
    assert fired(server) == [("Chatty", int(OTHER))]
    assert update(server, {"Company": "x"}, OTHER).status == 200  # not the rule's field
    assert len(fired(server)) == 1


@pytest.mark.parametrize("order", ["ABCA", "ABCDABCD", "DCBAABCD", "ABABCDCDADBC", "AABBAABB"])
def test_D5_a_repeated_id_starts_its_rules_once(own, order):
    """Wherever it stands again."""
    server = own(workflow_rules=[rule("Each", "City", {"field": "Phone", "value": "1"})],
                 records=[{"module": "Leads", "id": "1001", "generate": 4, "fields": {"Last_Name": "{n}"}}])
    ids = {letter: str(1001 + n) for n, letter in enumerate("ABCD")}
    assert update(server, {"City": "Athens"}, *(ids[letter] for letter in order)).status == 200
    assert sorted(fired(server)) == [("Each", int(ids[letter])) for letter in sorted(set(order))]


def test_the_criteria_see_the_new_values(own):
    server = own(workflow_rules=[rule("To chat", "Lead_Source", {"field": "City", "value": "Chat City"}, criteria=CHAT)])
    assert update(server, {"Lead_Source": "Partner"}).status == 200 and "City" not in server.fields(LEAD)
    assert update(server, {"Lead_Source": "Chat"}).status == 200 and server.fields(LEAD)["City"] == "Chat City"


def test_rules_start_each_other_and_none_for_ever(own):
    server = own(workflow_rules=[
        rule("A", "City", {"field": "Phone", "value": "a"}), rule("B", "Phone", {"field": "City", "value": "b"}), rule("C", "City", {"field": "City", "value": "c"}),
        rule("Any", None, {"field": "Website", "value": "https://any.example"}) | {"field": "Company"}, rule("D", "Website", {"field": "Fax", "value": "1"})])
    assert update(server, {"City": "x"}).status == 200
    assert [name for name, _ in fired(server)] == ["A", "B", "C"] and server.fields(LEAD)["City"] == "c"


def test_a_rule_without_a_field_is_for_every_change(own):
    every = rule("Every", None, {"field": "Fax", "value": "1"})
    del every["field"]
    server = own(workflow_rules=[every])
    assert update(server, {"City": "x"}).status == 200 and update(server, {"Company": "y"}, OTHER).status == 200
    assert [name for name, _ in fired(server)] == ["Every"] * 2


def test_an_approval_process_holds_the_record(own):
    server = own(approval_processes=[{"module": "Leads", "name": "Chat needs a yes", "field": "Lead_Source", "criteria": CHAT}])
    assert update(server, {"Lead_Source": "Chat"}).status == 200
    answer = update(server, {"City": "x"})
    assert (answer.status, answer.headers["X-Crmock-Rule"]) == (400, "E14")
    assert server.request("GET", f"/crm/v8/Leads/{LEAD}").body["data"][0]["$approval_state"] == "approval_process_pending"
    assert update(server, {"City": "x"}, OTHER).status == 200


def test_a_blueprint_starts_by_a_mass_update(own):
    fields = [{"module": "Leads", "api_name": "Stage", "type": "picklist", "custom": True, "values": ["New", "Open", "Done"]}]
    blueprints = [{"module": "Leads", "field": "Stage", "name": "Staged", "starts_at": ["Open"], "transitions": [{"name": "Finish", "from": ["Open"], "to": "Done"}]}]
    server = own(fields=fields, blueprints=blueprints)
    assert update(server, {"Stage": "New"}, LEAD, OTHER).status == 200 and fired(server) == []
    assert update(server, {"Stage": "Open"}).status == 200 and fired(server) == [("Staged", int(LEAD))]
    answer = update(server, {"Stage": "Done"}, LEAD, OTHER)
    assert [entry["code"] for entry in answer.body["data"]] == ["RECORD_IN_BLUEPRINT", "SUCCESS"]
    assert update(server, {"City": "x"}).status == 200  # its other fields go on
    told = server.request("GET", f"/crm/v8/Leads/{LEAD}/actions/blueprint").body["blueprint"]
    assert told["transitions"][0]["name"] == "Finish"


ALL = dict(fields=[{"module": "Leads", "api_name": "Stage", "type": "picklist", "custom": True, "values": ["New", "Open"]}],
           blueprints=[{"module": "Leads", "field": "Stage", "name": "Staged", "starts_at": ["Open"], "transitions": [{"name": "Back", "from": ["Open"], "to": "New"}]}],
           workflow_rules=[rule("Set", "Stage", {"field": "Fax", "value": "1"})], approval_processes=[{"module": "Leads", "name": "Ask", "field": "Stage"}])


@pytest.mark.parametrize("more, names", [({}, ["Set", "Ask", "Staged"]), ({"trigger": None}, ["Set", "Ask", "Staged"]), ({"trigger": []}, []), ({"trigger": ["workflow"]}, ["Set"]),
    ({"trigger": ["approval"]}, ["Ask"]), ({"trigger": ["blueprint"]}, ["Staged"]), ({"trigger": ["blueprint", "workflow"]}, ["Set", "Staged"])])
def test_trigger_narrows_it(own, more, names):
    server = own(**ALL)
    assert update(server, {"Stage": "Open"}, **more).status == 200
    assert [name for name, _ in fired(server)] == names
    job = server.schedule("Leads", {"data": [{"Stage": "Open"}], "cvid": "554023000000091501"} | more)
    assert server.ended("Leads", job)["Updated_Count"] == 50
    assert len(fired(server)) == 51 * len(names)


@pytest.mark.parametrize("count, fires", [(1, True), (999, True), (1000, False), (1001, False)])
def test_D8_jobs_of_a_thousand_records_run_none(own, count, fires):
    server = own(records=[{"module": "Leads", "generate": count, "fields": {"Last_Name": "{n}", "Email": "n{n}@thousand.example"}}],
                 views=[{"id": "77", "module": "Leads", "name": "Some", "criteria": {"field": {"api_name": "Email"}, "comparator": "ends_with", "value": "@thousand.example"}}],
                 workflow_rules=[rule("Set", "City", {"field": "Fax", "value": "1"})])
    assert server.ended("Leads", server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "77"}))["Updated_Count"] == count
    assert len(fired(server)) == (count if fires else 0)
    assert server.query("SELECT count(*) FROM record WHERE json_extract(fields, '$.Fax') = '1'") == [(count if fires else 0,)]


def test_rules_of_a_module_meet_the_calls_by_the_module_that_shows_its_records(own):
    server = own(workflow_rules=[rule("Tasks only", "Priority", {"field": "Description", "value": "x"}, module="Tasks")])
    [(task,)] = server.query("SELECT record.id FROM record JOIN module ON module.id = module_id WHERE api_name = 'Tasks' ORDER BY record.id LIMIT 1")
    [(event,)] = server.query("SELECT record.id FROM record JOIN module ON module.id = module_id WHERE api_name = 'Events' ORDER BY record.id LIMIT 1")
    answer = server.update("Activities", {"data": [{"Priority": "High"}], "ids": [str(task)]}, version="v7")
    assert answer.status == 200 and fired(server) == [("Tasks only", task)]
    server.update("Activities", {"data": [{"Priority": "High"}], "ids": [str(event)]}, version="v7")
    assert len(fired(server)) == 1


def test_what_is_refused_starts_nothing(own):
    server = own(workflow_rules=[rule("Set", "City", {"field": "Fax", "value": "1"}, {"webhook": "http://127.0.0.1:9/"})])
    assert update(server, {"City": "x"}, LEAD, "554023000000600500").status == 500  # E23: not even the first record
    assert update(server, {"City": "x"}, "554023000000600015").status == 400  # locked
    assert fired(server) == [] and server.query("SELECT count(*) FROM webhook_delivery") == [(0,)]


class Receiver(http.server.ThreadingHTTPServer):
    """Answers what it is told to, the last answer from then on; an event: 200, once it is set; None: nothing, until it is closed."""
    daemon_threads = True

    def __init__(self, *answers):
        self.answers, self.requests, self.closing = list(answers), [], threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=b"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers, json.loads(body)))
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if answer is None:
            self.server.closing.wait(PATIENCE)
            return
        if isinstance(answer, threading.Event):
            answer.wait(PATIENCE)
            answer = 200
        self.send_response(answer)
        self.end_headers()

    def log_message(self, *_):
        pass


def deliveries(server, status="status <> 'WAITING'", count=1):
    """Waits until so many are in that state."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        rows = server.query(f"SELECT status, tries, http_status, reason FROM webhook_delivery WHERE {status} ORDER BY id")
        if len(rows) >= count:
            return rows
    raise AssertionError(server.query("SELECT * FROM webhook_delivery"))


def hooked(url, **more):
    return {"workflow_rules": [rule("Tell", "City", {"webhook": url}, {"field": "Fax", "value": "1"}, id="4711", **more)]}


def test_a_webhook_is_sent_the_record(own):
    with Receiver(204) as receiver:
        server = own(**hooked(receiver.url))
        details = update(server, {"City": "Chaniá"}).body["data"][0]["details"]
        assert deliveries(server) == [("DELIVERED", 1, 204, None)]
        [(path, headers, body)] = receiver.requests
        assert path == "/hook?a=b" and headers["Content-Type"].startswith("application/json") and headers["User-Agent"].startswith("crmock/")
        assert (body["module"], body["workflow_rule"]) == ("Leads", {"id": "4711", "name": "Tell"})
        assert (body["record"]["id"], body["record"]["City"], body["record"]["Fax"]) == (LEAD, "Chaniá", "1")
        assert body["record"]["Languages_Known"] == ["English", "German"]
        assert body["record"]["Modified_Time"] == details["Modified_Time"] and body["record"]["Modified_By"]["name"] == "Patricia Boyle"


def test_jobs_call_webhooks_record_by_record(own):
    with Receiver(200) as receiver:
        server = own(**hooked(receiver.url))
        assert server.ended("Leads", server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"}))["Updated_Count"] == 50
        assert deliveries(server, count=50) == [("DELIVERED", 1, 200, None)] * 50
        assert len({body["record"]["id"] for _, _, body in receiver.requests}) == 50


def test_a_receiver_that_fails_is_tried_again(own):
    with Receiver(500, 503, 200) as receiver:
        server = own("--webhook-retry", 1, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        assert deliveries(server) == [("DELIVERED", 3, 200, None)] and len(receiver.requests) == 3
        assert len({json.dumps(body) for _, _, body in receiver.requests}) == 1


def test_a_second_try_waits_for_its_time(own):
    """Whatever else is sent to that receiver meanwhile."""
    with Receiver(500) as receiver:
        server = own("--webhook-retry", 3600000, **hooked(receiver.url))
        for n in range(1, 11):
            assert update(server, {"City": str(n)}).status == 200
            assert deliveries(server, "tries > 0", n) == [("WAITING", 1, 500, "answered 500")] * n
        assert [body["record"]["City"] for _, _, body in receiver.requests] == [str(n) for n in range(1, 11)]


def test_the_next_try_comes_sooner_when_the_clock_is_advanced(own):
    with Receiver(500, 200) as receiver:
        server = own("--webhook-retry", 3600000, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        assert deliveries(server, "tries > 0") == [("WAITING", 1, 500, "answered 500")]
        assert server.request("POST", "/_crmock/clock/advance", {"by": "PT1H"}).status == 200
        assert deliveries(server) == [("DELIVERED", 2, 200, None)] and len(receiver.requests) == 2


def test_a_receiver_that_fails_for_ever_is_given_up(own):
    with Receiver(500) as receiver:
        server = own("--webhook-retry", 1, "--webhook-tries", 4, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        assert deliveries(server) == [("GIVEN_UP", 4, 500, "answered 500")] and len(receiver.requests) == 4
        assert server.fields(LEAD)["City"] == "x"


LIBRARIES = ["libcurl-gnutls.so.4", "libcurl.so.4", "libcurl-nss.so.4"]


@pytest.mark.parametrize("found", [*LIBRARIES, None, "another"])
def test_any_build_of_libcurl_does(start, tmp_path, found):
    """Whichever a machine has; without any, or with one that lacks its functions, only rules that call webhooks are refused."""
    ctypes.CDLL(LIBRARIES[0])  # Debian's; OpenSSL's, which crmock takes without it, leaks when it is closed
    real, other = (next(path for path in pathlib.Path("/proc/self/maps").read_text().split() if name in path) for name in ("/libcurl-gnutls.so", "/libc.so"))
    place = tmp_path / "libraries"
    place.mkdir()
    for name in LIBRARIES:
        if name == found or found == "another":
            (place / name).symlink_to(real if name == found else other)
        else:
            (place / name).write_text("no library")
    environment = {"LD_LIBRARY_PATH": str(place)}
    assert start(env=environment).request("GET", "/healthz").status == 200  # no rule calls a webhook
    with Receiver(200) as receiver:
        fixtures = own_fixtures(tmp_path, hooked(receiver.url))
        if found not in LIBRARIES:
            done = run("--port", "0", "--fixtures", fixtures, env=environment)
            assert done.returncode == 1 and "webhooks need libcurl" in done.stderr
            return
        server = start("--fixtures", fixtures, db=tmp_path / "store.db", env=environment)
        assert update(server, {"City": "x"}).status == 200
        assert deliveries(server) == [("DELIVERED", 1, 200, None)]


def threads(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


def test_only_webhooks_have_a_thread_for_them(start, own):
    without = threads(start())
    with Receiver(200) as receiver:
        assert threads(own(**hooked(receiver.url))) == without + 1


def test_a_receiver_that_is_down(own):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = own("--webhook-retry", 1, "--webhook-tries", 2, **hooked(f"http://127.0.0.1:{port}/"))
    assert update(server, {"City": "x"}).status == 200
    [(status, tries, http_status, reason)] = deliveries(server)
    assert (status, tries, http_status) == ("GIVEN_UP", 2, None) and "connect" in reason


def test_a_receiver_that_is_slow_delays_no_update_and_no_stop(own):
    with Receiver(None) as receiver:
        server = own("--webhook-timeout", 600000, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        until(lambda: receiver.requests)
        for n in range(20):  # while the receiver keeps its answer back
            assert update(server, {"City": str(n)}, OTHER).status == 200
        assert deliveries(server, "status = 'WAITING'", 21)[0] == ("WAITING", 0, None, None)
        server.stop()


def test_a_receiver_that_is_slow_delays_no_other(own):
    with Receiver(None) as slow, Receiver(200) as quick:
        rules = [rule(name, "City", {"webhook": receiver.url}) for name, receiver in (("First", slow), ("Second", quick))]
        server = own("--webhook-timeout", 600000, workflow_rules=rules)
        for n in range(3):
            assert update(server, {"City": str(n)}).status == 200
        assert deliveries(server, count=3) == [("DELIVERED", 1, 200, None)] * 3
        assert [body["record"]["City"] for _, _, body in quick.requests] == ["0", "1", "2"]
        assert len(slow.requests) <= 1  # the others wait for their turn


def test_a_receiver_that_is_too_slow_is_given_up(own):
    with Receiver(None) as receiver:
        server = own("--webhook-timeout", 50, "--webhook-retry", 1, "--webhook-tries", 2, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        [(status, tries, http_status, reason)] = deliveries(server)
        assert (status, tries, http_status) == ("GIVEN_UP", 2, None) and "imeout" in reason


def test_what_waits_is_delivered_by_the_next_start(own, start, tmp_path):
    with Receiver(500, 200) as receiver:
        server = own("--webhook-retry", 3600000, **hooked(receiver.url))
        assert update(server, {"City": "x"}).status == 200
        assert deliveries(server, "tries = 1") == [("WAITING", 1, 500, "answered 500")]
        server.stop()
        with sqlite3.connect(tmp_path / "store.db") as db:
            db.execute("UPDATE webhook_delivery SET due = 0")
        db.close()
        assert deliveries(start(db=tmp_path / "store.db")) == [("DELIVERED", 2, 200, None)]


@pytest.mark.parametrize("sections, said", [
    ({"workflow_rules": [rule("x", "City", {"webhook": "ftp://x"})]}, "workflow_rules[0].actions[0].webhook: expected a URL"),
    ({"workflow_rules": [rule("x", "City", {"webhook": 5})]}, "workflow_rules[0].actions[0].webhook: expected"),
    ({"workflow_rules": [rule("x", "City", {})]}, 'workflow_rules[0].actions[0]: expected {"field", "value"} or {"webhook"}'),
    ({"workflow_rules": [rule("x", "City", {"field": "City"})]}, 'workflow_rules[0].actions[0]: expected a member "value"'),
    ({"workflow_rules": [rule("x", "City", {"field": "Nonsense", "value": 1})]}, "workflow_rules[0].actions[0].field: expected the API name of a field of Leads"),
    ({"workflow_rules": [rule("x", "City", {"field": "City", "value": 1})]}, "workflow_rules[0].actions[0].value: expected"),
    ({"workflow_rules": [rule("x", "City", {"field": "Lead_Source", "value": "Nonsense"})]}, "workflow_rules[0].actions[0].value: expected"),
    ({"workflow_rules": [rule("x", "Nonsense")]}, "workflow_rules[0].field: expected"),
    ({"workflow_rules": [rule("x", "City", module="Nonsense")]}, "workflow_rules[0].module: expected"),
    ({"workflow_rules": [rule("x", "City", criteria={"field": {"api_name": "Nonsense"}, "comparator": "equal", "value": 1})]}, "workflow_rules[0].criteria: expected"),
    ({"workflow_rules": [rule("x", "City"), rule("x", "City")]}, "workflow_rules[1]"),
    ({"workflow_rules": [{"module": "Leads"}]}, "workflow_rules[0]"),
    ({"approval_processes": [rule("x", "City")]}, "approval_processes[0].actions"),
    ({"approval_processes": 5}, "approval_processes: expected"),
])
def test_rules_that_are_wrong(tmp_path, sections, said):
    done = run("--port", "0", "--fixtures", own_fixtures(tmp_path, sections))
    assert done.returncode == 1 and f"own.json: $.{said}" in done.stderr, done.stderr
