// A request's JSON schema, field by field: what to call it, which control it gets, what to say of it.

/** Return [{name, title, hint, kind, choices, required, nullable, initial}]; kind: text, number, choice or json. */
export function fields(schema) {
  const whole = schema.examples?.[0] ?? {};
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { type, nullable } = resolve(property, schema);
    const choices = choicesOf(type);
    const initial = whole[name] ?? property.examples?.[0] ?? type.examples?.[0] ?? property.default ?? type.default;
    return {
      name,
      title: property.title ?? type.title ?? name,
      hint: [property.description ?? type.description, ...limits(type)].filter(Boolean).join(" · "),
      kind: choices ? "choice" : kindOf(type),
      choices,
      required: (schema.required ?? []).includes(name),
      nullable,
      initial: initial ?? null,
    };
  });
}

function resolve(property, root, nullable = false) {
  const path = property.$ref?.match(/^#\/(.+)$/)?.[1];
  if (path) return resolve(path.split("/").reduce((at, key) => at?.[key], root) ?? {}, root, nullable);
  if (property.allOf?.length === 1) return resolve(property.allOf[0], root, nullable);
  const options = property.anyOf ?? property.oneOf;
  if (!options) return { type: property, nullable };
  const rest = options.filter((option) => option.type !== "null");
  nullable ||= rest.length < options.length;
  return rest.length === 1 ? resolve(rest[0], root, nullable) : { type: {}, nullable };
}

function choicesOf(type) {
  if (type.enum) return type.enum;
  if ("const" in type) return [type.const];
  return type.type === "boolean" ? [true, false] : null;
}

function kindOf(type) {
  return { string: "text", integer: "number", number: "number" }[type.type] ?? "json";
}

function limits(type) {
  const said = [
    ["minimum", (least) => `at least ${least}`],
    ["exclusiveMinimum", (limit) => `more than ${limit}`],
    ["maximum", (most) => `at most ${most}`],
    ["exclusiveMaximum", (limit) => `less than ${limit}`],
    ["multipleOf", (step) => `a multiple of ${step}`],
    ["minLength", (least) => `at least ${least} characters`],
    ["maxLength", (most) => `at most ${most} characters`],
    ["pattern", (pattern) => `pattern ${pattern}`],
  ];
  const hints = said.filter(([key]) => key in type).map(([key, say]) => say(type[key]));
  if (type.type === "integer") hints.unshift("a whole number");
  if (kindOf(type) === "json" && !choicesOf(type)) hints.push("JSON");
  return hints;
}
