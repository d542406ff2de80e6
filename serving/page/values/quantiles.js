// A forecast as quantiles, steps by levels: a plot, what it says at one step, and its numbers as a table.

import { el, foldable, svg } from "../dom.js";
import { readable } from "../numbers.js";
import { inWords } from "./number.js";
import { plot } from "./plot.js";

export function showQuantiles(value, field) {
  const { title, type } = field;
  const forecast = type.display === "quantiles" ? read(value, type.levels) : null;
  if (!forecast) return null;
  const { rows, levels, bands, middle } = forecast;
  const say = (number) => inWords(number, type);
  const image = svg("svg", { class: "plot", role: "img", "aria-label": summary(title, forecast, say) });
  const readout = el("p", { class: "readout" });
  const drawn = { width: 0 };
  const overview = "Point at the plot to read a step.";
  readout.textContent = overview;

  function point(event) {
    const step = drawn.stepAt(event.clientX - image.getBoundingClientRect().left);
    drawn.mark(step);
    readout.textContent = at(step, forecast, say);
  }

  function leave() {
    drawn.mark(null);
    readout.textContent = overview;
  }

  image.addEventListener("pointermove", point);
  image.addEventListener("pointerdown", point);
  image.addEventListener("pointerleave", leave);
  const holder = el("div", { class: "forecast" }, image);
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width > 0 && width !== drawn.width) Object.assign(drawn, plot(image, forecast, { width, title, unit: type.unit }));
  }).observe(holder);
  const table = foldable(type.unit ? `The numbers, ${type.unit}` : "The numbers", { class: "numbers" }, numbers(rows, levels));
  return { elements: [holder, legend(levels, bands, middle), readout, table] };
}

/** Return {rows, levels, bands, middle} with the levels in order, or null; a band is a pair of columns, widest first. */
function read(value, levels = null) {
  const count = value?.[0]?.length;
  const whole = Array.isArray(value) && count > 0 && value.every((row) => row.length === count);
  if (!whole || !value.flat().every((each) => typeof each === "number")) return null;
  if (levels && levels.length !== count) return null;
  const order = [...Array(count).keys()];
  if (levels) order.sort((one, other) => levels[one] - levels[other]);
  const half = Math.floor(count / 2);
  const bands = [...Array(half).keys()].map((i) => [i, count - 1 - i]);
  const sorted = levels && order.map((i) => levels[i]);
  const median = sorted ? sorted.indexOf(0.5) : -1;
  const middle = median >= 0 ? median : count % 2 ? half : null;
  return { rows: value.map((row) => order.map((i) => row[i])), levels: sorted, bands, middle };
}

function legend(levels, bands, middle) {
  const name = ([low, high]) => (levels ? `${share(levels[low])} to ${share(levels[high])}` : `${low + 1} to ${high + 1}`);
  const entries = bands.map((band, i) => el("li", {}, swatch(i + 1), name(band)));
  const line = middle === null ? [] : [el("li", {}, el("span", { class: "swatch line" }), central(levels, middle))];
  return el("ul", { class: "legend", "aria-label": "Quantiles" }, line, entries.reverse());
}

/** Return a patch of the colour that so many bands on top of each other have. */
function swatch(count) {
  const layers = Array.from({ length: count }, () => svg("rect", { class: "band", width: 10, height: 10 }));
  return svg("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" }, layers);
}

function central(levels, middle) {
  return levels && levels[middle] !== 0.5 ? share(levels[middle]) : "median";
}

function share(level) {
  return `${Number((100 * level).toPrecision(6))} %`;
}

function at(step, { rows, levels, bands, middle }, say) {
  const row = rows[step];
  const parts = middle === null ? [] : [say(row[middle])];
  if (bands.length) {
    const [low, high] = bands[0];
    const names = levels ? ` (${share(levels[low])} to ${share(levels[high])})` : "";
    parts.push(`${say(row[low])} to ${say(row[high])}${names}`);
  }
  return `Step ${step + 1}: ${parts.join(", ")}`;
}

function summary(title, forecast, say) {
  const { rows, levels, middle } = forecast;
  const line = rows.map((row) => row[middle ?? 0]);
  const range = `${say(Math.min(...line))} to ${say(Math.max(...line))}`;
  return `${title}: ${rows.length} steps, ${middle === null ? "the lowest quantile" : `the ${central(levels, middle)}`} from ${range}`;
}

function numbers(rows, levels) {
  const names = rows[0].map((_, i) => (levels ? share(levels[i]) : String(i + 1)));
  const head = ["Step", ...names].map((name, i) => el("th", { scope: "col", class: i ? "number" : null }, name));
  const body = rows.map((row, step) =>
    el("tr", {}, el("th", { scope: "row" }, String(step + 1)), row.map((each) => el("td", { class: "number" }, readable(each)))),
  );
  const table = el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The numbers" }, table);
}
