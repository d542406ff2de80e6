// Small charts in SVG. They stretch with the page, so all that is written stands next to them, in HTML.

import { counted } from "../counted.js";
import { el, svg } from "../dom.js";
import { moment, short } from "./words.js";

const WIDTH = 600;
const HEIGHT = 90;

/** Return a chart of numbers that are counted, a bar for each monitoring run. */
export function bars(title, points, marks) {
  const x = across(points);
  const most = Math.max(...points.map((point) => point.value), 1);
  const wide = Math.max(Math.min(WIDTH / points.length - 2, 14), 1.5);
  const drawn = points.map(({ at, value }) => {
    const height = (HEIGHT * value) / most;
    return svg("rect", { x: x(at) - wide / 2, y: HEIGHT - height, width: wide, height, class: "count" });
  });
  if (points.length === 1) drawn.push(mark(x(points[0].at), HEIGHT * (1 - points[0].value / most)));
  return chart(title, points, [0, most], [...drawn, ...lines(marks, x)], points.at(-1).value);
}

/** Return a chart of a value over time with its interval, where it has one, and the threshold. from: the least of its scale. */
export function curve(title, points, threshold, marks, from = null) {
  const x = across(points);
  const sure = points.filter((point) => point.low !== null && point.low !== undefined);
  const values = points.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  if (threshold !== null) values.push(threshold);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = (most - (from ?? least)) * 0.08 || Math.abs(most) * 0.1 || 1;
  const [low, high] = [from ?? least - margin, most + margin];
  const y = (value) => (HEIGHT * (high - value)) / (high - low);
  const path = (found, of) => found.map((point) => `${x(point.at).toFixed(1)} ${y(of(point)).toFixed(1)}`);
  const drawn = [];
  if (sure.length > 1) {
    const band = [...path(sure, (point) => point.low), ...path(sure, (point) => point.high).reverse()];
    drawn.push(svg("path", { class: "band", d: `M${band.join("L")}Z` }));
  }
  if (threshold !== null) {
    drawn.push(svg("line", { class: "threshold", x1: 0, x2: WIDTH, y1: y(threshold), y2: y(threshold) }));
  }
  if (points.length === 1) {
    const at = x(points[0].at);
    for (const { low, high } of sure) drawn.push(svg("line", { class: "interval", x1: at, x2: at, y1: y(low), y2: y(high) }));
    drawn.push(mark(at, y(points[0].value)));
  }
  drawn.push(svg("path", { class: "line", d: `M${path(points, (point) => point.value).join("L")}` }));
  const last = points.at(-1);
  const interval = last.low === null || last.low === undefined ? "" : ` (${short(last.low)} to ${short(last.high)})`;
  const wanted = threshold === null ? "" : `, threshold ${short(threshold)}`;
  return chart(title, points, [low, high], [...drawn, ...lines(marks, x)], `${short(last.value)}${interval}${wanted}`);
}

/** Return a dot, for a point without a line. A path of no length stays round in a stretched chart. */
function mark(x, y) {
  return svg("path", { class: "dot", d: `M${x} ${Math.min(y, HEIGHT - 5)}h0` });
}

/** Return a function from an instant to its place, from the first point to the last. */
function across(points) {
  const first = Date.parse(points[0].at);
  const span = Date.parse(points.at(-1).at) - first || 1;
  return (at) => 8 + ((WIDTH - 16) * (Date.parse(at) - first)) / span;
}

/** Return a line for each decision that falls into the time of the chart. */
function lines(marks, x) {
  const inside = marks.filter(({ at }) => x(at) >= 0 && x(at) <= WIDTH);
  return inside.map(({ at, kind, version }) => {
    const what = svg("title", {}, `${moment(at)} ${kind}${version ? `, version ${version}` : ""}`);
    return svg("line", { class: `mark ${kind.replace(" ", "-")}`, x1: x(at), x2: x(at), y1: 0, y2: HEIGHT }, what);
  });
}

function day({ at }) {
  return moment(at).slice(0, 10);
}

function chart(title, points, [low, high], drawn, now) {
  const said = `${title}: now ${now}; ${counted(points.length, "monitoring run")}, from ${moment(points[0].at)} to ${moment(points.at(-1).at)}`;
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said };
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", {}, el("span", {}, title), el("strong", {}, String(now))),
    el("div", { class: "scale" }, el("span", {}, short(high)), el("span", {}, short(low))),
    svg("svg", box, drawn),
    el("div", { class: "span" }, el("span", {}, day(points[0])), points.length > 1 ? el("span", {}, day(points.at(-1))) : null),
  );
}
