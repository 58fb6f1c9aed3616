/* Forms for calls of the control API. */
import { controlCurl } from "./curl.js";
import { button, el, field, line, notice, sureButton, tell } from "./dom.js";
import { parse } from "./json.js";

/* How a text is read, unless said; what is refused of it then is the control API's to say. */
export const jsonOrText = text => {
  try {
    return parse(text);
  } catch {
    return text;
  }
};

export const input = (placeholder = "", attributes = {}) =>
  el("input", { placeholder, autocomplete: "off", spellcheck: "false", ...attributes });
export const area = (placeholder, attributes = {}) => el("textarea", { placeholder, spellcheck: "false", ...attributes });

/* A field of a call: the place of its value in the body, its label, its control, how its text is read, and a word on it. */
export const part = (at, label, control, read = jsonOrText, hint = null) => field(label, Object.assign(control, { name: at, read }), hint);
export const entry = (at, label, usual = "0", read = jsonOrText) => part(at, label, input(usual), read);

/* A button that makes a call of the control API, at the second press. */
export const sureCall = ({ control, reload }, method, path, text, label = text) => sureButton(text, async () => {
  await control.call(method, path);
  tell(`${label}: done.`);
  await reload();
}, label, { class: "bad small" });

const fieldsOf = form => [...form.querySelectorAll(".field:not([hidden]) > [name]")];

/* The body of a call: of each field that is seen and not empty, its value at its place. Two objects at one place are one. */
function bodyOf(form) {
  const body = {};
  for (const { name, value, read } of fieldsOf(form).filter(({ value }) => value.trim() !== "")) {
    const names = name.split("."), last = names.pop();
    const place = names.reduce((place, name) => place[name] ??= {}, body);
    try {
      const found = read(value.trim());
      place[last] = typeof place[last] === "object" && typeof found === "object" ? { ...place[last], ...found } : found;
    } catch (error) {
      throw Object.assign(error, { at: `$.${name}` });
    }
  }
  return body;
}

/* The field nearest to where something was refused; the later one of two. */
const fieldAt = (form, at = "") => fieldsOf(form).filter(({ name }) => `${at}.`.replace("[", ".").startsWith(`$.${name}.`))
  .sort((one, other) => one.name.length - other.name.length).at(-1);

/* A form for a call, with the line of curl that does the same, as it grows. `grown` is called before, `done` is told the answer. */
export function callForm({ control, method = "POST", path, text, grown = () => {}, done }, ...children) {
  const curl = line();
  let calm = () => {};
  async function call() {
    calm();
    try {
      await done(await control.call(method, path, { body: bodyOf(form) }));
    } catch (error) {
      const wrong = fieldAt(form, error.at);
      if (!wrong)
        throw error;
      const said = notice(error);
      calm = () => { said.remove(); wrong.removeAttribute("aria-invalid"); };
      wrong.setAttribute("aria-invalid", "true");
      wrong.after(said);
      wrong.focus();
    }
  }
  const form = el("form", { class: "card", input: () => form.grow(), submit: event => event.preventDefault() }, children,
    el("div", { class: "bar" }, button(text, call, { type: "submit", class: "main" })), curl);
  form.grow = () => {
    grown();
    try {
      curl.show(controlCurl(control, method, path, bodyOf(form)));
    } catch (error) {
      curl.show(error.message);
    }
  };
  form.grow();
  return form;
}
