/* The control API of one sandbox, and the service beside it. */
import { parse } from "./json.js";

/* What is refused: a sentence, and where it was. */
export class Refusal extends Error {
  constructor(status, message, at) {
    super(message);
    this.status = status;
    this.at = at;
  }
}

/* Where crmock is, from where this page is: /_crmock/ or /_s/{id}/_crmock/, perhaps behind a path of somebody else's. */
export function placeOf(pathname) {
  const [, root, sandbox] = /^(.*?)(?:\/_s\/([^/]+))?\/_crmock\/[^/]*$/.exec(decodeURIComponent(pathname)) ?? [null, "", undefined];
  return { root, sandbox: sandbox ?? "main" };
}

/* As clients of the service send an access token. */
export const bearer = token => ({ Authorization: `Zoho-oauthtoken ${token}` });

const queryOf = query => {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return parts.length > 0 ? `?${new URLSearchParams(parts)}` : "";
};

export class Control {
  /* refused: is told of a control token that is missing or another's. */
  constructor({ root, sandbox, token, refused }) {
    Object.assign(this, { root, sandbox, token, refused });
    this.prefix = sandbox === "main" ? root : `${root}/_s/${encodeURIComponent(sandbox)}`;
  }

  /* That of another sandbox. */
  of(sandbox) {
    return new Control({ ...this, sandbox });
  }

  headers(more = {}) {
    return this.token ? { ...more, Authorization: `Bearer ${this.token}` } : more;
  }

  /* The address of a path of the control API; those of the process have no sandbox in it. */
  url(path, query = {}) {
    const isOfProcess = /^(sandboxes|info|ca\.pem|openapi\.json)(\/|$)/.test(path);
    return `${isOfProcess ? this.root : this.prefix}/_crmock/${path}${queryOf(query)}`;
  }

  /* Fails with a Refusal, or with words on a connection that is lost. */
  async call(method, path, { query = {}, body, signal } = {}) {
    let response;
    try {
      response = await fetch(this.url(path, query), { method, headers: this.headers(), signal, credentials: "omit",
        body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      throw error.name === "AbortError" ? error : new Refusal(0, "crmock does not answer. Does it run?");
    }
    const text = await response.text();
    if (response.ok)
      return (response.headers.get("Content-Type") ?? "").startsWith("application/json") ? parse(text) : text;
    if (response.status === 401)
      this.refused();
    throw refusalOf(response.status, text);
  }

  get(path, query, signal) {
    return this.call("GET", path, { query, signal });
  }

  /* The sandbox, as the control API tells it; `token` is for lines to be shown: its administrator's, else any. */
  async itself(signal) {
    const sandbox = await this.get(`sandboxes/${this.sandbox}`, {}, signal);
    return { ...sandbox, token: sandbox.access_token ?? Object.values(sandbox.tokens)[0] ?? "TOKEN" };
  }

  /* All of a list, page by page. */
  async all(list, query = {}) {
    const found = [];
    for (let { after } = query, more = true; more;) {
      const page = await this.get(list, { ...query, limit: 1000, after });
      found.push(...page[list]);
      more = page.more && page[list].length > 0;
      after = page[list].at(-1)?.id ?? page[list].at(-1)?.name;
    }
    return found;
  }

  post(path, body = {}, query) {
    return this.call("POST", path, { body, query });
  }

  put(path, body) {
    return this.call("PUT", path, { body });
  }

  patch(path, body, query) {
    return this.call("PATCH", path, { body, query });
  }

  delete(path, query) {
    return this.call("DELETE", path, { query });
  }

  /* A request to the service, in this sandbox: path as clients send it, with its query. Answers {status, headers, text}; fails
   * when the connection ends without an answer. */
  async send({ method, path, headers = {}, body, isOutside = false }) {
    const began = performance.now();
    let response, text;
    try {
      response = await fetch(location.origin + (isOutside ? this.root : this.prefix) + path, { method, headers, body, redirect: "manual",
        credentials: "omit" });
      text = await response.text();
    } catch {
      throw new Refusal(0, "The connection was closed without an answer, or before its end.");
    }
    return { status: response.status, headers: response.headers, text, milliseconds: performance.now() - began };
  }
}

function refusalOf(status, text) {
  try {
    const { error, at } = JSON.parse(text);
    return new Refusal(status, error, at);
  } catch {
    return new Refusal(status, `crmock answered ${status}.`);
  }
}
