// The control of one field of a request. Each has `input` (what a label is for), `elements` (what is shown), `json()`
// (the JSON text of what was entered, null to leave the field out) and, where the server cannot say it better,
// `missing()` (what to say when nothing was entered).

import { el } from "../dom.js";
import { leftOut } from "../schema.js";
import { makeFile } from "./file.js";
import { makeImage } from "./image.js";
import { makeInstant } from "./instant.js";
import { makeList } from "./list.js";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const MAKERS = {
  choice: makeChoice,
  file: makeFile,
  image: makeImage,
  instant: makeInstant,
  json: makeList,
  number: makeInput,
  text: makeText,
};

/** Return the control of a field, one of `requestFields`; `attributes` are those of its input. */
export function makeControl(field, attributes) {
  return { missing: () => null, ...MAKERS[field.kind](field, attributes) };
}

function makeText(field, attributes) {
  return field.multiline ? makeLines(field, attributes) : makeInput(field, attributes);
}

/** A text of several lines, whose line ends and spaces are part of it. */
function makeLines(field, attributes) {
  const input = el("textarea", { ...attributes, class: "lines", rows: 4, autocomplete: "off" }, field.initial ?? "");
  return { input, elements: [input], json: () => (input.value === "" ? leftOut(field) : JSON.stringify(input.value)) };
}

function makeInput(field, attributes) {
  const inputmode = field.kind === "number" ? "decimal" : null;
  const value = field.initial === null ? "" : asText(field.initial);
  const input = el("input", { ...attributes, value, inputmode, autocomplete: "off", spellcheck: "false" });
  function json() {
    const text = field.kind === "text" && field.verbatim ? input.value : input.value.trim();
    if (text === "") return leftOut(field);
    return field.kind === "number" && NUMBER.test(text) ? text : JSON.stringify(text);
  }
  return { input, elements: [input], json };
}

function makeChoice(field, attributes) {
  const { choices, initial } = field;
  const blank = field.required && !field.nullable && initial !== null ? [] : [el("option", { value: "" }, "not given")];
  const options = choices.map((choice, i) => el("option", { value: i, selected: choice === initial }, String(choice)));
  const input = el("select", attributes, blank, options);
  return { input, elements: [input], json: () => (input.value ? JSON.stringify(choices[Number(input.value)]) : leftOut(field)) };
}

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
