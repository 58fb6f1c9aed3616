// The Requests view: the list of what was asked, as it comes, and one request with what can be done with it.
import { execFile } from "node:child_process";
import { Agent, get } from "node:http";
import { connect, createServer } from "node:net";
import { promisify } from "node:util";

import { NARROW, assert, axe, eventually, frames, screenshots, test } from "./rig.mjs";

const LEAD = "554023000000600001";
const UPDATE = "/crm/v8/Leads/actions/mass_update";
const run = promisify(execFile);

const shell = (command, env = {}) => run("sh", ["-c", command], { env: { PATH: process.env.PATH, ...env } });

// A world of its own, and who asks and steers in it.
async function makeSandbox(server, more = {}) {
  const { id, url, access_token: token } = await server.control("POST", "/_crmock/sandboxes", more);
  return {
    id, url, token,
    send: (method, path, body, other = token) => server.send(method, path, body, other),
    update: (record, value = "Chat") => server.send("POST", UPDATE, { data: [{ Lead_Source: value }], ids: [record] }, token),
    control: (method, path, body) => server.control(method, `/_s/${id}/_crmock/${path}`, body),
  };
}

// A way to the server that can be cut: its address, and what cuts and mends it.
async function makeWay(server) {
  const { hostname, port } = new URL(server.url);
  const sockets = new Set();
  let isCut = false, refused = 0;
  const way = createServer((socket) => {
    const other = connect(port, hostname);
    for (const [one, end] of [[socket, other], [other, socket]]) {
      sockets.add(one.on("error", () => {}).on("close", () => { sockets.delete(one); end.destroy(); }));
      one.pipe(end);
    }
    if (!isCut) return;
    refused += 1;
    socket.destroy();
  });
  await new Promise((ready) => way.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${way.address().port}`,
    // Until somebody has come in vain.
    async cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      const former = refused;
      await eventually(() => refused > former, true);
    },
    mend() { isCut = false; },
    end() {
      for (const socket of sockets) socket.destroy();
      way.close();
    },
  };
}

const rows = (page) => page.getByRole("region", { name: "Requests, newest first" }).locator("tbody tr");
const targets = (page) => rows(page).locator("a.target").allInnerTexts();
const detail = (page) => page.getByRole("region", { name: "One request" });
const overflowOf = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
const say = (locator) => () => locator.innerText();

test("without a request it says how to make one, and that one appears", async ({ page, server, open }) => {
  const { url, id } = await makeSandbox(server);
  await open("", url);
  await page.getByText("Nothing has been asked yet").waitFor();
  assert.equal(await page.getByRole("link", { name: "Try", exact: true }).last().getAttribute("href"), "#/try");
  await axe(page);
  await screenshots(page, "requests-empty");
  const command = await page.locator(".empty pre").innerText();
  assert(command.includes(`${url}${UPDATE}`), command);
  assert.match((await shell(command)).stdout, /record updated/);
  await eventually(() => targets(page), [`POST ${UPDATE}`]);
  assert.equal(await page.getByText("Nothing has been asked yet").isVisible(), false);
  assert.equal((await server.control("GET", `/_s/${id}/_crmock/requests`)).requests.length, 1);
});

test("a row tells what was asked and answered, by whom, and leads on", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server, { faults: [{ match: { path: "/crm/v8/org" }, effect: { rule: "E23" } }] });
  await sandbox.update(LEAD);
  await sandbox.update("554023000000600011");
  await open("", sandbox.url);
  await eventually(() => rows(page).count(), 2);
  await sandbox.send("POST", UPDATE, { data: [{ City: "Arta" }], cvid: "554023000000091501" });
  await sandbox.send("GET", "/crm/v8/org?a=1&a=2&b=x%20y");
  await eventually(() => targets(page), ["GET /crm/v8/org?a=1&a=2&b=x y", ...Array(3).fill(`POST ${UPDATE}`)]);
  const links = (n) => rows(page).nth(n).locator(".answer a").evaluateAll((all) =>
    all.map((link) => [link.innerText, link.getAttribute("href")]));
  const { jobs: [job] } = await sandbox.control("GET", "jobs");
  assert.deepEqual([await links(0), await links(1), await links(2), await links(3)],
    [[["E23", "#/try/E23"], ["fault", "#/steer/faults"]], [["job", `#/jobs/${job.id}`]], [["E8", "#/try/E8"]], []]);
  assert.deepEqual(await rows(page).locator(".answer .badge:first-child").allInnerTexts(), ["500", "200", "400", "200"]);
  const { requests: [entry] } = await sandbox.control("GET", "requests");
  assert.equal(await rows(page).first().locator("time").getAttribute("datetime"), entry.time);
  assert.match(await rows(page).first().locator("time").innerText(), /^\d\d:\d\d:\d\d\.\d{3}$/);
  assert.match(await rows(page).first().locator(".number").innerText(), /^[\d.]+ m?s$/);
  assert.equal(await rows(page).first().locator("td").last().innerText(), "patricia.boyle@zylker.example");
  await axe(page);
  await screenshots(page, "requests-list");
  await page.setViewportSize(NARROW);
  await eventually(() => overflowOf(page), 0);
  assert.equal(await page.locator(".table").first().evaluate((table) => table.scrollWidth - table.clientWidth), 0);
});

test("a request that waits for its answer has one when it comes, and keeps it", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.send("GET", "/crm/v8/org");
  const { requests } = await sandbox.control("GET", "requests");
  await sandbox.control("POST", "reset");
  const waiting = (id) => ({ ...requests[0], id, status: null, rule: null });
  let release;
  const held = new Promise((done) => { release = done; });
  const lists = [held.then(() => [waiting("3")]), Promise.resolve([waiting("2")])];
  await page.route("**/_crmock/requests?*", async (route) => route.fulfill({ json: { requests: await lists.pop(), more: false } }));
  await open("", sandbox.url);
  const statuses = () => rows(page).locator(".answer .badge:first-child").allInnerTexts();
  await eventually(statuses, ["none"]);
  await rows(page).locator("a.target").evaluate((link) => { window.kept = link; });
  await sandbox.send("GET", "/crm/v8/org");
  await eventually(statuses, ["200"]);
  assert(await page.evaluate(() => window.kept.isConnected));
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("link", { name: "Requests" }).click();
  await eventually(() => lists.length, 0);
  await sandbox.send("GET", "/crm/v8/org");
  await eventually(async () => (await sandbox.control("GET", "requests/3")).status, 200);
  release();
  await eventually(statuses, ["200"]);
});

test("a filter is in the address, and one without a hit can be cleared", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.update(LEAD);
  await sandbox.update("554023000000600011");
  await sandbox.send("GET", "/crm/v8/org");
  await sandbox.send("GET", "/crm/v8/nothing");
  await open("", sandbox.url);
  const told = say(page.locator(".told"));
  await eventually(told, "4 kept");
  await page.getByLabel("Filter").fill("post  LEADS e8");
  await eventually(told, "1 of 4 fit");
  assert.deepEqual(await targets(page), [`POST ${UPDATE}`]);
  await page.reload();
  await eventually(told, "1 of 4 fit");
  assert.equal(await page.getByLabel("Filter").inputValue(), "post  LEADS e8");
  await page.getByLabel("Filter").fill("patricia");
  await page.getByLabel("Status").selectOption("4xx");
  await eventually(told, "2 of 4 fit");
  await page.getByLabel("Filter").fill("patricia fault");
  await page.getByText("No request fits").waitFor();
  await screenshots(page, "requests-no-hit");
  await sandbox.send("GET", "/crm/v8/nothing/else");
  await eventually(told, "0 of 5 fit");
  await page.getByLabel("Filter").fill("e20");
  await eventually(told, "2 of 5 fit");
  assert.match(page.url(), /#\/requests\?q=e20&status=4xx$/);
  await page.reload();
  await eventually(told, "2 of 5 fit");
  assert.equal(await page.getByLabel("Status").inputValue(), "4xx");
  await page.getByLabel("Filter").fill("G9");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await eventually(told, "5 kept");
  assert.match(page.url(), /#\/requests$/);
  await page.getByLabel("Filter").fill("400");
  await eventually(told, "3 of 5 fit");
});

test("a pause holds the list, and tells how many wait", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.send("GET", "/crm/v8/org?n=1");
  await open("", sandbox.url);
  await eventually(() => rows(page).count(), 1);
  await page.getByRole("button", { name: "Pause" }).click();
  await sandbox.send("GET", "/crm/v8/org?n=2");
  await sandbox.send("GET", "/crm/v8/org?n=3");
  await page.getByRole("button", { name: "Go on (2 wait)" }).waitFor();
  assert.deepEqual(await targets(page), ["GET /crm/v8/org?n=1"]);
  await page.getByRole("button", { name: "Go on (2 wait)" }).click();
  await eventually(() => targets(page), [3, 2, 1].map((n) => `GET /crm/v8/org?n=${n}`));
});

test("focus, selection and elements survive what comes", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.send("GET", "/crm/v8/org?n=1");
  await open("", sandbox.url);
  const link = page.getByRole("link", { name: "n=1" });
  await link.focus();
  await link.evaluate((element) => {
    window.kept = element;
    getSelection().selectAllChildren(element);
  });
  await sandbox.send("GET", "/crm/v8/org?n=2");
  await eventually(() => rows(page).count(), 2);
  assert(await page.evaluate(() => document.activeElement === window.kept && window.kept.isConnected));
  assert.match(await page.evaluate(() => getSelection().toString()), /n=1/);
});

test("a reset empties the list, and the button the journal at its second press", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.update(LEAD);
  await open("", sandbox.url);
  await eventually(() => rows(page).count(), 1);
  await sandbox.control("POST", "reset");
  await page.getByText("Nothing has been asked yet").waitFor();
  assert.equal(await rows(page).count(), 0);
  await sandbox.update(LEAD);
  await eventually(() => rows(page).count(), 1);
  const kept = async () => (await sandbox.control("GET", "requests")).requests.length;
  const button = page.getByRole("button", { name: "Empty the journal" });
  await button.click();
  await page.getByRole("button", { name: "Press again: Empty the journal" }).waitFor();
  assert.equal(await kept(), 1);
  await button.click();
  await page.getByText("Nothing has been asked yet").waitFor();
  assert.equal(await kept(), 0);
});

test("a request tells all that the journal has of it", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.send("POST", `${UPDATE}?trial=yes`, { data: [{ Lead_Source: "Chat" }], ids: ["554023000000600011"] });
  await open("", sandbox.url);
  await rows(page).first().locator("a.target").click();
  const one = detail(page);
  await one.getByRole("heading", { name: `POST ${UPDATE}?trial=yes` }).waitFor();
  await one.getByText("Hint: the record is in stop processing").waitFor();
  assert.match(page.url(), /#\/requests\/1$/);
  for (const text of ["400", "patricia.boyle@zylker.example", "1000.crmock.admin", "\"Lead_Source\": \"Chat\"", "CANNOT_PROCESS"])
    assert((await one.innerText()).includes(text), text);
  assert.equal(await one.getByRole("link", { name: "E8: what is documented" }).getAttribute("href"), "#/try/E8");
  const fault = await one.getByRole("link", { name: "Make a fault of it" }).getAttribute("href");
  const [address, query] = fault.split("?");
  assert.equal(address, "#/steer/faults");
  const match = JSON.parse(new URLSearchParams(query).get("match"));
  assert.deepEqual(match, { method: "POST", path: UPDATE, user: "patricia.boyle@zylker.example" });
  await sandbox.control("POST", "faults", { match, effect: { rule: "E23" } });
  assert.equal((await sandbox.update(LEAD)).status, 500);
  await one.locator("summary", { hasText: "Headers" }).click();
  await one.getByRole("cell", { name: "Zoho-oauthtoken", exact: false }).waitFor();
  await page.reload();
  await one.getByText("CANNOT_PROCESS").waitFor();
  await axe(page);
  await screenshots(page, "requests-one");
});

test("one that is not kept is told so, and so is what the control API refuses", async ({ page, server, open, awaits }) => {
  awaits(/status of 404/, /status of 500/);
  const { url } = await makeSandbox(server);
  await open("#/requests/77", url);
  await detail(page).getByText("This request is not kept").waitFor();
  await page.route("**/_crmock/requests?*", (route) => route.fulfill({ status: 500, json: { error: "the store <b>failed</b>" } }));
  await page.reload();
  await page.getByRole("alert").filter({ hasText: "the store <b>failed</b>" }).waitFor();
});

test("an answer that comes late is not shown in the place of another", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.send("GET", "/crm/v8/org?n=1");
  await sandbox.send("GET", "/crm/v8/org?n=2");
  let release;
  const held = new Promise((done) => { release = done; });
  const answered = [];
  await page.route("**/_crmock/requests/1", async (route) => {
    await held;
    answered.push(await route.fulfill({ json: await sandbox.control("GET", "requests/1") }).catch(() => {}));
  });
  await open("", sandbox.url);
  await page.getByRole("link", { name: "n=1" }).click();
  await page.getByRole("link", { name: "n=2" }).click();
  await detail(page).getByRole("heading", { name: "n=2" }).waitFor();
  release();
  await eventually(() => answered.length, 1);
  await page.evaluate(async () => { // what comes behind it has come
    await (await fetch("requests?limit=1")).text();
    await new Promise(requestAnimationFrame);
  });
  assert.match(await detail(page).locator("h3").first().innerText(), /n=2/);
});

test("the list is used by the keyboard alone", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  for (const n of [1, 2, 3])
    await sandbox.send("GET", `/crm/v8/org?n=${n}`);
  await open("", sandbox.url);
  await eventually(() => rows(page).count(), 3);
  const focused = () => page.evaluate(() => document.activeElement.innerText);
  const shown = say(detail(page).locator("h2"));
  await page.getByLabel("Status").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "GET /crm/v8/org?n=3");
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "GET /crm/v8/org?n=1");
  assert.equal(await detail(page).isVisible(), false);
  await page.keyboard.press("Enter");
  await eventually(shown, "Request 1");
  await page.keyboard.press("k");
  await eventually(shown, "Request 2");
  assert.match(page.url(), /#\/requests\/2$/);
  assert.equal(await rows(page).nth(1).locator("a[aria-current=true]").count(), 1);
  await page.keyboard.press("ArrowUp");
  await eventually(shown, "Request 3");
  await detail(page).getByRole("link", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await eventually(() => detail(page).isVisible(), false);
  assert.equal(await focused(), "GET /crm/v8/org?n=3");
});

test("it is sent again, and what differs is marked", async ({ page, server, open, awaits }) => {
  awaits(/status of 400/, /status of 401/);
  const sandbox = await makeSandbox(server);
  await sandbox.update(LEAD, "Trade Show");
  await open("#/requests/1", sandbox.url);
  const one = detail(page), again = one.getByRole("button", { name: "Send it again" });
  const compared = () => one.locator(".result tbody tr").allInnerTexts();
  await again.click();
  await eventually(compared, ["Status\t200\t200\tthe same", "Row\tnone\tnone\tthe same"]);
  const path = `requests/${(await one.locator(".result").getByRole("link", { name: "Entry" }).innerText()).match(/\d+/)}`;
  const [first, second] = [await sandbox.control("GET", "requests/1"), await sandbox.control("GET", path)];
  for (const name of ["method", "path", "query", "body", "token"])
    assert.deepEqual(second[name], first[name]);
  assert.equal(second.headers["sec-fetch-site"] ?? second.headers["Sec-Fetch-Site"], "same-origin");
  await sandbox.control("PATCH", `records/Leads/${LEAD}`, { locked: true });
  await again.click();
  await eventually(compared, ["Status\t200\t400\tdiffers", "Row\tnone\tE27\tdiffers"]);
  await axe(page);
  await screenshots(page, "requests-again");
  await one.getByLabel("with").selectOption(`1000.${sandbox.id}.expired`);
  await again.click();
  await eventually(compared, ["Status\t200\t401\tdiffers", "Row\tnone\tE30\tdiffers"]);
  await sandbox.control("POST", "faults", { effect: { drop: "before" }, times: null });
  awaits(/ERR_EMPTY_RESPONSE/);
  await again.click();
  await one.getByText("The connection was closed without an answer").waitFor();
});

test("what cannot be sent again says why", async ({ page, server, open, awaits }) => {
  awaits(/status of 409/);
  const sandbox = await makeSandbox(server);
  const send = (method, path, body, headers = {}) => fetch(sandbox.url + path, { method, body, headers });
  const Authorization = "Zoho-oauthtoken 1000.other.0123456789abcdef0123456789abcdef";
  await send("POST", UPDATE, "x".repeat(70_000));
  await send("POST", UPDATE, "{}", { Authorization });
  await send("POST", UPDATE, new Uint8Array([0x7b, 0, 0x7d]), { Authorization });
  const { hostname, port } = new URL(server.url);
  await new Promise((done) => { get({ hostname, port, path: `/_s/${sandbox.id}/crm/v8/./org` }, (answer) => answer.resume().on("end", done)); });
  await open("#/requests/1", sandbox.url);
  const one = detail(page), again = one.getByRole("button", { name: "Send it again" });
  await one.getByText("It cannot be sent again").waitFor();
  assert.equal(await again.count(), 0);
  await open("#/requests/2", sandbox.url);
  await eventually(() => one.getByLabel("with").inputValue(), `1000.${sandbox.id}.admin`);
  assert(!(await one.innerText()).includes("0123456789abcdef"));
  await open("#/requests/3", sandbox.url);
  await one.getByRole("heading", { name: "Body" }).waitFor();
  await again.click();
  await one.getByText("Its body is no text").waitFor();
  await open("#/requests/4", sandbox.url);
  await one.getByText("/crm/v8/./org").first().waitFor();
  await again.click();
  await one.getByText("A browser would send it to another path").waitFor();
  assert.equal((await sandbox.control("GET", "requests")).requests.length, 4);
});

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
test("its line of curl sends it, with a token of the shell's or its own", { page: CLIPBOARD }, async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await sandbox.update(LEAD, "it's \"$TOKEN\"");
  await open("#/requests/1", sandbox.url);
  const one = detail(page);
  await one.getByText("As a line of curl").click();
  const copied = async (name) => {
    await one.getByRole("button", { name, exact: true }).click();
    await page.getByText("Copied.").waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  await shell(await copied("Copy"), { TOKEN: `1000.${sandbox.id}.standard` });
  await shell(await copied("Copy with its token"));
  const { requests } = await sandbox.control("GET", "requests");
  assert.deepEqual(requests.map(({ token }) => token), ["1000.crmock.admin", "1000.crmock.standard", "1000.crmock.admin"]);
  for (const { body, method, path } of requests)
    assert.deepEqual([method, path, body], ["POST", UPDATE, requests.at(-1).body]);
});

test("it is verified, or told what came nearest", async ({ page, server, open, awaits }) => {
  awaits(/status of 422/);
  const sandbox = await makeSandbox(server);
  await sandbox.update(LEAD);
  await open("#/requests/1", sandbox.url);
  const one = detail(page), match = one.getByLabel("Match"), verify = one.getByRole("button", { name: "Verify", exact: true });
  await one.getByText("Verify that it was sent").click();
  await verify.click();
  await one.getByText("Verified: 1 matched.").waitFor();
  await match.fill(JSON.stringify({ module: "Leads", body: { data: [{ Lead_Source: "<b>Fax</b>" }] } }));
  await verify.click();
  await one.getByText("Not verified: 0 matched.").waitFor();
  const nearest = one.getByRole("region", { name: "What came nearest" });
  await eventually(() => nearest.locator("tbody tr").allInnerTexts(), ["1\t$.body.data[0].Lead_Source\t\"<b>Fax</b>\"\t\"Chat\""]);
  assert.equal(await nearest.getByRole("link", { name: "1" }).getAttribute("href"), "#/requests/1");
  await axe(page);
  await screenshots(page, "requests-verify");
  await match.fill("{\"modul\": 1}");
  await verify.click();
  await one.getByRole("alert").filter({ hasText: "$.match.modul" }).waitFor();
  await match.fill("{");
  await verify.click();
  await one.getByRole("alert").filter({ hasText: "Match: expected JSON" }).waitFor();
  await match.fill("{\"module\": \"Leads\"}");
  await one.getByLabel("At least").fill("2");
  await one.getByLabel("At most").fill("2");
  await one.getByLabel("Wait, seconds").fill("60");
  await verify.click();
  await sandbox.update(LEAD);
  await one.getByText("Verified: 2 matched.").waitFor();
  await one.getByLabel("At most").fill("1");
  await one.getByLabel("At least").fill("0");
  await verify.click();
  await one.getByText("Not verified: 2 matched.").waitFor();
});

test("what is hostile is only ever a text", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  const encode = encodeURIComponent, markup = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>";
  const headers = { Authorization: "Zoho-oauthtoken <b>bold</b>", "X-Markup": markup, "Content-Type": "text/html" };
  const path = `/crm/v8/${encode(`${markup}\u202e\n/..`)}?${encode(markup)}=${encode(markup)}`;
  await fetch(sandbox.url + path, { method: "POST", headers, body: markup });
  await fetch(`${sandbox.url}/crm/v8/${"long/".repeat(800)}`);
  await fetch(`${sandbox.url}${UPDATE}`, { method: "POST", body: JSON.stringify({ [markup]: [markup, "x".repeat(60_000)] }) });
  await open("", sandbox.url);
  await eventually(() => rows(page).count(), 3);
  assert((await rows(page).nth(2).innerText()).includes(`/crm/v8/${markup}\\u202e\\u000a/..?${markup}=${markup}`));
  for (const id of [1, 2, 3]) {
    await open(`#/requests/${id}`, sandbox.url);
    await detail(page).getByRole("heading", { name: "Body" }).waitFor();
    for (const summary of await detail(page).locator("summary").all())
      await summary.click();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("main img, main script").count(), 0);
    await axe(page);
    await page.setViewportSize(NARROW);
    await eventually(() => overflowOf(page), 0);
  }
  await screenshots(page, "requests-hostile");
});

test("what came while the connection was lost is fetched", async ({ page, server, open, awaits }) => {
  awaits(/net::ERR_/);
  const sandbox = await makeSandbox(server);
  const way = await makeWay(server);
  await sandbox.send("GET", "/crm/v8/org?n=1");
  await open(`#/requests?sandbox=${sandbox.id}`, way.url);
  await eventually(() => rows(page).count(), 1);
  await way.cut();
  await page.getByText("Not live", { exact: true }).waitFor();
  for (const n of [2, 3])
    await sandbox.send("GET", `/crm/v8/org?n=${n}`);
  way.mend();
  await eventually(() => targets(page), [3, 2, 1].map((n) => `GET /crm/v8/org?n=${n}`));
  await page.getByText("Live", { exact: true }).waitFor();
  way.end();
});

test("of a sandbox that was made anew there is nothing from before", async ({ page, server, open, awaits }) => {
  awaits(/net::ERR_/);
  const sandbox = await makeSandbox(server, { id: "anew" });
  const way = await makeWay(server);
  for (const n of [1, 2])
    await sandbox.send("GET", `/crm/v8/org?n=${n}`);
  await open("#/requests?sandbox=anew", way.url);
  await eventually(() => rows(page).count(), 2);
  await way.cut();
  await makeSandbox(server, { id: "anew", if_exists: "replace" });
  for (const n of [3, 4, 5])
    await sandbox.send("GET", `/crm/v8/org?n=${n}`);
  way.mend();
  await eventually(() => targets(page), [5, 4, 3].map((n) => `GET /crm/v8/org?n=${n}`));
  way.end();
});

/* How many requests the journal has. */
async function journalled(server) {
  for (let count = 0, after = ""; ; ) {
    const { requests, more } = await server.control("GET", `/_crmock/requests?limit=1000${after}`);
    count += requests.length;
    if (!more)
      return count;
    after = `&after=${requests.at(-1).id}`;
  }
}

const LARGE = { server: ["--journal", "10000"] };
test("ten thousand in a burst are all there, few of them as elements, and the page answers", LARGE, async ({ page, server, open }) => {
  const COUNT = 10_000, CLIENTS = 16, ROWS_MAX = 300;
  const { url } = server, headers = { Authorization: "Zoho-oauthtoken 1000.crmock.admin" };
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const ask = (n) => new Promise((done, fail) => {
    get(`${url}/crm/v8/org?n=${n}`, { agent, headers }, (answer) => answer.resume().on("end", done)).on("error", fail);
  });
  await open();
  await page.getByText("Nothing has been asked yet").waitFor();
  await page.evaluate(() => {
    window.most = 0;
    const body = document.querySelector("tbody");
    new MutationObserver(() => { window.most = Math.max(window.most, body.rows.length); }).observe(body, { childList: true });
  });
  let sent = 0, answered = 0, hasPageAnswered = false;
  const times = await frames(page, async () => {
    const clients = Array.from({ length: CLIENTS }, async () => {
      for (; sent < COUNT || !hasPageAnswered; answered++) // it does while they come
        await ask(sent++);
    });
    try {
      await eventually(() => answered > 0, true);
      await page.getByLabel("Filter").fill("n=77");
      await eventually(() => page.getByLabel("Filter").inputValue(), "n=77");
      await page.getByLabel("Filter").fill("");
    } finally {
      hasPageAnswered = true;
    }
    await Promise.all(clients);
    // A browser that is kept from reading is dropped by the stream, and has what the journal has, which is of so many bytes.
    const wholly = [COUNT, await journalled(server)].map(count => `${count.toLocaleString("en")} kept`);
    await eventually(async () => wholly.includes(await page.locator(".told").innerText()), true);
  });
  console.log(`    ${await page.locator(".told").innerText()}`);
  agent.destroy();
  const ordered = times.map(Math.round).sort((one, other) => other - one);
  const [longest, middle] = [ordered.slice(0, 5).join(" "), ordered[ordered.length >> 1]];
  console.log(`    ${ordered.length} frames; the longest, in ms: ${longest}; the middle one ${middle}`);
  assert.equal(await rows(page).count(), ROWS_MAX);
  assert(await page.evaluate(() => window.most) <= 2 * ROWS_MAX);
  const numberIn = async (row) => Number((await row.locator("a.target").innerText()).split("=")[1]);
  const newest = await numberIn(rows(page).first());
  await page.getByRole("button", { name: "Show older" }).click();
  await eventually(() => page.getByRole("button", { name: "Go on (300 wait)" }).isVisible(), true);
  assert.equal(await rows(page).count(), ROWS_MAX);
  assert.notEqual(await numberIn(rows(page).first()), newest);
  await page.getByRole("button", { name: /^Go on/ }).click();
  await eventually(() => page.getByRole("button", { name: "Pause" }).isVisible(), true);
  assert.equal(await numberIn(rows(page).first()), newest);
  // What is looked at stays where it is; the focus of a row that falls out goes to the last one.
  await rows(page).last().locator("a.target").focus();
  await rows(page).nth(200).evaluate((row) => {
    row.scrollIntoView({ block: "center" });
    window.seen = row;
    window.place = row.getBoundingClientRect().top;
  });
  await ask("last");
  await eventually(() => rows(page).first().locator("a.target").innerText(), "GET /crm/v8/org?n=last");
  await eventually(() => page.evaluate(() => Math.abs(window.seen.getBoundingClientRect().top - window.place) < 2), true);
  assert.equal(await rows(page).count(), ROWS_MAX);
  assert(await rows(page).last().locator("a.target").evaluate((link) => document.activeElement === link));
  await page.getByLabel("Filter").fill(`n=${newest}`);
  await eventually(async () => /^1 of [\d,]+ fit$/.test(await page.locator(".told").innerText()), true);
});
