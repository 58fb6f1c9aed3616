"""F15: the login of web applications. What a browser does with the pages is in tests/browser."""
import base64
import hashlib
import re
import urllib.parse

import pytest

from gallery import BASE, curl, page as documentation
from login import CALLBACK, LOGIN, code, visit
from server import own_fixtures, run
from test_oauth import ask, updates

CLIENT = {"client_id": "1000.CRMOCK", "client_secret": "crmock-secret"}
ADMIN, OTHER_ORG = "patricia.boyle@zylker.example", "olive@free.example"
UPDATE = {"scope": "ZohoCRM.mass_update.ALL, ZohoCRM.users.READ"}


def exchange(server, text, **change):
    return ask(server, {name: value for name, value in (CLIENT | {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": text} | change).items() if value is not None})


def refused(answer):
    return answer.status, answer.body["error"], answer.headers["X-Crmock-Rule"]


def test_the_page_says_who_asks_for_what_and_who_may_answer(shared):
    seen = visit(shared, LOGIN)
    page = seen.page
    assert seen.status == 200 and seen.headers["X-Crmock-Rule"] is None
    assert page.texts["title"] == ["Grant access - crmock"] and page.texts["h1"] == ["Let 1000.CRMOCK use the CRM?"]
    assert page.texts["code"] == ["ZohoCRM.modules.ALL", "ZohoCRM.users.READ"] and CALLBACK in page.texts["bdi"]
    assert page.buttons == [("answer", "accept"), ("answer", "reject")] and set(page.fields) == {"form"}
    stored = shared.query("SELECT org.name, CAST(user.id AS TEXT), user.name, email, profile.name FROM user JOIN org ON org.id = user.org_id JOIN profile ON profile.id = profile_id")
    assert sorted(user[:5] for user in page.users) == sorted(stored) and len({user.org for user in page.users}) == 3
    assert [user.email for user in page.users if user.chosen] == [ADMIN]


def test_the_page_may_use_nothing_but_its_own_style(shared):
    seen = visit(shared, LOGIN)
    [style] = seen.page.texts["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in seen.headers["Content-Security-Policy"] and "url(" not in style and "@import" not in style


def test_accept_sends_a_code_and_reject_an_error(fresh):
    page = visit(fresh, LOGIN | UPDATE).page
    accepted, rejected = (visit(fresh, form=page.answer(answer)) for answer in ("accept", "reject"))
    address, outcome = accepted.location
    text = outcome.pop("code")
    assert (accepted.status, address, outcome) == (302, CALLBACK, {"location": "us", "accounts-server": fresh.url, "state": "xyz"})
    assert f"accounts-server=http%3A%2F%2F127.0.0.1%3A{fresh.port}&" in accepted.headers["Location"]
    assert (rejected.status, rejected.location) == (302, (CALLBACK, {"error": "access_denied", "state": "xyz"}))
    assert (rejected.headers["X-Crmock-Rule"], accepted.headers["X-Crmock-Rule"]) == ("O21", None)
    token = exchange(fresh, text).body
    assert updates(fresh, token["access_token"]) == 200 and token["scope"] == "ZohoCRM.mass_update.ALL ZohoCRM.users.READ"


@pytest.mark.parametrize("email, org", [(ADMIN, "Zylker"), ("sam.standard@zylker.example", "Zylker"), (OTHER_ORG, "Corner Shop"), ("olive@professional.example", "Small Works")])
def test_the_token_is_of_the_user_who_was_chosen(fresh, email, org):
    token = exchange(fresh, code(fresh, {"scope": "ZohoCRM.users.ALL ZohoCRM.org.READ"}, email)).body["access_token"]
    [user] = fresh.request("GET", "/crm/v8/users?type=CurrentUser", token=token).body["users"]
    assert user["email"] == email and fresh.request("GET", "/crm/v8/org", token=token).body["org"][0]["company_name"] == org


@pytest.mark.parametrize("access_type, refreshes", [("offline", True), ("online", False), ("", False), (None, False)])
def test_offline_gives_a_refresh_token_and_online_none(fresh, access_type, refreshes):
    parameters = {name: value for name, value in (LOGIN | UPDATE | {"access_type": access_type}).items() if value is not None}
    answer = exchange(fresh, visit(fresh, form=visit(fresh, parameters).page.answer()).location[1]["code"]).body
    assert updates(fresh, answer["access_token"]) == 200 and ("refresh_token" in answer) == refreshes
    if refreshes:
        again = ask(fresh, CLIENT | {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}).body
        assert updates(fresh, again["access_token"]) == 200


def test_a_code_is_bound(fresh):
    """To its client and its redirect_uri; a wrong one changes nothing. It is good once, whatever its access_type."""
    for access_type in ("offline", "online"):
        text = code(fresh, {"access_type": access_type} | UPDATE)
        for other in (None, "", CALLBACK + "/", CALLBACK + "?", CALLBACK.upper(), "http://localhost:3001/callback"):
            assert refused(exchange(fresh, text, redirect_uri=other)) == (200, "invalid_redirect_uri", "O13")
        assert refused(exchange(fresh, text, client_id="1000.CRMOCK.FREE")) == (200, "invalid_code", "O4")
        assert refused(exchange(fresh, text + "x")) == (200, "invalid_code", "O4")
        assert updates(fresh, exchange(fresh, text).body["access_token"]) == 200
        assert refused(exchange(fresh, text)) == (200, "invalid_code", "O5")
    assert "access_token" in exchange(fresh, "1000.crmock.code", redirect_uri="http://any.example/").body  # fixtures' codes have none


def test_a_code_is_good_for_two_minutes(tmp_path, start):
    """By crmock's clock."""
    server = start("--now", "2026-01-31T09:30:00Z", db=tmp_path / "s.db")
    codes = [code(server) for _ in range(2)]
    assert server.query("SELECT expires_at - ? FROM oauth_token WHERE token = ?", 1769851800000, codes[0]) == [(120_000,)]
    server.stop()
    server = start("--now", "2026-01-31T09:31:59Z", db=tmp_path / "s.db")
    assert "access_token" in exchange(server, codes[0]).body
    server.stop()
    server = start("--now", "2026-01-31T09:32:00Z", db=tmp_path / "s.db")
    answer = exchange(server, codes[1])
    assert refused(answer) == (200, "invalid_code", "O5") and "expired" in answer.headers["X-Crmock-Hint"]


def test_codes_that_have_expired_are_removed(tmp_path, start):
    server = start("--now", "2026-01-31T09:30:00Z", db=tmp_path / "s.db")
    for _ in range(40):
        code(server)
    server.stop()
    server = start("--now", "2026-01-31T11:30:00Z", db=tmp_path / "s.db")
    for _ in range(40):
        code(server)
    assert server.query("SELECT count(*) FROM oauth_token WHERE kind = 'code' AND length(token) > 60")[0][0] < 60
    assert server.query("SELECT count(*) FROM oauth_token WHERE token = '1000.crmock.code'") == [(1,)]


@pytest.mark.parametrize("state", ["", "a b", "a&b=c#d", "\r\nX-Evil: 1", "\n", "\u00e9\U0001F600", "%41%00", "+", "<script>", "\"'", "x" * 1500])
@pytest.mark.parametrize("uri", [CALLBACK, CALLBACK + "?x=1&y=%2B", CALLBACK + "?", "https://127.0.0.2/", "http://[::1]:99/a"])
def test_state_and_query_are_kept(shared, uri, state):
    page = visit(shared, LOGIN | {"redirect_uri": uri, "state": state}).page
    for answer in ("accept", "reject"):
        seen = visit(shared, form=page.answer(answer))
        location = seen.headers["Location"]
        assert location.startswith(uri + ("&" if "?x" in uri else "" if uri.endswith("?") else "?") + ("code=" if answer == "accept" else "error="))
        assert seen.location[1].get("state", "") == state and ("state=" in location) == (state != "") and seen.headers["X-Evil"] is None
        assert re.fullmatch(r"[!-~]+", location) and ("?x=1&y=%2B&" in location) == ("?x" in uri)


def test_state_may_be_left_out(shared):
    page = visit(shared, {name: value for name, value in LOGIN.items() if name != "state"}).page
    assert visit(shared, form=page.answer("reject")).location == (CALLBACK, {"error": "access_denied"})


WRONG = [
    ({"client_id": "1000.NOBODY"}, "O14", "invalid_client", "no client of that client_id"), ({"client_id": ""}, "O14", "invalid_client", "no client_id was sent"),
    ({"client_id": "x" * 1001}, "O14", "invalid_client", "no client of that"), ({"client_id": "1000.CRMOCK\0"}, "O14", "invalid_client", "no client of that"),
    ({"redirect_uri": ""}, "O15", "invalid_redirect_uri", "no redirect_uri was sent"),
    ({"redirect_uri": "https://app.example/callback"}, "O15", "invalid_redirect_uri", "lead to this machine"),
    ({"redirect_uri": "http://localhost@app.example/"}, "O15", "invalid_redirect_uri", "no user name"),
    ({"redirect_uri": "http://app.example\\@localhost/"}, "O15", "invalid_redirect_uri", "backslashes"),
    ({"redirect_uri": CALLBACK + "\r\nX-Evil: 1"}, "O15", "invalid_redirect_uri", "line ends"), ({"redirect_uri": CALLBACK + "#x"}, "O15", "invalid_redirect_uri", "no fragment"),
    ({"redirect_uri": "javascript:alert(1)"}, "O15", "invalid_redirect_uri", "scheme is http or https"), ({"redirect_uri": "/callback"}, "O15", "invalid_redirect_uri", "whole address"),
    ({"response_type": ""}, "O16", "invalid_response_type", "response_type must be code"), ({"response_type": "token"}, "O16", "invalid_response_type", "response_type must be code"),
    ({"response_type": "code token"}, "O16", "invalid_response_type", "response_type must be code"),
    ({"scope": ""}, "O17", "invalid_scope", "scopes are"), ({"scope": ", "}, "O17", "invalid_scope", "scopes are"), ({"scope": "ZohoCRM.ALL"}, "O17", "invalid_scope", "no scope of the CRM: ZohoCRM.ALL ("),
    ({"scope": "ZohoCRM.modules.ALL,ZohoCRM.modules.SOME"}, "O17", "invalid_scope", "no scope of the CRM: ZohoCRM.modules.SOME ("),
    ({"scope": "ZohoCRM.modules.ALL," * 101}, "O17", "invalid_scope", "2,000 characters"),
    ({"access_type": "always"}, "O18", "invalid_request", "access_type is"), ({"prompt": "none"}, "O18", "invalid_request", "prompt is"),
    ({"state": "x" * 2000}, "O18", "invalid_request", "2,000 characters"), ({"state": "/" * 700}, "O18", "invalid_request", "2,000 characters"),
    ({"redirect_uri": CALLBACK + "?" + "x" * 2000}, "O18", "invalid_request", "2,000 characters")]


@pytest.mark.parametrize("change, row, error, hint", WRONG)
def test_what_is_wrong_is_told_on_a_page_and_never_sent_on(shared, change, row, error, hint):
    seen = visit(shared, LOGIN | change)
    assert (seen.status, seen.headers["X-Crmock-Rule"], seen.location) == (400, row, None) and hint in seen.headers["X-Crmock-Hint"] and seen.headers["X-Evil"] is None
    assert seen.page.texts["code"] == [error] and any(hint in text for text in seen.page.texts["p"]) and seen.page.fields == {} and seen.page.buttons == []
    assert seen.page.texts["h1"] == ["This login cannot go on"] and any(f"rule {row} " in text for text in seen.page.texts["p"])


def test_a_page_that_refuses_says_where_its_row_is_told(shared):
    table, name = re.search(r'in the table "(.*)" of its docs/(\w+)\.md', " ".join(visit(shared, LOGIN | {"client_id": ""}).page.texts["p"])).groups()
    text = documentation(name)
    assert "| O14 |" in text[text.index(f"## {table}\n"):]


def test_the_order_of_checks_is_that_of_the_rows(shared):
    first = [next(change for change, row, _, _ in WRONG if row == name) for name in ("O14", "O15", "O16", "O17", "O18")]
    for number, row in enumerate(("O14", "O15", "O16", "O17", "O18")):
        wrong = {name: value for change in first[number:] for name, value in change.items()}
        assert visit(shared, LOGIN | wrong).headers["X-Crmock-Rule"] == row


def test_the_rows_of_the_documentation_are_those_of_the_pages():
    rows = re.findall(r"^\| (O\d+) \| (\d+) \| (\w+) \| .* \|$", documentation("oauth"), re.M)
    assert rows == [("O13", "200", "invalid_redirect_uri"), *dict.fromkeys((row, "400", error) for _, row, error, _ in WRONG), ("O19", "400", "invalid_request"),
                    ("O20", "400", "invalid_request"), ("O21", "302", "access_denied")]


def test_a_form_is_none_that_somebody_else_made(fresh, tmp_path, start):
    """Nor one that was altered, nor one of another server; and a post with the parameters of a login is none."""
    page = visit(fresh, LOGIN).page
    good = page.fields["form"]
    raw = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)).decode()
    text = raw.partition(" ")[2]
    assert "localhost%3A3000" in text

    def sealed(content, sum=None):
        sum = sum or hashlib.sha256(content.encode()).hexdigest()
        return base64.urlsafe_b64encode(f"{sum} {content}".encode()).decode().rstrip("=")
    elsewhere = text.replace("localhost%3A3000", "app.example")
    other = visit(start(db=tmp_path / "other.db"), LOGIN).page.fields["form"]
    forged = ["", "x", good[:-1], good + "A", good.swapcase(), sealed(elsewhere), sealed(elsewhere, raw.partition(" ")[0]), sealed(text), other]
    assert sealed(text, raw.partition(" ")[0]) == good
    for form in forged:
        seen = visit(fresh, form=page.answer(form=form))
        assert (seen.status, seen.headers["X-Crmock-Rule"]) == (400, "O19") and "begin again" in seen.headers["X-Crmock-Hint"]
    seen = visit(fresh, form=LOGIN | {"answer": "accept", "user": page.user(ADMIN)})
    assert (seen.status, seen.headers["X-Crmock-Rule"]) == (400, "O19")
    assert fresh.query("SELECT count(*) FROM oauth_token WHERE kind = 'code'") == [(1,)]
    assert visit(fresh, LOGIN | {"redirect_uri": "http://localhost:9/"}, form=page.answer()).location[0] == CALLBACK  # what is sealed counts
    assert fresh.query("SELECT count(*) FROM oauth_token WHERE kind = 'code'") == [(2,)]


@pytest.mark.parametrize("change, hint", [
    ({"answer": ""}, "no answer was sent"), ({"answer": "maybe"}, "answer is accept or reject"), ({"user": ""}, "no user was sent"),
    *[({"user": wrong}, "there is no user of that id or email") for wrong in ("1", "x", "554023000000235011 ", ADMIN.upper(), "-1", "%")]])
def test_an_answer_is_accept_or_reject_and_by_a_user(shared, change, hint):
    seen = visit(shared, form=visit(shared, LOGIN).page.answer() | change)
    assert (seen.status, seen.headers["X-Crmock-Rule"], seen.page.texts["code"], seen.headers["X-Crmock-Hint"]) == (400, "O20", ["invalid_request"], hint)


def test_a_user_may_be_said_by_email(fresh):
    page = visit(fresh, LOGIN).page
    for email in ("sam.standard@zylker.example", ADMIN):
        given = visit(fresh, form=page.answer(user=email)).location[1]["code"]
        token = exchange(fresh, given).body["access_token"]
        assert fresh.request("GET", "/crm/v8/users?type=CurrentUser", token=token).body["users"][0]["email"] == email


def test_who_rejects_need_not_be_anybody(shared):
    assert visit(shared, form=visit(shared, LOGIN).page.answer("reject", user="")).status == 302


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;&#60;</title></style>\u202e"


def test_texts_are_no_markup(start, tmp_path):
    """Page checks that there is no element or attribute but those of the page."""
    client, profile = "c" + EVIL, "p" + EVIL
    fixtures = own_fixtures(tmp_path, {"clients": [{"id": client, "secret": "s"}], "profiles": [{"name": profile}],
                                       "users": [{"name": "u" + EVIL, "email": "e" + EVIL, "profile": profile, "role": "CEO"}]})
    server = start("--fixtures", fixtures)
    page = visit(server, LOGIN | {"client_id": client, "redirect_uri": CALLBACK + "?q='&amp;x=1", "state": EVIL}).page
    assert page.texts["h1"] == [f"Let {client} use the CRM?"] and CALLBACK + "?q='&amp;x=1" in page.texts["bdi"]
    [user] = [user for user in page.users if EVIL in user.name]
    assert (user.name, user.email, user.profile) == ("u" + EVIL, "e" + EVIL, profile)
    assert visit(server, form=page.answer(user=user.id)).location[1]["state"] == EVIL
    for change in ({"scope": EVIL.replace(" ", "")}, {"client_id": EVIL}, {"redirect_uri": EVIL}, {"state": EVIL * 100}, {"prompt": EVIL}):
        seen = visit(server, LOGIN | change)
        assert seen.status == 400 and seen.page.buttons == []
    assert EVIL.replace(" ", "") in " ".join(visit(server, LOGIN | {"scope": EVIL.replace(" ", "")}).page.texts["p"])


def test_an_org_may_be_called_anything(start, tmp_path):
    folder = tmp_path / "org"
    folder.mkdir()
    (folder / "org.json").write_text('{"org": {"name": "<b>&\\"Org\\u0001"}, "roles": [{"name": "R"}], "profiles": [{"name": "P"}], "clients": [{"id": "c", "secret": "s"}],'
                                     '"users": [{"name": "U", "email": "u@x.example", "profile": "P", "role": "R"}]}')
    page = visit(start("--fixtures", folder), LOGIN | {"client_id": "c"}).page
    assert len(page.users) == 1 and page.users[0].chosen and page.users[0].org.startswith("<b>&\"Org")


def test_a_client_may_list_where_it_is_sent(start, tmp_path):
    listed = ["https://app.example/callback", "http://10.0.0.1:3000/?a=b"]
    fixtures = own_fixtures(tmp_path, {"clients": [{"id": "web", "secret": "s", "redirect_uris": listed}, {"id": "none", "secret": "s", "redirect_uris": []},
                                                   {"id": "other", "secret": "s", "redirect_uris": ["https://other.example/"]}]})
    server = start("--fixtures", fixtures)
    for uri in listed:
        page = visit(server, LOGIN | {"client_id": "web", "redirect_uri": uri}).page
        assert visit(server, form=page.answer()).headers["Location"].startswith(uri)
    for client, uri in [("web", CALLBACK), ("web", listed[0] + "/"), ("web", listed[0].upper()), ("web", listed[0] + "?a=b"), ("web", "https://other.example/"), ("none", CALLBACK), ("none", listed[0])]:
        seen = visit(server, LOGIN | {"client_id": client, "redirect_uri": uri})
        said = f"not among the client's redirect_uris: {', '.join(sorted(listed))}" if client == "web" else "list of redirect_uris is empty"
        assert (seen.status, seen.headers["X-Crmock-Rule"]) == (400, "O15") and seen.headers["X-Crmock-Hint"].endswith(said) == (client == "web") and said in seen.headers["X-Crmock-Hint"]


@pytest.mark.parametrize("wrong, said", [
    ("x", "expected a list"), ([1], "[0]: expected a text"), ([""], "[0]: expected a text"), (["https://a.example/", "/b"], "[1]: expected an address like https://app.example/callback: it is a whole address"),
    (["https://a.example/#b"], "[0]: expected an address like https://app.example/callback: it has no fragment"), (["app://a"], "[0]: expected an address"),
    (["https://a.example/", "https://a.example/"], "[1]: expected once")])
def test_lists_that_are_none_end_the_start(tmp_path, wrong, said):
    done = run("--port", "0", "--no-cache", "--fixtures", own_fixtures(tmp_path, {"clients": [{"id": "c", "secret": "s", "redirect_uris": wrong}]}))
    assert done.returncode == 1 and f"$.clients[0].redirect_uris{'' if said[0] == '[' else ': '}{said}" in done.stderr


@pytest.mark.parametrize("how", [["--auto-consent", "sam.standard@zylker.example"], None])
def test_auto_consent_asks_nobody(start, how):
    server = start(*(how or []), env={} if how else {"CRMOCK_AUTO_CONSENT": "sam.standard@zylker.example"})
    seen = visit(server, LOGIN | {"scope": "ZohoCRM.users.ALL"})
    assert (seen.status, seen.location[0], seen.location[1]["state"]) == (302, CALLBACK, "xyz")
    token = exchange(server, seen.location[1]["code"]).body["access_token"]
    assert server.request("GET", "/crm/v8/users?type=CurrentUser", token=token).body["users"][0]["email"] == "sam.standard@zylker.example"
    for change, row, _, _ in WRONG:
        seen = visit(server, LOGIN | change)
        assert (seen.status, seen.headers["X-Crmock-Rule"]) == (400, row)


def test_auto_consent_needs_a_user_that_there_is(tmp_path):
    done = run("--port", "0", "--auto-consent", "nobody@zylker.example")
    assert done.returncode == 1 and done.stderr.endswith('--auto-consent: no user of the store has the email "nobody@zylker.example"\n') and done.stdout == ""
    assert run("--port", "0", "--auto-consent", "").returncode == 1


def test_the_longest_answer_fits_the_least_head(start):
    """Whatever else is in the heads of request and answer."""
    server = start("--max-header", "4096", "--auto-consent", ADMIN)
    many = {f"X-{number}": "y" * 20 for number in range(9)}
    lengths = {}
    for length in range(1750, 1850):
        seen = visit(server, LOGIN | {"state": "x" * length}, headers=many)
        lengths[seen.status] = len(seen.headers["Location"] or "") or lengths.get(seen.status)
    assert lengths == {302: 2000, 400: None}


@pytest.mark.parametrize("parameters, status", [(LOGIN, 200), (LOGIN | {"prompt": "x"}, 400)])
def test_head(shared, parameters, status):
    seen, got = visit(shared, parameters, method="HEAD"), visit(shared, parameters)
    assert seen.status == got.status == status and seen.page is None
    assert int(seen.headers["Content-Length"]) == int(got.headers["Content-Length"]) > 1000


def test_other_methods_are_told_which_are_served(shared):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = shared.request(method, "/oauth/v2/auth", token=None)
        assert (answer.body["code"], answer.headers["X-Crmock-Rule"], answer.headers["X-Crmock-Hint"]) == ("INVALID_REQUEST_METHOD", "E24", "GET and POST are served here")
    assert shared.request("GET", "/oauth/v2/auth/", token=None).status == 404


def test_the_way_of_the_documentation(fresh):
    text = documentation("oauth")
    address = re.search(r"^http://127\S+/oauth/v2/auth\?(\S+)$", text, re.M).group(1)
    page = visit(fresh, dict(urllib.parse.parse_qsl(address, strict_parsing=True))).page
    command = re.search(r"^curl http://127\S+/oauth/v2/token .* code=CODE$|^curl .*/oauth/v2/token .*-d code=CODE$", text, re.M).group()
    status, answer, _, _ = curl(fresh, command.replace("code=CODE", "code=" + visit(fresh, form=page.answer()).location[1]["code"]))
    assert BASE in command and status == 200 and "refresh_token" in answer


def test_neither_code_nor_form_is_logged(start, tmp_path):
    with open(tmp_path / "log", "w+") as log:
        server = start("--log-level", "debug", log=log)
        page = visit(server, LOGIN).page
        text = visit(server, form=page.answer()).location[1]["code"]
        assert "access_token" in exchange(server, text).body
        server.stop()
    said = (tmp_path / "log").read_text()
    assert "/oauth/v2/auth" in said and text not in said and page.fields["form"][:40] not in said
