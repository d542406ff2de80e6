// A file, chosen from the machine and sent as it is, in base64.

import { el } from "../dom.js";
import { encode } from "../images.js";
import { leftOut } from "../schema.js";

export function makeFile(field, attributes) {
  const input = el("input", { ...attributes, type: "file", onchange: choose });
  const clear = el("button", { type: "button", class: "clear", onclick: wipe }, "Clear");
  const state = el("span", { class: "hint state", role: "status" });
  let base64 = null;

  function keep(text, said) {
    base64 = text;
    state.textContent = said;
  }

  function wipe() {
    input.value = "";
    keep(null, ""); // the browser says itself that none is chosen
  }

  async function choose() {
    const [file] = input.files;
    if (file) keep(await encode(file), `${file.name}, ${file.size.toLocaleString("en")} bytes.`);
  }

  wipe();
  if (typeof field.initial === "string") keep(field.initial, "The example.");
  const json = () => (base64 === null ? leftOut(field) : JSON.stringify(base64));
  const needed = field.required && !field.nullable;
  const elements = [state, input, el("div", { class: "actions" }, clear)];
  return { input, elements, json, missing: () => (needed && json() === null ? "Choose a file." : null) };
}
