// Elements from plain values. Text is always a text node: what the server says is never markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a part of an SVG image. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null));
  return element;
}

/** Return a button that shows the elements after the first `shown`, and hides them again; null for so few. */
export function unfold(elements, shown, fewer) {
  if (elements.length <= shown) return null;
  const rest = elements.slice(shown);
  const all = `Show all ${elements.length}`;
  const button = el("button", { type: "button", onclick: toggle, "aria-expanded": "false" }, all);
  rest.forEach((element) => element.setAttribute("hidden", ""));
  function toggle() {
    const open = button.getAttribute("aria-expanded") === "false";
    rest.forEach((element) => element.toggleAttribute("hidden", !open));
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? fewer : all;
  }
  return button;
}

/** Return what unfolds below a title. */
export function foldable(title, attributes, ...content) {
  return el("details", attributes, el("summary", {}, title), ...content);
}
