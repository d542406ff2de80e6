// What came back: the prediction, what it stands on, and how to ask again from a shell.

import { curl } from "./api.js";
import { el } from "./dom.js";

const LEFT_OUT = {
  missing_features: ["missing", "the online store has no value"],
  expired_features: ["expired", "older than their time to live"],
  future_features: ["future", "newer than the prediction time"],
  defaults: ["by default", "the online store failed"],
};

export function percent(probability) {
  return `${(100 * probability).toFixed(1)} %`;
}

/** Return feature -> why the model did not get it. */
export function leftOut(answer) {
  return new Map(Object.entries(LEFT_OUT).flatMap(([key, [word]]) => (answer[key] ?? []).map((name) => [name, word])));
}

/** Return the section of a prediction; `request`: {path, body, headers}. */
export function showPrediction(answer, whole, request) {
  const fill = el("div", { class: "fill" });
  fill.style.width = `${100 * answer.probability}%`;
  return el(
    "section",
    { class: "card prediction", "aria-label": "Prediction" },
    el("h3", {}, "Prediction"),
    el("p", { class: "figure" }, percent(answer.probability)),
    el("div", { class: "track", "aria-hidden": "true" }, fill),
    el(
      "dl",
      {},
      term("Probability", el("code", {}, String(answer.probability))),
      term("Answered by", `version ${answer.model_version}, ${answer.variant}`),
      term("Prediction id", el("code", {}, answer.prediction_id)),
      Object.entries(LEFT_OUT)
        .filter(([key]) => answer[key]?.length)
        .map(([key, [word, why]]) => term(`${answer[key].length} ${word}`, answer[key].join(", "), why)),
    ),
    foldable("Raw JSON", JSON.stringify(whole, null, 2), "json"),
    foldable("The same with curl", curl(request.path, request.body, request.headers), "curl"),
  );
}

function term(name, value, why = null) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, why ? el("span", { class: "hint" }, why) : null));
}

function foldable(title, text, id) {
  // Without a secure context a browser offers no clipboard.
  const copy = navigator.clipboard ? el("button", { type: "button", onclick: copied }, "Copy") : null;
  async function copied() {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  }
  return el("details", { id }, el("summary", {}, title), copy, el("pre", { tabindex: "0" }, text));
}
