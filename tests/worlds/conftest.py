"""A suite as crmock's users write one: each test has a sandbox of its own of one server that is there already.

CRMOCK_URL is its base URL; CRMOCK_WAY is how a test's client says which sandbox is its own: prefix, header or token.
"""
import json
import os
import urllib.request

import pytest

URL, WAY = os.environ["CRMOCK_URL"], os.environ["CRMOCK_WAY"]


def send(method, url, body=None, headers=None):
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers or {}, method=method)
    with urllib.request.urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None


class Client:
    """What a program that is tested has: a base URL, a token, and headers that it sends with each request."""

    def __init__(self, made):
        self.url, self.token, self.headers = {
            "prefix": (made["url"], "1000.crmock.admin", {}),
            "header": (URL, "1000.crmock.admin", {"X-Crmock-Sandbox": made["id"]}),
            "token": (URL, made["access_token"], {}),
        }[WAY]

    def __call__(self, method, path, body=None):
        return send(method, f"{self.url}/crm/v8/{path}", body, {"Authorization": f"Zoho-oauthtoken {self.token}"} | self.headers)


@pytest.fixture
def crm():
    made = send("POST", f"{URL}/_crmock/sandboxes", {"ttl": 600})
    yield Client(made)
    send("DELETE", f"{URL}/_crmock/sandboxes/{made['id']}")
