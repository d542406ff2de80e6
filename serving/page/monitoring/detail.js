// One capstone: what serves, what is wrong, how it went, and what was decided.

import { el } from "../dom.js";
import { alerts } from "./alerts.js";
import { bars, curve } from "./charts.js";
import { checks } from "./checks.js";
import { decisions, history } from "./history.js";
import { makeOperate } from "./operate.js";
import { problems } from "./overview.js";
import { moment, state, time, whole } from "./words.js";

/** Return {elements, update(found)} of a capstone's view. */
export function makeDetail(name, again) {
  const above = el("div", { class: "stack" });
  const below = el("div", { class: "stack" });
  const side = el("div", { class: "stack" });
  const operate = makeOperate(name, again);
  const facts = el("div", {});
  side.append(facts, operate.element);
  let all = false;
  let shown = "";

  function update(found) {
    operate.update(found);
    const now = JSON.stringify([found, all]);
    if (now === shown) return;
    shown = now;
    const marks = decisions(found.events);
    const turn = (chosen) => {
      all = chosen;
      update(found);
    };
    above.replaceChildren(title(found), ...problems(found.problems));
    facts.replaceChildren(serves(found));
    keeping(below, () =>
      below.replaceChildren(
        ...(found.look || found.rollout === null || found.problems.length ? [] : how(found)),
        alerts(found),
        ...(found.looks.length ? [traffic(found, marks)] : []),
        ...(found.look ? checks(found, marks) : []),
        history(found.events, all, turn),
      ),
    );
  }

  return { elements: [above, el("div", { class: "detail" }, side, below)], update };
}

/** Replace what an element holds; what is unfolded stays so, and what has the focus keeps it. */
function keeping(element, replace) {
  const folds = () => [...element.querySelectorAll("section")].map((one) => [...one.querySelectorAll("details")]);
  const open = folds().map((section) => section.map((fold) => fold.open));
  const places = () => [...element.querySelectorAll("a, input, summary, [tabindex]")];
  const focus = places().indexOf(document.activeElement);
  replace();
  folds().forEach((section, i) => section.forEach((fold, j) => (fold.open = open[i]?.[j] ?? false)));
  places()[focus]?.focus({ preventScroll: true });
}

function title(found) {
  return el(
    "div",
    { class: "title" },
    el("h2", {}, found.name),
    found.title ? el("p", {}, found.title) : null,
    el("div", { class: "badges" }, state(found)),
  );
}

function serves(found) {
  const { rollout, look, requests, links } = found;
  const facts = [];
  if (rollout === null) facts.push(["Serves", "not known: the registry does not answer"]);
  else if (!rollout.champion) facts.push(["Serves", `nothing yet; train it with \`capstan run ${found.name}\``]);
  else facts.push(["Champion", `version ${rollout.champion}`]);
  if (rollout?.challenger) facts.push(["Challenger", `version ${rollout.challenger}, ${rollout.traffic}`]);
  if (rollout?.previous) facts.push(["Before", `version ${rollout.previous}`]);
  if (rollout?.since) facts.push(["Since", [time(rollout.since), el("span", { class: "hint" }, rollout.by)]]);
  facts.push(["Requests", `${whole(requests.all)} since this server began, ${whole(requests.failed)} failed`]);
  if (look) facts.push(["Last monitoring run", [moment(look.at), el("span", { class: "hint" }, looked(look))]]);
  const places = Object.entries(links).map(([name, place]) =>
    /^https?:/.test(place) ? el("a", { href: place }, name) : el("span", {}, `${name}: `, el("code", {}, place)),
  );
  if (Object.keys(found.served).length) places.push(el("a", { href: `./#${encodeURIComponent(found.name)}` }, "Ask it"));
  return el(
    "section",
    { class: "card", "aria-label": "What serves" },
    el("h3", {}, "What serves"),
    el("dl", {}, facts.map(([term, fact]) => el("div", {}, el("dt", {}, term), el("dd", {}, fact)))),
    el("div", { class: "places" }, places),
  );
}

/** Return how to begin; nothing for a capstone that serves and has no monitoring. */
function how({ rollout, monitored, by_command: byCommand }) {
  const served = Boolean(rollout.champion);
  if (served && !monitored) return [];
  const start = el(
    "section",
    { class: "card", "aria-label": "Start" },
    el("h3", {}, served ? "Not monitored yet" : "Not deployed yet"),
    el("p", {}, "Run ", el("code", {}, byCommand[served ? "monitor" : "run"]), served ? "; with --every 1d, each day." : "."),
  );
  return [start];
}

function looked(look) {
  return `at version ${look.version}: ${whole(look.predictions)} predictions, ${whole(look.labels)} with labels`;
}

function traffic({ looks }, marks) {
  const of = (field) => looks.map((look) => ({ at: look.at, value: look[field] }));
  return el(
    "section",
    { class: "card", "aria-label": "Over time" },
    el("h3", {}, "Over time, by monitoring run"),
    el(
      "div",
      { class: "charts" },
      bars("Alarms", of("alarms"), marks),
      curve("Predictions checked", of("predictions"), null, marks, 0),
      curve("Of these with labels", of("labels"), null, marks, 0),
    ),
  );
}
