// JSON schemas of one row, field by field: of a request, which control each gets; of a prediction, how each is shown.

import { counted } from "./counted.js";

const LONG = 200; // characters of a text that may have several lines

/** Return [{name, title, hint, kind, choices, required, nullable, verbatim, mediaType, format, multiline, initial}]; kind: a control's name. */
export function requestFields(schema, example = null) {
  const whole = example ?? schema.examples?.[0] ?? {};
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { type, nullable } = resolve(property, schema);
    const choices = choicesOf(type);
    const initial = whole[name] ?? (example ? null : type.examples?.[0]) ?? type.default;
    return {
      name,
      title: type.title ?? name,
      hint: [type.description, ...limits(type)].filter(Boolean).join(" · "),
      kind: choices ? "choice" : kindOf(type),
      choices,
      required: (schema.required ?? []).includes(name),
      nullable,
      verbatim: !type.pattern && !type.format, // spaces around a text count, but not those around a code or a time
      mediaType: type.contentMediaType ?? "",
      format: type.format ?? "",
      multiline: type.contentMediaType === "text/plain" || /\n/.test(initial ?? "") || type.maxLength > LONG,
      initial: initial ?? null,
    };
  });
}

/** Return the JSON text of a request's field that nothing was entered in; null leaves it out. */
export function leftOut(field) {
  return field.required && field.nullable ? "null" : null;
}

/** Return [{name, title, hint, type}]; `type` is the field's schema with its references resolved. */
export function predictionFields(schema) {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { type } = resolve(property, schema);
    const hint = type.description === type.unit ? "" : (type.description ?? "");
    return { name, title: type.title ?? name, hint, type };
  });
}

/** Return a property's own schema, what it says itself before what it refers to, and whether it may be null. */
function resolve(property, root, nullable = false) {
  const { $ref, anyOf, oneOf, allOf, ...own } = property;
  const path = $ref?.match(/^#\/(.+)$/)?.[1];
  const options = anyOf ?? oneOf ?? (allOf?.length === 1 ? allOf : null);
  let next = path ? (path.split("/").reduce((at, key) => at?.[key], root) ?? {}) : null;
  if (options) {
    const rest = options.filter((option) => option.type !== "null");
    nullable ||= rest.length < options.length;
    if (rest.length === 1) [next] = rest;
  }
  if (next === null) return { type: own, nullable };
  const found = resolve(next, root, nullable);
  return { type: { ...found.type, ...own }, nullable: found.nullable };
}

function choicesOf(type) {
  if (type.enum) return type.enum;
  if ("const" in type) return [type.const];
  return type.type === "boolean" ? [true, false] : null;
}

/** Return whether a field's text is an image in base64. */
export function isImage(type) {
  return type.type === "string" && /^image\//.test(type.contentMediaType ?? "");
}

function isFile(type) {
  return type.type === "string" && type.contentEncoding === "base64";
}

function kindOf(type) {
  if (isImage(type)) return "image";
  if (isFile(type)) return "file";
  if (type.type === "string" && (type.format === "date-time" || type.format === "date")) return "instant";
  return { string: "text", integer: "number", number: "number" }[type.type] ?? "json";
}

function limits(type) {
  if (isImage(type) || isFile(type)) return [];
  const said = [
    ["minimum", (least) => `at least ${least}`],
    ["exclusiveMinimum", (limit) => `more than ${limit}`],
    ["maximum", (most) => `at most ${most}`],
    ["exclusiveMaximum", (limit) => `less than ${limit}`],
    ["multipleOf", (step) => `a multiple of ${step}`],
    ["minLength", (least) => `at least ${counted(least, "character")}`],
    ["maxLength", (most) => `at most ${counted(most, "character")}`],
    ["pattern", (pattern) => `pattern ${pattern}`],
  ];
  const hints = said.filter(([key]) => key in type).map(([key, say]) => say(type[key]));
  const { minItems, maxItems } = type;
  if (minItems !== undefined && minItems === maxItems) hints.push(counted(minItems, "item"));
  else if (minItems !== undefined) hints.push(`at least ${counted(minItems, "item")}`);
  if (maxItems !== undefined && minItems !== maxItems) hints.push(`at most ${counted(maxItems, "item")}`);
  if (type.type === "integer") hints.unshift("a whole number");
  if (kindOf(type) === "json" && !choicesOf(type)) hints.push("JSON");
  return hints;
}
