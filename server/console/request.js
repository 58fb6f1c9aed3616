/* One request of the journal: what was asked and answered, to send it again, and to verify that it was sent. */
import { answerShown, send } from "./answer.js";
import { short } from "./crm.js";
import { readCurl } from "./curl.js";
import { badge, button, copyButton, el, field, fill, line, notice, select, statusBadge, table, tell, time, visible } from "./dom.js";
import { json, parseJson } from "./json.js";

const LINKS_MAX = 20; // requests that have matched

/* A token that is not cut, and that a shell takes as it is. */
const isWhole = token => /^[\w-]+(\.[\w-]+)*$/.test(token ?? "");

const pairsOf = object => Object.entries(object).flatMap(([name, value]) => [value].flat().map(one => [name, one]));

/* Its path and query, as they were decoded. */
export function targetOf({ path, query }) {
  const pairs = pairsOf(query).map(([name, value]) => `${name}=${value}`);
  return pairs.length > 0 ? `${path}?${pairs.join("&")}` : path;
}

export function tookOf(microseconds) {
  const [amount, unit] = microseconds < 1e6 ? [microseconds / 1e3, "ms"] : [microseconds / 1e6, "s"];
  return `${amount.toFixed(amount < 10 ? 2 : amount < 100 ? 1 : 0)} ${unit}`;
}

/* Fills the element with the request of that id. The signal ends with its being shown. */
export async function showRequest(context, id, element) {
  const { control, signal } = context;
  const path = `requests/${encodeURIComponent(id)}`;
  try {
    const [entry, curl] = await Promise.all([control.get(path, {}, signal),
      control.get(path, { as: "curl" }, signal).then(text => text.trimEnd(), error => error)]);
    if (!signal.aborted)
      fill(element, parts({ ...context, entry, curl }));
  } catch (error) {
    if (!signal.aborted)
      fill(element, error.status !== 404 ? notice(error) : el("p", { class: "notice warn" },
        "This request is not kept (any more): the journal has the newest, and none from before it was emptied or reset."));
  }
}

function parts(context) {
  const { entry, curl, address } = context;
  const link = (text, ...to) => el("a", { href: address(...to) }, text);
  const facts = { Time: time(entry.time), Took: tookOf(entry.duration_us), User: entry.user && safe(entry.user),
    Token: entry.token && el("code", {}, visible(entry.token)) };
  return [
    el("h3", { class: "mono" }, el("b", {}, visible(entry.method)), " ", safe(targetOf(entry))),
    el("p", { class: "bar" }, statusBadge(entry.status, "No answer"),
      entry.rule && link(`${visible(entry.rule)}: what is documented`, "try", [entry.rule]),
      entry.job_id && link(`Job ${entry.job_id}`, "jobs", [entry.job_id]),
      entry.fault_id && link(`Fault ${entry.fault_id} acted on it`, "steer", ["faults"]),
      link("Make a fault of it", "steer", ["faults"], { match: JSON.stringify(matchOf(entry)) })),
    entry.hint && el("p", { class: "notice warn" }, el("strong", {}, "Hint: "), safe(entry.hint)),
    el("dl", {}, Object.entries(facts).map(([name, value]) => value && [el("dt", {}, name), el("dd", {}, value)])),
    typeof curl === "string" ? replayOf(context) : curl.status !== 409 ? notice(curl) : el("p", { class: "notice" },
      "It cannot be sent again: the journal keeps 64 KiB of a body, and this one had more."),
    el("h3", {}, "Body"), json(entry.body, "It had none."),
    el("h3", {}, "Answer"), json(entry.answer, "It had no body."),
    pairsShown("Query", entry.query), pairsShown("Headers", entry.headers),
    typeof curl === "string" && curlOf(context), verifyOf(context),
  ];
}

const safe = text => el("bdi", {}, visible(text));

function pairsShown(name, object) {
  const rows = pairsOf(object).map(pair => pair.map(text => el("code", {}, visible(text))));
  return rows.length > 0 && el("details", {}, el("summary", {}, `${name} (${rows.length})`), table(name, ["Name", "Value"], rows));
}

const withToken = (curl, token) => curl.replace(/(-H 'authorization: [^']*)'"\$TOKEN"/i, (_, before) => `${before}${token}'`);

/* To send it once more, with its token or another of the sandbox. */
function replayOf(context) {
  const { control, entry, curl, tokens } = context;
  const token = withToken(curl, "") === curl ? null
    : select([...new Set([entry.token, ...Object.values(tokens)].filter(isWhole))]);
  const result = el("div", { class: "result" });
  const again = button("Send it again", async () => {
    fill(result);
    const answer = await send(control, readRequest(withToken(curl, token?.value), control));
    tell(`Answered ${answer.status}.`);
    const compared = [["Status", entry.status, answer.status], ["Row", entry.rule, answer.headers.get("X-Crmock-Rule")]];
    fill(result, table("Then and now", ["What", "Then", "Now", "Differs"], compared.map(([name, then, now]) =>
      [name, String(then ?? "none"), String(now ?? "none"), then === now ? "the same" : badge("differs", "warn")])),
    answerShown(answer, context, control.sandbox));
  }, { class: "main" });
  return [el("div", { class: "bar" }, again, token && el("label", { class: "check" }, "with ", token)), result];
}

/* The request of a line of curl; fails in words if a browser cannot send it. */
function readRequest(curl, control) {
  if (/^printf|\ufffd/.test(curl))
    throw new Error("Its body is no text, which this page cannot send. The line of curl can.");
  const [{ method, url, headers, body }] = readCurl(curl);
  const request = { method, path: url.replace(/^https?:\/\/[^/]*(\/_s\/[^/]*)?/, ""),
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value)), // curl adds what has none, or leaves it out
    body: body === null ? null : new TextEncoder().encode(body) }; // of bytes a browser does not make up a type
  const address = location.origin + control.prefix + request.path;
  if (new Request(address, request).url !== address)
    throw new Error("A browser would send it to another path. The line of curl can.");
  return request;
}

const curlOf = ({ entry, curl }) => el("details", {}, el("summary", {}, "As a line of curl"), line(curl),
  isWhole(entry.token) && copyButton(withToken(curl, entry.token), "Copy with its token"),
  el("p", { class: "quiet" }, "Set the variable ", el("code", {}, "TOKEN"), " to your token first. A text that ends with ",
    el("code", {}, "..."), " may be a secret that was cut, to be filled in by hand."));

/* What requests like this one match: a fault, or with all that it says a verification. */
const matchOf = ({ method, path, user }) => ({ method, path, ...(user !== null && { user }) });

/* Whether it was sent as often as it should. */
function verifyOf({ control, signal, address, entry }) {
  const match = el("textarea", { rows: "8", spellcheck: "false" });
  const query = pairsOf(entry.query);
  match.value = JSON.stringify({ ...matchOf(entry), ...(query.length > 0 && { query: Object.fromEntries(query) }),
    ...(entry.body instanceof Object && { body: entry.body }) }, null, 2);
  const number = (value, more = {}) => el("input", { type: "number", min: "0", value, ...more });
  const numberIn = ({ value }) => value === "" ? undefined : Number(value);
  const min = number("1"), max = number("", { placeholder: "any number" }), wait = number("0", { max: "60" });
  const result = el("div", { class: "result" });
  const verify = button("Verify", async () => {
    fill(result);
    const body = { match: parseJson(match.value, "Match"), count: { min: numberIn(min), max: numberIn(max) }, wait: numberIn(wait) };
    fill(result, verdictOf(await control.call("POST", "requests/verify", { body, signal }), address));
  }, { class: "main" });
  return el("details", {}, el("summary", {}, "Verify that it was sent"),
    field("Match", match, "What requests are to be like; members that are left out may be anything."),
    el("div", { class: "fields" }, field("At least", min), field("At most", max), field("Wait, seconds", wait)),
    el("div", {}, verify), result);
}

function verdictOf({ verified, matched, requests, nearest = [] }, address) {
  const link = id => el("a", { href: address("requests", [id]) }, id);
  const value = json => json === null ? "nothing" : el("code", {}, short(JSON.stringify(json)));
  const differences = nearest.flatMap(({ id, differences }) => differences.map(({ at, expected, found }) =>
    [link(id), el("code", {}, visible(at)), value(expected), value(found)]));
  return [el("p", { class: `notice ${verified ? "good" : "bad"}` }, verified ? "Verified" : "Not verified", `: ${matched} matched. `,
    requests.slice(0, LINKS_MAX).map(id => [link(id), " "]), requests.length > LINKS_MAX && "…"),
  differences.length > 0 && table("What came nearest", ["Request", "At", "Expected", "Found"], differences)];
}
