// Records: a module's, one of them, and what has changed in the sandbox.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { NARROW, assert, axe, eventually, screenshots, test } from "./rig.mjs";

const LEAD = "554023000000600001"; // Eleni Nikolaidis
const LOCKED = "554023000000600015";
const DEAL = "554023000000497007";
const FIFTY = "554023000000091501"; // a view of Leads
const REFUSED = /status of (404|409|422)/;

const rows = page => page.locator("tbody tr");
const row = (page, id) => rows(page).filter({ hasText: id });
const member = (page, name) => page.getByRole("region", { name: "Record" }).getByLabel(name, { exact: true });
const title = page => page.getByRole("region", { name: "Record" }).getByRole("heading", { level: 2 });
const save = page => page.getByRole("button", { name: "Save" });
const fits = page => eventually(() => page.locator("html").evaluate(html => html.scrollWidth <= html.clientWidth), true);

// A sandbox, and what is done in it by others than the page.
async function begin(server, options = {}) {
  const { id, url, access_token: token } = await server.control("POST", "/_crmock/sandboxes", options);
  const control = (method, path, body) => server.control(method, `/_s/${id}/_crmock/${path}`, body);
  const update = async (module, body) => {
    const { status } = await server.send("POST", `/crm/v8/${module}/actions/mass_update`, body, token);
    assert(status < 300);
  };
  const journal = async () => (await control("GET", "requests")).requests.map(({ path }) => path);
  return { id, url, control, update, journal };
}

test("a module's records are listed with their states, page by page", async ({ page, server, open }) => {
  const { url, journal } = await begin(server);
  await open("#/records", url);
  await eventually(() => rows(page).count(), 100);
  await eventually(() => page.getByLabel("Module").inputValue(), "Leads");
  assert.match(await row(page, LEAD).innerText(), /Eleni Nikolaidis/);
  const badges = ["stop processing", "approval: waiting", "busy with: image_validation", "busy with: duplicate_merge", "locked",
    "image review: rejected", "image review: in_approval", "converted", "blueprint: Lead follow-up"];
  for (const [n, badge] of badges.entries())
    assert.equal(await row(page, `${554023000000600011n + BigInt(n)}`).locator(".badge").innerText(), badge);
  assert.equal(await row(page, "554023000000600500").locator(".badge").innerText(), "fault");
  await page.getByRole("button", { name: "Show more" }).click();
  await eventually(() => rows(page).count(), 200);
  await page.getByLabel("Module").selectOption("Deals");
  await eventually(() => rows(page).count(), 4);
  await page.reload();
  await eventually(() => rows(page).count(), 4);
  await row(page, DEAL).getByRole("link").click();
  await eventually(() => title(page).innerText(), "School tablets");
  assert.deepEqual(await journal(), []); // the service is asked for nothing
});

test("they are found by ids, a view, a word and criteria, by an address that lasts", async ({ page, server, open }) => {
  const { url, journal } = await begin(server);
  await open("#/records/Leads", url);
  await page.getByLabel("Which records").selectOption("Ids");
  await page.getByLabel("What to look for").fill(`${LOCKED}, ${LEAD} 1`);
  await page.getByLabel("Columns").fill("City, Languages_Known");
  await page.keyboard.press("Enter");
  await eventually(() => rows(page).count(), 2);
  assert.match(await row(page, LEAD).innerText(), /English, German/);
  await page.reload();
  await eventually(() => rows(page).count(), 2);
  assert.equal(await page.getByLabel("Columns").inputValue(), "City, Languages_Known");
  await page.getByLabel("Which records").selectOption("View: Fifty web leads");
  await eventually(() => rows(page).count(), 50);
  assert.deepEqual(await journal(), ["/crm/v8/Leads"]);
  await page.reload();
  await eventually(() => page.getByLabel("Which records").inputValue(), `cvid ${FIFTY}`);
  await eventually(() => rows(page).count(), 50);
  await open("#/records/Deals?word=tablets", url);
  await eventually(() => rows(page).count(), 1);
  await open("#/records/Leads?criteria=(Last_Name:equals:Nobody)", url);
  await page.getByText("There is no such record.").waitFor();
  await page.getByRole("link", { name: "All of Leads" }).click();
  await eventually(() => rows(page).count(), 100);
});

test("one is edited: fields and states in one call", async ({ page, server, open }) => {
  const { url, control } = await begin(server);
  await open(`#/records/Leads/${LEAD}`, url);
  await eventually(() => title(page).innerText(), "Eleni Nikolaidis");
  assert.equal(await save(page).isVisible(), false);
  assert.equal(await row(page, LEAD).getByRole("link").getAttribute("aria-current"), "true");
  await member(page, "City").fill("Arta");
  await member(page, "Languages_Known").fill('["French"]');
  await member(page, "No_of_Employees").fill("12");
  await member(page, "Lead_Status").selectOption("");
  await member(page, "locked").selectOption("by a rule");
  await member(page, "stop_processing").selectOption("yes");
  await member(page, "owner").fill("mary.manager@zylker.example");
  await member(page, "City").press("Enter");
  await eventually(() => save(page).isVisible(), false);
  const { fields, ...record } = await control("GET", `records/Leads/${LEAD}`);
  assert.deepEqual([fields.City, fields.Languages_Known, fields.No_of_Employees, fields.Lead_Status], ["Arta", ["French"], 12, null]);
  assert.deepEqual([record.locked.by_rule, record.stop_processing, record.owner], [true, true, "mary.manager@zylker.example"]);
  await eventually(() => row(page, LEAD).locator(".badge").allInnerTexts(), ["locked", "stop processing"]);
  await page.getByText("was patricia.boyle@zylker.example").waitFor();
  await axe(page);
  await screenshots(page, "records-edited");
  await page.setViewportSize(NARROW);
  await fits(page);
  await member(page, "locked").selectOption("no");
  await save(page).click();
  await eventually(async () => (await control("GET", `records/Leads/${LEAD}`)).locked, false);
});

test("what is refused is told at its member, and changes nothing", async ({ page, server, open, awaits }) => {
  awaits(REFUSED);
  const { url, control } = await begin(server);
  const before = await control("GET", `records/Deals/${DEAL}`);
  await open(`#/records/Deals/${DEAL}`, url);
  await member(page, "Amount").fill("much");
  await member(page, "Description").fill("kept");
  await save(page).click();
  const field = page.locator(".field").filter({ has: page.getByRole("alert") });
  await eventually(() => field.locator("label").innerText(), "Amount");
  await eventually(() => member(page, "Amount").evaluate(control => control === document.activeElement), true);
  await page.getByRole("button", { name: "Take back" }).click();
  await eventually(() => page.getByRole("alert").count(), 0);
  await eventually(() => member(page, "Description").inputValue(), "");
  await member(page, "owner").fill("nobody@nowhere.example");
  await save(page).click();
  await eventually(() => field.locator("label").innerText(), "owner");
  assert.deepEqual(await control("GET", `records/Deals/${DEAL}`), before);
});

test("what happens is shown as it happens, and what is being edited stays", async ({ page, server, open }) => {
  const { url, control, update } = await begin(server);
  await open(`#/records/Leads/${LEAD}?columns=City,Fax`, url);
  await member(page, "City").fill("mine");
  await member(page, "City").evaluate(control => control.setSelectionRange(1, 3));
  await row(page, LEAD).evaluate(row => { row.isTheSame = true; });
  await update("Leads", { data: [{ City: "Volos" }], ids: [LEAD] });
  await eventually(() => row(page, LEAD).locator("td").nth(3).innerText(), "Volos");
  await page.getByText("is now Volos").waitFor();
  await update("Leads", { data: [{ Fax: "7" }], ids: [LEAD] });
  await eventually(() => member(page, "Fax").inputValue(), "7");
  const focus = page.locator(":focus").evaluate(({ value, selectionStart, selectionEnd }) => [value, selectionStart, selectionEnd]);
  assert.deepEqual(await focus, ["mine", 1, 3]);
  assert.equal(await row(page, LEAD).evaluate(row => row.isTheSame), true);
  await page.getByRole("button", { name: "Take back" }).click();
  await eventually(() => member(page, "City").inputValue(), "Volos");
  await row(page, LEAD).getByRole("link").focus();
  await update("Leads", { data: [{ City: "Arta" }], cvid: FIFTY });
  await eventually(async () => (await page.locator("tbody td:nth-child(4)").allInnerTexts()).filter(city => city === "Arta").length, 50);
  assert.equal(await row(page, LEAD).getByRole("link").evaluate(link => link === document.activeElement), true);
  await control("POST", "reset");
  await eventually(() => page.getByText("Arta", { exact: true }).count(), 0);
});

test("a record is inserted, copied and deleted", async ({ page, server, open }) => {
  const { url, control } = await begin(server);
  await open(`#/records/Deals/${DEAL}`, url);
  await member(page, "locked").selectOption("yes");
  await save(page).click();
  await eventually(() => save(page).isVisible(), false);
  await page.getByRole("button", { name: "Insert a copy" }).click();
  await page.waitForURL(url => !url.hash.endsWith(DEAL));
  await eventually(() => title(page).innerText(), "School tablets");
  const id = new URL(page.url()).hash.split("/").at(-1);
  assert.notEqual(id, DEAL);
  const [one, other] = [await control("GET", `records/Deals/${DEAL}`), await control("GET", `records/Deals/${id}`)];
  assert.deepEqual([other.fields, Boolean(other.locked)], [one.fields, true]);
  await eventually(() => rows(page).count(), 5);
  await page.getByRole("button", { name: "Delete" }).click();
  assert.equal(await rows(page).count(), 5);
  await page.getByRole("button", { name: "Press again: Delete" }).click();
  await eventually(() => rows(page).count(), 4);
  assert.deepEqual((await control("GET", `records/Deals?ids=${id}`)).records, []);
  assert.match(page.url(), /#\/records\/Deals$/);
});

test("a module without records says how to make one", async ({ page, server, open }) => {
  const fields = [{ api_name: "Boat_Name", type: "text", mandatory: true }];
  const boats = { api_name: "Boats", singular: "Boat", plural: "Boats", fields };
  const { url, control } = await begin(server, { fixtures: { modules: [boats] } });
  await open("#/records/Boats", url);
  await page.getByText("Boats has no records.").waitFor();
  await axe(page);
  await screenshots(page, "records-empty");
  const [, path, body] = /^curl '.*(\/_crmock\/records\/Boats)' -d '(.*)'$/.exec(await page.locator("pre").innerText());
  await server.control("POST", new URL(url).pathname + path, JSON.parse(body));
  await page.getByRole("button", { name: "Reload" }).click();
  await eventually(() => rows(page).count(), 1);
  assert.equal((await control("GET", "records/Boats")).records.length, 1);
});

test("changes are told since the reset, or since a snapshot, with the way to each record", async ({ page, server, open }) => {
  const { url, control, update } = await begin(server);
  await open("#/records/-/changes", url);
  await page.getByText("Nothing differs from how the sandbox was made.").waitFor();
  await update("Leads", { data: [{ City: "Volos" }], ids: [LEAD] });
  await eventually(() => rows(page).locator("li").allInnerTexts(), ["City – → Volos"]);
  await control("POST", "snapshots", { name: "later" });
  await control("DELETE", `records/Leads/${LOCKED}`);
  await control("POST", "records/Deals", { id: "77", fields: { Deal_Name: "Mine", Stage: "Qualification" } });
  await page.getByRole("button", { name: "Reload" }).click();
  await eventually(() => rows(page).locator(".badge").allInnerTexts(), ["inserted", "updated", "deleted"]);
  assert.equal(await row(page, LOCKED).getByRole("link").count(), 0);
  await axe(page);
  await screenshots(page, "records-changes");
  await page.setViewportSize(NARROW);
  await fits(page);
  await page.reload();
  await eventually(() => rows(page).count(), 3);
  await page.getByLabel("Since").selectOption("later");
  await eventually(() => rows(page).count(), 2);
  await page.getByRole("link", { name: "77" }).click();
  await eventually(() => title(page).innerText(), "Mine");
  await eventually(() => page.getByLabel("Changes since").inputValue(), "later");
  await page.getByText("inserted").waitFor();
  await member(page, "Amount").fill("5");
  await page.getByLabel("Changes since").selectOption("reset");
  await page.waitForURL(/#\/records\/Deals\/77$/);
  await page.getByText("inserted").waitFor();
  assert.equal(await member(page, "Amount").inputValue(), "5");
  await page.goBack();
  await eventually(() => page.getByLabel("Changes since").inputValue(), "later");
});

const FOLDER = mkdtempSync(join(tmpdir(), "crmock-records-"));
process.on("exit", () => rmSync(FOLDER, { recursive: true }));

const KEPT = { server: ["--db", join(FOLDER, "kept.db")] };

test("a kept main has no changes since a reset, and says so", KEPT, async ({ page, open, awaits }) => {
  awaits(/status of 409/);
  await open("#/records/-/changes");
  await eventually(async () => /take a snapshot/.test(await page.getByRole("alert").innerText()), true);
  await open(`#/records/Leads/${LEAD}`);
  await eventually(() => member(page, "First_Name").inputValue(), "Eleni");
  await eventually(async () => /take a snapshot/.test(await page.getByRole("alert").innerText()), true);
});

test("values are texts and nothing else", async ({ page, server, open }) => {
  const { url, control } = await begin(server);
  const hostile = "<img src=x onerror='window.isHit = 1'>\u202e\u0007";
  const long = `</textarea><script>window.isHit = 1</script>${"x".repeat(31000)}`;
  await control("PATCH", `records/Deals/${DEAL}`, { locked: { reason: hostile },
    fields: { Deal_Name: hostile.slice(0, 100), Next_Step: hostile, Description: long } });
  await control("POST", "snapshots", { name: hostile });
  await open(`#/records/Deals/${DEAL}?columns=Description,Next_Step,<b>`, url);
  await eventually(() => title(page).innerText(), hostile.replace("\u202e\u0007", "\\u202e\\u0007"));
  await eventually(() => member(page, "Description").inputValue(), long);
  await page.getByText("was School tablets").waitFor();
  await open("#/records/-/changes", url);
  await eventually(() => rows(page).locator("li").count(), 4);
  assert.equal(await page.evaluate(() => window.isHit), undefined);
  assert.equal(await page.locator("main img, main script, main b").count(), 0);
  await page.setViewportSize(NARROW);
  await fits(page);
});

test("an address that is wrong asks for nothing, and one of what is not there says so", async ({ page, server, open, awaits }) => {
  awaits(/status of 404/);
  const { url } = await begin(server);
  const asked = [];
  page.on("request", request => asked.push(new URL(request.url()).pathname));
  for (const address of ["..%2Ffaults", "../faults", "Leads/..%2F..%2Ffaults", "Leads/1/2/3", "%00"]) {
    await open(`#/records/${address}`, url);
    await page.reload();
    await page.getByText("That is no address of records").waitFor();
  }
  assert.deepEqual(asked.filter(path => /faults|records/.test(path) && !path.includes("/console/")), []);
  await open("#/records/Nothing/5", url);
  await eventually(() => page.getByText("the org has no such module").count(), 2);
  await open("#/records/Nothing?org=554025000000000011", url);
  await eventually(() => page.getByText("the org has no such module").count(), 1);
  await open("#/records/Leads/5", url);
  await page.getByText("the module has no record of that id").waitFor();
});

test("an answer that comes late is not shown in the place of another record", async ({ page, server, open }) => {
  const { url } = await begin(server);
  let release;
  const isReleased = new Promise(resolve => { release = resolve; });
  await page.route(`**/records/Leads/${LOCKED}`, async route => {
    await isReleased;
    await route.continue();
  });
  await open("#/records/Leads", url);
  const isSent = page.waitForRequest(`**/records/Leads/${LOCKED}`);
  await row(page, LOCKED).getByRole("link").click();
  await isSent;
  await row(page, LEAD).getByRole("link").click();
  await eventually(() => title(page).innerText(), "Eleni Nikolaidis");
  const late = page.waitForResponse(`**/records/Leads/${LOCKED}`);
  release();
  await (await late).finished();
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve))));
  assert.equal(await page.getByRole("region", { name: "Record" }).locator("code").first().innerText(), LEAD);
});

test("another org's records are chosen, with their layouts", async ({ page, server, open }) => {
  const { url, control, journal } = await begin(server);
  const other = "554025000000000011";
  await open("#/records", url);
  await page.getByLabel("Org").selectOption("Small Works");
  await page.waitForURL(new RegExp(`#/records/Accounts\\?org=${other}`));
  await row(page, "554025").first().getByRole("link").click();
  await eventually(() => member(page, "Account_Name *").isVisible(), true);
  assert.equal(await page.getByRole("region", { name: "Record" }).locator("legend", { hasText: "Information" }).count(), 1);
  await member(page, "Account_Name *").fill("Mine");
  await save(page).click();
  await eventually(() => rows(page).filter({ hasText: "Mine" }).count(), 1);
  await page.getByRole("link", { name: "All changes" }).click();
  await eventually(() => rows(page).locator("li").count(), 1);
  assert.equal((await control("GET", `changes?org=${other}`)).changes.length, 1);
  await page.getByLabel("Org").selectOption("Zylker");
  await page.getByText("Nothing differs from how the sandbox was made.").waitFor();
  assert.deepEqual(await journal(), []);
});

const SMALL = { page: { viewport: NARROW } };

test("a record is opened by the keyboard, and takes the place of the list in a narrow window", SMALL, async ({ page, server, open }) => {
  const { url } = await begin(server);
  await open("#/records/Leads", url);
  await row(page, LEAD).getByRole("link").focus();
  await page.keyboard.press("Enter");
  await eventually(() => title(page).evaluate(title => title === document.activeElement), true);
  assert.equal(await rows(page).first().isVisible(), false);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await eventually(() => rows(page).first().isVisible(), true);
  await fits(page);
});
