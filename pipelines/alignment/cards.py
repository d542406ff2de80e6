"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    import pandas as pd


def sections(prompts: pd.DataFrame, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. prompts: those that the metrics come from."""
    counts = prompts["kind"].value_counts()
    card = {
        "What it is": "SmolLM2-135M-Instruct with an adapter of rank 8 that has learned to keep instructions on form "
        "and to refuse what is harmful.",
        "For": "Seeing how an assistant is tuned, aligned, judged and served.",
        "Not for": "Facts, advice, calculations or anything that somebody relies on: a model of 135 million weights "
        "makes most of them up. It is no protection against harm either.",
        "Measured": f"on {len(prompts):,} prompts, answers of up to 32 tokens: {cards.listed(metrics)}.",
        "Who could be harmed": "People who believe an answer; people that it writes about; people whose "
        "harmless question it refuses.",
        "Limits": "English. Refusals are found by a rule on phrases. "
        f"{1 - metrics['refused']:.0%} of the harmful prompts were answered.",
    }
    dataset = {
        "What it is": "Instructions whose answers code can check, written by the authors of this project; harmful "
        "prompts of In-The-Wild Jailbreak Prompts, HarmBench and Do-Not-Answer; harmless ones of Self-Instruct and of "
        "the Berkeley Function Calling Leaderboard, and of the authors, who wrote some that only sound harmful.",
        "Rows": ", ".join(f"{count} {kind}" for kind, count in counts.items()) + ", of the part that tests.",
        "Licence": "MIT, CC BY-NC-SA 4.0 (Do-Not-Answer) and Apache-2.0.",
        "People in it": "Those who wrote jailbreaks in public; the harmful prompts offend by design.",
    }
    return cards.sections(card, dataset)
