"""POST /_crmock/fixtures: what is added while crmock runs is there for the next request, or nothing of it."""
import concurrent.futures
import http.server
import json
import queue
import sqlite3
import threading

import pytest

from server import PATIENCE

LEAD = "554023000000600001"
SCOPES = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.ALL,ZohoCRM.mass_update.ALL"
BOATS = {
    "roles": [{"name": "Skipper", "reports_to": "Sales Manager"}],
    "profiles": [{"name": "Sailor", "modules": {"Boats": {}}}],
    "users": [{"name": "Sue Sailor", "email": "sue@zylker.example", "profile": "Sailor", "role": "Skipper"}],
    "clients": [{"id": "boats", "secret": "s"}],
    "tokens": [{"token": "sue", "client": "boats", "user": "sue@zylker.example", "scopes": SCOPES}],
    "modules": [{"api_name": "Boats", "custom": True, "fields": [{"api_name": "Name", "type": "text", "mandatory": True}, {"api_name": "Rig", "type": "picklist", "values": ["Sloop", "Ketch"]}]}],
    "views": [{"module": "Boats", "name": "Sloops", "criteria": {"field": {"api_name": "Rig"}, "comparator": "equal", "value": "Sloop"}}],
    "records": [{"module": "Boats", "id": "77", "owner": "sue@zylker.example", "fields": {"Name": "Ahab", "Rig": "Sloop"}}, {"module": "Boats", "generate": 3, "owner": "sue@zylker.example", "fields": {"Name": "B{n}", "Rig": "Sloop"}}],
}


@pytest.fixture
def server(start_each):
    return start_each()


def add(server, fixtures, query=""):
    return server.request("POST", f"/_crmock/fixtures{query}", fixtures)


def added(server, fixtures, query=""):
    answer = add(server, fixtures, query)
    assert answer.status == 201, answer
    return answer.body


def test_what_is_added_is_used_at_once(server):
    told = added(server, BOATS)
    assert told["record_count"] == 4 and [record["module"] for record in told["records"]] == ["Boats"] * 4 and told["records"][0]["id"] == "77"
    assert {kind: [(entry["name"], entry.get("module")) for entry in told[kind]] for kind in told.keys() - {"records", "record_count"}} == {
        "roles": [("Skipper", None)], "profiles": [("Sailor", None)], "users": [("Sue Sailor", None)], "modules": [("Boats", None)], "views": [("Sloops", "Boats")],
        "fields": [("Name", "Boats"), ("Rig", "Boats")], "layouts": [("Standard", "Boats")]}
    for token in ("sue", "1000.crmock.admin", "1000.crmock.standard"):
        if token != "1000.crmock.standard":  # whom the module is open to, but not others' records
            assert server.request("GET", "/crm/v8/Boats/77?fields=Name", token=token).body["data"][0]["Name"] == "Ahab"
        names = [field["api_name"] for field in server.request("GET", "/crm/v8/settings/fields?module=Boats", token=token).body["fields"]]
        assert "Rig" in names
    assert server.update("Boats", {"data": [{"Rig": "Ketch"}], "ids": ["77"]}, token="sue").body["data"][0]["code"] == "SUCCESS"
    assert server.update("Deals", {"data": [{"Lead_Source": "Chat"}], "ids": ["554023000000497007"]}, token="sue").status == 403
    job = server.ended_with("sue", "Boats", {"data": [{"Rig": "Ketch"}], "cvid": told["views"][0]["id"]})
    assert (job["Total_Count"], job["Updated_Count"]) == (3, 3)
    user = server.request("GET", f"/crm/v8/users/{told['users'][0]['id']}").body["users"][0]
    assert (user["email"], user["role"]["name"], user["profile"]["name"]) == ("sue@zylker.example", "Skipper", "Sailor")
    granted = server.request("POST", "/oauth/v2/token?grant_type=client_credentials&client_id=boats&client_secret=s&scope=ZohoCRM.modules.ALL", token=None)
    assert granted.status == 200  # the client is known


def test_a_field_and_a_record_of_a_module_that_was_there(server):
    assert server.update("Leads", {"data": [{"Shoe_Size": 43}], "ids": [LEAD]}).status == 400
    told = added(server, {"fields": [{"module": "Leads", "api_name": "Shoe_Size", "type": "integer"}], "records": [{"module": "Leads", "locked": True, "fields": {"Last_Name": "New", "Shoe_Size": 44}}]})
    assert server.update("Leads", {"data": [{"Shoe_Size": 43}], "ids": [LEAD, told["records"][0]["id"]]}).body["data"][1]["code"] == "RECORD_LOCKED"
    assert server.request("GET", f"/crm/v8/Leads/{LEAD}?fields=Shoe_Size").body["data"][0]["Shoe_Size"] == 43


def test_metadata_were_changed_by_it(server):
    def status(since):
        return server.request("GET", "/crm/v8/settings/modules", headers={"If-Modified-Since": since}).status
    time = server.request("GET", "/crm/v8/settings/profiles").body["profiles"][0]["modified_time"]
    assert status(time) == 304
    added(server, {"records": [{"module": "Leads", "fields": {"Last_Name": "x"}}]})
    assert status(time) == 304
    added(server, {"fields": [{"module": "Leads", "api_name": "Shoe_Size", "type": "integer"}]})
    assert status(time) == 200


def test_a_new_org(server):
    own = {"org": {"name": "Second"}, "roles": [{"name": "R"}], "profiles": [{"name": "P", "administrator": True, "modules": {"*": {}}}], "clients": BOATS["clients"],
           "users": [{"name": "Bo", "email": "bo@second.example", "profile": "P", "role": "R"}],
           "tokens": [{"token": "bo", "client": "boats", "user": "bo@second.example", "scopes": SCOPES}], "modules": BOATS["modules"], "records": [{"module": "Boats", "id": "77", "fields": {"Name": "Theirs"}}]}
    org = added(server, own)["orgs"][0]["id"]
    assert server.update("Boats", {"data": [{"Rig": "Ketch"}], "ids": ["77"]}, token="bo").status == 200
    assert server.update("Boats", {"data": [{"Rig": "Ketch"}], "ids": ["77"]}).status == 400
    added(server, {"fields": [{"module": "Boats", "api_name": "Draught", "type": "double"}]}, f"?org={org}")
    assert server.update("Boats", {"data": [{"Draught": 1.5}], "ids": ["77"]}, token="bo").status == 200
    assert (add(server, {}, "?org=5").status, add(server, {}, "?org=5").body["at"]) == (404, "org")
    assert (add(server, own, f"?org={org}").status, add(server, own, f"?org={org}").body["at"]) == (422, "org")
    assert add(server, {}, "?orgs=5").status == 422


REFUSED = [
    (422, {"recrods": []}, "$.recrods"),
    (422, {"extends": "free"}, "$.extends"),
    (422, {"records": [{"module": "Leads", "fields": {"City": 5, "Last_Name": "x"}}]}, "$.records[0].fields.City"),
    (422, {"records": [{"module": "Leads", "fields": {"City": "x"}}]}, "$.records[0].fields.Last_Name"),
    (422, {"records": [{"module": "Boats"}]}, "$.records[0].module"),
    (422, {"users": [{"name": "x", "email": "x@x.example", "profile": "Nobody", "role": "CEO"}]}, "$.users[0].profile"),
    (422, {"records": [{"module": "Leads", "generate": 1000000, "fields": {"Last_Name": "x"}}]}, "$.records[0]"),
    (409, {"records": [{"module": "Leads", "id": LEAD, "fields": {"Last_Name": "x"}}]}, "$.records[0].id"),
    (409, {"records": [{"module": "Leads", "id": "554023000000235011", "fields": {"Last_Name": "x"}}]}, "$.records[0].id"),
    (409, {"modules": [{"api_name": "Leads"}]}, "$.modules[0].api_name"),
    (409, {"fields": [{"module": "Leads", "api_name": "City", "type": "text"}]}, "$.fields[0].api_name"),
    (409, {"users": [{"name": "x", "email": "sam.standard@zylker.example", "profile": "Standard", "role": "CEO"}]}, "$.users[0].email"),
    (409, {"tokens": [{"token": "1000.crmock.admin", "client": "1000.CRMOCK", "user": "sam.standard@zylker.example", "scopes": SCOPES}]}, "$.tokens[0].token"),
    (409, {"views": [{"id": "5", "module": "Leads", "name": "v"}], "records": [{"module": "Leads", "id": "5", "fields": {"Last_Name": "x"}}]}, "$.records[0].id"),
]


@pytest.mark.parametrize("status, last, at", REFUSED, ids=[f"{status}{at}" for status, _, at in REFUSED])
def test_what_is_refused_leaves_nothing(start, tmp_path, status, last, at):
    """Not of what stood before it either, in whatever order the sections are loaded; nor has an id been taken."""
    server = start(db=tmp_path / "store.db")
    before = whole(server)
    fine = {"modules": [{"api_name": "Ships", "custom": True, "fields": [{"api_name": "Name", "type": "text"}]}], "clients": [{"id": "c", "secret": "s"}], "roles": [{"name": "New"}],
            "records": [{"module": "Ships", "fields": {"Name": "x"}}]}
    both = {name: last.get(name, []) + fine.get(name, []) for name in fine.keys() | last.keys()} if "extends" not in last else fine | last
    answer = add(server, both)
    assert (answer.status, answer.body["at"]) == (status, at) and answer.body["error"]
    assert whole(server) == before
    assert server.request("GET", "/crm/v8/settings/fields?module=Ships").status == 400
    assert add(server, fine).status == 201


def whole(server):
    """All that the store has, but for records that nobody touches here."""
    with sqlite3.connect(f"file:{server.db}?mode=ro", uri=True) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'record'")]
        rows = {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        rows["record"] = db.execute("SELECT count(*), total(id), max(id) FROM record").fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("status, body", [(400, "{"), (422, "[]"), (422, "5")])
def test_what_is_no_document(start, status, body):
    server = start()
    assert add(server, body).status == status
    assert server.request("GET", "/_crmock/fixtures").status == 405


def test_a_sandbox_alone_gets_them(start):
    server = start()
    for name in ("one", "two"):
        assert server.request("POST", "/_crmock/sandboxes", {"id": name}).status == 201
    assert server.request("POST", "/_s/one/_crmock/fixtures", BOATS).status == 201
    statuses = [server.request("GET", f"{prefix}/crm/v8/Boats/77?fields=Name").status for prefix in ("", "/_s/one", "/_s/two")]
    assert statuses == [400, 200, 400]
    assert server.request("POST", "/_s/two/_crmock/fixtures", BOATS).status == 201


def test_a_reset_takes_them_away(start):
    server = start()
    assert server.request("POST", "/_crmock/sandboxes", {"id": "one"}).status == 201
    for _ in range(2):
        assert server.request("POST", "/_s/one/_crmock/fixtures", BOATS).status == 201
        assert server.request("GET", "/_s/one/crm/v8/Boats/77?fields=Name").status == 200
        assert server.request("POST", "/_s/one/_crmock/reset").status == 204
        assert server.request("GET", "/_s/one/crm/v8/Boats/77?fields=Name").status == 400


def test_a_kept_store_has_them_at_the_next_start(start, tmp_path):
    server = start(db=tmp_path / "store.db")
    added(server, BOATS)
    server.stop()
    again = start(db=tmp_path / "store.db")
    assert again.update("Boats", {"data": [{"Rig": "Ketch"}], "ids": ["77"]}, token="sue").status == 200


@pytest.fixture
def receiver():
    """The bodies of what it gets by POST, in a queue."""
    bodies = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        bodies.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield bodies
        server.shutdown()


def test_webhooks_of_rules_that_come_later_are_called(server, receiver):
    """Also those of the first, whose metadata have gone meanwhile."""
    for name in ("one", "two"):
        added(server, {"workflow_rules": [{"module": "Leads", "name": name, "field": "City", "actions": [{"webhook": f"{receiver.url}/{name}"}]}]})
    added(server, {"roles": [{"name": "x"}]})
    assert server.update("Leads", {"data": [{"City": "Arta"}], "ids": [LEAD]}).status == 200
    assert sorted(receiver.get(timeout=PATIENCE)["workflow_rule"]["name"] for _ in range(2)) == ["one", "two"]


def test_others_go_on_meanwhile(server):
    """Requests that are under way have the metadata with which they began, and none fails; each sees what was added before it."""
    rounds, done = 12, threading.Event()

    def go_on(number):
        client, count = server.another_client(), 0
        while not done.is_set() or count == 0:
            answers = [client.update("Leads", {"data": [{"City": f"{number}-{count}"}], "ids": [LEAD]}), client.request("GET", "/crm/v8/Leads?fields=City&per_page=5"),
                       client.request("GET", "/crm/v8/settings/fields?module=Leads")]
            assert [answer.status for answer in answers] == [200] * 3
            count += 1
        client.connection.close()
        return count

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(go_on, number) for number in range(3)]
        try:
            for n in range(rounds):
                email = f"u{n}@zylker.example"
                told = added(server, {"users": [{"name": f"U{n}", "email": email, "profile": "Standard", "role": "CEO"}], "fields": [{"module": "Leads", "api_name": f"F{n}", "type": "text"}],
                                      "records": [{"module": "Leads", "owner": email, "fields": {"Last_Name": "x", f"F{n}": "y"}}]})
                record = server.request("GET", f"/crm/v8/Leads/{told['records'][0]['id']}?fields=F{n},Owner").body["data"][0]
                assert (record[f"F{n}"], record["Owner"]["name"]) == ("y", f"U{n}")
        finally:
            done.set()
        assert all(worker.result() > 0 for worker in workers)


def test_two_who_add_the_same_at_once(server):
    """One of them does."""
    clients = [server.another_client() for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda client: add(client, BOATS).status, clients))
    for client in clients:
        client.connection.close()
    assert sorted(statuses) == [201, 409, 409, 409]
