"""Has real clients meet each fault, and holds what comes of it against docs/clients.md; and whether they reach crmock by TLS and its
proxy, as docs/tls.md says.

usage: run.py CRMOCK FOLDER

The tables of the page say what is sent, to which fault, and what each client makes of it; so there is no other list of cases. FOLDER
is for what is compiled. A JDK's clients are left out where there is none. Prints the page's tables as they were seen when they
differ. Ends with a line "N passed, N failed".
"""
import collections
import concurrent.futures
import http.server
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (HERE.parents[1] / "docs" / "clients.md").read_text()
Client = collections.namedtuple("Client", "command version")
Request = collections.namedtuple("Request", "method path body count")
Seen = collections.namedtuple("Seen", "cell client name message")
AT_ONCE = 4
PATIENCE = 300
GO = {"GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}
# Whatever stands in a message in the place of where, how much and how long; and two words of Go for one thing.
SAME = [(r"http://[^\s\"']*", "URL"), (r"127\.0\.0\.1", "HOST"), (r"(?<![/.\d])\d+(\.\d+)*", "N"), (r"net/http: request canceled", "context deadline exceeded")]


def table(heading):
    """The rows under a heading of the page: lists of cells, the first of them the table's names."""
    part = re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S).group(1)
    names, _, *rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in re.findall(r"^\|.*\|$", part, re.M)]
    return names, rows


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def compiled(folder):
    """By the page's name, the clients that this machine has."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", folder / "client", HERE / "client.go"], env=os.environ | GO | {"GOCACHE": str(folder / "go")}, check=True, timeout=PATIENCE)
    clients = {
        "curl": Client(["sh", HERE / "client.sh"], re.search(r"^curl (\d+\.\d+)", output("curl", "--version")).group(1)),
        "requests": Client([sys.executable, HERE / "client.py"], output(sys.executable, "-c", "import requests; print('.'.join(requests.__version__.split('.')[:2]))").strip()),
        "fetch": Client(["node", HERE / "client.mjs"], re.search(r"v(\d+\.\d+)", output("node", "--version")).group(1)),
        "net/http": Client([folder / "client"], re.search(r"go(\d+\.\d+)", output("go", "version")).group(1)),
    }
    if not (shutil.which("java") and shutil.which("javac")):
        print("no JDK (java and javac) on this machine: its clients are left out")
        return clients
    subprocess.run(["javac", "-d", folder, HERE / "Client.java"], check=True, timeout=PATIENCE)
    version = re.search(r"javac (\d+)", output("javac", "-version")).group(1)
    java = ["java", "-XX:TieredStopAtLevel=1", "-cp", folder]
    return clients | {"HttpURLConnection": Client([*java, "Client", "HttpURLConnection"], version), "HttpClient": Client([*java, "Client", "HttpClient"], version),
                      "retryPost=false": Client([*java, "-Dsun.net.http.retryPost=false", "Client", "HttpURLConnection"], version)}


def run(client, *arguments, env=None):
    """What the client's program says: outcome, status, body, error."""
    env = env or {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run([*client.command, *map(str, arguments)], env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_updated(sandbox):
    return "updated" if sandbox.done("GET", "/changes?stamps=true")["changes"] else "not updated"


def number(count, thing):
    return f"{count} {thing}{'' if count == 1 else 's'}"


DEAL, LEADS = "554023000000497007", "554023000000091501"
MASS_UPDATE = "/crm/v8/{}/actions/mass_update"
REQUESTS = {
    "mass update by `ids`": Request("POST", MASS_UPDATE.format("Deals"), {"data": [{"Lead_Source": "Advertisement"}], "ids": [DEAL]}, is_updated),
    "mass update by `cvid`": Request("POST", MASS_UPDATE.format("Leads"), {"data": [{"Lead_Source": "Advertisement"}], "cvid": LEADS}, lambda sandbox: number(len(sandbox.done("GET", "/jobs")["jobs"]), "job")),
    "a new record": Request("POST", "/crm/v8/Leads", {"data": [{"Last_Name": "Kostas"}]}, lambda sandbox: number(len(sandbox.done("GET", "/changes")["changes"]), "record")),
    "a record is read": Request("GET", f"/crm/v8/Deals/{DEAL}", None, lambda sandbox: None),
}


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def outcome(told):
    """What a client has: the status of an answer, or the name of an error."""
    if told["error"]:
        return f"`{told['error']['name']}`"
    return str(told["status"]) + (", no JSON" if told["status"] < 300 and not is_json(told["body"]) else "")


def meet(server, name, client, request, effect, seconds, is_reused):
    """One client and one fault, in a world of their own."""
    from sandbox import control, make
    server = server.another_client()
    sandbox = make(server, jobs={"hold": True})
    match = {"method": request.method, "path": request.path}
    sandbox.done("POST", "/faults", {"match": match, "effect": effect})
    url = f"{server.url}{sandbox.prefix}"
    told = run(client, request.method, url + request.path, json.dumps(request.body) if request.body else "", seconds, *[url + "/crm/v8/org"] * is_reused)
    sent = sandbox.done("POST", "/requests/find", {"match": match})["requests"]
    parts = [outcome(told), {1: None, 2: "sent twice"}.get(len(sent), f"sent {len(sent)} times"), request.count(sandbox)]
    control(server, "DELETE", f"/_crmock/sandboxes/{sandbox.id}")
    server.connection.close()
    return Seen(", ".join(part for part in parts if part), name, *stable(told["error"] or {"name": None, "message": None}))


def stable(error):
    message = error["message"]
    for pattern, word in SAME if message else []:
        message = re.sub(pattern, word, message)
    return error["name"], message


class OneAnswer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.server.connections.add(self.client_address)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def reuses(client):
    """Whether the second request of its program goes over the connection of the first."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneAnswer) as server:
        server.daemon_threads, server.connections = True, set()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        answer = run(client, "POST", url, "{}", 60, url)
        server.shutdown()
    return (answer["status"], len(server.connections)) == (200, 1)


def cases(clients):
    """Heading, row, client, and what to meet, of every cell of the two tables."""
    for heading, is_reused in (("On a new connection", False), ("On a connection that was used before", True)):
        names, rows = table(heading)
        for row, name in itertools.product(rows, [name for name in clients if name in names]):
            what, effect = ("mass update by `ids`", row[0]) if not is_reused else row[:2]
            seconds = 60 if is_reused else int(row[1].removesuffix(" s"))
            yield heading, rows.index(row), names.index(name), (name, clients[name], REQUESTS[what], json.loads(effect.strip("`")), seconds, is_reused)


def meet_all(server, clients):
    """What was seen, by heading, row and column."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        started = {tuple(place): pool.submit(meet, server, *what) for *place, what in cases(clients)}
        return {place: future.result() for place, future in started.items()}


def print_table(names, rows):
    print("\n".join("| " + " | ".join(row) + " |" for row in [names, ["---"] * len(names), *rows]))


def hold_cells(seen):
    """Passed and failed of the tables of outcomes."""
    failed = 0
    for heading in dict.fromkeys(heading for heading, _, _ in seen):
        names, rows = table(heading)
        found = [[seen[heading, y, x].cell if (heading, y, x) in seen else cell for x, cell in enumerate(row)] for y, row in enumerate(rows)]
        wrong = [(name, was, now) for row, other in zip(rows, found) for name, was, now in zip(names, row, other) if was != now]
        failed += len(wrong)
        for name, was, now in wrong:
            print(f"{heading}: {name}: the page says {was}, but: {now}")
        if wrong:
            print_table(names, found)
    return len(seen) - failed, failed


def hold_messages(seen, clients):
    """The same of the messages, where a client has a version that the page names."""
    versions = {row[0].strip("`"): re.findall(r"\d+(?:\.\d+)*", row[2]) for row in table("The clients")[1]}
    same = [name for name, client in clients.items() if client.version in versions[name]]
    for name in clients.keys() - set(same):
        print(f"{name} {clients[name].version} is not a version of the page: its messages are not compared")
    names, rows = table("What they say")
    listed = {tuple(cell.strip("`") for cell in row) for row in rows if row[0].strip("`") in same}
    found = {(one.client, one.name, one.message) for one in seen.values() if one.message and one.client in same}
    for one in sorted(listed ^ found):
        print("no such message was seen:" if one in listed else "the page does not have:", one)
    if listed != found:
        print_table(names, [[f"`{cell}`" for cell in one] for one in sorted(found, key=lambda one: (list(clients).index(one[0]), one))])
    return len(listed & found), len(listed ^ found)


def main():
    os.environ["CRMOCK"] = os.path.abspath(sys.argv[1])
    sys.path.insert(0, str(HERE.parent / "api"))
    from secure import hold_tls
    from server import Server
    folder = pathlib.Path(sys.argv[2]).resolve()
    clients = compiled(folder)
    bad = [name for name, client in clients.items() if not reuses(client)]
    print("\n".join(f"{name} does not use its connection again" for name in bad), end="\n" if bad else "")
    server = Server("--log-level", "error", "--tls-port", "0", "--proxy-port", "0", log=None)
    try:
        seen = meet_all(server, clients)
        tls = hold_tls(server, run, clients, folder)
    finally:
        server.stop()
    results = [(len(clients) - len(bad), len(bad)), hold_cells(seen), hold_messages(seen, clients), tls]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
