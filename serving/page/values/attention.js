// What each layer of a model attended to when it made a token: marked in the text, and said.

import { el } from "../dom.js";
import { percent } from "../numbers.js";

/** Return {control, mark, say} of some tokens and their elements; null where none has `attention`.

mark(i): mark what token i was made of. say(i): return it as a sentence. */
export function attention(value, elements, visible) {
  const count = Math.max(0, ...value.map(({ attention: layers = [] }) => layers.length));
  if (!count) return null;
  const names = Array.from({ length: count }, (_, i) => el("option", { value: i, selected: i === count - 1 }, i + 1));
  const select = el("select", {}, names);
  const seen = (i) => value[i].attention?.[select.value] ?? [];

  function mark(i) {
    elements.forEach((element) => element.removeAttribute("style"));
    const most = Math.max(...seen(i).map(({ share }) => share)); // shares of a long text are all small
    for (const { back, share } of seen(i)) elements[i - back]?.style.setProperty("--attended", `${(60 * share) / most}%`);
  }

  function say(i) {
    const inside = seen(i).filter(({ back }) => back <= i);
    const named = inside.map(({ back, share }) => `${visible(value[i - back].token)} ${percent(share)}`);
    const before = seen(i).filter(({ back }) => back > i).reduce((sum, { share }) => sum + share, 0);
    return `Attended to ${[...named, ...(before ? [`what stands before ${percent(before)}`] : [])].join(", ")}.`;
  }

  return { control: el("label", { class: "layer" }, "Attention of layer ", select), mark, say };
}
