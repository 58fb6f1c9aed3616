// The view of jobs: the list as it moves, a job by hand, how jobs go on.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

import { NARROW, assert, axe, eventually, screenshots, test } from "./rig.mjs";

const FIFTY = "554023000000091501"; // leads that take any change
const STATES = "554023000000091503"; // nine, of which each refuses its Lead_Status
const SAME = "554023000000091505"; // the fifty, by another view: a view has one job at a time

// A sandbox of the test's own, open in the page: `control` its control API, `schedule` the id of a new job.
async function enter({ server, open }, { hash = "#/jobs", ...made } = {}) {
  const sandbox = await server.control("POST", "/_crmock/sandboxes", made);
  const control = (method, path, body) => server.control(method, `/_s/${sandbox.id}/_crmock/${path}`, body);
  const schedule = async (cvid = FIFTY, data = { City: "Arta" }, module = "Leads") => {
    const answer = await server.send("POST", `/crm/v8/${module}/actions/mass_update`, { data: [data], cvid }, sandbox.access_token);
    return (await answer.json()).data[0].details.job_id;
  };
  await open(hash, sandbox.url);
  return { ...sandbox, control, schedule, job: id => control("GET", `jobs/${id}`) };
}

const shell = line => JSON.parse(execFileSync("bash", ["-c", line], { stdio: ["ignore", "pipe", "ignore"] }));
const HELD = { jobs: { hold: true } };
const table = page => page.getByRole("region", { name: "Jobs, newest first" });
const ids = page => table(page).getByRole("link").allInnerTexts();
const row = (page, id) => table(page).getByRole("row").filter({ hasText: id });
const detail = page => page.getByRole("region", { name: "The job", exact: true });
const button = (page, name) => detail(page).getByRole("button", { name });
const refused = page => detail(page).getByRole("region", { name: "Refused records" });
const counts = place => place.locator(".far small").innerText();
const far = place => place.getByRole("progressbar").evaluate(bar => [bar.value, bar.max]);

test("without a job the page has a line that schedules one, which is listed at once", async rig => {
  const { page } = rig;
  const { control } = await enter(rig);
  const line = await page.locator(".empty pre").innerText();
  await axe(page);
  await screenshots(page, "jobs-none");
  const answer = shell(line);
  const id = answer.data[0].details.job_id;
  await eventually(() => ids(page), [id]);
  await eventually(() => counts(row(page, id)), "50 updated, 0 failed, 0 not updated");
  await control("POST", "reset");
  await page.getByText("No job yet").waitFor();
});

test("jobs stand newest first, and move where they stand", async rig => {
  const { page } = rig;
  const { control, schedule } = await enter(rig, HELD);
  const first = await schedule();
  const second = await schedule(STATES, { Lead_Status: "Contacted" });
  await eventually(() => ids(page), [second, first]);
  assert.match(await row(page, first).innerText(), /Leads\s*City = Arta[^]*SCHEDULED[^]*patricia\.boyle@zylker\.example/);

  const link = page.getByRole("link", { name: first });
  await link.focus();
  const node = await row(page, first).elementHandle();
  const user = await row(page, first).locator("bdi").last().evaluateHandle(bdi => bdi.firstChild);
  await control("POST", `jobs/${first}/step`, { records: 20 });
  await eventually(() => far(row(page, first)), [20, 50]);
  assert.equal(await counts(row(page, first)), "20 updated, 0 failed, 30 not updated");
  const third = await schedule(SAME);
  await eventually(() => ids(page), [third, second, first]);
  assert(await user.evaluate(text => text.isConnected)); // and what is selected in it
  assert(await node.evaluate(element => element.isConnected && element.contains(document.activeElement)));

  await control("POST", `jobs/${second}/step`, { records: 9 });
  await eventually(() => counts(row(page, second)), "0 updated, 9 failed, 0 not updated");
  await page.getByText("3 jobs, 2 not ended").waitFor();
  await control("POST", `jobs/${third}/release`);
  await eventually(() => row(page, third).innerText().then(text => text.includes("COMPLETED")), true);
  await axe(page);
  await screenshots(page, "jobs");
  await page.setViewportSize(NARROW);
  assert(await page.evaluate(() => document.documentElement.scrollWidth) <= NARROW.width);
});

test("a job is stepped, suspended, released and made to fail by hand", async rig => {
  const { page } = rig;
  const { job, schedule, control } = await enter(rig, HELD);
  const id = await schedule();
  await page.getByRole("link", { name: id }).click();
  await page.waitForURL(new RegExp(`#/jobs/${id}$`));
  await detail(page).getByLabel("Records to try").fill("12");
  await button(page, "Step").focus();
  await page.keyboard.press("Enter");
  await eventually(() => counts(detail(page)), "12 updated, 0 failed, 38 not updated");
  assert.equal((await job(id)).updated, 12);
  await eventually(() => page.evaluate(() => document.activeElement.innerText), "Step"); // which was out of use meanwhile
  await page.keyboard.press("Enter");
  await eventually(async () => (await job(id)).updated, 24);

  await button(page, "Suspend").click();
  await detail(page).getByText("SUSPENDED").waitFor();
  assert.equal((await job(id)).status, "SUSPENDED");
  assert(await button(page, "Suspend").isDisabled());
  await axe(page);
  await screenshots(page, "jobs-one");

  await detail(page).getByLabel("Reason").fill("<b>nobody</b> wants it");
  await button(page, "Fail").click();
  await detail(page).getByText("<b>nobody</b> wants it").waitFor();
  assert.equal((await job(id)).reason, "<b>nobody</b> wants it");
  for (const name of ["Step", "Release", "Suspend", "Fail"])
    await eventually(() => button(page, name).isDisabled(), true);

  const other = await schedule();
  await page.getByRole("link", { name: other }).click();
  await button(page, "Release").click();
  await detail(page).getByText("COMPLETED").waitFor();
  assert.equal((await job(other)).updated, 50);
  assert.equal((await control("GET", "jobs")).jobs.length, 2);
});

test("what the control API refuses stands at the button", async rig => {
  const { page, awaits } = rig;
  awaits(/status of 422/, /status of 409/);
  const { control, schedule } = await enter(rig, HELD);
  const id = await schedule();
  await page.getByRole("link", { name: id }).click();
  await detail(page).getByLabel("Records to try").fill("0");
  await button(page, "Step").click();
  await eventually(() => detail(page).getByRole("alert").innerText(), "expected a whole number from 1 to 50000 $.records");
  const json = await control("GET", "jobs/policy");
  await page.route("**/_crmock/jobs/policy", route => route.fulfill({ json })); // so that it does not know of the end of the hold
  for (const members of [{ delay_ms: 86400000 }, { hold: false }])
    await control("PATCH", "jobs/policy", members);
  await detail(page).getByLabel("Records to try").fill("1");
  await button(page, "Step").click();
  await eventually(() => detail(page).getByRole("alert").innerText(), "The job goes on by itself: step one that is held or suspended.");
  await axe(page);
});

test("refused records are told with their rules, by the hundred, as they come", async rig => {
  const { page } = rig;
  const records = [{ module: "Leads", generate: 250, locked: true, fields: { Last_Name: "Locked {n}", Email: "{n}@locked.example" } }];
  const criteria = { field: { api_name: "Email" }, comparator: "ends_with", value: "@locked.example" };
  const views = [{ id: "9001", module: "Leads", name: "Locked", criteria }];
  const { control, schedule } = await enter(rig, { ...HELD, fixtures: { records, views } });
  const id = await schedule("9001");
  await page.getByRole("link", { name: id }).click();
  await button(page, "Step").waitFor();
  const shown = () => refused(page).locator("tbody tr").count();
  assert.equal(await shown(), 0);
  await control("POST", `jobs/${id}/step`, { records: 60 });
  await eventually(shown, 60);
  await control("POST", `jobs/${id}/step`, { records: 140 });
  await eventually(shown, 100);
  await detail(page).getByText("Refused: 100 of 200").waitFor();
  await button(page, "Show more").click();
  await eventually(shown, 200);
  await control("POST", `jobs/${id}/release`);
  await button(page, "Show more").click();
  await eventually(shown, 250);
  const { refused: first } = await control("GET", `jobs/${id}?limit=1`);
  const links = await refused(page).locator("tbody tr").first().getByRole("link").evaluateAll(all => all.map(link => link.hash));
  assert.deepEqual(links, [`#/records/Leads/${first[0].id}`, `#/try/${first[0].rule}`]);
  const told = await refused(page).locator("tbody tr td:first-child").allInnerTexts();
  assert.deepEqual(told, (await control("GET", `jobs/${id}?limit=1000`)).refused.map(one => one.id));
});

test("how jobs go on is shown, and set", async rig => {
  const { page } = rig;
  const { control, schedule } = await enter(rig, { jobs: { rate: 5, delay_ms: 200, batch: 2 } });
  const policy = page.getByRole("region", { name: "How jobs go on" });
  const hold = policy.getByRole("switch", { name: "Hold jobs" });
  const kept = { hold: false, delay_ms: 200, rate: 5, batch: 2, polls: null };
  await policy.getByText("Delay, rate, questions").click();
  for (const [name, value] of [["Delay", "200"], ["Rate", "5"], ["Batch", "2"]])
    await eventually(() => policy.getByLabel(name, { exact: true }).inputValue(), value);
  await hold.click();
  await eventually(() => control("GET", "jobs/policy"), { ...kept, hold: true });
  await hold.click();
  await eventually(() => control("GET", "jobs/policy"), kept);

  await policy.getByLabel("Rate").fill("0");
  await policy.getByLabel("Jobs go on").selectOption("by questions");
  await policy.getByLabel("Says SCHEDULED to").fill("3");
  await axe(page);
  await screenshots(page, "jobs-policy");
  await policy.getByRole("button", { name: "Set" }).click();
  await eventually(() => control("GET", "jobs/policy"), { ...kept, rate: 0, polls: { scheduled: 3, running: 2 } });
  await policy.getByLabel("Jobs go on").selectOption("by themselves");
  await policy.getByRole("button", { name: "Set" }).click();
  await eventually(async () => (await control("GET", "jobs/policy")).polls, null);

  await control("PATCH", "jobs/policy", { hold: true }); // of which no event tells, but that a job is new
  await schedule();
  await eventually(() => hold.isChecked(), true);
});

test("a job has an address, with a way to the request that made it and to all others", async rig => {
  const { page } = rig;
  const { schedule, url } = await enter(rig, HELD);
  const [first, second] = [await schedule(), await schedule(SAME)];
  await rig.open(`#/jobs/${first}`, url);
  await page.reload();
  await detail(page).getByRole("heading", { name: `Job ${first}` }).waitFor();
  assert.equal(await detail(page).getByRole("link", { name: "the one that made it" }).getAttribute("href"), `#/requests?q=${first}`);

  await page.keyboard.press("Escape");
  await page.waitForURL(/#\/jobs$/);
  await page.getByRole("link", { name: second }).focus();
  await page.keyboard.press("Enter");
  await eventually(() => page.evaluate(() => document.activeElement.innerText), `Job ${second}`);
  await page.keyboard.press("Escape");
  await eventually(() => page.evaluate(() => document.activeElement.innerText), second);

  for (const id of ["1", "policy", "..%2Fclock", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"]) {
    await rig.open(`#/jobs/${id}`, url);
    await detail(page).getByText("there is no such job").waitFor();
  }
  await axe(page);
});

test("an answer that is late is not shown in the place of another job", async rig => {
  const { page } = rig;
  const { schedule, control } = await enter(rig, HELD);
  const [slow, other] = [await schedule(STATES, { Lead_Status: "Contacted" }), await schedule(SAME)];
  await control("POST", `jobs/${slow}/step`, { records: 4 });
  let goOn;
  const held = new Promise(done => { goOn = done; });
  await page.route(`**/_crmock/jobs/${slow}?*`, async route => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(`**/_crmock/jobs/${slow}?*`);
  await page.getByRole("link", { name: slow }).click();
  const answered = (await asked).response();
  await page.getByRole("link", { name: other }).click();
  await detail(page).getByRole("heading", { name: `Job ${other}` }).waitFor();
  goOn();
  await answered;
  await button(page, "Step").click();
  await eventually(() => counts(detail(page)), "10 updated, 0 failed, 40 not updated");
  assert.equal(await refused(page).count(), 0); // that is seen
  assert.equal(await detail(page).getByRole("heading").first().innerText(), `Job ${other}`);
});

test("an answer that comes after what followed is no step back", async rig => {
  const { page } = rig;
  const { schedule, job } = await enter(rig, HELD);
  const id = await schedule();
  await page.getByRole("link", { name: id }).click();
  await button(page, "Step").waitFor();
  const json = await job(id);
  await page.evaluate(() => { // both in one frame
    const { parse } = JSON;
    Object.assign(window, { told: [], held: [], requestAnimationFrame: frame => window.held.push(frame) });
    JSON.parse = text => {
      const value = parse(text);
      window.told.push(value.status);
      return value;
    };
  });
  const told = () => page.evaluate(() => window.told.at(-1));
  await page.route("**/release", async route => {
    await route.fetch();
    await eventually(told, "COMPLETED");
    await route.fulfill({ json });
  });
  await button(page, "Release").click();
  await eventually(told, "SCHEDULED");
  await page.evaluate(() => window.held.splice(0).forEach(show => show()));
  await eventually(() => counts(detail(page)), "50 updated, 0 failed, 0 not updated");
  assert.equal(await counts(row(page, id)), "50 updated, 0 failed, 0 not updated");
});

test("values are texts, whatever is in them", async rig => {
  const { page } = rig;
  const { schedule } = await enter(rig, HELD);
  const evil = "<img src=x onerror=\"document.title='pwned'\">\u202e{{7*7}}\u0007";
  const long = await schedule(SAME, { Company: "<script>".repeat(25) });
  await page.getByRole("link", { name: long }).click();
  await detail(page).getByText("<script><script>").waitFor();
  const id = await schedule(FIFTY, { City: evil });
  await page.getByRole("link", { name: id }).click();
  await detail(page).getByText("onerror").waitFor();
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.equal(await page.title(), "Jobs · crmock");
  await axe(page);
  await screenshots(page, "jobs-hostile");
});

test("a reset takes all jobs away, also the one that is shown", async rig => {
  const { page } = rig;
  const { control, schedule } = await enter(rig, HELD);
  const id = await schedule();
  await control("POST", "snapshots", { name: "before" });
  await page.getByRole("link", { name: id }).click();
  await button(page, "Step").click();
  await eventually(() => far(row(page, id)), [10, 50]);
  await control("POST", "snapshots/before/restore");
  await eventually(() => far(row(page, id)), [0, 50]);
  await eventually(() => counts(detail(page)), "0 updated, 0 failed, 50 not updated");
  await control("POST", "reset");
  await page.getByText("No job yet").waitFor();
  await detail(page).getByText("there is no such job").waitFor();
});

test("the newest hundred of many jobs are in the page, and older ones when they are asked for", async rig => {
  const { page } = rig;
  const views = Array.from({ length: 103 }, (_, n) => ({ id: String(9001 + n), module: "Deals", name: `View ${n}`,
    criteria: { field: { api_name: "Deal_Name" }, comparator: "not_equal", value: "none" } }));
  const { control, schedule } = await enter(rig, { ...HELD, fixtures: { views } });
  await Promise.all(views.map(({ id }) => schedule(id, { Lead_Source: "Chat" }, "Deals")));
  const all = (await control("GET", "jobs?limit=1000")).jobs.map(job => job.id).reverse();
  await eventually(() => ids(page), all.slice(0, 100));
  await page.getByRole("button", { name: "Show older ones" }).click();
  await eventually(() => ids(page), all);
  assert.equal(await page.getByRole("button", { name: "Show older ones" }).isVisible(), false);
  await page.reload();
  await eventually(() => ids(page), all.slice(0, 100));
});

// A way to the server that can be cut, and mended.
async function way(server) {
  const sockets = new Set();
  let isCut = false;
  const between = createServer(client => {
    if (isCut)
      return client.destroy();
    const { hostname, port } = new URL(server.url);
    const far = connect(port, hostname);
    for (const [from, to] of [[client, far], [far, client]]) {
      sockets.add(from);
      from.pipe(to).on("error", () => {});
      from.on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(between, "listening");
  return {
    url: `http://127.0.0.1:${between.address().port}`,
    cut() { isCut = true; sockets.forEach(socket => socket.destroy()); },
    mend() { isCut = false; },
    end() { this.cut(); between.close(); },
  };
}

test("what was missed while the connection was lost is fetched, in the list and of the job that is shown", async rig => {
  const { page, server, awaits } = rig;
  awaits(/ERR_/);
  const between = await way(server);
  try {
    const { control, schedule, id: sandbox } = await enter({ ...rig, open: async () => {} }, HELD);
    const id = await schedule();
    await rig.open("#/jobs", `${between.url}/_s/${sandbox}`);
    await page.getByRole("link", { name: id }).focus();
    between.cut();
    await page.locator("#state", { hasText: "Not live" }).waitFor();
    await page.keyboard.press("Enter");
    await eventually(() => counts(detail(page)), "0 updated, 0 failed, 50 not updated");
    const missed = await schedule(SAME);
    await control("POST", `jobs/${id}/step`, { records: 5 });
    between.mend();
    await eventually(() => ids(page), [missed, id]);
    assert.deepEqual(await far(row(page, id)), [5, 50]);
    await eventually(() => counts(detail(page)), "5 updated, 0 failed, 45 not updated");
    await page.keyboard.press("Escape");
    await eventually(() => page.evaluate(() => document.activeElement.innerText), id);
  } finally {
    between.end();
  }
});
