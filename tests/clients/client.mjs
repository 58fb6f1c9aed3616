// One request by Node's fetch. usage: client.mjs METHOD URL BODY SECONDS [FIRST]
// Prints a line of JSON: what came of it. With FIRST, that is fetched before, over the same connection.
import { setImmediate } from "node:timers/promises";

const [method, url, body, seconds, first] = process.argv.slice(2);
const headers = { Authorization: "Zoho-oauthtoken 1000.crmock.admin" };
const told = { outcome: "error", status: null, body: null, error: null };

if (first) {
  await (await fetch(first, { headers })).text();
  await setImmediate(); // only then is its connection free for the next
}
const signal = AbortSignal.timeout(seconds * 1000);
try {
  const answer = await fetch(url, { method, headers, body: body || undefined, signal });
  told.status = answer.status;
  told.body = await answer.text();
  if (answer.ok)
    JSON.parse(told.body);
  told.outcome = "answer";
} catch (error) {
  const seen = signal.aborted ? signal.reason : error; // Node.js 18 says AbortError when the body was on its way
  const cause = seen.cause ?? {};
  told.error = { name: cause.code ?? seen.name, message: [seen.message, cause.message].filter(Boolean).join(": ") };
}
console.log(JSON.stringify(told));
