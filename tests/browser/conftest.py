"""Logins by a real browser: Debian's Chromium, without a screen."""
import http.server
import json
import os
import pathlib
import sys
import threading
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))
from server import Server  # noqa: E402

PATIENCE = 60
# Nothing of the browser's own goes out, and no page has scripts.
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--no-first-run", "--no-default-browser-check", "--window-size=1000,1100", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]


class Application:
    """A web application on this machine: it takes what the browser is sent back with."""

    def __init__(self):
        application, self.seen = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                address, _, query = self.path.partition("?")
                if address != "/favicon.ico":
                    application.seen.append((address, dict(urllib.parse.parse_qsl(query, strict_parsing=True)), self.headers["Referer"]))
                body = b"<!DOCTYPE html><html lang=en><title>The application</title><p>Welcome back."
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        self.callback = self.url + "/callback?tab=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory):
    os.environ["CRMOCK_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(PATIENCE)
    yield driver
    driver.quit()


@pytest.fixture
def application():
    application = Application()
    yield application
    application.stop()


@pytest.fixture
def start(tmp_path):
    servers = []

    def start_one(*arguments):
        servers.append(Server(*arguments, db=tmp_path / "store.db"))
        return servers[-1]
    yield start_one
    for server in servers:
        server.stop()


def events(browser):
    """What the browser has done since it was asked last: the protocol's messages."""
    return [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]


def requests(browser):
    """Addresses that the pages have asked for, or were kept from asking for."""
    return [event["params"]["request"]["url"] for event in events(browser) if event["method"] == "Network.requestWillBeSent"]
