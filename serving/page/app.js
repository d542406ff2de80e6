// The page: which models there are, which are on their way, and the one that is looked at.

import { ask, metadataPath, Refused, useToken } from "./api.js";
import { el } from "./dom.js";
import { failed, loading, nothing, refused } from "./notices.js";
import { makeView } from "./view.js";

const LOADING_MS = 1500; // until it is read again, while something loads
const WAITING_MS = 5000; // and while something has failed, which the server tries again, or nothing is there
const nav = document.getElementById("models");
const main = document.getElementById("main");
const access = document.getElementById("access");
let found = null; // {models: name -> metadata, loading: [name], standby: [name], failures: name -> reason}
let views = new Map(); // name -> {described, elements}, kept so that what was entered stays
let shown = null; // the name of the model that is looked at
let timer = null;
let looks = 0;

/** Look what the server has. */
async function load() {
  clearTimeout(timer);
  looks += 1;
  const look = looks;
  try {
    const now = await survey();
    if (look !== looks) return; // a later reading is under way
    show(now);
    if (now.loading.length) timer = setTimeout(load, LOADING_MS);
    else if (!now.models.size || Object.keys(now.failures).length) timer = setTimeout(load, WAITING_MS);
  } catch (error) {
    if (look !== looks) return;
    if (!(error instanceof Refused)) throw error;
    if (error.status !== 401) timer = setTimeout(load, WAITING_MS);
    if (found && error.status !== 401) return; // the server may be about to come back; what is shown stays
    found = null;
    nav.replaceChildren();
    main.replaceChildren(refused(error, load));
    if (error.status === 401) document.getElementById("token").focus();
  }
  main.setAttribute("aria-busy", "false");
}

async function survey() {
  const server = await ask("v2");
  const wanted = server.standby.filter((name) => name === addressed()); // to look at one is to load it
  const metadata = await Promise.all([...Object.keys(server.models), ...wanted].map(describe));
  const models = new Map(metadata.filter(Boolean).map((one) => [one.name, one]));
  const failures = Object.entries(server.failures).filter(([name]) => !models.has(name));
  return {
    models,
    loading: server.loading.filter((name) => !models.has(name)),
    standby: server.standby.filter((name) => !models.has(name)),
    failures: Object.fromEntries(failures.filter(([name]) => !server.loading.includes(name))),
  };
}

/** Return a model's metadata, or null when it has gone in the meantime. */
async function describe(name) {
  try {
    return await ask(metadataPath(name));
  } catch (error) {
    if (error instanceof Refused && [404, 503].includes(error.status)) return null;
    throw error;
  }
}

/** Show what was found, without a stir where nothing has changed: somebody may be typing. */
function show(now) {
  const same = found && described(found) === described(now);
  found = now;
  if (same) return;
  for (const [name, view] of views) {
    if (view.described !== JSON.stringify(now.models.get(name))) views.delete(name);
  }
  nav.replaceChildren(
    ...[...now.models.values()].map(entry),
    ...now.loading.map((name) => waiting(name, "loading", "loading ...")),
    ...now.standby.map(standby),
    ...Object.entries(now.failures).map(([name, reason]) => waiting(name, "failure", `not loaded: ${reason}`)),
  );
  turn();
}

function described({ models, ...rest }) {
  return JSON.stringify([[...models.values()], rest]);
}

/** Show what the address names, or else what was shown before, or else the first model. */
function turn() {
  if (!found) return;
  const name = [addressed(), shown].find(known) ?? found.models.keys().next().value ?? null;
  shown = name;
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.name === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const elements = content(name);
  if (elements.some((element) => element.parentNode !== main)) main.replaceChildren(...elements);
}

/** Return the name that the address asks for. An address that is no UTF-8 asks for none. */
function addressed() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function known(name) {
  return found.models.has(name) || found.loading.includes(name) || name in found.failures;
}

function content(name) {
  if (found.models.has(name)) {
    const metadata = found.models.get(name);
    if (!views.has(name)) views.set(name, { described: JSON.stringify(metadata), elements: makeView(metadata) });
    return views.get(name).elements;
  }
  if (name === null ? found.loading.length : found.loading.includes(name)) {
    return [loading(name === null ? found.loading : [name])];
  }
  const failures = Object.entries(found.failures).filter(([own]) => name === null || own === name);
  return [failures.length ? failed(failures, load) : nothing(load)];
}

function entry(metadata) {
  return el(
    "a",
    { href: `#${encodeURIComponent(metadata.name)}`, "data-name": metadata.name },
    el("strong", {}, metadata.name),
    Object.entries(metadata.variants).map(([role, version]) => el("span", {}, `${role}: version ${version}`)),
    Object.keys(metadata.unloadable).map((role) => el("span", { class: "problem" }, `${role}: not loaded`)),
  );
}

/** Return a link to a model that is not in memory. Following it loads the model. */
function standby(name) {
  const link = { href: `#${encodeURIComponent(name)}`, "data-name": name };
  return el("a", link, el("strong", {}, name), el("span", {}, "not in memory"));
}

function waiting(name, kind, said) {
  return el("div", { class: kind }, el("strong", {}, name), el("span", {}, said));
}

access.addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(document.getElementById("token").value.trim());
  found = null;
  views = new Map();
  load();
});
addEventListener("hashchange", () => (found?.standby.includes(addressed()) ? load() : turn()));
load();
