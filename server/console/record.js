/* One record: its states, fields and changes. */
import { differences, nameOf, short, states, told } from "./crm.js";
import { parse } from "./json.js";
import { badge, button, datalist, el, field, fill, notice, select, sureButton, tell } from "./dom.js";

/* Members of a record beside its fields, and between what is chosen. */
const choice = (...words) => ({ options: [["", "–"], ...words] });
const FLAG = { options: [["false", "no"], ["true", "yes"]], isJson: true };
const LIST = { isJson: true };
const USER = { list: "records-users" };
const STATES = {
  locked: { options: [["false", "no"], ['{"by_rule":false}', "yes"], ['{"by_rule":true}', "by a rule"]], isJson: true },
  approval: choice("waiting", "approved", "rejected"),
  blueprint: {},
  busy_with: choice("image_validation", "duplicate_merge"),
  image_review: choice("rejected", "in_approval"),
  stop_processing: FLAG, converted: FLAG, fault: FLAG,
};
const OTHERS = {
  owner: USER, layout: {}, territories: LIST, shared_with: LIST,
  created_by: USER, created_time: {}, modified_by: USER, modified_time: {},
};
/* Fields that are such members. */
const SYSTEM = /^(id|Owner|Layout|(Created|Modified)_(By|Time))$/;
/* Types of fields whose values are no texts. */
const NO_TEXT = /boolean|integer|double|currency|percent|decimal|multiselect|lookup|subform|(file|image)upload|RRULE/;

/* A value as the text of a control; null is none. */
const written = value => value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/* And back. What is no JSON stays a text: crmock refuses it, and says why. */
function read(text, isJson) {
  if (text === "")
    return null;
  try {
    return isJson ? parse(text) : text;
  } catch {
    return text;
  }
}

/* A member or a field with its control. What was written into it stays when the record changes, until it is saved or taken back. */
function editorOf(name, { isField = false, options, list, isJson = false, isRequired = false, isLong = false }) {
  const attributes = { autocomplete: "off", spellcheck: "false", list, rows: isLong ? 3 : null };
  const control = options ? select(options) : el(isLong ? "textarea" : "input", attributes);
  const element = field(isRequired ? `${name} *` : name, control, []), note = element.lastChild;
  let base = control.value, shown; // what is no edit, and of which text of the record it is
  const isEdited = () => control.value !== base;
  return {
    name, isField, control, element, isEdited,
    path: isField ? `$.fields.${name}` : `$.${name}`,
    read: () => read(control.value, isJson),
    accept(text = control.value) { base = text; },
    /* Shows it as it is in the record, and what it was. */
    show(record, change) {
      const value = isField ? record.fields[name] : record[name];
      const text = written(name === "locked" && value ? { by_rule: value.by_rule } : value);
      if (!isEdited()) {
        if (options && ![...control.options].some(option => option.value === text))
          control.append(el("option", { value: text }, short(text)));
        if (control.value !== text)
          control.value = text;
        base = control.value; // which may be another: a control takes no line breaks, or makes others of them
        shown = text;
      }
      const was = (isField ? change?.fields : change?.state)?.[name];
      fill(note, shown !== text ? ["is now ", told(value)] : was ? ["was ", told(was.from)] : null);
    },
  };
}

/* Editors in groups: [title, editors]. Fields go by the sections of the record's layout; those of no section come last. */
function groupsOf(record, { fields, layouts }) {
  const ofMembers = kinds => Object.entries(kinds).map(([name, kind]) => editorOf(name, kind));
  const ofField = ({ field: name, type, values, mandatory: isRequired }) => editorOf(name, { isField: true, isRequired,
    isJson: NO_TEXT.test(type), isLong: /area|rich/.test(type) || /.{40}|\n/.test(written(record.fields[name])),
    ...(type === "boolean" ? choice("true", "false") : type === "picklist" ? choice(...values) : {}) });
  const { sections } = layouts.find(({ name }) => name === record.layout) ?? layouts[0] ?? { sections: [] };
  const placed = sections.flatMap(section => section.fields);
  const rest = Object.keys(record.fields).filter(name => !placed.includes(name));
  return [
    ["States", ofMembers(STATES)],
    ...[...sections, { name: "Not on the layout", fields: rest }].map(({ name, fields: names }) =>
      [name, fields.filter(about => names.includes(about.field) && !SYSTEM.test(about.field)).map(ofField)]),
    ["Record", ofMembers({ ...OTHERS, layout: choice(...layouts.map(({ name }) => name)) })],
  ].filter(([, editors]) => editors.length > 0);
}

/* A choice of what changes are told since: the making of the sandbox, or a snapshot. */
export function sinceChoice({ control }, chosen, choose) {
  const element = select([["", "reset"], ...(chosen ? [chosen] : [])], chosen ?? "", { change: () => choose(element.value) });
  control.all("snapshots").then(all => element.append(...all.filter(({ name }) => name !== chosen)
    .map(({ name }) => el("option", { value: name }, short(name)))), () => {});
  return element;
}

/* addressOf: that of a record of the module, by id, or of the list; org: which is shown; changed: is told after each change. */
export function recordPanel(context, box, { addressOf, org, changed }) {
  const { control } = context;
  let asked, id, metadata, path, key, shown = null, turn = 0;

  const card = (title, ...parts) => fill(box, el("div", { class: "card" },
    el("div", { class: "head" }, el("h2", { tabindex: "-1" }, title), el("a", { href: addressOf(null) }, "Close")), parts));

  /* Does it, and goes to the record that it answers, or to the list, unless another is shown by then. */
  async function leave(work) {
    const from = shown, to = await work();
    tell("Done.");
    await changed();
    if (from === shown && !context.signal.aborted)
      location.hash = addressOf(to);
  }

  async function insertCopy() {
    const { id: _, locked, ...copy } = await control.get(path, { org: asked.org });
    return (await control.post(`records/${copy.module}`, { ...copy, locked: Boolean(locked) }, { org: asked.org })).id;
  }

  function build(record, module) {
    const groups = groupsOf(record, module), editors = groups.flatMap(([, inside]) => inside);
    const title = el("bdi"), badges = el("span"), changes = el("div");
    const edited = () => editors.filter(editor => editor.isEdited());
    const offerSave = () => { bar.hidden = edited().length === 0; };
    const forget = () => form.querySelectorAll(".notice").forEach(element => element.remove());
    async function save(event) {
      event.preventDefault();
      forget();
      const sent = edited().map(editor => [editor, editor.control.value]), body = {};
      for (const [{ isField, name, read: value }] of sent)
        (isField ? body.fields ??= {} : body)[name] = value();
      try {
        await control.patch(`records/${record.module}/${record.id}`, body, { org: asked.org });
        sent.forEach(([editor, text]) => editor.accept(text));
        tell("Saved.");
        await Promise.all([refresh(), changed()]);
      } catch (error) {
        const refused = editors.find(editor => error.at?.match(/^\$\.(fields\.)?\w+/)?.[0] === editor.path)?.control;
        (refused ?? bar).after(notice(error));
        refused?.focus();
      }
    }
    const takeBack = button("Take back", () => {
      forget();
      edited().forEach(editor => editor.accept());
      return refresh();
    });
    const bar = el("div", { class: "bar save" }, el("button", { class: "main" }, "Save"), takeBack);
    const form = el("form", { input: offerSave, submit: save }, datalist("records-users", org().users.map(({ email }) => email)),
      groups.map(([name, inside]) => el("fieldset", {}, el("legend", {}, name),
        el("div", { class: "fields" }, inside.map(({ element }) => element)))), bar);
    const since = sinceChoice(context, asked.since, name => { location.hash = addressOf(record.id, { since: name }); });
    card(title, el("p", {}, el("code", {}, record.id), " ", badges),
      el("div", { class: "bar" }, button("Insert a copy", () => leave(insertCopy)),
        sureButton("Delete", () => leave(() => control.delete(path, { org: asked.org })))),
      el("div", { class: "bar" }, el("label", {}, "Changes since ", since), changes), form);
    return { since, show(now = record, change, error) {
      record = now;
      title.textContent = nameOf(now);
      fill(badges, states(now));
      const fresh = el("div", {}, error ? notice(error) : change ? [badge(change.change), differences(change)] : "nothing");
      if (!fresh.isEqualNode(changes)) // a selection stays, and nothing is said twice
        fill(changes, ...fresh.childNodes);
      editors.forEach(editor => editor.show(now, change));
      offerSave();
    } };
  }

  /* Shows the record as it is now, and what differs of it: the first that differs behind the id before it, if it is this. */
  async function refresh() {
    const mine = ++turn;
    if (id === undefined)
      return;
    const query = { org: asked.org, since: asked.since, after: id === "1" ? null : String(BigInt(id) - 1n), limit: 1 };
    const [record, changes, module] = await Promise.allSettled(
      [control.get(path, { org: asked.org }), control.get("changes", query), metadata]);
    if (mine !== turn || context.signal.aborted)
      return;
    const error = module.reason ?? record.reason;
    if (!shown && error)
      card(short(id), notice(error));
    else {
      shown ??= build(record.value, module.value);
      shown.show(record.value, changes.value?.changes.find(change => change.id === id), error ?? changes.reason);
    }
  }

  return { refresh, update(...to) {
    [asked, id, metadata] = to;
    path = `records/${asked.module}/${id}`;
    if (key !== `${path} ${asked.org}`) {
      key = `${path} ${asked.org}`;
      shown = null;
      fill(box);
    } else if (shown)
      shown.since.value = asked.since ?? "";
    return refresh();
  } };
}
