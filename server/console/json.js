/* JSON as it is read by people: indented, its parts in colours. */
import { button, el } from "./dom.js";

const SHOWN_MAX = 40000; // characters; the rest is asked for
const PART = /("(?:[^"\\]|\\.)*")(\s*:)?|(true|false|null)|(-?\d[\d.eE+-]*)/g;

/* A number that a Number cannot hold as it was written: JSON.stringify writes what stands here. */
const exact = (_, value, { source } = {}) => typeof value === "number" && source && String(value) !== source ? JSON.rawJSON(source) : value;

/* JSON.parse, with every number as it is written, where the browser can. */
export const parse = text => JSON.parse(text, JSON.rawJSON && /[:,[\s](-|\d{16}|\d+[.eE])/.test(` ${text}`) ? exact : undefined);

/* A text of JSON as texts and spans. */
function parts(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(PART)) {
    found.push(text.slice(end, match.index));
    const [whole, string, colon, word, number] = match;
    const kind = string && colon ? "key" : string ? "text" : word ? "word" : number ? "number" : "";
    found.push(el("span", { class: kind }, string ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  found.push(text.slice(end));
  return found;
}

/* A value of the journal: JSON, a text, or null for nothing. */
export function json(value, nothing = "Nothing.") {
  if (value === null || value === undefined)
    return el("p", { class: "quiet" }, nothing);
  const isText = typeof value === "string";
  const text = isText ? value : JSON.stringify(value, null, 2);
  const shown = el("pre", { class: "json", tabindex: "0" });
  const show = length => shown.replaceChildren(...(isText ? [text.slice(0, length)] : parts(text.slice(0, length))));
  show(SHOWN_MAX);
  if (text.length <= SHOWN_MAX)
    return shown;
  const more = button(`Show all ${text.length} characters`, () => { show(text.length); more.remove(); }, { class: "small" });
  return el("div", {}, shown, more);
}

/* JSON that somebody wrote into a form: fails in words that say where. */
export function parseJson(text, what) {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${what}: expected JSON: ${error.message}`);
  }
}
