// Checks in tables: what alarms is in sight, the rest unfolds.

import { counted } from "../counted.js";
import { el, foldable } from "../dom.js";
import { curve } from "./charts.js";
import { badge, short } from "./words.js";

const TITLES = { quality: "Quality", drift: "Drift", performance: "Performance", service: "Service level", other: "Other" };
const ALWAYS = ["quality", "drift", "performance"];
const KINDS = { alarm: "bad", ok: "good", insufficient: "" };
const SHOWN = 4; // charts; the others unfold
const ROWS = 8; // alarms; the others unfold

/** Return the sections of the newest monitoring run's checks. */
export function checks(found, marks) {
  return Object.entries(TITLES)
    .filter(([group]) => found.checks[group].length || ALWAYS.includes(group))
    .map(([group, title]) => section(group, title, found.checks[group], group === "performance" ? found.series : [], marks));
}

function section(group, title, all, series, marks) {
  const alarms = all.filter((check) => check.verdict === "alarm");
  const few = all.filter((check) => check.verdict === "insufficient").length;
  const quiet = all.filter((check) => check.verdict !== "alarm");
  const said = [
    alarms.length ? badge(counted(alarms.length, "alarm"), "bad") : null,
    all.length > alarms.length + few ? badge(`${all.length - alarms.length - few} ok`, "good") : null,
    few ? badge(`${few} with too little data`, "") : null,
  ];
  const charts = series.map((one) => curve(`${one.name}, ${one.signal}`, one.points, one.threshold, marks));
  const rest = charts.length > SHOWN ? [foldable(`${charts.length - SHOWN} more charts`, {}, grid(charts.slice(SHOWN)))] : [];
  return el(
    "section",
    { class: "card", "aria-label": title },
    el("div", { class: "head" }, el("h3", {}, title), said),
    all.length ? null : el("p", { class: "placeholder" }, group === "performance" ? "Not checked: it needs labels." : "Not checked."),
    charts.length ? grid(charts.slice(0, SHOWN)) : null,
    rest,
    alarms.length ? table(alarms.slice(0, ROWS)) : null,
    alarms.length > ROWS ? foldable(`${alarms.length - ROWS} more with an alarm`, {}, table(alarms.slice(ROWS))) : null,
    quiet.length ? foldable(`${quiet.length} without an alarm`, {}, table(quiet)) : null,
  );
}

function grid(charts) {
  return el("div", { class: "charts" }, charts);
}

function table(found) {
  const head = ["check", "signal", "statistic", "interval", "threshold", "p", "verdict"];
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": "Checks" },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, found.map(row)),
    ),
  );
}

function row(check) {
  const interval = check.low === null ? "" : `${short(check.low)} to ${short(check.high)}`;
  const numbers = [short(check.statistic), interval, short(check.threshold), short(check.p)];
  const verdict = badge(check.verdict, KINDS[check.verdict]);
  const hint = check.why || (check.since ? `since ${check.since}` : "");
  return el(
    "tr",
    { title: check.message },
    el("td", {}, check.name),
    el("td", {}, check.signal),
    numbers.map((number) => el("td", { class: "number" }, number)),
    el("td", {}, verdict, hint ? el("span", { class: "hint" }, ` ${hint}`) : null),
  );
}
