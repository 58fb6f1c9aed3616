/* Steer: the faults, limits and clock of the chosen sandbox, and the sandboxes themselves. */
import { clock } from "./clock.js";
import { el, fill, notice, showLinks } from "./dom.js";
import { faults } from "./faults.js";
import { limits } from "./limits.js";
import { sandboxes } from "./sandboxes.js";
import { listen } from "./stream.js";

/* Each part is made with a context and a place, and is then {load, show, update}: `show` shows what `load` tells, again after events
 * of these kinds; `update` follows the address. */
const PARTS = {
  faults: ["Faults", faults, "fault", "request"],
  limits: ["Limits", limits],
  clock: ["Clock", clock, "clock"],
  sandboxes: ["Sandboxes", sandboxes, "webhook"],
};
const PAUSE = 200; // milliseconds from an event until it is shown, with those that follow it

export async function show(context, element) {
  const { control, signal } = context;
  const links = el("nav", { class: "parts", "aria-label": "Parts of Steer" }), trouble = el("div"), place = el("div", { class: "halves" });
  let name = null, part = null, asked = 0, shown = 0, timer = null;
  fill(element, el("div", { class: "head" }, el("h1", {}, "Steer"), links), trouble, place);

  /* What comes when another part, or what was asked for later, is there is not shown. */
  async function reload() {
    const mine = part, turn = ++asked;
    const isLate = () => mine !== part || turn < shown;
    try {
      const found = await mine.load();
      if (isLate())
        return;
      shown = turn;
      mine.show(found);
      fill(trouble);
      place.hidden = false;
    } catch (error) {
      if (!isLate())
        fill(trouble, notice(error));
    }
  }

  const happened = sandbox => {
    if (sandbox?.change !== "dropped" || sandbox.id !== control.sandbox) // which tells nothing more
      timer ??= setTimeout(() => { timer = null; void reload(); }, PAUSE);
  };
  for (const kind of ["clock", "fault", "request", "webhook"])
    context.on(kind, () => PARTS[name]?.includes(kind) && happened());
  for (const kind of ["sandbox", "again"])
    context.on(kind, happened);
  if (control.sandbox !== "main") // whose stream alone tells of other sandboxes
    void listen(control.of("main"), signal, (kind, sandbox) => kind === "sandbox" && happened(sandbox), () => {});
  signal.addEventListener("abort", () => clearTimeout(timer));

  return route => {
    const [next] = Object.hasOwn(PARTS, route.parts[0]) ? route.parts : ["faults"];
    const isAnother = next !== name;
    if (isAnother) {
      name = next;
      fill(trouble);
      fill(place).hidden = true;
      showLinks(links, Object.entries(PARTS).map(([id, [title]]) =>
        [title, context.address("steer", [id]), id === name]));
      part = PARTS[name][1]({ ...context, reload }, place);
    }
    part.update?.(route);
    return isAnother && reload();
  };
}
