// A list, an object, or anything else that is entered as JSON.

import { counted } from "../counted.js";
import { el } from "../dom.js";
import { leftOut } from "../schema.js";

const LONG = 120; // characters that get a higher field

export function makeList(field, attributes) {
  const text = field.initial === null ? "" : spaced(field.initial);
  const described = `${attributes["aria-describedby"]} ${attributes.id}-count`;
  const rows = text.length > LONG ? 6 : 2;
  const input = el("textarea", { ...attributes, "aria-describedby": described, rows, spellcheck: "false", oninput: say }, text);
  const count = el("span", { class: "hint count", id: `${attributes.id}-count` });
  say();

  function say() {
    const value = parsed(input.value);
    count.textContent = Array.isArray(value) ? `${counted(value.length, "item")} entered` : "";
  }

  function json() {
    const entered = input.value.trim();
    if (entered === "") return leftOut(field);
    return parsed(entered) === undefined ? JSON.stringify(entered) : entered;
  }

  return { input, elements: [input, count], json };
}

/** Return JSON with a space after each item of a list, where a line can break. */
function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  return JSON.stringify(value);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
