/* A mass update of one's own: a form, its line of curl, and what is answered. */
import { bearer } from "./api.js";
import { NEWEST, VERSIONS, answerShown, send, versionOf } from "./answer.js";
import { plainAddress, readCurl, writeCurl } from "./curl.js";
import { button, datalist, el, field, fill, line, select } from "./dom.js";
import { area, input, jsonOrText } from "./form.js";
import { parseJson } from "./json.js";

const AT_FIRST = { token: "admin", version: NEWEST }; // all else is empty

const unlessEmpty = (text, read = text => text) => text.trim() ? read(text.trim()) : undefined;

/* The body that a filled form makes. */
function bodyOf({ field, value, over_write, ids, cvid, territory, include_child, criteria }) {
  return JSON.stringify({
    data: [field ? { [field]: jsonOrText(value) } : {}],
    over_write: unlessEmpty(over_write, jsonOrText),
    ids: unlessEmpty(ids, text => text.split(/[\s,]+/)),
    cvid: unlessEmpty(cvid),
    territory: unlessEmpty(territory, id => ({ id, include_child: unlessEmpty(include_child, jsonOrText) })),
    criteria: unlessEmpty(criteria, text => parseJson(text, "Criteria")),
  });
}

/* name: that of its address within the view. */
export async function showOwn(context, element, name) {
  const { control } = context;
  const base = plainAddress(location.origin + control.prefix);
  const [{ tokens }, modules] = await Promise.all([control.itself(), control.all("modules")]);

  const text = (name, label, hint) => [field(label, input("", { name, list: `try-${name}` }), hint), datalist(`try-${name}`, [])];
  const shown = line(), answer = el("div");
  const form = el("form", { class: "pair chosen", input: typed, submit: event => event.preventDefault() },
    el("div", { class: "card" }, el("div", { class: "fields" },
      text("token", "Token", "its name, or the whole; none: no header"),
      field("Version", select(VERSIONS, NEWEST, { name: "version" })),
      text("module", "Module"), text("field", "Field"), text("value", "Value", "JSON, or else a text"),
      text("over_write", "over_write"),
      field("Ids", area("", { name: "ids" }), "of the records, separated by blanks or commas"),
      text("cvid", "View (cvid)", "or those of a view, by a job"), text("territory", "Territory"),
      text("include_child", "include_child"),
      text("job", "Job", "its id: only asks how that job is doing"),
      field("Criteria", area("", { name: "criteria" }), "of the view's, those that fit, as JSON"))),
    el("div", { class: "card" }, el("h2", {}, "The request"), shown,
      button("Send", sendLine, { type: "submit", class: "main" }), answer));
  fill(element, form);

  const read = () => Object.fromEntries(new FormData(form));
  const changes = () => Object.fromEntries(Object.entries(read()).filter(([name, value]) => value !== AT_FIRST[name]));
  const address = more => context.address("try", [name], { ...changes(), ...more });

  function lineOf({ token, version, module, job, ...rest }) {
    const text = tokens[token] ?? token;
    if (/[^ -~]/.test(text))
      throw new Error("Token: expected characters of ASCII.");
    const headers = text ? bearer(text) : {};
    const url = `${base}/crm/${version}/${encodeURIComponent(module)}/actions/mass_update`;
    return job ? writeCurl({ method: "GET", url: `${url}?job_id=${encodeURIComponent(job)}`, headers })
      : writeCurl({ method: "POST", url, headers, body: bodyOf(rest) });
  }

  const offer = (name, pairs) => fill(form.querySelector(`#try-${name}`), pairs.map(([value, label]) => el("option", { value, label })));
  let about = { module: "", fields: [], views: [] }; // what is offered

  /* Offers what the module has, and the values of the field. */
  async function suggest() {
    const { module, field } = read();
    if (module !== about.module) {
      about = { module, fields: [], views: [] };
      if (modules.some(known => known.module === module)) {
        const found = await control.get(`modules/${module}`, {}, context.signal);
        if (module !== read().module)
          return; // it is another's turn
        about = found;
      }
    }
    offer("field", about.fields.filter(one => one.mass_update).map(one => [one.field, one.type]));
    offer("cvid", about.views.map(({ id, name }) => [id, name]));
    offer("value", about.fields.find(one => one.field === field)?.values?.map(value => [value]) ?? []);
  }

  /* Shows the line, or why there is none. */
  function show() {
    try {
      shown.show(lineOf(read()));
    } catch (error) {
      shown.show(error.message);
    }
  }

  function typed() {
    show();
    context.replace("try", [name], changes());
    void suggest().catch(() => {});
  }

  /* What is sent is what the line says. */
  async function sendLine() {
    const [{ url, ...request }] = readCurl(lineOf(read()));
    const sent = await send(control, { ...request, path: url.slice(base.length) });
    const job = sent.body?.data?.[0]?.details?.job_id;
    fill(answer, answerShown(sent, context, control.sandbox), job && el("p", { class: "bar" },
      el("a", { href: context.address("jobs", [job]) }, `Job ${job}`), el("a", { href: address({ job }) }, "Ask about it")));
  }

  offer("token", Object.entries(tokens));
  offer("module", modules.map(({ module, label }) => [module, label]));
  return {
    address,
    update({ query }) {
      for (const part of form.elements)
        if (part.name)
          part.value = query.get(part.name) ?? AT_FIRST[part.name] ?? "";
      form.elements.version.value = versionOf(query);
      show();
      void suggest().catch(() => {});
    },
  };
}
