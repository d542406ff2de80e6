// Times, numbers and names as the console writes them.

import { counted } from "../counted.js";
import { el } from "../dom.js";

/** Return an instant, ISO 8601, to the minute; a day alone stays one. */
export function moment(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString().slice(0, 16).replace("T", " ");
}

/** The same as an element that machines can read. */
export function time(text) {
  return text ? el("time", { datetime: text }, moment(text)) : "";
}

export function short(number) {
  if (number === null || number === undefined) return "";
  const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(number);
  return (number !== 0 && Math.abs(number) < 1e-4 ? number.toExponential(1) : digits).replace("-", "−");
}

export function whole(number) {
  return new Intl.NumberFormat("en").format(number);
}

/** Return which alerts have not reached a webhook, or null. */
export function undelivered({ waiting, lost }) {
  const parts = [];
  if (waiting) parts.push(`${counted(waiting, "message")} to webhooks still waiting.`);
  if (lost) parts.push(`${counted(lost, "message")} given up: a webhook is dead.`);
  return parts.length ? el("p", { class: "problem" }, parts.join(" ")) : null;
}

/** Return a label in a colour of its kind. */
export function badge(text, kind) {
  return el("span", { class: `badge ${kind}` }, text);
}

/** Return badges that say how a capstone does. */
export function state(one) {
  const found = [];
  if (one.critical) found.push(badge(counted(one.critical, "critical alert"), "bad"));
  if (one.open > one.critical) found.push(badge(counted(one.open - one.critical, "alert"), "warn"));
  if (one.held) found.push(badge(`circle ${one.held.kind}`, "warn"));
  if (one.lost) found.push(badge("webhook dead", "bad"));
  if (!one.look) found.push(badge("not monitored yet", ""));
  else if (!one.open) found.push(badge("no alert", "good"));
  return found;
}
