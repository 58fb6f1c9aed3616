/* Addresses within the page: #/view/part/part?name=value. */

/* A view that is not known is the first one. */
export function routeOf(hash, views) {
  const [path, query] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view, ...parts] = path.split("/").map(decode).filter(part => part !== "");
  const isKnown = views.includes(view);
  return { view: isKnown ? view : views[0], parts: isKnown ? parts : [], query: new URLSearchParams(query) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function addressOf(view, parts = [], query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return `#/${[view, ...parts].map(encodeURIComponent).join("/")}${pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/* That of a view in another sandbox: in main's page, for that of a sandbox goes with it. */
export const inSandbox = ({ root }, id, view, parts) =>
  `${root}/_crmock/${addressOf(view, parts, { sandbox: id === "main" ? null : id })}`;
