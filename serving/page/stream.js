// Asking for an answer that comes part by part.

import { lost, metadataPath, Refused, send } from "./api.js";
import { events } from "./events.js";

export function streamPath(name) {
  return `${metadataPath(name)}/generate_stream`;
}

/** Yield the parts of a stream as objects. Throws Refused; ends quietly when `signal` is aborted. */
export async function* stream(path, body, headers, signal) {
  try {
    const reply = await send(path, body, headers, signal);
    for await (const { type, data } of events(reply.body)) {
      const part = JSON.parse(data);
      if (type === "error") throw new Refused(0, part.error);
      yield part;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof Refused ? error : lost(error);
  }
}
