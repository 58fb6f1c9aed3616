// Try: the rows of the error gallery, sent from the page, and a mass update of one's own.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { NARROW, assert, axe, eventually, screenshots, test } from "./rig.mjs";

const GALLERY = readFileSync(new URL("../../docs/gallery.md", import.meta.url), "utf8");
const ROWS = [...GALLERY.matchAll(/^\| (\w+) \| `curl .*?` \| (\d+) \| (?:`(.*)`|\(no body\)) \|$/gm)]
  .map(([, name, status, answer]) => ({ name, status: Number(status), answer: answer ? JSON.parse(answer) : null }));
const REFUSED = /status of 4\d\d/; // the browser tells of each refusal
const LEAD = "554023000000600001";
const VIEW_OF_FIFTY = "554023000000091501";
const HOSTILE = "'\"$(exit 9)`exit 9`\\ \u202e\u0007<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";

const makeSandbox = (server, more = {}) => server.control("POST", "/_crmock/sandboxes", more);
const journal = async (server, { id }) => (await server.control("GET", `/_s/${id}/_crmock/requests`)).requests;
const send = (page) => page.getByRole("button", { name: "Send", exact: true });
const detail = (page) => page.getByRole("region", { name: "The chosen row" });
const answered = (page) => detail(page).getByRole("heading", { name: /^Answered/ });
const line = (page) => page.locator(".line:visible pre");
const shownJson = async (page, n) => JSON.parse(await page.locator("pre.json:visible").nth(n).innerText());
const rowLinks = (page) => page.locator("tbody th a:visible").allInnerTexts();
const hasHacked = (page) => page.evaluate(() => "hacked" in window || document.querySelectorAll("main img, main script").length > 0);

// A line, run by a shell: its last answer.
function runLine(text, variables = {}) {
  const quiet = text.replace(/^curl/, "curl -s").replace(/--next/g, "--next -s");
  const written = execFileSync("bash", ["-c", quiet], { encoding: "utf8", env: { ...process.env, ...variables } });
  return written === "" ? null : JSON.parse(written);
}

const sweep = async (page, tally) => {
  await page.getByRole("button", { name: "Send all" }).click();
  await page.getByText(tally).first().waitFor();
  await eventually(() => page.getByRole("button", { name: "Send all" }).isEnabled(), true);
};

test("all rows are answered as documented, beside the sandbox that is chosen", async ({ page, server, open, awaits }) => {
  awaits(REFUSED, /status of 500/);
  const sandbox = await makeSandbox(server, { limits: { credits: 0 }, answers: "current" });
  const before = (await server.control("GET", "/_crmock/sandboxes")).sandboxes;
  await open("#/try", sandbox.url);
  await sweep(page, `${ROWS.length} of ${ROWS.length} sent in v8: ${ROWS.length} same, 0 differs by version, 0 different`);
  assert.deepEqual(await rowLinks(page), ROWS.map(({ name }) => name));
  assert.equal(await page.locator("tbody td").getByText("same", { exact: true }).count(), ROWS.length);
  assert.deepEqual(await journal(server, sandbox), []);
  assert.deepEqual((await server.control("GET", "/_crmock/sandboxes")).sandboxes.map(({ id }) => id), before.map(({ id }) => id));
  await axe(page);
  await screenshots(page, "try-all");
});

test("what an older version answers differs by version, and is not wrong", async ({ page, server, open, awaits }) => {
  awaits(REFUSED, /status of 500/);
  const { url } = await makeSandbox(server);
  await open("#/try?version=v2", url);
  await sweep(page, new RegExp(`${ROWS.length} of ${ROWS.length} sent in v2: \\d+ same, \\d+ differs by version, 0 different`));
  const verdict = (name) => page.getByRole("row", { name: new RegExp(`^${name} `) }).locator("td").last().innerText();
  assert.equal(await verdict("E3"), "differs by version"); // json_path
  assert.equal(await verdict("O1"), "same");
  await page.getByRole("link", { name: "E3", exact: true }).click();
  await detail(page).getByRole("cell", { name: "$.data[0].details.json_path" }).waitFor();
  await detail(page).getByText("docs/versions.md").waitFor();
  await page.getByRole("combobox", { name: "Version" }).selectOption("v7");
  await eventually(() => verdict("E3"), "");
  assert.match(page.url(), /#\/try\/E3\?version=v7$/);
  assert.match(await line(page).innerText(), /\/crm\/v7\/Leads/);
});

for (const name of ["E10", "E12", "G1", "M1", "O12", "P4"]) {
  const row = ROWS.find((known) => known.name === name);
  test(`${name} has an address, and its line is answered as by the page`, async ({ page, server, open, awaits }) => {
    if (row.status >= 400) awaits(REFUSED);
    const sandbox = await makeSandbox(server, { jobs: { hold: true } }); // E12 is answered while a job goes on
    await open(`#/try/${name}`, sandbox.url);
    await page.reload();
    await send(page).click();
    await answered(page).getByText("same").waitFor();
    if (row.answer) assert.deepEqual([await shownJson(page, 0), await shownJson(page, 1)], [row.answer, row.answer]);
    else await eventually(() => detail(page).getByText("No body.").count(), 2);
    const [entry] = await journal(server, sandbox);
    const link = detail(page).getByRole("link", { name: `Entry ${entry.id} of the journal` });
    assert.equal(await link.getAttribute("href"), `#/requests/${entry.id}?sandbox=${sandbox.id}`);
    assert.equal(entry.rule, name);
    assert.deepEqual(runLine(await line(page).innerText()), row.answer);
    assert.equal((await journal(server, sandbox))[0].rule, name); // it went into the sandbox
  });
}

test("row, hint and what differs are told", async ({ page, server, open, awaits }) => {
  awaits(REFUSED);
  const { id } = await makeSandbox(server, { limits: { credits: 0 } });
  await open(`#/try/E10?sandbox=${id}`);
  await send(page).click();
  await answered(page).getByText("different").waitFor();
  const differences = await detail(page).getByRole("region", { name: "Where they differ" }).getByRole("row").allInnerTexts();
  assert.deepEqual(differences.map((text) => text.split(/\s+/)[0]),
    ["At", "status", "X-Crmock-Rule", "$.code", "$.details.api_name", "$.details.json_path", "$.message"]);
  await detail(page).getByText("Hint:").waitFor();
  assert.match(await detail(page).getByRole("link", { name: "P17" }).getAttribute("href"), /^#\/try\/P17\?/);
  await axe(page);
  await screenshots(page, "try-different");
  await page.setViewportSize(NARROW);
  await eventually(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
});

const GUARDED = { server: ["--control-token", "right"] };

test("a line that makes a sandbox has the control token, and goes outside the one that is chosen", GUARDED, async ({ page, server, open, awaits }) => {
  awaits(/status of 401/, /status of 429/);
  const chosen = await makeSandbox(server);
  await open("#/try/P17", chosen.url);
  await page.getByLabel("Token").fill("right");
  await page.keyboard.press("Enter");
  await send(page).click();
  await answered(page).getByText("same").waitFor();
  const link = detail(page).getByRole("link", { name: /of the journal/ });
  const [entry] = await journal(server, { id: "spent" });
  assert.equal(await link.getAttribute("href"), `#/requests/${entry.id}?sandbox=spent`);
  assert.deepEqual(await journal(server, chosen), []);
  const text = await line(page).innerText();
  assert(!text.includes("right"), text);
  assert.equal(runLine(text, { CRMOCK_CONTROL_TOKEN: "right" }).code, "TOO_MANY_REQUESTS");
});

test("a connection that breaks is told where it was sent", async ({ page, server, open, awaits }) => {
  awaits(/ERR_EMPTY_RESPONSE/);
  const { url } = await makeSandbox(server, { faults: [{ match: {}, effect: { drop: "before" }, times: null }] });
  await open("#/try/E10", url);
  await send(page).click();
  await detail(page).getByRole("alert").getByText("The connection was closed").waitFor();
});

test("rows are found by their words, and left by Escape", async ({ page, open }) => {
  await open("#/try");
  await page.getByLabel("Filter").fill("locked 403");
  await eventually(() => rowLinks(page), ["P6", "P7"]);
  await page.reload();
  await eventually(() => rowLinks(page), ["P6", "P7"]);
  await page.getByRole("link", { name: "P6", exact: true }).press("Enter");
  await send(page).focus();
  await page.keyboard.press("Escape");
  await page.waitForURL(/#\/try\?q=locked\+403$/);
  await eventually(() => page.evaluate(() => document.activeElement.textContent), "P6");
  await page.getByLabel("Filter").fill("no such words");
  await page.getByText("No row has all of these words.").waitFor();
  await page.getByLabel("Filter").fill("");
  await eventually(async () => (await rowLinks(page)).length, ROWS.length);
});

test("in a narrow window the focus goes to the row that was chosen, and back", { page: { viewport: NARROW } }, async ({ page, open }) => {
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await open("#/try");
  await page.getByRole("link", { name: "O9", exact: true }).press("Enter");
  await eventually(focused, "O9");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  assert.deepEqual(await rowLinks(page), []);
  await page.getByRole("button", { name: "Close" }).press("Enter");
  await eventually(() => page.evaluate(() => document.activeElement.tagName), "A");
  await eventually(focused, "O9");
});

test("rows without a line are told where they are documented", async ({ page, open }) => {
  await open("#/try/H3");
  await detail(page).getByText("docs/http.md").waitFor();
  await open("#/try/O10");
  await detail(page).getByText("A failure of the store").waitFor();
  await open(`#/try/${encodeURIComponent(HOSTILE)}?q=${encodeURIComponent(HOSTILE)}`);
  await detail(page).getByText("The gallery has no line for it.").waitFor();
  assert.equal(await hasHacked(page), false);
  await axe(page);
});

test("a mass update of one's own is written as a line, kept in the address, and sent", async ({ page, server, open, awaits }) => {
  awaits(REFUSED);
  const sandbox = await makeSandbox(server);
  await open("#/try/own", sandbox.url);
  await page.getByLabel("Module").fill("Leads");
  await page.getByLabel("Field").fill("No_of_Employees");
  await page.getByLabel("Value", { exact: true }).fill("5");
  await page.getByLabel("Ids").fill(`${LEAD}, 554023000000600002`);
  const text = `-d '{"data":[{"No_of_Employees":5}],"ids":["${LEAD}","554023000000600002"]}'`;
  await eventually(async () => (await line(page).innerText()).endsWith(text), true);
  await page.reload();
  await eventually(async () => (await line(page).innerText()).endsWith(text), true);
  assert.deepEqual(await journal(server, sandbox), []);
  await page.getByLabel("Module").press("Enter");
  await page.getByText("SUCCESS").first().waitFor();
  const { fields } = await server.control("GET", `/_s/${sandbox.id}/_crmock/records/Leads/${LEAD}`);
  assert.equal(fields.No_of_Employees, 5);

  await page.getByLabel("Token").fill("read");
  await send(page).click();
  await page.getByRole("link", { name: "E22" }).waitFor();
  const { code } = await shownJson(page, 0);
  assert.equal(runLine(await line(page).innerText()).code, code);
  await axe(page);
  await screenshots(page, "try-own");
  await page.setViewportSize(NARROW);
  await eventually(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
});

test("a job of one's own is linked, and asked about", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server, { jobs: { hold: true } });
  const criteria = { field: { api_name: "City" }, comparator: "equal", value: "Athens" };
  await open(`#/try/own?${new URLSearchParams({ module: "Leads", field: "City", value: "Arta", cvid: VIEW_OF_FIFTY })}`, sandbox.url);
  await send(page).click();
  const link = page.getByRole("link", { name: /^Job / });
  const [{ job_id, body }] = await journal(server, { id: (await link.waitFor(), sandbox.id) });
  assert.equal(await link.getAttribute("href"), `#/jobs/${job_id}`);
  assert.deepEqual(body, { data: [{ City: "Arta" }], cvid: VIEW_OF_FIFTY });
  await page.getByRole("link", { name: "Ask about it" }).click();
  await eventually(() => page.getByLabel("Job").inputValue(), job_id);
  await send(page).click();
  await page.getByText("\"SCHEDULED\"").waitFor();
  assert.equal(runLine(await line(page).innerText()).data[0].Status, "SCHEDULED");
  await page.getByLabel("Job").fill("");
  await page.getByLabel("Territory").fill("7");
  await page.getByLabel("include_child").fill("true");
  await page.getByLabel("Criteria").fill(JSON.stringify(criteria));
  const written = JSON.stringify({ data: [{ City: "Arta" }], cvid: VIEW_OF_FIFTY, territory: { id: "7", include_child: true }, criteria });
  await eventually(async () => (await line(page).innerText()).endsWith(`-d '${written}'`), true);
});

test("what cannot be sent is told, and not sent", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  await open("#/try/own?module=Leads&criteria=%7B", sandbox.url);
  await eventually(async () => (await line(page).innerText()).startsWith("Criteria: expected JSON"), true);
  await send(page).click();
  await page.getByRole("alert").getByText("Criteria: expected JSON").waitFor();
  await page.getByLabel("Criteria").fill("");
  await eventually(async () => (await line(page).innerText()).startsWith("curl "), true);
  await page.getByLabel("Token").fill("\u202e");
  await eventually(async () => (await line(page).innerText()).startsWith("Token: expected characters of ASCII"), true);
  assert.deepEqual(await journal(server, sandbox), []);
});

test("hostile values are texts, on the page, in the shell and in the request", async ({ page, server, open, awaits }) => {
  awaits(REFUSED);
  const sandbox = await makeSandbox(server);
  const value = HOSTILE + "x".repeat(100_000);
  const form = { module: "Leads", field: "City", value, ids: LEAD, version: "v8/../x", cvid: HOSTILE };
  await open(`#/try/own?${new URLSearchParams(form)}`, sandbox.url);
  await send(page).click();
  await page.getByText("Hint:").waitFor();
  assert.equal(await hasHacked(page), false);
  const body = { data: [{ City: HOSTILE }], ids: [LEAD], cvid: HOSTILE };
  await page.getByLabel("Value", { exact: true }).fill(HOSTILE);
  await eventually(async () => (await line(page).textContent()).length < 1000, true);
  const text = await line(page).textContent();
  const answer = runLine(text);
  await send(page).click();
  await eventually(async () => (await journal(server, sandbox)).slice(0, 2).map((entry) => entry.body), [body, body]);
  await eventually(() => shownJson(page, 0), answer);
});

test("modules, fields, values and views are offered, and no request is made for that", async ({ page, server, open }) => {
  const sandbox = await makeSandbox(server);
  const offered = (name) => page.locator(`#try-${name} option`).evaluateAll((options) => options.map((option) => option.value));
  await open("#/try/own?module=Leads&field=Lead_Source", sandbox.url);
  await eventually(async () => (await offered("token")).includes("standard"), true);
  const offers = (name, value) => eventually(async () => (await offered(name)).includes(value), true);
  await offers("module", "Deals");
  await offers("field", "Lead_Source");
  await offers("cvid", VIEW_OF_FIFTY);
  await offers("value", "Chat");
  await page.getByLabel("Module").fill("Deals");
  await offers("field", "Stage");
  await page.getByLabel("Module").fill("Nonsense");
  await eventually(() => offered("field"), []);
  assert.deepEqual(await journal(server, sandbox), []);
});
