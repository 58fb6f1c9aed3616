"""What one request, or many, may take: memory, time, and what the service itself bounds."""
import concurrent.futures
import contextlib
import json
import pathlib
import socket
import urllib.parse

import pytest

from server import PLAIN, WRAPPER, own_fixtures, run

PATH = "/crm/v8/Leads/actions/mass_update"
LEAD = "554023000000600001"
MIB = 1 << 20
# Sanitizers and valgrind take memory of their own.
measures_memory = pytest.mark.skipif(not PLAIN, reason="memory is measured of the plain build only")


def memory(server, what="VmHWM"):
    """Bytes of resident memory: now (VmRSS), or the most ever (VmHWM)."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) * 1024


def search(server, criteria, **keywords):
    return server.request("GET", "/crm/v8/Leads/search?" + urllib.parse.urlencode({"criteria": criteria, "fields": "Last_Name"}), **keywords)


def comparison(value="x"):
    return {"field": {"api_name": "City"}, "comparator": "equal", "value": value}


def criteria(server, tree):
    return server.update("Leads", {"data": [{"City": "x"}], "cvid": "554023000000000404", "criteria": tree})


def is_refused(answer, status, row):
    assert (answer.status, answer.headers["X-Crmock-Rule"]) == (status, row) and answer.headers["X-Crmock-Hint"], answer


@pytest.mark.parametrize("count, row", [(10, None), (11, "P4"), (200, "P4")])
def test_comparisons_in_a_search(shared, count, row):
    answer = search(shared, "and".join(["(City:starts_with:A)"] * count))
    assert answer.headers["X-Crmock-Rule"] == row and answer.status in ((200, 204) if row is None else (400,)), answer


@pytest.mark.parametrize("count, row", [(100, None), (101, "P4"), (102, "P4"), (3000, "P4")])
def test_values_in_a_search(shared, count, row):
    answer = search(shared, f"(Last_Name:in:{','.join('a' * count)})")
    assert answer.headers["X-Crmock-Rule"] == row, answer
    assert row is None or "100" in answer.headers["X-Crmock-Hint"] or count > 101


@pytest.mark.parametrize("tree, row", [
    ([comparison()] * 25, "E15"), ([comparison()] * 26, "E32"), (comparison(["x"] * 100), "E15"), (comparison(["x"] * 101), "E32"),
    ([comparison(["x"] * 100)] * 2, "E15"), ([comparison(["x"] * 100)] * 2 + [comparison()], "E32"), ([comparison()] * 10000, "E32")])
def test_criteria_of_a_request(shared, tree, row):
    is_refused(criteria(shared, tree), 400, row)


def test_criteria_of_a_view(tmp_path):
    done = run("--fixtures", own_fixtures(tmp_path, {"views": [{"module": "Leads", "name": "x", "criteria": [comparison()] * 26}]}))
    assert done.returncode == 1 and "own.json: $.views[0].criteria: expected criteria of Leads, at $[25]: there are more than 25 comparisons" in done.stderr


@pytest.mark.parametrize("path", ["/crm/v8/Leads?fields=", f"/crm/v8/Leads/{LEAD}?fields=", "/crm/v8/Leads/search?criteria=(City:equals:x)&fields=",
                                  f"/crm/v8/Leads/{LEAD}/Locking_Information__s?fields="])
def test_names_in_fields(shared, path):
    assert shared.request("GET", path + ",".join(["Last_Name"] * 50)).status in (200, 204)
    answer = shared.request("GET", path + ",".join(["Last_Name"] * 51))
    is_refused(answer, 400, "E32")
    assert answer.body["details"] == {"param_name": "fields", "maximum_length": 50}


@pytest.mark.parametrize("name", ["page", "per_page"])
@pytest.mark.parametrize("value", ["0", "-1", "201000000", "9223372036854775807", "9223372036854775808", "99999999999999999999", "1x", "1.0"])
def test_numbers_of_pages(shared, name, value):
    answer = shared.request("GET", f"/crm/v8/Leads?fields=Last_Name&{name}={value}")
    is_refused(answer, 400, "E32")
    assert answer.body["details"]["param_name"] == name


@pytest.mark.parametrize("body", ["[" * 500000, "[1," * 300000, '{"data":[' + "1," * 400000 + "1]}", '{"a":' * 150000, '{"ids":[' + '"1",' * 200000 + '"1"]}'])
def test_bodies_that_are_worth_many_times_their_size(shared, body):
    is_refused(shared.request("POST", PATH, body), 400, "E31")


@measures_memory
@pytest.mark.parametrize("kind", ["a form's value", "a form's value in parts", "deep", "wide", "values of a search", "names of fields"])
def test_what_a_request_takes_is_bounded_and_given_back(start, kind):
    server = start("--max-header", 65536)
    assert server.request("POST", PATH, {"data": [{"City": "x"}], "ids": [LEAD]}).status == 200
    before = memory(server)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(5):
        if kind == "a form's value":
            server.request("POST", "/oauth/v2/token", b"client_id=" + b"a" * 1000000, token=None, headers=form)
        elif kind == "a form's value in parts":
            body = b'--X\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n' + b"\r\n-" * 300000 + b"\r\n--X--\r\n"
            server.request("POST", "/oauth/v2/token", body, token=None, headers={"Content-Type": "multipart/form-data; boundary=X"})
        elif kind in ("deep", "wide"):
            server.request("POST", PATH, ("[" if kind == "deep" else "[1,1") * 200000)
        elif kind == "values of a search":
            search(server, f"(Last_Name:in:{','.join('a' * 15000)})")
        else:
            server.request("GET", "/crm/v8/Leads?fields=" + "a," * 15000)
    assert memory(server) - before < 16 * MIB
    assert memory(server, "VmRSS") - before < 4 * MIB


def padded(size):
    return ('{"data":[{"City":"x"}],"ids":["%s"],"x":"' % LEAD).encode() + b"y" * size + b'"}'


@measures_memory
def test_what_all_requests_take_is_bounded(start):
    """Bodies that are begun and not ended take memory together; those that find none left are refused, the others are answered."""
    server = start("--max-memory", 16 * MIB, "--max-connections", 200)
    before, body = memory(server), padded(900000)
    held = []
    for _ in range(60):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=300)
        connection.sendall((f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer 1000.crmock.admin\r\nContent-Length: {len(body)}\r\n\r\n").encode())
        connection.sendall(body[:-1])
        held.append(connection)
    statuses = []
    for connection in held:
        connection.sendall(body[-1:])
        received = connection.recv(65536)
        statuses.append(int(received.split()[1]))
        if statuses[-1] == 503:
            assert b"X-Crmock-Rule: H6" in received and b"LIMIT_EXCEEDED" in received and b"Connection: close" in received and b"--max-memory" in received
        connection.close()
    assert set(statuses) == {200, 503}
    assert memory(server) - before < 48 * MIB  # each connection has some of its own
    assert server.request("GET", "/healthz").status == 200
    assert server.request("POST", PATH, padded(900000)).status == 200


def large_records(folder, count=40, size=30000):
    return own_fixtures(folder, {"fields": [{"module": "Leads", "api_name": "Long", "type": "textarea", "length": 32000}],
                                 "records": [{"module": "Leads", "generate": count, "fields": {"Last_Name": "Large", "Long": "x" * size}}]})


def test_an_answer_that_takes_too_much_is_refused(start, tmp_path):
    server = start("--fixtures", large_records(tmp_path), "--request-memory", 200000, "--max-body", 1000)
    answer = server.request("GET", "/crm/v8/Leads/search?criteria=(Last_Name:equals:Large)")
    is_refused(answer, 503, "H6")
    assert "--request-memory" in answer.headers["X-Crmock-Hint"] and answer.headers["Connection"].lower() == "close"
    assert len(server.request("GET", "/crm/v8/Leads/search?criteria=(Last_Name:equals:Large)&per_page=1").body["data"]) == 1
    assert len(server.request("GET", "/crm/v8/Leads/search?criteria=(Last_Name:equals:Large)&fields=Last_Name").body["data"]) == 40


def test_a_call_that_takes_too_much_changes_nothing(start, tmp_path):
    """Each record is sent to a webhook as a whole."""
    folder = large_records(tmp_path)
    more = {"workflow_rules": [{"module": "Leads", "name": "x", "actions": [{"webhook": "http://127.0.0.1:9/"}]}]}
    (folder / "rules.json").write_text(json.dumps(more))
    server = start("--fixtures", folder, "--request-memory", 200000, "--max-body", 10000, db=tmp_path / "store.db")
    found = server.request("GET", "/crm/v8/Leads/search?criteria=(Last_Name:equals:Large)&fields=Last_Name").body["data"]
    before = server.digest()
    is_refused(server.update("Leads", {"data": [{"City": "Volos"}], "ids": [record["id"] for record in found]}), 503, "H6")
    assert server.digest() == before
    assert server.update("Leads", {"data": [{"City": "Volos"}], "ids": [found[0]["id"]]}).status == 200


def test_a_request_looks_at_so_much_and_no_more(start, tmp_path):
    """The budget is of steps, not of time: it is used up at the same place each time."""
    server = start("--request-steps", 100000, db=tmp_path / "store.db")
    leads = "/crm/v8/Leads/search?criteria=(Last_Name:contains:zzz)&fields=Last_Name"
    before = server.digest()
    for call in (lambda: server.request("GET", leads), lambda: server.request("GET", "/crm/v8/Leads/actions/count"),
                 lambda: server.request("GET", "/crm/v8/Leads?fields=Last_Name&sort_by=City"),
                 lambda: server.update("Leads", {"data": [{"City": "x"}], "cvid": "554023000000050000"})):
        answer = call()
        is_refused(answer, 500, "E23")
        assert "--request-steps" in answer.headers["X-Crmock-Hint"]
    assert server.digest() == before
    assert server.update("Leads", {"data": [{"City": "x"}], "ids": [LEAD]}).status == 200
    assert server.request("GET", "/crm/v8/Deals?fields=Deal_Name").status == 200


def test_a_job_has_no_budget(start):
    server = start("--request-steps", 4000000)
    job = server.schedule("Leads", {"data": [{"City": "x"}], "cvid": "554023000000050000"})
    assert server.ended("Leads", job)["Status"] == "COMPLETED"


def test_a_request_takes_so_much_time_and_no_more(start):
    server = start("--request-time", 1)
    answer = server.request("GET", "/crm/v8/Leads/search?criteria=(Last_Name:contains:zzz)&fields=Last_Name")
    is_refused(answer, 500, "E23")
    assert "--request-time" in answer.headers["X-Crmock-Hint"]


def takes_beside(server, count, sent, room=None):
    """Bytes of memory that so many connections take at most, which send that and do not read; the server answers others."""
    before = memory(server)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            connection = held.enter_context(socket.socket())
            if room:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            connection.connect(("127.0.0.1", server.port))
            with contextlib.suppress(OSError):  # it may be refused before it has been sent
                connection.sendall(sent)
        assert server.request("GET", "/healthz").status == 200
        return memory(server) - before


@measures_memory
def test_heads_that_have_no_end_are_bounded_together(start):
    server = start("--max-memory", 16 * MIB, "--max-header", MIB, "--max-connections", 200)
    assert takes_beside(server, 60, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1000000) < 40 * MIB


@measures_memory
def test_answers_that_nobody_reads_are_bounded(start):
    server = start("--max-connections", 200)
    assert server.request("GET", "/openapi.json").status == 200
    assert takes_beside(server, 100, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 4, room=1024) < 32 * MIB


@measures_memory
@pytest.mark.parametrize("options", [[], ["--max-body", 4 * MIB, "--max-header", 262144]])
def test_a_process_that_gets_little_memory_ends_by_none_of_it(start, options, monkeypatch):
    """As under `ulimit -v`: whoever asks for more than there is gets an answer, and nobody else notices."""
    monkeypatch.setattr("server.WRAPPER", [*WRAPPER, "prlimit", f"--as={1 << 30}"])
    server = start("--max-memory", 64 * MIB, "--threads", 4, *options)
    form, size = {"Content-Type": "application/x-www-form-urlencoded"}, 4000000 if options else 1000000

    def storm(number):
        client = server.another_client()
        for kind in range(number, number + 6):
            body = [b"client_id=" + b"a" * size, b"a=&" * (size // 3), b"[" * size, b"[1,1" * (size // 5), padded(size), b'{"data":[' + b'{"City":"x"},' * (size // 14) + b"{}]}"][kind % 6]
            if kind % 6 < 2:
                answer = client.request("POST", "/oauth/v2/token", body, token=None, headers=form)
            else:
                answer = client.request("POST", PATH, body)
            assert answer.status in (200, 400, 503), answer
        if options:
            assert search(client, f"(Last_Name:in:{','.join('a' * 60000)})").status in (400, 503)
        client.connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(storm, range(8)))
    assert server.request("POST", PATH, {"data": [{"City": "x"}], "ids": [LEAD]}).status == 200
