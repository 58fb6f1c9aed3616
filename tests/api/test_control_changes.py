"""/_crmock/changes: what differs now from when the sandbox was made, or from a snapshot."""
import random

import pytest

LEAD, OTHER, DEAL, TASK = "554023000000600001", "554023000000610001", "554023000000497007", "554023000000630101"
SAM = "sam.standard@zylker.example"
STAMPS = {"Created_Time": "created_time", "Created_By": "created_by", "Modified_Time": "modified_time", "Modified_By": "modified_by"}
NOT_STATES = {"module", "id", "fields", *STAMPS.values()}


class World:
    """Calls of main, or of a sandbox by its path."""

    def __init__(self, server, prefix):
        self.server, self.prefix = server, prefix

    def call(self, method, path, body=None, status=200):
        answer = self.server.request(method, self.prefix + path, body)
        assert answer.status == status, answer
        return answer.body

    def changes(self, query=""):
        return self.call("GET", f"/_crmock/changes{query}")["changes"]

    def change(self, module, id, body):
        return self.call("PATCH", f"/_crmock/records/{module}/{id}", body)

    def update(self, module, ids, fields):
        return self.call("POST", f"/crm/v8/{module}/actions/mass_update", {"data": [fields], "ids": ids})

    def snapshot(self, name):
        return self.call("POST", "/_crmock/snapshots", {"name": name}, 201)


@pytest.fixture(params=["main", "a sandbox"])
def world(request, start):
    server = start("--now", "2026-05-01T10:00:00Z")
    if request.param == "main":
        return World(server, "")
    assert server.request("POST", "/_crmock/sandboxes", {"id": "own"}).status == 201
    return World(server, "/_s/own")


def test_what_a_mass_update_changed(world):
    assert world.changes() == []
    world.update("Deals", [DEAL], {"Lead_Source": "Advertisement"})
    before = world.changes("?stamps=true")[0]["fields"]
    assert set(before) >= {"Lead_Source", "Modified_Time"}
    assert before["Modified_Time"]["to"] == "2026-05-01T10:00:00Z"
    changed = world.changes()
    assert changed == [{"module": "Deals", "id": DEAL, "change": "updated", "state": {}, "fields": {"Lead_Source": {"from": before["Lead_Source"]["from"], "to": "Advertisement"}}}]
    world.call("POST", "/_crmock/reset", {}, 204)
    assert world.changes() == []


def test_states_records_that_are_new_and_gone_and_modules(world):
    world.change("Leads", LEAD, {"approval": "waiting", "shared_with": [SAM], "locked": {"id": "77", "by_rule": True}})
    made = world.call("POST", "/_crmock/records/Leads", {"id": "99", "fields": {"Last_Name": "New"}}, 201)["id"]
    world.call("DELETE", f"/_crmock/records/Tasks/{TASK}", status=204)
    assert [(one["id"], one["module"], one["change"]) for one in world.changes()] == [(made, "Leads", "inserted"), (LEAD, "Leads", "updated"), (TASK, "Tasks", "deleted")]
    leads = world.changes("?module=leads&since=reset")
    assert leads[0]["fields"] == {"Last_Name": {"from": None, "to": "New"}}
    assert leads[1]["state"] == {"approval": {"from": None, "to": "waiting"}, "shared_with": {"from": [], "to": [SAM]},
                                 "locked": {"from": False, "to": {"id": "77", "by_rule": True, "by": None, "time": "2026-05-01T10:00:00Z", "reason": None}}}
    assert [one["id"] for one in world.changes("?module=Activities")] == [TASK]
    assert world.changes("?module=Deals") == []


def test_since_a_snapshot(world):
    world.change("Leads", LEAD, {"fields": {"City": "Ulm"}})
    world.snapshot("one")
    assert world.changes("?since=one") == []
    world.change("Leads", LEAD, {"fields": {"City": "Bonn"}})
    assert [one["fields"] for one in world.changes("?since=one")] == [{"City": {"from": "Ulm", "to": "Bonn"}}]
    world.call("POST", "/_crmock/reset", {}, 204)
    assert world.changes("?since=one")[0]["fields"]["City"]["from"] == "Ulm"
    world.call("POST", "/_crmock/snapshots/one/restore", {}, 204)
    assert world.changes("?since=one") == [] and len(world.changes()) == 1


def test_pages(world):
    ids = [str(int(OTHER) + n) for n in range(5)]
    world.update("Leads", ids, {"City": "Ulm"})
    first = world.call("GET", "/_crmock/changes?limit=2")
    assert [one["id"] for one in first["changes"]] == ids[:2] and first["more"] is True
    rest = world.call("GET", f"/_crmock/changes?limit=3&after={ids[1]}")
    assert [one["id"] for one in rest["changes"]] == ids[2:] and rest["more"] is False


@pytest.mark.parametrize("query, status, at", [
    ("?since=nothing", 404, "since"), ("?module=Nonsense", 404, "module"), ("?org=5", 404, "org"), ("?stamps=yes", 422, "stamps"),
    ("?after=x", 422, "after"), ("?limit=0", 422, "limit"), ("?from=reset", 422, "from")])
def test_what_is_refused(world, query, status, at):
    assert world.call("GET", f"/_crmock/changes{query}", status=status)["at"] == at


def test_a_kept_store_has_no_made_state_but_snapshots(fresh):
    world = World(fresh, "")
    assert world.call("GET", "/_crmock/changes", status=409)["at"] == "since"
    world.snapshot("one")
    world.change("Leads", LEAD, {"fields": {"City": "Ulm"}})
    changed = world.changes("?since=one")
    assert [(one["id"], one["fields"]["City"]["to"]) for one in changed] == [(LEAD, "Ulm")]


MODULES = ("Leads", "Deals", "Contacts", "Accounts", "Projects", "Tasks")


BULK = range(554023000000702000, 554023000000755000)  # leads that nobody touches here


def listed(world):
    """All records of some modules, but for the bulk of the leads."""
    found = {}
    for module in MODULES:
        page, after = {"more": True}, 1
        while page["more"]:
            page = world.call("GET", f"/_crmock/records/{module}?limit=1000&after={after}")
            found |= {record["id"]: record for record in page["records"] if int(record["id"]) not in BULK}
            after = int(page["records"][-1]["id"]) if page["records"] else after
            after = BULK[-1] if after in BULK else after
    return found


def difference(name, then, now, is_state):
    def is_off(value):
        return value is None or (is_state and value in (False, []))

    return {} if then == now or (is_off(then) and is_off(now)) else {name: {"from": then, "to": now}}


def compared(then, now):
    """What `changes` should say, by two listings."""
    changes = []
    for id in sorted(then.keys() | now.keys(), key=int):
        one, other = then.get(id, {}), now.get(id, {})
        fields, state = {}, {}
        for name in one.get("fields", {}) | other.get("fields", {}):
            fields |= difference(name, one.get("fields", {}).get(name), other.get("fields", {}).get(name), False)
        for name in (one.keys() | other.keys()) - NOT_STATES:
            state |= difference(name, one.get(name), other.get(name), True)
        kind = "inserted" if not one else "deleted" if not other else "updated"
        if fields or state or kind != "updated":
            changes.append({"module": (other or one)["module"], "id": id, "change": kind, "fields": fields, "state": state})
    return changes


def disturb(world, random, ids):
    """One of many calls, of the service or of the control API."""
    module = random.choice(MODULES[:4])
    id = random.choice(ids[module])
    some = random.sample(ids[module], min(len(ids[module]), random.randint(1, 20)))
    request = world.server.request
    kind = random.randrange(7)
    if kind == 0:
        path, body = f"/crm/v8/{module}/actions/mass_update", {"data": [{"Description": random.choice("abc") * random.choice((3, 9000))}], "ids": some}
        return request("POST", world.prefix + path, body)
    if kind == 1:
        return request("POST", f"{world.prefix}/_crmock/records/Leads", {"fields": {"Last_Name": "New"}, "territories": random.sample(["North", "South"], random.randint(0, 2))})
    if kind == 2:
        return request("DELETE", f"{world.prefix}/_crmock/records/{module}/{id}")
    if kind == 3:
        return request("DELETE", f"{world.prefix}/crm/v8/{module}?ids={','.join(some[:3])}")
    body = random.choice([{"locked": True}, {"locked": False}, {"locked": {"reason": "why"}}, {"shared_with": [SAM]}, {"shared_with": []}, {"territories": ["North"]},
                          {"territories": None}, {"owner": SAM}, {"stop_processing": True}, {"approval": "rejected"}, {"image_review": None}, {"converted": True}])
    return request("PATCH", f"{world.prefix}/_crmock/records/{module}/{id}", body)


@pytest.mark.parametrize("seed", range(3))
def test_any_changes_are_what_two_listings_show(world, seed):
    chance = random.Random(seed)
    made = listed(world)
    ids = {module: [id for id, record in made.items() if record["module"] == module] for module in MODULES}
    for call in range(60):
        if call == 30:
            half = listed(world)
            world.snapshot("half")
        disturb(world, chance, ids)
    now = listed(world)
    for since, then in ("reset", made), ("half", half):
        expected = compared(then, now)
        assert len(expected) > 5
        found = world.changes(f"?since={since}&limit=1000")
        assert [one["id"] for one in found] == [one["id"] for one in expected]
        assert found == expected
