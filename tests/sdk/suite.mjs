// One official SDK of Node.js or TypeScript, unmodified, against crmock: the way a program of its users works.
// CRMOCK_URL is the server's base URL, CRMOCK_SDK the package's name, CRMOCK_FOLDER where the SDK may keep files.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, test } from "node:test";

const url = process.env.CRMOCK_URL;
const folder = process.env.CRMOCK_FOLDER;
const imported = await import(process.env.CRMOCK_SDK);
const sdk = imported.InitializeBuilder ? imported : imported.default;
const R = sdk.Record?.RecordOperations ? sdk.Record : sdk.Records;
const DEAL = "554023000000497007";

before(async () => {
  // README: the lines that point the SDK at crmock
  mkdirSync(folder, { recursive: true });
  const environment = new sdk.Environment(url, `${url}/oauth/v2/token`, url, "crmock");
  const token = new sdk.OAuthBuilder().clientId("1000.CRMOCK").clientSecret("crmock-secret").refreshToken("1000.crmock.refresh").build();
  const config = new sdk.SDKConfigBuilder().autoRefreshFields(true).pickListValidation(false).build();
  const builder = await new sdk.InitializeBuilder();
  if (builder.user) builder.user(new sdk.UserSignature("patricia.boyle@zylker.example")); // 2.x
  await builder.environment(environment).token(token).store(new sdk.FileStore(`${folder}/tokens`)).SDKConfig(config)
    .resourcePath(folder).logger(new sdk.LogBuilder().level("error").filePath(`${folder}/log`).build()).initialize();
  // end
});

// A value of the typed objects: enumerations come as a Choice.
const plain = (value) => (value?.getValue ? value.getValue() : value);

async function massUpdate(module, fields, selection) {
  const body = new R.MassUpdateBodyWrapper();
  const record = new R.Record();
  for (const [name, value] of Object.entries(fields)) record.addKeyValue(name, value);
  body.setData([record]);
  if (selection.ids) body.setIds(selection.ids);
  if (selection.cvid) body.setCvid(selection.cvid);
  if (selection.overWrite !== undefined) body.setOverWrite(selection.overWrite);
  if (selection.territory) {
    const territory = new R.MassUpdateTerritory();
    territory.setId(BigInt(selection.territory));
    territory.setIncludeChild(true);
    body.setTerritory(territory);
  }
  const answer = await operationsFor(module).massUpdateRecords(body);
  return { status: answer.getStatusCode(), object: answer.getObject() };
}

// From 6.0 on the operations know their module; before, each call is told.
function operationsFor(module) {
  if (R.RecordOperations.length > 0) return new R.RecordOperations(module);
  const operations = new R.RecordOperations();
  return {
    massUpdateRecords: (body) => operations.massUpdateRecords(module, body),
    getMassUpdateStatus: (parameters) => operations.getMassUpdateStatus(module, parameters),
    createRecords: (body) => operations.createRecords(module, body),
    getRecord: (id, ...rest) => operations.getRecord(id, module, ...rest),
    deleteRecord: (id, ...rest) => operations.deleteRecord(id, module, ...rest),
  };
}

async function job(module, id) {
  const parameters = new sdk.ParameterMap();
  await parameters.add(R.GetMassUpdateStatusParam.JOB_ID, String(id));
  return operationsFor(module).getMassUpdateStatus(parameters);
}

async function ended(module, id) {
  for (;;) {
    const answer = await job(module, id);
    const [state] = answer.getObject().getData();
    assert.equal(state.constructor.name, "MassUpdate");
    if (["COMPLETED", "FAILED"].includes(plain(state.getStatus()))) return state;
  }
}

const choice = (value) => new sdk.Choice(value);
const entries = (answer) => answer.object.getData();

test("by ids: one success, one refusal, both typed", async () => {
  const answer = await massUpdate("Deals", { Lead_Source: choice("Advertisement"), Type: choice("Existing Business") }, { ids: [DEAL, "554023000000497021"] });
  assert.equal(answer.status, 200);
  const [done, refused] = entries(answer);
  assert.equal(done.constructor.name, "MassUpdateSuccessResponse");
  assert.equal(plain(done.getCode()), "SUCCESS");
  assert.equal(plain(done.getMessage()), "record updated");
  assert.equal(String(done.getDetails().get("id")), DEAL);
  assert.ok(done.getDetails().get("Modified_Time") instanceof Date);
  assert.equal(done.getDetails().get("Modified_By").getName(), "Patricia Boyle");
  assert.equal(refused.constructor.name, "APIException");
  assert.equal(plain(refused.getCode()), "INVALID_DATA");
  assert.equal(plain(refused.getMessage()), "the id given seems to be invalid");
});

test("by view and territory: a job, polled to its end", async () => {
  const answer = await massUpdate("Accounts", { Industry: choice("Education") }, { cvid: "554023000000091515", territory: "554023000000430409" });
  const [scheduled] = entries(answer);
  assert.equal(plain(scheduled.getMessage()), "mass update scheduled successfully");
  const state = await ended("Accounts", scheduled.getDetails().get("job_id"));
  assert.deepEqual([plain(state.getStatus()), state.getTotalCount(), state.getUpdatedCount(), state.getFailedCount(), state.getNotUpdatedCount()], ["COMPLETED", 3, 3, 0, 0]);
});

test("multi-select values, added and replaced", async () => {
  for (const overWrite of [false, true]) {
    const answer = await massUpdate("Deals", { Languages_Known: [choice("English"), choice("Tamil")] }, { ids: [DEAL], overWrite });
    assert.equal(plain(entries(answer)[0].getCode()), "SUCCESS");
  }
});

test("a job that there is none of: a null object", async () => {
  const answer = await job("Leads", "554023000000506999");
  assert.equal(answer?.getObject() ?? null, null);
});

// Rows of the error catalogue that need no other token: what is sent, and where the typed exception stands.
const lead = (number) => ({ ids: [String(554023000000600000n + BigInt(number))] });
const CITY = { City: "Volos" };
const REFUSED = {
  E1: [["Leads", {}, lead(1)], "INVALID_DATA", "No field found"],
  E2: [["Leads", { City: "x", State: "y" }, lead(1)], "INVALID_DATA", "Max field limit exceeded"],
  E3: [["Leads", { Email: "a@b.example" }, lead(1)], "INVALID_DATA", "This field cannot be updated in the Mass Update"],
  E4: [["Leads", { Rating: choice("Active") }, lead(1)], "INVALID_DATA", "Field cannot be updated as it is associated with a layout rule"],
  E5: [["Leads", { Annual_Revenue: 1.5 }, lead(1)], "INVALID_DATA", "Field cannot be updated as it is associated with a validation rule"],
  E8: [["Leads", CITY, lead(11)], "CANNOT_PROCESS", "The record is in stop processing"],
  E9: [["Leads", { Lead_Status: choice("Contacted") }, lead(19)], "RECORD_IN_BLUEPRINT", "The record is in blue print"],
  E10: [["Leads", CITY, {}], "MANDATORY_NOT_FOUND", "required field not found"],
  E13: [["Leads", CITY, { cvid: "554023000000050001" }], "LIMIT_EXCEEDED", "Record count exceeded"],
  E14: [["Leads", CITY, lead(12)], "NOT_APPROVED", "record not approved"],
  E15: [["Leads", CITY, { cvid: "554023000000000404" }], "NO_RECORDS_FOUND", "no record found to update"],
  E19: [["Leads", CITY, { cvid: "554023000000091515" }], "NO_PERMISSION", "Customview not accessible"],
  E26: [["Leads", CITY, lead(13)], "RECORD_LOCKED", "Cannot update record that is not approved yet"],
  E27: [["Leads", CITY, lead(15)], "RECORD_LOCKED", "You cannot perform this operation as the record is locked."],
  E28: [["Leads", CITY, lead(16)], "NOT_APPROVED", "Cannot update record that is not approved yet"],
  E32: [["Leads", { Lead_Source: choice("Nowhere") }, lead(1)], "INVALID_DATA", "invalid data"],
  E33: [["Leads", CITY, lead(18)], "CONVERTED_RECORD", "can't update the converted record"],
  E35: [["Campaigns", { Status: choice("Active") }, { cvid: "554023000000091009", territory: "554023000000430409" }], "NOT_SUPPORTED", "Territory is not supported for the given module"],
};

for (const [row, [call, code, message]] of Object.entries(REFUSED)) {
  test(`${row}: a typed exception`, async () => {
    const { object } = await massUpdate(...call);
    const exception = object.constructor.name === "APIException" ? object : object.getData()[0];
    assert.equal(exception.constructor.name, "APIException");
    assert.deepEqual([plain(exception.getCode()), plain(exception.getMessage())], [code, message]);
  });
}

test("records: inserted, mass updated, read back typed, deleted", async () => {
  const operations = operationsFor("Contacts");
  const record = new R.Record();
  record.addKeyValue("Last_Name", "Okoye");
  record.addKeyValue("Email_Opt_Out", true);
  record.addKeyValue("Date_of_Birth", new Date("1990-05-17"));
  const body = new R.BodyWrapper();
  body.setData([record]);
  const [added] = (await operations.createRecords(body)).getObject().getData();
  assert.equal(plain(added.getMessage()), "record added");
  const id = added.getDetails().get("id");
  const updated = await massUpdate("Contacts", { Department: "Sales" }, { ids: [String(id)] });
  assert.equal(plain(entries(updated)[0].getCode()), "SUCCESS");
  const [read] = (await operations.getRecord(BigInt(id), new sdk.ParameterMap(), new sdk.HeaderMap())).getObject().getData();
  assert.deepEqual([read.getKeyValue("Last_Name"), read.getKeyValue("Department"), read.getKeyValue("Email_Opt_Out"), String(read.getId())], ["Okoye", "Sales", true, String(id)]);
  assert.ok(read.getKeyValue("Date_of_Birth") instanceof Date && read.getCreatedTime() instanceof Date);
  const [deleted] = (await operations.deleteRecord(BigInt(id), new sdk.ParameterMap(), new sdk.HeaderMap())).getObject().getData();
  assert.equal(plain(deleted.getMessage()), "record deleted");
});

test("fields and modules are typed objects", async () => {
  const { FieldsOperations, GetFieldsParam } = sdk.Fields ?? {};
  if (!FieldsOperations) return;
  const parameters = new sdk.ParameterMap();
  if (GetFieldsParam?.MODULE) await parameters.add(GetFieldsParam.MODULE, "Deals");
  const operations = FieldsOperations.length > 0 ? new FieldsOperations("Deals") : new FieldsOperations();
  const answer = await operations.getFields(parameters);
  assert.equal(answer.getStatusCode(), 200);
  const names = answer.getObject().getFields().map((field) => field.getAPIName());
  assert.ok(names.includes("Languages_Known") && names.includes("Amount"));
});
