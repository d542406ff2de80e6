// The page: which models there are, one form at a time, and what becomes of it.

import { showPrediction } from "./answer.js";
import { ask, modelPath, Refused, useToken } from "./api.js";
import { el } from "./dom.js";
import { showExplanation } from "./explanation.js";
import { makeForm } from "./form.js";

const nav = document.getElementById("models");
const main = document.getElementById("main");
const access = document.getElementById("access");
let models = new Map(); // name -> its metadata
let views = new Map(); // name -> its view, kept so that what was entered stays

async function load() {
  main.setAttribute("aria-busy", "true");
  try {
    const server = await ask("v2");
    const found = await Promise.all(Object.keys(server.models).map((name) => ask(modelPath(name))));
    models = new Map(found.map((metadata) => [metadata.name, metadata]));
    views = new Map();
    nav.replaceChildren(...[...models.values()].map(entry), ...Object.entries(server.failures).map(failure));
    show();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    nav.replaceChildren();
    main.replaceChildren(notice("The models cannot be shown", error.message));
    if (error.status === 401) document.getElementById("token").focus();
  }
  main.setAttribute("aria-busy", "false");
}

function show() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const name = models.has(wanted) ? wanted : models.keys().next().value;
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.name === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (name === undefined) {
    main.replaceChildren(nothing());
    return;
  }
  if (!views.has(name)) views.set(name, makeView(models.get(name)));
  main.replaceChildren(...views.get(name));
}

function entry(metadata) {
  const link = el(
    "a",
    { href: `#${encodeURIComponent(metadata.name)}`, "data-name": metadata.name },
    el("strong", {}, metadata.name),
    Object.entries(metadata.variants).map(([alias, version]) => el("span", {}, `${alias}: version ${version}`)),
  );
  return link;
}

function failure([name, reason]) {
  return el("div", { class: "failure" }, el("strong", {}, name), el("span", {}, `not loaded: ${reason}`));
}

function notice(title, ...content) {
  const again = el("button", { type: "button", onclick: load }, "Look again");
  return el("div", { class: "card notice", role: "status" }, el("h2", {}, title), el("p", {}, ...content), again);
}

function nothing() {
  const code = (text) => el("code", {}, text);
  const what = ["Train a capstone and bring it here with ", code("capstan run NAME"), "; ", code("capstan list")];
  return notice("No model is served yet", ...what, " shows their names.");
}

function makeView(metadata) {
  const answers = el("div", { class: "answers", "aria-live": "polite" });
  const hint = metadata.explains ? "The prediction and what moved it appear here." : "The prediction appears here.";
  const placeholder = el("p", { class: "placeholder" }, hint);
  answers.append(placeholder);
  const form = makeForm(metadata, submit);

  async function submit() {
    const body = form.body();
    const headers = form.variant() ? { "x-capstan-variant": form.variant() } : {};
    form.busy(true);
    form.show(null);
    try {
      const request = { path: modelPath(metadata.name, "predict"), body, headers };
      const whole = await ask(request.path, body, headers);
      answers.replaceChildren(showPrediction(whole.predictions[0], whole, request));
      answers.scrollIntoView({ block: "nearest" });
      if (metadata.explains) answers.append(await explained(metadata.name, body, headers));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answers.replaceChildren(placeholder);
      form.show(error);
    } finally {
      form.busy(false);
    }
  }

  const titles = el("div", { class: "title" }, el("h2", {}, metadata.title || metadata.name));
  const description = metadata.request_schema.description;
  if (description) titles.append(el("p", {}, description));
  return [titles, el("div", { class: "columns" }, form.element, answers)];
}

/** Return the section of the explanation, or of why there is none: the prediction stands without it. */
async function explained(name, body, headers) {
  try {
    const whole = await ask(modelPath(name, "explain"), body, headers);
    return showExplanation(whole.explanations[0]);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return el("section", { class: "card" }, el("h3", {}, "What moved it"), el("p", { class: "error" }, error.message));
  }
}

access.addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(document.getElementById("token").value.trim());
  load();
});
addEventListener("hashchange", show);
load();
