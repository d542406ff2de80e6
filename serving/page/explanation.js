// Why: what each input adds to the log-odds, the largest first.

import { leftOut, percent } from "./answer.js";
import { el } from "./dom.js";

const SHOWN = 10;

/** Return the section of an explanation. */
export function showExplanation(answer) {
  const contributions = Object.entries(answer.contributions);
  const largest = Math.max(...contributions.map(([, value]) => Math.abs(value))) || 1;
  const reasons = leftOut(answer);
  const rows = contributions.map(([name, value]) => row(name, answer.features[name], value, largest, reasons.get(name)));
  rows.slice(SHOWN).forEach((line) => line.setAttribute("hidden", ""));
  const base = percent(1 / (1 + Math.exp(-answer.base)));
  return el(
    "section",
    { class: "card explanation", "aria-label": "Explanation" },
    el("h3", {}, "What moved it"),
    el(
      "p",
      {},
      `Before anything is known of this request the model says ${base}. Each input then adds to the log-odds: `,
      el("span", { class: "up" }, "raises"),
      " or ",
      el("span", { class: "down" }, "lowers"),
      ` the probability, in all to ${percent(answer.probability)}.`,
    ),
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, "Input"),
          el("th", { scope: "col" }, "Value"),
          el("td", {}),
          el("th", { scope: "col", class: "number" }, "Log-odds"),
        ),
      ),
      el("tbody", {}, rows),
    ),
    rows.length > SHOWN ? more(rows) : null,
  );
}

function row(name, feature, value, largest, reason) {
  const bar = el("div", { class: `bar ${value < 0 ? "down" : "up"}` });
  bar.style.width = `${(50 * Math.abs(value)) / largest}%`;
  const absent = feature === null ? (reason ?? "none") : null;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, breakable(name)),
    el("td", { class: absent ? "absent" : null }, absent ?? readable(feature)),
    el("td", { class: "axis", "aria-hidden": "true" }, bar),
    el("td", { class: "number" }, signed(value)),
  );
}

/** Let a long name break after its underscores. */
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
}

function more(rows) {
  const button = el("button", { type: "button", onclick: toggle, "aria-expanded": "false" }, `Show all ${rows.length}`);
  function toggle() {
    const open = button.getAttribute("aria-expanded") === "false";
    rows.slice(SHOWN).forEach((line) => line.toggleAttribute("hidden", !open));
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? `Show the ${SHOWN} largest` : `Show all ${rows.length}`;
  }
  return button;
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function readable(value) {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return typeof value === "string" ? value : JSON.stringify(value);
}
