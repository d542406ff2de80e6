// A date, or a time with its offset from UTC: the browser's own picker, and a small field for the offset.

import { el } from "../dom.js";
import { leftOut } from "../schema.js";

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.0+)?(Z|[+-]\d\d:\d\d)?$/;

export function makeInstant(field, attributes) {
  if (field.format === "date") return makeDate(field, attributes);
  const [, local, offset] = TIME.exec(field.initial ?? "") ?? [null, "", "Z"];
  const input = el("input", { ...attributes, type: "datetime-local", step: /:[^:]*:(?!00)/.test(local) ? 1 : null, value: local });
  const zone = el("input", {
    id: `${attributes.id}-offset`,
    value: offset ?? "",
    "aria-label": `${field.title}: offset from UTC, such as -05:00, or Z`,
    autocomplete: "off",
    spellcheck: "false",
  });
  const json = () => (input.value ? JSON.stringify(whole(input.value) + zone.value.trim()) : leftOut(field));
  return { input, elements: [el("div", { class: "instant" }, input, zone)], json };
}

function makeDate(field, attributes) {
  const input = el("input", { ...attributes, type: "date", value: field.initial ?? "" });
  return { input, elements: [input], json: () => (input.value ? JSON.stringify(input.value) : leftOut(field)) };
}

/** Return a time with its seconds, which a picker leaves out where they are zero. */
function whole(local) {
  return /T\d\d:\d\d$/.test(local) ? `${local}:00` : local;
}
