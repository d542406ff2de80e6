// Sentences from somewhere else, each with its source.

import { el } from "../dom.js";
import { readable } from "../numbers.js";

export function showQuotes(value, { type }) {
  if (type.display !== "quotes" || !Array.isArray(value) || !value.every(isQuote)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "none")] };
  return { elements: value.map(quote) };
}

function isQuote(each) {
  return typeof each?.text === "string" && typeof each.source === "string";
}

function quote({ text, source, sentence, chance }) {
  const cited = [source];
  if (sentence !== undefined) cited.push(`sentence ${sentence}`);
  if (chance !== undefined) cited.push(readable(Math.round(100 * chance), "%"));
  return el("blockquote", {}, el("p", {}, text), el("footer", { class: "hint" }, cited.join(" · ")));
}
