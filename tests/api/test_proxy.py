"""The forward proxy: programs with the service's hosts written into them reach crmock, and nobody reaches anything else."""
import concurrent.futures
import contextlib
import http.client
import json
import re
import signal
import socket
import ssl
import time

import pytest

from server import PATIENCE, Server
from test_framing import BODY, answers, get, post
from test_tls import HOSTS, TOKEN

UPDATE = "/crm/v8/Leads/actions/mass_update"
AUTHORIZED = {"Authorization": "Zoho-oauthtoken 1000.crmock.admin"}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """A server with a proxy, and no port for TLS."""
    folder = tmp_path_factory.mktemp("proxy")
    server = Server("--proxy-port", "0", "--tls-name", "mock.example,*.wild.example", "--tls-dir", folder / "tls", "--max-connections", "2000", tls=False)
    server.trust = ssl.create_default_context(cafile=folder / "tls" / "ca.pem")
    yield server
    server.stop()


def tunnel(server, host, port=443):
    """A connection as a program makes one that heeds HTTPS_PROXY."""
    connection = http.client.HTTPSConnection("127.0.0.1", server.proxy_port, timeout=PATIENCE, context=server.trust)
    connection.set_tunnel(host, port)
    return connection


def sent(server, data):
    with socket.create_connection(("127.0.0.1", server.proxy_port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("host", [*HOSTS, "WWW.zohoapis.com", "mock.example"])
def test_a_tunnel_to_the_service_ends_in_crmock(proxy, host):
    connection = tunnel(proxy, host)
    connection.request("POST", UPDATE, BODY, AUTHORIZED)
    answer = connection.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["data"][0]["code"] == "SUCCESS"
    connection.request("GET", "/crm/v8/org", headers=AUTHORIZED)  # it is kept
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("host, port", [("example.com", 443), ("www.zohoapis.com", 80), ("www.zohoapis.com", 8443), ("127.0.0.1", 443), ("localhost", 443), ("zohoapis.com.example", 443), ("a.wild.example", 443),
                                        ("169.254.169.254", 443), ("[::1]", 443), ("www.zohoapis.com.", 443)])
def test_nothing_leaves_by_a_tunnel(proxy, host, port):
    [(status, headers, body)] = answers(sent(proxy, f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()))
    assert status == 403 and headers["connection"] == "close" and f"{host}:{port}" in body.decode() and "nothing leaves" in body.decode() and body.count(b"\n") == 1


@pytest.mark.parametrize("head", ["CONNECT www.zohoapis.com HTTP/1.1\r\n\r\n", "CONNECT www.zohoapis.com:0 HTTP/1.1\r\n\r\n", "CONNECT www.zohoapis.com:99999 HTTP/1.1\r\n\r\n", "CONNECT /:443 HTTP/1.1\r\n\r\n",
                                  "CONNECT www.zohoapis.com:443\r\n\r\n", "CONNECT www.zohoapis.com:443 HTTP/1.1\n\n", "CONNECT a@www.zohoapis.com:443 HTTP/1.1\r\n\r\n", "CONNECT www.zohoapis.com:443 HTTP/1.1\r\nX\r\n\r\n",
                                  "CONNECT http://www.zohoapis.com:443 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: www.zohoapis.com\r\n\r\n", "\x16\x03\x01\x02", "CONNECX www.zohoapis.com:443 HTTP/1.1\r\n\r\n"])
def test_what_is_no_request_to_a_proxy_is_refused(proxy, head):
    [(status, headers, body)] = answers(sent(proxy, head.encode("latin-1")))
    assert status == 400 and headers["connection"].lower() == "close" and body


def test_http_to_the_service_is_served(proxy):
    [(status, headers, body)] = answers(sent(proxy, post(f"Content-Length: {len(BODY)}\r\nConnection: close\r\n", line=f"POST http://www.zohoapis.eu{UPDATE} HTTP/1.1\r\n")))
    assert status == 200 and json.loads(body)["data"][0]["code"] == "SUCCESS"
    [(status, _, body)] = answers(sent(proxy, f"POST http://accounts.zoho.eu{TOKEN} HTTP/1.1\r\nHost: accounts.zoho.eu\r\nConnection: close\r\n\r\n".encode()))
    assert json.loads(body)["api_domain"] == "http://www.zohoapis.eu"


@pytest.mark.parametrize("target", ["http://example.com/", "http://127.0.0.1/crm/v8/org", "https://www.zohoapis.com/crm/v8/org", "http://www.zohoapis.com.example/", "http://169.254.169.254/latest",
                                    "http://www.zohoapis.com:9999/healthz", "http://www.zohoapis.com:443/healthz", "http://mock.example:8080/healthz"])
def test_nothing_leaves_by_http(proxy, target):
    [(status, headers, body)] = answers(sent(proxy, f"GET {target} HTTP/1.1\r\nHost: www.zohoapis.com\r\n\r\n".encode()))
    assert status == 403 and headers["x-crmock-rule"] == "H7" and headers["connection"].lower() == "close" and "nothing leaves" in json.loads(body)["message"]


def test_the_port_of_http_may_be_told(proxy):
    for host in ("www.zohoapis.com:80", "www.zohoapis.com:", "mock.example:80"):
        [(status, _, _)] = answers(sent(proxy, f"GET http://{host}/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()))
        assert status == 200, host


def test_a_destination_that_is_refused_is_named_in_a_quiet_log(start, tmp_path):
    """By either way of asking; the recipes start crmock with that level."""
    with open(tmp_path / "log", "w") as log:
        server = start("--proxy-port", "0", "--log-level", "warning", tls=False, log=log)
        for line in ("CONNECT example.com:443", "CONNECT www.zohoapis.com:8443", "GET http://example.org/a", "GET http://www.zohoapis.com:9999/healthz", "GET https://www.zohoapis.eu/a"):
            [(status, _, _)] = answers(sent(server, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
            assert status == 403
        sent(server, b"CONNECT www.zohoapis.com HTTP/1.1\r\n\r\n")  # no request to a proxy, and no warning
        assert server.stop() == 0
    lines = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert all(line.startswith("warning proxy refused status=403 ") for line in lines)
    assert [re.search(r'(?:reason|destination)="(\S+?)(?:"| is refused)', line).group(1) for line in lines] == [
        "example.com:443", "www.zohoapis.com:8443", "example.org", "www.zohoapis.com:9999", "www.zohoapis.eu"]


def test_on_a_kept_connection_each_request_says_where_it_goes(proxy):
    ours = "GET http://www.zohoapis.com/healthz HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    found = answers(sent(proxy, ours * 2 + ours.replace(b"www.zohoapis.com", b"example.com") + ours))
    assert [status for status, _, _ in found] == [200, 200, 403]


def test_it_is_not_steered_by_the_services_names(proxy):
    [(status, _, _)] = answers(sent(proxy, b"GET http://www.zohoapis.com/_crmock/info HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
    assert status == 403
    connection = tunnel(proxy, "www.zohoapis.com")
    connection.request("GET", "/_crmock/info")
    assert connection.getresponse().status == 403
    connection.close()


def test_a_client_that_does_not_wait_for_the_answer_loses_nothing(proxy):
    """Its first TLS bytes come with the request for the tunnel."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = proxy.trust.wrap_bio(inward, outward, server_hostname="www.zohoapis.com")
    with pytest.raises(ssl.SSLWantReadError):
        talk.do_handshake()
    with socket.create_connection(("127.0.0.1", proxy.proxy_port), timeout=PATIENCE) as connection:
        connection.sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\nHost: www.zohoapis.com:443\r\n\r\n" + outward.read())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 200 ")
        inward.write(received.partition(b"\r\n\r\n")[2])
        while True:
            try:
                talk.do_handshake()
                break
            except ssl.SSLWantReadError:
                inward.write(connection.recv(65536))
        talk.write(get(headers="Connection: close\r\n"))
        connection.sendall(outward.read())
        assert connection.recv(65536)


def test_a_thousand_idle_tunnels_keep_nobody_out(proxy):
    def open_one(_):
        connection = socket.create_connection(("127.0.0.1", proxy.proxy_port), timeout=PATIENCE)
        connection.sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        return connection

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        idle = list(pool.map(open_one, range(1000)))
    slow = socket.create_connection(("127.0.0.1", proxy.proxy_port), timeout=PATIENCE)
    slow.sendall(b"CONN")
    connection = tunnel(proxy, "www.zohoapis.com")
    connection.request("GET", "/crm/v8/org", headers=AUTHORIZED)
    assert connection.getresponse().status == 200
    for one in [*idle, slow, connection]:
        one.close()


def test_beyond_the_connections_that_are_served_at_once_one_is_closed(start):
    server = start("--proxy-port", "0", "--max-connections", "8", "--threads", "1", tls=False)
    idle = []
    for _ in range(20):
        idle.append(socket.create_connection(("127.0.0.1", server.proxy_port), timeout=PATIENCE))
        idle[-1].sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n")
        assert idle[-1].recv(100).startswith(b"HTTP/1.1 200 ")
    for one in idle[8:]:
        assert one.recv(100) == b""
    assert server.request("GET", "/healthz").status == 200  # by its own door
    for one in idle:
        one.close()


def test_a_burst_beyond_them_is_no_end(start):
    server = start("--proxy-port", "0", "--max-connections", "8", "--threads", "1", tls=False)
    for _ in range(10):
        clients = [socket.create_connection(("127.0.0.1", server.proxy_port), timeout=PATIENCE) for _ in range(40)]
        for client in clients:
            client.sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n")
        for client in clients:
            client.shutdown(socket.SHUT_WR)
            while client.recv(100):
                pass
            client.close()


@pytest.mark.parametrize("way", ["by the proxy", "by the port for TLS"])
def test_who_goes_in_the_middle_of_a_handshake_keeps_nobody_out(start, way):
    server = start("--proxy-port", "0", "--max-connections", "8", "--threads", "1", "--idle-timeout", "0", tls=True)
    connect, port = (b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n", server.proxy_port) if way == "by the proxy" else (b"", server.tls_port)
    server.process.send_signal(signal.SIGSTOP)  # when it looks all is there, the end as well
    for length in range(1, 60):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
            client.sendall(connect + (b"\x16\x03\x01\x02\x00" + b"\x01" * 60)[:length])
    server.process.send_signal(signal.SIGCONT)
    deadline, served = time.monotonic() + PATIENCE, []
    while len(served) < 8:
        assert time.monotonic() < deadline, f"{len(served)} of 8 places came back"
        one = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=server.context)
        if connect:
            one.set_tunnel("www.zohoapis.com", 443)
        with contextlib.suppress(OSError):  # as long as those that went have not been noticed
            one.request("GET", "/healthz")
            assert one.getresponse().status == 200
            served.append(one)
    for one in served:
        one.close()


def test_a_stop_waits_for_nobody(start):
    server = start("--proxy-port", "0", tls=False)
    clients = [socket.create_connection(("127.0.0.1", server.proxy_port), timeout=PATIENCE) for _ in range(5)]
    for at, client in enumerate(clients):
        client.sendall(b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\n\r\n"[:at * 9])
    assert server.stop() == 0
    for client in clients:
        client.close()
