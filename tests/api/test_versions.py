"""What docs/versions.md says of versions, where no other file tests it."""
import re

import pytest

import gallery
from server import own_fixtures

TASK_WORDS = {"Tasks": "tasks", "Events": "meetings", "Meetings": "meetings", "Calls": "calls"}


def test_the_versions_are_those_of_the_document(shared):
    listed = re.search(r"crmock serves (.*), each", gallery.page("versions")).group(1)
    assert re.findall(r"v[\d.]*\d", listed) == gallery.VERSIONS == shared.document().json["components"]["parameters"]["version"]["schema"]["enum"]


@pytest.mark.parametrize("version", gallery.VERSIONS)
def test_activities_by_version(start, tmp_path, version):
    words = ["activities", "tasks", "meetings", "calls"]
    tokens = [{"token": word, "client": "1000.CRMOCK", "user": "patricia.boyle@zylker.example", "scopes": f"ZohoCRM.mass_update.{word}.UPDATE"} for word in words]
    server = start("--fixtures", own_fixtures(tmp_path, {"tokens": tokens}))
    for module in ("Activities", "Tasks", "Events", "Meetings", "Calls"):
        served = module != "Meetings" if version != "v8" else module != "Activities"
        allowed = {word for word in words if server.update(module, {}, version, token=word).body["code"] != "OAUTH_SCOPE_MISMATCH"}
        if not served:
            answer = server.update(module, {}, version)
            assert answer.body["code"] == "INVALID_MODULE"
            assert version != "v8" or answer.headers["X-Crmock-Hint"] == "the module exists, and has no mass update in this version; up to v7 it has (docs/versions.md)"
        else:
            assert allowed == ({TASK_WORDS[module]} if version == "v8" else {"activities"}), module


@pytest.mark.parametrize("version", gallery.VERSIONS)
def test_lists_by_version(shared, version):
    early = version in ("v2", "v2.1")
    bare = shared.request("GET", f"/crm/{version}/Leads")
    assert bare.status == (200 if early else 400)
    far = shared.request("GET", f"/crm/{version}/Leads?fields=id&page=12")
    assert far.status == (200 if early else 400) and ("page_token_expiry" in shared.request("GET", f"/crm/{version}/Leads?fields=id").body["info"]) == (not early)
