"""Whether real clients verify crmock's certificate, and reach it by its proxy under the service's names, by what docs/tls.md says and no
more."""
import collections
import os
import pathlib
import subprocess

PATH, HOST = "/crm/v8/org", "www.zohoapis.com"
# Per client of run.py: what has it trust an authority, what has it ask a proxy (nothing: it does not by itself), and what it says
# of a server that it does not know.
Way = collections.namedtuple("Way", "trust proxy refusal")
JAVA_TRUST = "-Djavax.net.ssl.trustStore={keystore} -Djavax.net.ssl.trustStorePassword=crmock"
JAVA = Way({"JAVA_TOOL_OPTIONS": JAVA_TRUST}, {"JAVA_TOOL_OPTIONS": "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port}"}, "SSLHandshakeException")
WAYS = {
    "curl": Way({"CURL_CA_BUNDLE": "{ca}"}, {"HTTPS_PROXY": "{proxy}"}, "60"),
    "requests": Way({"REQUESTS_CA_BUNDLE": "{ca}"}, {"HTTPS_PROXY": "{proxy}"}, "SSLError"),
    "fetch": Way({"NODE_EXTRA_CA_CERTS": "{ca}"}, {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    "net/http": Way({"SSL_CERT_FILE": "{ca}"}, {"HTTPS_PROXY": "{proxy}"}, "url.Error"),
    "HttpURLConnection": JAVA,
    "HttpClient": JAVA,
}
FOREIGN = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS")


def keystore(folder, authority):
    """As docs/tls.md makes one."""
    store = folder / "crmock.p12"
    store.unlink(missing_ok=True)
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "crmock", "-file", authority, "-keystore", store, "-storepass", "crmock"], check=True, capture_output=True)
    return store


def environment(values, *parts):
    """That of the process without what says whom to trust or ask, and these variables."""
    chosen = {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.lower().endswith("_proxy")}
    for part in parts:
        for name, value in part.items():
            chosen[name] = " ".join(filter(None, [chosen.get(name) if name == "JAVA_TOOL_OPTIONS" else None, value.format(**values)]))
    return chosen


def served(run, client, url, env):
    told = run(client, "GET", url, "", 60, env=env)
    return told["status"] == 200 and not told["error"] and '"org"' in told["body"].replace(" ", "")


def hold_tls(server, run, clients, folder):
    """Passed and failed."""
    authority = pathlib.Path(server.folder) / "ca.pem"
    values = {"ca": authority, "proxy": f"http://127.0.0.1:{server.proxy_port}", "port": server.proxy_port}
    if clients.keys() & {"HttpClient", "HttpURLConnection"}:
        values["keystore"] = keystore(folder, authority)
    direct, results = f"https://localhost:{server.tls_port}{PATH}", []
    for name, client in ((name, client) for name, client in clients.items() if name in WAYS):
        way = WAYS[name]
        unknown = run(client, "GET", direct, "", 60, env=environment(values))
        results.append((f"{name} does not trust whom it does not know", unknown["error"] and unknown["error"]["name"] == way.refusal or unknown))
        results.append((f"{name} verifies the certificate", served(run, client, direct, environment(values, way.trust))))
        if way.proxy:
            results.append((f"{name} reaches {HOST} by the proxy", served(run, client, f"https://{HOST}{PATH}", environment(values, way.trust, way.proxy))))
    for what, outcome in results:
        if outcome is not True:
            print(f"{what}: no ({outcome})")
    return sum(outcome is True for _, outcome in results), sum(outcome is not True for _, outcome in results)
