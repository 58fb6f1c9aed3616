"""Answers against OpenAPI documents: crmock's own, and the service's where they are at hand."""
import functools
import json
import os
import pathlib
import re

import jsonschema

OAS = pathlib.Path(os.environ.get("CRMOCK_OAS", pathlib.Path(__file__).resolve().parents[3] / "shared" / "oas"))
REMOTE = re.compile(r"^https://raw\.githubusercontent\.com/.*/v8\.0/(\w+\.json)#")


# What every answer of the control API has.
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}


def is_control(path):
    """A path of the control API, be it a sandbox's or not."""
    return re.match(r"(/_s/[^/?]*)?/_crmock(?![^/?])", path) is not None


def is_of_control(headers):
    """An answer of the control API, which has something to say to other requests as well: that there is no such sandbox, say."""
    return headers["Cross-Origin-Resource-Policy"] is not None


class Document:
    """crmock's OpenAPI document, or its control API's, as one of its servers gave it."""

    def __init__(self, text):
        self.json = json.loads(text)
        self.validators = {}

    def operation(self, method, path):
        """The documented operation of a request, or None."""
        # those with the fewest parts in braces first: settings/fields is no record
        for pattern, item in sorted(self.json["paths"].items(), key=lambda entry: entry[0].count("{")):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path.partition("?")[0]):
                return item.get("get" if method == "HEAD" else method.lower())
        return None

    def validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            root = {**schema, "components": self.json["components"]}
            self.validators[key] = jsonschema.Draft202012Validator(root)
        return self.validators[key]

    def check_control(self, method, path, status, headers, body):
        """The same of an answer of the control API: one to a path that there is none of is a refusal, too."""
        where = f"{method} {path}: {status}"
        path = re.sub(r"^/_s/[^/]*", "", path)
        operation = self.operation(method, path)
        is_kept = operation is not None and "304" in operation["responses"] and status in (200, 304)
        expected = PRIVATE | ({"Cache-Control": "no-cache"} if is_kept else {})
        assert {name: headers[name] for name in PRIVATE} == expected, where
        if operation is None:
            response = self.json["components"]["responses"].get(str(status))
        else:
            response = operation["responses"].get(str(status))
        assert response is not None, f"{where} is not documented"
        if "$ref" in response:
            response = self.json["components"]["responses"][response["$ref"].rpartition("/")[2]]
        assert ("content" in response) == (headers["Content-Type"] is not None), where
        assert (body is not None) == ("content" in response and method != "HEAD"), where
        if body is not None:
            errors = list(self.validator(response["content"][headers["Content-Type"]]["schema"]).iter_errors(body))
            assert not errors, (where, body, errors[:2])

    def check(self, method, path, status, headers, body):
        """Raises when an answer is not as documented."""
        check_places(path, body)
        operation = self.operation(method, path)
        if operation is None or headers.get("Cross-Origin-Resource-Policy"):
            return  # the latter: the control API says that there is no such sandbox
        response = operation["responses"].get(str(status))
        assert response is not None, f"{method} {path}: {status} is not documented"
        told = {name for name in headers.keys() if name.startswith("X-")}
        assert told <= response.get("headers", {}).keys(), f"{method} {path}: {status} has headers that are not documented: {told}"
        media = (headers["Content-Type"] or "").partition(";")[0]
        if body is None and status in (204, 304):
            return
        if body is None:
            assert method == "HEAD" or headers["Content-Length"] == "0"
            return
        schema = response["content"][media]["schema"]
        errors = list(self.validator(schema).iter_errors(body))
        assert not errors, (method, path, status, body, errors[:2])


def refusals(body):
    """The refusals that an answer is, or has in its list."""
    entries = [body, *body.get("data", [])] if isinstance(body, dict) and isinstance(body.get("data", []), list) else [body]
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("status") == "error" and isinstance(entry.get("details"), dict)]


def check_places(path, body):
    """F1: v2 never says where in a request the fault is, later versions always do."""
    version = path.split("/")[2] if path.startswith("/crm/") and path.count("/") > 2 else None
    for refusal in refusals(body):
        details = refusal["details"]
        if version == "v2":
            assert not {"json_path", "resource_path_index"} & details.keys(), (path, details)
        elif version is not None:
            assert "api_name" not in details or "json_path" in details or "id" in details, (path, details)


@functools.cache
def service_file(name):
    """One of the service's own files, OpenAPI 3.0, with references that stay in the folder. Its oneOf lists shapes of
    which one is often part of another, so that what fits one fits two: any will do."""
    def mend(item):
        if isinstance(item.get("$ref"), str):
            item["$ref"] = REMOTE.sub(r"\1#", item["$ref"])
        if isinstance(item.get("oneOf"), list):
            item["anyOf"] = item.pop("oneOf")
        return item
    return json.loads((OAS / name).read_text(), object_hook=mend)


def service_errors(name, pointer, value):
    """What the service's schema at #/components/schemas/... of a file says against a value."""
    root = service_file(name)
    store = {file.name: service_file(file.name) for file in OAS.glob("*.json")}
    resolver = jsonschema.RefResolver(name, root, store=store)
    return list(jsonschema.Draft4Validator({"$ref": f"{name}#/components/schemas/{pointer}"}, resolver=resolver).iter_errors(value))
