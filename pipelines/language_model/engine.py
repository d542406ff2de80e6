"""The stream that a request asks for. A token is a byte."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from capstan.errors import InvalidRow
from models.grammar.json_guide import Guide
from models.grammar.json_schema import grammar
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from models.transformer.text_engine import TextEngine
from pipelines.language_model.schema import SEEDS


def engine(streams: Streams, voices: Sequence[str] = ()) -> TextEngine:
    """Return what continues many texts together. voices: those of the adapters, from number 1."""
    numbers = {name: number for number, name in enumerate(("", *voices))}
    return TextEngine(streams, lambda row: stream(row, numbers), lambda token: bytes([token]))


def stream(row: Mapping[str, Any], voices: Mapping[str, int]) -> Stream:
    """Return the stream of a row. voices: the number of each adapter."""
    how = Sampling(
        float(row["temperature"]), int(row["top_k"]), float(row["top_p"]), float(row["min_p"]),
        float(row["presence_penalty"]), float(row["frequency_penalty"]),
    )  # fmt: skip
    most, shown = int(row["max_tokens"]), int(row["top_logprobs"])
    guide = Guide(grammar(row["json_schema"]), most) if row["json_schema"] else None
    seed = secrets.randbelow(SEEDS) if row["seed"] is None else int(row["seed"])
    if (adapter := voices.get(row["voice"])) is None:
        offered = ", ".join(name for name in voices if name) or "none"
        raise InvalidRow(f"This version has no such voice. It has: {offered}.", 0, "voice")
    shown, watched = (shown, int(row["attention"])) if row["logprobs"] else (0, 0)
    return Stream([*row["prompt"].encode()], most, how, seed, guide, adapter, shown, watched)
