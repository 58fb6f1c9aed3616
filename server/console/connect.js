/* The view that says how a program gets here: addresses, credentials, and lines for clients. */
import { bearer } from "./api.js";
import { CLIENTS, programsOf, variables } from "./clients.js";
import { attempt, card, copyButton, el, fill, line, showLinks, table } from "./dom.js";
import { controlCurl, quote, writeCurl } from "./curl.js";

const CREDENTIALS = ["client_id", "client_secret", "refresh_token"];

const code = text => el("code", {}, text);
const prose = text => el("p", {}, text.split("`").map((part, n) => n % 2 ? code(part) : part));
const copied = text => el("span", { class: "copy" }, code(text), copyButton(text));
const list = pairs => el("dl", {}, pairs.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
const block = (title, text) => [el("h3", {}, title), line(text)];

/* What all is told from. A fixture may have no client, and no token. */
async function ask(control, signal) {
  const paths = ["console/sdks.md", "info", "tokens?limit=1000"];
  const [sandbox, page, info, { tokens }] = await Promise.all([control.itself(signal),
    ...paths.map(path => control.get(path, {}, signal))]);
  const url = location.origin + control.root, own = location.origin + control.prefix;
  const { token } = sandbox;
  const isEnough = sandbox.id === "main" || token.startsWith(`1000.${sandbox.id}.`); // the token alone leads to the sandbox
  const https = info.urls.find(one => one.startsWith("https:")), hasAuthority = !info.options["tls-cert"] && (info.proxy || https);
  return { page, info, sandbox, tokens, url, own, token, isEnough, https, hasAuthority,
    authority: hasAuthority ? `${controlCurl(control, "GET", "ca.pem")} -s >ca.pem` : "# ca.pem: the authority of what --tls-cert gave",
    values: { "http://127.0.0.1:8080": isEnough ? url : own, "https://127.0.0.1:8443": https, "1000.CRMOCK": sandbox.client_id,
      "crmock-secret": sandbox.client_secret, "1000.crmock.refresh": sandbox.refresh_token, "1000.crmock.admin": token } };
}

const addresses = ({ info, own, https, hasAuthority }, control) => card("Addresses", list([
  ["This sandbox", copied(own)],
  ["Accounts", copied(`${own}/oauth/v2/token`)],
  ["crmock", info.urls.filter(one => one !== https).map(copied)],
  ["TLS", https ? copied(https) : ["Off; ", code("--tls-port 8443"), " turns it on."]],
  ["Proxy", info.proxy ? copied(info.proxy)
    : ["Off; ", code("--proxy-port 3128"), " turns it on, for programs with the service's hosts in them."]],
  ["Authority", !hasAuthority ? "None of its own."
    : control.token ? copyButton(() => control.get("ca.pem"), "Copy ca.pem")
      : el("a", { href: control.url("ca.pem"), download: "ca.pem" }, "ca.pem")],
]));

const credentials = ({ sandbox }) => card("Credentials", list([...CREDENTIALS, "access_token"].map(name =>
  [code(name), sandbox[name] ? copied(sandbox[name]) : "None."])));

/* The sandbox has its tokens by name, also those that are no longer good. */
const accessTokens = ({ sandbox, tokens }) => card("Access tokens", prose("`POST /_crmock/tokens` makes one of any user."),
  table("Access tokens", ["Token", "User", "Scopes"], Object.values(sandbox.tokens).map(token => {
    const { user, scopes } = tokens.find(one => one.token === token) ?? { user: "It has expired.", scopes: "" };
    return [copied(token), el("bdi", {}, user), el("small", {}, scopes)];
  })));

/* What a program with the service's hosts in it needs, in a shell. */
const far = ({ info: { proxy }, authority }, lines) => [el("h3", {}, "With the service's hosts written into the program"),
  proxy ? line(`${authority}\n${lines(proxy)}`) : prose("That needs crmock's proxy: start it with `--proxy-port 3128`.")];

function curlLines(told) {
  const { sandbox, own, token } = told;
  const query = new URLSearchParams([["grant_type", "refresh_token"], ...CREDENTIALS.map(name => [name, sandbox[name] ?? ""])]);
  return [
    block("A mass update", writeCurl({ method: "POST", url: `${own}/crm/v8/Deals/actions/mass_update`, headers: bearer(token),
      body: JSON.stringify({ data: [{ Lead_Source: "Advertisement" }], ids: ["554023000000497007"] }) })),
    block("An access token", writeCurl({ method: "POST", url: `${own}/oauth/v2/token?${query}` })),
    far(told, proxy => `${variables("CURL_CA_BUNDLE")(proxy)}
${writeCurl({ method: "GET", url: "https://www.zohoapis.com/crm/v8/org", headers: bearer(token) })}`)];
}

const shellLines = told => [
  far(told, variables("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")),
  block("Credentials, by whatever names your program has for them",
    CREDENTIALS.map(name => `export ZOHO_${name.toUpperCase()}=${quote(told.sandbox[name] ?? "")}`).join("\n"))];

const programLines = language => told => [programsOf(told.page, language, told.values).map(([says, text]) => [prose(says), line(text)]),
  far(told, CLIENTS[language].far)];

const TABS = { curl: ["curl", curlLines], shell: ["Variables", shellLines],
  ...Object.fromEntries(Object.entries(CLIENTS).map(([language, { name }]) => [language, [name, programLines(language)]])) };

export async function show(context, element) {
  const { control, signal } = context;
  const links = el("nav", { class: "bar", "aria-label": "Clients" }), lines = el("div");
  const above = el("div", { class: "cards" }), below = el("div");
  let told = null, chosen = "curl";

  function showClient() {
    showLinks(links, Object.entries(TABS).map(([id, [name]]) => [name, context.address("connect", [id]), id === chosen]));
    if (told)
      fill(lines, TABS[chosen][1](told));
  }

  const load = () => attempt(above, async () => {
    told = await ask(control, signal);
    fill(above, addresses(told, control), credentials(told));
    fill(below, accessTokens(told));
    showClient();
  });

  context.on("again", load);
  fill(element, el("div", { class: "head" }, el("h1", {}, "Connect")), above, card("Clients", links, lines), below);
  void load();
  return ({ parts: [id] }) => {
    chosen = Object.hasOwn(TABS, id) ? id : "curl";
    showClient();
  };
}
