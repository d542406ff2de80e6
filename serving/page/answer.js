// What came back: the prediction field by field, what it stands on, and how to ask again from a shell.

import { counted } from "./counted.js";
import { curl } from "./curl.js";
import { el, foldable } from "./dom.js";
import { showValue } from "./values/show.js";

const LEFT_OUT = {
  missing_features: ["missing", "the online store has no value"],
  expired_features: ["expired", "older than their time to live"],
  future_features: ["future", "newer than the prediction time"],
  defaults: ["by default", "the online store failed"],
};

/** Return feature -> why the model did not get it. */
export function leftOut(answer) {
  return new Map(Object.entries(LEFT_OUT).flatMap(([key, [word]]) => (answer[key] ?? []).map((name) => [name, word])));
}

/** Return the section of a prediction; `fields` of its schema, `request`: {path, body, headers}. */
export function showPrediction(answer, fields, whole, request) {
  const { elements, exact } = values(answer, fields);
  return section(elements, facts(answer, answer.prediction_id, exact), more(whole, request));
}

/** Return {element, add(part), end(request, note, problem)} of a prediction that comes in parts, asked for at `started`. */
export function beginPrediction(fields, started, stop) {
  const whole = {};
  const holder = el("div", { class: "values" });
  const tail = el("div", { class: "tail" });
  const button = el("button", { type: "button", class: "stop", onclick: stop }, "Stop");
  const text = textOf(fields, holder);
  let parts = 0;
  tail.append(button);

  return {
    element: section([holder], tail),
    /** Take the next part: texts grow, and lists that say so; of anything else the last counts. */
    add(part) {
      parts += 1;
      for (const [name, value] of Object.entries(part)) {
        const field = fields.find((field) => field.name === name);
        const before = whole[name];
        if (field && typeof value === "string" && typeof before === "string") whole[name] = before + value;
        else whole[name] = field?.type["x-parts-add-up"] && before ? [...before, ...value] : value;
      }
      if (text) text.add(part);
      else holder.replaceChildren(...values(whole, fields).elements);
    },
    end(request, note = "", problem = "") {
      const { elements, exact } = values(whole, fields);
      const seconds = ((performance.now() - started) / 1000).toFixed(2);
      holder.replaceChildren(...elements);
      tail.replaceChildren(
        ...(note ? [el("p", { class: "hint" }, note)] : []),
        ...(problem ? [el("p", { class: "error", role: "alert" }, problem)] : []),
        facts(whole, whole.id, exact, term("Came as", `${counted(parts, "part")} in ${seconds} s`)),
        ...more(whole, request),
      );
    },
  };
}

/** Where the only field is a text, return {add(part)}, which appends to it without reading it all again. */
function textOf(fields, holder) {
  if (fields.length !== 1 || fields[0].type.type !== "string") return null;
  const [{ name }] = fields;
  const node = document.createTextNode("");
  holder.append(el("p", { class: "text coming" }, node));
  return { add: (part) => node.appendData(part[name] ?? "") };
}

/** Return the elements of each field, and [title, number] of those that are shown rounded. */
function values(answer, fields) {
  const shown = fields.filter(({ name }) => name in answer).map((field) => ({ field, ...showValue(answer[field.name], field) }));
  const alone = shown.length === 1 && shown[0].exact !== null; // its title stands at the exact number
  const elements = shown.map(({ field, elements: own }) =>
    el(
      "div",
      { class: `value${shown.length === 1 ? " alone" : ""}`, "data-field": field.name },
      alone ? null : el("h4", {}, field.title),
      own,
      field.hint ? el("p", { class: "hint" }, field.hint) : null,
    ),
  );
  return { elements, exact: shown.filter(({ exact }) => exact !== null).map(({ field, exact }) => [field.title, exact]) };
}

function section(...content) {
  return el("section", { class: "card prediction", "aria-label": "Prediction" }, el("h3", {}, "Prediction"), ...content.flat());
}

function facts(answer, id, exact, came = null) {
  return el(
    "dl",
    {},
    exact.map(([title, number]) => term(title, el("code", {}, number))),
    term("Answered by", `version ${answer.model_version}, ${answer.variant}`),
    term("Prediction id", el("code", {}, id)),
    came,
    Object.entries(LEFT_OUT)
      .filter(([key]) => answer[key]?.length)
      .map(([key, [word, why]]) => term(`${answer[key].length} ${word}`, answer[key].join(", "), why)),
  );
}

function term(name, value, why = null) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, why ? el("span", { class: "hint" }, why) : null));
}

function more(whole, request) {
  return [copied("Raw JSON", JSON.stringify(whole, null, 2), "json"), copied("The same with curl", curl(request), "curl")];
}

function copied(title, text, id) {
  // Without a secure context a browser offers no clipboard.
  const copy = navigator.clipboard ? el("button", { type: "button", onclick: take }, "Copy") : null;
  async function take() {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  }
  return foldable(title, { id }, copy, el("pre", { tabindex: "0" }, text));
}
