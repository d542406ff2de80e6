// Alerts: those that are open, then those that have cleared, and which of them no webhook has heard of.

import { counted } from "../counted.js";
import { el, foldable } from "../dom.js";
import { badge, time, undelivered } from "./words.js";

/** Return the section of a capstone's alerts. */
export function alerts(found) {
  const open = found.alerts.filter((alert) => !alert.cleared_at);
  const cleared = found.alerts.filter((alert) => alert.cleared_at);
  return el(
    "section",
    { class: "card", "aria-label": "Alerts" },
    el("div", { class: "head" }, el("h3", {}, "Alerts"), badge(`${open.length} open`, open.length ? "bad" : "good")),
    undelivered(found),
    open.length ? list(open) : el("p", { class: "hint" }, "No condition holds."),
    cleared.length ? foldable(`${counted(cleared.length, "alert")} cleared`, {}, list(cleared)) : null,
  );
}

function list(found) {
  return el("ul", { class: "alerts" }, found.map(item));
}

/** Return whether a link leads to another page: what alerts at first leads here. */
function leads(link) {
  return /^https?:/.test(link) && link.split("#")[0] !== location.href.split("#")[0];
}

function item(alert) {
  const facts = [el("span", {}, "since ", time(alert.since)), el("span", {}, "alerted ", time(alert.opened_at))];
  if (alert.cleared_at) facts.push(el("span", {}, "cleared ", time(alert.cleared_at)));
  if (leads(alert.link)) facts.push(el("a", { href: alert.link }, "more"));
  return el(
    "li",
    {},
    el("div", {}, badge(alert.severity, alert.severity === "critical" ? "bad" : "warn"), " ", alert.message),
    el("div", { class: "hint" }, facts),
    undelivered(alert),
  );
}
