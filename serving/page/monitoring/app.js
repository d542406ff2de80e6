// The console: which capstones there are, and the one that is looked at. It looks again every half minute.

import { ask, Refused, useToken } from "../api.js";
import { counted } from "../counted.js";
import { el } from "../dom.js";
import { makeDetail } from "./detail.js";
import { overview, problems } from "./overview.js";

const AGAIN_MS = 30_000;
const nav = document.getElementById("capstones");
const main = document.getElementById("main");
const views = new Map(); // name -> view, kept so that what was entered stays
let timer = null;
let looks = 0;

/** Look at what the address names, or at all. */
async function load() {
  clearTimeout(timer);
  looks += 1;
  const look = looks;
  const name = addressed();
  try {
    const [all, one] = await Promise.all([ask("v2/monitoring"), name ? ask(path(name)) : null]);
    if (look !== looks) return; // a later reading is under way
    show(all, one);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (look !== looks) return;
    const again = el("button", { type: "button", onclick: () => load() }, "Look again");
    main.replaceChildren(...problems([error.message]), again);
  }
  main.setAttribute("aria-busy", "false");
  timer = setTimeout(load, AGAIN_MS);
}

function show(all, one) {
  const focus = document.activeElement?.id;
  const entries = all.capstones.map((each) => entry(each.name, each.name, said(each)));
  nav.replaceChildren(entry("", "All capstones", ""), ...entries);
  if (one) {
    if (!views.has(one.name)) views.set(one.name, makeDetail(one.name, load));
    const view = views.get(one.name);
    view.update(one);
    if (view.elements.some((element) => element.parentNode !== main)) main.replaceChildren(...view.elements);
  } else main.replaceChildren(...overview(all));
  if (focus) document.getElementById(focus)?.focus();
}

function entry(name, text, more) {
  const here = name === addressed();
  const link = { href: `#${encodeURIComponent(name)}`, id: `to-${name}`, "aria-current": here ? "page" : null };
  return el("a", link, el("strong", {}, text), more ? el("span", {}, more) : null);
}

function said(one) {
  if (one.open) return counted(one.open, "open alert");
  if (one.held) return `circle ${one.held.kind}`;
  return one.rollout?.champion ? `version ${one.rollout.champion}` : "";
}

function path(name) {
  return `v2/monitoring/${encodeURIComponent(name)}`;
}

/** Return the name that the address asks for. An address that is no UTF-8 asks for none. */
function addressed() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

document.getElementById("access").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(document.getElementById("token").value.trim());
  const said = document.getElementById("said");
  if (said) said.textContent = "";
  document.getElementById("reason")?.focus();
});
addEventListener("hashchange", load);
load();
