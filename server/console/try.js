/* Try: every line of the error gallery, and a mass update of one's own. */
import { el, fill, showLinks } from "./dom.js";
import { showOwn } from "./try_own.js";
import { showRows } from "./try_rows.js";

const OWN = "own"; // no row has such a name

export async function show(context, element) {
  const links = el("nav", { class: "parts", "aria-label": "What to try" }), places = [el("div"), el("div")];
  const pages = [await showRows(context, places[0]), await showOwn(context, places[1], OWN)];
  fill(element, el("div", { class: "head" }, el("h1", {}, "Try"), links), places);
  return route => {
    const chosen = route.parts[0] === OWN ? 1 : 0;
    pages[chosen].update(route);
    places.forEach((place, n) => { place.hidden = n !== chosen; });
    showLinks(links, ["Error gallery", "Your own"].map((title, n) => [title, pages[n].address(), n === chosen]));
  };
}
