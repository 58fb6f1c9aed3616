"""PyPI's zoho-crm-connector, unmodified, against crmock: each of its public calls.

CRMOCK_URL is the server's plain URL, for what is held against it; the connector knows the service's own hosts, and gets to them by
HTTPS_PROXY. Run by the Python that has it.
"""
import datetime
import json
import os
import pathlib
import tempfile
import unittest
import urllib.request

from zoho_crm_connector import Zoho_crm
from zoho_crm_connector.zoho_crm_api import escape_zoho_characters_v2

URL = os.environ["CRMOCK_URL"]
DEAL, LEAD = "554023000000497007", "554023000000600001"


def send(method, path, body=None):
    request = urllib.request.Request(f"{URL}/{path}", body and json.dumps(body).encode(), {"Authorization": "Zoho-oauthtoken 1000.crmock.admin"}, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.loads(answer.read())


def said(path):
    return send("GET", f"crm/v2/{path}")


def asked():
    """Paths of the last requests, and the hosts that they name, the last first."""
    return [(request["path"], request["headers"]["Host"]) for request in send("GET", "_crmock/requests?limit=2")["requests"]]


def connector(folder, secret="crmock-secret", **keywords):
    return Zoho_crm(refresh_token="1000.crmock.refresh", client_id="1000.CRMOCK", client_secret=secret, token_file_dir=pathlib.Path(folder),
                    default_zoho_user_name="Somebody", default_zoho_user_id="1", **keywords)


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.crm = connector(cls.folder.name)

    def found(self, module, **keywords):
        return [record for page in self.crm.yield_page_from_module(module, **keywords) for record in page]

    def ids(self, module, **keywords):
        return [record["id"] for record in self.found(module, **keywords)]

    def test_pages_have_every_record(self):
        pages = list(self.crm.yield_page_from_module("Leads", parameters={"fields": "Last_Name", "per_page": 150}))
        self.assertEqual([len(page) for page in pages[:-1]], [150] * (len(pages) - 1))
        self.assertEqual(len({record["id"] for page in pages for record in page}), said("Leads/actions/count")["count"])
        deals = self.found("Deals")
        self.assertEqual(asked()[0], ("/crm/v2/Deals", "www.zohoapis.com"))
        self.assertEqual(deals, said("Deals")["data"])

    def test_pages_since_a_time_have_what_a_mass_update_changed(self):
        one, *others = said("Vendors")["data"]
        since = max(datetime.datetime.fromisoformat(vendor["Modified_Time"]) for vendor in [one, *others]) + datetime.timedelta(seconds=1)
        self.assertEqual(self.ids("Vendors", modified_since=since), [])
        send("POST", "crm/v2/Vendors/actions/mass_update", {"data": [{"Category": "changed"}], "ids": [one["id"]]})
        self.assertEqual(self.ids("Vendors", modified_since=since), [one["id"]])

    def test_a_search_by_criteria(self):
        for criteria, names in [("(Last_Name:equals:Bulk lead 7)", ["Bulk lead 7"]), ("(Last_Name:in:Bulk lead 7,Bulk lead 8)", ["Bulk lead 8", "Bulk lead 7"]), ("(Last_Name:equals:nobody)", []),
                                ("((Last_Name:starts_with:Bulk lead 4) and (Email:equals:bulk44@bulk.example))", ["Bulk lead 44"])]:
            self.assertEqual([record["Last_Name"] for record in self.found("Leads", criteria=criteria)], names, criteria)
        self.assertEqual(escape_zoho_characters_v2("a (b)"), r"a \(b\)")
        self.assertEqual(len(self.found("Leads", criteria="(Last_Name:starts_with:Bulk lead)")), 450)

    def test_a_search_that_is_wrong(self):
        with self.assertRaisesRegex(RuntimeError, "INVALID_QUERY"):
            self.found("Leads", criteria="(Nope:equals:x)")

    def test_a_record(self):
        self.assertEqual(self.crm.get_record_by_id("Deals", DEAL), said(f"Deals/{DEAL}")["data"][0])

    def test_users(self):
        self.assertEqual(self.crm.get_users()["users"], said("users?type=AllUsers")["users"])
        self.assertEqual(self.crm.finduser_by_name("Mary Manager"), ("Mary Manager", "554023000000235021"))
        self.assertEqual(self.crm.finduser_by_name("Nobody"), ("Somebody", "1"))

    def test_fields(self):
        self.assertEqual(self.crm.get_module_field_api_names("Leads"), [field["api_name"] for field in said("settings/fields?module=Leads")["fields"]])

    def test_upsert_and_delete(self):
        criteria = f"(Account_Name:equals:{escape_zoho_characters_v2('Connected (1)')})"
        for phone in ("1", "2"):
            success, record = self.crm.upsert_zoho_module("Accounts", {"data": [{"Account_Name": "Connected (1)", "Phone": phone}]}, criteria=criteria)
            self.assertEqual((success, record), (True, said(f"Accounts/{record['id']}")["data"][0]))
            self.assertEqual((record["Phone"], self.ids("Accounts", criteria=criteria)), (phone, [record["id"]]))
        success, answer = self.crm.delete_from_module("Accounts", record["id"])
        self.assertEqual((success, answer["data"][0]["message"], self.ids("Accounts", criteria=criteria)), (True, "record deleted", []))
        success, answer = self.crm.delete_from_module("Accounts", record["id"])
        self.assertEqual((success, answer["data"][0]["code"]), (False, "INVALID_DATA"))

    def test_upsert_of_a_record_that_is_refused(self):
        success, answer = self.crm.upsert_zoho_module("Accounts", {"data": [{"Phone": "1"}]})
        self.assertEqual((success, answer["data"][0]["code"], answer["data"][0]["details"]), (False, "MANDATORY_NOT_FOUND", {"api_name": "Account_Name"}))

    def test_update(self):
        success, answer = self.crm.update_zoho_module("Leads", {"data": [{"id": LEAD, "City": "Volos"}]})
        self.assertEqual((success, answer["data"][0]["code"], said(f"Leads/{LEAD}")["data"][0]["City"]), (True, "SUCCESS", "Volos"))

    def test_what_crmock_does_not_serve_is_said(self):
        for call in (lambda: list(self.crm.yield_deleted_records_from_module("Accounts")), lambda: self.crm.get_related_records("Accounts", "Contacts", "554023000000620001"),
                     lambda: self.crm.get_records_through_coql_query("select Last_Name from Leads where Last_Name is not null")):
            with self.assertRaisesRegex(RuntimeError, "404.*INVALID_URL_PATTERN"):
                call()

    def test_another_data_centre(self):
        with tempfile.TemporaryDirectory() as folder:
            crm = connector(folder, base_url="https://www.zohoapis.com.au/crm/v2/", hosting=".AU")
            self.assertEqual(crm.get_record_by_id("Deals", DEAL)["id"], DEAL)
            self.assertEqual(asked(), [(f"/crm/v2/Deals/{DEAL}", "www.zohoapis.com.au"), ("/oauth/v2/token", "accounts.zoho.com.au")])

    def test_a_kept_token_is_used(self):
        kept = pathlib.Path(self.folder.name, "access_token.json").read_text()
        self.assertEqual(connector(self.folder.name).get_record_by_id("Deals", DEAL)["id"], DEAL)
        self.assertEqual(pathlib.Path(self.folder.name, "access_token.json").read_text(), kept)

    def test_a_token_that_expires_is_refreshed(self):
        with tempfile.TemporaryDirectory() as folder:
            crm, file = connector(folder), pathlib.Path(folder, "access_token.json")
            first = json.loads(file.read_text())["access_token"]
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{URL}/oauth/v2/token/revoke?token={first}", b"") as answer:
                self.assertEqual(answer.status, 200)
            self.assertEqual(crm.get_record_by_id("Deals", DEAL)["id"], DEAL)
            self.assertNotEqual(json.loads(file.read_text())["access_token"], first)

    def test_another_secret_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(RuntimeError, "invalid_client_secret"):
            connector(folder, secret="another")


if __name__ == "__main__":
    unittest.main()
