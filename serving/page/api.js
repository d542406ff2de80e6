// Asking the server. The token lives in this module only, and ends with the page.

import { events } from "./events.js";

let token = "";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function useToken(value) {
  token = value;
}

/** Return the path of a verb of V1. */
export function modelPath(name, verb) {
  return `v1/models/${encodeURIComponent(name)}:${verb}`;
}

export function metadataPath(name, version = null) {
  const own = `v2/models/${encodeURIComponent(name)}`;
  return version === null ? own : `${own}/versions/${encodeURIComponent(version)}`;
}

export function streamPath(name) {
  return `${metadataPath(name)}/generate_stream`;
}

/** Return the JSON answer to a GET or, with a body (JSON text), to a POST. Throws Refused with the server's message. */
export async function ask(path, body = null, headers = {}) {
  const reply = await send(path, body, headers);
  return JSON.parse(await guarded(reply.text()));
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

async function send(path, body, headers, signal = null) {
  const bearer = token ? { authorization: `Bearer ${token}` } : {};
  const options = body === null ? {} : { method: "POST", body };
  const reply = await guarded(fetch(path, { ...options, headers: { ...headers, ...bearer }, cache: "no-store", signal }));
  if (reply.ok) return reply;
  throw new Refused(reply.status, messageOf(await guarded(reply.text())) || reply.statusText);
}

/** Wait for the network; say what became of it. */
async function guarded(promise) {
  try {
    return await promise;
  } catch (error) {
    throw lost(error);
  }
}

function lost(error) {
  return new Refused(0, `The server does not answer (${error.message}).`);
}

/** Return the shell command that asks the same; a token is left to the reader's environment. */
export function curl({ path, body, headers, streamed }) {
  const parts = [`curl ${streamed ? "-N " : ""}${quote(new URL(path, document.baseURI).href)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (token) parts.push('-H "Authorization: Bearer $CAPSTAN_TOKEN"');
  return [...parts, `-d ${quote(body)}`].join(" \\\n  ");
}

function messageOf(text) {
  try {
    return String(JSON.parse(text).error);
  } catch {
    return text.slice(0, 500);
  }
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
