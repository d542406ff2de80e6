// Why: what each input adds to a field of the prediction, the largest first.

import { leftOut } from "./answer.js";
import { el, unfold } from "./dom.js";
import { readable, signs } from "./numbers.js";
import { inWords } from "./values/number.js";

const SHOWN = 10;
const TEXT = 80; // characters of an input that are shown

/** Return the section of an explanation; `fields` are those of the prediction. */
export function showExplanation(answer, fields) {
  const field = fields.find(({ name }) => name === answer.explained) ?? { title: answer.explained, type: {} };
  const contributions = Object.entries(answer.contributions);
  const { base, column, sign, what } = read(answer, field, contributions.map(([, value]) => value));
  const largest = Math.max(...contributions.map(([, value]) => Math.abs(value))) || 1;
  const reasons = leftOut(answer);
  const rows = contributions.map(([name, value]) =>
    row(name, answer.features[name], value, largest, reasons.get(name), sign(value)),
  );
  const total = answer[answer.explained];
  return el(
    "section",
    { class: "card explanation", "aria-label": "Explanation" },
    el("h3", {}, "What moved it"),
    el(
      "p",
      {},
      `Before anything is known of this request the model says ${base}. Each input then adds to ${what}: `,
      el("span", { class: "up" }, "raises"),
      " or ",
      el("span", { class: "down" }, "lowers"),
      ` the ${inSentence(field.title)}, in all to ${typeof total === "number" ? inWords(total, field.type) : total}.`,
    ),
    el("table", {}, head(column), el("tbody", {}, rows)),
    unfold(rows, SHOWN, `Show the ${SHOWN} largest`),
  );
}

/** Return how an explanation's numbers read: the base, what is added to, a column's title and a writer of its numbers. */
function read(answer, { title, type }, values) {
  if (answer.unit === "log-odds") {
    const base = inWords(1 / (1 + Math.exp(-answer.base)), type);
    return { base, what: "the log-odds", column: "Log-odds", sign: (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}` };
  }
  if (answer.unit === "value") {
    return { base: inWords(answer.base, type), what: "it", column: type.unit ? `${title}, ${type.unit}` : title, sign: signs(values) };
  }
  return { base: readable(answer.base, answer.unit), what: `the ${answer.unit}`, column: answer.unit, sign: signs(values) };
}

/** Return a title within a sentence: the first letter small, unless more of the first word is large. */
function inSentence(title) {
  return /^\p{Lu}\p{Ll}/u.test(title) ? title[0].toLowerCase() + title.slice(1) : title;
}

function head(column) {
  const names = [el("th", { scope: "col" }, "Input"), el("th", { scope: "col" }, "Value"), el("td", {})];
  return el("thead", {}, el("tr", {}, names, el("th", { scope: "col", class: "number" }, column)));
}

function row(name, feature, value, largest, reason, said) {
  const bar = el("div", { class: `bar ${value < 0 ? "down" : "up"}` });
  bar.style.width = `${(50 * Math.abs(value)) / largest}%`;
  const absent = feature === null ? (reason ?? "none") : null;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, breakable(name)),
    el("td", { class: absent ? "absent" : null }, absent ?? short(feature)),
    el("td", { class: "axis", "aria-hidden": "true" }, bar),
    el("td", { class: "number" }, said),
  );
}

/** Let a long name break after its underscores. */
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
}

function short(value) {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > TEXT ? `${text.slice(0, TEXT)} ...` : text;
}
