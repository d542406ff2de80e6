"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    from pipelines.distributed_training.model import NextByteModel


def sections(model: NextByteModel, count: int, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. count: bytes of the text that the metrics come from."""
    shape = model.shape
    weights = sum(values.numel() for values in model.decoder.parameters())
    card = {
        "What it is": f"A decoder over bytes: {shape.layers} layers of width {shape.width}, {weights:,} weights. "
        f"Trained by: {model.how}.",
        "For": "Seeing what a way to share a training costs, and that its result is that of one worker.",
        "Not for": "Writing: it knows the bytes of plays, and no facts. `language_model` has a larger one that writes.",
        "Measured": f"on {count:,} bytes that follow the text it has learned from: {cards.listed(metrics)}.",
        "Who could be harmed": "Readers who take its guess for Shakespeare's word. What the plays say of women, Jews "
        "and foreigners is likely to it.",
        "Limits": f"English of 1600, in ASCII. A text that costs more than {model.limit:.2f} bits per byte is answered "
        "as not familiar: it is unlike what was measured.",
    }
    dataset = {
        "What it is": "Tiny Shakespeare, by Andrej Karpathy: parts of plays by William Shakespeare; here the last "
        "tenth, which tests the model.",
        "Rows": f"lines of 1,115,394 characters together; this part has {count:,}.",
        "Licence": "The plays are in the public domain; the file is of a repository under the MIT licence.",
        "People in it": "None who live.",
    }
    return cards.sections(card, dataset)
