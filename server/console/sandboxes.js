/* Steer, the sandboxes: those that are alive, and what is kept of the chosen one. */
import { badge, card, copyButton, el, empty, field, fill, liveTable, select, statusBadge, time } from "./dom.js";
import { area, callForm, entry, part, sureCall } from "./form.js";
import { json, parseJson } from "./json.js";
import { inSandbox } from "./router.js";

const CALLS_SHOWN = 100; // calls of webhooks
const CALL_KINDS = { DELIVERED: "good", GIVEN_UP: "bad" };
const EXTENDS = [["", "as main began"], "default", "enterprise", "professional", "free", ["main", "main as it is now"]];
const ANSWERS = [["", "as main"], "page", "current"];

/* The address of this part in another sandbox. */
const partIn = (control, id) => inSandbox(control, id, "steer", ["sandboxes"]);

function snapshotsOf(context) {
  const path = ({ name }) => `snapshots/${encodeURIComponent(name)}`;
  return liveTable("Snapshots", [
    ["Name", ({ name, created }) => [el("bdi", {}, name), el("br"), el("small", {}, time(created))]],
    ["", one => [sureCall(context, "POST", `${path(one)}/restore`, "Restore", `Restore snapshot ${one.name}`), " ",
      sureCall(context, "DELETE", path(one), "Delete", `Delete snapshot ${one.name}`)], "narrow"],
  ], ({ name }) => name);
}

function callsOf(context) {
  const record = ({ module, record_id: id }) => el("a", { href: context.address("records", [module, id]) }, `${module} ${id}`);
  return liveTable(`Calls of webhooks, the newest ${CALLS_SHOWN}`, [
    ["Call", call => [el("bdi", {}, call.url), el("br"),
      el("small", {}, el("bdi", {}, call.rule), ", ", record(call), ", ", time(call.created))]],
    ["State, tries", ({ status, tries, http_status: answer, reason }) => [badge(status, CALL_KINDS[status]), ` ${tries} `,
      answer && statusBadge(answer), reason && el("small", {}, ` ${reason}`)]],
  ], ({ id }) => id);
}

function makingForm({ control, reload }) {
  const fixtures = area('{"records": [{"module": "Leads", "fields": {"Last_Name": "Mine"}}]}');
  const file = el("input", { type: "file", change: async () => {
    fixtures.value = await file.files[0]?.text() ?? "";
    form.grow();
  } });
  const outcome = el("div");
  const form = callForm({ control, path: "sandboxes", text: "Make the sandbox", async done(sandbox) {
    fill(outcome, el("p", {}, `${sandbox.id} was made. `, el("a", { href: partIn(control, sandbox.id) }, "Choose it")), json(sandbox));
    await reload();
  } }, el("h2", {}, "A new sandbox"), el("div", { class: "fields" },
    entry("id", "Id", "given by crmock", String), entry("ttl", "ttl, seconds", "3600; 0: stays"),
    part("answers", "Answers of v8", select(ANSWERS)), part("extends", "It begins with", select(EXTENDS)),
    part("fixtures", "Fixtures, as JSON", fixtures, text => parseJson(text, "This")), field("Fixtures from a file", file)));
  form.append(outcome);
  return form;
}

export function sandboxes(context, place) {
  const { control, reload } = context;
  const dropping = id => ({ control, reload: () => id === control.sandbox ? location.assign(partIn(control, "main")) : reload() });
  const list = liveTable("Sandboxes", [
    ["Sandbox", ({ id, url, created, ttl }) => [el("a", { href: partIn(control, id) }, id),
      id === control.sandbox && [" ", badge("chosen", "good")],
      el("div", { class: "bar" }, el("code", {}, url), copyButton(url)),
      el("small", {}, "made ", time(created), ttl > 0 && `, ttl ${ttl.toLocaleString()} s`)]],
    ["", ({ id }) => id !== "main" && sureCall(dropping(id), "DELETE", `sandboxes/${id}`, "Drop", `Drop sandbox ${id}`), "narrow"],
  ], ({ id, created }) => `${id} ${created}`);
  const snapshots = snapshotsOf(context), calls = callsOf(context);
  fill(place, el("div", {}, card("Alive", list), makingForm(context)), el("div", {},
    card(`The chosen one: ${control.sandbox}`,
      el("p", {}, "A reset puts all but its snapshots back to how it was made."),
      sureCall(context, "POST", "reset", `Reset ${control.sandbox}`), el("h3", {}, "Snapshots"), snapshots,
      empty("There are no snapshots.", "Take one before a test, and restore it afterwards."),
      callForm({ control, path: "snapshots", text: "Take it", done: reload }, entry("name", "Name of a new snapshot", "before", String))),
    card("Calls of webhooks", calls,
      empty("No webhook was to be called.", "They are called by workflow rules of the fixtures, when a record changes."),
      sureCall(context, "DELETE", "webhooks", "Drop all", "Drop all calls: what waits is not called any more"))));

  let newest = 0; // call of a webhook
  return {
    load: () => Promise.all([control.all("sandboxes"), control.all("snapshots"),
      control.all("webhooks", { after: Math.max(newest - CALLS_SHOWN, 0) || null })]),
    show([alive, kept, made]) {
      list.show(alive);
      snapshots.show(kept);
      calls.show(made);
      newest = Number(made.at(-1)?.id ?? 0);
    },
  };
}
