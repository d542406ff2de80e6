// The history on a time line, the newest first. What was noticed can be left out: there may be much of it.

import { counted } from "../counted.js";
import { el, foldable } from "../dom.js";
import { time } from "./words.js";

const NOTICED = ["alert", "cleared"];
const GOOD = ["promoted", "resumed", "canary", "shadow", "challenger", "cleared"];
const BAD = ["rolled back", "rejected", "failed", "stopped", "alert"];

/** Return what was decided, without what was only noticed. */
export function decisions(events) {
  return events.filter((event) => !NOTICED.includes(event.kind));
}

/** Return the section of a capstone's history. */
export function history(events, all, turn) {
  const shown = all ? events : decisions(events);
  const hidden = events.length - decisions(events).length;
  const box = el("input", { type: "checkbox", onchange: () => turn(box.checked) });
  box.checked = all;
  const nothing = "No decision yet, of people or of the retraining loop.";
  return el(
    "section",
    { class: "card", "aria-label": "Decisions" },
    el(
      "div",
      { class: "head" },
      el("h3", {}, "Decisions"),
      hidden ? el("label", { class: "tick" }, box, ` ${counted(hidden, "alert")} and clearings, too`) : null,
    ),
    shown.length ? el("ol", { class: "timeline" }, shown.map(item)) : el("p", { class: "hint" }, nothing),
  );
}

function item(event) {
  const kind = GOOD.includes(event.kind) ? "good" : BAD.includes(event.kind) ? "bad" : "";
  const evidence = Object.keys(event.evidence).length
    ? foldable("evidence", {}, el("pre", {}, JSON.stringify(event.evidence, null, 2)))
    : null;
  return el(
    "li",
    { class: kind },
    el("div", {}, time(event.at), " ", el("strong", {}, event.kind), event.version ? ` version ${event.version}` : ""),
    el("div", {}, event.reason, " ", el("span", { class: "hint" }, `by ${event.by}`)),
    evidence,
  );
}
