// The console's Steer view: faults, limits, clock and sandboxes, by what the control API says of them.
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NARROW, assert, axe, eventually, screenshots, test } from "./rig.mjs";
import { startServer } from "./server.mjs";

const PARTS = ["/faults", "/limits", "/clock", "/sandboxes"];
const NOW = "2026-01-31T09:30:00Z";
const UPDATE = { data: [{ City: "Arta" }], ids: ["554023000000600001"] };
const HOSTILE = "<img src=x onerror=alert(1)>\u202egnp\u0007";

// A world of its own for a test: `call` asks its control API, `send` updates a record in it.
async function world(server, made = {}) {
  const sandbox = await server.control("POST", "/_crmock/sandboxes", made);
  return { ...sandbox, call: (method, path, body) => server.control(method, `/_s/${sandbox.id}/_crmock/${path}`, body),
    send: () => server.send("POST", "/crm/v8/Leads/actions/mass_update", UPDATE, sandbox.access_token) };
}

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const pressTwice = async (page, name) => {
  await press(page, name);
  await press(page, `Press again: ${name}`);
};
const hold = () => {
  const held = {};
  held.over = new Promise(end => { held.end = end; });
  return held;
};
const rows = (page, name) => page.getByRole("region", { name, exact: true }).locator("tbody tr");
const cells = (page, name) => rows(page, name).evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.innerText)));
const field = (page, name) => page.getByLabel(name, { exact: true });
const refusal = (page, name) => field(page, name).locator("xpath=following-sibling::p[@role='alert']").innerText();
const fits = page => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const isFocused = locator => locator.evaluate(element => element === document.activeElement);

test("each part has an address, no barriers, and fits on a narrow screen", async ({ page, server, open }) => {
  const { call, url } = await world(server, { now: NOW });
  await call("POST", "faults", { match: { path: "/crm/**" }, effect: { status: 503, body: "down" } });
  await call("POST", "snapshots", { name: "before" });
  for (const part of PARTS) {
    await open(`#/steer${part}`, url);
    await page.reload();
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    assert.equal(await page.locator(".parts [aria-current=page]").getAttribute("href"), `#/steer${part}`);
    await axe(page);
    await screenshots(page, `steer${part.replace("/", "-")}`);
    await page.setViewportSize(NARROW);
    assert(await fits(page));
  }
});

test("a fault is made with the form, acts, and is shown as it does", async ({ page, server, open }) => {
  const { call, send, url } = await world(server);
  await open("#/steer/faults", url);
  await page.getByText("There are no faults").waitFor();
  await field(page, "Path").fill("/crm/*/Leads/**");
  await field(page, "Method").fill("POST");
  const line = page.locator("form .line pre");
  const body = '{"effect":{"rule":"E23"},"match":{"path":"/crm/*/Leads/**","method":"POST"}}';
  assert.equal(await line.innerText(), `curl '${url}/_crmock/faults' -d '${body}'`);
  await page.getByText("500 INTERNAL_ERROR Internal Server Error").waitFor();
  await press(page, "Make the fault");
  await eventually(() => cells(page, "Faults"), [["1", "path /crm/*/Leads/**, method POST", "answers as E23\nonce", "0", "0", "1", "Drop"]]);
  const { faults: [fault] } = await call("GET", "faults");
  assert.deepEqual([fault.match, fault.effect, fault.times], [{ path: "/crm/*/Leads/**", method: "POST" }, { rule: "E23" }, 1]);
  assert.equal((await send()).status, 500);
  await eventually(() => cells(page, "Faults"), [["1", "path /crm/*/Leads/**, method POST", "answers as E23\nonce", "1", "1", "used up", "Drop"]]);
  assert.equal((await send()).status, 200);
  await eventually(async () => (await cells(page, "Faults"))[0][3], "2");
});

test("a form makes all that a fault can be", async ({ page, server, open }) => {
  const { call, url } = await world(server);
  await open("#/steer/faults", url);
  const made = async () => (await call("GET", "faults")).faults.at(-1);
  await field(page, "Answer").selectOption("status");
  assert.equal(await field(page, "Row").isVisible(), false);
  const match = { module: "Leads", version: "v8", user: "patricia.boyle@zylker.example", token: "1000.crmock.admin" };
  for (const [name, text] of Object.entries({
    Status: "503", "Headers, as JSON": '{"Retry-After": "5", "X-Mine": "a: b"}', Body: '{"message": "down"}',
    "Wait before, ms": "1", "Wait after, ms": "2", "Cut after, bytes": "40", "Drip, bytes": "3", "Drip every, ms": "4",
    Module: match.module, Version: match.version, User: match.user, Token: match.token,
    "Times, or always": "always", "Let pass first": "5", Probability: "0.5", Seed: "7",
  }))
    await field(page, name).fill(text);
  await field(page, "More, as JSON").fill('{"body": {"ids": {"$any": true}}}');
  await press(page, "Make the fault");
  await rows(page, "Faults").first().waitFor();
  assert.deepEqual(await made(), { id: "1", after: 5, times: null, probability: 0.5, seed: 7, matched: 0, fired: 0,
    match: { ...match, body: { ids: { $any: true } } },
    effect: { status: 503, headers: { "Retry-After": "5", "X-Mine": "a: b" }, body: { message: "down" }, delay_ms: 1, delay_after_ms: 2,
      truncate: 40, drip: { bytes: 3, every_ms: 4 } } });
  for (const drop of ["before", "after"]) {
    await field(page, "Answer").selectOption(drop);
    await field(page, "Wait after, ms").fill("");
    await press(page, "Make the fault");
    await eventually(async () => (await made()).effect, { drop, delay_ms: 1 });
  }
  await eventually(() => rows(page, "Faults").count(), 3);
  assert.deepEqual((await cells(page, "Faults")).map(([id]) => id), ["3", "2", "1"]);
});

test("what is refused of a fault is told at its field", async ({ page, server, open, awaits }) => {
  awaits(/status of 422/);
  const { call, url } = await world(server);
  await open("#/steer/faults", url);
  await field(page, "Row").fill("E99");
  await press(page, "Make the fault");
  await eventually(() => refusal(page, "Row"), "expected a row of the error gallery, such as E23 $.effect.rule");
  assert(await isFocused(field(page, "Row")));
  await field(page, "Row").fill("E23");
  await field(page, "Drip, bytes").fill("many");
  await press(page, "Make the fault");
  await field(page, "Drip, bytes").locator("xpath=following-sibling::p[@role='alert']").waitFor();
  assert.equal(await page.getByRole("alert").count(), 1);
  await field(page, "Drip, bytes").fill("");
  await field(page, "More, as JSON").fill("{");
  await press(page, "Make the fault");
  await eventually(async () => /expected JSON/.test(await refusal(page, "More, as JSON")), true);
  await field(page, "More, as JSON").fill('{"nothing": 1}');
  await press(page, "Make the fault");
  await eventually(async () => /expected one of: method path/.test(await refusal(page, "More, as JSON")), true);
  await field(page, "More, as JSON").fill("");
  await field(page, "Answer").selectOption("usual");
  await press(page, "Make the fault");
  await page.getByText("expected one of: rule status").waitFor();
  assert.deepEqual((await call("GET", "faults")).faults, []);
});

test("an address fills the match of the form, also after a reload", async ({ page, server, open }) => {
  const { url } = await world(server);
  const match = { method: "POST", path: "/crm/v8/Leads", body: { ids: ["1"] } };
  await open(`#/steer/faults?match=${encodeURIComponent(JSON.stringify(match))}`, url);
  for (let i = 0; i < 2; i++) {
    await eventually(() => field(page, "Path").inputValue(), match.path);
    assert.deepEqual(JSON.parse(await field(page, "More, as JSON").inputValue()), { body: match.body });
    assert.match(await page.locator("form .line pre").innerText(), /"match":\{"path":"\/crm\/v8\/Leads","method":"POST","body":/);
    await page.reload();
  }
  await open(`#/steer/faults?match=${encodeURIComponent('[1, "')}`, url);
  await eventually(() => field(page, "Path").inputValue(), "");
});

test("a fault is dropped by a second press, and so are all; what is used goes on having the focus", async ({ page, server, open }) => {
  const { call, url } = await world(server);
  for (let i = 0; i < 3; i++)
    await call("POST", "faults", { effect: { rule: "E23" } });
  await open("#/steer/faults", url);
  const second = page.getByRole("button", { name: "Drop fault 2", exact: true });
  await second.focus();
  await call("POST", "faults", { effect: { rule: "E24" } });
  await eventually(() => rows(page, "Faults").count(), 4);
  assert(await isFocused(second));
  await page.keyboard.press("Enter");
  assert.equal((await call("GET", "faults")).faults.length, 4);
  await page.keyboard.press("Enter");
  await eventually(async () => (await cells(page, "Faults")).map(([id]) => id), ["4", "3", "1"]);
  assert.deepEqual((await call("GET", "faults")).faults.map(({ id }) => id), ["1", "3", "4"]);
  await pressTwice(page, "Drop all faults");
  await page.getByText("There are no faults").waitFor();
  assert.deepEqual((await call("GET", "faults")).faults, []);
});

test("values are texts, whatever they are", async ({ page, server, open }) => {
  const { call, url } = await world(server);
  await call("POST", "faults", { match: { path: `/crm/${HOSTILE}`, user: HOSTILE, headers: { [HOSTILE.replace(/\W/g, "x")]: HOSTILE } },
    effect: { status: 503, body: HOSTILE + "a".repeat(100_000) } });
  await call("POST", "snapshots", { name: HOSTILE.replaceAll("/", "") });
  await page.setViewportSize(NARROW);
  for (const part of PARTS) {
    await open(`#/steer${part}`, url);
    await page.reload();
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    assert.equal(await page.locator("main img").count(), 0);
    assert(await fits(page));
  }
  await pressTwice(page, `Restore snapshot ${HOSTILE}`);
  await page.getByText(`Restore snapshot ${HOSTILE}: done.`).waitFor();
  await pressTwice(page, `Delete snapshot ${HOSTILE}`);
  await eventually(() => call("GET", "snapshots"), { snapshots: [], more: false });
});

test("limits are set as the service has them, one by one, and taken off", async ({ page, server, open, awaits }) => {
  awaits(/status of 422/);
  const { call, url } = await world(server);
  await open("#/steer/limits", url);
  await press(page, "As the service");
  const service = { credits: "edition", concurrency: "edition", tokens: { count: 10, seconds: 600 }, latency_ms: null };
  await eventually(() => call("GET", "limits"), service);
  await page.getByText("Access tokens: 10 in 600 s").waitFor();
  await eventually(() => field(page, "Credits of an org in 24 hours").inputValue(), "edition");
  await field(page, "Credits of an org in 24 hours").fill("12");
  await field(page, "Calls of an org at once").fill("");
  await field(page, "in seconds").fill("60");
  await field(page, "Latency of each call, ms").fill("10-20");
  await call("POST", "reset");
  await page.getByText("Access tokens: any number").waitFor(); // what is written in the form stays
  await press(page, "Set these");
  await page.getByText("Latency: 10 to 20 ms").waitFor();
  assert.deepEqual(await call("GET", "limits"),
    { credits: 12, concurrency: null, tokens: { count: 10, seconds: 60 }, latency_ms: [10, 20] });
  await field(page, "Latency of each call, ms").fill("20-10");
  await press(page, "Set these");
  await eventually(() => refusal(page, "Latency of each call, ms"), "expected the least milliseconds first, then the most $.latency_ms");
  await press(page, "All off");
  await eventually(() => call("GET", "limits"), { credits: null, concurrency: null, tokens: null, latency_ms: null });
  await eventually(() => field(page, "Latency of each call, ms").inputValue(), "");
});

test("the clock is moved, stands, goes on, and is shown as others set it", async ({ page, server, open }) => {
  const { call, url } = await world(server, { now: NOW });
  const clock = () => call("GET", "clock");
  await open("#/steer/clock", url);
  await page.getByText("2026-01-31 09:30:00 UTC").waitFor();
  for (const [name, now] of [["+1 min", "2026-01-31T09:31:00Z"], ["+1 h", "2026-01-31T10:31:00Z"], ["+1 day", "2026-02-01T10:31:00Z"]]) {
    await press(page, name);
    await eventually(clock, { now, mode: "fixed" });
    await page.getByText(now.replace("T", " ").replace("Z", " UTC")).waitFor();
  }
  await call("PUT", "clock", { now: NOW });
  await page.getByText("2026-01-31 09:30:00 UTC").waitFor();
  for (const now of ["2027-03-04T05:06:07Z", "2027-03-04T05:06:00Z"]) {
    await field(page, "A fixed time, in UTC").fill(now.replace(/(:00)?Z$/, ""));
    await press(page, "Stand still there");
    await eventually(clock, { now, mode: "fixed" });
  }
  await field(page, "A fixed time, in UTC").fill("");
  await press(page, "Stand still there");
  await page.locator("button:text-is('Stand still there') + [role=alert]").waitFor();
  await press(page, "Go with the machine's clock");
  await eventually(async () => (await clock()).mode, "running");
  await page.getByText("goes with the machine's clock").waitFor();
  const slider = field(page, "Up to 30 days back or ahead");
  await eventually(() => slider.inputValue(), "0");
  await slider.focus();
  for (let i = 0; i < 3; i++)
    await page.keyboard.press("ArrowRight");
  await eventually(async () => Math.abs(Date.parse((await clock()).now) - Date.now() - 3 * 3_600_000) < 60_000, true);
  await page.getByText("3 hours ahead of the machine's clock", { exact: true }).waitFor();
  assert(await isFocused(slider));
  const shown = await page.locator(".face").innerText();
  await eventually(async () => await page.locator(".face").innerText() > shown, true); // it goes on by itself
  await press(page, "Stand still now");
  await eventually(async () => (await clock()).mode, "fixed");
  await page.getByText("stands still", { exact: true }).waitFor();
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await eventually(async () => Math.abs(Date.parse((await clock()).now) - Date.now() - 4 * 3_600_000) < 60_000, true);
  assert.equal((await clock()).mode, "fixed");
});

test("a sandbox is made, chosen, and dropped, which goes to main", async ({ page, server, open }) => {
  await open("#/steer/sandboxes");
  await field(page, "Id").fill("mine");
  await field(page, "ttl, seconds").fill("0");
  await field(page, "Answers of v8").selectOption("current");
  await field(page, "Fixtures, as JSON").fill('{"records": [{"module": "Leads", "id": "77", "fields": {"Last_Name": "Mine"}}]}');
  await press(page, "Make the sandbox");
  await page.locator(".json", { hasText: "1000.mine.refresh" }).waitFor();
  assert.equal((await server.control("GET", "/_s/mine/_crmock/records/Leads/77")).fields.Last_Name, "Mine");
  assert.equal((await server.control("GET", "/_crmock/sandboxes/mine")).ttl, 0);
  await page.getByRole("link", { name: "Choose it" }).click();
  await page.waitForURL(/#\/steer\/sandboxes\?sandbox=mine$/);
  await page.getByRole("heading", { name: "The chosen one: mine" }).waitFor();
  await server.control("POST", "/_crmock/sandboxes", { id: "other" }); // is told in main's stream alone
  await page.getByRole("link", { name: "other", exact: true }).waitFor();
  await pressTwice(page, "Drop sandbox other");
  await eventually(() => page.getByRole("link", { name: "other", exact: true }).count(), 0);
  await pressTwice(page, "Drop sandbox mine");
  await page.getByRole("heading", { name: "The chosen one: main" }).waitFor();
  assert.equal(new URL(page.url()).hash, "#/steer/sandboxes");
  assert.equal((await server.control("GET", "/_crmock/sandboxes")).sandboxes.some(({ id }) => id === "mine"), false);
});

test("fixtures come from a file, and what is wrong is told where", async ({ page, server, open, awaits }) => {
  awaits(/status of 422/, /status of 409/);
  await server.control("POST", "/_crmock/sandboxes", { id: "taken" });
  await open("#/steer/sandboxes");
  const file = (name, text) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  await field(page, "Fixtures from a file").setInputFiles(file("a.json", '[{"records": []}, {"records": [{"module": "Nothing"}]}]'));
  await eventually(async () => JSON.parse(await field(page, "Fixtures, as JSON").inputValue() || "[]").length, 2);
  await field(page, "Id").fill("taken");
  await press(page, "Make the sandbox");
  await eventually(async () => /expected .*\$\.(fixtures|id)/s.test(await page.getByRole("alert").innerText()), true);
  await field(page, "Fixtures from a file").setInputFiles(file("a.json", '{"records": [{"module": "Nothing"}]}'));
  await field(page, "Id").fill("free-id");
  await press(page, "Make the sandbox");
  await eventually(async () => /^expected the API name of a module/.test(await refusal(page, "Fixtures, as JSON")), true);
  await field(page, "Fixtures from a file").setInputFiles(file("broken.json", "{"));
  await eventually(() => field(page, "Fixtures, as JSON").inputValue(), "{");
  await press(page, "Make the sandbox");
  await eventually(async () => /expected JSON/.test(await refusal(page, "Fixtures, as JSON")), true);
  assert.equal((await server.control("GET", "/_crmock/sandboxes")).sandboxes.some(({ id }) => id === "free-id"), false);
});

test("a snapshot is taken, restored and deleted; a reset goes back to how it was made", async ({ page, server, open, awaits }) => {
  awaits(/status of 409/);
  const { call, send, url, id } = await world(server);
  const city = async () => (await call("GET", `records/Leads/${UPDATE.ids[0]}`)).fields.City;
  const before = await city();
  await open("#/steer/sandboxes", url);
  await field(page, "Name of a new snapshot").fill("a/b");
  await field(page, "Name of a new snapshot").fill("before it");
  await press(page, "Take it");
  await eventually(async () => (await cells(page, "Snapshots")).map(([name]) => name.split("\n")[0]), ["before it"]);
  await field(page, "Name of a new snapshot").fill("before it");
  await press(page, "Take it");
  await eventually(async () => (await refusal(page, "Name of a new snapshot")).length > 0, true);
  await send();
  assert.notEqual(await city(), before);
  await pressTwice(page, "Restore snapshot before it");
  await eventually(city, before);
  await send();
  await pressTwice(page, `Reset ${id}`);
  await eventually(city, before);
  await pressTwice(page, "Delete snapshot before it");
  await page.getByText("There are no snapshots.").waitFor();
});

test("calls of webhooks are shown as they are made", async ({ page, server, open }) => {
  const receiver = createServer((request, response) => response.writeHead(204).end()).listen(0, "127.0.0.1");
  await new Promise(done => receiver.once("listening", done));
  try {
    const hook = `http://127.0.0.1:${receiver.address().port}/<b>hook</b>`;
    const rule = { module: "Leads", name: "Moved", field: "City", actions: [{ webhook: hook }] };
    const { call, send, url } = await world(server, { fixtures: { workflow_rules: [rule] } });
    const calls = () => cells(page, "Calls of webhooks, the newest 100");
    await open("#/steer/sandboxes", url);
    await page.getByText("No webhook was to be called").waitFor();
    await send();
    await eventually(async () => (await calls()).map(([call, state]) => [call.split("\n")[0], state]), [[hook, "DELIVERED 1 204"]]);
    assert.match((await calls())[0][0], /Moved, Leads 554023000000600001, /);
    await axe(page);
    await pressTwice(page, "Drop all calls: what waits is not called any more");
    await page.getByText("No webhook was to be called").waitFor();
    assert.deepEqual(await call("GET", "webhooks"), { webhooks: [], more: false });
  } finally {
    receiver.close();
  }
});

test("a kept main has no made state, which is told at the button", async ({ page, open, awaits }) => {
  awaits(/status of 409/);
  const folder = mkdtempSync(join(tmpdir(), "crmock-steer-"));
  const kept = await startServer(["--db", join(folder, "kept.db")]);
  try {
    await open("#/steer/sandboxes", kept.url);
    await pressTwice(page, "Reset main");
    await page.locator("button[aria-label='Reset main'] + [role=alert]").waitFor();
    await page.goto("about:blank");
  } finally {
    await kept.stop();
    rmSync(folder, { recursive: true });
  }
});

test("what comes late is not shown where another part is", async ({ page, server, open, awaits }) => {
  awaits(/status of 500/);
  const { url } = await world(server);
  const held = hold();
  await page.route("**/_crmock/limits", async route => {
    await held.over;
    await route.fulfill({ status: 500, json: { error: "too late" } });
  });
  await open("#/steer/limits", url);
  await page.locator(".parts [aria-current=page]", { hasText: "Limits" }).waitFor();
  const faults = page.getByRole("link", { name: "Faults", exact: true });
  await faults.focus();
  await page.keyboard.press("Enter");
  await page.getByText("There are no faults").waitFor();
  assert(await isFocused(faults));
  const answered = page.waitForResponse("**/_crmock/limits");
  held.end();
  await answered;
  await field(page, "Module").fill("Leads"); // done behind what the answer has caused
  assert.equal(await page.getByText("too late").count(), 0);
  await page.getByText("There are no faults").waitFor();
});

test("an address that changes while the view is loaded is the one that is shown", async ({ page, server, open }) => {
  const { url } = await world(server);
  const held = hold();
  await page.route("**/console/steer.js", async route => { await held.over; await route.continue(); });
  const asked = page.waitForRequest("**/console/steer.js");
  await open(`#/steer/faults?match=${encodeURIComponent('{"module": "Leads"}')}`, url);
  await asked;
  await page.evaluate(match => { location.hash = `#/steer/faults?match=${encodeURIComponent(match)}`; }, '{"module": "Deals"}');
  held.end();
  await field(page, "Module").waitFor();
  await eventually(() => field(page, "Module").inputValue(), "Deals");
});

test("a dropped sandbox goes to main from its own page as well; one that others drop leads there", async ({ page, server, open, awaits }) => {
  awaits(/status of 404/);
  const [mine, other] = [await world(server), await world(server)];
  await open("#/steer/sandboxes", mine.url);
  await pressTwice(page, `Drop sandbox ${mine.id}`);
  await page.waitForURL(`${server.url}/_crmock/#/steer/sandboxes`);
  await page.getByRole("heading", { name: "The chosen one: main" }).waitFor();
  await page.getByRole("link", { name: other.id, exact: true }).click();
  await page.getByRole("heading", { name: `The chosen one: ${other.id}` }).waitFor();
  await server.control("DELETE", `/_crmock/sandboxes/${other.id}`);
  await page.getByRole("link", { name: "Go to main" }).click();
  await eventually(() => page.getByRole("combobox", { name: "Sandbox" }).inputValue(), "main");
});

test("with a control token the lines of curl say so", { server: ["--control-token", "right"] }, async ({ page, open, awaits }) => {
  awaits(/status of 401/);
  await open("#/steer/faults");
  await page.getByLabel("Token").fill("right");
  await page.keyboard.press("Enter");
  await page.getByText("There are no faults").waitFor();
  assert.match(await page.locator("form .line pre").innerText(), / -H "Authorization: Bearer \$CRMOCK_CONTROL_TOKEN"$/);
  await press(page, "Make the fault");
  await eventually(() => rows(page, "Faults").count(), 1);
});
