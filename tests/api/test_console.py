"""How the console is served: each file of server/console, and the pages of docs that it reads."""
import gzip
import html.parser
import re
import urllib.parse

import pytest

import gallery
from server import Server, control_document

ROOT = gallery.README.parent
FOLDER = ROOT / "server" / "console"
INDEX, CONSOLE = "/_crmock/", "/_crmock/console/"
# Address to the file in the tree.
PAGES = [ROOT / "docs" / name for name in ("gallery.md", "sdks.md")]
FILES = {INDEX if path.name == "index.html" else CONSOLE + path.name: path for path in [*sorted(FOLDER.iterdir()), *PAGES]}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".md": "text/markdown"}
BYTES_MAX = 150 * 1024  # before they are packed; pages of the documentation are not the console's own
TOKEN = "sesam"


def call(server, method="GET", path=INDEX, body=None, parse=True, **headers):
    """Without the token of the service."""
    return server.request(method, path, body, token=None, headers={name.replace("_", "-"): value for name, value in headers.items()}, parse=parse)


def refused(answer, status, says):
    assert answer.status == status and says in answer.body["error"], answer
    return answer


@pytest.fixture(scope="module")
def guarded():
    server = Server("--control-token", TOKEN, "--control-origin", "https://console.example")
    yield server
    server.stop()


def test_there_is_what_a_page_needs():
    assert {INDEX, CONSOLE + "main.js", CONSOLE + "console.css"} <= FILES.keys()


@pytest.mark.parametrize("prefix", ["", "/_s/main"])
@pytest.mark.parametrize("path", FILES)
def test_a_file_is_served_as_it_is_in_the_tree(shared, prefix, path):
    plain = call(shared, path=prefix + path, parse=False, Accept_Encoding="identity")
    packed = call(shared, path=prefix + path, parse=False, Accept_Encoding="gzip, deflate, br, zstd")
    source = FILES[path].read_bytes()
    assert (plain.status, packed.status) == (200, 200) and plain.body == gzip.decompress(packed.body) == source
    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    for answer in (plain, packed):
        assert answer.headers["Content-Type"] == TYPES[FILES[path].suffix] + "; charset=utf-8"
        assert answer.headers["Content-Length"] == str(len(answer.body)) and answer.headers["Cache-Control"] == "no-cache"
        assert "Accept-Encoding" in answer.headers["Vary"].split(", ") and re.fullmatch(r'W/"[0-9a-f]{32}"', answer.headers["ETag"])
    assert plain.headers["ETag"] == packed.headers["ETag"]
    assert call(shared, path=prefix + path).body == source.decode()  # as the document says


def told(headers):
    return {name: value for name, value in headers.items() if name != "Date"}


@pytest.mark.parametrize("path", FILES)
def test_head(shared, path):
    for coding in ("identity", "gzip"):
        head, whole = (call(shared, method, path, parse=False, Accept_Encoding=coding) for method in ("HEAD", "GET"))
        assert head.status == 200 and head.body == b"" and told(head.headers) == told(whole.headers)


@pytest.mark.parametrize("path", FILES)
def test_who_has_a_file_is_told_so(shared, path):
    whole = call(shared, path=path, parse=False)
    tag = whole.headers["ETag"]
    for method in ("GET", "HEAD"):
        for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
            answer = call(shared, method, path, If_None_Match=known, Accept_Encoding="gzip")
            assert (answer.status, answer.body, answer.headers["Content-Type"], answer.headers["Content-Encoding"]) == (304, None, None, None), known
            kept = ("ETag", "Cache-Control", "Vary", "Content-Security-Policy")
            assert [answer.headers[name] for name in kept] == [whole.headers[name] for name in kept]
    for other in ('"x"', tag.upper(), tag.removeprefix("W/").strip('"'), ""):
        assert call(shared, path=path, parse=False, If_None_Match=other).body == whole.body


@pytest.mark.parametrize("header, coding", [(None, None), ("", None), ("identity", None), ("br, deflate", None), ("gzip;q=0", None), ("*;q=0", None), ("gzip;q=0.000, *", None),
                                            ("gzip", "gzip"), ("GZIP;q=0.1", "gzip"), ("br;q=1, *;q=0.5", "gzip")])
def test_codings(shared, header, coding):
    lines = ["GET /_crmock/ HTTP/1.1", "Host: localhost", "Connection: close", *([] if header is None else [f"Accept-Encoding: {header}"])]
    head, _, body = shared.raw(("\r\n".join(lines) + "\r\n\r\n").encode()).partition(b"\r\n\r\n")
    found = re.search(rb"\r\nContent-Encoding: (\w+)", head)
    assert (found and found.group(1).decode()) == coding
    assert (gzip.decompress(body) if coding else body) == FILES[INDEX].read_bytes()


def test_what_a_page_may_do(shared):
    """By its files: it has no script or style within, loads nothing from elsewhere and makes no HTML of texts."""
    expected = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
                "frame-ancestors": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "'none'"}
    for path in FILES:
        headers = call(shared, path=path, parse=False).headers
        assert dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; ")) == expected
        assert (headers["Referrer-Policy"], headers["Cross-Origin-Opener-Policy"], headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == (
            "no-referrer", "same-origin", "nosniff", "same-origin")


@pytest.mark.parametrize("prefix", ["", "/_s/main", "/_s/own"])
def test_the_path_without_a_slash_leads_in(fresh, prefix):
    call(fresh, "POST", "/_crmock/sandboxes", {"id": "own"})
    for method in ("GET", "HEAD"):
        answer = call(fresh, method, f"{prefix}/_crmock")
        assert answer.status == 308 and urllib.parse.urljoin(f"{prefix}/_crmock", answer.headers["Location"]) == f"{prefix}/_crmock/"
    assert call(fresh, path=f"{prefix}/_crmock/").body == FILES[INDEX].read_text()


def test_of_a_sandbox_that_there_is_not(shared):
    for path in ("/_crmock", *FILES):
        refused(call(shared, path="/_s/nobody" + path), 404, "no sandbox")
        refused(call(shared, path=path, X_Crmock_Sandbox="nobody"), 404, "no sandbox")


@pytest.mark.parametrize("path, says", [(CONSOLE + name, "no such file") for name in ("index.html", "nothing.js", "main.js.gz", "main", ".js", "README.md", "control.md", "MAIN.JS", "..", "main.js%00")] +
                                       [(path, "no such path") for path in ("/_crmock/console", CONSOLE, "/_crmock//", "/_crmock/main.js", CONSOLE + "main.js/", CONSOLE + "a/main.js", CONSOLE + "../console/main.js", CONSOLE + "..%2f..%2fschema.sql",
                                                                          "/_crmock/./", "/_crmock//console/main.js")])
def test_what_there_is_not(shared, path, says):
    refused(call(shared, path=path), 404, says)


@pytest.mark.parametrize("path", ["/_crmock", INDEX, CONSOLE + "main.js"])
def test_methods_and_parameters(shared, path):
    for method in ("POST", "PUT", "PATCH", "DELETE", "BREW"):
        assert refused(call(shared, method, path), 405, "expected GET").headers["Allow"] == "GET, OPTIONS"
    assert (asked := call(shared, "OPTIONS", path)).status == 204 and asked.headers["Allow"] == "GET, OPTIONS"
    assert refused(call(shared, path=path + "?x=1"), 422, "no parameter").body["at"] == "x"


@pytest.mark.parametrize("headers, status", [({"Host": "evil.example"}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Sec_Fetch_Site": "same-site"}, 403),
                                             ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200), ({"Sec_Fetch_Site": "same-origin"}, 200)])
def test_the_guard_holds(guarded, headers, status):
    for prefix in ("", "/_s/main"):
        for path in FILES:
            answer = call(guarded, path=prefix + path, **headers)
            assert answer.status == status and (status == 200 or answer.headers["ETag"] is None)
        assert call(guarded, path=prefix + "/_crmock", **headers).status == (308 if status == 200 else status)


def test_a_page_of_a_listed_origin_may_read_them(guarded):
    answer = call(guarded, Origin="https://console.example", Sec_Fetch_Site="cross-site")
    assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == "https://console.example"
    assert answer.headers.get_all("Vary") == call(guarded).headers.get_all("Vary") == ["Accept-Encoding, Origin"]


def test_they_need_no_token(guarded):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": f"Bearer {TOKEN}"}):
        assert {path: call(guarded, path=path, **headers).status for path in FILES} == dict.fromkeys(FILES, 200)
        assert [call(guarded, path=prefix + "/_crmock", **headers).status for prefix in ("", "/_s/main")] == [308, 308]
        assert call(guarded, "HEAD", "/_s/main" + INDEX, **headers).status == 200


def test_all_else_needs_it(guarded):
    """Every call of the control API, by its document; and other methods of the console."""
    open_paths = set()
    for path, item in control_document().json["paths"].items():
        for method in ("get", "put", "post", "patch", "delete", "options", "trace"):
            for prefix in ("", "/_s/main"):
                status = call(guarded, method.upper(), prefix + re.sub(r"\{\w+\}", "main.js", path)).status
                assert (status == 401) == ("security" not in item[method]), (method, path)
                open_paths |= {(method, path)} if status != 401 else set()
    assert open_paths == {("get", "/_crmock"), ("get", "/_crmock/"), ("get", "/_crmock/console/{file}")}


@pytest.mark.parametrize("path", [CONSOLE + "../requests", CONSOLE + "%2e%2e/requests", CONSOLE + "..%2frequests", CONSOLE + "..%2Finfo", CONSOLE + "main.js/../../info", CONSOLE + "main.js/", CONSOLE + "main.js%2f..%2f..%2finfo",
                                  "/_crmock/console%2f..%2frequests", "/_crmock/../_crmock/info", "/_crmock//info", "/_crmock//", "/_crmock/./info", "/_crmock/%2e/info", "/_crmock/info/", "/_crmock/info?/_crmock/",
                                  "/_crmock/info?file=console/main.js", "/_crmock/info%3f/_crmock/", "/_crmock/info%23", "/_crmock/info;/_crmock/", "/_crmock/consol", "/_crmock/console", CONSOLE, "/_crmock/consolex/main.js",
                                  "/%5fcrmock/info", "/_crmock%2finfo", "/_s/main/_s/main/_crmock/", "/_s/main/_s/main/_crmock/console/main.js",
                                  "/_crmock/_s/main/_crmock/", "/_crmock/requests/console/main.js", "/_CRMOCK/"])
def test_no_path_gets_past_the_token(guarded, path):
    """However it is spelt: what is exempt is the endpoint that would answer. Of the last, none is the control API's."""
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer = call(guarded, method, path)
        assert answer.status == (404 if path == "/_CRMOCK/" else 401), (method, answer)


@pytest.mark.parametrize("path", ["/_crmock/console%2fmain.js", "/%5fcrmock/console/main%2ejs", "/_s/main%2f_crmock%2fconsole%2fmain.js"])
def test_a_file_by_another_spelling(guarded, path):
    assert call(guarded, path=path, parse=False).body == FILES[CONSOLE + "main.js"].read_bytes()


def test_off(start):
    server = start("--control", "off")
    for path in ("/_crmock", *FILES):
        answer = server.request("GET", path)
        assert (answer.status, answer.headers["X-Crmock-Rule"]) == (404, "E21")


def test_all_of_it_is_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= BYTES_MAX


class Page(html.parser.HTMLParser):
    """What a page names, and what stands in its scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.inline, self.within = [], "", None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.within = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        self.inline += data.strip() if self.within else ""


def test_the_page_has_no_script_or_style_within():
    page = Page(FILES[INDEX].read_text())
    assert page.elements[0][0] == "html" and page.inline == ""
    for tag, attributes in page.elements:
        assert tag not in ("style", "base", "iframe", "object", "embed") and not any(name == "style" or name.startswith("on") for name in attributes), (tag, attributes)
        assert tag != "script" or "src" in attributes


def named(path):
    """What a file of the console has loaded, as it is written; what a script fetches, where the words for it stand in the call."""
    text = FILES[path].read_text()
    if path.endswith(".js"):
        loads = (r"""^import\b[^;"']*["']([^"']+)["']""", r"""^export\b[^;"']*\bfrom\s*["']([^"']+)["']""", r"""\bimport\(\s*["']([^"']+)["']""",
                 r"""new URL\(["']([^"']+)["'], import\.meta\.url\)""", r"""\bfetch\(["']([^"']+)["']""")
        return [name for pattern in loads for name in re.findall(pattern, text, re.M)]
    if path.endswith(".css"):
        return re.findall(r"""url\(\s*["']?([^"')]+)""", text) + re.findall(r"""@import\s+["']([^"']+)""", text)
    return [value for _, attributes in Page(text).elements for name, value in attributes.items() if name in ("src", "href", "srcset", "action", "xlink:href")]


@pytest.mark.parametrize("path", [path for path in FILES if not path.endswith(".md")])
def test_what_a_file_names_is_served(path):
    """By an address that holds behind a sandbox's prefix as well; nothing from elsewhere."""
    for name in named(path):
        if name.startswith(("#", "data:")):
            continue
        assert re.match(r"[\w.]", name) and ":" not in name, name
        base = INDEX if name.startswith("console/") else path  # of what is fetched: the page's
        assert urllib.parse.urljoin(base, name).partition("#")[0] in FILES, name


def test_what_the_page_begins_with_is_among_it():
    assert {"console/main.js", "console/console.css"} <= set(named(INDEX))


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".js")])
def test_no_script_makes_code_or_elements_of_text(path):
    assert re.findall(r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\b|srcdoc", FILES[path].read_text()) == []
