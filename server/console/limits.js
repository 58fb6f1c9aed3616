/* Steer, the limits of the service. */
import { button, card, el, fill } from "./dom.js";
import { callForm, entry, jsonOrText } from "./form.js";

/* What the option --limits service sets. */
const SERVICE = { credits: "edition", concurrency: "edition", tokens: { count: 10, seconds: 600 } };

const inWords = value => value === null ? "any number" : value === "edition" ? "as the org's edition has" : value.toLocaleString();

/* Items of a list. */
const limitsInWords = ({ credits, concurrency, tokens, latency_ms: latency }) => [
  `Credits in 24 hours: ${inWords(credits)}`,
  `Calls at once: ${inWords(concurrency)}`,
  `Access tokens: ${tokens === null ? "any number" : `${tokens.count} in ${tokens.seconds} s`}`,
  `Latency: ${latency === null ? "none" : `${[latency].flat().join(" to ")} ms`}`,
].map(text => el("li", {}, text));

/* One number, or two. */
const rangeOf = text => jsonOrText(text.replace(/^(\d+)\s*-\s*(\d+)$/, "[$1, $2]"));

export function limits({ control, reload }, place) {
  const now = el("ul");
  let isChanged = false; // the form, by hand, and not sent yet
  async function set() {
    isChanged = false;
    await reload();
  }
  const form = callForm({ control, method: "PUT", path: "limits", text: "Set these", done: set }, el("h2", {}, "Set limits"),
    el("div", { class: "fields" },
      entry("credits", "Credits of an org in 24 hours", "any, 5000, or edition"),
      entry("concurrency", "Calls of an org at once", "any, 20, or edition"),
      entry("tokens.count", "Access tokens", "any, or 10"), entry("tokens.seconds", "in seconds", "600"),
      entry("latency_ms", "Latency of each call, ms", "none, 250, or 100-300", rangeOf)));
  form.addEventListener("input", () => { isChanged = true; });
  const put = (text, body) => button(text, async () => { await control.put("limits", body); await set(); });
  fill(place, card("Now", now,
    el("div", { class: "bar" }, put("As the service", SERVICE), put("All off", {})),
    el("p", { class: "quiet" }, "Beyond them P17 is answered, beyond access tokens O22. Counting begins when a limit is set.")), form);
  return {
    load: () => control.get("limits"),
    show(limits) {
      fill(now, limitsInWords(limits));
      if (isChanged)
        return;
      for (const shown of form.querySelectorAll("[name]")) {
        const value = shown.name.split(".").reduce((value, name) => value?.[name], limits);
        shown.value = [value ?? ""].flat().join("-");
      }
      form.grow();
    },
  };
}
