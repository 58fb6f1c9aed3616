/* Steer, the clock of the sandbox. */
import { attempt, badge, button, card, el, field, fill } from "./dom.js";

const HOUR = 3600, DAY = 86400; // seconds
const MODES = { running: "goes with the machine's clock", offset: "goes on, beside the machine's clock", fixed: "stands still" };

/* ISO 8601 of milliseconds, to the second. */
const iso = milliseconds => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");

/* To the minute. */
function offsetInWords(seconds) {
  const minutes = Math.abs(Math.round(seconds / 60));
  const said = [[minutes / 1440, "day"], [minutes / 60 % 24, "hour"], [minutes % 60, "minute"]]
    .flatMap(([number, unit]) => number < 1 ? [] : `${Math.floor(number)} ${unit}${number < 2 ? "" : "s"}`).join(" ");
  return said ? `${said} ${seconds > 0 ? "ahead of" : "behind"} the machine's clock` : "as the machine's clock";
}

/* The time, which goes on as it does in the sandbox. */
function clockFace() {
  const time = el("span", { class: "face" }), mode = el("span"), element = el("p", {}, time, mode);
  let now = null; // milliseconds
  function tick() {
    const text = now && iso(now()).replace("T", " ").replace("Z", " UTC");
    if (time.textContent !== text) // it may be selected
      fill(time, text);
  }
  const timer = setInterval(() => element.isConnected ? tick() : clearInterval(timer), 250);
  return { element, show(clock) {
    const told = Date.parse(clock.now), since = Date.now();
    now = () => clock.mode === "fixed" ? told : told + Date.now() - since;
    fill(mode, badge(MODES[clock.mode], clock.mode === "running" ? "good" : "warn"));
    tick();
  } };
}

export function clock(context, place) {
  const { control, reload } = context;
  const face = clockFace();
  let mode = null, wanted = null, last = Promise.resolve(); // wanted: where the slider was put, in seconds, until the clock is there
  const send = async call => { await call; await reload(); };
  const set = body => send(control.put("clock", body));

  const slider = el("input", { type: "range", min: -30 * DAY, max: 30 * DAY, step: HOUR });
  const said = el("p", { class: "quiet" });
  const say = text => {
    said.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  };
  /* What is asked for while an answer is awaited goes in one, after it. */
  async function slide() {
    const mine = wanted;
    if (mine === null)
      return;
    await attempt(slider, () =>
      set(mode === "fixed" ? { now: iso(Date.now() + mine * 1000) } : mine === 0 ? { run: true } : { offset: mine }));
    if (wanted === mine)
      wanted = null;
  }
  slider.addEventListener("input", () => { wanted = Number(slider.value); say(offsetInWords(wanted)); });
  slider.addEventListener("change", () => { last = last.then(slide); });

  const fixed = el("input", { type: "datetime-local", step: 1 });
  const bar = (...children) => el("div", { class: "bar ends" }, children);
  const steps = Object.entries({ "+1 min": 60, "+1 h": HOUR, "+1 day": DAY });
  fill(place, el("div", {},
    card("Now in this sandbox", face.element, bar(button("Go with the machine's clock", () => set({ run: true })),
      button("Stand still now", async () => set({ now: (await control.get("clock")).now })))),
    card("What follows it",
      el("p", {}, "Stamps of records, the expiry of tokens, codes and page tokens, and what limits count. Delays and tries go by the "
        + "machine's clock; when this one is moved on, jobs and webhooks wait as much less."))),
  card("Move it", bar(steps.map(([text, by]) => button(text, () => send(control.post("clock/advance", { by }))))),
    field("Up to 30 days back or ahead", slider), said,
    bar(field("A fixed time, in UTC", fixed), button("Stand still there", () => set({ now: iso(fixed.valueAsNumber) })))));
  return {
    load: () => control.get("clock"),
    show(clock) {
      face.show(clock);
      ({ mode } = clock);
      fixed.defaultValue = clock.now.replace("Z", ""); // until something is written
      if (wanted !== null)
        return;
      const ahead = (Date.parse(clock.now) - Date.now()) / 1000;
      slider.value = ahead;
      say(mode === "fixed" ? "" : offsetInWords(ahead));
    },
  };
}
