// The console's pages in a real browser. A file test_VIEW.mjs has the tests of a view:
//
//     import { assert, axe, eventually, screenshots, test } from "./rig.mjs";
//
//     test("a job that is held is stepped", async ({ page, server, open }) => {
//         const sandbox = await server.control("POST", "/_crmock/sandboxes", { jobs: { hold: true } });
//         await server.send("POST", "/crm/v8/Leads/actions/mass_update", { data, cvid }, sandbox.access_token);
//         await open("#/jobs", sandbox.url);
//         await page.getByRole("button", { name: "Step" }).click();
//         await eventually(() => page.getByRole("status").innerText(), "10 of 50");
//         await axe(page);
//         await screenshots(page, "jobs-stepped");
//     });
//
//     test("a wrong token is told", { server: ["--control-token", "right"], page: { colorScheme: "dark" } }, async ({ open, awaits }) => {
//         awaits(/status of 401/);
//         ...
//     });
//
// Each test has a page of its own (of Playwright), and a server that it shares with those of its file that ask for the same options:
// a world of its own is a sandbox, and one that stops its server starts it by startServer. A test fails as well when there was trouble
// that it did not await: a console message of level warning or error, an error that nobody caught, a request that failed, or one to an
// origin that it did not open. What it awaits must come.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, stripVTControlCharacters } from "node:util";

export { assert };
export const FOLDER = fileURLToPath(new URL("../../build/console/", import.meta.url)); // of node_modules and screenshots
export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 360, height: 740 };

// How long a condition may take to come true, and a whole test, in milliseconds. Never times that are waited for.
const PATIENCE = 300_000;
const LIMIT = 600_000;
const POLL = 20;
const LEVELS = ["warning", "error", "assert"];
const IMPACTS = ["serious", "critical"];
const LOOKS = Object.entries({ wide: WIDE, narrow: NARROW }).flatMap(([size, viewport]) =>
  ["light", "dark"].map(colorScheme => ({ name: `${size}-${colorScheme}`, viewport, colorScheme })));

const require = createRequire(join(FOLDER, "package.json"));
const { chromium } = require("playwright-core");
const registered = [];
const strays = []; // errors of promises that nobody awaited
process.on("unhandledRejection", error => strays.push(error));

// Registers a test. options: server, its options; page, those of Playwright's newContext, on a wide screen without motion unless said.
export function test(name, options, run) {
  registered.push(run ? { name, server: [], page: {}, ...options, run } : { name, server: [], page: {}, run: options });
}

// The tests that were registered since it was asked last.
export const takeTests = () => registered.splice(0);

// Debian's Chromium, without a screen. Nothing of it goes out.
export const launchBrowser = () => chromium.launch({
  executablePath: "/usr/bin/chromium",
  chromiumSandbox: process.getuid() !== 0,
  args: ["--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
});

// Runs a test on a new page; what is wrong, one text each: none when it has passed. picture: a file for the page of one that fails.
export async function runTest(browser, server, { page: options, run }, picture) {
  const context = await browser.newContext({ viewport: WIDE, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE);
  const origins = new Set();
  const troubles = watch(context, origins);
  const awaited = [];
  const faults = [];
  const note = error => faults.push(stripVTControlCharacters(error.stack ?? String(error)));
  const page = await context.newPage();
  const open = (hash = "", url = server.url) => {
    origins.add(new URL(url).origin);
    return page.goto(`${url}/_crmock/${hash}`);
  };
  const awaits = (...patterns) => awaited.push(...patterns);
  try {
    await limited(run({ page, server, open, awaits }));
  } catch (error) {
    note(error);
    await page.screenshot({ path: picture }).catch(note);
  }
  await context.close();
  strays.splice(0).forEach(note);
  return [...faults, ...unexpected(troubles, awaited)];
}

function limited(work) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(reject, LIMIT, new Error(`not done after ${LIMIT} ms`)); });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

// The trouble on all pages of a context, as it comes.
function watch(context, origins) {
  const troubles = [];
  context.on("console", message => {
    if (LEVELS.includes(message.type())) troubles.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", event => troubles.push(`not caught: ${event.error().stack ?? event.error()}`));
  context.on("requestfailed", request => {
    const reason = request.failure().errorText;
    if (reason !== "net::ERR_ABORTED") troubles.push(`request failed: ${reason} (${request.url()})`); // aborted: by the page itself
  });
  context.on("request", request => {
    if (!origins.has(new URL(request.url()).origin)) troubles.push(`another origin: ${request.url()}`);
  });
  return troubles;
}

function unexpected(troubles, awaited) {
  const missing = awaited.filter(pattern => !troubles.some(trouble => pattern.test(trouble)));
  const other = troubles.filter(trouble => !awaited.some(pattern => pattern.test(trouble)));
  return [...missing.map(pattern => `awaited, and did not come: ${pattern}`), ...other];
}

// Waits until what is read equals what is expected.
export async function eventually(read, expected) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const seen = await read();
    if (isDeepStrictEqual(seen, expected)) return;
    if (Date.now() > deadline) assert.deepEqual(seen, expected);
    await pause(POLL);
  }
}

// Does something on the page in each of the looks, then gives it back its own.
async function inEachLook(page, work) {
  const viewport = page.viewportSize();
  const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  for (const look of [...LOOKS, { viewport, colorScheme: isDark ? "dark" : "light" }]) {
    await page.setViewportSize(look.viewport);
    await page.emulateMedia({ colorScheme: look.colorScheme });
    if (look.name) await work(look);
  }
}

// Fails if axe-core finds a serious or critical barrier, in any of the looks.
export async function axe(page) {
  await page.evaluate(require("axe-core").source);
  const found = [];
  await inEachLook(page, async ({ name }) => {
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    found.push(...violations.filter(({ impact }) => IMPACTS.includes(impact)).flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${name}: ${id}: ${html}: ${failureSummary}`)));
  });
  assert.deepEqual(found, []);
}

// What the page looks like, wide and narrow, light and dark: build/console/NAME-wide-light.png and so on.
export const screenshots = (page, name) =>
  inEachLook(page, look => page.screenshot({ path: join(FOLDER, `${name}-${look.name}.png`) }));

// The times between the frames of the page while something is done, in milliseconds.
export async function frames(page, work) {
  const recorder = await page.evaluateHandle(() => {
    const recorder = { times: [], goes: true };
    const note = now => {
      recorder.times.push(now);
      if (recorder.goes) requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    return recorder;
  });
  await work();
  const times = await recorder.evaluate(recorder => {
    recorder.goes = false;
    return recorder.times;
  });
  return times.slice(1).map((time, n) => time - times[n]);
}
