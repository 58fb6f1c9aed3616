/* Elements of the page. A text is only ever a text: nothing here makes markup of a value. */

/* An element with attributes (a function listens; true and false set and leave out) and children: texts, elements, lists of
 * them; null and false are none. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function")
      element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value === true ? "" : value);
  }
  return fill(element, children);
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/* Gives the element these children, in their order: those that it has stay in place, with focus and selection. */
export function arrange(element, children) {
  const staying = new Set(children);
  [...element.children].forEach(child => staying.has(child) || child.remove());
  let place = element.firstChild;
  for (const child of children) {
    if (child === place)
      place = place.nextSibling;
    else
      element.insertBefore(child, place);
  }
}

/* A text on one line of its own direction: what would move or hide others is shown by its number. */
export const visible = text => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu,
  character => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const card = (title, ...children) => el("section", { class: "card" }, el("h2", {}, title), children);

/* A small coloured word: kind is good, bad, warn, or quiet. */
export const badge = (text, kind = "quiet") => el("span", { class: `badge ${kind}` }, String(text));

/* An HTTP status; null: no answer, as the words say. */
export const statusBadge = (status, none) => badge(status ?? none,
  status === null ? "bad" : status < 300 ? "good" : status < 400 ? "quiet" : status < 500 ? "warn" : "bad");

/* Something to read in the place of what is not there: what it is, and what to do next. */
export const empty = (title, ...next) => el("div", { class: "empty" }, el("p", { class: "title" }, title), el("p", {}, ...next));

/* A refusal of the control API, or a lost connection, where it happened. */
export function notice(error) {
  return el("p", { class: "notice bad", role: "alert" }, error.message, error.at ? el("code", {}, " ", error.at) : null);
}

/* Says a thing to a screen reader, and for a moment on the screen. */
export function tell(text) {
  const told = document.getElementById("told");
  told.textContent = text;
  told.classList.add("shown");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => told.classList.remove("shown"), 4000);
}

/* A button whose work may take a while and may fail: it is out of use meanwhile, and the error stands behind it. What is out of
 * use loses the focus, and gets it back unless it has gone elsewhere. */
export function button(text, work, attributes = {}) {
  const element = el("button", { type: "button", ...attributes, click: async event => {
    const hadFocus = document.activeElement === element;
    element.disabled = true;
    try {
      await attempt(element, () => work(event));
    } finally {
      element.disabled = false;
      if (hadFocus && document.activeElement === document.body)
        element.focus();
    }
  } }, text);
  return element;
}

const SURE = 5000; // milliseconds for the second press

/* A button for what can't be undone: the first press asks, the second does it. `label` says of what, where the text does not. */
export function sureButton(text, work, label = text, attributes = {}) {
  let timer = null;
  const show = isAsking => {
    clearTimeout(timer);
    timer = isAsking ? setTimeout(show, SURE, false) : null;
    element.textContent = isAsking ? "Press again" : text;
    element.setAttribute("aria-label", isAsking ? `Press again: ${label}` : label);
  };
  const element = button(text, async event => {
    if (event.detail > 1)
      return; // the second half of a double click is no second press
    const isSure = timer !== null;
    show(!isSure);
    if (isSure)
      return work();
    tell(`Press again: ${label}.`);
  }, { class: "bad", blur: () => show(false), ...attributes });
  show(false);
  return element;
}

/* Does it; an error is shown behind the element until the next time. False: it failed. */
export async function attempt(element, work) {
  element.nextElementSibling?.matches(".notice") && element.nextElementSibling.remove();
  try {
    await work();
    return true;
  } catch (error) {
    element.after(notice(error));
    return false;
  }
}

/* Puts a text on the clipboard, which a browser allows on https and on loopback only. */
export const copyButton = (text, label = "Copy") => button(label, async () => {
  await navigator.clipboard?.writeText(typeof text === "function" ? await text() : text).then(() => tell("Copied."), refuse) ?? refuse();
}, { class: "small" });

function refuse() {
  throw new Error("The browser does not let this page copy. Select the text, and copy it by hand.");
}

/* A line to be copied, as of a shell; its show(text) puts another in its place. */
export function line(text = "") {
  const shown = el("pre", { tabindex: "0" }, text);
  const element = el("div", { class: "line" }, shown, copyButton(() => shown.textContent));
  element.show = other => { shown.textContent = other; };
  return element;
}

let labels = 0;

/* A labelled control, with a word on it where it needs one. */
export function field(label, control, hint = null) {
  control.id ||= `control-${++labels}`;
  const note = hint && el("small", { id: `${control.id}-hint` }, hint);
  if (note)
    control.setAttribute("aria-describedby", note.id);
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, note);
}

/* A choice: options are texts, or [value, text]. */
export function select(options, value, attributes = {}) {
  const element = el("select", attributes, options.map(option => Array.isArray(option)
    ? el("option", { value: option[0] }, option[1]) : el("option", { value: option }, option)));
  if (value !== undefined && value !== null)
    element.value = value;
  return element;
}

/* Links of which one may be what is shown: [title, address, whether it is]. They stay the same elements, so that the focus stays. */
export function showLinks(element, links) {
  if (element.children.length !== links.length)
    fill(element, links.map(([title]) => el("a", {}, title)));
  links.forEach(([, address, isShown], n) => {
    const link = element.children[n];
    link.setAttribute("href", address);
    isShown ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  });
}

/* Words to choose from in an input that has its id as `list`. */
export const datalist = (id, values) => el("datalist", { id }, values.map(value => el("option", { value })));

/* A table: heads are texts; rows lists of cells, each a text, an element or a list. */
export function table(caption, heads, rows) {
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption }, el("table", {},
    el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, heads.map(head => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(cells => cells instanceof Element ? cells : el("tr", {}, cells.map(cell => el("td", {}, cell)))))));
}

/* A table that is changed in place, so that focus, selection and scrolling stay. Columns are [head, cell of an item, class]; a cell with a
 * button or a link stays as it was made, and so does a row whose item is as it was. Its show(items) has as many rows, in their order. */
export function liveTable(caption, columns, keyOf) {
  const element = table(caption, columns.map(([head]) => head), []);
  columns.forEach(([, , kind], n) => kind && element.querySelectorAll("th")[n].classList.add(kind));
  const body = element.querySelector("tbody");
  let rows = new Map();
  const makeRow = () => el("tr", {}, columns.map(([, , kind]) => el("td", { class: kind })));
  const showRow = (row, item) => columns.forEach(([, cell], n) => {
    const old = row.cells[n], fresh = old.querySelector("button, a") ? null : el("td", { class: old.className || null }, cell(item));
    if (fresh && !fresh.isEqualNode(old))
      fill(old, ...fresh.childNodes);
  });
  const shown = new WeakMap(); // of a row, its item as JSON: most are as they were
  element.show = items => {
    rows = new Map(items.map(item => [keyOf(item), rows.get(keyOf(item)) ?? makeRow()]));
    for (const item of items) {
      const row = rows.get(keyOf(item)), text = JSON.stringify(item);
      if (shown.get(row) !== text)
        showRow(row, item);
      shown.set(row, text);
    }
    arrange(body, [...rows.values()]);
    element.hidden = items.length === 0;
  };
  return element;
}

/* A time in the reader's own zone, with the exact one in the title. */
export const time = text => text ? el("time", { datetime: text, title: text }, new Date(text).toLocaleString())
  : el("span", { class: "quiet" }, "–");
