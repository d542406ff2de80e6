// A curve over any x, which need not be even: points [x, y], or [x, y, low, high] with a band, to scale, and as a table.

import { el, foldable, svg } from "../dom.js";
import { readable, ticks } from "../numbers.js";
import { inWords } from "./number.js";

const HEIGHT = 260;
const EDGE = { top: 28, right: 16, bottom: 40 };
const LETTER = 7; // the width of a digit, about

export function showCurve(value, { title, type }) {
  const points = type.display === "curve" ? read(value) : null;
  if (!points) return null;
  const [least, most] = extent(points.map(([, y]) => y));
  const said = `${title}: ${points.length} points, from ${inWords(least, type)} to ${inWords(most, type)}`;
  const image = svg("svg", { class: "plot", role: "img", "aria-label": said });
  const holder = el("div", { class: "forecast" }, image);
  let drawn = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width > 0 && width !== drawn) draw(image, points, width, title, type);
    drawn = width;
  }).observe(holder);
  return { elements: [holder, foldable("The numbers", { class: "numbers" }, numbers(points, title, type))] };
}

/** Return the points in the order of x, or null where the value has other things. */
function read(value) {
  if (!Array.isArray(value) || value.length === 0) return null;
  const size = value[0].length;
  const isPoint = (each) => Array.isArray(each) && each.length === size && each.every(Number.isFinite);
  if (![2, 4].includes(size) || !value.every(isPoint)) return null;
  return [...value].sort(([one], [other]) => one - other);
}

function draw(image, points, width, title, type) {
  const [xs, ys] = [axis(points.map(([x]) => x), width / 80), axis(points.flatMap(([, ...ys]) => ys), 7)];
  const left = Math.max(...ys.labels.map((label) => label.length)) * LETTER + 12;
  const right = width - EDGE.right;
  const bottom = HEIGHT - EDGE.bottom;
  const x = (value) => left + ((right - left) * (value - xs.low)) / (xs.high - xs.low);
  const y = (value) => bottom - ((bottom - EDGE.top) * (value - ys.low)) / (ys.high - ys.low);
  const along = (sorted, at) => sorted.map((point) => `${x(point[0]).toFixed(1)} ${y(point[at]).toFixed(1)}`);
  const path = along(points, 1).join("L");
  const band = points[0].length === 4 ? [...along(points, 2), ...along(points.toReversed(), 3)].join("L") : null;
  image.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  image.setAttribute("height", HEIGHT);
  image.replaceChildren(
    ...ys.values.map((value, i) => tick(ys.labels[i], left - 8, y(value) + 4, "end", { x1: left, x2: right, y1: y(value), y2: y(value) })),
    ...xs.values.map((value, i) => tick(xs.labels[i], x(value), HEIGHT - 22, "middle", { x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4 })),
    ...(band ? [svg("path", { class: "band", d: `M${band}Z` })] : []),
    svg("path", { class: "curve", d: `M${path}` }),
    ...points.map((point) => svg("circle", { class: "point", cx: x(point[0]), cy: y(point[1]), r: 2.5 })),
    svg("text", { class: "axis-title", x: 0, y: 14 }, type.unit ? `${title}, ${type.unit}` : title),
    svg("text", { class: "axis-title", x: (left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, type.x ?? ""),
  );
}

/** Return the limits of an axis, its round values and their labels. */
function axis(values, count) {
  const [least, most] = extent(values);
  const margin = (most - least) * 0.04 || Math.abs(most) * 0.1 || 1;
  const [low, high] = [least - margin, most + margin];
  const { found, decimals } = ticks(low, high, count);
  const format = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return { low, high, values: found, labels: found.map((value) => format.format(value).replace("-", "−")) };
}

function extent(values) {
  return values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
}

function tick(label, x, y, anchor, line) {
  return svg("g", { class: "tick" }, svg("line", line), svg("text", { x, y, "text-anchor": anchor }, label));
}

function numbers(points, title, type) {
  const names = [type.x ?? "x", type.unit ? `${title}, ${type.unit}` : title, "from", "to"];
  const head = names.slice(0, points[0].length).map((name) => el("th", { scope: "col", class: "number" }, name));
  const body = points.map((point) => el("tr", {}, point.map((each) => el("td", { class: "number" }, readable(each)))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The numbers" }, table);
}
