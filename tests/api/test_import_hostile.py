"""crmock import from a service that tells what none should: it ends, with fixtures that load or one line that says why, and nothing of what
it was told reaches a terminal, an address or a file's name."""
import contextlib
import http.client
import http.server
import json
import resource
import subprocess
import threading
import urllib.parse

import pytest

from server import PATIENCE, PLAIN, command, run

TOKEN = "1000.crmock.admin"


class Service(http.server.BaseHTTPRequestHandler):
    """A crmock, as `server.bend` has it: it is given the path, the query and the document, and returns what is told in its place."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server, url = self.server, urllib.parse.urlsplit(self.path)
        upstream = http.client.HTTPConnection("127.0.0.1", server.crmock.port, timeout=PATIENCE)
        upstream.request("GET", self.path, headers={"Authorization": f"Zoho-oauthtoken {TOKEN}"})
        answer = upstream.getresponse()
        status, document = answer.status, json.loads(answer.read() or "null")
        upstream.close()
        told = server.bend(url.path.removeprefix("/crm/v8/"), dict(urllib.parse.parse_qsl(url.query)), document)
        with server.lock:
            server.asked.append(self.path)
        status, body = told if isinstance(told, tuple) else (status, told)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def service(crmock, bend):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.crmock, server.bend, server.asked, server.lock = crmock, bend, [], threading.Lock()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def asked_of(server, folder, *more, token=TOKEN):
    done = run("import", "--from", f"http://127.0.0.1:{server.server_port}", "--out", folder, "--retry", 1, "--token", token, *more)
    assert done.returncode in (0, 1) and done.stderr.count("\n") == 1 and not any(sign < " " for sign in done.stderr[:-1]), done
    return done


def imported(server, folder, *more):
    done = asked_of(server, folder, "--modules", "Leads", *more)
    assert done.returncode == 0, done
    checked = run("check", folder)
    assert checked.returncode == 0, checked
    return (folder / "import.md").read_text()


@pytest.mark.parametrize("ids", [["Ab", "BA"], ["7001"] * 4, ["7001", "Ab", "7001", "BA", "7001"], [None, "7001", None, 7, {}, []]])
def test_records_that_come_twice(shared, tmp_path, ids):
    """Those two have one hash: what is looked up by the one is held against the other."""
    def bend(path, query, document):
        return {"data": [{"id": id, "Last_Name": "x"} for id in ids], "info": {"more_records": False}} if path == "Leads" else document
    with service(shared, bend) as server:
        imported(server, tmp_path / "out")
    records = json.loads((tmp_path / "out/Leads.json").read_text()).get("records", [])
    assert len(records) == len({"7001", "7"} & set(map(str, ids)))


NAMES = ["../x", "a/b", "a b", "a\nb", "\x1b[31mred", "\x9b31m", "a|b`c`<img src=x>", "[x](http://x.example)", "ü", "a?b=c#d", "x" * 5000, "%2e%2e", "", "Leads", "leads",
         "con", "org", "tokens", "import", "modules", 7, None, {}, True]


def test_names_of_modules(shared, tmp_path):
    def bend(path, query, document):
        if path == "settings/modules":
            document["modules"] += [{"id": str(9000 + i), "api_name": name, "api_supported": True} for i, name in enumerate(NAMES)]
        return document
    with service(shared, bend) as server:
        assert asked_of(server, tmp_path / "out", "--records", 0).returncode == 0
        asked = server.asked
    assert run("check", tmp_path / "out").returncode == 0
    assert not [target for target in asked if not set(target) <= set("/?&=_.:") | {*map(chr, range(48, 58)), *map(chr, range(65, 91)), *map(chr, range(97, 123))}]
    assert not [target for target in asked if "x" * 101 in target or ".." in target]
    told = (tmp_path / "out/import.md").read_text()
    rows = [line for line in told.splitlines() if "a module without an API name" in line]
    assert {"| a\\|b\\`c\\`\\<img src=x> | ", "| [x\\](http://x.example) | ", "| ?[31mred | "} <= {line[:line.index("a module")] for line in rows}
    assert len(rows) == 12 and not [sign for sign in told if sign != "\n" and (sign < " " or "\x7f" <= sign < "\xa0")]
    assert {"con.json", "module_org.json", "module_tokens.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


IDS = ["../../../x", "61 x\r\nX: y", "\x1b[2J", "", "9" * 30, 1.5, None, [], {}]


def test_what_is_no_id_is_asked_for_nowhere(shared, tmp_path):
    def bend(path, query, document):
        kind = path.rpartition("/")[2]
        if kind in ("profiles", "layouts", "custom_views"):
            document[kind] += [{"id": id, "name": f"{kind} {i}"} for i, id in enumerate(IDS)]
        if path == "Deals":
            document["data"] += [{"id": id, "$process_flow": True} for id in IDS]
        return document
    with service(shared, bend) as server:
        assert asked_of(server, tmp_path / "out", "--modules", "Deals").returncode == 0
        asked = [urllib.parse.unquote(target) for target in server.asked]
    assert run("check", tmp_path / "out").returncode == 0
    assert not [target for target in asked if ".." in target or " " in target or "\x1b" in target or "9" * 30 in target or "//" in target or "1.5" in target]
    assert (tmp_path / "out/import.md").read_text().count("there is no id to ask by") >= 2 * len(IDS)


ENDLESS = {"the same page": lambda page: {"more_records": True}, "the same token": lambda page: {"more_records": True, "next_page_token": "same"},
           "new tokens": lambda page: {"more_records": True, "next_page_token": f"{page} &x=\r\nX: y"}, "no entries": None}


@pytest.mark.parametrize("what", ENDLESS)
def test_pages_without_an_end(shared, tmp_path, what):
    def bend(path, query, document):
        bend.count += 1
        if path == "Leads":
            document = first.setdefault(query["fields"], document)
        if path in ("Leads", "settings/custom_views", "users", "settings/territories"):
            document["info"] = (ENDLESS[what] or ENDLESS["new tokens"])(bend.count)
            if path == "Leads" and what == "no entries":
                document["data"] = []
        return (200, document) if path == "Leads" else document
    bend.count, first = 0, {}
    with service(shared, bend) as server:
        told = imported(server, tmp_path / "out", "--records", 1000)
        assert len(server.asked) < 100
    assert "page 2 has nothing new" in told
    assert "| Leads.records | the first " in told and "gets another" not in told


def test_a_refusal_is_one_line_for_a_terminal(shared, tmp_path):
    with service(shared, lambda *_: (401, {"code": "\x1b]0;x\x07\n\u202e" + "ü" * 500})) as server:
        done = asked_of(server, tmp_path / "out")
        assert done.returncode == 1 and "the token is refused: 401 ?]0;x??" in done.stderr
    code = "ü" * 500
    with service(shared, lambda path, query, document: (403, {"code": code}) if path == "settings/territories" else document) as server:
        assert "| territories | not told: 403 üü" in imported(server, tmp_path / "out")


def with_values(document, values):
    """A picklist of Deals that has these as well."""
    [field] = [field for field in document["fields"] if field["api_name"] == "Type"]
    field["pick_list_values"] = [{"actual_value": value, "display_value": value, "id": None} for value in values] + field["pick_list_values"]
    return document


def test_what_is_at_fault_is_taken_out_at_once(shared, tmp_path):
    """However much it is."""
    def bend(path, query, document):
        return with_values(document, ["x" * 300 + str(number) for number in range(1100)]) if path == "settings/fields" else document
    with service(shared, bend) as server:
        done = asked_of(server, tmp_path / "out", "--modules", "Deals", "--records", 0)
    assert done.returncode == 0 and run("check", tmp_path / "out").returncode == 0
    assert "expected at most 120 characters" in (tmp_path / "out/import.md").read_text()
    [module] = json.loads((tmp_path / "out/Deals.json").read_text())["modules"]
    [values] = [field["values"] for field in module["fields"] if field["api_name"] == "Type"]
    assert values and not [value for value in values if "xxx" in json.dumps(value)]


def test_records_outlive_their_blueprint(shared, tmp_path):
    """It is taken out, since it governs a picklist whose values no field can have, and is held against the module's other one when the
    records are converted."""
    info = {"id": "554023000000999001", "name": "A process that is taken out", "api_name": "Type", "field_value": "x", "is_continuous": False}

    def bend(path, query, document):
        if path == "settings/fields":
            [field] = [field for field in document["fields"] if field["api_name"] == "Type"]
            for number, value in enumerate(field["pick_list_values"]):
                value["actual_value"] = value["display_value"] = "x" * 300 + str(number)
        if path == "Deals" and "$process_flow" in query.get("fields", ""):
            for record in document["data"]:
                record["$process_flow"] = True
        is_in_none = path.endswith("/actions/blueprint") and "blueprint" not in document
        return (200, {"blueprint": {"process_info": info, "transitions": []}}) if is_in_none else document
    with service(shared, bend) as server:
        done = asked_of(server, tmp_path / "out", "--modules", "Deals")
        assert [path for path in server.asked if path.endswith("/actions/blueprint")]
    assert done.returncode == 0, done
    records = json.loads((tmp_path / "out/Deals.json").read_text())["records"]
    assert {record.get("blueprint") for record in records} == {None, "Deal follow-up"}
    assert "blueprint: left out, it is not told" in (tmp_path / "out/import.md").read_text()


CLIENT = ["--client-id", "x", "--client-secret", "y", "--refresh-token", "z"]


class Accounts(http.server.BaseHTTPRequestHandler):
    """Answers each request for a token by that; by the first of a list, or the next one as long as there is."""

    def do_POST(self):
        self.server.asked += 1
        answer = self.server.answer
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        body = json.dumps(answer).encode()
        self.send_response(400 if answer.get("error") == "Access Denied" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def accounts(answer):
    with http.server.HTTPServer(("127.0.0.1", 0), Accounts) as server:
        server.answer, server.asked = answer, 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server
        finally:
            server.shutdown()
            thread.join()


TOKENS = ["x\r\nX-Other: y", "x y", "x\x01", "\x7f", "ü", "", "x" * 4097, 7, None, True, ["x"], {}]


@pytest.mark.parametrize("name", ["import", "parity"])
@pytest.mark.parametrize("number", range(len(TOKENS)))
def test_tokens_that_are_none(shared, tmp_path, name, number):
    """They would go into a header as they are."""
    places = {"import": ["--from", shared.url, "--out", tmp_path / "out"], "parity": ["--against", shared.url]}[name]
    with accounts({"access_token": TOKENS[number]}) as (url, _):
        done = run(name, *places, *CLIENT, "--accounts-url", url)
    assert done.returncode == {"import": 1, "parity": 2}[name], done
    assert done.stderr.startswith(f"crmock {name}: {url}") and "no access token: " in done.stderr and done.stderr.count("\n") == 1
    if isinstance(TOKENS[number], str) and TOKENS[number]:
        done = run(name, *places, "--token", TOKENS[number])
        assert done.returncode and done.stderr == f"crmock {name}: --token: expected visible characters of ASCII, 4096 at most\n"


@pytest.mark.parametrize("refusal, asked", [({"error": "Access Denied"}, 19), ({"error": "invalid_code"}, 1)])
def test_a_token_that_ends_half_way_and_no_other(shared, tmp_path, refusal, asked):
    """One call finds out that there is no other, and all that are under way with it know."""
    def bend(path, query, document):
        ends = path.startswith("settings/profiles/")
        return (401, {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}) if ends else document
    with service(shared, bend) as server, accounts([{"access_token": "1000.a.b"}, refusal]) as (url, tokens):
        done = run("import", "--from", f"http://127.0.0.1:{server.server_port}", "--out", tmp_path / "out", "--retry", 1, *CLIENT, "--accounts-url", url)
        assert tokens.asked == 1 + asked
    assert done.returncode == 1 and f" \"{refusal['error']}\"" in done.stderr and done.stderr.count("\n") == 1, done


def test_answers_of_millions_of_values(shared, tmp_path):
    """Each takes a hundred bytes, of two in the answer; 1 GiB is less than they would take together. A sanitizer takes its time for
    as many, and no limit of memory: of two million one more is too many."""
    bomb = b'{"modules": [' + b"0," * (20_000_000 if PLAIN else 2_000_000) + b"0]}"
    with service(shared, lambda path, query, document: (200, bomb) if path == "settings/modules" else document) as server:
        done = subprocess.run(command("import", "--from", f"http://127.0.0.1:{server.server_port}", "--out", tmp_path / "out", "--retry", 1, "--token", TOKEN),
                              capture_output=True, text=True, timeout=PATIENCE, preexec_fn=limit_memory)
    assert done.returncode == 1 and "settings/modules: 200, and no JSON object" in done.stderr


def limit_memory():
    if PLAIN:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def test_answers_that_are_too_long_are_asked_for_once(shared, tmp_path):
    long = b'{"modules": ["' + b"x" * (64 << 20) + b'"]}'
    with service(shared, lambda path, query, document: (200, long) if path == "settings/modules" else document) as server:
        done = asked_of(server, tmp_path / "out")
        assert done.returncode == 1 and "settings/modules: the answer has more than 67108864 bytes" in done.stderr
        assert server.asked.count("/crm/v8/settings/modules") == 1


@pytest.mark.parametrize("name", ["Leads.json", "tokens.json", "import.md"])
def test_a_folder_in_the_place_of_a_file(shared, tmp_path, name):
    """The others are left as they were: no half of another import."""
    def other(path, query, document):
        return {"org": [document["org"][0] | {"company_name": "Another"}]} if path == "org" else document
    with service(shared, lambda path, query, document: document) as server:
        imported(server, tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / name).mkdir()
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    with service(shared, other) as server:
        done = asked_of(server, tmp_path / "out", "--modules", "Leads")
    assert done.returncode == 1 and f"{tmp_path}/out/" in done.stderr and "move it" in done.stderr
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
