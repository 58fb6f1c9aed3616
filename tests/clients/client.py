"""One request by requests. usage: client.py METHOD URL BODY SECONDS [FIRST]

Prints a line of JSON: what came of it. With FIRST, that is fetched before, over the same connection.
"""
import json
import sys

import requests


def told(outcome, status=None, body=None, error=None):
    print(json.dumps({"outcome": outcome, "status": status, "body": body, "error": error}))


def main(method, url, body, seconds, *first):
    session = requests.Session()
    session.headers["Authorization"] = "Zoho-oauthtoken 1000.crmock.admin"
    for one in first:
        session.get(one)
    answer = None
    try:
        answer = session.request(method, url, data=body or None, timeout=float(seconds))
        if answer.ok:
            answer.json()
        told("answer", answer.status_code, answer.text)
    except requests.RequestException as error:
        status, text = (None, None) if answer is None else (answer.status_code, answer.text)
        told("error", status, text, {"name": type(error).__name__, "message": str(error)})


main(*sys.argv[1:])
