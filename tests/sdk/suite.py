"""The official Python SDK, unmodified, against crmock: the way a program of its users works.

CRMOCK_URL is the server's base URL, CRMOCK_FOLDER where the SDK may keep files, CRMOCK_SANDBOX (main without it) the sandbox whose
credentials it is given. Run by the Python that has the SDK. Asserts
are on the SDK's typed objects, held against what the server says to a plain request. The scenarios are those of suite.mjs.
"""
import datetime
import json
import os
import pathlib
import re
import unittest
import urllib.request

import adapter
from adapter import VERSION, Choice, DataCenter, FileStore, HeaderMap, Initializer, Logger, OAuthToken, ParameterMap, SDKConfig, metadata, parameters, plain, record, records, sdk

URL, FOLDER = os.environ["CRMOCK_URL"], os.environ["CRMOCK_FOLDER"]
SANDBOX = os.environ.get("CRMOCK_SANDBOX")
CLIENT, REFRESH, ADMIN = (f"1000.{SANDBOX}.CRMOCK" if SANDBOX else "1000.CRMOCK"), f"1000.{SANDBOX or 'crmock'}.refresh", f"1000.{SANDBOX or 'crmock'}.admin"
ISSUED = rf"1000\.{SANDBOX}\.[0-9a-f]{{64}}" if SANDBOX else r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}"
DEAL, MANY = 554023000000497007, 554023000000050000
TOKEN = []


def initialize_named():
    """What the SDKs before 6.0 ask for besides: a name for the environment, and before 5.0 a user."""
    environment = DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL, "crmock")
    token = OAuthToken(client_id=CLIENT, client_secret="crmock-secret", refresh_token=REFRESH)
    user = [sdk("crm.api.user_signature", "UserSignature")("patricia.boyle@zylker.example")] if VERSION == "v2.1" else []
    Initializer.initialize(*user, environment, token, store=FileStore(f"{FOLDER}/tokens"), resource_path=FOLDER,
                           sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
                           logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=f"{FOLDER}/log"))
    TOKEN.append(token)


def initialize_first():
    """The first of the SDKs, zcrmsdk 3.1.0: a token is told of which kind it is, and everything has its place in the row."""
    environment = DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL)
    token = OAuthToken(CLIENT, "crmock-secret", REFRESH, adapter.TokenType.REFRESH)
    Initializer.initialize(sdk("crm.api.user_signature", "UserSignature")("patricia.boyle@zylker.example"), environment, token, FileStore(f"{FOLDER}/tokens"),
                           SDKConfig(auto_refresh_fields=True, pick_list_validation=False), FOLDER, Logger.get_instance(Logger.Levels.ERROR, f"{FOLDER}/log"))
    TOKEN.append(token)


def setUpModule():
    os.makedirs(FOLDER, exist_ok=True)
    if VERSION in ("v2", "v2.1", "v5"):
        initialize_first() if VERSION == "v2" else initialize_named()
        return
    us = sdk("crm.api.dc", "USDataCenter").PRODUCTION()
    environment = us if us.url == URL else DataCenter.Environment(URL, f"{URL}/oauth/v2/token", URL)
    token = OAuthToken(client_id=CLIENT, client_secret="crmock-secret", refresh_token=REFRESH)
    Initializer.initialize(environment, token, store=FileStore(f"{FOLDER}/tokens"), resource_path=FOLDER,
                           sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
                           logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=f"{FOLDER}/log"))
    TOKEN.append(token)


def said(path):
    """What a client without an SDK is told."""
    request = urllib.request.Request(f"{URL}/crm/{VERSION}/{path}", headers={"Authorization": f"Zoho-oauthtoken {ADMIN}"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def new_record(fields):
    made = record("Record")()
    for name, value in fields.items():
        made.add_key_value(name, value)
    return made


def mass_update(module, fields, ids=None, cvid=None, territory=None, over_write=None):
    body = record("MassUpdateBodyWrapper")()
    body.set_data([new_record(fields)])
    if ids:
        body.set_ids([str(id) for id in ids])
    if cvid:
        body.set_cvid(str(cvid))
    if over_write is not None:
        body.set_over_write(over_write)
    if territory:
        place = record("Territory" if VERSION == "v2" else "MassUpdateTerritory")()
        place.set_id(territory)
        place.set_include_child(True)
        body.set_territory(place)
    return records(module, "mass_update_records", body)


def job(module, id):
    return records(module, "get_mass_update_status", parameters(sdk("crm.api.record.record_operations", "GetMassUpdateStatusParam"), job_id=str(id)))


def ended(module, id):
    while True:
        [state] = job(module, id).get_object().get_data()
        if plain(state.get_status()) in ("COMPLETED", "FAILED"):
            return state


def insert(module, *fields):
    body = record("BodyWrapper")()
    body.set_data([new_record(one) for one in fields])
    return records(module, "create_records", body).get_object().get_data()


def insert_one(module, **fields):
    return int(insert(module, fields)[0].get_details()["id"])


def read_one(module, id):
    return records(module, "get_record", int(id)).get_object().get_data()[0]


def id_of(typed):
    return typed.get_id() if hasattr(typed, "get_id") else typed["id"]


def is_same(typed, raw):
    """Whether a typed value is what a plain request says."""
    if raw is None:
        return typed is None
    if isinstance(typed, datetime.datetime):
        return typed.timestamp() == datetime.datetime.fromisoformat(raw).timestamp()
    if isinstance(typed, datetime.date):
        return typed.isoformat() == raw
    if isinstance(raw, list):
        return isinstance(typed, list) and len(typed) == len(raw) and all(map(is_same, typed, raw))
    if isinstance(raw, dict):
        return str(id_of(typed)) == raw["id"] if "id" in raw else typed is not None
    if isinstance(typed, float):
        return typed == raw
    return str(plain(typed)) == str(raw)


# A value for a field, as its type asks for it. Of other types clients don't set values, or only with records of other modules.
VALUES = {
    "text": "text", "textarea": "lines\nof text", "email": "someone@somewhere.example", "phone": "+30 210 0100", "website": "https://somewhere.example", "boolean": True, "integer": 7,
    "bigint": "12345678901234567" if VERSION == "v2" else 12345678901234567, "double": 1.5, "currency": 12.25, "percent": 5.0, "decimal": 1.5, "date": datetime.date(1990, 5, 17),
    "datetime": datetime.datetime.fromisoformat("2026-01-31T09:30:00+05:30"),
}


def value_of(field):
    kind = plain(field.get_data_type())
    if field.get_read_only():
        return None
    if kind in ("picklist", "multiselectpicklist"):
        value = Choice(next(value for value in map(plain, (one.get_actual_value() for one in field.get_pick_list_values())) if value != "-None-"))
        return value if kind == "picklist" else [value]
    value = VALUES.get(kind)
    return value[:plain(field.get_length())] if isinstance(value, str) else value


class Suite(unittest.TestCase):
    def is_exception(self, answer, code, message):
        exception = answer.get_object()
        if type(exception).__name__ != "APIException":
            [exception] = exception.get_data()
        self.assertEqual(type(exception).__name__, "APIException")
        self.assertEqual((plain(exception.get_code()), plain(exception.get_message())), (code, message))

    def completes(self, module, fields, count, **selection):
        [scheduled] = mass_update(module, fields, **selection).get_object().get_data()
        self.assertEqual(plain(scheduled.get_message()), "mass update scheduled successfully")
        state = ended(module, scheduled.get_details()["job_id"])
        self.assertEqual(type(state).__name__, "MassUpdate")
        self.assertEqual((plain(state.get_status()), state.get_total_count(), state.get_updated_count(), state.get_failed_count(), state.get_not_updated_count()), ("COMPLETED", count, count, 0, 0))

    def is_whole(self, typed, raw):
        values = typed.get_key_values()
        for name, value in raw.items():
            self.assertIn(name, values, f"{name} is lost")
            self.assertTrue(is_same(values[name], value), f"{name}: {value!r} became {values[name]!r}")

    def test_log_in_by_refresh_token(self):
        metadata("org")
        access_token = TOKEN[0].access_token if VERSION == "v2" else TOKEN[0].get_access_token()
        self.assertRegex(access_token, f"^{ISSUED}$")
        self.assertIn(access_token, pathlib.Path(f"{FOLDER}/tokens").read_text())

    def test_metadata_is_typed(self):
        for kind in adapter.METADATA:
            answer, listed = metadata(kind, "Leads")
            self.assertEqual(answer.get_status_code(), 200, kind)
            self.assertTrue(type(answer.get_object()).__name__.endswith("Wrapper"), kind)
            self.assertTrue(listed and all(re.match(r"^\d+$", str(one.get_id())) for one in listed), kind)
        [layout] = metadata("layouts", "Leads")[1]
        self.assertIn("Last_Name", [field.get_api_name() for field in layout.get_sections()[0].get_fields()])

    def test_by_ids_one_success_one_refusal_both_typed(self):
        answer = mass_update("Deals", {"Lead_Source": Choice("Advertisement"), "Type": Choice("Existing Business")}, ids=[DEAL, 554023000000497021])
        self.assertEqual(answer.get_status_code(), 207 if VERSION == "v8" else 200)
        done, refused = answer.get_object().get_data()
        self.assertEqual((type(done).__name__, plain(done.get_code()), plain(done.get_message())), ("MassUpdateSuccessResponse", "SUCCESS", "record updated"))
        details = done.get_details()
        self.assertEqual(str(details["id"]), str(DEAL))
        self.assertIsInstance(details["Modified_Time"], datetime.datetime)
        self.assertEqual(details["Modified_By"].get_name(), "Patricia Boyle")
        self.assertEqual((type(refused).__name__, plain(refused.get_code()), plain(refused.get_message())), ("APIException", "INVALID_DATA", "the id given seems to be invalid"))
        self.assertEqual(plain(read_one("Deals", DEAL).get_key_value("Lead_Source")), "Advertisement")

    def test_by_view_a_job_polled_to_its_end(self):
        self.completes("Leads", {"City": "Volos"}, 50, cvid=554023000000091501)

    def test_by_view_and_territory_a_job_polled_to_its_end(self):
        self.completes("Accounts", {"Industry": Choice("Education")}, 3, cvid=554023000000091515, territory=554023000000430409)

    def test_by_ids_and_by_view_where_there_are_line_items(self):
        # the fields of a subform's module are asked for first
        quotes = [554023000000630801, 554023000000630802]
        entries = mass_update("Quotes", {"Team": "West"}, ids=quotes).get_object().get_data()
        self.assertEqual([plain(entry.get_code()) for entry in entries], ["SUCCESS", "SUCCESS"])
        self.assertEqual(read_one("Quotes", quotes[0]).get_key_value("Team"), "West")
        self.completes("Quotes", {"Team": "East"}, 3, cvid=554023000000091027)
        told = {field.get_api_name() for field in metadata("fields", "Quoted_Items")[1]}
        self.assertLessEqual({"Parent_Id", "Product_Name", "Quantity"}, told)

    def test_multi_select_values_added_and_replaced(self):
        deal = 554023000000497015
        for over_write, expected in ((False, ["English", "Tamil", "German"]), (True, ["German"])):
            answer = mass_update("Deals", {"Languages_Known": [Choice("German")]}, ids=[deal], over_write=over_write)
            self.assertEqual(plain(answer.get_object().get_data()[0].get_code()), "SUCCESS")
            self.assertEqual([plain(value) for value in read_one("Deals", deal).get_key_value("Languages_Known")], expected)
        mass_update("Deals", {"Languages_Known": [Choice("English"), Choice("Tamil")]}, ids=[deal], over_write=True)

    def test_a_job_that_there_is_none_of_a_null_object(self):
        answer = job("Leads", 554023000000506999)
        self.assertIsNone(answer and answer.get_object())

    def test_e12_a_typed_exception(self):
        while True:  # until the second call comes while the first one's job still runs
            first, second = (mass_update("Leads", {"State": "x"}, cvid=MANY) for _ in range(2))
            ended("Leads", first.get_object().get_data()[0].get_details()["job_id"])
            if second.get_status_code() == 202:
                return self.is_exception(second, "ALREADY_SCHEDULED", "Already a Mass Action scheduler is running for the given cvid")
            ended("Leads", second.get_object().get_data()[0].get_details()["job_id"])

    def test_e20_a_typed_exception(self):
        # the SDK asks for the fields of the module first, and is told then that there is none; before 6.0 it loses the reason
        with self.assertRaises(sdk("crm.api.exception", "SDKException")) as raised:
            mass_update("Nonsense", {"City": "x"}, ids=[DEAL])
        if VERSION not in ("v2", "v2.1", "v5"):
            self.assertIn("MODULE", str(vars(raised.exception) | {"text": str(raised.exception)}).upper())

    def test_inserted_records_mass_updated_and_read_back_typed(self):
        fields = {"Email_Opt_Out": True, "Date_of_Birth": datetime.date(1990, 5, 17)}
        ids = [str(added.get_details()["id"]) for added in insert("Contacts", fields | {"Last_Name": "Okoye"}, fields | {"Last_Name": "Sy"})]
        entries = mass_update("Contacts", {"Department": "Sales"}, ids=ids).get_object().get_data()
        self.assertEqual([(plain(entry.get_code()), str(entry.get_details()["id"])) for entry in entries], [("SUCCESS", id) for id in ids])
        for id, name in zip(ids, ("Okoye", "Sy")):
            read = read_one("Contacts", id)
            self.assertEqual([read.get_key_value("Last_Name"), read.get_key_value("Department"), read.get_key_value("Email_Opt_Out"), read.get_key_value("Date_of_Birth"), str(read.get_id())],
                             [name, "Sales", True, datetime.date(1990, 5, 17), id])
            self.assertGreaterEqual(read.get_modified_time(), read.get_created_time())
            self.assertEqual((read.get_modified_by().get_name(), read.get_key_value("Owner").get_name()), ("Patricia Boyle", "Patricia Boyle"))

    @unittest.skipIf(VERSION in ("v2", "v2.1"), "this SDK has no locks")
    def test_a_record_locked_and_unlocked(self):
        def locking(name):
            return sdk("crm.api.record_locking", name)
        id = insert_one("Contacts", Last_Name="Locked")
        locks = locking("RecordLockingOperations")(id, "Contacts")
        lock, body = locking("LockRecord")(), locking("BodyWrapper")()
        lock.set_locked_reason__s("in review")
        body.set_data([lock])
        [added] = locks.lock_records(body).get_object().get_data()
        self.assertEqual((type(added).__name__, plain(added.get_code()), plain(added.get_message())), ("SuccessResponse", "SUCCESS", "record added"))
        self.is_exception(mass_update("Contacts", {"Department": "x"}, ids=[id]), "RECORD_LOCKED", "You cannot perform this operation as the record is locked.")
        asked = parameters(sdk("crm.api.record_locking.record_locking_operations", "GetRecordLockingInformationsParam"), fields="Locked_Reason__s,Lock_Source__s")
        listed = locks.get_record_locking_informations(asked).get_object()
        self.assertEqual((str(listed.get_data()[0].get_id()), listed.get_info().get_count()), (str(added.get_details()["id"]), 1))
        [removed] = locks.unlock_record(int(added.get_details()["id"])).get_object().get_data()
        self.assertEqual(plain(removed.get_message()), "relation removed")
        self.assertEqual(plain(mass_update("Contacts", {"Department": "x"}, ids=[id]).get_object().get_data()[0].get_code()), "SUCCESS")

    def test_a_record_taken_through_its_blueprint(self):
        package, class_name = ("blue_print", "BluePrintOperations") if VERSION in ("v2", "v2.1") else ("blueprint", "BlueprintOperations")

        def blueprints(name):
            return sdk(f"crm.api.{package}", name)
        id = insert_one("Leads", Last_Name="Started", Lead_Status=Choice("Contact in Future"))

        def status():
            return mass_update("Leads", {"Lead_Status": Choice("Junk Lead")}, ids=[id])
        self.is_exception(status(), "RECORD_IN_BLUEPRINT", "The record is in blue print")
        for kind in (int, str):
            try:
                operations = blueprints(class_name)(kind(id), "Leads")
                break
            except Exception:  # one of the SDKs takes the id as a text
                continue
        blueprint = operations.get_blueprint().get_object().get_blueprint()
        self.assertEqual((type(blueprint).__name__, blueprint.get_process_info().get_field_value()), ("BluePrint", "Contact in Future"))
        self.assertEqual([(type(one).__name__, one.get_name(), one.get_next_field_value()) for one in blueprint.get_transitions()],
                         [("Transition", "Call", "Contacted"), ("Transition", "No answer", "Attempted to Contact")])
        for name in ("No answer", "Drop"):
            [chosen_id] = [one.get_id() for one in operations.get_blueprint().get_object().get_blueprint().get_transitions() if one.get_name() == name]
            chosen, body = blueprints("BluePrint")(), blueprints("BodyWrapper")()
            chosen.set_transition_id(chosen_id if VERSION in ("v2", "v2.1") else str(chosen_id))
            chosen.set_data(new_record({"City": "Arta"}))
            body.set_blueprint([chosen])
            done = operations.update_blueprint(body).get_object()
            self.assertEqual((type(done).__name__, plain(done.get_message())), ("SuccessResponse", "transition updated successfully"))
        self.is_exception(operations.get_blueprint(), "RECORD_NOT_IN_PROCESS", "record not in process")
        self.assertEqual(plain(status().get_object().get_data()[0].get_code()), "SUCCESS")

    def test_the_modules_of_the_default_fixtures(self):
        supported = [module.get_api_name() for module in metadata("modules")[1] if module.get_api_supported()]
        self.assertEqual(sorted(supported), sorted(MODULES))

    def check_module(self, module):
        told = said(f"settings/fields?module={module}")["fields"]
        fields = metadata("fields", module)[1]
        self.assertEqual([(field.get_api_name(), str(field.get_id()), plain(field.get_data_type()), plain(field.get_length()), len(field.get_pick_list_values() or [])) for field in fields],
                         [(field["api_name"], field["id"], field["data_type"], field["length"], len(field["pick_list_values"])) for field in told])
        names = ",".join(field["api_name"] for field in told if field["api_name"] != "id")
        asked = parameters(sdk("crm.api.record.record_operations", "GetRecordsParam"), fields=names)
        listed, raw = records(module, "get_records", asked, HeaderMap()).get_object().get_data(), said(f"{module}?fields={names}")["data"]
        self.assertEqual(len(listed), len(raw))
        for typed, plainly in zip(listed, raw):
            self.is_whole(typed, plainly)
        sent = {field.get_api_name(): value_of(field) for field in fields if value_of(field) is not None}
        [added] = insert(module, sent)
        self.assertEqual((plain(added.get_code()), plain(added.get_message())), ("SUCCESS", "record added"), vars(added))
        id = int(added.get_details()["id"])
        [raw] = said(f"{module}/{id}")["data"]
        self.is_whole(read_one(module, id), raw)
        for name, value in sent.items():
            self.assertTrue(is_same(value, raw[name]), f"{name}: sent {value!r}, kept {raw[name]!r}")
        [deleted] = records(module, "delete_record", id, ParameterMap(), HeaderMap()).get_object().get_data()
        self.assertEqual(plain(deleted.get_message()), "record deleted")


# Rows of the error catalogue that need no other token: what is sent, and where the typed exception stands.
LEAD, CITY = 554023000000600000, {"City": "Volos"}
REFUSED = {
    "E1": (("Leads", {}, [LEAD + 1]), "INVALID_DATA", "No field found"),
    "E2": (("Leads", {"City": "x", "State": "y"}, [LEAD + 1]), "INVALID_DATA", "Max field limit exceeded"),
    "E3": (("Leads", {"Email": "a@b.example"}, [LEAD + 1]), "INVALID_DATA", "This field cannot be updated in the Mass Update"),
    "E4": (("Leads", {"Rating": Choice("Active")}, [LEAD + 1]), "INVALID_DATA", "Field cannot be updated as it is associated with a layout rule"),
    "E5": (("Leads", {"Annual_Revenue": 1.5}, [LEAD + 1]), "INVALID_DATA", "Field cannot be updated as it is associated with a validation rule"),
    "E7 of a view": (("Leads", CITY, None, 1), "INVALID_DATA", "the id given seems to be invalid"),
    "E7 of a territory": (("Leads", CITY, None, MANY, 1), "INVALID_DATA", "the id given seems to be invalid"),
    "E8": (("Leads", CITY, [LEAD + 11]), "CANNOT_PROCESS", "The record is in stop processing"),
    "E9": (("Leads", {"Lead_Status": Choice("Contacted")}, [LEAD + 19]), "RECORD_IN_BLUEPRINT", "The record is in blue print"),
    "E10": (("Leads", CITY), "MANDATORY_NOT_FOUND", "required field not found"),
    "E13": (("Leads", CITY, None, 554023000000050001), "LIMIT_EXCEEDED", "Record count exceeded"),
    "E13 of ids": (("Leads", CITY, [DEAL] * 501), "LIMIT_EXCEEDED", "Record count exceeded"),
    "E14": (("Leads", CITY, [LEAD + 12]), "NOT_APPROVED", "record not approved"),
    "E15": (("Leads", CITY, None, 554023000000000404), "NO_RECORDS_FOUND", "no record found to update"),
    "E19": (("Leads", CITY, None, 554023000000091515), "NO_PERMISSION", "Customview not accessible"),
    "E23": (("Leads", CITY, [554023000000600500]), "INTERNAL_ERROR", "Internal Server Error"),
    "E26": (("Leads", CITY, [LEAD + 13]), "RECORD_LOCKED", "Cannot update record that is not approved yet"),
    "E27": (("Leads", CITY, [LEAD + 15]), "RECORD_LOCKED", "You cannot perform this operation as the record is locked."),
    "E28": (("Leads", CITY, [LEAD + 16]), "NOT_APPROVED", "Cannot update record that is not approved yet"),
    "E32": (("Leads", {"Lead_Source": Choice("Nowhere")}, [LEAD + 1]), "INVALID_DATA", "invalid data"),
    "E33": (("Leads", CITY, [LEAD + 18]), "CONVERTED_RECORD", "can't update the converted record"),
    "E35": (("Campaigns", {"Status": Choice("Active")}, None, 554023000000091009, 554023000000430409), "NOT_SUPPORTED", "Territory is not supported for the given module"),
}
# Beyond the API's version: in v8 Activities is no module of its own any more.
MODULES = ["Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Tasks", "Events", "Calls", "Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders", "Purchase_Orders",
           "Invoices", "Projects"] + (["Activities"] if VERSION != "v8" else [])

for row, (call, *expected) in REFUSED.items():
    setattr(Suite, f"test_{row.lower().replace(' ', '_')}_a_typed_exception", lambda self, call=call, expected=expected: self.is_exception(mass_update(*call), *expected))
for module in MODULES:
    setattr(Suite, f"test_{module.lower()}_fields_list_and_insert_are_typed_and_whole", lambda self, module=module: self.check_module(module))

if __name__ == "__main__":
    unittest.main()
