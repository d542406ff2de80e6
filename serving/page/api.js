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

export function modelPath(name, verb = null) {
  return verb ? `v1/models/${encodeURIComponent(name)}:${verb}` : `v2/models/${encodeURIComponent(name)}`;
}

/** Return the JSON answer to a GET or, with a body (JSON text), to a POST. Throws Refused with the server's message. */
export async function ask(path, body = null, headers = {}) {
  const bearer = token ? { authorization: `Bearer ${token}` } : {};
  const options = body === null ? {} : { method: "POST", body };
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { ...headers, ...bearer }, cache: "no-store" });
  } catch (error) {
    throw new Refused(0, `The server does not answer (${error.message}).`);
  }
  const text = await reply.text();
  if (reply.ok) return JSON.parse(text);
  throw new Refused(reply.status, messageOf(text) || reply.statusText);
}

/** Return the shell command that asks the same; a token is left to the reader's environment. */
export function curl(path, body, headers) {
  const parts = [`curl ${quote(new URL(path, document.baseURI).href)}`];
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
