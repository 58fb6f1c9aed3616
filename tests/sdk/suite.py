"""The official Python SDK, unmodified, against crmock: the way a program of its users works.

CRMOCK_URL is the server's base URL, CRMOCK_FOLDER where the SDK may keep files. Run by the Python that has the SDK.
"""
import datetime
import importlib
import inspect
import os
import unittest

PACKAGE = os.environ["CRMOCK_SDK"]  # zohocrmsdk, or zcrmsdk of 2.x: the same names below


def sdk(module, name):
    return getattr(importlib.import_module(f"{PACKAGE}.src.com.zoho.{module}"), name)


OAuthToken = sdk("api.authenticator.oauth_token", "OAuthToken")
FileStore = sdk("api.authenticator.store", "FileStore")
Logger = sdk("api.logger", "Logger")
Initializer, ParameterMap = sdk("crm.api", "Initializer"), sdk("crm.api", "ParameterMap")
DataCenter = sdk("crm.api.dc.data_center", "DataCenter")
SDKConfig, Choice = sdk("crm.api.sdk_config", "SDKConfig"), sdk("crm.api.util.choice", "Choice")
APIException, Record = sdk("crm.api.record", "APIException"), sdk("crm.api.record", "Record")
RecordOperations, MassUpdateTerritory = sdk("crm.api.record", "RecordOperations"), sdk("crm.api.record", "MassUpdateTerritory")
MassUpdateBodyWrapper = sdk("crm.api.record", "MassUpdateBodyWrapper")
GetMassUpdateStatusParam = sdk("crm.api.record.record_operations", "GetMassUpdateStatusParam")

URL, FOLDER = os.environ["CRMOCK_URL"], os.environ["CRMOCK_FOLDER"]
DEAL = 554023000000497007


def initialize_2_x():
    """What the SDKs before 6.0 ask for besides: a user, and a name for the environment."""
    environment = DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL, "crmock")
    token = OAuthToken(client_id="1000.CRMOCK", client_secret="crmock-secret", refresh_token="1000.crmock.refresh")
    user = sdk("crm.api.user_signature", "UserSignature")("patricia.boyle@zylker.example")
    Initializer.initialize(user, environment, token, store=FileStore(f"{FOLDER}/tokens"), resource_path=FOLDER,
                           sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
                           logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=f"{FOLDER}/log"))


def setUpModule():
    os.makedirs(FOLDER, exist_ok=True)
    if PACKAGE == "zcrmsdk":
        initialize_2_x()
        return
    # README: the lines that point the SDK at crmock
    environment = DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL)
    token = OAuthToken(client_id="1000.CRMOCK", client_secret="crmock-secret", refresh_token="1000.crmock.refresh")
    Initializer.initialize(environment, token, store=FileStore(f"{FOLDER}/tokens"), resource_path=FOLDER,
                           sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
                           logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=f"{FOLDER}/log"))
    # end


def call(module, name, argument):
    """From 6.0 on the operations know their module; before, each call is told."""
    if len(inspect.signature(RecordOperations.__init__).parameters) > 1:
        return getattr(RecordOperations(module), name)(argument)
    return getattr(RecordOperations(), name)(module, argument)


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
    return call(module, "mass_update_records", body)


def job(module, id):
    parameters = ParameterMap()
    parameters.add(GetMassUpdateStatusParam.job_id, str(id))
    return call(module, "get_mass_update_status", parameters)


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
