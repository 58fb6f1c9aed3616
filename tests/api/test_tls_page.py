"""What docs/tls.md prints is so: pasted in a shell, as the conftest.py of a suite, and as lines of the log."""
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from gallery import BASE, DOCS, page
from sandbox import control
from server import PATIENCE, command, until

PAGE = page("tls")
CONSOLE = DOCS.parent / "server" / "console" / "clients.js"
FIRST = re.search(r"^## In a minute\n.*?^```sh\n(curl .*?)^```$", PAGE, re.M | re.S).group(1)


def bare(**more):
    """The environment without what says whom to trust or ask."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {name: value for name, value in os.environ.items() if name not in names and not name.lower().endswith("_proxy")} | more


def shell(lines, folder, environment=None):
    return subprocess.run(["bash", "-c", lines], cwd=folder, env=environment or bare(), capture_output=True, text=True, timeout=PATIENCE)


def here(server, lines):
    """Lines of the page, with the addresses of a server in the place of those that it prints."""
    ports = {BASE: server.url, "http://127.0.0.1:3128": f"http://127.0.0.1:{server.proxy_port}", "https://localhost:8443": f"https://localhost:{server.tls_port}"}
    for printed, own in ports.items():
        lines = lines.replace(printed, own)
    return lines


@pytest.fixture
def far(start, tmp_path):
    """A server with all its doors, and its log."""
    with open(tmp_path / "log", "w") as log:
        server = start("--tls-port", "0", "--proxy-port", "0", tls=False, log=log)
    server.log = tmp_path / "log"
    return server


def test_the_lines_of_a_minute(far, tmp_path):
    """And what the page says of them: in the same terminal the port for TLS is reached, too, and from another folder."""
    assert "https://localhost:8443" in PAGE[:PAGE.index("## A world")]
    (tmp_path / "other").mkdir()
    for more in ("", "cd other\n" + FIRST.splitlines()[-1], "curl https://localhost:8443/crm/v8/org -H 'Authorization: Zoho-oauthtoken 1000.crmock.admin'"):
        done = shell(here(far, FIRST + more), tmp_path)
        assert done.returncode == 0 and done.stdout.count('"company_name":"Zylker"') == 1 + bool(more), (more, done)


def test_every_file_of_the_page_is_named_from_the_root():
    """Also in the lines of the console, which are those of the page."""
    lines = CONSOLE.read_text() + FIRST + PAGE[PAGE.index("| Client | Authority |"):PAGE.index("A bundle that has")]
    folders = re.findall(r"""=["']?([^\s"'`=>]*)(?:ca\.pem|crmock\.p12)""", lines)
    assert len(folders) > 12 and set(folders) == {"$PWD/"}


HARD_WIRED = """import json, urllib.parse, urllib.request
import pytest

def ask(url, body=None, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        return json.load(answer)

def program(credentials):
    form = urllib.parse.urlencode({"grant_type": "refresh_token"} | credentials).encode()
    token = ask("https://accounts.zoho.eu/oauth/v2/token", form)
    assert token["api_domain"] == "https://www.zohoapis.eu"
    return ask("https://www.zohoapis.eu/crm/v8/Leads/554023000000600001", Authorization="Zoho-oauthtoken " + token["access_token"])["data"][0]

@pytest.mark.parametrize("times", [0, 1])
def test_a_world(crm, times):
    credentials = {name: crm[name] for name in ("client_id", "client_secret", "refresh_token")}
    if times:
        ask(crm["url"] + "/_crmock/faults", b'{"match": {"headers": {"Host": "www.zohoapis.eu"}}, "effect": {"status": 503}}')
        with pytest.raises(urllib.error.HTTPError, match="503"):
            program(credentials)
    assert program(credentials)["id"] == "554023000000600001"
    assert len(ask(crm["url"] + "/_crmock/requests?status=503")["requests"]) == times
    assert len(ask(crm["url"] + "/_crmock/requests")["requests"]) == 2 + 2 * times

@pytest.mark.parametrize("name", CHILDREN)
def test_a_child(crm, name, tmp_path):
    done = subprocess.run([*CHILDREN[name], "https://www.zohoapis.com/crm/v8/org", "Zoho-oauthtoken " + crm["access_token"]], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "Zylker" in done.stdout) == (0, True), done
    [request] = ask(crm["url"] + "/_crmock/requests")["requests"]
    assert request["headers"]["Host"] == "www.zohoapis.com"
"""
# Programs of a test's own, by what they are written in: they get an address and a token.
CHILDREN = {
    "curl": ["sh", "-c", 'curl -sS "$1" -H "Authorization: $2"', "curl"],
    "urllib": [sys.executable, "-c", "import sys, urllib.request as r; print(r.urlopen(r.Request(sys.argv[1], headers={'Authorization': sys.argv[2]})).read())"],
    "requests": [sys.executable, "-c", "import sys, requests; print(requests.get(sys.argv[1], headers={'Authorization': sys.argv[2]}).text)"],
    "Ruby": ["ruby", "-rnet/http", "-e", "puts Net::HTTP.get(URI(ARGV[0]), {'Authorization' => ARGV[1]})"],
    "Node": ["node", "-e", "fetch(process.argv[1], { headers: { Authorization: process.argv[2] } }).then(answer => answer.text()).then(console.log)"],
}
# What a machine may have set for all its programs: an authority that is another, and a proxy that is none.
MACHINE = dict.fromkeys(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), "/etc/ssl/certs/ca-certificates.crt") | {
    "SSL_CERT_DIR": "/etc/ssl/certs", "https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "no_proxy": "*", "NO_PROXY": "*"}


def is_there(name):
    """Whether the machine has a client that the page says comes by what the environment has: Node from some versions on."""
    if name == "Node" and shutil.which("node"):
        major, minor = map(int, re.match(r"v(\d+)\.(\d+)", subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout).groups())
        return (major == 22 and minor >= 21) or (major == 24 and minor >= 5) or major > 24
    needs = {"requests": [sys.executable, "-c", "import requests"], "Node": ["false"]}.get(name)
    return subprocess.run(needs, capture_output=True).returncode == 0 if needs else bool(shutil.which(CHILDREN[name][0]))


def test_a_world_for_a_program_with_hosts_in_it(fresh, tmp_path):
    """The conftest.py as it is printed, and the credentials that the shell's lines name."""
    part = PAGE[PAGE.index("## A world for each test"):PAGE.index("## When it does not go")]
    made = control(fresh, "POST", "/_crmock/sandboxes", {"id": re.search(r'"id": "(\w+)"', part).group(1)})
    assert re.findall(r"ZOHO_(\w+)=(\S+)", part) == [(name, made.body[name.lower()]) for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")]
    (tmp_path / "conftest.py").write_text(re.search(r"^```python\n(.*?)^```$", part, re.M | re.S).group(1))
    children = {name: program for name, program in CHILDREN.items() if is_there(name)}
    assert children.keys() >= {"curl", "urllib"}
    (tmp_path / "test_world.py").write_text(f"import subprocess\nCHILDREN = {children}\n{HARD_WIRED}")
    (tmp_path / "crmock").write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
    (tmp_path / "crmock").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and not name.lower().endswith("_proxy")}
    environment |= MACHINE | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CRMOCK_TLS_DIR": str(tmp_path / "tls"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and f"{2 + len(children)} passed" in done.stdout, done.stdout + done.stderr


LOG = re.search(r"^\| In the log \| Who \|\n.*?\n((?:\|.*\n)+)", PAGE, re.M | re.S).group(1)


@pytest.mark.parametrize("line, said, who", [
    ("curl https://localhost:8443/", "its client refused the handshake", "curl, Python"), ("curl --tls-max 1.2 https://localhost:8443/", "CA is unknown", "curl and Python by TLS 1.2"),
    ("curl --cacert ca.pem --resolve other.example:PORT:127.0.0.1 https://other.example:PORT/", "tls ended without a request", "curl, where it trusts the authority and the name is another"),
    ("node -e 'fetch(\"https://localhost:8443/\").catch(() => process.exit(1))'", "tls ended without a request", "Node"),
    ("ruby -rnet/http -e 'Net::HTTP.get(URI(\"https://localhost:8443/\"))'", "its client refused the handshake", "Ruby"),
    ("php -r '$c = curl_init(\"https://localhost:8443/\"); exit(curl_exec($c) === false ? 1 : 0);'", "its client refused the handshake", "PHP")])
def test_what_a_client_that_does_not_trust_it_leaves_in_the_log(far, tmp_path, line, said, who):
    if not shutil.which(line.split()[0]):
        pytest.skip(f"no {line.split()[0]} on this machine")
    shutil.copy(f"{far.folder}/ca.pem", tmp_path / "ca.pem")
    done = shell(here(far, line).replace("PORT", str(far.tls_port)), tmp_path)
    assert done.returncode != 0
    until(lambda: said in far.log.read_text())
    [row] = [row for row in LOG.splitlines() if said in row]
    level = "info" if "ended" in said else "warning"
    assert who in row and re.search(rf" {level} (?:tls failed reason=\")?{said}", far.log.read_text()) and (level in row or "the same" in row)
