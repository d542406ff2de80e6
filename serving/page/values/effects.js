// A text part by part, coloured by what each part adds to the answer, or takes from it.

import { el, foldable, unfold } from "../dom.js";
import { signs } from "../numbers.js";

const STEPS = [0.03, 0.15, 0.5]; // of the largest effect; what adds more has the stronger colour
const SHOWN = 20;
const OVERVIEW = "Point at a word to read its number.";

export function showEffects(value, { title, type }) {
  if (type.display !== "effects" || !Array.isArray(value) || !value.every(isPart)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "none")] };
  const effects = value.map(({ effect }) => effect);
  const largest = Math.max(...effects.map(Math.abs));
  const written = signs(effects, type.unit);
  const readout = el("p", { class: "readout" }, OVERVIEW);
  const point = (each) => {
    readout.textContent = each ? `${each.part.trim()}: ${written(each.effect)}` : OVERVIEW;
  };
  const parts = value.map((each) =>
    el("span", { class: `token ${colour(each.effect, largest)}`, onpointerenter: () => point(each) }, each.part),
  );
  const text = el("p", { class: "text tokens", "aria-label": title, onpointerleave: () => point(null) }, parts);
  const against = effects.some((effect) => effect < 0); // where nothing is, the colours need no names
  const table = foldable("The numbers", { class: "numbers" }, numbers(value, title, written));
  return { elements: [text, ...(against ? [legend()] : []), readout, table] };
}

function isPart(each) {
  return typeof each?.part === "string" && typeof each.effect === "number";
}

function colour(effect, largest) {
  const strength = STEPS.filter((share) => Math.abs(effect) >= share * largest && largest > 0).length;
  return strength ? `${effect > 0 ? "adds" : "takes"}-${strength}` : "adds-0";
}

function legend() {
  const names = [
    ["adds-3", "speaks for it"],
    ["takes-3", "speaks against it"],
  ];
  return el(
    "ul",
    { class: "legend", "aria-label": "Colours" },
    names.map(([name, said]) => el("li", {}, el("span", { class: `swatch ${name}` }), said)),
  );
}

function numbers(value, title, written) {
  const head = el("tr", {}, el("th", { scope: "col" }, "part"), el("th", { scope: "col", class: "number" }, "effect"));
  const rows = value.map(({ part, effect }) =>
    el("tr", {}, el("td", {}, part), el("td", { class: "number" }, written(effect))),
  );
  const table = el("table", { class: "records", "aria-label": title }, el("thead", {}, head), el("tbody", {}, rows));
  return [table, unfold(rows, SHOWN, `Show the first ${SHOWN}`)].filter((element) => element !== null);
}
