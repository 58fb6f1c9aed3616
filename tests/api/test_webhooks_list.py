"""The end of section 8 of the control API: what webhooks were called with, and what came of it."""
import contextlib
import re
import socket
import threading

import pytest

from server import PATIENCE, own_fixtures, until
from test_automation import LEAD, OTHER, Receiver, hooked, rule, update

AN_HOUR = ("--webhook-retry", 3600000)


@pytest.fixture
def own(start_each, tmp_path):
    """Starts a server with rules of the test's own on top of a built-in org."""
    return lambda *arguments, **sections: start_each("--fixtures", own_fixtures(tmp_path, sections), *arguments)


def told(server, query=""):
    answer = server.request("GET", f"/_crmock/webhooks{query}")
    assert answer.status == 200, answer
    return answer.body


def settled(server):
    """All deliveries, when none waits any more."""
    listed = told(server, "?wait=60")
    assert not listed["more"] and not any(one["status"] == "WAITING" for one in listed["webhooks"]), listed
    return listed["webhooks"]


def state(one):
    return one["status"], one["tries"], one["http_status"], one["reason"]


def tried(server, count=1):
    """All deliveries, when so many have been tried."""
    return until(lambda: [one for one in told(server)["webhooks"] if one["tries"] > 0][count - 1:] and told(server)["webhooks"])


def city(server, name, *ids):
    assert update(server, {"City": name}, *ids).status == 200


def advance(server, by="PT1H"):
    assert server.request("POST", "/_crmock/clock/advance", {"by": by}).status == 200


def cities(receiver):
    return [body["record"]["City"] for _, _, body in receiver.requests]


def test_what_a_delivery_is(own):
    with Receiver(204) as receiver:
        server = own("--now", "2001-01-01T00:00:00Z", **hooked(receiver.url))
        assert told(server) == {"webhooks": [], "more": False} == told(server, "?wait=60")
        city(server, "Chaniá")
        [one] = settled(server)
        [(_, _, body)] = receiver.requests
        assert one == {"id": one["id"], "url": receiver.url, "rule": "Tell", "module": "Leads", "record_id": LEAD, "body": body, "status": "DELIVERED", "tries": 1,
                       "http_status": 204, "reason": None, "created": one["created"]}
        assert body["record"]["City"] == "Chaniá" and body["record"]["Modified_Time"].startswith("2001-01-01")
        assert re.fullmatch(r"[1-9]\d*", one["id"]) and one["created"] > "2020"  # by the machine's clock


def test_the_module_is_the_records(own):
    with Receiver(200) as receiver:
        server = own(workflow_rules=[rule("Act", "Priority", {"webhook": receiver.url}, module="Activities")])
        task = server.request("GET", "/_crmock/records/Tasks?limit=1").body["records"][0]["id"]
        assert server.update("Tasks", {"data": [{"Priority": "High"}], "ids": [task]}).status == 200
        assert [(one["rule"], one["module"], one["record_id"]) for one in settled(server)] == [("Act", "Tasks", task)]
        assert server.request("DELETE", f"/_crmock/records/Tasks/{task}").status == 204
        assert [(one["module"], one["record_id"]) for one in settled(server)] == [("Tasks", task)]


def test_what_came_of_tries(own):
    with contextlib.ExitStack() as open_until_then:
        free = open_until_then.enter_context(socket.socket())
        free.bind(("127.0.0.1", 0))  # and nobody listens
        failing = open_until_then.enter_context(Receiver(500))
        urls = f"http://127.0.0.1:{free.getsockname()[1]}/", failing.url
        server = own("--webhook-retry", 1, "--webhook-tries", 2, workflow_rules=[rule(f"To {n}", "City", {"webhook": url}) for n, url in enumerate(urls)])
        city(server, "x")
        none, answered = settled(server)
        assert [one["url"] for one in (none, answered)] == list(urls)
        assert state(none)[:3] == ("GIVEN_UP", 2, None) and "connect" in none["reason"]
        assert state(answered) == ("GIVEN_UP", 2, 500, "answered 500")


def test_they_are_listed_in_the_order_of_their_ids(own):
    with Receiver(200) as receiver:
        server = own(**hooked(receiver.url))
        job = server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000091501"})
        assert server.request("GET", f"/_crmock/jobs/{job}?wait=60").body["status"] == "COMPLETED"
        ids = [one["id"] for one in settled(server)]
        assert len(ids) == 50 and sorted(ids, key=int) == ids
        for query, listed, more in (("limit=20", ids[:20], True), (f"limit=30&after={ids[19]}", ids[20:], False), (f"after={ids[48]}", ids[49:], False), (f"after={ids[49]}", [], False)):
            page = told(server, f"?{query}")
            assert ([one["id"] for one in page["webhooks"]], page["more"]) == (listed, more)


def test_a_wait_ends_in_time_with_what_there_is(own):
    with Receiver(500) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "x")
        [one] = told(server, "?wait=1")["webhooks"]
        assert one["status"] == "WAITING"
        assert [state(one) for one in tried(server)] == [("WAITING", 1, 500, "answered 500")]


def meanwhile(server):
    """Waits on a connection of its own, from now on; where its answer will be."""
    answers = []

    def ask():
        client = server.another_client()
        answers.append(told(client, "?wait=60")["webhooks"])
        client.connection.close()
    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers


def test_a_wait_ends_when_none_waits_any_more(own):
    answer = threading.Event()
    with Receiver(200, answer) as receiver:
        server = own(**hooked(receiver.url))
        city(server, "x")
        city(server, "y", OTHER)
        until(lambda: len(receiver.requests) == 2)
        assert sorted(state(one) for one in told(server)["webhooks"]) == [("DELIVERED", 1, 200, None), ("WAITING", 0, None, None)]
        thread, answers = meanwhile(server)
        answer.set()
        thread.join(PATIENCE)
        assert [[state(one) for one in listed] for listed in answers] == [[("DELIVERED", 1, 200, None)] * 2]


def test_what_is_dropped_is_called_no_more(own):
    with Receiver(500, 200) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "dropped")
        [dropped] = tried(server)
        thread, answers = meanwhile(server)
        assert server.request("DELETE", "/_crmock/webhooks").status == 204 == server.request("DELETE", "/_crmock/webhooks").status
        thread.join(PATIENCE)
        assert answers == [[]] and told(server) == {"webhooks": [], "more": False}
        advance(server)
        city(server, "kept")
        [kept] = settled(server)
        assert cities(receiver) == ["dropped", "kept"] and kept["body"]["record"]["City"] == "kept"
        assert int(kept["id"]) > int(dropped["id"])  # who asks with after= misses none


def test_what_is_dropped_while_it_is_tried_does_not_come_back(own):
    answer = threading.Event()
    with Receiver(answer, 500, 200) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "dropped")
        until(lambda: receiver.requests)
        assert server.request("DELETE", "/_crmock/webhooks").status == 204
        city(server, "kept")
        answer.set()
        assert [state(one) for one in tried(server)] == [("WAITING", 1, 500, "answered 500")]
        assert cities(receiver) == ["dropped", "kept"]


def test_a_restore_while_one_is_tried(own):
    """It may give its id to another."""
    answer = threading.Event()
    with Receiver(answer, 500) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        assert server.request("POST", "/_crmock/snapshots", {"name": "before"}).status == 201
        city(server, "then")
        until(lambda: receiver.requests)
        assert server.request("POST", "/_crmock/snapshots/before/restore").status == 204
        assert told(server)["webhooks"] == []
        city(server, "now")
        answer.set()
        assert [(state(one), one["body"]["record"]["City"]) for one in tried(server)] == [(("WAITING", 1, 500, "answered 500"), "now")]
        assert cities(receiver) == ["then", "now"]


def test_what_waited_waits_again_after_a_restore(own):
    with Receiver(500, 200) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "x")
        before = tried(server)
        assert server.request("POST", "/_crmock/snapshots", {"name": "before"}).status == 201
        for _ in range(2):
            advance(server)
            assert [state(one) for one in settled(server)] == [("DELIVERED", 2, 200, None)]
            assert server.request("POST", "/_crmock/snapshots/before/restore").status == 204
            assert told(server)["webhooks"] == before
        assert len(receiver.requests) == 3


def test_a_reset_empties_them(own):
    with Receiver(500, 200) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "before")
        before = tried(server)
        answer = server.request("POST", "/_crmock/reset")
        if server.db is not None:  # a main that is kept has no made state
            assert answer.status == 409 and told(server)["webhooks"] == before
            return
        assert answer.status == 204 and told(server)["webhooks"] == []
        advance(server)
        city(server, "after")
        assert [state(one) for one in settled(server)] == [("DELIVERED", 1, 200, None)]
        assert cities(receiver) == ["before", "after"]


def test_a_try_that_waits_comes_when_the_clock_is_advanced(own):
    with Receiver(500, 200) as receiver:
        server = own(*AN_HOUR, **hooked(receiver.url))
        city(server, "x")
        [before] = tried(server)
        advance(server, "PT30M")
        assert told(server)["webhooks"] == [before]
        advance(server, "PT30M")
        [after] = settled(server)
        assert after == before | {"status": "DELIVERED", "tries": 2, "http_status": 200, "reason": None}
        assert len(receiver.requests) == 2


def test_each_sandbox_has_its_own(start, tmp_path):
    with Receiver(200) as receiver:
        server = start("--fixtures", own_fixtures(tmp_path, hooked(receiver.url)))
        assert server.request("POST", "/_crmock/sandboxes", {"id": "own"}).status == 201
        city(server, "x")
        assert len(settled(server)) == 1
        assert server.request("GET", "/_s/own/_crmock/webhooks").body["webhooks"] == []
        assert server.request("DELETE", "/_s/own/_crmock/webhooks").status == 204
        assert len(settled(server)) == 1


@pytest.mark.parametrize("query, at", [("wait=61", "wait"), ("wait=x", "wait"), ("limit=0", "limit"), ("limit=1001", "limit"), ("after=x", "after"), ("status=WAITING", "status")])
def test_what_is_not_to_be_told(shared, query, at):
    answer = shared.request("GET", f"/_crmock/webhooks?{query}")
    assert (answer.status, answer.body["at"]) == (422, at)


def test_what_is_not_to_be_done(shared):
    answer = shared.request("DELETE", "/_crmock/webhooks", {"id": "1"})
    assert (answer.status, answer.body["at"]) == (422, "$.id")
    answer = shared.request("POST", "/_crmock/webhooks")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, DELETE, OPTIONS")
