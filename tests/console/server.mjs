// Drives a crmock process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CRMOCK = process.env.CRMOCK ?? fileURLToPath(new URL("../../build/crmock", import.meta.url));
const TOKEN = "1000.crmock.admin";
const CACHE = mkdtempSync(join(tmpdir(), "crmock-console-"));
process.on("exit", () => rmSync(CACHE, { recursive: true }));

// Starts crmock with these options, and waits until it is ready. Who starts it stops it; at the latest it ends with this process.
export async function startServer(options = []) {
  const child = spawn(CRMOCK, ["--port", "0", "--log-level", "warning", "--cache", CACHE, "--exit-with-stdin", ...options]);
  const ended = once(child, "close");
  const server = new Server(child, ended, options);
  child.stderr.setEncoding("utf8").on("data", text => { server.log += text; });
  const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended.then(() => [""])]);
  if (!line.startsWith("crmock listening on ")) throw new Error(`crmock ${options.join(" ")} did not start: ${server.log}`);
  server.url = line.split(" ").at(-1);
  return server;
}

class Server {
  #child;
  #ended;
  #authorization;
  log = ""; // what it has written to standard error

  constructor(child, ended, options) {
    this.#child = child;
    this.#ended = ended;
    const place = options.indexOf("--control-token");
    this.#authorization = place < 0 ? {} : { Authorization: `Bearer ${options[place + 1]}` };
  }

  get pid() {
    return this.#child.pid;
  }

  // A call of the control API, which must not be refused; its answer's JSON, null where there is none.
  async control(method, path, body) {
    const answer = await this.#request(method, path, body, this.#authorization);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  // A request of a client of the service; the answer, whatever it is, as fetch has it.
  send(method, path, body, token = TOKEN) {
    return this.#request(method, path, body, { Authorization: `Zoho-oauthtoken ${token}` });
  }

  #request(method, path, body, headers) {
    return fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
  }

  // Stops it; it must end in order.
  async stop() {
    this.#child.kill("SIGTERM");
    const [status, signal] = await this.#ended;
    if (status !== 0) throw new Error(`crmock ended with ${status ?? signal}: ${this.log}`);
  }
}
