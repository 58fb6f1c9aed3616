/* The events of a sandbox, by fetch: an EventSource cannot send the control token. */

const RETRY_FIRST = 250, RETRY_MAX = 4000; // milliseconds

/* Reads one stream to its end. */
async function read(control, signal, begun, event) {
  const response = await fetch(control.url("events"), { headers: control.headers(), signal, credentials: "omit" });
  if (!response.ok) {
    const { error } = await response.json();
    throw Object.assign(new Error(error), { status: response.status });
  }
  begun();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = "", part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (rest + part.value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, kind, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (kind)
        event(kind, JSON.parse(data));
    }
  }
}

const pause = (milliseconds, signal) => new Promise(done => {
  const timer = setTimeout(done, milliseconds);
  signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
});

/* Listens until the signal: event(kind, object) for each, state("live"), or state("lost", why, its HTTP status) and again after a pause. */
export async function listen(control, signal, event, state) {
  for (let wait = RETRY_FIRST; !signal.aborted; wait = Math.min(wait * 2, RETRY_MAX)) {
    let why = "the connection was lost", status;
    try {
      await read(control, signal, () => { wait = RETRY_FIRST; state("live"); }, event);
    } catch (error) {
      ({ status } = error);
      why = status ? error.message : why;
      if (status === 401)
        control.refused();
    }
    if (signal.aborted)
      return;
    state("lost", why, status);
    await pause(wait, signal);
  }
}
