// The five minutes of docs/console.md: its lines are run as printed, and what it says in bold is seen on the page at that step.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { WIDE, assert, axe, eventually, test } from "./rig.mjs";

const FOLDER = mkdtempSync(join(tmpdir(), "crmock-walk-"));
process.on("exit", () => rmSync(FOLDER, { recursive: true }));
const OPTIONS = {
  server: ["--proxy-port", "0", "--tls-port", "0", "--tls-dir", join(FOLDER, "tls")],
  page: { permissions: ["clipboard-read", "clipboard-write"] },
};
const FAR = "With the service's hosts written into the program";
const RECORD = "records/Leads/554023000000600015";
const BLOCK = /^ +```sh\n(.*?)^ +```$/gms;
const STEPS = readFileSync(new URL("../../docs/console.md", import.meta.url), "utf8").split("## Five minutes\n")[1].split(/^\d\. /m).slice(1)
  .map(text => ({
    lines: [...text.matchAll(BLOCK)].flatMap(([, block]) => block.trim().split(/\s*\n\s*/)),
    bold: [...text.replaceAll(BLOCK, "").matchAll(/\*\*(.*?)\*\*/gs)].map(([, words]) => words.replace(/\s+/g, " ")),
  }));

const run = promisify(execFile);
const shell = async line => (await run("bash", ["-c", line], { cwd: FOLDER })).stdout;
const codeOf = answer => JSON.parse(answer).data[0].code;

// Somebody at the page; `seen` is all that it has shown on the way.
class Reader {
  seen = " ";

  constructor(page) {
    this.page = page;
  }

  async text() {
    const text = (await this.page.locator("body").innerText()).replace(/\s+/g, " ");
    this.seen += `${text} `;
    return text;
  }

  // Waits until the page shows a text.
  sees(words) {
    return eventually(async () => (await this.text()).includes(words), true);
  }

  async #click(locator) {
    await locator.waitFor();
    await this.text();
    await locator.click();
  }

  press(name, place = this.page) {
    return this.#click(place.getByRole("button", { name, exact: true }));
  }

  follow(name) {
    return this.#click(this.page.getByRole("link", { name, exact: true }).first());
  }

  field(name) {
    return this.page.getByRole("main").getByLabel(name, { exact: true });
  }

  // The row of a table that has a text, and nothing more in its cell or badge.
  row(words) {
    return this.page.getByRole("row").filter({ has: this.page.getByText(words, { exact: true }) });
  }

  async chooseFirstRequest() {
    await this.follow("Requests");
    await this.page.getByRole("table").locator("a[href='#/requests/1']").click();
    await this.sees("Request 1");
  }
}

const WALK = [
  async ({ page, reader, line }) => {
    assert.equal(codeOf(await shell(line)), "RECORD_LOCKED");
    await reader.chooseFirstRequest();
    await reader.sees("Hint: the record is locked");
    await axe(page);
    await reader.follow("E27: what is documented");
    await page.waitForURL(/#\/try\/E27$/);
    await reader.sees("RECORD_LOCKED");
  },
  async ({ page, reader, control }) => {
    await reader.follow("Records");
    await reader.row("locked").getByRole("link").click();
    await reader.field("locked").selectOption("no");
    const { y, height } = await page.getByRole("button", { name: "Save", exact: true }).boundingBox();
    assert(y + height <= WIDE.height, "it can be saved without scrolling");
    await reader.press("Save");
    await eventually(async () => Boolean((await control("GET", RECORD)).locked), false);
    await reader.chooseFirstRequest();
    await reader.press("Send it again");
    await reader.sees("Status 400 200");
    await reader.follow("Try");
    await reader.follow("Your own");
    const values = { Module: "Leads", Field: "Lead_Source", Value: "Chat", Ids: "554023000000600001" };
    for (const [name, value] of Object.entries(values))
      await reader.field(name).fill(value);
    await reader.press("Send");
    await reader.sees("record updated");
  },
  async ({ reader, control, line }) => {
    await reader.follow("Jobs");
    await reader.page.getByRole("switch", { name: "Hold jobs" }).check();
    await eventually(async () => (await control("GET", "jobs/policy")).hold, true);
    assert.equal(codeOf(await shell(line)), "SUCCESS");
    await reader.sees("SCHEDULED");
    await reader.row("SCHEDULED").getByRole("link").click();
    await reader.press("Step");
    await reader.sees("RUNNING 10 updated, 0 failed, 40 not updated");
    await reader.press("Release");
    await reader.sees("COMPLETED 50 updated, 0 failed, 0 not updated");
  },
  async ({ reader, first }) => {
    await reader.chooseFirstRequest();
    await reader.follow("Make a fault of it");
    await reader.field("Answer").selectOption("None: done, then closed");
    await reader.field("Times, or always").fill("1");
    await reader.press("Make the fault");
    await reader.sees("does it, then closes the connection");
    await assert.rejects(shell(first), /\(52\) Empty reply from server/);
    await reader.follow("Requests");
    await reader.sees("none fault");
    assert.equal(codeOf(await shell(first)), "SUCCESS");
    await reader.follow("Steer");
    await reader.follow("Faults");
    await reader.sees("used up");
  },
  async ({ reader }) => {
    await reader.chooseFirstRequest();
    await reader.page.getByText("Verify that it was sent", { exact: true }).click();
    await reader.press("Verify");
    await reader.sees("Verified: 4 matched.");
    await reader.field("At least").fill("5");
    await reader.press("Verify");
    await reader.sees("Not verified: 4 matched.");
    await reader.sees("Request At Expected Found");
  },
  async ({ reader, lines: [get, use] }) => {
    const token = await shell(`${get}; printf %s "$TOKEN"`);
    const answer = () => shell(`TOKEN=${token}; ${use}`);
    assert.match(await answer(), /^\{"org"/);
    await reader.follow("Steer");
    await reader.follow("Clock");
    await reader.press("+1 h");
    await reader.sees("1 hour ahead of the machine's clock");
    assert.match(await answer(), /INVALID_TOKEN/);
    await reader.follow("Requests");
    await reader.row("401").getByRole("link").first().click();
    await reader.sees("Hint: no access token of that text, or it has expired or been revoked");
  },
  async ({ page, reader, control }) => {
    await reader.follow("Connect");
    await reader.sees(FAR);
    await reader.press("Copy", page.getByRole("heading", { name: FAR }).locator("xpath=following-sibling::*[1]"));
    const { id: before } = (await control("GET", "requests")).requests[0];
    assert.match(await shell(await page.evaluate(() => navigator.clipboard.readText())), /^\{"org"/);
    const { requests } = await control("GET", `requests?since_id=${before}`);
    assert.deepEqual(requests.map(({ path, headers, status }) => [path, headers.Host, status]), [["/crm/v8/org", "www.zohoapis.com", 200]]);
    await reader.follow("Requests");
    await reader.sees("GET /crm/v8/org");
  },
  async ({ reader, control }) => {
    await reader.follow("Steer");
    await reader.follow("Sandboxes");
    await reader.press("Reset main");
    await reader.press("Press again: Reset main");
    await eventually(async () => (await control("GET", "requests")).requests, []);
    assert.deepEqual((await control("GET", "changes")).changes, []);
    assert.deepEqual((await control("GET", "faults")).faults, []);
    assert.deepEqual((await control("GET", "jobs")).jobs, []);
    assert.equal((await control("GET", "jobs/policy")).hold, false);
  },
];

test("five minutes, as the documentation tells them", OPTIONS, async ({ page, server, open }) => {
  const here = line => line.replaceAll("http://127.0.0.1:8080", server.url);
  const control = (method, path) => server.control(method, `/_crmock/${path}`);
  assert.equal(STEPS.length, WALK.length);
  const first = here(STEPS[0].lines[0]);
  await open();
  for (const [n, step] of WALK.entries()) {
    const reader = new Reader(page);
    const lines = STEPS[n].lines.map(here);
    await step({ page, reader, control, first, lines, line: lines[0] });
    const missing = STEPS[n].bold.filter(words => !reader.seen.includes(` ${words} `));
    assert.deepEqual(missing, [], `step ${n + 1} of docs/console.md`);
  }
});
