// The plot of a quantile forecast, in SVG.

import { svg } from "../dom.js";
import { ticks } from "../numbers.js";

const HEIGHT = 260;
const EDGE = { top: 28, right: 12, bottom: 40 };
const LETTER = 7; // the width of a digit, about

/** Draw a forecast; return {width, stepAt(x), mark(step)}. */
export function plot(image, { rows, bands, middle }, { width, title, unit }) {
  const values = rows.flat();
  const y = vertical(Math.min(...values), Math.max(...values));
  const left = Math.max(...y.labels.map((label) => label.length)) * LETTER + 12;
  const right = width - EDGE.right;
  const last = Math.max(rows.length - 1, 1);
  const x = (step) => left + ((right - left) * step) / last;
  const drawn = rows.length === 1 ? [rows[0], rows[0]] : rows; // one step is as wide as the plot
  const point = (step, value) => `${x(step).toFixed(1)} ${y.at(value).toFixed(1)}`;
  const line = (column) => drawn.map((row, step) => point(step, row[column]));
  const marker = svg("line", { class: "marker", y1: EDGE.top, y2: HEIGHT - EDGE.bottom, hidden: true });
  image.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  image.setAttribute("height", HEIGHT);
  image.replaceChildren(
    ...y.found.map((value, i) => grid(left, right, y.at(value), y.labels[i])),
    ...bands.map(([low, high]) =>
      svg("path", { class: "band", d: `M${line(low).join("L")}L${line(high).reverse().join("L")}Z` }),
    ),
    ...(middle === null ? [] : [svg("path", { class: "median", d: `M${line(middle).join("L")}` })]),
    ...steps(rows.length, x, right - left),
    svg("text", { class: "axis-title", x: 0, y: 14 }, unit ? `${title}, ${unit}` : title),
    svg("text", { class: "axis-title", x: (left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "step"),
    marker,
  );
  return {
    width,
    stepAt: (at) => Math.min(Math.max(Math.round(((at - left) / (right - left)) * last), 0), rows.length - 1),
    mark(step) {
      marker.toggleAttribute("hidden", step === null);
      if (step === null) return;
      marker.setAttribute("x1", x(step));
      marker.setAttribute("x2", x(step));
    },
  };
}

function vertical(least, most) {
  const margin = (most - least) * 0.04 || Math.abs(most) * 0.1 || 1;
  const [low, high] = [least - margin, most + margin];
  const { found, decimals } = ticks(low, high, 7);
  const format = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const inside = HEIGHT - EDGE.top - EDGE.bottom;
  return {
    found,
    labels: found.map((value) => format.format(value).replace("-", "−")),
    at: (value) => EDGE.top + (inside * (high - value)) / (high - low),
  };
}

function grid(left, right, y, label) {
  const text = svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, label);
  return svg("g", { class: "tick" }, svg("line", { x1: left, x2: right, y1: y, y2: y }), text);
}

/** Return the labels of the steps, which count from one. */
function steps(count, x, width) {
  const { found } = ticks(1, count, Math.min(count, width / 60));
  const whole = [...new Set([1, ...found.filter(Number.isInteger)])];
  return whole.map((step) =>
    svg("g", { class: "tick" }, svg("text", { x: x(step - 1), y: HEIGHT - 22, "text-anchor": "middle" }, String(step))),
  );
}
