"""Airbyte's source for the service, unmodified, against crmock: its command line, as Airbyte itself runs it, with the file of
docs/sdks.md.

CRMOCK_URL is the server's plain URL, for what is held against it; the source knows the service's own hosts only, and gets to them by
HTTPS_PROXY. Run by the Python that has it.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

URL = os.environ["CRMOCK_URL"]
SOURCE = pathlib.Path(sys.executable).with_name("source-zoho-crm")
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "sdks.md"
CONFIG = json.loads(re.search(r"^```json\n(.*?)^```$", PAGE.read_text(), re.M | re.S).group(1))
DEAL, WEB_LEADS = "554023000000497007", "554023000000091501"


def said(path, body=None):
    request = urllib.request.Request(f"{URL}/{path}", body and json.dumps(body).encode(), {"Authorization": "Zoho-oauthtoken 1000.crmock.admin"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read())


def run(command, config, **files):
    """How it ends, and the messages that it prints."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [SOURCE, command]
        for option, content in {"config": config, **files}.items():
            (pathlib.Path(folder) / option).write_text(json.dumps(content))
            arguments += [f"--{option}", f"{folder}/{option}"]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    assert done.stderr == "", done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def troubles(messages):
    return [message for message in messages if message.get("log", {}).get("level", "INFO") != "INFO" or message.get("trace", {}).get("type") == "ERROR"]


def source(command, config=CONFIG, **files):
    """The messages that it prints, which must not be of any trouble."""
    status, messages = run(command, config, **files)
    assert (status, troubles(messages)) == (0, []), (status, troubles(messages))
    return messages


def only(type, messages):
    return [message for message in messages if message["type"] == type]


def modules():
    return [module for module in said("crm/v2/settings/modules")["modules"] if module["api_supported"]]


def ids_of(module):
    """Of all records, page by page."""
    ids, page = [], {"info": {"page": 0, "more_records": True}}
    while page["info"]["more_records"]:
        page = said(f"crm/v2/{module}?page={page['info']['page'] + 1}")
        ids += [record["id"] for record in page["data"]]
    return ids


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        [catalog] = only("CATALOG", source("discover"))
        cls.streams = {stream["json_schema"]["description"]: stream for stream in catalog["catalog"]["streams"]}

    def read(self, mode, **files):
        """The ids that are read of each module, and the state that is told."""
        streams = [{"stream": stream, "sync_mode": mode, "cursor_field": ["Modified_Time"], "destination_sync_mode": "append"} for stream in self.streams.values()]
        messages = source("read", catalog={"streams": streams}, **files)
        ids = {stream["name"]: [] for stream in self.streams.values()}
        for message in only("RECORD", messages):
            ids[message["record"]["stream"]].append(message["record"]["data"]["id"])
        return {module: ids[stream["name"]] for module, stream in self.streams.items()}, [message["state"] for message in only("STATE", messages)]

    def test_check_of_the_connection_succeeds(self):
        [status] = only("CONNECTION_STATUS", source("check"))
        self.assertEqual(status["connectionStatus"], {"status": "SUCCEEDED"})

    def test_check_with_another_secret_does_not(self):
        status, messages = run("check", CONFIG | {"client_secret": "another"})
        self.assertEqual((status, only("CONNECTION_STATUS", messages)), (1, []))
        self.assertIn("Error while refreshing access token", troubles(messages)[0]["log"]["message"])

    def test_every_data_centre_is_reached(self):
        for region, environment, host in [("AU", "Production", "zohoapis.com.au"), ("EU", "Sandbox", "sandbox.zohoapis.eu"), ("CN", "Developer", "developer.zohoapis.com.cn")]:
            [status] = only("CONNECTION_STATUS", source("check", CONFIG | {"dc_region": region, "environment": environment}))
            self.assertEqual(status["connectionStatus"], {"status": "SUCCEEDED"})
            self.assertEqual(said("_crmock/requests?limit=1")["requests"][0]["headers"]["Host"], host)

    def test_discover_has_each_module_with_its_fields(self):
        self.assertEqual(sorted(self.streams), sorted(module["module_name"] for module in modules()))
        for module in modules():
            stream = self.streams[module["module_name"]]
            fields = {field["api_name"] for field in said(f"crm/v2/settings/fields?module={module['api_name']}")["fields"]}
            self.assertEqual(set(stream["json_schema"]["properties"]), fields | {"id", "Modified_Time"})
            self.assertEqual((stream["supported_sync_modes"], stream["default_cursor_field"]), (["full_refresh", "incremental"], ["Modified_Time"]))

    def test_read_has_every_record_of_each_module(self):
        ids, _ = self.read("full_refresh")
        for module in modules():
            self.assertEqual(sorted(ids[module["module_name"]]), sorted(ids_of(module["api_name"])), module["api_name"])

    def test_read_with_state_has_what_a_mass_update_changed(self):
        ids, state = self.read("incremental")
        self.assertEqual(sum(map(len, ids.values())), sum(len(ids_of(module["api_name"])) for module in modules()))
        said("crm/v2/Deals/actions/mass_update", {"data": [{"Lead_Source": "Advertisement"}], "ids": [DEAL]})
        job = said("crm/v2/Leads/actions/mass_update", {"data": [{"City": "Volos"}], "cvid": WEB_LEADS})["data"][0]["details"]["job_id"]
        while said(f"crm/v2/Leads/actions/mass_update?job_id={job}")["data"][0]["Status"] != "COMPLETED":
            pass
        changed = {"Deals": [DEAL], "Leads": [record["id"] for record in said(f"crm/v2/Leads?cvid={WEB_LEADS}")["data"]]}
        ids, state = self.read("incremental", state=state)
        self.assertEqual({module: sorted(found) for module, found in ids.items() if found}, {module: sorted(found) for module, found in changed.items()})
        ids, _ = self.read("incremental", state=state)
        self.assertEqual([module for module, found in ids.items() if found], [])


if __name__ == "__main__":
    unittest.main()
