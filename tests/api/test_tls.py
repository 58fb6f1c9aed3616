"""TLS beside the plain port: what clients verify, what they are told of the address by which they came, and that all else is as it is
without."""
import json
import os
import re
import socket
import ssl
import subprocess

import pytest

from server import PATIENCE, Server, command, run, until
from test_framing import BODY, REFUSED, TAKEN, answers, check_refusal, get, post

DOMAINS = ["com", "eu", "in", "com.au", "jp", "com.cn", "ca", "sa"]
HOSTS = [f"accounts.zoho.{domain}" for domain in DOMAINS] + ["accounts.zohocloud.ca"] + [
    f"{front}zohoapis.{domain}" for domain in DOMAINS for front in ("", "www.", "sandbox.", "developer.")]
TOKEN = "/oauth/v2/token?grant_type=refresh_token&client_id=1000.CRMOCK&client_secret=crmock-secret&refresh_token=1000.crmock.refresh"


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    server = Server("--tls-name", "mock.example,*.mock.example", "--tls-name", "10.9.8.7", "--tls-dir", tmp_path_factory.mktemp("own") / "tls", tls=True)
    yield server
    server.stop()


def handshake(server, name, context=None):
    """What is agreed upon with a server that is called by a name."""
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=PATIENCE) as plain, \
            (context or server.context).wrap_socket(plain, server_hostname=name) as connection:
        return connection.version()


def test_the_lines_stand_in_their_order(start):
    server = start("--tls-port", "0", "--proxy-port", "0")
    assert re.fullmatch(r"crmock listening on http://127\.0\.0\.1:\d+\n", server.ready_line)
    assert re.fullmatch(r"crmock listening on https://127\.0\.0\.1:\d+\n", server.tls_line)
    assert re.fullmatch(r"crmock proxying on http://127\.0\.0\.1:\d+\n", server.proxy_line)
    info = server.request("GET", "/_crmock/info").body
    assert info["urls"] == [server.url, server.tls_line.split()[-1]] and info["proxy"] == server.proxy_line.split()[-1]
    assert (info["options"]["tls-port"], info["options"]["tls-name"], info["options"]["public-url"]) == (0, [], None)


def test_without_the_options_there_is_none(start):
    server = start(tls=False)
    info = server.request("GET", "/_crmock/info").body
    assert info["urls"] == [server.url] and info["proxy"] is None and info["options"]["tls-port"] is None
    assert server.request("GET", "/_crmock/ca.pem").status == 404


@pytest.mark.parametrize("name", [*HOSTS, "localhost", "127.0.0.1", "::1", socket.gethostname(), "mock.example", "a.mock.example", "10.9.8.7"])
def test_a_client_that_trusts_the_authority_verifies_it_by(secure, name):
    assert handshake(secure, name) == "TLSv1.3"


@pytest.mark.parametrize("name", ["example.com", "zoho.com", "a.b.mock.example", "127.0.0.2", "www.zohoapis.com.example"])
def test_it_is_nobody_else(secure, name):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(secure, name)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_versions_of_TLS(secure, version):
    context = ssl.create_default_context(cafile=f"{secure.folder}/ca.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if version in ("TLSv1_2", "TLSv1_3"):
        assert handshake(secure, "localhost", context) == version.replace("_", ".")
    else:
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION|protocol version"):
            handshake(secure, "localhost", context)


def test_the_authority_is_told(secure, tmp_path):
    with open(f"{secure.folder}/ca.pem") as file:
        kept = file.read()
    answer = secure.request("GET", "/_crmock/ca.pem", headers={"Accept": "*/*"}, parse=False)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/x-pem-file" and answer.body.decode() == kept
    assert run("ca", "--tls-dir", secure.folder).stdout == kept
    made = run("ca", "--tls-dir", tmp_path / "new")
    assert made.returncode == 0 and f"made in {tmp_path / 'new'}" in made.stderr and ssl.create_default_context(cadata=made.stdout) and (tmp_path / "new" / "ca.pem").read_text() == made.stdout
    assert (tmp_path / "new" / "ca.key").stat().st_mode & 0o777 == 0o600
    assert run("ca", env={"CRMOCK_TLS_DIR": str(tmp_path / "new")}).stdout == made.stdout


def test_who_cannot_have_it_is_told(secure):
    for redirection, said in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor")):
        done = subprocess.run(["bash", "-c", f'"$@" {redirection}', "bash", *command("ca", "--tls-dir", secure.folder)], capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 1 and said in done.stderr, done


def test_by_default_it_is_in_the_users_data_folder(tmp_path):
    server = Server(tls=False, env={"XDG_DATA_HOME": str(tmp_path), "CRMOCK_TLS_PORT": "0"})
    server.stop()
    names = sorted(path.name for path in (tmp_path / "crmock" / "tls").iterdir())
    assert names == ["ca.key", "ca.pem", "server.key", "server.pem"]


def test_a_second_start_has_the_same_authority(start, tmp_path):
    first = start("--tls-dir", tmp_path / "tls", tls=True)
    files = {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    second = start("--tls-dir", tmp_path / "tls", tls=True)
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    third = start("--tls-dir", tmp_path / "tls", "--tls-name", "more.test", tls=True)
    assert files["ca.pem"] == (tmp_path / "tls" / "ca.pem").read_bytes() and files["server.pem"] != (tmp_path / "tls" / "server.pem").read_bytes()
    assert [handshake(server, "localhost", first.context) for server in (first, second, third)] == ["TLSv1.3"] * 3
    assert handshake(third, "more.test", first.context)


def test_a_certificate_of_ones_own(start, secure, tmp_path):
    ours = start("--tls-port", "0", "--tls-cert", f"{secure.folder}/server.pem", "--tls-key", f"{secure.folder}/server.key", tls=False)
    assert handshake(ours, "mock.example", secure.context)
    assert "crmock's own" in ours.request("GET", "/_crmock/ca.pem").body["error"]


@pytest.mark.parametrize("arguments, said", [
    (["--tls-port", "65536"], "--tls-port"), (["--tls-port", "-1"], "--tls-port"), (["--proxy-port", "x"], "--proxy-port"), (["--tls-name", "a b"], "--tls-name"), (["--tls-name", ""], "--tls-name"),
    (["--tls-name", "*"], "--tls-name"), (["--tls-name", "a.*.b"], "--tls-name"), (["--tls-cert", "x.pem"], "--tls-key is missing"), (["--tls-key", "x.pem"], "--tls-cert is missing"),
    (["--tls-port", "0", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"], "/nowhere.pem"), (["--tls-port", "0", "--tls-dir", "/dev/null"], "/dev/null"),
    (["--public-url", "mock.test"], "--public-url"), (["--public-url", "ftp://mock.test"], "--public-url"), (["--public-url", "http://mock.test/"], "--public-url"), (["--public-url", "http://"], "--public-url"),
    (["--public-url", "http://a/<b>"], "--public-url"), (["--public-url", "http://a?b"], "--public-url"), (["--public-url", "http://a/\x01"], "--public-url"), (["--public-url", "http://a/\x7f"], "--public-url"), (["--trust-proxy", "host.test"], "--trust-proxy"), (["--tls-port", "0", "--tls-name", "my_host.test"], 'not "my_host.test"'), (["--trust-proxy", "10.0.0.0/33"], "--trust-proxy")])
def test_wrong_options_end_with_a_message(arguments, said):
    done = run("--port", "0", *arguments)
    assert done.returncode == 1 and said in done.stderr and done.stdout == "" and len(done.stderr.splitlines()) == 1, done


def test_a_port_that_is_taken_is_told(start):
    server = start("--tls-port", "0", "--proxy-port", "0")
    for option, port in (("--tls-port", server.tls_port), ("--proxy-port", server.proxy_port)):
        done = run("--port", "0", option, port, "--tls-dir", server.folder)
        assert done.returncode == 1 and f"port {port}" in done.stderr and done.stdout == ""


# F11.
def api_domain(server, host, **headers):
    answer = server.request("POST", TOKEN, token=None, headers={"Host": host, **headers})
    assert answer.status == 200, answer
    return answer.body["api_domain"]


@pytest.mark.parametrize("host, domain", [("localhost:7", "https://localhost:7"), ("mock.example", "https://mock.example"), ("www.zohoapis.com", "https://www.zohoapis.com"),
                                          ("accounts.zoho.com", "https://www.zohoapis.com"), ("accounts.zoho.eu:443", "https://www.zohoapis.eu:443"), ("accounts.zohocloud.ca", "https://www.zohoapis.ca"),
                                          ("ACCOUNTS.zoho.com.au", "https://www.zohoapis.com.au"), ("[::1]:9", "https://[::1]:9")])
def test_F11_api_domain_is_the_address_by_which_the_client_came(secure, host, domain):
    assert api_domain(secure, host) == domain


def test_F11_in_a_sandbox_and_by_the_plain_port(start):
    server = start("--tls-port", "0", tls=False)
    assert api_domain(server, f"127.0.0.1:{server.port}") == server.url
    world = server.request("POST", "/_crmock/sandboxes", {"id": "w"}).body
    assert world["url"] == f"{server.url}/_s/w"
    answer = server.request("POST", f"/_s/w{TOKEN}".replace("1000.CRMOCK", "1000.w.CRMOCK").replace("1000.crmock.refresh", "1000.w.refresh"), token=None, headers={"Host": "accounts.zoho.jp"})
    assert answer.body["api_domain"] == "http://www.zohoapis.jp/_s/w"


def test_F11_a_public_url_or_a_trusted_proxy_says_another(start):
    public = start("--public-url", "https://mock.test/at")
    assert api_domain(public, "localhost") == "https://mock.test/at" and public.request("GET", "/_crmock/info").body["url"] == "https://mock.test/at"
    behind = start("--trust-proxy", "127.0.0.1", "--control-host", "mock.test")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mock.test"}
    assert api_domain(behind, "localhost", **forwarded) == "https://mock.test"
    assert api_domain(start("--trust-proxy", "127.0.0.2", tls=False), "localhost", **forwarded) == "http://localhost"
    own = {"Host": "mock.test", "Origin": "https://mock.test"}
    assert behind.request("GET", "/_crmock/info", headers={**own, **forwarded}).status == 200  # its own page
    assert behind.request("GET", "/_crmock/info", headers={**own, "Origin": "http://mock.test", **forwarded}).status == 403


@pytest.mark.parametrize("host, status", [("mock.test", 200), ("listed.example", 200), ("rebound.example", 403), ("www.zohoapis.com", 403)])
def test_a_name_that_a_proxy_was_called_by_is_held_against_the_same(start, host, status):
    server = start("--trust-proxy", "127.0.0.1", "--control-host", "listed.example", "--host-check")
    headers = {"Host": "crmock:8080", "X-Forwarded-Host": host}  # as the proxy calls crmock, and as its client called the proxy
    assert server.request("GET", "/_crmock/info", headers=headers).status == status
    assert server.request("GET", "/_crmock/info", headers={**headers, "Origin": f"http://{host}"}).status == (403 if server.context else status)
    assert server.request("GET", "/crm/v8/org", headers=headers).status == (403 if host == "rebound.example" else 200)
    assert server.request("GET", "/_crmock/info", headers={"Host": "rebound.example", "X-Forwarded-Host": "localhost"}).status == 403
    assert start("--control-host", "listed.example").request("GET", "/_crmock/info", headers=headers).status == 200  # nobody is trusted


def test_pages_of_its_own_come_by_TLS(secure):
    origin = f"https://127.0.0.1:{secure.tls_port}"
    assert secure.request("GET", "/_crmock/info", headers={"Origin": origin}).status == 200
    for other in (origin.replace("https", "http"), f"https://127.0.0.1:{secure.port}", "https://127.0.0.1"):
        assert secure.request("GET", "/_crmock/info", headers={"Origin": other}).status == 403, other
    assert secure.request("GET", "/_crmock/info", headers={"Host": "localhost", "Origin": "https://localhost"}).status == 200


def test_by_the_services_names_it_is_not_steered(secure):
    for host in ("www.zohoapis.com", "accounts.zoho.eu"):
        assert secure.request("GET", "/_crmock/info", headers={"Host": host}).status == 403


def test_with_host_check_the_services_names_are_known(start):
    server = start("--host-check")
    assert [server.request("GET", "/crm/v8/org", headers={"Host": host}).status for host in ("www.zohoapis.com", "localhost", "evil.example")] == [200, 200, 403]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_as_without(secure, name):
    sent, status, row = REFUSED[name]
    [answer] = answers(secure.raw(sent))
    check_refusal(answer, status, row)


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_http_is_taken_as_without(secure, name):
    [(status, _, body)] = answers(secure.raw(TAKEN[name]))
    assert status == 200 and json.loads(body)["data"][0]["status"] == "success"


@pytest.mark.parametrize("size", [1, 7, 100, 16384])
def test_however_records_cut_it(secure, size):
    sent = get() * 3 + post(f"Content-Length: {len(BODY)}\r\n") + get()
    with secure.connect() as connection:
        for at in range(0, len(sent), size):
            connection.sendall(sent[at:at + size])
        connection.sendall(get(headers="Connection: close\r\n"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [status for status, _, _ in answers(received)] == [200] * 6


def test_bodies_of_many_records(secure):
    for size in (16383, 16384, 16385, 100000, 1 << 20):
        body = {"data": [{"City": "Rome"}], "ids": ["554023000000600001"]}
        text = json.dumps(body).ljust(size).encode()
        assert secure.update("Leads", text).status == 200, size
    assert secure.update("Leads", b" " * ((1 << 20) + 1)).status == 413
    assert secure.update("Leads", b" " * (5 << 20)).status == 413  # F16
    assert len(secure.request("GET", "/openapi.json").body["paths"]) > 3


def plain_answer(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_who_does_not_speak_TLS_is_told_so(secure):
    for sent in (get(), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000):
        answer = plain_answer(secure.tls_port, sent)
        assert answer.startswith(b"HTTP/1.1 400 ") and answer.endswith(b"\r\n\r\nThis port speaks TLS: call it by https.\n"), answer
    for sent in (b"\x16\x03\x01\xff\xff" + b"\0" * 70000, b"\x80" * 1000, b"\0" * 1000, b"\x16" * 70000):
        plain_answer(secure.tls_port, sent)
    assert secure.request("GET", "/healthz").status == 200


def log_with(path, text, count=1):
    """The log, once it has that text so many times: a client has gone before what it sent last is read, and a stop does not wait
    for that."""
    until(lambda: path.read_text().count(text) >= count)
    return path.read_text()


def test_a_client_that_does_not_trust_it_is_logged(start, tmp_path):
    with open(tmp_path / "log", "w") as log:
        server = start("--tls-port", "0", log=log)
        for version in ("TLSv1_2", "TLSv1_3"):
            context = ssl.create_default_context()
            context.maximum_version = getattr(ssl.TLSVersion, version)
            with pytest.raises(ssl.SSLCertVerificationError):
                handshake(server, "localhost", context)
        plain_answer(server.tls_port, get())
        said = log_with(tmp_path / "log", "warning tls failed", 3)
    lines = [line for line in said.splitlines() if "warning tls failed" in line]
    told = dict(sorted(re.search(r'reason="([^"]*)" hint="([^"]*)"', line).groups() for line in lines))
    assert list(told) == ["CA is unknown", "its client refused the handshake", "what came is no TLS"]
    assert ["crmock ca" in hint for hint in told.values()] == [True, True, False] and "by https" in told["what came is no TLS"]


def test_what_nobody_will_see_is_a_warning(secure, tmp_path):
    def warnings(*arguments):
        with open(tmp_path / "log", "w") as log:
            Server(*arguments, log=log, tls=False).stop()
        return [line.split(" warning ")[1] for line in (tmp_path / "log").read_text().splitlines() if " warning " in line]

    assert warnings() == [] == warnings("--tls-port", "0", "--tls-name", "a.test", "--tls-dir", tmp_path / "tls")
    assert [line.split()[2] for line in warnings("--tls-cert", "/none", "--tls-key", "/none", "--tls-name", "a.test")] == ["name=--tls-cert", "name=--tls-name"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-subj", "/CN=x",
                    "-addext", "subjectAltName=DNS:www.zohoapis.com"], check=True, capture_output=True)
    ours = ("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    assert warnings("--tls-port", "0", *ours) == []
    assert len(warnings("--proxy-port", "0", *ours)) == 1 and "lacks names" in warnings("--proxy-port", "0", *ours)[0]
    assert warnings("--proxy-port", "0", "--tls-cert", f"{secure.folder}/server.pem", "--tls-key", f"{secure.folder}/server.key") == []


def test_what_a_client_leaves_without_is_in_the_log(start, tmp_path):
    with open(tmp_path / "log", "w") as log:
        server = start("--tls-port", "0", log=log, tls=True)
        server.connect().close()
        log_with(tmp_path / "log", "tls ended")
        for data in (b"CONNECT www.zohoapis.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00"):
            plain_answer(server.port, data)
        server.request("GET", "/crm/v8/Nothing", headers={"Connection": "close"})
        server.stop()
    said = (tmp_path / "log").read_text()
    assert "info tls ended without a request" in said and said.count("request refused status=400 rule=H1 reason=") == 2
    assert "--proxy-port opens one" in said and "does not speak TLS" in said and re.search(r'path="/crm/v8/Nothing" status=400 us=\d+ rule=\w+\n', said)


def test_connections_that_stop_half_way_take_nothing_with_them(secure):
    for length in (0, 1, 5, 6, 100, 400):
        with socket.create_connection(("127.0.0.1", secure.tls_port)) as plain:
            hello = ssl.MemoryBIO()
            talk = secure.context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                talk.do_handshake()
            plain.sendall(hello.read()[:length])
    with secure.connect() as connection:
        connection.sendall(b"POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\n")
        os.close(os.dup(connection.fileno()))
    assert secure.request("GET", "/healthz").status == 200


@pytest.mark.parametrize("effect, sent", [({"drop": "before"}, b""), ({"drop": "after"}, b""), ({"truncate": 30}, None), ({"drip": {"bytes": 7, "every_ms": 1}}, None), ({"delay_ms": 20}, None)], ids=repr)
def test_faults_act_as_without(start, effect, sent):
    server = start(tls=True)
    assert server.request("POST", "/_crmock/faults", {"effect": effect}).status == 201
    with server.connect() as connection:
        connection.sendall(post(f"Content-Length: {len(BODY)}\r\nConnection: close\r\n"))
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ssl.SSLEOFError:
            pass
    assert received == sent if sent is not None else received.startswith(b"HTTP/1.1 200"), received
    [entry] = server.request("GET", "/_crmock/requests").body["requests"]
    assert entry["path"] == "/crm/v8/Leads/actions/mass_update"


def test_an_event_comes_while_its_client_waits(start):
    server = start(tls=True)
    with server.connect() as connection:
        connection.sendall(get("/_crmock/events").replace(b"Host: x", b"Host: localhost"))
        received = connection.recv(65536)
        server.update("Leads", {"data": [{"City": "Rome"}], "ids": ["554023000000600001"]})
        while b"event: request" not in received:
            received += connection.recv(65536)


def test_openssl_verifies_it(secure):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{secure.tls_port}", "-servername", "accounts.zoho.eu", "-verify_hostname", "accounts.zoho.eu", "-CAfile", f"{secure.folder}/ca.pem", "-verify_return_error", "-brief"],
                          input=b"", capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0 and b"Verification: OK" in done.stderr, done
