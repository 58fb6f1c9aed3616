// What these tests rest upon: trouble fails a test. Their page is an answer of the control API.
import { assert, axe, eventually, frames, runTest, test } from "./rig.mjs";
import { startServer } from "./server.mjs";

// What a test has its page do, and what is then wrong with it.
const TROUBLES = {
  "a warning": [() => console.warn("careful"), /^console warning: careful/],
  "an error": [() => console.error("broken"), /^console error: broken/],
  "an assertion": [() => console.assert(false, "untrue"), /^console assert: untrue/],
  "an error that nobody caught": [() => { setTimeout(() => { throw new Error("thrown"); }); }, /^not caught: Error: thrown/],
  "an answer that refuses": [() => fetch("nothing"), /^console error: Failed to load resource: .* status of 404/],
  "a host that is not there": [() => fetch("http://crmock.invalid/").catch(() => {}), /^request failed: net::ERR_NAME_NOT_RESOLVED/],
  "another origin": [() => fetch("http://localhost:9/").catch(() => {}), /^another origin: http:\/\/localhost:9\/$/],
};

const BARRIER = `<!DOCTYPE html><html lang="en"><title>A page</title>
  <style>p { color: black; background: white } @media (prefers-color-scheme: dark) { p { color: #eee } }</style><p>Text</p>`;

// What is wrong with a test that does this.
const faultsOf = (page, server, run) => runTest(page.context().browser(), server, { run });

test("trouble fails a test that does not await it", async ({ page, server }) => {
  const attempt = (...patterns) => faultsOf(page, server, async ({ page, open, awaits }) => {
    awaits(...patterns);
    await open("info");
    for (const [trouble] of Object.values(TROUBLES)) await page.evaluate(trouble);
  });
  const faults = await attempt();
  const unseen = Object.keys(TROUBLES).filter(name => !faults.some(text => TROUBLES[name][1].test(text)));
  assert.deepEqual(unseen, [], faults.join("\n"));
  assert.deepEqual(await attempt(/./s), []);
});

test("a test fails by itself, by a promise that it left alone, and by what it awaited in vain", async ({ page, server }) => {
  const faults = await faultsOf(page, server, async ({ awaits }) => {
    awaits(/never/);
    Promise.reject(new Error("left alone"));
    await Promise.reject(new Error("by itself"));
  });
  const heads = faults.map(text => text.split("\n")[0]);
  assert.deepEqual(heads, ["Error: by itself", "Error: left alone", "awaited, and did not come: /never/"]);
});

test("a barrier is found in the looks that have it", async ({ page, open }) => {
  await open("info");
  await page.setContent(BARRIER);
  const found = await axe(page).then(() => "", error => error.message);
  assert.match(found, /wide-dark: color-contrast/);
  assert.doesNotMatch(found, /light/);
  await page.evaluate(() => document.querySelector("style").remove());
  await axe(page);
});

test("long frames show", async ({ page, open }) => {
  await open("info");
  const times = await frames(page, () => page.evaluate(() => new Promise(done => {
    requestAnimationFrame(() => {
      const start = performance.now();
      while (performance.now() - start < 300);
      requestAnimationFrame(() => requestAnimationFrame(done));
    });
  })));
  assert(Math.max(...times) >= 290 && Math.min(...times) > 0, times.join(" "));
});

test("a server that does not start, or does not end in order, is told", async () => {
  await assert.rejects(startServer(["--no-such-option"]), /did not start: .*no-such-option/s);
  const server = await startServer();
  process.kill(server.pid, "SIGKILL");
  await assert.rejects(server.stop(), /ended with SIGKILL/);
});

const GUARDED = { server: ["--control-token", "right"] };

test("a refused control call is told, and the token of the options is sent", GUARDED, async ({ server }) => {
  await server.control("PUT", "/_crmock/clock", { now: "2026-01-31T09:30:00Z" });
  await eventually(async () => (await server.control("GET", "/_crmock/clock")).mode, "fixed");
  assert.equal(await server.control("DELETE", "/_crmock/sandboxes"), null);
  await assert.rejects(server.control("GET", "/_crmock/nothing"), /GET \/_crmock\/nothing: 404/);
  assert.equal((await server.send("GET", "/crm/v8/org")).status, 200);
});
