/* The requests that came, newest first and as they come, and one of them beside the list. */
import { bearer } from "./api.js";
import { writeCurl } from "./curl.js";
import { arrange, attempt, button, el, empty, field, fill, line, select, statusBadge, sureButton, table, tell,
  visible } from "./dom.js";
import { showRequest, targetOf, tookOf } from "./request.js";

const KEPT_MAX = 10000; // entries: of each, what the list shows
const SHOWN_MAX = 300; // rows
const TEXT_MAX = 2000; // characters of a path with its query, which may have many thousands
const LIVE = Infinity; // the newest are shown; else a number: those that are not newer than it
const STATUSES = [["", "Any status"], "2xx", "3xx", "4xx", "5xx", ["unanswered", "No answer"]];
const CLOCK = new Intl.DateTimeFormat([],
  { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

const count = number => number.toLocaleString();

/* What is kept of an entry, no bodies and no headers; `text` is what a filter looks for its words in. */
function kept({ id, time, method, status, rule, user, token, duration_us: took, job_id: job, fault_id: fault, ...entry }) {
  const target = targetOf(entry).slice(0, TEXT_MAX);
  const words = [method, target, status === null ? "unanswered" : `${status} ${String(status)[0]}xx`, rule, user, token,
    job && `job ${job}`, fault && "fault"];
  return { id, number: Number(id), time, method, target, status, rule, who: user ?? token ?? "", took, job, fault,
    text: words.filter(Boolean).join(" ").toLowerCase() };
}

export async function show(context, element) {
  const { control, signal, address } = context;
  const { token, tokens } = await control.itself(signal);
  const filters = { q: "", status: "" };
  let wanted = []; // words of both
  let list = []; // what is kept, oldest first; another one when the journal is another
  let isLoaded = false, frame = null, top = LIVE;
  let rows = new Map(); // by their ids
  const fits = ({ text }) => wanted.every(word => text.includes(word));
  let chosen = null, choosing = new AbortController();
  signal.addEventListener("abort", () => choosing.abort());

  const words = el("input", { type: "search", placeholder: "POST Leads 400 E8 job …", input: () => filter({ q: words.value }) });
  const status = select(STATUSES, "", { change: () => filter({ status: status.value }) });
  const told = el("span", { class: "quiet told" }, "Loading");
  const pause = el("button", { type: "button", click: () => move(top === LIVE ? list.at(-1)?.number ?? 0 : LIVE) }, "Pause");
  const clear = sureButton("Empty", async () => {
    await control.delete("requests");
    forget();
    tell("The journal is empty.");
  }, "Empty the journal");
  const head = el("div", { class: "head" }, el("h1", {}, "Requests"), el("div", { class: "bar" }, told, pause, clear));
  const nothing = empty("Nothing has been asked yet", "What your program asks appears here. A first request, for a shell:",
    line(writeCurl({ method: "POST", url: `${location.origin}${control.prefix}/crm/v8/Leads/actions/mass_update`,
      headers: bearer(token),
      body: JSON.stringify({ data: [{ Lead_Source: "Chat" }], ids: ["554023000000600001"] }) })),
    "Or send one from ", el("a", { href: address("try") }, "Try"), ".");
  const noHit = empty("No request fits", button("Clear the filter", () => {
    filter({ q: "", status: "" });
    words.focus();
  }));
  const listed = table("Requests, newest first", ["Time", "Request", "Answer", "Took", "By"], []);
  const body = listed.querySelector("tbody");
  const older = el("button", { type: "button", click: () => move(Number(body.lastChild.dataset.id) - 1) }, "Show older");
  const listPart = el("div", { class: "list" }, nothing, noHit, listed, older);
  const title = el("h2"), close = el("a", {}, "Close"), one = el("div");
  const detail = el("section", { class: "detail card", "aria-label": "One request", tabindex: "-1" },
    el("div", { class: "head" }, title, close), one);
  const pair = el("div", { class: "pair" }, listPart, detail);
  nothing.hidden = noHit.hidden = true;
  fill(element, head, el("div", { class: "head" }, field("Filter", words), field("Status", status)), pair);

  /* Draws once a frame, however many have come. */
  const draw = () => { frame ??= requestAnimationFrame(drawNow); };

  function drawNow() {
    frame = null;
    if (!isLoaded)
      return;
    const fitting = list.filter(entry => entry.fits);
    const end = fitting.findLastIndex(entry => entry.number <= top) + 1, waiting = fitting.length - end;
    const focused = body.contains(document.activeElement) && document.activeElement.closest("tr").dataset.id;
    rows = new Map(fitting.slice(Math.max(0, end - SHOWN_MAX), end).reverse().map(entry => [entry.id, rowOf(entry)]));
    arrange(body, [...rows.values()]);
    if (focused && !body.contains(document.activeElement)) // its row has fallen out
      linkIn(rows.get(focused) ?? body.lastChild)?.focus({ preventScroll: true });
    pause.textContent = top === LIVE ? "Pause" : `Go on${waiting > 0 ? ` (${count(waiting)} wait)` : ""}`;
    told.textContent = fitting.length === list.length ? `${count(list.length)} kept`
      : `${count(fitting.length)} of ${count(list.length)} fit`;
    nothing.hidden = list.length > 0;
    noHit.hidden = list.length === 0 || fitting.length > 0;
    listed.hidden = rows.size === 0;
    older.hidden = end <= SHOWN_MAX;
  }

  /* The row of an entry, which stays the same; its answer may come later. */
  function rowOf(entry) {
    const row = rows.get(entry.id) ?? newRow(entry);
    if (row.dataset.status !== String(entry.status))
      fillAnswer(row, entry);
    return row;
  }

  function newRow({ id, time, method, target, who }) {
    const clock = CLOCK.format(new Date(time)), milliseconds = el("span", { class: "quiet" }, clock.slice(8));
    const row = el("tr", { "data-id": id },
      el("td", { class: "mono" }, el("time", { datetime: time, title: time }, clock.slice(0, 8), milliseconds)),
      el("td", { class: "mono" }, el("a", { class: "target" }, el("b", {}, visible(method)), " ", el("bdi", {}, visible(target)))),
      el("td"), el("td", { class: "number" }), el("td", {}, el("bdi", {}, visible(who))));
    mark(row);
    return row;
  }

  function fillAnswer(row, { status, rule, job, fault, took }) {
    const link = (text, title, kind, ...to) => el("a", { class: `badge ${kind}`, href: address(...to), title }, text);
    row.dataset.status = status;
    fill(row.cells[2], el("div", { class: "answer" }, statusBadge(status, "none"),
      rule && link(visible(rule), "What is documented", "quiet", "try", [rule]), job && link("job", `Job ${job}`, "quiet", "jobs", [job]),
      fault && link("fault", `Fault ${fault}`, "warn", "steer", ["faults"])));
    row.cells[3].textContent = tookOf(took);
  }

  const linkIn = row => row?.querySelector("a.target");

  /* The row's address, and whether it is the one that is chosen. */
  function mark(row) {
    const link = linkIn(row), { id } = row.dataset;
    link.href = address("requests", [id], filters);
    id === chosen ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }

  function move(to) {
    top = to;
    draw();
  }

  /* In its place, or as the answer to one that had none. */
  function add(entry) {
    const place = list.findLastIndex(known => known.number < entry.number) + 1;
    const isKnown = list[place]?.number === entry.number;
    if (isKnown && list[place].status !== null)
      return;
    entry.fits = fits(entry);
    list.splice(place, isKnown ? 1 : 0, entry);
    if (list.length > KEPT_MAX)
      list.shift();
  }

  /* All that the journal has, and behind it what comes meanwhile. Until it is there the list stays as it was. */
  async function load() {
    const mine = list = [];
    isLoaded = false;
    const all = await control.all("requests");
    if (mine !== list)
      return; // it is emptied, or loaded again
    list = [];
    rows = new Map(); // in a sandbox that was made anew the same ids are others
    [...all.reverse().map(kept), ...mine].forEach(add);
    isLoaded = true;
    draw();
  }

  function forget() {
    list = [];
    isLoaded = true;
    move(LIVE);
  }

  function showFilters() {
    words.value === filters.q || (words.value = filters.q);
    status.value = filters.status;
    wanted = Object.values(filters).join(" ").toLowerCase().split(/\s+/);
    list.forEach(entry => { entry.fits = fits(entry); });
    rows.forEach(mark);
    close.href = address("requests", [], filters);
    draw();
  }

  function filter(some) {
    Object.assign(filters, some);
    context.replace("requests", chosen === null ? [] : [chosen], filters);
    showFilters();
  }

  const showOne = () => void showRequest({ control, tokens, address, signal: choosing.signal }, chosen, one);

  function choose(id) {
    if (chosen === id)
      return;
    const former = chosen;
    chosen = id;
    choosing.abort();
    choosing = new AbortController();
    pair.classList.toggle("chosen", id !== null);
    rows.forEach(mark);
    fill(one);
    if (id === null)
      return linkIn(rows.get(former))?.focus();
    title.textContent = `Request ${visible(id)}`;
    detail.scrollTop = 0;
    showOne();
    if (!listPart.checkVisibility()) // a narrow window
      detail.focus();
  }

  body.addEventListener("keydown", event => {
    const step = { ArrowDown: "nextSibling", j: "nextSibling", ArrowUp: "previousSibling", k: "previousSibling" }[event.key];
    const row = event.target.closest("tr")[step];
    if (!row || event.ctrlKey || event.metaKey || event.altKey)
      return;
    event.preventDefault();
    linkIn(row).focus();
    if (chosen !== null) {
      context.replace("requests", [row.dataset.id], filters);
      choose(row.dataset.id);
    }
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && chosen !== null && !event.target.closest("input, select, textarea"))
      context.go("requests", [], filters);
  }, { signal });

  context.on("request", entry => {
    add(kept(entry));
    draw();
    if (entry.id === chosen)
      showOne();
  });
  context.on("sandbox", ({ id, change }) => id === control.sandbox && change === "reset" && forget());
  const loading = async () => { await attempt(head, load) || (told.textContent = "Not loaded"); };
  context.on("again", loading);
  void loading();

  return ({ parts, query }) => {
    for (const name of Object.keys(filters))
      filters[name] = query.get(name) ?? "";
    showFilters();
    choose(parts[0] ?? null);
  };
}
