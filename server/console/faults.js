/* Steer, the faults. */
import { short } from "./crm.js";
import { badge, datalist, el, empty, fill, liveTable, select } from "./dom.js";
import { area, callForm, entry, input, jsonOrText, part, sureCall } from "./form.js";
import { gallery } from "./gallery.js";
import { parseJson } from "./json.js";

const inWords = value => short(typeof value === "string" ? value : JSON.stringify(value));
const matchInWords = match => Object.entries(match).map(([name, value]) => `${name} ${inWords(value)}`).join(", ") || "any request";

/* In the order in which they happen. */
const EFFECTS = {
  delay_ms: number => `waits ${number} ms first`,
  rule: row => `answers as ${row}`,
  status: status => `answers ${status}`,
  headers: headers => `headers ${inWords(headers)}`,
  body: body => `body ${inWords(body)}`,
  drop: when => when === "before" ? "closes the connection, nothing done" : "does it, then closes the connection",
  delay_after_ms: number => `waits ${number} ms before the answer`,
  truncate: bytes => `cuts the answer after ${bytes} bytes`,
  drip: ({ bytes, every_ms: every }) => `answers bit by bit, ${bytes} bytes every ${every} ms`,
};

const effectInWords = effect =>
  Object.entries(EFFECTS).flatMap(([name, say]) => name in effect ? say(effect[name]) : []).join(", ");

const oftenInWords = ({ after, times, probability, seed }) => [
  times === null ? "always" : times === 1 ? "once" : `${times} times`,
  after > 0 && `after ${after}`,
  probability < 1 && `at a chance of ${probability}, seed ${seed}`,
].filter(Boolean).join(", ");

const isSpent = ({ times, fired }) => times !== null && fired >= times;
const leftOf = fault => fault.times === null ? "always" : isSpent(fault) ? badge("used up") : fault.times - fault.fired;

const rowInWords = ({ status, answer }) => {
  const { code, error, message = "" } = answer?.data?.[0] ?? answer ?? {};
  return `${status} ${code ?? error ?? ""} ${message}`;
};

/* The members of a match that are texts: label, what is suggested. */
const MATCHED = { path: ["Path", "any: /crm/*/Leads/**"], method: ["Method", "any"], module: ["Module", "any"],
  version: ["Version", "any: v8"], user: ["User", "any: an email"], token: ["Token", "any: 1000.crmock.admin"] };
const ANSWERS = [["rule", "A row of the gallery"], ["status", "Of your own"], ["usual", "As the service would"],
  ["before", "None: closed, nothing done"], ["after", "None: done, then closed"]];
const DROPS = ["before", "after"];

function faultForm({ control, reload }) {
  const rows = datalist("fault-rows", []), said = el("small");
  const answer = select(ANSWERS, "rule"), row = input("", { list: rows.id, value: "E23" });
  const rule = [part("effect.rule", "Row", row)];
  const status = [
    entry("effect.status", "Status", "such as 503"),
    part("effect.headers", "Headers, as JSON", area('{"Retry-After": "5"}')),
    part("effect.body", "Body", area('{"message": "down"}'), jsonOrText, "JSON, or else a text"),
  ];
  const answered = [entry("effect.truncate", "Cut after, bytes", "whole"), entry("effect.drip.bytes", "Drip, bytes", "at once"),
    entry("effect.drip.every_ms", "Drip every, ms", "")];
  const grown = () => {
    const show = (fields, isSeen) => fields.forEach(field => { field.hidden = !isSeen; });
    show(rule, answer.value === "rule");
    show(status, answer.value === "status");
    show(answered, !DROPS.includes(answer.value));
    said.textContent = [...rows.options].find(({ value }) => value === row.value)?.label ?? "";
  };
  const group = (legend, ...fields) => el("fieldset", {}, el("legend", {}, legend), el("div", { class: "fields" }, fields));
  const form = callForm({ control, path: "faults", text: "Make the fault", grown, done: reload },
    el("h2", {}, "A new fault"),
    group("What it does", part("effect.drop", "Answer", answer, value => DROPS.includes(value) ? value : undefined), rule, status,
      entry("effect.delay_ms", "Wait before, ms"), entry("effect.delay_after_ms", "Wait after, ms"), answered),
    group("To which requests", Object.entries(MATCHED).map(([name, [label, usual]]) => entry(`match.${name}`, label, usual, String)),
      part("match", "More, as JSON", area('{"body": {"ids": {"$contains": ["554023000000600001"]}}}'), text => parseJson(text, "This"),
        "query, form, headers, body")),
    group("How often", entry("times", "Times, or always", "1", text => text === "always" ? null : jsonOrText(text)),
      entry("after", "Let pass first"), entry("probability", "Probability", "0 to 1"), entry("seed", "Seed")));
  row.after(said, rows);
  gallery().then(found => {
    fill(rows, found.map(one => el("option", { value: one.row, label: rowInWords(one) })));
    grown();
  }, () => {}); // a row can be written without them
  return form;
}

/* Fills in a match. */
function write(form, { ...rest }) {
  for (const name of Object.keys(MATCHED)) {
    form.elements[`match.${name}`].value = rest[name] ?? "";
    delete rest[name];
  }
  form.elements.match.value = JSON.stringify(rest, null, 2).replace(/^{}$/, "");
  form.grow();
}

export function faults(context, place) {
  const { control } = context;
  const form = faultForm(context);
  const list = liveTable("Faults", [
    ["Id", ({ id }) => id, "narrow"],
    ["Acts on", ({ match }) => el("bdi", {}, matchInWords(match)), "words"],
    ["What it does", fault => [el("bdi", {}, effectInWords(fault.effect)), el("br"), el("small", {}, oftenInWords(fault))], "words"],
    ["Matched", ({ matched }) => matched, "number"],
    ["Fired", ({ fired }) => fired, "number"],
    ["Left", leftOf, "number"],
    ["", ({ id }) => sureCall(context, "DELETE", `faults/${id}`, "Drop", `Drop fault ${id}`), "narrow"],
  ], ({ id }) => id);
  fill(place, el("div", {}, list,
    empty("There are no faults: requests are answered as the service would.", "The form makes one."),
    el("div", { class: "bar" }, el("p", { class: "quiet" }, "The uppermost that matches acts, and no other."),
      sureCall(context, "DELETE", "faults", "Drop all", "Drop all faults"))), form);
  return {
    load: () => control.all("faults"),
    show: faults => list.show(faults.reverse()),
    update({ query }) {
      if (query.has("match"))
        write(form, Object(jsonOrText(query.get("match"))));
    },
  };
}
