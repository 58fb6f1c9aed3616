// The view that says how a program gets here: its values are the real ones, and its lines work.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { assert, axe, eventually, screenshots, test } from "./rig.mjs";

const FAR = "With the service's hosts written into the program";
const FOLDER = mkdtempSync(join(tmpdir(), "crmock-connect-"));
process.on("exit", () => rmSync(FOLDER, { recursive: true }));
const PROXY = {
  server: ["--proxy-port", "0", "--tls-port", "0", "--tls-dir", join(FOLDER, "tls")],
  page: { permissions: ["clipboard-read", "clipboard-write"] },
};

const run = promisify(execFile);
const shell = async (line, env = {}) => (await run("bash", ["-c", line], { cwd: FOLDER, env: { ...process.env, ...env } })).stdout;
const card = (page, title) => page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const copies = place => place.locator(".copy code").allInnerTexts();
// The line below a title.
const under = (page, title) =>
  page.getByRole("heading", { name: title, exact: true }).locator("xpath=following-sibling::*[1]").locator("pre").innerText();
const lines = page => card(page, "Clients").locator("pre").allInnerTexts();
const requests = async (server, id) => (await server.control("GET", `/_s/${id}/_crmock/requests`)).requests;
const make = (server, body = {}) => server.control("POST", "/_crmock/sandboxes", body);
// The view of a client, in a sandbox.
async function openClient({ open, page }, url, client) {
  await open(`#/connect/${client}`, url);
  await page.reload();
  await page.getByRole("heading", { name: FAR }).waitFor();
  const chosen = card(page, "Clients").locator("a[aria-current]");
  await eventually(() => chosen.evaluateAll(links => links.map(link => link.hash)), [`#/connect/${client}`]);
}

test("addresses and credentials are those of the sandbox, and can be copied", PROXY, async ({ page, server, open }) => {
  const sandbox = await make(server);
  const { urls, proxy } = await server.control("GET", "/_crmock/info");
  await open("#/connect", sandbox.url);
  await eventually(() => copies(card(page, "Addresses")), [sandbox.url, `${sandbox.url}/oauth/v2/token`, urls[0], urls[1], proxy]);
  const { client_id: client, client_secret: secret, refresh_token: refresh, access_token: access } = sandbox;
  assert.deepEqual(await copies(card(page, "Credentials")), [client, secret, refresh, access]);
  assert.deepEqual(await copies(card(page, "Access tokens")), Object.values(sandbox.tokens));
  await axe(page);
  await screenshots(page, "connect");
  await card(page, "Credentials").getByRole("button", { name: "Copy" }).nth(2).click();
  await eventually(() => page.evaluate(() => navigator.clipboard.readText()), sandbox.refresh_token);
  const authority = await card(page, "Addresses").getByRole("link", { name: "ca.pem" }).evaluate(link => link.href);
  assert.match(await (await fetch(authority)).text(), /BEGIN CERTIFICATE/);
});

test("main has its plain address, and without TLS and a proxy it is said what turns them on", async ({ page, server, open }) => {
  await open("#/connect");
  await eventually(() => copies(card(page, "Addresses")), [server.url, `${server.url}/oauth/v2/token`, server.url]);
  await card(page, "Addresses").getByText("--tls-port 8443").waitFor();
  await card(page, "Addresses").getByText("--proxy-port 3128").waitFor();
  await card(page, "Clients").getByText("start it with --proxy-port 3128").waitFor();
  await axe(page);
  await screenshots(page, "connect-plain");
});

test("the lines of curl work as they are, through the proxy as well", PROXY, async rig => {
  const { page, server } = rig;
  const { id, url } = await make(server);
  await openClient(rig, url, "curl");
  const [update, token, far] = await lines(page);
  assert.equal(JSON.parse(await shell(`${update} -s`)).data[0].code, "SUCCESS");
  const { access_token: given } = JSON.parse(await shell(`${token} -s`));
  assert.equal((await server.send("GET", "/crm/v8/org", undefined, given)).status, 200);
  assert.match(JSON.parse(await shell(`${far} -s`)).org[0].company_name, /Zylker/);
  const [newest] = await requests(server, id);
  assert.deepEqual([newest.headers.Host, newest.status], ["www.zohoapis.com", 200]);
  await page.getByRole("link", { name: "Variables" }).click();
  const [variables, credentials] = [await under(page, FAR), (await lines(page)).at(-1)];
  const told = await shell(`${variables}\n${credentials}\ncurl -s https://accounts.zoho.eu/oauth/v2/token -d grant_type=refresh_token \\
    -d client_id=$ZOHO_CLIENT_ID -d client_secret=$ZOHO_CLIENT_SECRET -d refresh_token=$ZOHO_REFRESH_TOKEN`);
  assert(JSON.parse(told).access_token.startsWith(`1000.${id}.`), told);
});

test("each client's lines are those of the documentation, with the sandbox's values", PROXY, async rig => {
  const { page, server } = rig;
  const sandbox = await make(server);
  const { urls, proxy } = await server.control("GET", "/_crmock/info");
  const docs = readFileSync(new URL("../../docs/sdks.md", import.meta.url), "utf8");
  const { client_id: id, client_secret: secret, refresh_token: refresh, access_token: access } = sandbox;
  const documented = [[server.url, "http://127.0.0.1:8080"], [urls[1], "https://127.0.0.1:8443"],
    [id, "1000.CRMOCK"], [refresh, "1000.crmock.refresh"], [access, "1000.crmock.admin"]];
  for (const client of ["python", "js", "java", "php", "csharp", "ruby", "go"]) {
    await openClient(rig, sandbox.url, client);
    const programs = (await lines(page)).slice(0, -1);
    for (const value of client === "go" ? [server.url, access] : [client === "ruby" ? urls[1] : server.url, id, secret, refresh])
      assert(programs[0].includes(value), `${client}: ${value}`);
    const texts = programs.map(program => documented.reduce((so, [real, printed]) => so.replaceAll(real, printed), program));
    assert.deepEqual(texts, [...docs.matchAll(/^```(\w+)\n([^]*?)\n```$/gm)].filter(([, of]) => of === client).map(([, , text]) => text));
    assert((await under(page, FAR)).includes(client === "java" ? `https.proxyPort=${new URL(proxy).port}` : proxy), client);
    if (client === "js") {
      await axe(page);
      await screenshots(page, "connect-node");
    }
  }
});

test("the programs without an SDK run as they are", async rig => {
  const { page, server, open } = rig;
  const { id, url } = await make(server);
  for (const [client, command] of [["js", ["node", "--input-type=module", "-e"]], ["python", ["python3", "-c"]]]) {
    await open(`#/connect/${client}`, url);
    await page.getByText(client === "js" ? "with its own fetch" : "pip install requests").waitFor();
    const { stdout } = await run(command[0], [...command.slice(1), (await lines(page)).at(-1)]);
    assert.match(stdout, /^200 .*"SUCCESS"/);
  }
  const sent = (await requests(server, id)).map(({ path, status }) => [path, status]);
  assert.deepEqual(sent, Array(2).fill(["/crm/v8/Deals/actions/mass_update", 200]));
});

test("whose a token is the control API says, and nothing is sent to the service", async ({ page, server, open }) => {
  const { id, url, tokens } = await make(server);
  await open("#/connect", url);
  const row = token => page.getByRole("row").filter({ has: page.getByText(token, { exact: true }) });
  await row(tokens.standard).getByText("sam.standard@zylker.example").waitFor();
  await row(tokens.leads).getByText("patricia.boyle@zylker.example").waitFor();
  await row(tokens.leads).getByText("ZohoCRM.mass_update.leads.UPDATE").waitFor();
  await row(tokens.expired).getByText("It has expired.").waitFor();
  assert.deepEqual(await requests(server, id), []);
});

test("values of fixtures are quoted, for a shell and for a program", async ({ page, server, open }) => {
  const evil = "1000.'$(touch pwned)\"\\<img src=x onerror=alert(1)>#{1}";
  const fixtures = { org: { name: "Harbour", time_zone: "Europe/Berlin" }, roles: [{ name: "Boss" }],
    profiles: [{ name: "Administrator", administrator: true }], clients: [{ id: evil, secret: evil }],
    users: [{ name: "Greta", email: "greta@harbour.example", profile: "Administrator", role: "Boss" }],
    tokens: [{ token: "1000.greta", client: evil, user: "greta@harbour.example", scopes: "ZohoCRM.org.ALL" }] };
  const { url, client_id: client } = await make(server, { fixtures });
  await open("#/connect/shell", url);
  await eventually(async () => (await lines(page)).length, 1);
  assert.equal(await shell(`${(await lines(page))[0]}\nprintf %s "$ZOHO_CLIENT_ID"`), client);
  assert.equal((await copies(card(page, "Credentials")))[0], client);
  assert.equal(existsSync(join(FOLDER, "pwned")), false);
  const quoted = { js: client => client, php: client => client.replaceAll("$", "\\$"), ruby: client => client.replaceAll("#", "\\#") };
  for (const [language, escaped] of Object.entries(quoted)) {
    await open(`#/connect/${language}`, url);
    await eventually(async () => (await lines(page))[0]?.includes(escaped(JSON.stringify(client))), true);
  }
  assert.equal(await page.locator("main img").count(), 0);
  await axe(page);
  await screenshots(page, "connect-hostile");
});

const GUARDED = { ...PROXY, server: [...PROXY.server, "--control-token", "right"] };

test("with a control token the lines have it from a variable, and the certificate is copied", GUARDED, async ({ page, open, awaits }) => {
  awaits(/status of 401/);
  await open("#/connect/curl");
  await page.getByLabel("Token", { exact: true }).fill("right");
  await page.keyboard.press("Enter");
  const line = await under(page, FAR);
  assert.match(JSON.parse(await shell(`${line} -s`, { CRMOCK_CONTROL_TOKEN: "right" })).org[0].company_name, /Zylker/);
  await page.getByRole("button", { name: "Copy ca.pem" }).click();
  await eventually(async () => /BEGIN CERTIFICATE/.test(await page.evaluate(() => navigator.clipboard.readText())), true);
});
