// Classes with a number each: one bar per class, the likeliest first.

import { el, unfold } from "../dom.js";
import { percent, readable } from "../numbers.js";
import { bar } from "./number.js";

const SHOWN = 10;

export function showClasses(value, { title, type }) {
  const classes = Object.entries(value ?? {});
  if (type.display !== "classes" || !classes.length || !classes.every(([, each]) => typeof each === "number")) return null;
  classes.sort(([, one], [, other]) => other - one);
  const shares = classes.every(([, each]) => each >= 0 && each <= 1);
  const most = shares ? 1 : Math.max(...classes.map(([, each]) => Math.abs(each))) || 1;
  const rows = classes.map(([name, each]) =>
    el(
      "li",
      {},
      el("span", { class: "name" }, name),
      bar(Math.max(each, 0) / most),
      el("span", { class: "number" }, shares ? percent(each) : readable(each, type.unit)),
    ),
  );
  const more = unfold(rows, SHOWN, `Show the ${SHOWN} likeliest`);
  return { elements: [el("ol", { class: "classes", "aria-label": title }, rows), more] };
}
