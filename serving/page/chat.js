// A conversation with a model that takes messages, by OpenAI's API: answers come in parts, and can be stopped.

import { lost, Refused, send } from "./api.js";
import { el } from "./dom.js";
import { events } from "./events.js";
import { showTokens } from "./values/tokens.js";

const PATH = "v1/chat/completions";
const SHOWN = { logprobs: true, top_logprobs: 3 }; // of each token
const ATTENDED = 5; // tokens, of each layer
const TOKENS = { title: "How likely each token was", type: { display: "tokens" } };

/** Return the element of a conversation; schema: of a model's requests. */
export function makeChat(name, schema) {
  let messages = [];
  let aborted = null;
  const turns = el("ol", { class: "turns", "aria-label": "Conversation", "aria-live": "polite" });
  const input = el("textarea", { id: "message", rows: 3, required: true, onkeydown: sendOnEnter });
  const likely = el("input", { id: "likely", type: "checkbox" });
  const say = el("button", { class: "primary" }, "Send");
  const stop = el("button", { type: "button", class: "stop", hidden: true, onclick: () => aborted.abort() }, "Stop");
  const again = el("button", { type: "button", onclick: begin }, "New conversation");
  const problem = el("p", { class: "error", role: "alert" });
  const form = el(
    "form",
    { class: "card message" },
    el("div", { class: "field" }, el("label", { for: "message" }, "Message"), input),
    el("div", {}, likely, " ", el("label", { for: "likely" }, "Show how likely each token was, and what it attended to")),
    problem,
    el("div", { class: "buttons" }, say, stop, again),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });

  function begin() {
    aborted?.abort();
    messages = [];
    turns.replaceChildren();
    problem.textContent = "";
    input.focus();
  }

  function sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  }

  async function submit() {
    if (aborted) return; // an answer is under way
    const own = messages; // a new conversation begins another list
    const content = input.value;
    const asked = [...own, { role: "user", content }];
    const attention = schema.properties?.attention ? { attention: ATTENDED } : {};
    const more = likely.checked ? { ...SHOWN, ...attention } : {};
    const body = JSON.stringify({ model: name, messages: asked, stream: true, ...more });
    const said = turn("You", content);
    const answer = turn(name, "");
    turns.append(said, answer);
    busy(true);
    const made = { content: "", tokens: [] };
    try {
      for await (const part of parts(body, aborted.signal)) {
        made.content += part.content;
        made.tokens.push(...part.tokens);
        answer.querySelector(".said").textContent = made.content;
        answer.scrollIntoView({ block: "nearest" });
      }
      if (aborted.signal.aborted) answer.append(el("p", { class: "hint" }, "Stopped."));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problem.textContent = error.message;
    } finally {
      busy(false);
    }
    if (own !== messages) return;
    if (!made.content && problem.textContent) {
      said.remove(); // it was not answered: it is still in the field, to be changed
      answer.remove();
      return;
    }
    own.push(asked.at(-1), { role: "assistant", content: made.content });
    if (made.tokens.length) answer.querySelector(".said").replaceWith(shown(made.tokens));
    input.value = "";
    input.focus();
  }

  function busy(now) {
    aborted = now ? new AbortController() : null;
    if (now) problem.textContent = "";
    say.disabled = now;
    stop.toggleAttribute("hidden", !now);
    turns.setAttribute("aria-busy", now); // so that an answer is read aloud once, when it is whole
  }

  return el("div", { class: "chat" }, turns, form);
}

function shown(tokens) {
  return el("div", {}, showTokens(tokens, TOKENS).elements);
}

function turn(who, content) {
  return el("li", { class: "card" }, el("h3", {}, who), el("p", { class: "text said" }, content));
}

/** Yield {content, tokens} of each chunk. Throws Refused; ends quietly when `signal` is aborted. */
async function* parts(body, signal) {
  try {
    const reply = await send(PATH, body, { "content-type": "application/json" }, signal);
    for await (const { data } of events(reply.body)) {
      if (data === "[DONE]") return;
      const { error, choices } = JSON.parse(data);
      if (error) throw new Refused(0, error.message);
      const [choice] = choices;
      if (choice) yield { content: choice.delta.content ?? "", tokens: choice.logprobs?.content ?? [] };
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof Refused ? error : lost(error);
  }
}
