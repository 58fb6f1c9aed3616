/* Records told in few words; and what of them the service alone can tell. */
import { Refusal, bearer } from "./api.js";
import { badge, el, visible } from "./dom.js";

const SHOWN_MAX = 120; // characters of a value in a table

/* The JSON of an answer of the service, as to a client with the sandbox's access token; null: it has no content. The journal has it,
 * limits count it, and faults meet it: so only the records of a view or a search, which nobody else tells, are asked for so. */
export async function askService(control, path, query) {
  const { access_token: token } = await control.itself();
  const { status, headers, text } = await control.send({ method: "GET", path: `/crm/v8/${path}?${new URLSearchParams(query)}`,
    headers: bearer(token) });
  if (status >= 400)
    throw new Refusal(status, `The service answered ${status}: ${headers.get("X-Crmock-Hint") ?? text.slice(0, 200)}`);
  return text === "" ? null : JSON.parse(text);
}

/* A value in few characters: of a lookup the name, of a lock whose it is. */
export function short(value) {
  if (value === null || value === undefined)
    return "–";
  if (value.by_rule !== undefined)
    return short(`by ${value.by ?? "a rule"}${value.reason ? `: ${value.reason}` : ""}`);
  const name = value.name ?? value.id;
  const text = typeof value === "string" ? value : typeof name === "string" ? name
    : Array.isArray(value) && value.every(part => typeof part === "string") ? value.join(", ") : JSON.stringify(value);
  return visible(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}

/* The same as an element, which keeps its direction to itself. */
export const told = value => el("bdi", {}, short(value));

/* The API name of the field by which a record is called, of those that it has. */
export function nameField({ fields }) {
  const texts = Object.keys(fields).filter(name => typeof fields[name] === "string");
  return texts.find(name => /^(?!First_)(.*_)?Name$|^Subject$|_Title$/.test(name)) ?? texts[0];
}

export function nameOf(record) {
  const { fields } = record, field = nameField(record);
  return short(field === "Last_Name" && fields.First_Name ? `${fields.First_Name} ${fields[field]}` : fields[field]);
}

/* States that a record may be in, and which kind of badge each has. */
const STATES = { locked: "warn", approval: "warn", blueprint: "quiet", stop_processing: "warn", converted: "warn",
  image_review: "warn", busy_with: "warn", fault: "bad" };

export const states = record => Object.entries(STATES).filter(([member]) => record[member]).flatMap(([member, kind]) => {
  const value = record[member], words = member.replaceAll("_", " ");
  return [badge(typeof value === "string" ? `${words}: ${short(value)}` : words, kind), " "];
});

/* What differs of a record, as the control API's changes tell it. */
export const differences = ({ fields, state }) => el("ul", { class: "differences" }, Object.entries({ ...fields, ...state })
  .map(([name, { from, to }]) => el("li", {}, el("code", {}, name), " ", told(from), " → ", told(to))));
