"""crmock import: what it asks and how, through what a service does to its clients; what it leaves in its folder. What a folder of
fixtures is like that it makes is another file's affair: here two folders are the same, or not."""
import contextlib
import http.client
import http.server
import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading

import pytest

from server import PATIENCE, Server, command, own_fixtures, run, until

TOKEN = "1000.crmock.admin"
CLIENT = ["--client-id", "1000.CRMOCK", "--client-secret", "crmock-secret", "--refresh-token", "1000.crmock.refresh"]
SECRETS = [TOKEN, "crmock-secret", "1000.crmock.refresh"]
MODULES = "Accounts,Deals,Leads,Tasks"
NOW = ["--now", "2026-01-31T09:30:00Z"]  # sources are alike also in when they began


def arguments(source, folder, *more):
    credentials = [] if set(more) & {"--token", "--client-id"} else ["--token", TOKEN]
    return ["import", "--from", getattr(source, "url", source), "--out", folder, "--retry", 1, *credentials, *more]


def imported(source, folder, *more):
    done = run(*arguments(source, folder, *more))
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"imported \d+ modules?, \d+ records?, \d+ calls\n", done.stderr) and not done.stdout
    return content(folder)


def refused(source, folder, *more):
    done = run(*arguments(source, folder, *more))
    assert done.returncode == 1 and done.stderr.startswith("crmock import: ") and done.stderr.count("\n") == 1, done
    return done.stderr.removeprefix("crmock import: ").strip()


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def control(server, method, path, body=None):
    answer = server.request(method, f"/_crmock/{path}", body)
    assert answer.status < 300, answer
    return answer.body


def fault(server, effect, match=None, **keywords):
    return control(server, "POST", "faults", {"match": match or {"path": "/crm/**"}, "effect": effect} | keywords)["id"]


def requests(server, **match):
    return control(server, "POST", "requests/find", {"match": match, "limit": 1000})["requests"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What an import of these modules is like when nothing goes wrong."""
    server = Server(*NOW)
    yield imported(server, tmp_path_factory.mktemp("plain") / "out", "--modules", MODULES)
    server.stop()


@pytest.fixture
def source():
    server = Server("--journal", 5000, *NOW)
    yield server
    server.stop()


def test_twice(source, tmp_path):
    files = imported(source, tmp_path / "one")
    assert files == imported(source, tmp_path / "two") == imported(source, tmp_path / "one")
    assert "import.md" in files and all(name == "import.md" or json.loads(text) for name, text in files.items())


def test_progress_on_a_terminal(shared, tmp_path):
    terminal, other = pty.openpty()
    process = subprocess.Popen(command(*arguments(shared, tmp_path / "out", "--modules", "Deals,Tasks")), stderr=other)
    os.close(other)
    said = b""
    with contextlib.suppress(OSError):  # its end
        while part := os.read(terminal, 65536):
            said += part
    os.close(terminal)
    assert process.wait(PATIENCE) == 0
    *lines, last = said.decode().replace("\r\n", "\n").split("\r\x1b[K")
    modules, records, calls = re.fullmatch(r"imported (\d+) modules, (\d+) records, (\d+) calls\n", last).groups()
    counts = [tuple(map(int, re.fullmatch(r"(\d+) modules, (\d+) records, (\d+) calls", line).groups())) for line in lines if line]
    assert len(counts) > 10 and counts == sorted(counts) and modules == "2" and counts[-1][2] == int(calls), counts


AUTHORITIES = ("CURL_CA_BUNDLE", "SSL_CERT_FILE")


def through(server, folder, url=None, **environment):
    """What it says as its last line, trusting nobody but whom the environment names."""
    asked = arguments(url or f"https://127.0.0.1:{server.tls_port}", folder, "--modules", "Tasks", "--retry", 1)
    done = run(*asked, env=dict.fromkeys(AUTHORITIES, "") | environment)
    assert done.returncode == (0 if "imported" in done.stderr else 1), done
    return done.stderr.strip()


@pytest.mark.parametrize("variable", AUTHORITIES)
def test_an_authority_of_ones_own(tmp_path, variable):
    """As of a company's proxy that looks into TLS."""
    server = Server(*NOW, tls=True)
    nobody, nowhere, known = (through(server, tmp_path / "out", **{variable: file}) for file in ("", "/nowhere.pem", f"{server.folder}/ca.pem"))
    server.stop()
    assert nobody.endswith("of an authority that is not known (CURL_CA_BUNDLE=FILE names those to trust)")
    assert nowhere.endswith(f"/org: the file /nowhere.pem can't be used (named by {variable})")
    assert known.startswith("imported")


def test_the_file_that_was_used_is_named(tmp_path):
    """The one that goes before the other: a machine may have it set for all its programs."""
    server = Server(*NOW, tls=True)
    with open(tmp_path / "other.pem", "wb") as other:
        other.write(subprocess.check_output([*command("ca"), "--tls-dir", tmp_path / "other"]))
    ours, others = f"{server.folder}/ca.pem", other.name
    hidden, hiding, alone = through(server, tmp_path / "1", CURL_CA_BUNDLE=others, SSL_CERT_FILE=ours), through(server, tmp_path / "2", CURL_CA_BUNDLE=ours, SSL_CERT_FILE=others), through(server, tmp_path / "3", SSL_CERT_FILE=others)
    missing = through(server, tmp_path / "4", CURL_CA_BUNDLE="/nowhere.pem", SSL_CERT_FILE=ours)
    server.stop()
    assert hidden.endswith(f"of an authority that is not in {others} (named by CURL_CA_BUNDLE, which goes before SSL_CERT_FILE)")
    assert alone.endswith(f"of an authority that is not in {others} (named by SSL_CERT_FILE)")
    assert missing.endswith("the file /nowhere.pem can't be used (named by CURL_CA_BUNDLE, which goes before SSL_CERT_FILE)")
    assert hiding.startswith("imported")


def test_a_proxy_of_the_environment_is_asked(start, tmp_path):
    """The service's own name, which leads nowhere else by way of it; docs/import.md says so."""
    server = start(*NOW, "--proxy-port", "0", tls=False)
    proxy, trust = f"http://127.0.0.1:{server.proxy_port}", {"CURL_CA_BUNDLE": f"{server.folder}/ca.pem"}
    assert through(server, tmp_path / "https", "https://www.zohoapis.com", HTTPS_PROXY=proxy, **trust).startswith("imported")
    assert through(server, tmp_path / "http", "http://www.zohoapis.com", http_proxy=proxy).startswith("imported")
    assert "www.example.com" in through(server, tmp_path / "elsewhere", "https://www.example.com", HTTPS_PROXY=proxy, **trust)
    assert {entry["headers"]["Host"] for entry in requests(server)} == {"www.zohoapis.com"}


FAULTS = {
    "429": ({"rule": "P17"}, 3), "503": ({"status": 503, "body": "<h1>Service Unavailable</h1>"}, 4), "500": ({"rule": "E23"}, 5),
    "dropped": ({"drop": "before"}, 4), "dropped when done": ({"drop": "after"}, 4), "cut": ({"truncate": 40}, 4),
    "408": ({"status": 408, "body": "<h1>Request Timeout</h1>"}, 4), "empty": ({"status": 200, "body": ""}, 4),
    "half": ({"status": 200, "headers": {"Content-Type": "application/json"}, "body": "{\"data\": ["}, 4),
    "slow": ({"delay_after_ms": 200}, 4), "bit by bit": ({"drip": {"bytes": 5000, "every_ms": 5}}, 6),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("after", [0, 7, 30])
def test_through_faults(source, plain, tmp_path, name, after):
    effect, times = FAULTS[name]
    id = fault(source, effect, after=after, times=times)
    assert imported(source, tmp_path / "out", "--modules", MODULES) == plain
    assert control(source, "GET", f"faults/{id}")["fired"] == times


def test_through_all_of_them(source, plain, tmp_path):
    for seed, (effect, _) in enumerate(FAULTS.values()):
        fault(source, effect, times=None, probability=0.04, seed=seed)
    assert imported(source, tmp_path / "out", "--modules", MODULES) == plain


@pytest.mark.parametrize("effect, calls, told", [
    ({"rule": "P17"}, 8, "/crm/v8/org: 429 TOO_MANY_REQUESTS, and so after several tries"),
    ({"rule": "E23"}, 6, "/crm/v8/org: 500 INTERNAL_ERROR, and so after several tries"),
    ({"drop": "before"}, 6, "/crm/v8/org: "),
    ({"status": 200, "body": "<h1>Welcome</h1>"}, 6, "/crm/v8/org: 200, and no JSON object"),
    ({"status": 302, "headers": {"Location": "http://127.0.0.1/"}}, 1, "/crm/v8/org: 302, and no JSON object")])
def test_tries_are_bounded(source, tmp_path, effect, calls, told):
    fault(source, effect, times=None)
    assert refused(source, tmp_path / "out").startswith(source.url + told)
    assert len(requests(source)) == calls and not (tmp_path / "out").exists()


def test_a_token_that_expires_meanwhile(source, plain, tmp_path):
    control(source, "PATCH", "limits", {"latency_ms": 10})
    with started(source, tmp_path / "out", *CLIENT, "--modules", MODULES) as process:
        until(lambda: len(requests(source, path="/crm/**")) > 12)
        control(source, "POST", "clock/advance", {"by": "PT2H"})
        assert process.wait(PATIENCE) == 0
    assert content(tmp_path / "out") == plain
    assert [entry["status"] for entry in requests(source, path="/oauth/v2/token")] == [200, 200]
    assert 1 <= len([entry for entry in requests(source) if entry["rule"] == "E30"]) <= 5


def test_a_token_alone_that_expires(source, tmp_path):
    fault(source, {"rule": "E30"}, after=15)
    told = refused(source, tmp_path / "out")
    assert told.endswith("the token is refused: 401 INVALID_TOKEN (what was read is kept: the next run goes on with it)")


def test_a_token_that_is_refused_again(source, tmp_path):
    fault(source, {"rule": "E30"}, times=None)
    assert refused(source, tmp_path / "out", *CLIENT) == f"{source.url}/crm/v8/org: the token is refused: 401 INVALID_TOKEN"
    assert len(requests(source, path="/oauth/v2/token")) == 2


def test_the_token_throttle(source, plain, tmp_path):
    control(source, "PUT", "limits", {"tokens": {"count": 1}})
    form = "grant_type=refresh_token&client_id=1000.CRMOCK&client_secret=crmock-secret&refresh_token=1000.crmock.refresh"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert source.request("POST", "/oauth/v2/token", form, token=None, headers=headers).status == 200
    with started(source, tmp_path / "out", *CLIENT, "--modules", MODULES, "--retry", 100) as process:
        until(lambda: [entry for entry in requests(source, path="/oauth/v2/token") if entry["rule"] == "O22"])
        control(source, "POST", "clock/advance", {"by": "PT601S"})
        assert process.wait(PATIENCE) == 0
    assert content(tmp_path / "out") == plain and not requests(source, path="/crm/**", headers={"Authorization": "*" + TOKEN})


@pytest.mark.parametrize("limits", [{"concurrency": 2, "latency_ms": 5}, {"credits": 1000, "concurrency": 1, "tokens": {"count": 1}}])
def test_limits(source, plain, tmp_path, limits):
    control(source, "PUT", "limits", limits)
    assert imported(source, tmp_path / "out", "--modules", MODULES, "--retry", 40, *CLIENT) == plain


@contextlib.contextmanager
def started(source, folder, *more):
    process = subprocess.Popen(command(*arguments(source, folder, *more)), stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stderr.close()


class Relay(http.server.BaseHTTPRequestHandler):
    """Between the import and a crmock: counts how many of its requests wait for an answer."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        with server.lock:
            server.open += 1
            server.most = max(server.most, server.open)
        upstream = http.client.HTTPConnection("127.0.0.1", server.upstream, timeout=PATIENCE)
        upstream.request("GET", self.path, headers={"Authorization": self.headers["Authorization"]})
        answer = upstream.getresponse()
        body = answer.read()
        upstream.close()
        with server.lock:
            server.open -= 1
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_five_at_once(source, plain, tmp_path):
    control(source, "PUT", "limits", {"latency_ms": 40})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay) as relay:
        relay.lock, relay.open, relay.most, relay.upstream = threading.Lock(), 0, 0, source.port
        thread = threading.Thread(target=relay.serve_forever)
        thread.start()
        try:
            assert imported(f"http://127.0.0.1:{relay.server_port}", tmp_path / "out", "--modules", MODULES) == plain
        finally:
            relay.shutdown()
            thread.join()
        assert relay.most == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_gone_on(source, plain, tmp_path, number):
    folder = tmp_path / "out"
    id = fault(source, {"delay_ms": 600000}, {"path": "/crm/v8/Leads"}, times=None)
    with started(source, folder, "--modules", MODULES) as process:
        until(lambda: control(source, "GET", f"faults/{id}")["fired"] == 2)
        process.send_signal(number)
        assert process.wait(PATIENCE) == (-9 if number == signal.SIGKILL else 1)
        told = "" if number == signal.SIGKILL else "crmock import: interrupted (what was read is kept: the next run goes on with it)\n"
        assert process.stderr.read() == told
    assert {name.split("/")[0] for name in content(folder)} == {".import"}
    assert not [name for name, text in content(folder).items() if any(secret.encode() in text for secret in [*SECRETS, source.url])]
    control(source, "DELETE", "faults")
    before = {entry["path"] + str(entry["query"]) for entry in requests(source) if entry["status"] == 200}
    control(source, "DELETE", "requests")
    assert imported(source, folder, "--modules", MODULES) == plain
    again = [entry["path"] + str(entry["query"]) for entry in requests(source) if entry["path"].startswith("/crm/")]
    assert len(before & set(again)) <= 2 + 3  # whose it is; those that were under way beside the two that hung
    assert len(again) == len(set(again)) < len(before)


def stopped_half_way(source, folder):
    id = fault(source, {"rule": "E30"}, after=30, times=None)
    refused(source, folder, "--modules", MODULES)
    control(source, "DELETE", f"faults/{id}")
    return sorted((folder / ".import").glob("*"))


def test_what_another_source_told_is_thrown_away(source, plain, tmp_path):
    assert len(stopped_half_way(source, tmp_path / "out")) > 10
    other = Server(*NOW, "--fixtures", own_fixtures(tmp_path, {"fields": [
        {"module": module, "api_name": "Shoe_Size", "type": "integer"} for module in MODULES.split(",")]}))
    try:
        files = imported(other, tmp_path / "out", "--modules", MODULES)
        assert files == imported(other, tmp_path / "anew", "--modules", MODULES) != plain
    finally:
        other.stop()


@pytest.mark.parametrize("harm", ["head is another", "head is cut", "an answer is cut", "all are empty", "old"])
def test_what_is_kept_and_broken_is_asked_for_again(source, plain, tmp_path, harm):
    for path in stopped_half_way(source, tmp_path / "out"):
        if path.name == "head" and harm == "old":
            os.utime(path, (0, 0))
        elif path.name == "head" and harm.startswith("head"):
            path.write_text("\"other\"" if harm.endswith("another") else "\"cut")
        elif path.name != "head" and harm != "old":
            path.write_text("{\"org\": [" if harm == "an answer is cut" else "" if harm == "all are empty" else "{\"users\": []}")
    assert imported(source, tmp_path / "out", "--modules", MODULES) == plain


def test_a_second_import_beside_the_first(source, tmp_path):
    fault(source, {"delay_ms": 600000}, {"path": "/crm/v8/settings/roles"})
    with started(source, tmp_path / "out") as process:
        until(lambda: requests(source, path="/crm/v8/settings/profiles"))
        assert refused(source, tmp_path / "out") == f"{tmp_path}/out: another import is under way"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 1


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("more, told", [
    (["--token", "1000.crmock.nobody"], "{url}/crm/v8/org: the token is refused: 401 INVALID_TOKEN"),
    (["--token", "1000.crmock.closed"], "{url}/crm/v8/org: the org is not told: 403 NO_PERMISSION"),
    (["--token", "1000.crmock.read"], "{url}/crm/v8/org: the org is not told: 401 OAUTH_SCOPE_MISMATCH"),
    (["--client-id", "x"], "expected --token, or --client-id, --client-secret and --refresh-token"),
    (["--client-id", "x", "--client-secret", "y", "--refresh-token", "z"], "{url}/oauth/v2/token: no access token: status 200 \"invalid_client\""),
    ([*CLIENT, "--accounts-url", "{closed}"], "{closed}/oauth/v2/token: "),
    (["--from", "{closed}"], "{closed}/crm/v8/org: "),
    (["--from", "{url}/crm/v8"], "{url}/crm/v8: expected the base URL of the API, which ends before /crm"),
    (["--from", "{url}/elsewhere"], "{url}/elsewhere/crm/v8/org: the org is not told: 404 INVALID_URL_PATTERN"),
    (["--modules", "Deals,Shoes"], "--modules: there is no module \"Shoes\"; there are Accounts, Activities, "),
    (["--modules", "deals"], "--modules: there is no module \"deals\"; there are Accounts, Activities, ")])
def test_refusals(shared, tmp_path, more, told):
    names = {"url": shared.url, "closed": f"http://127.0.0.1:{closed_port()}"}
    said = refused(shared, tmp_path / "out", *(text.format(**names) for text in more))
    assert said.startswith(told.format(**names)) and not any(secret in said for secret in [*SECRETS, "1000.crmock.nobody"])


@pytest.mark.parametrize("options, told", [([], "--from URL"), (["--from", "http://127.0.0.1:1"], "--out DIR")])
def test_what_it_cannot_do_without(options, told):
    done = run("import", *options)
    assert (done.returncode, done.stderr) == (1, f"crmock import: expected {told}\n")


def test_a_folder_of_others(shared, tmp_path):
    (tmp_path / "mine.json").write_text("{}")
    assert refused(shared, tmp_path) == f"{tmp_path}: expected a folder that is empty, missing, or of an import (it has no import.md)"
    assert content(tmp_path) == {"mine.json": b"{}"}
    (tmp_path / "file").write_text("")
    assert "file: " in refused(shared, tmp_path / "file")


def test_what_a_killed_import_was_writing(shared, tmp_path):
    """Nobody misses it, and it is no file of others."""
    for name in (".org.json.new", ".Deals.json.new"):
        (tmp_path / name).write_text("{")
    files = imported(shared, tmp_path, "--modules", "Deals")
    assert {"org.json", "Deals.json", "import.md"} <= set(files) and not [name for name in files if name.startswith(".")]


def test_files_of_others_beside_an_import(shared, tmp_path):
    files = imported(shared, tmp_path, "--modules", "Deals,Tasks")
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "Tasks.json").write_text("edited")
    assert imported(shared, tmp_path, "--modules", "Deals,Tasks") == files | {"mine.json": b"{}"}
    fewer = imported(shared, tmp_path, "--modules", "Deals")
    assert set(fewer) == set(files) - {"Tasks.json"} | {"mine.json"}
    (tmp_path / "Tasks.json").write_text("mine")
    told = refused(shared, tmp_path, "--modules", "Deals,Tasks")
    assert told.startswith(f"{tmp_path}/Tasks.json: it is there, and import.md does not list it as an import's own: move it")
    assert {name: text for name, text in content(tmp_path).items() if not name.startswith(".")} == fewer | {"Tasks.json": b"mine"}


def test_what_cannot_come_good_is_not_tried_again(tmp_path):
    """Whoever speaks no TLS now will not in a minute."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        calls = []

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    calls.append(connection.recv(1))
                    connection.sendall(b"no TLS")
                    connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        said = refused(f"https://127.0.0.1:{listening.getsockname()[1]}", tmp_path / "out")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert calls == [b"\x16"] and "/crm/v8/org: " in said


def test_no_secrets(start, tmp_path):
    """tokens.json has crmock's own, which everybody knows."""
    user = "patricia.boyle@zylker.example"
    own = {"clients": [{"id": "1000.OUR.ID", "secret": "our-own-secret"}],
           "tokens": [{"token": "1000.our.refresh", "kind": "refresh", "client": "1000.OUR.ID", "user": user, "scopes": "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.ALL,ZohoCRM.org.ALL"}]}
    source = start("--fixtures", own_fixtures(tmp_path, own), tls=False)
    files = imported(source, tmp_path / "out", "--client-id", "1000.OUR.ID", "--client-secret", "our-own-secret", "--refresh-token", "1000.our.refresh")
    secrets = [b"OUR.ID", b"our-own-secret", b"our.refresh", source.url.encode(), f":{source.port}".encode()]
    assert not [name for name, text in files.items() if re.search(rb"1000\.[0-9a-f]{8}", text) or any(secret in text for secret in secrets)]
    assert {one["token"] for one in json.loads(files["tokens.json"])["tokens"]} == {"1000.crmock.admin", "1000.crmock.refresh"}


def test_what_is_refused_is_a_loss(source, tmp_path):
    fault(source, {"rule": "E16"}, {"path": "/crm/v8/settings/territories"}, times=None)
    fault(source, {"rule": "E35"}, {"path": "/crm/v8/settings/layouts", "query": {"module": "Tasks"}}, times=None)
    fault(source, {"rule": "E20"}, {"path": "/crm/v8/Tasks"}, times=None)
    told = imported(source, tmp_path / "out", "--modules", "Deals,Tasks")["import.md"].decode()
    assert "| territories | not told: 403 NO_PERMISSION |" in told
    assert "| Tasks.layouts | not told: 400 NOT_SUPPORTED |" in told and "| Tasks.records | not told: 400 INVALID_MODULE |" in told


WIDE = {"fields": [{"module": "Projects", "api_name": f"Wide_{i}", "type": "text"} for i in range(130)],
        "records": [{"module": "Projects", "id": str(7000 + n), "fields": {"Name": f"Wide {n}"} | {f"Wide_{i}": f"wide-{n}-{i}." for i in range(130)}}
                    for n in range(450)]}


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    server = Server("--journal", 5000, "--fixtures", own_fixtures(tmp_path_factory.mktemp("wide"), WIDE))
    yield server
    server.stop()


@pytest.mark.parametrize("records, calls", [(1, 5), (199, 5), (200, 5), (201, 10), (250, 10), (1000, 15), (0, 0)])
def test_pages_and_parts(wide, tmp_path, records, calls):
    control(wide, "DELETE", "requests")
    files = imported(wide, tmp_path / "out", "--modules", "Projects", "--records", records)
    found = re.findall(r"wide-(\d+)-(\d+)\.", files["Projects.json"].decode())
    projects = json.loads(wide.request("GET", "/crm/v8/Projects/actions/count", parse=False).body)["count"]
    lists = requests(wide, path="/crm/v8/Projects")
    assert len(found) == len(set(found)) and len(lists) == calls
    assert len(found) == 130 * min(450, records), projects
    assert all(len(entry["query"]["fields"].split(",")) <= 50 for entry in lists if isinstance(entry["query"], dict))
    assert ("Projects.records" in files["import.md"].decode()) == (0 < records < projects)
