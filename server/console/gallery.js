/* The error gallery of the documentation, which crmock carries with it: docs/gallery.md. */

const ROW = /^\| (\w+) \| `(curl .*?)` \| (\d+) \| (?:`(.*)`|\(no body\)) \|$/;
let asked = null;

/* Fetched once. */
function page() {
  asked ??= fetch("console/gallery.md").then(response => {
    if (!response.ok)
      throw new Error(`The gallery was answered ${response.status}.`);
    return response.text();
  });
  asked.catch(() => { asked = null; });
  return asked;
}

/* Its rows, in their order: {row, section, command, status, answer (null: no body)}. */
export async function gallery() {
  const rows = [];
  let section = "";
  for (const line of (await page()).split("\n")) {
    const [, row, command, status, answer] = ROW.exec(line) ?? [];
    if (line.startsWith("## "))
      section = line.slice(3);
    if (row)
      rows.push({ row, section, command, status: Number(status), answer: answer ? JSON.parse(answer) : null });
  }
  return rows;
}

/* What stands beside the tables about a row, by its name or as one of several ("H1 to H7"): paragraphs of Markdown. */
export async function paragraphsAbout(row) {
  const [, letter, number] = /^([A-Z])(\d+)$/.exec(row) ?? [];
  const isAbout = ([, first, from, to = from]) => first === letter && Number(from) <= Number(number) && Number(number) <= Number(to);
  const paragraphs = (await page()).split(/\n\n+/).filter(text => /^[^#|]/.test(text));
  return paragraphs.filter(text => [...text.matchAll(/\b([A-Z])(\d+)\b(?: to [A-Z](\d+)\b)?/g)].some(isAbout));
}

/* The address that the lines of the documentation name. */
export const DOCUMENTED = "http://127.0.0.1:8080";
