// A request as a shell command.

import { hasToken } from "./api.js";

/** Return the shell command that asks the same; a token is left to the reader's environment. */
export function curl({ path, body, headers, streamed }) {
  const parts = [`curl ${streamed ? "-N " : ""}${quote(new URL(path, document.baseURI).href)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (hasToken()) parts.push('-H "Authorization: Bearer $CAPSTAN_TOKEN"');
  return [...parts, `-d ${quote(body)}`].join(" \\\n  ");
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
