// A text token by token: how likely the model held each to be, what it held to be likely instead, and what it attended to.

import { el, foldable, unfold } from "../dom.js";
import { percent } from "../numbers.js";
import { attention } from "./attention.js";

const STEPS = [0.5, 0.1, 0.01]; // of a share; what is less likely has the strongest colour
const SHOWN = 20;
const OVERVIEW = "Point at a token to read how likely it was.";

export function showTokens(value, { title, type }) {
  if (type.display !== "tokens" || !Array.isArray(value) || !value.every(isToken)) return null;
  if (!value.length) return { elements: [el("p", { class: "absent" }, "none")] };
  const readout = el("p", { class: "readout" }, OVERVIEW);
  const tokens = value.map((each, i) =>
    el("span", { class: `token unlikely-${unlikely(each)}`, onpointerenter: () => point(i) }, ended(each.token)),
  );
  const attended = attention(value, tokens, visible);
  // What is said of a token stays when the pointer leaves it: what is below would move while somebody presses it.
  function point(i) {
    attended?.mark(i);
    readout.textContent = [`${sentence(value[i])}.`, attended?.say(i)].filter(Boolean).join(" ");
  }
  const text = el("p", { class: "text tokens", "aria-label": title }, tokens);
  const table = foldable("The numbers", { class: "numbers" }, numbers(value, title));
  return { elements: [text, legend(), attended?.control ?? null, readout, table] };
}

function isToken(each) {
  return typeof each?.token === "string" && typeof each.logprob === "number";
}

/** Return how unlikely a token was, from 0. */
function unlikely({ logprob }) {
  return STEPS.filter((share) => Math.exp(logprob) < share).length;
}

function sentence(each) {
  const others = instead(each);
  return `${visible(each.token)}: ${percent(Math.exp(each.logprob))}${others ? `; instead ${others}` : ""}`;
}

function instead({ token, top_logprobs: others = [] }) {
  const rest = others.filter((other) => other.token !== token);
  return rest.map((other) => `${visible(other.token)} ${percent(Math.exp(other.logprob))}`).join(", ");
}

/** Return a token with a sign where it ends a line. */
function ended(token) {
  return token.replaceAll("\n", "↵\n");
}

/** Return a token whose blanks are seen as well. */
function visible(token) {
  return token.replaceAll("\n", "↵").replaceAll("\t", "→").replaceAll(" ", "␣");
}

function legend() {
  const names = STEPS.map((share, i) => [i, `at least ${100 * share} %`]).concat([[STEPS.length, "less"]]);
  return el(
    "ul",
    { class: "legend", "aria-label": "How likely" },
    names.map(([i, name]) => el("li", {}, el("span", { class: `swatch unlikely-${i}` }), name)),
  );
}

function numbers(value, title) {
  const heads = ["token", "likely", "instead"];
  const head = el("tr", {}, heads.map((name) => el("th", { scope: "col", class: name === "likely" ? "number" : null }, name)));
  const rows = value.map((each) =>
    el(
      "tr",
      {},
      el("td", {}, visible(each.token)),
      el("td", { class: "number" }, percent(Math.exp(each.logprob))),
      el("td", {}, instead(each)),
    ),
  );
  const table = el("table", { class: "records", "aria-label": title }, el("thead", {}, head), el("tbody", {}, rows));
  return [table, unfold(rows, SHOWN, `Show the first ${SHOWN}`)].filter((element) => element !== null);
}
