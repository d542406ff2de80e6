// A ranked list: each item with its score and its reasons, in the order of the answer. An item that opens reports this with
// the event `label`: what somebody opened is what helped.

import { el, unfold } from "../dom.js";
import { readable } from "../numbers.js";
import { bar } from "./number.js";

const SHOWN = 20;

export function showRanking(value, { title, type }) {
  if (type.display !== "ranking" || !Array.isArray(value) || !value.every(isPlace)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "an empty list")] };
  const best = Math.max(...value.map(({ score }) => score));
  const least = Math.min(...value.map(({ score }) => score));
  const rows = value.map((place, i) => {
    const { item, score, because } = place;
    const name = type.opens in place ? opening(place, type) : [text(item)];
    return el(
      "li",
      {},
      el("span", { class: "rank", "aria-hidden": "true" }, `${i + 1}`),
      el("span", { class: "name" }, name, reasons(because)),
      least >= 0 && best > 0 ? bar(score / best) : null,
      el("span", { class: "number" }, readable(Number(score.toPrecision(4)), type.unit)),
    );
  });
  const more = unfold(rows, SHOWN, `Show the first ${SHOWN}`);
  return { elements: [el("ol", { class: "ranking", "aria-label": title }, rows), more] };
}

function isPlace(place) {
  return typeof place?.score === "number" && "item" in place;
}

/** Return the button of an item, and the text of the field `type.opens` that it opens, the parts `marks` of it marked. */
function opening(place, { opens, label }) {
  const opened = el("span", { class: "opened", hidden: true }, marked(place[opens], place.marks ?? []));
  const button = el("button", { type: "button", class: "opens", "aria-expanded": "false", onclick: open }, text(place.item));
  let reported = !(label in place);
  function open() {
    opened.toggleAttribute("hidden");
    button.setAttribute("aria-expanded", !opened.hidden);
    if (!reported) button.dispatchEvent(new CustomEvent("label", { bubbles: true, detail: place[label] }));
    reported = true;
  }
  return [button, opened];
}

/** marks: [[begin, end]], in code points, as Python counts them. */
function marked(whole, marks) {
  const signs = [...whole];
  const cut = (begin, end) => signs.slice(begin, end).join("");
  const ends = [0, ...marks.map(([, end]) => end)];
  const parts = marks.flatMap(([begin, end], i) => [cut(ends[i], begin), el("mark", {}, cut(begin, end))]);
  return [...parts, cut(ends.at(-1))];
}

function reasons(because) {
  return because?.length ? el("span", { class: "hint" }, `because of ${[because].flat().map(text).join(", ")}`) : null;
}

function text(item) {
  return typeof item === "string" ? item : JSON.stringify(item);
}
