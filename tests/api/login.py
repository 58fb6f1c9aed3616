"""A browser without a screen, for logins: it reads pages, sends their form and is sent on, and goes nowhere."""
import collections
import html.parser
import http.client
import urllib.parse

from server import PATIENCE

CALLBACK = "http://localhost:3000/callback"
LOGIN = {"response_type": "code", "client_id": "1000.CRMOCK", "scope": "ZohoCRM.modules.ALL,ZohoCRM.users.READ", "redirect_uri": CALLBACK, "access_type": "offline",
         "prompt": "consent", "state": "xyz"}
EMPTY = {"meta", "input"}  # elements without an end
TAGS = {"html", "head", "title", "style", "body", "main", "p", "h1", "h2", "ul", "li", "code", "bdi", "small", "span", "form", "fieldset", "legend", "label", "div", "button"} | EMPTY

User = collections.namedtuple("User", "org id name email profile chosen")


class Page(html.parser.HTMLParser):
    """What a page has: its elements are the few that it may have, each with an end."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.fields, self.users, self.buttons, self.ids, self.controls = [], collections.defaultdict(list), {}, [], [], set(), 0
        self.feed(text)
        self.close()
        assert text.startswith("<!DOCTYPE html>\n<html lang=\"en\">") and self.open == []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert tag in TAGS and len(values) == len(attributes) and not any(name.startswith("on") or name in ("style", "src", "href") for name in values), (tag, attributes)
        if "id" in values:
            assert values["id"] not in self.ids
            self.ids.add(values["id"])
        if tag not in EMPTY:
            self.open.append(tag)
            self.texts[tag].append("")
        if tag == "form":
            assert values == {"method": "post", "action": "auth"}
        if tag == "button":
            self.buttons.append((values["name"], values["value"]))
        if tag == "input" and values["type"] == "hidden":
            self.fields[values["name"]] = values["value"]
        if tag == "input" and values["type"] == "radio":
            assert self.open[-1] == "label" and "fieldset" in self.open  # it has a name, and a group that has one
            self.controls += 1
            self.users.append([values["value"], "checked" in values])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "label":
            name, email, profile = self.texts["bdi"][-3:]
            self.users[-1] = User(self.texts["legend"][-1].removeprefix("Log in as a user of "), self.users[-1][0], name, email, profile, self.users[-1][1])

    def handle_data(self, data):
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def user(self, email):
        [user] = [user for user in self.users if user.email == email]
        return user.id

    def answer(self, answer="accept", **fields):
        return self.fields | {"answer": answer, "user": next((user.id for user in self.users if user.chosen), "")} | fields


Visit = collections.namedtuple("Visit", "status headers page location")


def visit(server, parameters=None, form=None, method=None, headers=None):
    """Asks for the page with parameters, or sends a form. `location` is where the answer leads: address and parameters."""
    path = "/oauth/v2/auth" + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
    body = urllib.parse.urlencode(form) if form is not None else None
    method = method or ("GET" if form is None else "POST")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {}))
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    server.document().check(method, path, response.status, response.headers, text or None)
    location = response.headers["Location"]
    assert (location is not None) == (response.status == 302) and response.headers["Cache-Control"] == "no-store" and response.headers["Referrer-Policy"] == "no-referrer"
    page = Page(text) if text else None
    if location is None:
        check_headers(response.headers)
    return Visit(response.status, response.headers, page, location and (location.partition("?")[0], dict(urllib.parse.parse_qsl(location.partition("?")[2], strict_parsing=True))))


def check_headers(headers):
    assert headers["Content-Type"] == "text/html;charset=UTF-8" and headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    parts = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert parts.pop("style-src").startswith("'sha256-")
    assert parts == {"default-src": "'none'", "form-action": "http: https:", "base-uri": "'none'", "frame-ancestors": "'none'"}


def code(server, parameters=None, user=None):
    """The code of a login that was accepted."""
    page = visit(server, LOGIN | (parameters or {})).page
    return visit(server, form=page.answer(**({"user": page.user(user)} if user else {}))).location[1]["code"]
