// A model's form. The server judges what is entered; its messages are put at the fields they are about.

import { el } from "./dom.js";
import { fields } from "./schema.js";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Return {element, body(), variant(), busy(on), show(error)} for a model's metadata. */
export function makeForm(metadata, onsubmit) {
  const controls = fields(metadata.request_schema).map(makeField);
  const variant = makeVariant(metadata.variants);
  const alert = el("p", { class: "error", role: "alert" });
  const submit = el("button", { class: "primary" }, "Predict");
  const element = el(
    "form",
    { class: "card", novalidate: true, "aria-label": `Request to ${metadata.name}`, onsubmit: send, onreset: clear },
    el("h3", {}, "Request"),
    controls.map((control) => control.element),
    variant?.element ?? null,
    el("div", { class: "actions" }, submit, el("button", { type: "reset" }, "Example")),
    alert,
  );

  function send(event) {
    event.preventDefault();
    onsubmit();
  }

  function clear() {
    alert.textContent = "";
    controls.forEach((control) => control.say(""));
  }

  return {
    element,
    /** The body as JSON text, numbers as they were typed: JavaScript's own would lose digits of large ones. */
    body() {
      const given = controls.map((control) => [control.name, control.json()]).filter(([, json]) => json !== null);
      return `{"instances": [{${given.map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(", ")}}]}`;
    },
    variant: () => variant?.control.value ?? "",
    busy(on) {
      submit.disabled = on;
      element.setAttribute("aria-busy", on);
    },
    show(error) {
      clear();
      if (!error) return;
      const problems = byField(error.message, controls.map((control) => control.name));
      for (const control of controls) control.say(problems.get(control.name) ?? "");
      alert.textContent = problems.size ? "The server refused this request: see the marked fields." : error.message;
      controls.find((control) => problems.has(control.name))?.control.focus();
    },
  };
}

function makeField(field) {
  const id = `field-${field.name}`;
  const described = { id, name: field.name, "aria-describedby": `${id}-hint ${id}-error` };
  const control = makeControl(field, described);
  const error = el("span", { class: "error", id: `${id}-error` });
  const element = el(
    "div",
    { class: "field" },
    el("label", { for: id }, field.title, " ", el("code", {}, field.name), field.required ? null : el("i", {}, "optional")),
    control,
    el("span", { class: "hint", id: `${id}-hint` }, field.hint),
    error,
  );
  return {
    name: field.name,
    control,
    element,
    json: () => asJson(field, control.value),
    say(message) {
      error.textContent = message;
      if (message) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

function makeControl(field, attributes) {
  const initial = field.initial;
  const text = typeof initial === "string" ? initial : initial === null ? "" : JSON.stringify(initial);
  if (field.kind === "choice") {
    const blank = field.required && !field.nullable && initial !== null ? [] : [el("option", { value: "" }, "none")];
    const options = field.choices.map((choice, i) =>
      el("option", { value: i, selected: choice === initial }, String(choice)),
    );
    return el("select", attributes, blank, options);
  }
  if (field.kind === "json") return el("textarea", { ...attributes, rows: 3, spellcheck: "false" }, text);
  const inputmode = field.kind === "number" ? "decimal" : null;
  return el("input", { ...attributes, value: text, inputmode, autocomplete: "off", spellcheck: "false" });
}

/** Return the JSON text of what was entered, or null to leave the field out. */
function asJson(field, entered) {
  const text = entered.trim();
  if (text === "") return field.required && field.nullable ? "null" : null;
  if (field.kind === "choice") return JSON.stringify(field.choices[Number(text)]);
  if (field.kind === "number" && NUMBER.test(text)) return text;
  if (field.kind === "json" && isJson(text)) return text;
  return JSON.stringify(text);
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Split "row 0, carrier: ...; row 0, dest: .... Expected fields: ..." into field -> message. */
function byField(message, names) {
  const text = message.replace(/\.? Expected fields: .*$/s, "");
  const starts = [...text.matchAll(/(?:^|; )row 0, ([^:]+?): /g)]
    .map((match) => ({ match, name: match[1].split(".")[0] }))
    .filter(({ name }) => names.includes(name));
  const problems = new Map();
  starts.forEach(({ match, name }, i) => {
    const said = text.slice(match.index + match[0].length, starts[i + 1]?.match.index);
    problems.set(name, problems.has(name) ? `${problems.get(name)}; ${said}` : said);
  });
  return problems;
}

function makeVariant(variants) {
  if (!("challenger" in variants)) return null;
  const options = Object.entries(variants).map(([alias, version]) => {
    const only = !("champion" in variants);
    return el("option", { value: alias, selected: only }, `${alias}, version ${version}`);
  });
  const control = el("select", { id: "variant", name: "variant" }, el("option", { value: "" }, "as routed"), options);
  const hint = el("span", { class: "hint" }, "who answers; as routed, the traffic's rule decides");
  return { control, element: el("div", { class: "field" }, el("label", { for: "variant" }, "Variant"), control, hint) };
}
