/* The view of jobs: how they go on, the list of them, and one of them by hand. */
import { bearer } from "./api.js";
import { told } from "./crm.js";
import { writeCurl } from "./curl.js";
import { attempt, badge, button, el, empty, fill, line, liveTable, select, time } from "./dom.js";
import { callForm, input, part } from "./form.js";
import { json } from "./json.js";

const PAGE = 100; // jobs, and refused records, that are shown until more are asked for
const KINDS = { RUNNING: "busy", SUSPENDED: "warn", COMPLETED: "good", FAILED: "bad" };

const hasEnded = ({ status }) => status === "COMPLETED" || status === "FAILED";
const tried = job => job.updated + job.failed;
/* Counts only go up, and what has ended stays so: the answer to a call may come after the event of what followed. */
const isOlder = (job, than) => job.created === than?.created && (tried(job) < tried(than) || (hasEnded(than) && !hasEnded(job)));
const putNewer = (jobs, job) => isOlder(job, jobs.get(job.id)) || jobs.set(job.id, job);
const newestFirst = (a, b) => BigInt(a.id) < BigInt(b.id) ? 1 : -1;

const far = job => el("div", { class: "far" },
  el("progress", { "aria-label": "Records tried", max: job.total || 1, value: job.total ? tried(job) : 1 }),
  badge(job.status, KINDS[job.status]), " ",
  el("small", {}, `${job.updated} updated, ${job.failed} failed, ${job.not_updated} not updated`));

/* What the policy is, a switch for the hold, a form for the rest. changed() is called when it may be another. */
function policyCard(control, changed) {
  const bar = el("div", { class: "bar" });
  const hold = el("input", { type: "checkbox", role: "switch", change: async () => {
    if (!await attempt(bar, async () => show(await control.patch("jobs/policy", { hold: hold.checked }))))
      hold.checked = !hold.checked;
  } });
  const polls = select([["null", "by themselves"], ["{}", "by questions"]]);
  const count = (at, label, hint) => part(at, label, input("", { type: "number" }), Number, hint);
  const questions = [count("polls.scheduled", "Says SCHEDULED to", "questions"),
    count("polls.running", "then RUNNING to", "questions, trying a part before each")];
  const fields = [count("delay_ms", "Delay", "milliseconds that a job stays SCHEDULED"),
    count("rate", "Rate", "records a second of an org's jobs; 0: any number"), count("batch", "Batch", "records in a transaction"),
    part("polls", "Jobs go on", polls, JSON.parse, "A hold counts first, then questions, then delay and rate."), ...questions];
  const form = callForm({ control, method: "PATCH", path: "jobs/policy", text: "Set", done: show,
    grown: () => questions.forEach(field => { field.hidden = polls.value === "null"; }) }, el("div", { class: "fields" }, fields));

  function show(policy) {
    hold.checked = policy.hold;
    changed();
    if (form.contains(document.activeElement)) // somebody writes there
      return;
    const { scheduled = 1, running = 2 } = policy.polls ?? {};
    const values = { ...policy, polls: policy.polls ? "{}" : "null", "polls.scheduled": scheduled, "polls.running": running };
    form.querySelectorAll("[name]").forEach(control => { control.value = values[control.name]; });
    form.grow();
  }

  fill(bar, el("label", { class: "check" }, hold, "Hold jobs"), el("small", {}, "Each waits until it is stepped or released."));
  return { show, hold, element: el("section", { class: "card", "aria-label": "How jobs go on" }, bar,
    el("details", {}, el("summary", {}, "Delay, rate, questions"), form)) };
}

/* What is done to a job by hand: a fieldset each, in use when its status allows it. */
function actions(control, id, answered) {
  const records = el("input", { type: "number", value: 10, "aria-label": "Records to try" });
  const reason = el("input", { placeholder: "reason", "aria-label": "Reason" });
  const why = el("p", { class: "quiet" }, "To step it, suspend it.");
  const one = (text, body = () => ({}), controls = [], look = {}) => el("fieldset", { class: "bar", "aria-label": text },
    button(text, async () => answered(await control.post(`jobs/${id}/${text.toLowerCase()}`, body())), look), controls);
  const step = one("Step", () => ({ records: records.valueAsNumber }), [records, " records"]);
  const release = one("Release"), suspend = one("Suspend");
  const fail = one("Fail", () => ({ reason: reason.value || undefined }), reason, { class: "bad" });
  return {
    element: el("div", { class: "bar" }, step, release, suspend, fail, why),
    show(job, holds) {
      const isOver = hasEnded(job), isSuspended = job.status === "SUSPENDED", goesOn = !isOver && !isSuspended && !holds;
      step.disabled = release.disabled = isOver || goesOn;
      suspend.disabled = isOver || isSuspended;
      fail.disabled = isOver;
      why.hidden = !goesOn;
    },
  };
}

/* The records that a job was refused, in the order in which it tries them: new ones come behind. */
function refusals(context, { id, module }) {
  const head = el("h3"), refused = [];
  const element = liveTable("Refused records", [
    ["Record", record => el("a", { class: "mono", href: context.address("records", [module, record.id]) }, record.id)],
    ["Rule", ({ rule }) => el("a", { class: "badge warn", href: context.address("try", [rule]) }, rule), "narrow"],
  ], record => record.id);
  const more = button("Show more", () => { wanted += PAGE; return load(); });
  let failed = 0, wanted = PAGE, loading = null;
  const load = () => loading ??= take().finally(() => { loading = null; });

  async function take() {
    while (refused.length < Math.min(wanted, failed)) {
      const query = { after: refused.at(-1)?.id, limit: wanted - refused.length };
      const page = await context.control.get(`jobs/${id}`, query, context.signal);
      if (page.refused.length === 0)
        return;
      refused.push(...page.refused);
      show();
    }
  }

  function show() {
    element.show(refused);
    head.textContent = `Refused: ${refused.length} of ${failed}`;
    head.hidden = failed === 0;
    more.hidden = refused.length < wanted || refused.length >= failed;
  }

  return {
    element: el("div", {}, head, element, more),
    show(job) {
      failed = job.failed;
      show();
      void load().catch(() => {}); // with the next event, or by the button
    },
  };
}

function jobDetail(context, job, answered) {
  const { id } = job, acts = actions(context.control, id, answered), refused = refusals(context, job);
  const tries = el("div"), members = el("dl");
  return {
    id, element: el("div", {}, tries, acts.element, members, el("h3", {}, "Fields"), json(job.fields), refused.element),
    show(now, holds) {
      fill(tries, far(now));
      acts.show(now, holds);
      refused.show(now);
      fill(members, Object.entries({ Reason: now.reason && told(now.reason), Records: now.total, Module: now.module,
        View: el("code", {}, now.view), User: el("bdi", {}, now.user), Created: time(now.created), Started: time(now.started),
        Ended: time(now.ended), Request: el("a", { href: context.address("requests", [], { q: id }) }, "the one that made it") })
        .map(([name, value]) => value !== null && [el("dt", {}, name), el("dd", {}, value)]));
    },
  };
}

const FIFTY = "554023000000091501"; // leads of the built-in org, by a view

const none = (context, token) => empty("No job yet",
  "A mass update of a view schedules one. In the built-in org this one takes fifty leads:",
  line(writeCurl({ method: "POST", url: `${location.origin}${context.control.prefix}/crm/v8/Leads/actions/mass_update`,
    headers: bearer(token), body: JSON.stringify({ data: [{ City: "Arta" }], cvid: FIFTY }) })),
  el("a", { href: context.address("try", ["own"], { module: "Leads", field: "City", value: "Arta", cvid: FIFTY }) },
    "Make one of your own"), ". With “Hold jobs” above it waits for you.");

export async function show(context, element) {
  const { control, signal } = context;
  let jobs = new Map(), loading = null, limit = PAGE, chosen, detail = null, isAsked = false, isNew = false;
  const policy = policyCard(control, showSoon);
  const list = liveTable("Jobs, newest first", [
    ["Job", ({ id }) => el("a", { class: "mono", href: context.address("jobs", [id]) }, id), "narrow"],
    ["Changes", job => [el("strong", {}, job.module), Object.entries(job.fields).map(([name, value]) =>
      el("div", {}, el("code", {}, name), " = ", told(value))), el("div", { class: "quiet" }, "in view ", el("code", {}, job.view))]],
    ["Records", far],
    ["By", job => [el("bdi", {}, job.user), el("div", { class: "quiet" }, time(job.created))]],
  ], job => job.id);
  const said = el("span", { class: "quiet" }), nothing = el("div"), title = el("h2", { tabindex: "-1" }), shown = el("div");
  const more = button("Show older ones", () => { limit += PAGE; showAll(); });
  const pair = el("div", { class: "pair" }, el("div", { class: "list" }, policy.element, nothing, list, more),
    el("section", { class: "card detail", "aria-label": "The job" },
      el("div", { class: "head" }, title, el("a", { href: context.address("jobs") }, "Close")), shown));
  const links = () => [...list.querySelectorAll("a")];

  function showAll() {
    isAsked = false;
    const all = [...jobs.values()].sort(newestFirst), open = all.filter(job => !hasEnded(job));
    list.show(all.slice(0, limit));
    links().forEach(link => link.setAttribute("aria-current", link.textContent === chosen));
    more.hidden = all.length <= limit;
    nothing.hidden = all.length > 0;
    said.textContent = all.length > 0 ? `${all.length} jobs, ${open.length} not ended` : "";
    showDetail(jobs.get(chosen));
    if (isNew)
      void askPolicy().catch(() => {});
    isNew = false;
  }

  function showDetail(job) {
    if (detail?.id !== job?.id)
      detail = job && jobDetail(context, job, hear);
    if (!job)
      fill(shown, loading ? "Loading" : "There is no such job. It may be another sandbox's, or from before a reset.");
    else if (!detail.element.isConnected)
      fill(shown, detail.element);
    detail?.show(job, policy.hold.checked);
  }

  function showSoon() {
    if (!isAsked)
      requestAnimationFrame(showAll);
    isAsked = true;
  }

  /* No event tells of it: it is asked for when a job is new. */
  const askPolicy = async () => policy.show(await control.get("jobs/policy", {}, signal));

  function hear(job) {
    isNew ||= !jobs.has(job.id);
    putNewer(jobs, job);
    loading && putNewer(loading, job);
    showSoon();
  }

  /* All anew; what is heard meanwhile is newer. The last load counts. */
  const load = () => attempt(nothing, async () => {
    const mine = loading = new Map();
    const [all, { token }] = await Promise.all([control.all("jobs"), control.itself(), askPolicy()]);
    if (mine !== loading)
      return;
    all.forEach(job => putNewer(mine, job));
    jobs = mine;
    loading = detail = null;
    fill(nothing, none(context, token));
    showAll();
  });

  context.on("job", hear);
  context.on("again", load);
  context.on("sandbox", ({ id, change }) => id === control.sandbox && ["reset", "restored"].includes(change) && load());
  addEventListener("keydown", event => {
    if (event.key === "Escape" && chosen)
      context.go("jobs");
  }, { signal });
  fill(element, el("div", { class: "head" }, el("h1", {}, "Jobs"), said), pair);
  void load();

  return ({ parts: [id = null] }) => {
    const before = chosen;
    chosen = id;
    pair.classList.toggle("chosen", id !== null);
    title.textContent = `Job ${id}`;
    showAll();
    if (before !== undefined && id !== before)
      (id === null ? links().find(link => link.textContent === before) : title)?.focus({ preventScroll: true });
  };
}
