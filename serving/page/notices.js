// What is said where there is no model to show.

import { el } from "./dom.js";

export function refused(error, again) {
  return notice("The models cannot be shown", el("p", {}, error.message), look(again));
}

export function loading(names) {
  const [is, it] = names.length === 1 ? ["is", "it is"] : ["are", "they are"];
  return notice("Loading", el("p", {}, `${names.join(", ")} ${is} loading. This page goes on as soon as ${it} there.`));
}

export function failed(failures, again) {
  const reasons = failures.map(([name, reason]) => el("div", {}, el("dt", {}, name), el("dd", {}, reason)));
  const tried = el("p", {}, "The server tries it again by itself, and this page looks again.");
  return notice("Not loaded", el("dl", {}, reasons), tried, look(again));
}

export function nothing(again) {
  const code = (text) => el("code", {}, text);
  const what = ["Train a capstone and bring it here with ", code("capstan run NAME"), "; ", code("capstan list")];
  return notice("No model is served yet", el("p", {}, ...what, " shows their names."), look(again));
}

function notice(title, ...content) {
  return el("div", { class: "card notice", role: "status" }, el("h2", {}, title), ...content);
}

function look(again) {
  return el("button", { type: "button", onclick: () => again() }, "Look again");
}
