/* The page: which view is shown, of which sandbox, and what happens there. */
import { Control, placeOf } from "./api.js";
import { el, field, fill, notice, showLinks, tell } from "./dom.js";
import { addressOf, inSandbox, routeOf } from "./router.js";
import { listen } from "./stream.js";

const TITLES = ["Requests", "Jobs", "Records", "Try", "Steer", "Connect"];
const VIEWS = TITLES.map(title => title.toLowerCase()); // each has a module of that name

/* The control token, for this tab; a browser that stores nothing has it until the page is left. */
const token = {
  key: "crmock-control-token",
  get: () => { try { return sessionStorage.getItem(token.key); } catch { return token.kept; } },
  set: text => { try { sessionStorage.setItem(token.key, text); } catch { token.kept = text; } },
};
const IDS = /^[a-z0-9][a-z0-9-]{0,31}$/; // of sandboxes

const place = placeOf(location.pathname);
const routeNow = () => routeOf(location.hash, VIEWS);
const viewIn = id => inSandbox(place, id, routeNow().view);
const main = document.getElementById("main");
const choice = document.getElementById("sandbox");
let shown = { end() {} }; // what is shown now: { sandbox, view, update, end, events }

/* What a view gets: the sandbox's control API, and what happens in it. Its `signal` ends with the view. */
function contextOf(control, events, signal) {
  return {
    control, signal,
    /* Of an event: request, job, clock, fault, sandbox, webhook; or "again": the connection was lost, and some may be missing. */
    on: (kind, handle) => events.addEventListener(kind, event => handle(event.detail), { signal }),
    /* Of a view in this sandbox: address("requests", [id], { q }). */
    address: (view, parts = [], query = {}) =>
      addressOf(view, parts, control.sandbox === place.sandbox ? query : { ...query, sandbox: control.sandbox }),
    go(view, parts, query) {
      location.hash = this.address(view, parts, query);
    },
    /* Without another step in the history: for filters. */
    replace(view, parts, query) {
      history.replaceState(null, "", this.address(view, parts, query));
    },
  };
}

/* The sandboxes to choose from, and the one that is shown. */
async function showSandboxes(control) {
  const ids = (await control.all("sandboxes")).map(sandbox => sandbox.id);
  if (!ids.includes(control.sandbox))
    ids.push(control.sandbox);
  if (ids.join() !== [...choice.options].map(option => option.value).join()) // an open list stays as it is
    fill(choice, ids.map(id => el("option", {}, id)));
  choice.value = control.sandbox;
}

function showState(state, why = "") {
  const element = document.getElementById("state");
  element.className = state;
  element.textContent = state === "live" ? "Live" : "Not live";
  element.title = why;
}

/* Listens to a sandbox; settles when it is known whether that works. */
function hear(control, events, signal) {
  let wasLost = false, started;
  return new Promise(settled => {
    const state = async (name, why, status) => {
      showState(name, why);
      const isBack = name === "live" && wasLost;
      if (name === "lost" && !wasLost)
        tell(`Not live: ${why}. Trying again.`);
      wasLost = name === "lost";
      if (status === 404 && shown.update) {
        shown.leave();
        shown.view = shown.update = null;
        fill(main, notice(new Error(`${control.sandbox}: ${why}.`)), el("a", { href: viewIn("main") }, "Go to main"));
      }
      settled();
      const info = name === "live" && await control.get("info", {}, signal).catch(() => null);
      if (isBack)
        tell("Live again.");
      if (isBack && (info?.started !== started || !shown.update)) // another crmock, or what could not be opened
        void enter(control.sandbox).then(follow);
      else if (isBack)
        events.dispatchEvent(new CustomEvent("again"));
      started = info?.started ?? started;
    };
    void listen(control, signal, (kind, detail) => events.dispatchEvent(new CustomEvent(kind, { detail })), state);
  });
}

/* Begins with a sandbox. */
async function enter(sandbox) {
  shown.end();
  const ending = new AbortController();
  /* Of several calls that are refused one asks: those that come later may be older than the token that was given since. */
  const refused = () => { if (!ending.signal.aborted) askForToken(); };
  const control = new Control({ root: place.root, sandbox, token: token.get(), refused });
  const events = new EventTarget();
  const mine = shown = { sandbox, control, events, view: null, leave() {}, end() { this.leave(); ending.abort(); } };
  const list = () => showSandboxes(control).catch(() => {});
  for (const kind of ["sandbox", "again"])
    events.addEventListener(kind, list);
  await Promise.all([hear(control, events, ending.signal), list()]);
  return mine;
}

/* Shows a view, unless another is chosen meanwhile. */
async function open(mine, view) {
  mine.leave();
  const leaving = new AbortController();
  mine.update = null;
  mine.view = view;
  mine.leave = () => leaving.abort();
  mine.context = contextOf(mine.control, mine.events, leaving.signal);
  showLinks(document.getElementById("views"),
    VIEWS.map((name, n) => [TITLES[n], mine.context.address(name), name === view]));
  fill(main, el("p", { class: "quiet" }, "Loading"));
  try {
    const { show } = await import(`./${view}.js`);
    const element = el("div", { class: `view ${view}` });
    leaving.signal.throwIfAborted();
    fill(main, element);
    const update = await show(mine.context, element);
    leaving.signal.throwIfAborted();
    mine.update = update;
  } catch (error) {
    if (!leaving.signal.aborted)
      mine.view = null; // it is opened again when it is chosen again
    throw error;
  }
}

async function follow() {
  if (location.hash === "#main")
    return main.focus();
  const { view, query } = routeNow(), sandbox = query.get("sandbox") ?? place.sandbox;
  document.title = `${TITLES[VIEWS.indexOf(view)]} · crmock`;
  try {
    if (!IDS.test(sandbox))
      throw new Error("That is no sandbox's id: small letters, digits and hyphens, 32 at most.");
    const mine = shown.sandbox === sandbox ? shown : await enter(sandbox);
    if (mine !== shown)
      return;
    if (mine.view !== view)
      await open(mine, view);
    const now = routeNow(); // it may be another by now
    if (mine === shown && mine.view === now.view)
      await mine.update?.(now);
  } catch (error) {
    if (error.name !== "AbortError" && error.status !== 401)
      fill(main, notice(error), sandbox === "main" ? null : el("a", { href: viewIn("main") }, "Go to main"));
  }
}

/* crmock was started with --control-token. */
function askForToken() {
  shown.end();
  shown = { end() {} };
  showState("lost", "the control token is missing");
  const input = el("input", { type: "password", autocomplete: "off", required: true, pattern: "[!-~]+",
    title: "Visible characters of ASCII" });
  const wasWrong = token.get();
  token.set("");
  fill(main, el("form", { class: "card", submit: event => {
    event.preventDefault();
    token.set(input.value);
    void follow();
  } }, el("h1", {}, "The control token"),
  el("p", {}, "This crmock was started with ", el("code", {}, "--control-token"), ". It is kept in this tab alone."),
  wasWrong ? notice(new Error("That is another token.")) : null,
  field("Token", input), el("button", { class: "main" }, "Go on")));
  input.focus();
}

choice.addEventListener("change", () => location.assign(viewIn(choice.value)));
/* Of other sandboxes main's stream alone tells, which is not listened to when another is shown. */
for (const kind of ["focus", "pointerenter"])
  choice.addEventListener(kind, () => shown.control && void showSandboxes(shown.control).catch(() => {}));
addEventListener("hashchange", () => void follow());
void follow();
