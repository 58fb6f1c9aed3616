// The console's frame: its page, the way to each view, the sandbox, the control token.
import { NARROW, assert, axe, eventually, screenshots, test } from "./rig.mjs";
import { startServer } from "./server.mjs";

const VIEWS = ["requests", "jobs", "records", "try", "steer", "connect"];
const GUARDED = { server: ["--control-token", "right"] };
const links = page => page.getByRole("navigation").getByRole("link");
const chosen = page => page.getByRole("combobox", { name: "Sandbox" }).inputValue();

test("the page is there, with a way to each view", async ({ page, open }) => {
  const answer = await open();
  assert.equal(answer.status(), 200);
  const addresses = () => links(page).evaluateAll(links => links.map(link => link.getAttribute("href").split("?")[0]));
  await eventually(addresses, VIEWS.map(view => `#/${view}`));
  await eventually(() => page.getByRole("main").count(), 1);
});

VIEWS.forEach((view, n) => {
  test(`${view} has an address, no barriers, and fits on a narrow screen`, async ({ page, open }) => {
    await open();
    await links(page).nth(n).click();
    await page.waitForURL(new RegExp(`/_crmock/#/${view}\\b`));
    await page.reload();
    await page.getByRole("main").getByRole("heading").first().waitFor();
    await axe(page);
    await screenshots(page, view);
    await page.setViewportSize(NARROW);
    await eventually(() => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true);
  });
});

test("below a sandbox's address that sandbox is chosen", async ({ page, server, open }) => {
  const { url } = await server.control("POST", "/_crmock/sandboxes", { id: "one" });
  await open("", url);
  await eventually(() => chosen(page), "one");
  await open();
  await eventually(() => chosen(page), "main");
});

test("the page asks for the control token, and keeps it for the session", GUARDED, async ({ page, open, awaits }) => {
  awaits(/status of 401/);
  const token = page.getByLabel("Token");
  await open();
  await token.fill("right");
  await page.keyboard.press("Enter");
  await eventually(() => chosen(page), "main");
  assert((await page.evaluate(() => Object.values(sessionStorage))).includes("right"));
  await page.reload();
  await eventually(() => chosen(page), "main");
  assert.equal(await token.isVisible(), false);
});

test("a refusal that comes late does not take the control token away", GUARDED, async ({ page, open, awaits }) => {
  awaits(/status of 401/);
  let letGo;
  const given = new Promise(done => { letGo = done; });
  await page.route("**/_crmock/sandboxes?*", route => given.then(() => route.continue()), { times: 1 });
  await open();
  await page.getByLabel("Token").fill("right");
  await page.keyboard.press("Enter");
  await eventually(() => chosen(page), "main");
  const late = page.waitForResponse(response => response.status() === 401);
  letGo();
  await (await late).finished();
  await page.reload();
  await eventually(() => chosen(page), "main");
  await page.getByRole("main").getByRole("heading", { name: "Requests", exact: true }).waitFor();
});

test("the choice has a sandbox that was made while another is shown", async ({ page, server, open }) => {
  await server.control("POST", "/_crmock/sandboxes", { id: "shown" });
  await open("#/requests?sandbox=shown");
  await eventually(() => chosen(page), "shown");
  await server.control("POST", "/_crmock/sandboxes", { id: "later" });
  const choice = page.getByRole("combobox", { name: "Sandbox" });
  await choice.focus();
  await eventually(async () => (await choice.getByRole("option").allInnerTexts()).includes("later"), true);
  await choice.selectOption("later");
  await eventually(() => page.url().includes("sandbox=later"), true);
});

/* Milliseconds from the begin of the navigation. */
const firstPaint = async page => {
  const painted = () => page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  await eventually(async () => await painted() !== null, true);
  return Math.round(await painted());
};

test("it is painted before its scripts have asked for anything", async ({ page, open }) => {
  const body = "<link rel=icon href=console/icon.svg>a word";
  await page.route("**/_crmock/word", route => route.fulfill({ contentType: "text/html", body }));
  await open("word");
  const word = await firstPaint(page);
  await page.route("**/_crmock/console/main.js", () => {}); // never answered
  void open().catch(() => {}); // is not loaded to its end
  await page.getByRole("link", { name: "crmock" }).waitFor();
  console.log(`# first paint after ${await firstPaint(page)} ms, that of a word alone after ${word} ms`);
});

test("what is no id of a sandbox is told, and nothing is asked in its name", async ({ page, open }) => {
  const asked = [];
  page.on("request", request => asked.push(request.url()));
  for (const id of ["..", ".", "a'(b)!", "x".repeat(5000)]) {
    await open(`#/steer/faults?sandbox=${encodeURIComponent(id)}`);
    await page.getByText("That is no sandbox's id").waitFor();
    await page.getByRole("link", { name: "Go to main" }).waitFor();
    await page.goto("about:blank");
  }
  assert.deepEqual(asked.filter(url => /_crmock\/(faults|events|sandboxes)/.test(url)), []);
});

test("a view that was left while it loads takes nothing over", async ({ page, open }) => {
  let letGo;
  const given = new Promise(done => { letGo = done; });
  await page.route("**/console/gallery.md", route => given.then(() => route.continue()));
  const asked = page.waitForRequest("**/console/gallery.md");
  await open("#/try");
  await asked;
  await links(page).nth(4).click();
  await page.getByRole("heading", { name: "Steer" }).waitFor();
  const late = page.waitForResponse("**/console/gallery.md");
  letGo();
  await (await late).finished();
  await page.getByRole("link", { name: "Limits" }).first().click();
  await eventually(() => links(page).nth(4).getAttribute("aria-current"), "page");
  await page.getByRole("button", { name: "As the service" }).waitFor();
  assert(page.url().includes("#/steer/limits"));
});

test("a page of a sandbox that is dropped leads to main", async ({ page, server, open, awaits }) => {
  awaits(/status of 404/);
  const { url } = await server.control("POST", "/_crmock/sandboxes", { id: "gone" });
  await open("", url);
  await eventually(() => chosen(page), "gone");
  await server.control("DELETE", "/_crmock/sandboxes/gone");
  await page.getByRole("link", { name: "Go to main" }).click();
  await eventually(() => chosen(page), "main");
  await page.getByText("Nothing has been asked yet").waitFor();
});

test("another crmock at the same place is begun anew, also for a view that could not be opened", async ({ page, open, awaits }) => {
  awaits(/ERR_CONNECTION|Failed to (load|fetch)|net::/);
  const first = await startServer([]);
  await open("#/records/Leads", first.url);
  await page.getByRole("row").nth(1).waitFor();
  await first.stop();
  await page.getByText("Not live", { exact: true }).waitFor();
  await links(page).nth(1).click();
  await page.getByRole("alert").waitFor();
  const second = await startServer(["--port", new URL(first.url).port]);
  await page.getByText("No job yet").waitFor();
  await second.stop();
});

test("a token that no header can have is refused by the form", GUARDED, async ({ page, open, awaits }) => {
  awaits(/status of 401/);
  await open();
  await page.getByLabel("Token").fill("t\u00fck\u20ac");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByLabel("Token").evaluate(input => input.validity.patternMismatch), true);
  await page.getByLabel("Token").fill("right");
  await page.keyboard.press("Enter");
  await eventually(() => chosen(page), "main");
});
