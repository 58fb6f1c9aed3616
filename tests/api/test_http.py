"""HTTP as clients speak it, and as they should not."""
import http.client
import socket

import pytest

from server import Server

LEAD = "554023000000600001"
PATH = "/crm/v8/Leads/actions/mass_update"
AUTH = "Authorization: Bearer 1000.crmock.admin\r\n"
BODY = '{"data":[{"Lead_Source":"Chat"}],"ids":["%s"]}' % LEAD


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A server that closes connections on which nothing comes."""
    server = Server("--idle-timeout", "1", db=tmp_path_factory.mktemp("impatient") / "store.db")
    yield server
    server.stop()


def post(body=BODY, headers="", length=True):
    size = f"Content-Length: {len(body)}\r\n" if length else ""
    return f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{AUTH}{size}{headers}\r\n{body}".encode()


def test_health(shared):
    answer = shared.request("GET", "/healthz", token=None)
    assert (answer.status, answer.body) == (200, {"status": "ok"})
    assert shared.request("POST", "/healthz", token=None).status == 405
    assert shared.request("GET", "/healthz%00x", token=None).status == 404


def test_head_is_a_get_without_its_body(shared):
    get = shared.request("GET", PATH)
    head = shared.request("HEAD", PATH)
    assert (head.status, head.headers["Content-Length"], head.headers["Content-Type"]) == (get.status, get.headers["Content-Length"], get.headers["Content-Type"])


def test_expect_100_continue(shared):
    with socket.create_connection(("127.0.0.1", shared.port), timeout=300) as connection:
        head, _, body = post(headers="Expect: 100-continue\r\nConnection: close\r\n").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"HTTP/1.1 200 " in answer and b"record updated" in answer


def test_chunked_bodies(shared):
    chunks = "".join(f"{len(part):x}\r\n{part}\r\n" for part in (BODY[:1], BODY[1:40], BODY[40:])) + "0\r\n\r\n"
    answer = shared.raw(post(length=False, headers="Transfer-Encoding: chunked\r\nConnection: close\r\n", body="") + chunks.encode())
    assert answer.startswith(b"HTTP/1.1 200 ") and b"record updated" in answer


def test_pipelining_and_keep_alive(shared):
    answer = shared.raw(post() * 20 + f"GET {PATH}?job_id=1 HTTP/1.1\r\nHost: x\r\n{AUTH}Connection: close\r\n\r\n".encode())
    assert answer.count(b"HTTP/1.1 200 ") == 20 and answer.count(b"record updated") == 20
    assert answer.rindex(b"HTTP/1.1 404 ") > answer.rindex(b"HTTP/1.1 200 ")


def test_one_byte_at_a_time(shared):
    with socket.create_connection(("127.0.0.1", shared.port), timeout=300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post(headers="Connection: close\r\n"):
            connection.sendall(bytes([byte]))
        assert b"record updated" in b"".join(iter(lambda: connection.recv(65536), b""))


def test_texts_that_are_no_utf_8_do_not_break_answers(shared):
    assert shared.request("GET", "/crm/v8/Leads/%d3x").body["details"] == {"id": "\ufffdx"}
    assert shared.request("DELETE", "/crm/v8/Leads?ids=%ff").body["data"][0]["details"] == {"id": "\ufffd"}
    scope = shared.request("POST", "/oauth/v2/token?grant_type=client_credentials&client_id=1000.CRMOCK&client_secret=crmock-secret&scope=%ff", token=None)
    assert scope.body == {"error": "invalid_scope"}


def test_http_1_0(shared):
    answer = shared.raw(post().replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert b" 200 " in answer.split(b"\r\n")[0] and b"record updated" in answer


@pytest.mark.parametrize("limit", [None, 5000])
def test_D15_bodies_beyond_the_limit(start, limit):
    server = start(*(["--max-body", limit] if limit else []))
    limit = limit or 1 << 20
    padding = limit - len(BODY) - len(',"x":""')
    fits = BODY[:-1] + ',"x":"' + "y" * padding + '"}'
    assert len(fits) == limit and server.request("POST", PATH, fits).status == 200
    answer = server.request("POST", PATH, fits + " ")
    assert (answer.status, answer.body) == (413, {"code": "LIMIT_EXCEEDED", "details": {"maximum_length": limit}, "message": "The request body is too large", "status": "error"})
    chunk = f"{limit + 1:x}\r\n{fits} \r\n0\r\n\r\n"
    answer = server.raw(post(length=False, headers="Transfer-Encoding: chunked\r\nConnection: close\r\n", body="") + chunk.encode())
    assert answer.startswith(b"HTTP/1.1 413 ") and b"LIMIT_EXCEEDED" in answer
    assert server.request("POST", PATH, BODY).status == 200


def status_of(server, path, head, body):
    """Of a POST that announces its body, or sends it in one chunk."""
    answer = server.raw(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n\r\n".encode() + body)
    return int(answer.split()[1]), answer


@pytest.mark.parametrize("path", ["/_crmock/x", "/_s/main/_crmock/x?y=1"])
def test_calls_that_steer_crmock_have_a_limit_of_their_own(start, path):
    server = start("--max-body", 1000)
    most = 16 << 20
    assert status_of(server, path, f"Content-Length: {most}", b" " * most)[0] != 413
    assert status_of(server, path, f"Content-Length: {most + 1}", b" " * (most + 1))[0] == 413
    assert status_of(server, path, "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (most, b" " * most))[0] != 413
    assert status_of(server, path, "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (most + 1, b" " * (most + 1)))[0] == 413
    for length in (most + 1, 99999999999):
        assert status_of(server, path, f"Expect: 100-continue\r\nContent-Length: {length}", b"")[0] == 413
    for other, said in ((PATH, b'"maximum_length":1000}'), (path.replace("_crmock", "_crmocks"), b'"maximum_length":1000}'), (path.replace("_crmock", "%5fcrmock"), b'"expected a body of at most 1000 bytes: ')):
        status, answer = status_of(server, other, "Content-Length: 1001", b" " * 1001)
        assert status == 413 and said in answer and b"--max-body sets the limit" in answer


def test_the_bodies_of_calls_that_steer_crmock_take_memory_of_all(start):
    server = start("--max-memory", 8 << 20)
    status, answer = status_of(server, "/_crmock/x", f"Content-Length: {12 << 20}", b" " * (12 << 20))
    assert status == 503 and b"--max-memory sets the limit" in answer
    assert status_of(server, "/_crmock/x", f"Content-Length: {2 << 20}", b" " * (2 << 20))[0] not in (413, 503)


def test_a_limit_of_one_byte(start):
    server = start("--max-body", 1)
    assert [server.request("POST", PATH, body).status for body in (b"", b"x", b"xx")] == [400, 400, 413]


def test_a_body_that_is_announced_as_too_large_need_not_be_sent(start):
    server = start("--max-body", 1000)
    answer = server.raw(post(headers="Expect: 100-continue\r\nContent-Length: 1001\r\n", length=False, body=""))
    assert answer.startswith(b"HTTP/1.1 413 ") and b"LIMIT_EXCEEDED" in answer
    answer = server.raw(post(headers="Content-Length: 99999999999\r\n", length=False, body=""))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_cut_off(start):
    server = start("--max-body", 1000)
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(post(length=False, headers="Transfer-Encoding: chunked\r\n", body=""))
        with pytest.raises(OSError):
            while True:
                connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
    assert server.request("POST", PATH, BODY).status == 200


def test_headers_beyond_the_limit(start):
    server = start("--max-header", 4096)
    answer = server.raw(post(headers="X: " + "y" * 20000 + "\r\n"))
    assert answer.startswith(b"HTTP/1.1 431 ") or answer.startswith(b"HTTP/1.1 413 ") or answer == b""
    assert server.request("POST", PATH, BODY).status == 200


@pytest.mark.parametrize("bytes_sent", [
    b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"POST " + PATH.encode() + b" HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n", b"\r\n" * 1000, b"GET /%zz%f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
def test_garbage_does_no_harm(impatient, bytes_sent):
    before = impatient.digest()
    impatient.raw(bytes_sent)
    assert impatient.request("GET", "/healthz").status == 200 and impatient.digest() == before


def test_more_connections_than_allowed(start):
    server = start("--max-connections", "8", "--threads", "1")
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=300) for _ in range(12)]
    for connection in held:
        connection.close()
    while True:  # those that were closed make room
        try:
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
            client.request("GET", "/healthz")
            assert client.getresponse().status == 200
            client.close()
            break
        except (ConnectionError, http.client.HTTPException):
            client.close()


def test_silent_connections_are_closed(start):
    server = start("--idle-timeout", "1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        assert connection.recv(1000) == b""
