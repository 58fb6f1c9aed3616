"""The soak's ordinary clients: each does what a program of a user does, over and over, and checks every answer."""
import collections
import http.client
import json
import re
import threading
import time
import urllib.parse

from server import PATIENCE

PAUSE = 0.01  # after each request: a user's program has other things to do as well
ADMIN = "1000.crmock.admin"
LEADS = "/crm/v8/Leads"
UPDATE = f"{LEADS}/actions/mass_update"
LEAD, LAST_LEAD = "554023000000600001", 554023000000750001
DEALS = "/crm/v8/Deals/actions/count"
VIEW, VIEW_SIZE = "554023000000091501", 50
REFRESH = {"grant_type": "refresh_token", "client_id": "1000.CRMOCK", "client_secret": "crmock-secret", "refresh_token": "1000.crmock.refresh"}


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.took = []  # seconds, of each request
        self.faults = []

    def ask(self, method, path, body=None, form=None, token=ADMIN, status=200):
        """One request, whose answer must have this status; what it says. A kept connection must serve it at once. A new one
        may be refused, as there may be no room for it, and is tried again."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        text = urllib.parse.urlencode(form) if form else json.dumps(body) if body else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.monotonic()
        while True:
            is_new = self.connection.sock is None
            try:
                self.connection.request(method, path, text, headers)
                response = self.connection.getresponse()
                answer = response.read()
                break
            except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
                self.connection.close()
                if not is_new or time.monotonic() > begun + PATIENCE:
                    raise
        self.took.append(time.monotonic() - begun)
        time.sleep(PAUSE)
        check(response.status == status, f"{method} {path}: {response.status} {answer[:300]}")
        return json.loads(answer)


def check(is_right, what):
    if not is_right:
        raise AssertionError(str(what)[:500])


def updates(client, number):
    """A record is written, and read again."""
    city = f"City {number}"
    answer = client.ask("POST", UPDATE, {"data": [{"City": city}], "ids": [LEAD]})
    check(answer["data"][0]["code"] == "SUCCESS", answer)
    answer = client.ask("GET", f"{LEADS}/{LEAD}?fields=City")
    check(answer["data"] == [{"id": LEAD, "City": city}], answer)


def jobs(client, number):
    """A job by view is scheduled, and asked for until it has ended."""
    source = ("Chat", "Partner")[number % 2]
    job = client.ask("POST", UPDATE, {"data": [{"Lead_Source": source}], "cvid": VIEW})["data"][0]["details"]["job_id"]
    deadline = time.monotonic() + PATIENCE
    while True:
        state = client.ask("GET", f"{UPDATE}?job_id={job}")["data"][0]
        counts = [state[f"{name}_Count"] for name in ("Updated", "Failed", "Not_Updated")]
        check(sum(counts) == state["Total_Count"] == VIEW_SIZE, state)
        if state["Status"] == "COMPLETED":
            return check(counts == [VIEW_SIZE, 0, 0], state)
        check(state["Status"] in ("SCHEDULED", "RUNNING") and time.monotonic() < deadline, state)


def lists(client, number):
    """A page of a list, the newest first."""
    page, size = number % 10 + 1, 50
    first = LAST_LEAD - (page - 1) * size
    answer = client.ask("GET", f"{LEADS}?fields=Last_Name&page={page}&per_page={size}")
    check([record["id"] for record in answer["data"]] == [str(first - index) for index in range(size)], answer)


def searches(client, number):
    """One record is found."""
    name = ("Fjord Ferries", "Polar Press", "Zylker Schools")[number % 3]
    answer = client.ask("GET", f"/crm/v8/Accounts/search?criteria=(Account_Name:equals:{urllib.parse.quote(name)})&fields=Account_Name")
    check([record["Account_Name"] for record in answer["data"]] == [name], answer)


def tokens(client, number):
    """A token is given, used, revoked, and then good for nothing."""
    answer = client.ask("POST", "/oauth/v2/token", form=REFRESH, token=None)
    token = answer.get("access_token", "")
    check(re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", token), answer)
    count = client.ask("GET", DEALS, token=token)
    check(count == {"count": 4}, count)
    answer = client.ask("POST", "/oauth/v2/token/revoke", form={"token": token}, token=None)
    check(answer == {"status": "success"}, answer)
    client.ask("GET", DEALS, token=token, status=401)


def health(client, number):
    answer = client.ask("GET", "/healthz", token=None)
    check(answer == {"status": "ok"}, answer)


def new_connections(client, number):
    """/healthz by a client that comes from outside each time."""
    client.connection.close()
    health(client, number)


CLIENTS = [updates, jobs, lists, searches, tokens, health, new_connections]


def work(client, use, until):
    for number in range(1 << 31):
        try:
            use(client, number)
        except (AssertionError, OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as fault:
            client.faults.append(f"ordinary client, {use.__name__}: {fault!r}")
            client.connection.close()
            if isinstance(fault, ConnectionRefusedError):
                break  # there is no server any more
        if time.monotonic() >= until:
            break
    client.connection.close()


def run(port, until):
    """Works with all clients until that moment, once at least; the seconds of each one's requests, and what was wrong."""
    clients = [(Client(port), use) for use in CLIENTS]
    threads = [threading.Thread(target=work, args=(client, use, until)) for client, use in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = collections.defaultdict(list)
    for client, use in clients:
        took[use.__name__.replace("_", " ")] += client.took
    return dict(took), [fault for client, _ in clients for fault in client.faults]
