// A number: with its unit, or as a percentage with a bar.

import { el } from "../dom.js";
import { percent, readable } from "../numbers.js";

/** Return whether a field is a share of one. */
export function isShare(type) {
  return type.type === "number" && type.minimum === 0 && type.maximum === 1 && !type.unit;
}

/** Return a number of a field as people read it. */
export function inWords(number, type) {
  return isShare(type) ? percent(number) : readable(number, type.unit);
}

/** Show a number that is a name, such as a seed: as it is, without weight and separators. */
export function showIdentifier(value, { type }) {
  if (typeof value !== "number" || type.display !== "identifier") return null;
  return { elements: [el("p", { class: "text" }, el("code", {}, String(value)))] };
}

export function showNumber(value, { type }) {
  if (typeof value !== "number") return null;
  const said = inWords(value, type);
  const exact = readable(value).replaceAll(",", "").replace("−", "-") === String(value) ? null : String(value);
  const figure = el("p", { class: "figure" }, said);
  if (!isShare(type)) return { exact, elements: [figure] };
  return { exact: String(value), elements: [figure, bar(value)] };
}

/** Return a bar that is filled by a share of one. */
export function bar(share) {
  const fill = el("div", { class: "fill" });
  fill.style.width = `${Math.min(100 * share, 100)}%`;
  return el("div", { class: "track", "aria-hidden": "true" }, fill);
}
