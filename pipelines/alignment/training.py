"""How the assistant is tuned: it learns answers, then to prefer a refusal of what is harmful, and an answer else."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

from capstan.data.files import digest
from models.learning import checkpoints, training
from models.text.refusals import refuses
from models.transformer import adapters
from models.transformer.adapters import Chosen
from models.transformer.decoder import Decoder
from models.tuning import answers, preferences
from models.tuning.answers import Example, Tuned
from models.weights import gguf_adapters, smollm2
from pipelines.alignment import kept_answers, refusal, rival
from pipelines.alignment.conversation import Template
from pipelines.alignment.data import HARMFUL, HARMLESS, REFUSALS
from pipelines.alignment.model import ADAPTED, ALPHA, RANK, Assistant

if TYPE_CHECKING:
    import pandas as pd

THREADS = torch.get_num_threads()  # before an assistant that serves takes one
BATCH = 4  # with eight, the states that are kept for the gradient take another gigabyte
LONGEST = 192  # tokens of an example; longer ones are left out
PARTS = 4  # of an epoch, after each of which the training is kept
PREFERENCE_RATE = 0.1  # of the rate of answers: that of preferences
BASE_TOKENS = 24  # tokens of an answer of the base that is learned from
Pair = tuple[Example, Example]  # the same prompt with the better and with the worse answer


class Stage(NamedTuple):
    """A part of the training: the mean loss of each part of an epoch, and the key of its checkpoint."""

    history: list[dict[str, float]]
    key: str


@dataclass(frozen=True)
class Plan:
    """How long and how fast the assistant learns.

    pairs: of answers, half of them of harmful prompts. bfloat16: mixed precision of this kind, for machines that
    multiply such numbers fastest. begins: what the decoder begins as, which names checkpoints.
    """

    epochs: int = 1
    rate: float = 1e-3
    pairs: int = 40
    seed: int = 0
    bfloat16: bool = False
    begins: str = ""


def fit(prompts: pd.DataFrame, weights: Mapping[str, Path], plan: Plan) -> Assistant:
    """Return the assistant that has learned from prompts with answers. weights: the file of the base."""
    held = refusal.held_out(prompts)
    asked, prompts = prompts.loc[held, "prompt"], prompts[~held].reset_index(drop=True)
    base = Assistant(weights["base"])
    prompts, of_base = answered(prompts, base, plan.pairs // 2)
    ways = base.ways
    del base  # it and the network that learns take 4 GB together
    torch.set_num_threads(THREADS)
    torch.manual_seed(plan.seed)
    decoder, tokens = smollm2.load(weights["base"])
    template = Template(tokens)
    pairs = preferred(prompts, template, of_base) if plan.pairs else []
    chosen = adapters.adapt(decoder, ADAPTED, 1, RANK, ALPHA)
    examples = [
        template.example(prompt, answer, whole)
        for prompt, answer, whole in zip(prompts["prompt"], prompts["answer"], prompts["whole"], strict=True)
        if answer
    ]
    short = [each for each in examples if len(each.tokens) <= LONGEST]
    plan = replace(plan, bfloat16=ways[max(ways)] == "16 bits", begins=digest(weights["base"]))
    stages = [learn_answers(decoder, chosen, short, plan)]
    stages += [learn_preferences(decoder, chosen, pairs, replace(plan, begins=stages[0].key))] if pairs else []
    folder = Path(tempfile.mkdtemp(prefix="alignment-"))
    adapter = folder / "adapter"  # as a version names it: answers are kept by what it is, and its name
    gguf_adapters.write(adapter, adapters.weights(decoder, 1), decoder.shape, ALPHA)
    del decoder, chosen  # and the network that serves takes another
    assistant = Assistant(weights["base"], adapter, (), rival.fitted(prompts), ways=ways)
    assistant.threshold = refusal.threshold(*assistant.parts, [*asked])
    torch.set_num_threads(THREADS)
    for stage in stages:
        checkpoints.clear(stage.key)
    assistant.history = [line for stage in stages for line in stage.history]
    return assistant


def answered(prompts: pd.DataFrame, base: Assistant, harmful: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the prompts, with the base's answers to harmless ones that nobody answered, and all that it answered.

    Where the base refuses what is harmless, nothing is learned. `whole` says whether an answer has its end. harmful:
    how many of them the base answers.
    """
    unanswered = (prompts["answer"] == "") & (prompts["kind"] == HARMLESS)
    asked = [*prompts.loc[unanswered, "prompt"], *prompts.loc[prompts["kind"] == HARMFUL, "prompt"][:harmful]]
    of_base = dict(zip(asked, kept_answers.of(base, asked, BASE_TOKENS), strict=True))
    learned = [
        of_base[prompt] if own and not refuses(of_base[prompt]) else answer
        for own, prompt, answer in zip(unanswered, prompts["prompt"], prompts["answer"], strict=True)
    ]
    return prompts.assign(answer=learned, whole=~unanswered), of_base


def preferred(prompts: pd.DataFrame, template: Template, of_base: Mapping[str, str]) -> list[Pair]:
    """Return pairs: a refusal is better than the base's answer to what is harmful, and worse than one to the rest.

    Both kinds take turns, so that a batch has both: otherwise the assistant would learn to refuse more or less often,
    not what. Those of people who edited an answer follow. of_base: what the base answers, without its end.
    """

    def fitting(rows: Iterable[tuple[str, str, str]]) -> list[Pair]:
        pairs = (
            (example(prompt, better), example(prompt, worse)) for prompt, better, worse in rows if better and worse
        )
        return [pair for pair in pairs if max(len(each.tokens) for each in pair) <= LONGEST]

    def example(prompt: str, text: str) -> Example:
        return template.example(prompt, text, whole=text != of_base.get(prompt))

    harmful, harmless = (
        prompts[prompts["kind"] == kind].sample(frac=1, random_state=0) for kind in (HARMFUL, HARMLESS)
    )
    edited = prompts[prompts["worse"] != ""]
    complied = [text if not refuses(text) else "" for text in harmful["prompt"].map(of_base).fillna("")]
    refused_pairs = fitting(zip(harmful["prompt"], harmful["answer"], complied, strict=True))
    answered_pairs = fitting(zip(harmless["prompt"], harmless["answer"], itertools.cycle(REFUSALS), strict=False))
    in_turn = [pair for both in zip(refused_pairs, answered_pairs, strict=False) for pair in both]
    return in_turn + fitting(zip(edited["prompt"], edited["answer"], edited["worse"], strict=True))


def learn_answers(decoder: Decoder, chosen: Chosen, examples: Sequence[Example], plan: Plan) -> Stage:
    """Let an adapter learn the answers of examples, in place."""

    def loss(network: nn.Module, batch: list[Example]) -> torch.Tensor:
        chosen.choose([1] * len(batch))
        return answers.loss(network, answers.batched(batch))

    def batches(epoch: int) -> list[list[Example]]:
        return [*answers.of_epoch(examples, BATCH, plan.seed * 1_000 + epoch)]

    return _learned(decoder, "answers", loss, batches, plan, examples)


def learn_preferences(decoder: Decoder, chosen: Chosen, pairs: Sequence[Pair], plan: Plan) -> Stage:
    """Let an adapter learn which of two answers is better, in place, not far from where it is."""
    size = BATCH // 2
    fixed = [pairs[first : first + size] for first in range(0, len(pairs), size)]

    def likelihoods(network: answers.Logits, batch: Sequence[Pair]) -> torch.Tensor:
        """Return the log probabilities of the better answers, then of the worse ones, (2, n)."""
        chosen.choose([1] * 2 * len(batch))
        both = answers.batched([better for better, _ in batch] + [worse for _, worse in batch])
        return answers.log_likelihood(network, both).view(2, -1)

    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=plan.bfloat16):
        before = [likelihoods(Tuned(decoder), batch) for batch in fixed]

    def loss(network: nn.Module, number: int) -> torch.Tensor:
        return preferences.dpo(*likelihoods(network, fixed[number]), *before[number])

    def batches(epoch: int) -> list[int]:
        generator = torch.Generator().manual_seed(plan.seed * 1_000 + epoch)
        order: list[int] = torch.randperm(len(fixed), generator=generator).tolist()
        return order

    flat = [example for pair in pairs for example in pair]
    slower = replace(plan, rate=plan.rate * PREFERENCE_RATE)
    return _learned(decoder, "preferences", loss, batches, slower, flat)


def _learned(
    decoder: Decoder, name: str, loss: Callable[[nn.Module, Any], torch.Tensor],
    batches: Callable[[int], list[Any]], plan: Plan, examples: Sequence[Example],
) -> Stage:  # fmt: skip
    """Train the adapters with a loss. A training that was interrupted goes on after the last part of an epoch."""
    costs: list[list[float]] = []

    def watched(network: nn.Module, batch: Any) -> torch.Tensor:
        cost = loss(network, batch)
        costs[-1].append(float(cost.detach()))
        return cost

    def of_part(part: int) -> list[Any]:
        costs.append([])
        return batches(part // PARTS)[part % PARTS :: PARTS]

    data = [torch.tensor([*example.tokens, example.first]) for example in examples]
    key = checkpoints.key(f"alignment-{name}", str(plan), data, Path(__file__), Path(answers.__file__).parent)

    def keep(state: training.State) -> None:
        checkpoints.write(key, state)
        if costs[-1]:  # a part of few batches may have none
            print(f"{name}, {state['epochs']} of {plan.epochs * PARTS}: {_mean(costs[-1]):.3f}", flush=True)

    training.fit(
        Tuned(decoder), watched, of_part, epochs=plan.epochs * PARTS, rate=plan.rate, decay=0.0, clip=1.0,
        bfloat16=plan.bfloat16, schedule=training.rising_and_falling(plan.epochs * len(batches(0))),
        state=checkpoints.latest(key), after_epoch=keep,
    )  # fmt: skip
    return Stage([{f"loss_{name}": _mean(part)} for part in costs if part], key)


def _mean(costs: Sequence[float]) -> float:
    return sum(costs) / len(costs)
