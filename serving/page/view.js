// One model: its form, and what becomes of a request.

import { beginPrediction, showPrediction } from "./answer.js";
import { ask, metadataPath, modelPath, Refused } from "./api.js";
import { makeChat } from "./chat.js";
import { el } from "./dom.js";
import { showExplanation } from "./explanation.js";
import { makeForm } from "./form.js";
import { predictionFields } from "./schema.js";
import { stream, streamPath } from "./stream.js";

/** Return the elements of a model's view. */
export function makeView(metadata) {
  const answers = el("div", { class: "answers", "aria-live": "polite" });
  const hint = metadata.explains ? "The prediction and what moved it appear here." : "The prediction appears here.";
  const placeholder = el("p", { class: "placeholder" }, hint);
  answers.append(placeholder);
  const only = "champion" in metadata.variants ? "" : Object.keys(metadata.variants)[0];
  let own = metadata; // of the version that is asked
  let form = makeForm(own, only, submit, turn);
  const fieldsOf = fieldsByVersion(metadata);
  let answered = null; // the id of the prediction that is shown
  answers.addEventListener("refine", ({ detail: { name, value } }) => {
    form.refine(name, value);
    submit();
  });
  answers.addEventListener("label", ({ detail }) => labelled(metadata.name, answered, detail).catch(form.show));

  async function submit() {
    if (!form.check()) return;
    const row = form.row();
    const headers = form.variant() ? { "x-capstan-variant": form.variant() } : {};
    form.busy(true);
    try {
      if (own.streams) await streamed(row, headers);
      else await predicted(row, headers);
      if (own.explains) answers.append(await explained(metadata.name, row, headers, fieldsOf));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answers.replaceChildren(placeholder);
      form.show(error);
    } finally {
      answers.removeAttribute("aria-busy");
      form.busy(false);
    }
  }

  /** Ask another variant: its version has its own form. What was entered goes where the two forms differ. */
  async function turn(role) {
    const before = own;
    own = await ask(metadataPath(metadata.name, metadata.variants[role] ?? null)).catch(() => before);
    if (JSON.stringify(own.request_schema) === JSON.stringify(before.request_schema)) return;
    const next = makeForm(own, role, submit, turn);
    form.element.replaceWith(next.element);
    form = next;
    document.getElementById("variant").focus();
  }

  async function predicted(row, headers) {
    const request = { path: modelPath(metadata.name, "predict"), body: instances(row), headers };
    const whole = await ask(request.path, request.body, headers);
    const [answer] = whole.predictions;
    answered = answer.prediction_id;
    answers.replaceChildren(showPrediction(answer, await fieldsOf(answer.model_version), whole, request));
    answers.scrollIntoView({ block: "nearest" });
  }

  /** Show a stream as it comes. Once a part is there, what fails later is said below it. */
  async function streamed(row, headers) {
    const request = { path: streamPath(metadata.name), body: row, headers, streamed: true };
    const aborted = new AbortController();
    const started = performance.now();
    let section = null;
    try {
      for await (const part of stream(request.path, row, headers, aborted.signal)) {
        if (!section) {
          section = beginPrediction(await fieldsOf(part.model_version), started, () => aborted.abort());
          answers.setAttribute("aria-busy", "true"); // so that it is read aloud once, when it is whole
          answers.replaceChildren(section.element);
          answers.scrollIntoView({ block: "nearest" });
        }
        section.add(part);
      }
      section?.end(request, aborted.signal.aborted ? "Stopped. The log keeps what had come as partial." : "");
    } catch (error) {
      if (!section || !(error instanceof Refused)) throw error;
      section.end(request, "", error.message);
    }
  }

  const titles = el("div", { class: "title" }, el("h2", {}, metadata.title || metadata.name));
  const description = metadata.request_schema.description;
  if (description) titles.append(el("p", {}, description));
  const problems = Object.entries(metadata.unloadable);
  if (problems.length) titles.append(unloadable(problems, metadata.variants));
  const columns = el("div", { class: "columns" }, form.element, answers);
  if (!metadata.chats) return [titles, columns];
  return [titles, ...choice({ Form: columns, Chat: makeChat(metadata.name, metadata.request_schema) })];
}

/** Return buttons for some elements, by name, and the elements, of which one is shown. */
function choice(elements) {
  const buttons = Object.keys(elements).map((name) => el("button", { type: "button", onclick: () => show(name) }, name));
  function show(wanted) {
    Object.entries(elements).forEach(([name, element], i) => {
      element.toggleAttribute("hidden", name !== wanted);
      buttons[i].setAttribute("aria-pressed", name === wanted);
    });
  }
  show(Object.keys(elements)[0]);
  return [el("div", { class: "views", role: "group", "aria-label": "View" }, buttons), ...Object.values(elements)];
}

/** Send what helped as the label of a prediction. */
async function labelled(name, id, label) {
  await ask(`${metadataPath(name)}/actuals`, JSON.stringify({ actuals: [{ prediction_id: id, label }] }));
}

function instances(row) {
  return `{"instances": [${row}]}`;
}

/** Return a function from a version to the fields of its predictions: each version has its own schema. */
function fieldsByVersion(metadata) {
  const main = metadata.variants.champion ?? Object.values(metadata.variants)[0];
  const known = new Map([[main, metadata.prediction_schema]]);
  return async (version) => {
    if (!known.has(version)) {
      const own = await ask(metadataPath(metadata.name, version)).catch(() => metadata);
      known.set(version, own.prediction_schema);
    }
    return predictionFields(known.get(version));
  };
}

/** Return the section of the explanation, or of why there is none: the prediction stands without it. */
async function explained(name, row, headers, fieldsOf) {
  try {
    const whole = await ask(modelPath(name, "explain"), instances(row), headers);
    const [answer] = whole.explanations;
    return showExplanation(answer, await fieldsOf(answer.model_version));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return el("section", { class: "card" }, el("h3", {}, "What moved it"), el("p", { class: "error" }, error.message));
  }
}

function unloadable(problems, variants) {
  const lines = problems.map(([role, reason]) => {
    const instead = role in variants ? ` Version ${variants[role]}, the one before, still answers.` : "";
    return el("p", {}, el("strong", {}, `The ${role} is not loaded: `), reason, instead);
  });
  return el("div", { class: "unloadable", role: "status" }, lines);
}
