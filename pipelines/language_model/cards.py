"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    from pipelines.language_model.model import LanguageModel


def sections(model: LanguageModel, count: int, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. count: bytes of the text that the metrics come from."""
    shape = model.shape
    weights = sum(values.numel() for values in model.decoder.parameters())
    card = {
        "What it is": f"A decoder over bytes: {shape.layers} layers of width {shape.width}, {weights:,} weights, "
        "most of them rows of n-grams.",
        "For": "Seeing how a language model is built, trained, served in streams and watched.",
        "Not for": "Answers: it knows no facts and follows no instructions. It continues texts as plays go on.",
        "Measured": f"on {count:,} bytes that follow the text it has learned from: {cards.listed(metrics)}.",
        "Who could be harmed": "Readers who take a text for Shakespeare's, or for a fact. It repeats what the plays "
        "say of women, Jews and foreigners, and passages of them by heart.",
        "Limits": "English of 1600, in ASCII. Other languages, spellings and code are strange to it: `prompt_bits` "
        "is watched for that.",
    }
    dataset = {
        "What it is": "Tiny Shakespeare, by Andrej Karpathy: parts of plays by William Shakespeare; here the last "
        "tenth, which tests the model.",
        "With it": "20 Newsgroups, messages of 1993 by people who did not write them for this, where adapters learn "
        "them. Its licence is not stated.",
        "Rows": f"lines of 1,115,394 characters together; this part has {count:,}.",
        "Licence": "The plays are in the public domain; the file is of a repository under the MIT licence.",
        "People in it": "In the plays none who live; the writers of the messages, whose names may be in them.",
    }
    return cards.sections(card, dataset)
