// One way to the classes of each official SDK of Node.js and TypeScript, whatever its version calls them and wherever it
// keeps them. CRMOCK_SDK is the package's name, CRMOCK_SDK_VERSION the API's version that it speaks.
import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const name = process.env.CRMOCK_SDK;
const packages = join(dirname(fileURLToPath(import.meta.url)), "node_modules");

// Before 2.1 the package has no index: every class is a file of its own.
function everyFile(folder, require, found = {}) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (entry === "node_modules") continue;
    if (statSync(path).isDirectory()) everyFile(path, require, found);
    else if (entry.endsWith(".js")) found[path] = () => require(path);
  }
  return found;
}

async function load() {
  const imported = await import(name);
  const sdk = imported.InitializeBuilder ? imported : imported.default;
  if (sdk.InitializeBuilder) return sdk;
  const require = createRequire(pathToFileURL(packages));
  const root = join(packages, name);
  const classes = {};
  for (const [path, get] of Object.entries(everyFile(root, require))) {
    const space = path.match(/\/core\/com\/zoho\/crm\/api\/(\w+)\//)?.[1] ?? "";
    Object.assign(space ? (classes[space] ??= {}) : classes, get());
  }
  return { ...classes, Record: classes.record };
}

export const sdk = await load();

// The namespace that has a class.
export const spaceOf = (wanted) => Object.values(sdk).find((space) => typeof space === "object" && space?.[wanted]);
export const R = spaceOf("RecordOperations");

export const version = process.env.CRMOCK_SDK_VERSION;

// A value of the typed objects: enumerations come as a Choice.
export const plain = (value) => (value?.getValue ? value.getValue() : value);

export async function parameters(kind, values) {
  const map = new sdk.ParameterMap();
  for (const [key, value] of Object.entries(values)) if (kind?.[key]) await map.add(kind[key], value);
  return map;
}

// Records' operations: from 6.0 on they know their module; before, each call is told.
export function operationsFor(module) {
  if (R.RecordOperations.length > 0) return new R.RecordOperations(module);
  const operations = new R.RecordOperations();
  return {
    massUpdateRecords: (body) => operations.massUpdateRecords(module, body),
    getMassUpdateStatus: (parameters) => operations.getMassUpdateStatus(module, parameters),
    createRecords: (body) => operations.createRecords(module, body, new sdk.HeaderMap()),
    getRecords: (...rest) => operations.getRecords(module, ...rest),
    getRecord: (id, ...rest) => operations.getRecord(id, module, ...rest),
    deleteRecord: (id, ...rest) => operations.deleteRecord(id, module, ...rest),
  };
}

// Metadata: what each class is asked, with its parameters, and where its answer keeps the list. The classes of 2.x are told
// their module when they are made.
const metadata = {
  Modules: ["getModules", "GetModulesParam", "getModules"],
  Fields: ["getFields", "GetFieldsParam", "getFields"],
  Layouts: ["getLayouts", "GetLayoutsParam", "getLayouts"],
  CustomViews: ["getCustomViews", "GetCustomViewsParam", "getCustomViews"],
  Territories: ["getTerritories", "GetTerritoriesParam", "getTerritories"],
  Roles: ["getRoles", null, "getRoles"],
  Profiles: ["getProfiles", "GetProfilesParam", "getProfiles"],
  Users: ["getUsers", "GetUsersParam", "getUsers"],
  Org: ["getOrganization", null, "getOrg"],
};

// The typed objects of a kind of metadata.
export async function metadataOf(kind, module) {
  const [method, parameterClass, getter] = metadata[kind];
  const space = spaceOf(`${kind}Operations`);
  const Operations = space[`${kind}Operations`];
  const operations = version.startsWith("v2") ? new Operations(kind === "Profiles" ? null : module) : new Operations();
  const asked = space[parameterClass] ? await parameters(space[parameterClass], { MODULE: module }) : null;
  const takesHeaders = ["Modules", "Users"].includes(kind);
  const answer = await operations[method](...(asked ? [asked] : []), ...(takesHeaders ? [new sdk.HeaderMap()] : []));
  const object = answer.getObject();
  return { status: answer.getStatusCode(), list: object[getter]?.() ?? object, object };
}
