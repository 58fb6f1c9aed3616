/* Lines of curl: those of the documentation read, those of a request written. */

/* The words of a line of a shell: quotes and backslashes, no variables. */
export function words(line) {
  const found = [];
  const part = /\s*((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+)/gsy;
  for (const [, word] of line.matchAll(part))
    found.push(word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)/gs, (_, single, double, escaped, plain) =>
      single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? plain));
  return found;
}

const TAKES_NOTHING = new Set(["-s", "-N", "-i", "-G", "-k", "--path-as-is"]);

/* One request of a line, from the words between two --next. */
function requestOf(list) {
  const request = { method: null, url: null, headers: {}, body: null };
  const parts = [];
  for (let i = 0; i < list.length; i++) {
    const word = list[i];
    if (word === "-X" || word === "--request")
      request.method = list[++i];
    else if (word === "-H" || word === "--header") {
      const [name, value] = list[++i].split(/:\s*(.*)/s);
      request.headers[name] = value;
    } else if (word === "-u")
      request.headers.Authorization = `Basic ${btoa(list[++i])}`;
    else if (word === "-d" || word === "--data" || word === "--data-raw" || word === "--data-urlencode")
      parts.push(list[++i]);
    else if (word === "-o")
      i++;
    else if (word.startsWith("-") && !TAKES_NOTHING.has(word))
      throw new Error(`curl's option ${word} is not known here`);
    else if (!word.startsWith("-"))
      request.url = word;
  }
  if (request.url === null)
    throw new Error("the line has no address");
  request.body = parts.length > 0 ? parts.join("&") : null;
  if (request.body !== null && !Object.keys(request.headers).some(name => name.toLowerCase() === "content-type"))
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"; // as curl does
  request.method ??= request.body === null ? "GET" : "POST";
  return request;
}

/* The requests of a line of curl: [{method, url, headers, body (null: none)}]. Fails in words at what it does not know. */
export function readCurl(line) {
  const [command, ...rest] = words(line);
  if (command !== "curl")
    throw new Error("expected a line of curl");
  const lists = [[]];
  for (const word of rest)
    word === "--next" ? lists.push([]) : lists.at(-1).push(word);
  return lists.map(requestOf);
}

/* An address that a line can have without quotes, whatever the page's own is. */
export const plainAddress = address => address.replace(/[^\w\-.~:/%[\]]/g, character => `%${character.charCodeAt(0).toString(16)}`);

/* A word of a shell, whatever is in it. */
export const quote = text => `'${text.replaceAll("'", "'\\''")}'`;

/* A line that sends a request; variables ("$TOKEN") are left to the shell. */
export function writeCurl({ method, url, headers = {}, body = null }) {
  const usual = body === null ? "GET" : "POST";
  return ["curl", ...(method === usual ? [] : ["-X", method]), quote(url),
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", quote(`${name}: ${value}`)]),
    ...(body === null ? [] : [body.startsWith("@") ? "--data-raw" : "-d", quote(body)])].join(" "); // -d @ is a file
}

/* A line for a call of the control API; its token is the shell's to know. */
export function controlCurl(control, method, path, body = null) {
  const url = new URL(control.url(path), location.href).href;
  const line = writeCurl({ method, url, body: body === null ? null : JSON.stringify(body) });
  return control.token ? `${line} -H "Authorization: Bearer $CRMOCK_CONTROL_TOKEN"` : line;
}
