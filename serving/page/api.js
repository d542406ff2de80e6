// Asking the server. The token lives in this module only, and ends with the page.

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

export function hasToken() {
  return token !== "";
}

/** Return the path of a verb of V1. */
export function modelPath(name, verb) {
  return `v1/models/${encodeURIComponent(name)}:${verb}`;
}

export function metadataPath(name, version = null) {
  const own = `v2/models/${encodeURIComponent(name)}`;
  return version === null ? own : `${own}/versions/${encodeURIComponent(version)}`;
}

/** Return the JSON answer to a GET or, with a body (JSON text), to a POST. Throws Refused with the server's message. */
export async function ask(path, body = null, headers = {}) {
  const reply = await send(path, body, headers);
  return JSON.parse(await guarded(reply.text()));
}

/** Return the reply to a request, which may still be arriving. Throws Refused. */
export async function send(path, body, headers, signal = null) {
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

/** Return what is thrown when the network fails. */
export function lost(error) {
  return new Refused(0, `The server does not answer (${error.message}).`);
}

function messageOf(text) {
  try {
    const { error } = JSON.parse(text);
    return String(error.message ?? error); // as OpenAI's API has it, or as the others do
  } catch {
    return text.slice(0, 500);
  }
}
