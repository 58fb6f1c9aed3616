"""The official Python SDK, unmodified, against crmock: the way a program of its users works.

CRMOCK_URL is the server's base URL, CRMOCK_FOLDER where the SDK may keep files. Run by the Python that has the SDK.
"""
import datetime
import os
import unittest

from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import Initializer, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.record import (APIException, MassUpdateBodyWrapper, MassUpdateTerritory, Record,
                                                    RecordOperations)
from zohocrmsdk.src.com.zoho.crm.api.record.record_operations import GetMassUpdateStatusParam
from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.util.choice import Choice

URL, FOLDER = os.environ["CRMOCK_URL"], os.environ["CRMOCK_FOLDER"]
DEAL = 554023000000497007


def setUpModule():
    # README: the lines that point the SDK at crmock
    os.makedirs(FOLDER, exist_ok=True)
    environment = DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL)
    token = OAuthToken(client_id="1000.CRMOCK", client_secret="crmock-secret", refresh_token="1000.crmock.refresh")
    Initializer.initialize(environment, token, store=FileStore(f"{FOLDER}/tokens"), resource_path=FOLDER,
                           sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
                           logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=f"{FOLDER}/log"))
    # end


def mass_update(module, fields, ids=None, cvid=None, territory=None, over_write=None):
    record, body = Record(), MassUpdateBodyWrapper()
    for name, value in fields.items():
        record.add_key_value(name, value)
    body.set_data([record])
    if ids:
        body.set_ids([str(id) for id in ids])
    if cvid:
        body.set_cvid(str(cvid))
    if over_write is not None:
        body.set_over_write(over_write)
    if territory:
        place = MassUpdateTerritory()
        place.set_id(territory)
        place.set_include_child(True)
        body.set_territory(place)
    return RecordOperations(module).mass_update_records(body)


def job(module, id):
    parameters = ParameterMap()
    parameters.add(GetMassUpdateStatusParam.job_id, str(id))
    return RecordOperations(module).get_mass_update_status(parameters)


class MassUpdate(unittest.TestCase):
    def test_by_ids_one_success_one_refusal_both_typed(self):
        answer = mass_update("Deals", {"Lead_Source": Choice("Advertisement"), "Type": Choice("Existing Business")}, ids=[DEAL, 554023000000497021])
        self.assertEqual(answer.get_status_code(), 200)
        done, refused = answer.get_object().get_data()
        self.assertEqual(type(done).__name__, "MassUpdateSuccessResponse")
        self.assertEqual(done.get_code().get_value(), "SUCCESS")
        details = done.get_details()
        self.assertEqual(str(details["id"]), str(DEAL))
        self.assertIsInstance(details["Modified_Time"], datetime.datetime)
        self.assertEqual(details["Modified_By"].get_name(), "Patricia Boyle")
        self.assertIsInstance(refused, APIException)
        self.assertEqual(refused.get_code().get_value(), "INVALID_DATA")

    def test_by_view_and_territory_a_job_polled_to_its_end(self):
        answer = mass_update("Accounts", {"Industry": Choice("Education")}, cvid=554023000000091515, territory=554023000000430409)
        [scheduled] = answer.get_object().get_data()
        while True:
            [state] = job("Accounts", scheduled.get_details()["job_id"]).get_object().get_data()
            if state.get_status().get_value() in ("COMPLETED", "FAILED"):
                break
        self.assertEqual((state.get_total_count(), state.get_updated_count(), state.get_failed_count(), state.get_not_updated_count()), (3, 3, 0, 0))

    def test_multi_select_values_added_and_replaced(self):
        for over_write in (False, True):
            answer = mass_update("Deals", {"Languages_Known": [Choice("English"), Choice("Tamil")]}, ids=[DEAL], over_write=over_write)
            self.assertEqual(answer.get_object().get_data()[0].get_code().get_value(), "SUCCESS")

    def test_refusals_are_typed_exceptions(self):
        lead, city = 554023000000600000, {"City": "Volos"}
        cases = {
            "E1": (("Leads", {}, [lead + 1]), "INVALID_DATA"), "E2": (("Leads", {"City": "x", "State": "y"}, [lead + 1]), "INVALID_DATA"),
            "E3": (("Leads", {"Email": "a@b.example"}, [lead + 1]), "INVALID_DATA"), "E8": (("Leads", city, [lead + 11]), "CANNOT_PROCESS"),
            "E9": (("Leads", {"Lead_Status": Choice("Contacted")}, [lead + 19]), "RECORD_IN_BLUEPRINT"), "E10": (("Leads", city), "MANDATORY_NOT_FOUND"),
            "E13": (("Leads", city, None, 554023000000050001), "LIMIT_EXCEEDED"), "E14": (("Leads", city, [lead + 12]), "NOT_APPROVED"),
            "E15": (("Leads", city, None, 554023000000000404), "NO_RECORDS_FOUND"), "E19": (("Leads", city, None, 554023000000091515), "NO_PERMISSION"),
            "E27": (("Leads", city, [lead + 15]), "RECORD_LOCKED"), "E33": (("Leads", city, [lead + 18]), "CONVERTED_RECORD"),
        }
        for row, (call, code) in cases.items():
            with self.subTest(row):
                exception = mass_update(*call).get_object()
                if not isinstance(exception, APIException):
                    [exception] = exception.get_data()
                self.assertIsInstance(exception, APIException)
                self.assertEqual(exception.get_code().get_value(), code)


if __name__ == "__main__":
    unittest.main()
