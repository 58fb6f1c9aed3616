// One official SDK of Node.js or TypeScript, unmodified, against crmock: the way a program of its users works.
// CRMOCK_URL is the server's base URL, CRMOCK_SDK the package's name, CRMOCK_FOLDER where the SDK may keep files, CRMOCK_SANDBOX
// (main without it) the sandbox whose credentials it is given.
// Asserts are on the SDK's typed objects, held against what the server says to a plain request.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { before, test } from "node:test";
import { inspect } from "node:util";

import { R, metadataOf, operationsFor, parameters, plain, sdk, spaceOf, version } from "./adapter.mjs";

const url = process.env.CRMOCK_URL;
const folder = process.env.CRMOCK_FOLDER;
const sandbox = process.env.CRMOCK_SANDBOX;
const client = sandbox ? `1000.${sandbox}.CRMOCK` : "1000.CRMOCK";
const credential = (rest) => `1000.${sandbox ?? "crmock"}.${rest}`;
const issued = new RegExp(sandbox ? `^1000\\.${sandbox}\\.[0-9a-f]{64}$` : "^1000\\.[0-9a-f]{32}\\.[0-9a-f]{32}$");
const DEAL = "554023000000497007";
let oauth;

before(async () => {
  mkdirSync(folder, { recursive: true });
  const environment = new sdk.Environment(url, `${url}/oauth/v2/token`, url, "crmock");
  const token = new sdk.OAuthBuilder().clientId(client).clientSecret("crmock-secret").refreshToken(credential("refresh")).build();
  const config = new sdk.SDKConfigBuilder().autoRefreshFields(true).pickListValidation(false).build();
  const builder = await new sdk.InitializeBuilder();
  if (builder.user) builder.user(new sdk.UserSignature("patricia.boyle@zylker.example")); // 2.x
  await builder.environment(environment).token(token).store(new sdk.FileStore(`${folder}/tokens`)).SDKConfig(config)
    .resourcePath(folder).logger(new sdk.LogBuilder().level("error").filePath(`${folder}/log`).build()).initialize();
  oauth = token;
});

// What a client without an SDK is told; null when that is nothing.
async function said(path) {
  const answer = await fetch(`${url}/crm/${version}/${path}`, { headers: { Authorization: `Zoho-oauthtoken ${credential("admin")}` } });
  return answer.status === 204 ? null : answer.json();
}

async function massUpdate(module, fields, selection) {
  const body = new R.MassUpdateBodyWrapper();
  const record = new R.Record();
  for (const [name, value] of Object.entries(fields)) record.addKeyValue(name, value);
  body.setData([record]);
  if (selection.ids) body.setIds(selection.ids);
  if (selection.cvid) body.setCvid(selection.cvid);
  if (selection.overWrite !== undefined) body.setOverWrite(selection.overWrite);
  if (selection.territory) {
    const territory = new (R.MassUpdateTerritory ?? R.Territory)();
    territory.setId(BigInt(selection.territory));
    territory.setIncludeChild(true);
    body.setTerritory(territory);
  }
  const answer = await operationsFor(module).massUpdateRecords(body);
  return { status: answer.getStatusCode(), object: answer.getObject() };
}

const job = async (module, id) => operationsFor(module).getMassUpdateStatus(await parameters(R.GetMassUpdateStatusParam, { JOB_ID: String(id) }));

async function ended(module, id) {
  for (;;) {
    const [state] = (await job(module, id)).getObject().getData();
    assert.equal(state.constructor.name, "MassUpdate");
    if (["COMPLETED", "FAILED"].includes(plain(state.getStatus()))) return state;
  }
}

const choice = (value) => new sdk.Choice(value);
const entries = (answer) => answer.object.getData();
const jobId = (answer) => entries(answer)[0].getDetails().get("job_id");

async function readOne(module, id) {
  return (await operationsFor(module).getRecord(BigInt(id), new sdk.ParameterMap(), new sdk.HeaderMap())).getObject().getData()[0];
}

test("log in by refresh token", async () => {
  await metadataOf("Org");
  assert.match(oauth.getAccessToken(), issued);
  assert.ok(readFileSync(`${folder}/tokens`, "utf8").includes(oauth.getAccessToken()));
});

test("metadata is typed", async () => {
  for (const kind of ["Modules", "Fields", "Layouts", "CustomViews", "Territories", "Roles", "Profiles", "Users", "Org"]) {
    const { status, list, object } = await metadataOf(kind, "Leads");
    assert.deepEqual([kind, status, object.constructor.name], [kind, 200, "ResponseWrapper"]);
    assert.ok(list.length > 0 && list.every((one) => String(one.getId()).match(/^\d+$/)), kind);
  }
  const [layout] = (await metadataOf("Layouts", "Leads")).list;
  assert.ok(layout.getSections()[0].getFields().some((field) => field.getAPIName() === "Last_Name"));
});

test("by ids one success one refusal both typed", async () => {
  const answer = await massUpdate("Deals", { Lead_Source: choice("Advertisement"), Type: choice("Existing Business") }, { ids: [DEAL, "554023000000497021"] });
  assert.equal(answer.status, version === "v8" ? 207 : 200);
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
  assert.equal(plain((await readOne("Deals", DEAL)).getKeyValue("Lead_Source")), "Advertisement");
});

async function completes(module, fields, selection, count) {
  const answer = await massUpdate(module, fields, selection);
  assert.equal(plain(entries(answer)[0].getMessage()), "mass update scheduled successfully");
  const state = await ended(module, jobId(answer));
  assert.deepEqual([plain(state.getStatus()), state.getTotalCount(), state.getUpdatedCount(), state.getFailedCount(), state.getNotUpdatedCount()], ["COMPLETED", count, count, 0, 0]);
}

test("by view a job polled to its end", () => completes("Leads", { City: "Volos" }, { cvid: "554023000000091501" }, 50));

test("by view and territory a job polled to its end", () =>
  completes("Accounts", { Industry: choice("Education") }, { cvid: "554023000000091515", territory: "554023000000430409" }, 3));

test("by ids and by view where there are line items", async () => {
  // the fields of a subform's module are asked for first
  const quotes = ["554023000000630801", "554023000000630802"];
  const answer = await massUpdate("Quotes", { Team: "West" }, { ids: quotes });
  assert.deepEqual(entries(answer).map((entry) => plain(entry.getCode())), ["SUCCESS", "SUCCESS"]);
  assert.equal((await readOne("Quotes", quotes[0])).getKeyValue("Team"), "West");
  await completes("Quotes", { Team: "East" }, { cvid: "554023000000091027" }, 3);
  const told = (await metadataOf("Fields", "Quoted_Items")).list.map((field) => field.getAPIName());
  assert.ok(["Parent_Id", "Product_Name", "Quantity"].every((name) => told.includes(name)));
});

test("multi select values added and replaced", async () => {
  const languages = async () => (await readOne("Deals", "554023000000497015")).getKeyValue("Languages_Known").map(plain);
  for (const [overWrite, expected] of [[false, ["English", "Tamil", "German"]], [true, ["German"]]]) {
    const answer = await massUpdate("Deals", { Languages_Known: [choice("German")] }, { ids: ["554023000000497015"], overWrite });
    assert.equal(plain(entries(answer)[0].getCode()), "SUCCESS");
    assert.deepEqual(await languages(), expected);
  }
  await massUpdate("Deals", { Languages_Known: [choice("English"), choice("Tamil")] }, { ids: ["554023000000497015"], overWrite: true });
});

test("a job that there is none of a null object", async () => {
  const answer = await job("Leads", "554023000000506999");
  assert.equal(answer?.getObject() ?? null, null);
});

// Rows of the error catalogue that need no other token: what is sent, and where the typed exception stands.
const lead = (number) => ({ ids: [String(554023000000600000n + BigInt(number))] });
const CITY = { City: "Volos" };
const MANY = "554023000000050000";
const REFUSED = {
  E1: [["Leads", {}, lead(1)], "INVALID_DATA", "No field found"],
  E2: [["Leads", { City: "x", State: "y" }, lead(1)], "INVALID_DATA", "Max field limit exceeded"],
  E3: [["Leads", { Email: "a@b.example" }, lead(1)], "INVALID_DATA", "This field cannot be updated in the Mass Update"],
  E4: [["Leads", { Rating: choice("Active") }, lead(1)], "INVALID_DATA", "Field cannot be updated as it is associated with a layout rule"],
  E5: [["Leads", { Annual_Revenue: 1.5 }, lead(1)], "INVALID_DATA", "Field cannot be updated as it is associated with a validation rule"],
  "E7 of a view": [["Leads", CITY, { cvid: "1" }], "INVALID_DATA", "the id given seems to be invalid"],
  "E7 of a territory": [["Leads", CITY, { cvid: MANY, territory: "1" }], "INVALID_DATA", "the id given seems to be invalid"],
  E8: [["Leads", CITY, lead(11)], "CANNOT_PROCESS", "The record is in stop processing"],
  E9: [["Leads", { Lead_Status: choice("Contacted") }, lead(19)], "RECORD_IN_BLUEPRINT", "The record is in blue print"],
  E10: [["Leads", CITY, {}], "MANDATORY_NOT_FOUND", "required field not found"],
  E13: [["Leads", CITY, { cvid: "554023000000050001" }], "LIMIT_EXCEEDED", "Record count exceeded"],
  "E13 of ids": [["Leads", CITY, { ids: Array.from({ length: 501 }, () => DEAL) }], "LIMIT_EXCEEDED", "Record count exceeded"],
  E14: [["Leads", CITY, lead(12)], "NOT_APPROVED", "record not approved"],
  E15: [["Leads", CITY, { cvid: "554023000000000404" }], "NO_RECORDS_FOUND", "no record found to update"],
  E19: [["Leads", CITY, { cvid: "554023000000091515" }], "NO_PERMISSION", "Customview not accessible"],
  E23: [["Leads", CITY, { ids: ["554023000000600500"] }], "INTERNAL_ERROR", "Internal Server Error"],
  E26: [["Leads", CITY, lead(13)], "RECORD_LOCKED", "Cannot update record that is not approved yet"],
  E27: [["Leads", CITY, lead(15)], "RECORD_LOCKED", "You cannot perform this operation as the record is locked."],
  E28: [["Leads", CITY, lead(16)], "NOT_APPROVED", "Cannot update record that is not approved yet"],
  E32: [["Leads", { Lead_Source: choice("Nowhere") }, lead(1)], "INVALID_DATA", "invalid data"],
  E33: [["Leads", CITY, lead(18)], "CONVERTED_RECORD", "can't update the converted record"],
  E35: [["Campaigns", { Status: choice("Active") }, { cvid: "554023000000091009", territory: "554023000000430409" }], "NOT_SUPPORTED", "Territory is not supported for the given module"],
};

function isException(object, code, message) {
  const exception = object.constructor.name === "APIException" ? object : object.getData()[0];
  assert.equal(exception.constructor.name, "APIException");
  assert.deepEqual([plain(exception.getCode()), plain(exception.getMessage())], [code, message]);
}

for (const [row, [call, code, message]] of Object.entries(REFUSED)) {
  test(`${row} a typed exception`, async () => isException((await massUpdate(...call)).object, code, message));
}

test("E12 a typed exception", async () => {
  for (;;) { // until the second call comes while the first one's job still runs
    const first = await massUpdate("Leads", { State: "x" }, { cvid: MANY });
    const second = await massUpdate("Leads", { State: "x" }, { cvid: MANY });
    await ended("Leads", jobId(first));
    if (second.status !== 202) {
      await ended("Leads", jobId(second));
      continue;
    }
    return isException(second.object, "ALREADY_SCHEDULED", "Already a Mass Action scheduler is running for the given cvid");
  }
});

test("E20 a typed exception", async () => {
  // the SDK asks for the fields of the module first, and is told then that there is none
  await assert.rejects(() => massUpdate("Nonsense", CITY, lead(1)), (error) => JSON.stringify([error.code, error.message, error.details]).toUpperCase().includes("MODULE"));
});

// Of an object of the SDK's, or of the map that stands for one that it knows nothing about.
const idOf = (typed) => (typed.getId ? typed.getId() : typed instanceof Map ? typed.get("id") : typed.id);

// Whether a typed value is what a plain request says. A date without a time comes as that day's midnight, here or in Greenwich.
function isSame(typed, raw) {
  if (raw === null || raw === undefined) return (typed ?? null) === null;
  if (typed instanceof Date) return [raw, `${raw}T00:00:00`].some((text) => new Date(text).getTime() === typed.getTime());
  if (Array.isArray(raw)) return Array.isArray(typed) && typed.length === raw.length && raw.every((one, i) => isSame(typed[i], one));
  if (typeof raw === "object") return raw.id === undefined ? typed !== null && typeof typed === "object" : String(idOf(typed)) === raw.id;
  return String(plain(typed)) === String(raw);
}

function isWhole(record, raw) {
  for (const [name, value] of Object.entries(raw)) {
    assert.ok(record.getKeyValues().has(name), `${name} is lost`);
    assert.ok(isSame(record.getKeyValue(name), value), `${name}: ${inspect(value)} became ${inspect(record.getKeyValue(name))}`);
  }
}

// A value for a field, as its type asks for it; undefined: clients don't set it, or only with records of other modules.
const VALUES = {
  text: "text", textarea: "lines\nof text", email: "someone@somewhere.example", phone: "+30 210 0100", website: "https://somewhere.example", boolean: true, integer: 7,
  bigint: 12345678901234567n, double: 1.5, currency: 12.25, percent: 5, decimal: 1.5, date: new Date("1990-05-17T00:00:00"), datetime: new Date("2026-01-31T09:30:00+05:30"),
};

function valueOf(field) {
  const type = plain(field.getDataType());
  const offered = (field.getPickListValues?.() ?? []).find((value) => plain(value.getActualValue()) !== "-None-");
  if (field.getReadOnly?.() || field.getFieldReadOnly?.()) return undefined;
  if (type === "picklist") return choice(plain(offered.getActualValue()));
  if (type === "multiselectpicklist") return [choice(plain(offered.getActualValue()))];
  const value = VALUES[type];
  return typeof value === "string" ? value.slice(0, field.getLength()) : value;
}

// Beyond the API's version: in v8 Activities is no module of its own any more.
const MODULES = ["Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Activities", "Tasks", "Events", "Calls", "Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders",
  "Purchase_Orders", "Invoices", "Projects"].filter((module) => version !== "v8" || module !== "Activities");

test("the modules of the default fixtures", async () => {
  const { list } = await metadataOf("Modules");
  const supported = list.filter((module) => module.getAPISupported()).map((module) => module.getAPIName());
  assert.deepEqual(supported.sort(), [...MODULES].sort());
});

for (const module of MODULES) {
  test(`${module} fields list and insert are typed and whole`, async () => {
    const told = (await said(`settings/fields?module=${module}`)).fields;
    const fields = (await metadataOf("Fields", module)).list;
    assert.deepEqual(fields.map((field) => [field.getAPIName(), String(field.getId()), plain(field.getDataType()), field.getLength(), (field.getPickListValues() ?? []).length]),
      told.map((field) => [field.api_name, field.id, field.data_type, field.length, field.pick_list_values.length]));

    const names = told.map((field) => field.api_name).filter((name) => name !== "id").join(",");
    const asked = await parameters(R.GetRecordsParam, { FIELDS: names });
    const { data } = await said(`${module}?fields=${names}`);
    const records = (await operationsFor(module).getRecords(asked, new sdk.HeaderMap())).getObject().getData();
    assert.equal(records.length, data.length);
    records.forEach((record, i) => isWhole(record, data[i]));

    const record = new R.Record();
    const sent = Object.fromEntries(fields.map((field) => [field.getAPIName(), valueOf(field)]).filter(([, value]) => value !== undefined));
    for (const [name, value] of Object.entries(sent)) record.addKeyValue(name, value);
    const body = new R.BodyWrapper();
    body.setData([record]);
    const [added] = (await operationsFor(module).createRecords(body)).getObject().getData();
    assert.deepEqual([plain(added.getCode()), plain(added.getMessage())], ["SUCCESS", "record added"], inspect(added));
    const id = String(added.getDetails().get("id"));
    const [raw] = (await said(`${module}/${id}`)).data;
    const read = await readOne(module, id);
    isWhole(read, raw);
    for (const [name, value] of Object.entries(sent)) assert.ok(isSame(value, raw[name]), `${name}: sent ${value}, kept ${raw[name]}`);
    const [deleted] = (await operationsFor(module).deleteRecord(BigInt(id), new sdk.ParameterMap(), new sdk.HeaderMap())).getObject().getData();
    assert.equal(plain(deleted.getMessage()), "record deleted");
  });
}

test("inserted records mass updated and read back typed", async () => {
  const records = ["Okoye", "Sy"].map((name) => {
    const record = new R.Record();
    record.addKeyValue("Last_Name", name);
    record.addKeyValue("Email_Opt_Out", true);
    record.addKeyValue("Date_of_Birth", new Date("1990-05-17T00:00:00"));
    return record;
  });
  const body = new R.BodyWrapper();
  body.setData(records);
  const ids = (await operationsFor("Contacts").createRecords(body)).getObject().getData().map((added) => String(added.getDetails().get("id")));
  const answer = await massUpdate("Contacts", { Department: "Sales" }, { ids });
  assert.deepEqual(entries(answer).map((entry) => [plain(entry.getCode()), String(entry.getDetails().get("id"))]), ids.map((id) => ["SUCCESS", id]));
  for (const [i, id] of ids.entries()) {
    const read = await readOne("Contacts", id);
    assert.deepEqual([read.getKeyValue("Last_Name"), read.getKeyValue("Department"), read.getKeyValue("Email_Opt_Out"), String(read.getId())], [["Okoye", "Sy"][i], "Sales", true, id]);
    assert.ok(read.getKeyValue("Date_of_Birth") instanceof Date && read.getCreatedTime() instanceof Date && read.getModifiedTime() >= read.getCreatedTime());
    assert.deepEqual([read.getModifiedBy().getName(), read.getKeyValue("Owner").getName()], ["Patricia Boyle", "Patricia Boyle"]);
  }
});

async function insertOne(module, fields) {
  const record = new R.Record();
  for (const [name, value] of Object.entries(fields)) record.addKeyValue(name, value);
  const body = new R.BodyWrapper();
  body.setData([record]);
  return (await operationsFor(module).createRecords(body)).getObject().getData()[0].getDetails().get("id");
}

// E27 comes and goes.
if (spaceOf("RecordLockingOperations")) {
  test("a record locked and unlocked", async () => {
    const space = spaceOf("RecordLockingOperations");
    const id = BigInt(await insertOne("Contacts", { Last_Name: "Locked" }));
    const locks = new space.RecordLockingOperations(id, "Contacts");
    const lock = new space.LockRecord();
    lock.setLockedReasonS("in review");
    const body = new space.BodyWrapper();
    body.setData([lock]);
    const [added] = (await locks.lockRecords(body)).getObject().getData();
    assert.deepEqual([added.constructor.name, plain(added.getCode()), plain(added.getMessage())], ["SuccessResponse", "SUCCESS", "record added"]);
    isException((await massUpdate("Contacts", { Department: "x" }, { ids: [String(id)] })).object, "RECORD_LOCKED", "You cannot perform this operation as the record is locked.");
    const asked = await parameters(space.GetRecordLockingInformationsParam, { FIELDS: "Locked_Reason__s,Lock_Source__s" });
    const listed = (await locks.getRecordLockingInformations(asked)).getObject();
    assert.deepEqual([String(listed.getData()[0].getId()), listed.getInfo().getCount()], [String(added.getDetails().get("id")), 1]);
    const [removed] = (await locks.unlockRecord(BigInt(added.getDetails().get("id")))).getObject().getData();
    assert.equal(plain(removed.getMessage()), "relation removed");
    assert.equal(plain(entries(await massUpdate("Contacts", { Department: "x" }, { ids: [String(id)] }))[0].getCode()), "SUCCESS");
  });
}

// E9 comes and goes.
test("a record taken through its blueprint", async () => {
  const space = spaceOf("BlueprintOperations") ?? spaceOf("BluePrintOperations");
  const Operations = space.BlueprintOperations ?? space.BluePrintOperations;
  const id = BigInt(await insertOne("Leads", { Last_Name: "Started", Lead_Status: choice("Contact in Future") }));
  const status = () => massUpdate("Leads", { Lead_Status: choice("Junk Lead") }, { ids: [String(id)] });
  isException((await status()).object, "RECORD_IN_BLUEPRINT", "The record is in blue print");
  const operations = /^v[78]$/.test(version) && process.env.CRMOCK_SDK.includes("nodejs") ? new Operations(String(id), "Leads") : new Operations(id, "Leads");
  const blueprint = (await operations.getBlueprint()).getObject().getBlueprint();
  assert.deepEqual([blueprint.constructor.name, blueprint.getProcessInfo().getFieldValue()], ["BluePrint", "Contact in Future"]);
  assert.deepEqual(blueprint.getTransitions().map((transition) => [transition.constructor.name, transition.getName(), transition.getNextFieldValue()]),
    [["Transition", "Call", "Contacted"], ["Transition", "No answer", "Attempted to Contact"]]);
  for (const name of ["No answer", "Drop"]) {
    const next = (await operations.getBlueprint()).getObject().getBlueprint().getTransitions().find((transition) => transition.getName() === name);
    const chosen = new space.BluePrint();
    chosen.setTransitionId(version === "v2" || version === "v2.1" ? next.getId() : String(next.getId()));
    const data = new R.Record();
    data.addKeyValue("City", "Arta");
    chosen.setData(data);
    const body = new space.BodyWrapper();
    body.setBlueprint([chosen]);
    const done = (await operations.updateBlueprint(body)).getObject();
    assert.deepEqual([done.constructor.name, plain(done.getMessage())], ["SuccessResponse", "transition updated successfully"]);
  }
  const left = (await operations.getBlueprint()).getObject();
  assert.deepEqual([left.constructor.name, plain(left.getCode()), plain(left.getMessage())], ["APIException", "RECORD_NOT_IN_PROCESS", "record not in process"]);
  assert.equal(plain(entries(await status())[0].getCode()), "SUCCESS");
});
