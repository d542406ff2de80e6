// All capstones at a glance.

import { el } from "../dom.js";
import { state, time, undelivered, whole } from "./words.js";

/** Return the elements that show every capstone. */
export function overview({ capstones, problems: wrong }) {
  const known = capstones.filter((one) => one.rollout === null || one.rollout.champion || one.look || one.open);
  const others = capstones.filter((one) => !known.includes(one)).map((one) => one.name);
  return [
    el("div", { class: "title" }, el("h2", {}, "Monitoring")),
    ...problems(wrong),
    el("div", { class: "cards" }, known.map(card)),
    others.length ? el("p", { class: "hint others" }, `Not deployed: ${others.join(", ")}.`) : null,
  ].filter(Boolean);
}

/** Return what could not be read. */
export function problems(found) {
  return found.map((text) => el("p", { class: "notice problem", role: "alert" }, text));
}

function card(one) {
  const { rollout, look } = one;
  return el(
    "a",
    { class: "card capstone", href: `#${encodeURIComponent(one.name)}`, "data-name": one.name },
    el("h2", {}, one.name),
    el("div", { class: "badges" }, state(one)),
    el("p", {}, rollout === null ? "Not known what serves" : rollout.champion ? `Version ${rollout.champion}` : "Nothing serves"),
    rollout?.challenger ? el("p", {}, `Version ${rollout.challenger}: ${rollout.traffic}`) : null,
    rollout?.since ? el("p", { class: "hint" }, "since ", time(rollout.since)) : null,
    look ? el("p", { class: "hint" }, `${look.alarms} of ${look.checks} checks alarm, `, time(look.at)) : null,
    el("p", { class: "hint" }, `${whole(one.requests.all)} requests since this server began`),
    undelivered(one),
  );
}
