// A list of records, such as reasons or changes: a table with a row each.

import { el, unfold } from "../dom.js";
import { readable } from "../numbers.js";

const SHOWN = 20;

export function showRecords(value, { title, type }) {
  if (type.display || !Array.isArray(value) || !value.length || !value.every(isFlat)) return null;
  const names = [...new Set(value.flatMap(Object.keys))];
  const numbers = (name) => value.every((record) => typeof record[name] === "number");
  const head = names.map((name) => el("th", { scope: "col", class: numbers(name) ? "number" : null }, name.replaceAll("_", " ")));
  const rows = value.map((record) => el("tr", {}, names.map((name) => cell(record[name]))));
  const table = el("table", { class: "records", "aria-label": title }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return { elements: [table, unfold(rows, SHOWN, `Show the first ${SHOWN}`)] };
}

function isFlat(record) {
  const values = record && typeof record === "object" && !Array.isArray(record) ? Object.values(record) : [];
  return values.length > 0 && values.every((item) => item === null || typeof item !== "object");
}

function cell(item) {
  if (typeof item === "number") return el("td", { class: "number" }, readable(Number(item.toPrecision(4))));
  return el("td", {}, item === null || item === undefined ? "none" : String(item));
}
