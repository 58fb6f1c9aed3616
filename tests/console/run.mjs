// Runs the tests of the console, file by file, in one browser; see rig.mjs.
//
// usage: run.mjs [VIEW...]
//
// Without VIEW all are run. $CRMOCK is the program, build/crmock without it. Ends with a line "N passed, N failed".
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { FOLDER, launchBrowser, runTest, takeTests } from "./rig.mjs";
import { startServer } from "./server.mjs";

const counts = { passed: 0, failed: 0 };

function count(name, started, faults) {
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  counts[faults.length ? "failed" : "passed"] += 1;
  console.log([`${faults.length ? "-" : "+"} ${name} (${seconds} s)`, ...faults].join("\n").replaceAll("\n", "\n    "));
}

async function runFile(view, browser) {
  const servers = new Map(); // by their options
  const serverOf = options => {
    const key = JSON.stringify(options);
    if (!servers.has(key)) servers.set(key, startServer(options));
    return servers.get(key);
  };
  await import(`./test_${view}.mjs`);
  const tests = takeTests();
  if (!tests.length) throw new Error("no tests");
  for (const test of tests) {
    const started = Date.now();
    const picture = join(FOLDER, `failed-${view}-${test.name.replace(/\W+/g, "-")}.png`);
    rmSync(picture, { force: true });
    const faults = await serverOf(test.server).then(server => runTest(browser, server, test, picture), error => [error.stack]);
    count(`${view}: ${test.name}`, started, faults);
  }
  for (const server of servers.values()) await server.then(started => started.stop(), () => {}); // who did not start was told
}

function viewsThatAreChosen() {
  const views = readdirSync(new URL(".", import.meta.url)).flatMap(file => file.match(/^test_(.*)\.mjs$/)?.[1] ?? []);
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter(view => !views.includes(view));
  if (unknown.length) throw new Error(`no tests of ${unknown.join(", ")}; there are those of ${views.join(", ")}`);
  return chosen.length ? chosen : views;
}

const views = viewsThatAreChosen();
const browser = await launchBrowser();
for (const view of views) {
  const started = Date.now();
  await runFile(view, browser).catch(error => count(`${view}: the file`, started, [error.stack]));
}
await browser.close();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0); // servers that failed tests have left end with it
