"""Requests that are no well-formed HTTP/1.1, or beyond the limits of it: each is refused in the service's envelope, and the
connection ends with that. Two servers in a row that read one of them differently would take one client's words for another's."""
import json
import socket

import pytest

PATH = "/crm/v8/Leads/actions/mass_update"
LEAD = "554023000000600001"
BODY = '{"data":[{"Lead_Source":"Chat"}],"ids":["%s"]}' % LEAD
SIZE = len(BODY)
HOST = "Host: x\r\nAuthorization: Bearer 1000.crmock.admin\r\n"


def post(headers, body=BODY, line=f"POST {PATH} HTTP/1.1\r\n"):
    return (line + HOST + headers + "\r\n" + body).encode()


def get(target="/healthz", headers="", version="HTTP/1.1"):
    return f"GET {target} {version}\r\nHost: x\r\n{headers}\r\n".encode()


CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNKS = f"{SIZE:x}\r\n{BODY}\r\n0\r\n\r\n"

# What is sent, the status, the row of the catalogue.
REFUSED = {
    "two lengths": (post(f"Content-Length: {SIZE}\r\nContent-Length: {SIZE - 1}\r\n"), 400, "H1"),
    "a list of lengths": (post(f"Content-Length: {SIZE}, {SIZE}\r\n"), 400, "H1"),
    "a signed length": (post(f"Content-Length: +{SIZE}\r\n"), 400, "H1"),
    "a length below zero": (post("Content-Length: -5\r\n"), 400, "H1"),
    "a length without digits": (post("Content-Length: \r\n"), 400, "H1"),
    "a length in hexadecimal": (post("Content-Length: 0x10\r\n"), 400, "H1"),
    "a length of 30 digits": (post("Content-Length: " + "9" * 30 + "\r\n"), 413, "D15"),
    "length and chunks": (post(f"Content-Length: {SIZE}\r\n" + CHUNKED, CHUNKS), 400, "H1"),
    "chunks and length": (post(CHUNKED + "content-length: 0\r\n", CHUNKS), 400, "H1"),
    "two codings": (post(CHUNKED + CHUNKED, CHUNKS), 400, "H1"),
    "an unknown coding": (post("Transfer-Encoding: gzip\r\n", ""), 501, "H4"),
    "an unknown coding before chunked": (post("Transfer-Encoding: gzip, chunked\r\n", CHUNKS), 501, "H4"),
    "identity": (post("Transfer-Encoding: identity\r\n"), 501, "H4"),
    "chunks in HTTP/1.0": (post(CHUNKED, CHUNKS, f"POST {PATH} HTTP/1.0\r\n"), 400, "H1"),
    "a blank before the colon": (post(f"Content-Length : {SIZE}\r\n"), 400, "H1"),
    "a tab before the colon": (post(f"Content-Length\t: {SIZE}\r\n"), 400, "H1"),
    "no name": (post(f": x\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "no colon": (post(f"X\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "a name with a bracket": (post(f"X(: 1\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "a folded header": (post(f"X: 1\r\n 2\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "a first header that is folded": (f"GET /healthz HTTP/1.1\r\n {HOST}\r\n".encode(), 400, "H1"),
    "a bare CR in a value": (post(f"X: 1\rContent-Length: 3\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "a bare CR in the request line": (b"GET /healthz\r HTTP/1.1\r\nHost: x\r\n\r\n", 400, "H1"),
    "a bare LF behind a header": (post(f"X: 1\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "bare LFs only": (get().replace(b"\r", b""), 400, "H1"),
    "a bare LF behind the head": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\n", 400, "H1"),
    "a bare LF in front": (b"\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "H1"),
    "a zero byte in a value": (post(f"X: 1\0\r\nContent-Length: {SIZE}\r\n"), 400, "H1"),
    "a zero byte in the target": (get("/healthz\0"), 400, "H1"),
    "empty lines without end": (b"\r\n" * 1000, 400, "H1"),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "H1"),
    "two hosts": (get(headers="Host: y\r\n"), 400, "H1"),
    **{f"{host!r} as host": (f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), 400, "H1") for host in [
        "a b", "a/b", "a@b", "a\"b", "a<b>", "a%41", "a\\b", "a?b", "a#b", "a,b", "caf\u00e9", ":80", "a:b", "a:80:80", "a:123456", "a:-1", "[]", "[::1", "::1", "[::1]x", "[a.example]", "[::1%25lo]", "a[::1]"]},
    "two blanks": (get("/healthz "), 400, "H1"),
    "no target": (b"GET HTTP/1.1\r\nHost: x\r\n\r\n", 400, "H1"),
    "no version": (b"GET /healthz\r\nHost: x\r\n\r\n", 400, "H1"),
    "HTTP/2.0": (get(version="HTTP/2.0"), 505, "H5"),
    "HTTP/9.9": (get(version="HTTP/9.9"), 505, "H5"),
    "a version without a number": (get(version="HTTP/x.y"), 400, "H1"),
    "another protocol": (get(version="ICAP/1.0"), 400, "H1"),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "H5"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "H1"),
    "zero bytes": (b"\0" * 100, 400, "H1"),
    "a target without end": (b"GET /" + b"x" * 100000, 414, "H2"),
    "a header without end": (get(headers="X: " + "y" * 100000), 431, "H3"),
    "headers without end": (get(headers="X: y\r\n" * 10000), 431, "H3"),
    "many small headers": (get(headers="X:\r\n" * 600), 431, "H3"),
    "many parameters": (get("/healthz?" + "a&" * 600), 431, "H3"),
    "a trailer beyond the limit": (post("X: " + "y" * 16000 + "\r\n" + CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\nY: " + "z" * 18000 + "\r\n\r\n"), 431, "H3"),
    "a target just beyond the limit": (get("/" + "x" * 17000), 414, "H2"),
    "many trailers": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\n" + "X: y\r\n" * 600 + "\r\n"), 431, "H3"),
    "a trailer without colon": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\nX\r\n\r\n"), 400, "H1"),
    "a chunk without size": (post(CHUNKED, "\r\n"), 400, "H1"),
    "a chunk of no hexadecimal size": (post(CHUNKED, "zz\r\n"), 400, "H1"),
    "a chunk of a size below zero": (post(CHUNKED, "-1\r\n"), 400, "H1"),
    "a chunk's size behind a blank": (post(CHUNKED, f" {SIZE:x}\r\n{BODY}\r\n0\r\n\r\n"), 400, "H1"),
    "a chunk's size with a blank": (post(CHUNKED, f"{SIZE:x} \r\n{BODY}\r\n0\r\n\r\n"), 400, "H1"),
    "a chunk's size that is too large": (post(CHUNKED, "f" * 30 + "\r\n"), 400, "H1"),
    "a chunk beyond any limit": (post(CHUNKED, "7fffffffffffff\r\nx"), 413, "D15"),
    "a chunk's size behind a bare LF": (post(CHUNKED, f"{SIZE:x}\n{BODY}\r\n0\r\n\r\n"), 400, "H1"),
    "a chunk's extension without end": (post(CHUNKED, f"{SIZE:x};" + "x" * 33000 + f"\r\n{BODY}\r\n0\r\n\r\n"), 400, "H1"),
    "a bare CR in a chunk's extension": (post(CHUNKED, f"{SIZE:x};a\rb\r\n{BODY}\r\n0\r\n\r\n"), 400, "H1"),
    "a chunk that is longer than it says": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}x\r\n0\r\n\r\n"), 400, "H1"),
    "a chunk that ends with a bare LF": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\n0\r\n\r\n"), 400, "H1"),
    "half a head": (b"GET /healthz HTT", 400, "H1"),
    "half a body": (post(f"Content-Length: {SIZE + 10}\r\n"), 400, "H1"),
    "half a chunk": (post(CHUNKED, f"{SIZE + 10:x}\r\n{BODY}"), 400, "H1"),
    "half a chunk's size": (post(CHUNKED, "1"), 400, "H1"),
    "half the end of a chunk": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r"), 400, "H1"),
    "no last chunk": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n"), 400, "H1"),
    "no end of the trailer": (post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\n"), 400, "H1"),
}

TAKEN = {
    "chunks": post(CHUNKED, CHUNKS),
    "chunks byte by byte": post(CHUNKED, "".join(f"1\r\n{byte}\r\n" for byte in BODY) + "0\r\n\r\n"),
    "a chunk's extension": post(CHUNKED, f'{SIZE:X};a="b c";d\r\n{BODY}\r\n000\r\n\r\n'),
    "trailers": post(CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\nX: 1\r\nY:\r\n\r\n"),
    "a large trailer behind a large head": post("X: " + "y" * 16000 + "\r\n" + CHUNKED, f"{SIZE:x}\r\n{BODY}\r\n0\r\nY: " + "z" * 16000 + "\r\n\r\n"),
    "the same length twice": post(f"Content-Length: {SIZE}\r\nContent-Length: {SIZE}\r\n"),
    "blanks around a value": post(f"Content-Length: \t {SIZE} \t\r\n"),
    "any case": post(f"cOnTeNt-LeNgTh:{SIZE}\r\n"),
    "empty lines in front": b"\r\n\r\n" + post(f"Content-Length: {SIZE}\r\n"),
    "bytes beyond ASCII": post(f"X: caf\u00e9\r\nContent-Length: {SIZE}\r\n"),
    "a later minor version": post(f"Content-Length: {SIZE}\r\n", line=f"POST {PATH} HTTP/1.5\r\n"),
    "a large cookie": post("Cookie: " + "a=b; " * 2800 + f"\r\nContent-Length: {SIZE}\r\n"),
    "a head at the limit": post("X: " + "y" * (16384 - len(post(f"Content-Length: {SIZE}\r\nX: \r\n", ""))) + f"\r\nContent-Length: {SIZE}\r\n"),
}


def answers(received):
    """Cuts what came into answers: status, headers, body."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in lines)}
        assert line.startswith("HTTP/1.1 "), line
        length = int(headers.get("content-length", 0))
        found.append((int(line.split()[1]), headers, rest[:length]))
        assert len(rest) >= length
        received = rest[length:]
    return found


def check_refusal(answer, status, row):
    found, headers, body = answer
    assert (found, headers["x-crmock-rule"], headers["connection"].lower()) == (status, row, "close"), (answer, row)
    assert headers["content-type"] == "application/json;charset=UTF-8" and headers["x-crmock-hint"]
    envelope = json.loads(body)
    assert sorted(envelope) == ["code", "details", "message", "status"] and envelope["status"] == "error"


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_in_the_envelope(shared, name):
    sent, status, row = REFUSED[name]
    before = shared.digest()
    found = answers(shared.raw(sent))
    assert len(found) == 1
    check_refusal(found[0], status, row)
    assert shared.digest() == before


@pytest.mark.parametrize("name", REFUSED)
def test_what_comes_before_it_is_answered_and_what_follows_is_not_read(shared, name):
    sent, status, row = REFUSED[name]
    found = answers(shared.raw(get() * 3 + sent + get() * 3))
    if name in ("half a body", "half a chunk"):  # what follows is taken for the rest
        assert [answer[0] for answer in found][:3] == [200] * 3
        return
    assert [answer[0] for answer in found] == [200, 200, 200, status]
    check_refusal(found[-1], status, row)


@pytest.mark.parametrize("name", TAKEN)
def test_what_looks_odd_and_is_none_the_less_http_is_taken(shared, name):
    found = answers(shared.raw(TAKEN[name] * 2))
    assert [answer[0] for answer in found] == [200, 200], found
    assert all(b"record updated" in answer[2] for answer in found)


@pytest.mark.parametrize("name", TAKEN)
def test_wherever_a_request_is_cut(shared, name):
    sent = TAKEN[name]
    if len(sent) > 2000:
        pieces = [sent[at:at + 1000] for at in range(0, len(sent), 1000)]
    else:
        pieces = [sent[at:at + 1] for at in range(len(sent))]
    with socket.create_connection(("127.0.0.1", shared.port), timeout=300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [answer[0] for answer in answers(received)] == [200]


@pytest.mark.parametrize("sent, count", [(get(), 1), (get() * 3, 3), (get() + b"\r\n", 1), (b"\r\n" + get() + b"\r\n\r\n", 1), (b"\r\n", 0), (b"", 0),
                                         (post(CHUNKED, CHUNKS), 1), (post(CHUNKED, CHUNKS) + b"\r\n", 1)])
def test_a_client_that_has_sent_all_is_answered_and_told_that_this_was_it(start, sent, count):
    """A server that closes no connection for being silent: what it does not end by itself stays."""
    server = start("--idle-timeout", 0)
    for _ in range(20):  # whether the end comes with the last bytes or behind them is chance
        assert [answer[0] for answer in answers(server.raw(sent))] == [200] * count


def test_a_client_that_ends_with_its_last_request_is_told_so_on_a_kept_connection(start):
    server = start("--idle-timeout", 0)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
            connection.sendall(get())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            connection.send(get(), socket.MSG_MORE)
            connection.shutdown(socket.SHUT_WR)  # both come in one packet
            found = answers(b"".join(iter(lambda: connection.recv(65536), b"")))
            assert [answer[0] for answer in found] == [200] and found[0][1]["connection"].lower() == "close"


@pytest.mark.parametrize("first", [get(headers="Expect: 100-continue\r\n"), post("Content-Length: 0\r\nExpect: 100-continue\r\n", "", "GET /healthz HTTP/1.1\r\n")])
def test_nobody_waits_for_a_body_that_there_is_none_of(shared, first):
    assert [answer[0] for answer in answers(shared.raw(first + get()))] == [200, 200]


def test_a_long_pipeline(shared):
    found = answers(shared.raw(post(f"Content-Length: {SIZE}\r\n") * 2000 + get(headers="Connection: close\r\n")))
    assert [answer[0] for answer in found] == [200] * 2001


def test_a_small_room_holds_what_it_says(start):
    server = start("--max-header", 4096)
    head = f"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
    for length, status in ((4096, 200), (4097, 431)):
        sent = (head + "y" * (length - len(head) - 4) + "\r\n\r\n").encode()
        assert len(sent) == length and answers(server.raw(sent))[0][0] == status
    for count, status in ((20, 200), (60, 431)):
        assert answers(server.raw(get(headers="X: y\r\n" * count + "Connection: close\r\n")))[0][0] == status
