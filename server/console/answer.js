/* Requests that the page itself sends to the service, and what came back. */
import { el, fill, statusBadge } from "./dom.js";
import { jsonOrText } from "./form.js";
import { json } from "./json.js";
import { addressOf } from "./router.js";

export const VERSIONS = ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"];
export const NEWEST = "v8";

/* That of an address. */
export const versionOf = query => VERSIONS.find(known => known === query.get("version")) ?? NEWEST;

/* Sends a request, as control.send takes it. Answers {request, status, headers, milliseconds, body}; null: no body. */
export async function send(control, request) {
  const { text, ...answer } = await control.send(request);
  return { request, ...answer, body: text === "" ? null : jsonOrText(text) };
}

/* A link to the newest entry of a sandbox's journal that is of such a request, if one is kept. */
async function entryLink({ request: { method, path }, status }, control, sandbox) {
  const { requests } = await control.of(sandbox).get("requests", { limit: 20 });
  const plain = decodeURIComponent(path.split("?")[0]);
  const entry = requests.find(known => known.method === method && known.path === plain && known.status === status);
  return entry && el("a", { href: addressOf("requests", [entry.id], { sandbox }) }, `Entry ${entry.id} of the journal`);
}

/* An answer, with its row and hint, and its entry in the journal of the sandbox; without sandbox there is none. */
export function answerShown(answer, context, sandbox) {
  const { status, headers, body, milliseconds } = answer;
  const [rule, hint] = [headers.get("X-Crmock-Rule"), headers.get("X-Crmock-Hint")];
  const entry = el("span");
  if (sandbox)
    entryLink(answer, context.control, sandbox).then(link => fill(entry, link), () => {}); // it is of use, not needed
  return [el("p", { class: "bar" }, statusBadge(status), rule && el("a", { href: context.address("try", [rule]) }, rule),
    el("span", { class: "quiet" }, `${milliseconds.toFixed(1)} ms`), entry), json(body, "No body."),
  hint && el("p", { class: "notice" }, el("strong", {}, "Hint: "), hint)];
}
