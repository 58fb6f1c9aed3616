"""Runs the suites of the official SDKs, and of programs that others wrote for the service, and prints which passed which scenario.

usage: run.py CRMOCK FOLDER [SUITE...]

FOLDER has node_modules, and a venv-... for each of PyPI's (make test-sdk lays them out); without SUITE all are run. Each
package's own description of the API's JSON is held against what crmock answers as well (shapes.py). The programs of docs/sdks.md
are run as they are printed. One SDK of Node.js and one of Python work at once in two sandboxes of one server, both over TLS. The
others' programs know the service's own hosts: they get to a server by its proxy.
Ends with a line "N passed, N failed".
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import shapes

HERE = pathlib.Path(__file__).resolve().parent
Suite = collections.namedtuple("Suite", "name short kind package version")
SUITES = [
    Suite("nodejs-sdk-2.0", "js 2.0", "node", "@zohocrm/nodejs-sdk-2.0", "v2"),
    Suite("nodejs-sdk-7.0", "js 7.0", "node", "@zohocrm/nodejs-sdk-7.0", "v7"),
    Suite("nodejs-sdk-8.0", "js 8.0", "node", "@zohocrm/nodejs-sdk-8.0", "v8"),
    Suite("typescript-sdk-2.1", "ts 2.1", "node", "@zohocrm/typescript-sdk-2.1", "v2.1"),
    Suite("typescript-sdk-6.0", "ts 6.0", "node", "@zohocrm/typescript-sdk-6.0", "v6"),
    Suite("typescript-sdk-8.0", "ts 8.0", "node", "@zohocrm/typescript-sdk-8.0", "v8"),
    Suite("zcrmsdk", "py 2.0", "python", "zcrmsdk", "v2"),
    Suite("zohocrmsdk2-1", "py 2.1", "python", "zcrmsdk", "v2.1"),
    Suite("zohocrmsdk5-0", "py 5.0", "python", "zohocrmsdk", "v5"),
    Suite("zohocrmsdk6-0", "py 6.0", "python", "zohocrmsdk", "v6"),
    Suite("zohocrmsdk7-0", "py 7.0", "python", "zohocrmsdk", "v7"),
    Suite("zohocrmsdk8-0", "py 8.0", "python", "zohocrmsdk", "v8"),
]
Client = collections.namedtuple("Client", "name short file")
CLIENTS = [
    Client("airbyte-source-zoho-crm", "Airbyte's source", "airbyte_source.py"),
    Client("zoho-crm-connector", "connector", "crm_connector.py"),
]


def plain(name):
    """A scenario's name as both kinds of suite have it."""
    return " ".join(re.findall(r"[a-z0-9]+", name.lower().removeprefix("test_")))


def run(command, environment):
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    return done.returncode, done.stdout


def run_node(suite, environment, folder):
    """Scenario by scenario, whether it passed; None: skipped."""
    for file in HERE.glob("*.mjs"):
        shutil.copy(file, folder)
    status, output = run(["node", "--test", "--test-reporter=tap", str(folder / "suite.mjs")], environment)
    found = re.findall(r"^ *(ok|not ok) \d+ - (.*?)(?: # .*)?$", output, re.M)
    return {plain(name): ok == "ok" for ok, name in found if not name.endswith("suite.mjs")}, status, output


def python_of(suite, folder):
    return str(folder / f"venv-{suite.name}" / "bin" / "python")


def run_python(suite, environment, folder, file="suite.py"):
    status, output = run([python_of(suite, folder), "-B", str(HERE / file), "-v"], environment)
    bad = set(re.findall(r"^(?:FAIL|ERROR): (test_\w+)", output, re.M))
    skipped = set(re.findall(r"^(test_\w+) \(.*\) \.\.\. skipped", output, re.M))
    names = re.findall(r"^(test_\w+) \(", output, re.M)
    return {plain(name): None if name in skipped else name not in bad for name in names}, status, output


def check_shapes(suite, url, folder):
    """Whether every answer has the types that the SDK's own json_details.json says; prints those that have not."""
    places = folder / "node_modules" / suite.package if suite.kind == "node" else folder / f"venv-{suite.name}" / "lib"
    [details] = [path for path in places.rglob("json_details.json") if suite.kind == "node" or path.parts[-3] == suite.package]
    found = shapes.faults(url, suite.version, details)
    for (answer, member, expected), (count, sample) in found.items():
        print(f"{suite.name}: {answer}: {member}: expected {expected}, found {sample!r:.120} ({count} times)")
    return not found


# The programs of docs/sdks.md: language of the block, what runs it, and the suite that it is written for.
PROGRAMS = [("js", "first.mjs", lambda folder: ["node", folder / "first.mjs"], "nodejs-sdk-8.0"),
            ("python", "first.py", lambda folder: [folder / "venv-zohocrmsdk8-0" / "bin" / "python", folder / "first.py"], "zohocrmsdk8-0")]


def printed(language):
    """The program of the page in that language, and what it is said to print."""
    text = (HERE.parents[1] / "docs" / "sdks.md").read_text()
    said = re.search(r"^```\n(\d+ success .*)\n```$", text, re.M).group(1)
    return re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S).group(1), said


def run_program(language, name, command, url, folder):
    """Whether it does what the page says, in an empty folder."""
    program, said = printed(language)
    assert program.count("http://127.0.0.1:8080") == 1
    (folder / name).write_text(program.replace("http://127.0.0.1:8080", url))
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(command(folder), cwd=empty, capture_output=True, text=True, timeout=120)
    if (done.returncode, done.stdout.strip()) != (0, said):
        print(f"the program of docs/sdks.md in {language}: {done.stdout}{done.stderr}")
    return (done.returncode, done.stdout.strip()) == (0, said)


def print_table(results):
    """Scenarios by SDK: + passed, - failed, blank where the SDK or its API version has no such thing."""
    scenarios = list(dict.fromkeys(name for found in results.values() for name in found))
    print("| scenario | " + " | ".join(suite.short for suite in results) + " |")
    print("| --- |" + " --- |" * len(results))
    for scenario in scenarios:
        marks = [{True: "+", False: "-", None: " "}[found.get(scenario)] for found in results.values()]
        print(f"| {scenario} | " + " | ".join(marks) + " |")


def environment_of(suite, server, files, **more):
    return {"CRMOCK_URL": server.url, "CRMOCK_FOLDER": str(files), "CRMOCK_SDK": suite.package, "CRMOCK_SDK_VERSION": suite.version} | more


def run_suite(suite, environment, folder):
    """Scenario by scenario, whether it passed; prints what a suite said of which some have not."""
    return outcomes_of(*(run_node if suite.kind == "node" else run_python)(suite, environment, folder))


def outcomes_of(found, status, output):
    if (status != 0 or not found) and False not in found.values():
        found["the suite itself"] = False
    if False in found.values():
        print(output)
    return found


def send(method, url, body=None, token=None):
    headers = {"Authorization": f"Zoho-oauthtoken {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, body and json.dumps(body).encode(), headers, method=method)) as answer:
        return answer.read()


def tls_server(folder, *arguments):
    """Also with its TLS side and its proxy. Its authority stays: clients trust it once."""
    from server import Server
    return Server("--tls-port", "0", "--proxy-port", "0", "--tls-dir", folder / "tls", "--log-level", "warning", *arguments, log=None)


def proxy_of(server):
    return f"http://127.0.0.1:{server.proxy_port}"


# Together: both change the same records. The one is told where TLS is spoken, the other goes to the service's own hosts.
AT_ONCE = ("nodejs-sdk-8.0", "zohocrmsdk8-0")
DEAL = "crm/v8/Deals/554023000000497007"


def environment_over_tls(suite, server, files, **more):
    if suite.kind == "node":
        way = {"CRMOCK_URL": f"https://127.0.0.1:{server.tls_port}", "NODE_EXTRA_CA_CERTS": f"{server.folder}/ca.pem"}
    else:
        way = {"CRMOCK_URL": "https://www.zohoapis.com", "HTTPS_PROXY": proxy_of(server)} | dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), f"{server.folder}/ca.pem")
    return environment_of(suite, server, files, **more) | way


def run_at_once(suites, server, folder):
    """The suites at the same time, each told apart by its credentials alone: both have the one base URL. Whether all of each
    passed, by its suite; and main must not have noticed."""
    before = send("GET", f"{server.url}/{DEAL}", token="1000.crmock.admin")
    with concurrent.futures.ThreadPoolExecutor(len(suites)) as pool:
        started = {}
        for suite in suites:
            id = suite.name.replace(".", "-")
            send("POST", f"{server.url}/_crmock/sandboxes", {"id": id})
            started[suite] = pool.submit(run_suite, suite, environment_over_tls(suite, server, folder / f"files-{id}", CRMOCK_SANDBOX=id), folder)
        passed = {suite: False not in found.result().values() for suite, found in started.items()}
    is_same = send("GET", f"{server.url}/{DEAL}", token="1000.crmock.admin") == before
    for suite in suites:
        sandbox = suite.name.replace(".", "-")
        passed[suite] = passed[suite] and is_same and send("GET", f"{server.url}/{DEAL}", token=f"1000.{sandbox}.admin") != before
        shutil.rmtree(folder / f"files-{sandbox}", ignore_errors=True)
    return passed


def small_org(folder):
    """The default org, but for the fifty thousand leads: 450 of them make pages as well. The options for a server."""
    place = folder / "org"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(HERE.parents[1] / "fixtures" / "enterprise", place)
    leads = (place / "leads.json").read_text()
    assert leads.count('"generate": 50000,') == 1
    (place / "leads.json").write_text(leads.replace('"generate": 50000,', '"generate": 450,'))
    return "--fixtures", str(place)


def trust(client, authority, folder):
    """Adds the authority to those that the Python of the client trusts. REQUESTS_CA_BUNDLE is not enough: requests ignores it for
    what is prepared first and sent then, as both clients do."""
    bundle = pathlib.Path(subprocess.run([python_of(client, folder), "-m", "certifi"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    certificate = pathlib.Path(authority).read_text()
    if certificate not in bundle.read_text():
        with bundle.open("a") as file:
            file.write(certificate)


def run_clients(clients, folder):
    """Scenario by scenario, whether each passed."""
    server, results = tls_server(folder, *small_org(folder)), {}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "https_proxy", "NO_PROXY", "no_proxy"):
        os.environ.pop(name, None)
    for client in clients:
        trust(client, f"{server.folder}/ca.pem", folder)
        results[client] = outcomes_of(*run_python(client, {"CRMOCK_URL": server.url, "HTTPS_PROXY": proxy_of(server)}, folder, client.file))
    server.stop()
    return results


def chosen(list):
    return [one for one in list if one.name in sys.argv[3:] or not sys.argv[3:]]


def main():
    os.environ["CRMOCK"] = os.path.abspath(sys.argv[1])
    folder = pathlib.Path(sys.argv[2]).resolve()
    sys.path.insert(0, str(HERE.parent / "api"))
    from server import Server
    server = Server("--log-level", "warning", log=None)
    results = {}
    for suite in chosen(SUITES):
        shutil.rmtree(folder / "files", ignore_errors=True)
        found = run_suite(suite, environment_of(suite, server, folder / "files"), folder)
        found["every answer has the types that the sdk tells"] = check_shapes(suite, server.url, folder)
        for language, name, command, of in PROGRAMS:
            if of == suite.name:
                found["the program of the documentation"] = run_program(language, name, command, server.url, folder)
        results[suite] = found
    server.stop()
    both = [suite for suite in results if suite.name in AT_ONCE]
    if len(both) == len(AT_ONCE):
        server = tls_server(folder)
        for suite, passed in run_at_once(both, server, folder).items():
            results[suite]["all of it over tls in a sandbox while another sdk is in another"] = passed
        server.stop()
    clients = run_clients(chosen(CLIENTS), folder)
    for tested in filter(None, (results, clients)):
        print_table(tested)
    results |= clients
    outcomes = [outcome for found in results.values() for outcome in found.values()]
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
    return 1 if False in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
