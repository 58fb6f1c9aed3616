/* Records: those of a module, one of them, and what has changed in the sandbox. */
import { askService, differences, nameField, nameOf, states, told } from "./crm.js";
import { writeCurl } from "./curl.js";
import { badge, button, el, empty, fill, line, liveTable, notice, select, time } from "./dom.js";
import { recordPanel, sinceChoice } from "./record.js";

const PAUSE = 1000; // milliseconds between two updates by events
const PAGE = 100; // entries at once
const PAGE_MAX = 1000;
const IDS_MAX = 200; // of one call: its address has a limit

/* Which records are shown: a name in the address's query, what it is called, and what is to be written; beside them "cvid". */
const FILTERS = [
  ["", "All"],
  ["ids", "Ids", "ids, with commas or blanks"],
  ["word", "Found by word", "a word"],
  ["email", "Found by email", "an address"],
  ["criteria", "Found by criteria", "(City:equals:Arta)"],
];
const NAMES = [...FILTERS.map(([name]) => name), "cvid"];

const CHANGES = ["-", "changes"]; // the address of all changes
const KINDS = { inserted: "good", deleted: "bad" };

/* A module, and perhaps an id: nothing else may come into a path of the control API. */
const WELL_FORMED = /^\w+(\/\d+)?$/;

/* What of an address goes on to another of the same list. */
const kept = query => Object.fromEntries([...NAMES, "columns", "org", "since"].map(name => [name, query.get(name)]));

const words = text => (text ?? "").split(/[\s,]+/).filter(word => word !== "");
const labelled = (text, control) => el("label", { class: "check" }, `${text} `, control);

/* Refreshes when records may have changed: at most once a second, and not while nobody looks. */
function onChanges({ on }, refresh) {
  let timer = null;
  const due = () => {
    timer ??= setTimeout(async () => {
      if (document.hidden)
        await new Promise(seen => document.addEventListener("visibilitychange", seen, { once: true }));
      timer = null;
      void refresh();
    }, PAUSE);
  };
  on("request", ({ method }) => method !== "GET" && due());
  ["job", "sandbox", "again"].forEach(kind => on(kind, due));
}

/* Lists are read anew as far as they are shown: by functions that answer the first `count` as {entries, more}. One of the control API: */
const listOf = (control, path, query) => async count => {
  const entries = [];
  for (;;) {
    const limit = Math.min(PAGE_MAX, count - entries.length);
    const page = await control.get(path, { ...query, limit, after: entries.at(-1)?.id });
    entries.push(...page[path.split("/")[0]]);
    if (!page.more || entries.length >= count)
      return { entries, more: page.more };
  }
};

/* Records by their ids, which are written, or found by the service, once. */
function recordsFound(control, { module, org, by, value }) {
  const ids = new Set(by === "ids" ? words(value) : []);
  let more = by !== "ids";
  return async count => {
    while (more && ids.size < count) {
      const query = { [by]: value, fields: "id", per_page: IDS_MAX, page: ids.size / IDS_MAX + 1 };
      const answer = await askService(control, `${module}${by === "cvid" ? "" : "/search"}`, query);
      answer?.data.forEach(({ id }) => ids.add(id));
      more = answer?.info.more_records ?? false;
    }
    const wanted = [...ids].slice(0, count), entries = [];
    for (let n = 0; n < wanted.length; n += IDS_MAX)
      entries.push(...(await control.get(`records/${module}`, { org, ids: wanted.slice(n, n + IDS_MAX).join(",") })).records);
    return { entries, more: more || ids.size > count };
  };
}

/* A table of entries. columnsOf: of those that are there first; none: what stands in the place of no entry. */
function listing({ signal }, read, { columnsOf, keyOf, none, shown = () => {} }) {
  const state = el("div", {}, el("p", { class: "quiet" }, "Loading")), body = el("div"), count = el("span", { class: "quiet" });
  const more = button("Show more", () => { wanted += PAGE; return refresh(); });
  const foot = el("div", { class: "bar", hidden: true }, count, more);
  let wanted = PAGE, rows = null, turn = 0;
  async function refresh() {
    const mine = ++turn;
    const { error, entries, more: isMore } = await read(wanted).catch(failure => ({ error: failure }));
    if (mine !== turn || signal.aborted)
      return;
    fill(state, error ? notice(error) : entries.length === 0 ? none() : null);
    if (error)
      return;
    if (rows === null && entries.length > 0)
      fill(body, rows = liveTable("Records", columnsOf(entries), keyOf));
    rows?.show(entries);
    count.textContent = `${entries.length} shown`;
    foot.hidden = entries.length === 0;
    more.hidden = !isMore;
    shown();
  }
  return { element: el("div", {}, state, body, foot), refresh };
}

export async function show(context, element) {
  const { control } = context, orgs = await control.all("orgs");
  const head = el("div", { class: "head" }), left = el("div", { class: "list" });
  const detail = el("section", { class: "detail", "aria-label": "Record" }), pair = el("div", { class: "pair" }, left, detail);
  let route, asked, key, metadata, list; // what is asked for by the address, and what is there for it
  const org = () => orgs.find(({ id }) => id === asked.org) ?? orgs[0];
  const address = (parts, query = {}) => context.address("records", parts, { org: asked.org, ...query });
  const go = (...to) => { location.hash = address(...to); };
  const addressOf = (id, query = {}) => address([asked.module, ...(id ? [id] : [])], { ...kept(route.query), ...query });
  const panel = recordPanel(context, detail, { addressOf, org, changed: () => list.refresh() });
  const mark = () => left.querySelectorAll("tbody a")
    .forEach(link => link.setAttribute("aria-current", String(link.textContent === route.parts[1])));
  const bar = (...parts) => el("div", { class: "bar" }, orgs.length > 1 ? labelled("Org", select(
    orgs.map(({ id, name }, n) => [n === 0 ? "" : id, name]), asked.org ?? "", // the first is that of no id
    { change: event => go(asked.module === "-" ? CHANGES : [], { org: event.target.value }) })) : null, parts);
  const reload = () => button("Reload", () => { key = null; return update(route); });

  const example = () => {
    const shown = line(), { href: url } = new URL(control.url(`records/${asked.module}`, { org: asked.org }), location);
    metadata.then(({ fields }) => shown.show(writeCurl({ method: "POST", url, body: JSON.stringify(
      { fields: Object.fromEntries(fields.filter(({ mandatory }) => mandatory).map(about => [about.field, "value"])) }) })), () => {});
    return shown;
  };

  function filterForm() {
    const input = attributes => el("input", { autocomplete: "off", spellcheck: "false", ...attributes });
    const value = input({ "aria-label": "What to look for", value: asked.by === "cvid" ? "" : asked.value });
    const columns = input({ "aria-label": "Columns", placeholder: "Columns", value: asked.columns });
    const isOfFirst = !asked.org; // by whose token the service is asked
    const chosen = asked.by === "cvid" ? `cvid ${asked.value}` : asked.by;
    const by = select(isOfFirst ? FILTERS : FILTERS.slice(0, 2), chosen, { "aria-label": "Which records", change: () => {
      adapt();
      value.hidden ? apply() : value.focus();
    } });
    metadata.then(({ views }) => {
      by.append(...(isOfFirst ? views : []).map(({ id, name }) => el("option", { value: `cvid ${id}` }, `View: ${name}`)));
      by.value = chosen;
    }, () => {}); // what fails is told by the list
    const adapt = () => {
      value.placeholder = FILTERS.find(([name]) => name === by.value)?.[2] ?? "";
      value.hidden = value.placeholder === "";
    };
    const apply = () => {
      const [name, id] = by.value.split(" ");
      go([asked.module], { columns: columns.value, ...(name ? { [name]: id ?? value.value.trim() } : {}) });
    };
    adapt();
    return el("form", { class: "bar", submit: event => { event.preventDefault(); apply(); } },
      by, value, columns, el("button", {}, "Show"), reload());
  }

  function showRecords() {
    const { module, org: id, by, columns } = asked;
    metadata = control.get(`modules/${module}`, { org: id });
    fill(head, el("h1", {}, "Records"), bar(
      labelled("Module", select(org().modules, module, { change: event => go([event.target.value]) })),
      el("a", { href: address(CHANGES, { since: asked.since }) }, "All changes")));
    list = listing(context, by === "" ? listOf(control, `records/${module}`, { org: id }) : recordsFound(control, asked), {
      columnsOf: ([first]) => [
        ["Id", record => el("a", { href: addressOf(record.id), class: "mono" }, record.id)],
        ["Name", record => el("bdi", {}, nameOf(record))],
        ["State", states],
        ...(columns ? words(columns) : Object.keys(first.fields)
          .filter(name => name !== "First_Name" && name !== nameField(first)).slice(0, 2))
          .map(name => [name, record => told(record.fields[name])]),
        ["Owner", record => record.owner],
        ["Modified", record => time(record.modified_time)],
      ],
      keyOf: record => record.id,
      none: () => by
        ? empty("There is no such record.", el("a", { href: address([module]) }, `All of ${module}`))
        : [empty(`${module} has no records.`, "The control API makes one:"), example()],
      shown: mark,
    });
    fill(left, filterForm(), list.element);
  }

  function showChanges() {
    const { since, org: id } = asked;
    fill(head, el("h1", {}, "Changes"), bar(
      labelled("Since", sinceChoice(context, since, name => go(CHANGES, { since: name }))), reload(),
      el("a", { href: address([]) }, "Records")));
    list = listing(context, listOf(control, "changes", { since, org: id }), {
      columnsOf: () => [
        ["Record", ({ module, id: ofRecord, change }) => {
          const href = change === "deleted" ? null : address([module, ofRecord], { since });
          return [el(href ? "a" : "span", { class: "mono", href }, ofRecord), el("div", {}, module, " ", badge(change, KINDS[change]))];
        }],
        ["Differences", differences],
      ],
      keyOf: entry => `${entry.id} ${entry.change}`,
      none: () => empty(`Nothing differs from ${since ? `the snapshot ${since}` : "how the sandbox was made"}.`,
        "Send a mass update, or edit ", el("a", { href: address([]) }, "a record"), ": what differs then is seen here."),
    });
    fill(left, list.element);
  }

  async function update(to) {
    route = to;
    const { parts, query } = route, by = NAMES.find(name => query.get(name)) ?? "";
    asked = { ...kept(query), by, value: query.get(by) ?? "" };
    if (parts.length === 0) {
      const { modules } = org();
      parts.push(modules.includes("Leads") ? "Leads" : modules[0]);
      context.replace("records", parts, kept(query));
    }
    [asked.module] = parts;
    const isOfChanges = asked.module === "-", id = isOfChanges ? undefined : parts[1];
    if (!isOfChanges && !WELL_FORMED.test(parts.join("/"))) {
      key = list = null;
      return fill(element, notice({ message: "That is no address of records: a module's API name, and perhaps an id." }));
    }
    pair.classList.toggle("chosen", id !== undefined);
    let loading = mark();
    if (key !== JSON.stringify(asked)) {
      key = JSON.stringify(asked);
      (isOfChanges ? showChanges : showRecords)();
      loading = list.refresh();
      element.contains(pair) || fill(element, head, pair);
    }
    await Promise.all([loading, panel.update(asked, id, metadata)]);
    if (id !== undefined && left.offsetParent === null)
      detail.querySelector("h2")?.focus();
  }

  onChanges(context, () => Promise.all([list?.refresh(), panel.refresh()]));
  return update;
}
