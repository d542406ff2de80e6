// What an operator may do: pause and resume the loop, promote and roll back. Each asks for a reason. What the server
// leaves to a command, as on a cluster, is shown as that command.

import { ask, hasToken, Refused } from "../api.js";
import { el } from "../dom.js";

const HOW = "Enter an operator's token at the top. `python -m serving.guards.tokens add NAME --for operator` makes one.";

/** Return what the buttons show of a roll-out: the server refuses a decision on a state that is no longer there. */
function decidedOn(rollout) {
  if (!rollout) return {};
  const { champion, challenger, candidate, previous, since } = rollout;
  return { champion, challenger, candidate, previous, since };
}

/** Return {element, update(now)}. The element stays, so that a reason that is being typed stays too. */
export function makeOperate(name, done) {
  const reason = el("input", { id: "reason", autocomplete: "off", maxlength: "1000" });
  const said = el("p", { id: "said", role: "status", "aria-live": "polite" });
  const status = el("p", {});
  const commands = el("div", { id: "commands" });
  const buttons = {
    pause: button("pause", "Pause the retraining loop"),
    resume: button("resume", "Resume the retraining loop"),
    promote: button("promote", "Promote"),
    rollback: button("rollback", "Roll back"),
  };
  let shown = null;

  function button(verb, text) {
    return el("button", { type: "button", id: verb, onclick: () => act(verb) }, text);
  }

  async function act(verb) {
    say("");
    if (shown.actions) return say(shown.actions, true);
    if (!hasToken()) return say(HOW, true, document.getElementById("token"));
    if (!reason.value.trim()) return say("Give a reason: readers of the history want to know why.", true, reason);
    for (const each of Object.values(buttons)) each.disabled = true;
    try {
      const body = JSON.stringify({ reason: reason.value, state: decidedOn(shown.rollout) });
      const event = await ask(`v2/monitoring/${encodeURIComponent(name)}/${verb}`, body);
      reason.value = "";
      say(`Done: ${event.kind}${event.version ? ` version ${event.version}` : ""}, by ${event.by}.`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say(error.message, true, [401, 403].includes(error.status) ? document.getElementById("token") : null);
    } finally {
      for (const each of Object.values(buttons)) each.disabled = false;
    }
    return done();
  }

  function say(text, wrong = false, focus = null) {
    said.textContent = text;
    said.classList.toggle("error", wrong);
    focus?.focus();
  }

  return {
    element: el(
      "section",
      { class: "card", "aria-label": "Decide" },
      el("h3", {}, "Decide"),
      status,
      el("div", { class: "field" }, el("label", { for: "reason" }, "Reason"), reason),
      el("div", { class: "buttons" }, Object.values(buttons)),
      commands,
      said,
    ),
    update(now) {
      shown = now;
      const { held, rollout, by_command: byCommand } = now;
      status.textContent = held
        ? `The circle is ${held.kind} since ${held.at.slice(0, 16).replace("T", " ")}, by ${held.by}: ${held.reason}`
        : "The retraining loop is not paused: where it runs, it decides by itself.";
      buttons.pause.hidden = held !== null;
      buttons.resume.hidden = held === null;
      const back = rollout?.challenger || rollout?.candidate;
      const labels = {
        promote: rollout?.challenger && `Promote version ${rollout.challenger}`,
        rollback: back ? `Roll back version ${back}` : rollout?.previous && `Bring back version ${rollout.previous}`,
      };
      commands.replaceChildren();
      for (const [verb, label] of Object.entries(labels)) {
        const command = byCommand[verb];
        buttons[verb].hidden = !label || Boolean(command);
        buttons[verb].textContent = label || "";
        if (label && command) commands.append(el("p", {}, `${label}, by a command: `, el("code", {}, command)));
      }
    },
  };
}
