// How many results have each value of a facet. A press of a value asks for it alone, another press for all again.

import { el } from "../dom.js";

export function showFacets(value, { type }) {
  if (type.display !== "facets" || !Array.isArray(value) || !value.every(isFacet)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "none")] };
  const names = [...new Set(value.map(({ facet }) => facet))];
  return { elements: names.map((name) => group(name, value.filter(({ facet }) => facet === name))) };
}

function isFacet(each) {
  return typeof each?.facet === "string" && "value" in each && typeof each.count === "number";
}

/** Return the values of a facet, which is a field of the request. The form listens for `refine`. */
function group(name, facets) {
  const buttons = facets.map(({ value, count }) => {
    const ask = ({ target }) => target.dispatchEvent(new CustomEvent("refine", { bubbles: true, detail: { name, value } }));
    return el("button", { type: "button", onclick: ask }, `${value} `, el("span", { class: "number" }, `${count}`));
  });
  return el("div", { class: "facets", role: "group", "aria-label": name }, el("span", { class: "hint" }, name), buttons);
}
