// Server-sent events out of a stream of bytes.

/** Yield {type, data} for each event of a response's body, however its bytes are cut. */
export async function* events(body) {
  let event = { type: "message", data: [] };
  for await (const line of lines(body)) {
    if (line === "") {
      if (event.data.length) yield { type: event.type, data: event.data.join("\n") };
      event = { type: "message", data: [] };
      continue;
    }
    const [, field, value] = line.match(/^([^:]*):? ?(.*)$/s);
    if (field === "event") event.type = value;
    if (field === "data") event.data.push(value);
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const found = (rest + value).split(/\r\n|\n|\r(?!$)/); // a last \r may be the first half of \r\n
      rest = found.pop();
      yield* found;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
