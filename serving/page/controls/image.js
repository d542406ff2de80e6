// An image: drawn with a pointer, white on black, or chosen as a file. A file is sent as it is.

import { el } from "../dom.js";
import { decode, encode, paint } from "../images.js";
import { leftOut } from "../schema.js";

const SIZE = 280; // pixels of the drawing
const PEN = { least: 4, usual: 30, most: 64 }; // pixels: a stroke stays visible when a model makes the drawing small

export function makeImage(field, attributes) {
  const canvas = el("canvas", { class: "drawing", width: SIZE, height: SIZE, role: "img", "aria-label": `Drawing: ${field.title}` });
  const input = el("input", { ...attributes, type: "file", accept: "image/*", onchange: choose });
  const clear = el("button", { type: "button", class: "clear", onclick: wipe }, "Clear");
  const { least: min, usual: value, most: max } = PEN;
  const pen = el("input", { type: "range", id: `${attributes.id}-pen`, min, max, value });
  const state = el("span", { class: "hint state", role: "status" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let drawn = false; // whether the canvas is what is sent
  let base64 = null; // or else the text of a file or of the example
  let last = null; // where the pen is

  function blank() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIZE, SIZE);
  }

  function wipe() {
    [drawn, base64, input.value] = [false, null, ""];
    blank();
    state.textContent = "Nothing drawn yet.";
  }

  function where(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((event.clientX - left) * SIZE) / width, ((event.clientY - top) * SIZE) / height];
  }

  function stroke(to) {
    Object.assign(context, { strokeStyle: "#fff", lineWidth: Number(pen.value), lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...to);
    context.stroke();
    last = to;
  }

  function down(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    [drawn, base64, input.value] = [true, null, ""];
    last = where(event);
    stroke(last);
    state.textContent = "Your drawing.";
  }

  function move(event) {
    if (last === null) return;
    const passed = event.getCoalescedEvents();
    for (const each of passed.length ? passed : [event]) stroke(where(each));
  }

  function up() {
    last = null;
  }

  /** Take the base64 text of an image, and show the image. */
  async function take(text, name, mediaType) {
    [drawn, base64] = [false, text];
    blank();
    const size = await paint(canvas, decode(text) ?? [], mediaType, true);
    if (base64 !== text) return;
    state.textContent = size ? `${name}, ${size.width} × ${size.height} pixels.` : `${name}. This browser cannot show it.`;
  }

  async function choose() {
    const [file] = input.files;
    if (file) await take(await encode(file), file.name, file.type);
  }


  for (const [name, act] of Object.entries({ pointerdown: down, pointermove: move, pointerup: up, pointercancel: up })) {
    canvas.addEventListener(name, act);
  }
  wipe();
  if (typeof field.initial === "string") take(field.initial, "The example", field.mediaType);

  function json() {
    if (drawn) return JSON.stringify(canvas.toDataURL("image/png").split(",")[1]);
    return base64 === null ? leftOut(field) : JSON.stringify(base64);
  }

  const needed = field.required && !field.nullable;
  const width = el("label", { class: "pen", for: pen.id }, "Pen ", pen);
  const elements = [canvas, state, el("div", { class: "actions" }, clear, width), input];
  return { input, elements, json, missing: () => (needed && json() === null ? "Draw something, or choose a file." : null) };
}
