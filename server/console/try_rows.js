/* The rows of the error gallery: what is documented, and what is answered here. */
import { NEWEST, VERSIONS, answerShown, send, versionOf } from "./answer.js";
import { told } from "./crm.js";
import { plainAddress, readCurl } from "./curl.js";
import { badge, button, el, empty, field, fill, line, select, statusBadge, table, tell } from "./dom.js";
import { input } from "./form.js";
import { DOCUMENTED, gallery, paragraphsAbout } from "./gallery.js";
import { json } from "./json.js";

const OLDER = "differs by version";
const VERDICTS = { same: "good", [OLDER]: "warn", different: "bad" }; // as kinds of badge

/* The sandbox that a row's line makes, to ask there; undefined: it makes none. */
const madeBy = ({ command }) => /\/_crmock\/sandboxes .*?"id":"([^"]+)"/.exec(command)?.[1];

const inVersion = ({ command }, version) => command.replaceAll("/crm/v8/", `/crm/${version}/`);

/* A row's line, with the address of a sandbox in the place of the documented one. */
function lineOf(row, version, control) {
  const base = plainAddress(location.origin + (madeBy(row) ? control.root : control.prefix));
  const token = control.token ? ` -H "Authorization: Bearer $CRMOCK_CONTROL_TOKEN"` : "";
  return inVersion(row, version).replaceAll(DOCUMENTED, base).replace("/_crmock/sandboxes", path => path + token);
}

/* Where two values of JSON differ: [[at, documented, answered]]. */
function differences(documented, answered, at) {
  const values = [documented, answered], isList = Array.isArray(answered);
  if (!values.every(value => typeof value === "object" && value !== null && Array.isArray(value) === isList))
    return documented === answered ? [] : [[at, documented, answered]];
  const names = new Set(values.flatMap(Object.keys));
  return [...names].flatMap(name => differences(documented[name], answered[name], isList ? `${at}[${name}]` : `${at}.${name}`));
}

/* Sends the requests of a row's line; the last one's answer is the row's. */
async function sendRow(row, version, control) {
  let answer;
  for (const { url, headers, ...request } of readCurl(inVersion(row, version))) {
    const path = url.slice(DOCUMENTED.length);
    answer = await send(control, { ...request, path, isOutside: Boolean(madeBy(row)),
      headers: path.startsWith("/_crmock/") ? control.headers(headers) : headers });
  }
  const rule = answer.headers.get("X-Crmock-Rule") ?? row.row; // --no-hints leaves it out
  const differing = [...differences(row.status, answer.status, "status"), ...differences(row.row, rule, "X-Crmock-Rule"),
    ...differences(row.answer, answer.body, "$")];
  const different = inVersion(row, version) === row.command ? "different" : OLDER;
  return { version, answer, differing, verdict: differing.length === 0 ? "same" : different };
}

const verdictBadge = verdict => badge(verdict, VERDICTS[verdict]);

/* A paragraph of the documentation: a link is told by its words and its page. */
const prose = text => el("p", { class: "quiet" }, text.replace(/\[([^\]]*)\]\(([^)#]*)[^)]*\)/g, "$1 (docs/$2)").replaceAll("`", ""));

function listed(row) {
  const { code, message, error_description, error = "No body" } = row.answer?.data?.[0] ?? row.answer ?? {};
  const link = el("a", {}, row.row), verdict = el("td", { class: "narrow" });
  const tr = el("tr", {}, el("th", { scope: "row" }, link),
    el("td", {}, message ?? error_description ?? error, " ", el("code", { class: "quiet" }, code)),
    el("td", { class: "narrow" }, statusBadge(row.status)), verdict);
  return { row, link, verdict, tr, text: JSON.stringify(row).toLowerCase() };
}

export async function showRows(context, element) {
  const { control } = context;
  const list = (await gallery()).map(listed);
  const outcomes = new Map(); // by version and row
  let state = { row: undefined, version: NEWEST, q: "" };

  const address = (row = state.row) => ["try", row ? [row] : [], { q: state.q, version: state.version === NEWEST ? null : state.version }];
  const change = more => {
    follow({ ...state, ...more });
    context.replace(...address());
  };
  const lineNamed = name => list.find(({ row }) => row.row === name);
  const outcomeOf = ({ row }) => outcomes.get(`${state.version} ${row}`);

  const filter = input("", { type: "search", input: () => change({ q: filter.value }) });
  const versions = select(VERSIONS, NEWEST, { change: () => change({ version: versions.value }) });
  const tally = el("p"), answers = el("div");
  const nothing = empty("No row has all of these words.", "Use fewer, or none.");
  const sections = [...new Set(list.map(({ row }) => row.section))].map(title => el("section", {}, el("h2", {}, title),
    table(title, ["Row", "Message", "HTTP", "Answered"], list.filter(({ row }) => row.section === title).map(({ tr }) => tr))));
  const detail = el("section", { class: "detail card", "aria-label": "The chosen row" });
  const pair = el("div", { class: "pair", keydown: ({ key }) => key === "Escape" && state.row && close() },
    el("div", { class: "list" }, sections, nothing), detail);
  fill(element, el("div", { class: "bar ends" }, field("Filter", filter), field("Version", versions), button("Send all", sweep),
    el("small", {}, "in a sandbox made for it, of the default fixtures: yours is left alone")), tally, pair);

  function close() {
    const { link } = lineNamed(state.row) ?? {};
    change({ row: undefined });
    link?.focus();
  }

  function note(row, outcome) {
    outcomes.set(`${outcome.version} ${row.row}`, outcome);
    follow(state);
    if (row.row === state.row)
      showAnswers(row);
  }

  /* Sends all rows, in sandboxes that are made for it and dropped. */
  async function sweep() {
    const { version } = state;
    const { id } = await control.post("sandboxes", { extends: "default", answers: "page", jobs: {}, limits: {}, ttl: 60 });
    const made = [id];
    outcomes.clear();
    try {
      for (const { row } of list) {
        const name = madeBy(row);
        if (name)
          made.push(`${id}-${name}`);
        const command = name ? row.command.replaceAll(name, made.at(-1)) : row.command;
        note(row, await sendRow({ ...row, command }, version, control.of(id)));
      }
    } finally {
      for (const sandbox of made)
        await control.delete(`sandboxes/${sandbox}`);
    }
    tell(tally.textContent);
  }

  function showTally() {
    const sent = list.flatMap(({ row }) => outcomeOf(row)?.verdict ?? []);
    const counts = Object.keys(VERDICTS).map(verdict => `${sent.filter(known => known === verdict).length} ${verdict}`);
    tally.textContent = sent.length > 0 ? `${sent.length} of ${list.length} sent in ${state.version}: ${counts.join(", ")}` : "";
  }

  /* What is documented, and beside it what was answered. */
  function showAnswers(row) {
    const { answer, differing, verdict, version, sandbox } = outcomeOf(row) ?? {};
    fill(answers, el("div", { class: "answers" },
      el("div", {}, el("h2", {}, "Documented"), el("p", { class: "bar" }, statusBadge(row.status)), json(row.answer, "No body.")),
      answer && el("div", {}, el("h2", {}, "Answered ", verdictBadge(verdict)), answerShown(answer, context, sandbox))),
    differing?.length > 0 && [table("Where they differ", ["At", "Documented", "Answered"],
      differing.map(([at, ...values]) => [el("code", {}, at), ...values.map(value => told(JSON.stringify(value) ?? "not there"))])),
    prose(verdict === OLDER ? `What differs in ${version} is told in docs/versions.md.`
      : "Documented is what the default fixtures answer.")]);
  }

  async function showDetail() {
    const { row: name, version } = state, row = lineNamed(name)?.row, about = await paragraphsAbout(name);
    const title = el("h1", { tabindex: "-1" }, name);
    const head = el("div", { class: "head" }, title, button("Close", close, { class: "small" }));
    const sendIt = async () => note(row, { ...await sendRow(row, version, control), sandbox: madeBy(row) ?? control.sandbox });
    fill(detail, head, row ? [line(lineOf(row, version, control)),
      row.command.includes(" --next ") && prose("Its first requests change this sandbox, or make another anew."),
      button("Send", sendIt, { class: "main" }), answers] : el("p", {}, "The gallery has no line for it."), about.map(prose));
    if (row)
      showAnswers(row);
    if (!document.activeElement.checkVisibility())
      title.focus(); // the link that had the focus is out of sight, with the list
  }

  /* Shows what the address says. */
  function follow(next) {
    const before = state, words = next.q.toLowerCase().split(/\s+/);
    state = next;
    filter.value = state.q;
    versions.value = state.version;
    for (const { row, tr, link, verdict, text } of list) {
      const outcome = outcomeOf(row);
      tr.hidden = !words.every(word => text.includes(word));
      tr.setAttribute("aria-selected", row.row === state.row);
      link.setAttribute("href", context.address(...address(row.row)));
      fill(verdict, outcome && verdictBadge(outcome.verdict));
    }
    for (const section of sections)
      section.hidden = !section.querySelector("tbody > :not([hidden])");
    nothing.hidden = !sections.every(section => section.hidden);
    showTally();
    pair.classList.toggle("chosen", Boolean(state.row));
    if (state.row && (state.row !== before.row || state.version !== before.version))
      void showDetail();
  }

  return {
    address: () => context.address(...address()),
    update: ({ parts: [row], query }) => follow({ row, version: versionOf(query), q: query.get("q") ?? "" }),
  };
}
