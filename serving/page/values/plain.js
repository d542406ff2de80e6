// Texts, booleans, nothing, and whatever else there is, as JSON.

import { el } from "../dom.js";
import { readable } from "../numbers.js";

export function showText(value) {
  if (typeof value !== "string") return null;
  return { elements: [value ? el("p", { class: "text" }, value) : el("p", { class: "absent" }, "an empty text")] };
}

export function showBoolean(value) {
  return typeof value === "boolean" ? { elements: [el("p", { class: "figure" }, value ? "Yes" : "No")] } : null;
}

export function showNothing(value) {
  return value === null || value === undefined ? { elements: [el("p", { class: "absent" }, "none")] } : null;
}

export function showJson(value) {
  if (Array.isArray(value) && !value.length) return { elements: [el("p", { class: "absent" }, "an empty list")] };
  const plain = Array.isArray(value) && value.every((item) => typeof item === "number" || typeof item === "string");
  if (plain) return { elements: [el("p", { class: "text" }, value.map(inRow).join(" · "))] };
  return { elements: [el("pre", { tabindex: "0" }, JSON.stringify(value, null, 2))] };
}

function inRow(item) {
  return typeof item === "number" ? readable(item) : item;
}
