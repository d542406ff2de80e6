// A ranked list: each item with its score and its reasons, in the order of the answer.

import { el, unfold } from "../dom.js";
import { readable } from "../numbers.js";
import { bar } from "./number.js";

const SHOWN = 20;

export function showRanking(value, { title, type }) {
  if (type.display !== "ranking" || !Array.isArray(value) || !value.every(isPlace)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "an empty list")] };
  const best = Math.max(...value.map(({ score }) => score));
  const least = Math.min(...value.map(({ score }) => score));
  const rows = value.map(({ item, score, because }, i) =>
    el(
      "li",
      {},
      el("span", { class: "rank", "aria-hidden": "true" }, `${i + 1}`),
      el("span", { class: "name" }, text(item), reasons(because)),
      least >= 0 && best > 0 ? bar(score / best) : null,
      el("span", { class: "number" }, readable(Number(score.toPrecision(4)), type.unit)),
    ),
  );
  const more = unfold(rows, SHOWN, `Show the first ${SHOWN}`);
  return { elements: [el("ol", { class: "ranking", "aria-label": title }, rows), more] };
}

function isPlace(place) {
  return typeof place?.score === "number" && "item" in place;
}

function reasons(because) {
  return because?.length ? el("span", { class: "hint" }, `because of ${[because].flat().map(text).join(", ")}`) : null;
}

function text(item) {
  return typeof item === "string" ? item : JSON.stringify(item);
}
