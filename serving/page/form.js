// A model's form. The server judges what is entered; its messages are put at the fields they are about.

import { makeControl } from "./controls/control.js";
import { el } from "./dom.js";
import { requestFields } from "./schema.js";

const SHOWN = 16; // fields before those that may be folded

/**
 * Return {element, row(), refine(name, value), variant(), check(), busy(on), show(error)} for a model's metadata.
 *
 * `chosen` is the variant that is asked, "" where the traffic's rule decides; `onvariant` receives another.
 */
export function makeForm(metadata, chosen, onsubmit, onvariant) {
  const holder = el("div", { class: "fields" });
  let fields = [];
  const variant = makeVariant(metadata.variants, chosen, onvariant);
  const alert = el("p", { class: "error", role: "alert" });
  const submit = el("button", { class: "primary" }, "Predict");
  const element = el(
    "form",
    { class: "card", novalidate: true, "aria-label": `Request to ${metadata.name}`, onsubmit: send, onreset: reset },
    el("h3", {}, "Request"),
    metadata.examples.length ? el("div", { class: "examples", role: "group", "aria-label": "Examples" }, metadata.examples.map(offer)) : null,
    holder,
    variant?.element ?? null,
    el("div", { class: "actions" }, submit, el("button", { type: "reset" }, "Example")),
    alert,
  );
  fill();

  /** Make the fields again, with an example of the task or with those of the schema. */
  function fill(example = null) {
    fields = requestFields(metadata.request_schema, example).map(makeField);
    const isFolded = (field, i) => i >= SHOWN && field.empty;
    const folded = fields.filter(isFolded).map((field) => field.element);
    holder.replaceChildren(...fields.filter((field, i) => !isFolded(field, i)).map((field) => field.element));
    if (folded.length) holder.append(el("details", { class: "more" }, el("summary", {}, `${folded.length} more, all optional`), folded));
  }

  function offer(example, i) {
    const take = () => {
      clear();
      fill(example);
    };
    return el("button", { type: "button", class: "example", onclick: take }, `Example ${i + 1}`);
  }

  function send(event) {
    event.preventDefault();
    if (!submit.disabled) onsubmit();
  }

  function reset() {
    clear();
    fill();
  }

  function clear() {
    alert.textContent = "";
    fields.forEach((field) => field.say(""));
  }

  function mark(problems, said) {
    for (const field of fields) field.say(problems.get(field.name) ?? "");
    alert.textContent = said;
    fields.find((field) => problems.has(field.name))?.focus();
  }

  return {
    element,
    /** The row as JSON text, numbers as they were typed: JavaScript's own would lose digits of large ones. */
    row() {
      const given = fields.map((field) => [field.name, field.json()]).filter(([, json]) => json !== null);
      return `{${given.map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(", ")}}`;
    },
    /** Enter a value of a field in place of what it has; what it has already, is taken out. */
    refine(name, value) {
      const before = JSON.parse(this.row());
      fill({ ...before, [name]: before[name] === value ? null : value });
    },
    variant: () => variant?.control.value ?? "",
    /** Return whether the row can be asked for; say what is missing where only the page knows what to do. */
    check() {
      clear();
      const problems = new Map(fields.map((field) => [field.name, field.missing()]).filter(([, said]) => said));
      if (problems.size) mark(problems, "Something is missing: see the marked fields.");
      return problems.size === 0;
    },
    busy(on) {
      submit.disabled = on;
      element.setAttribute("aria-busy", on);
    },
    show(error) {
      clear();
      if (!error) return;
      const problems = byField(error.message, fields.map((field) => field.name));
      mark(problems, problems.size ? "The server refused this request: see the marked fields." : error.message);
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
    control.elements,
    el("span", { class: "hint", id: `${id}-hint` }, field.hint),
    error,
  );
  return {
    name: field.name,
    empty: !field.required && field.initial === null,
    element,
    json: control.json,
    missing: control.missing,
    focus: () => control.input.focus(),
    say(message) {
      error.textContent = message;
      if (message) {
        control.input.setAttribute("aria-invalid", "true");
        element.closest("details")?.setAttribute("open", "");
      } else control.input.removeAttribute("aria-invalid");
    },
  };
}

/** Split "row 0, carrier: ...; row 0, week.3: .... Expected fields: ..." into field -> message. */
function byField(message, names) {
  const text = message.replace(/\.? Expected fields: .*$/s, "");
  const starts = [...text.matchAll(/(?:^|; )row 0, ([^:]+?): /g)]
    .map((match) => ({ match, name: match[1].split(".")[0], place: match[1].split(".").slice(1).join(".") }))
    .filter(({ name }) => names.includes(name));
  const problems = new Map();
  starts.forEach(({ match, name, place }, i) => {
    const said = text.slice(match.index + match[0].length, starts[i + 1]?.match.index);
    const own = place ? `${inside(place)}: ${said}` : said;
    problems.set(name, problems.has(name) ? `${problems.get(name)}; ${own}` : own);
  });
  return problems;
}

/** Say where in a field a problem is; items count from one. */
function inside(place) {
  return /^\d+$/.test(place) ? `item ${Number(place) + 1}` : place;
}

function makeVariant(variants, chosen, onvariant) {
  if (Object.keys(variants).length < 2 && "champion" in variants) return null;
  const options = Object.entries(variants).map(([alias, version]) => {
    return el("option", { value: alias, selected: alias === chosen }, `${alias}, version ${version}`);
  });
  const control = el("select", { id: "variant", name: "variant", onchange: () => onvariant(control.value) }, el("option", { value: "" }, "as routed"), options);
  const hint = el("span", { class: "hint" }, "who answers; as routed, the traffic's rule decides");
  return { control, element: el("div", { class: "field" }, el("label", { for: "variant" }, "Variant"), control, hint) };
}
