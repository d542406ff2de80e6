"""What is watched: how strange the prompts are to the model, and whether its texts go round in circles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.language_model.data import to_bytes
from pipelines.language_model.measures import losses

if TYPE_CHECKING:
    from pipelines.language_model.model import LanguageModel

SPEECHES = 600  # of the test text, which stand for prompts
SHOWN = 60  # bytes of a text whose repetitions count, so that long texts compare with short ones
GRAM = 4  # bytes that count as repeated


def of_speeches(model: LanguageModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the signals of speeches of the test text, spread over it, and of how the model goes on after each."""
    speeches = [speech for speech in to_bytes(rows).tobytes().decode().split("\n\n") if speech.strip()]
    prompts = speeches[:: max(1, len(speeches) // SPEECHES)][:SPEECHES]
    return of_texts(model, prompts, model.continued(prompts, SHOWN))


def of_log(model: LanguageModel, requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the signals of what was asked and answered."""
    return of_texts(model, [*requests["prompt"]], [*predictions["text"]])


def of_texts(model: LanguageModel, prompts: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    """Return a row for each prompt and its text.

    prompt_length: bytes. prompt_bits: what a byte of it costs the model. prompt_letters: the share of ASCII letters.
    text_repetition: the share of short pieces of the text that it had before.
    """
    rows: list[dict[str, Any]] = []
    for prompt, text in zip(prompts, texts, strict=True):
        content = np.frombuffer(prompt.encode(), np.uint8)
        bits = losses(model.decoder, content, model.shape.context).mean() / np.log(2)
        letters = np.mean([letter.isascii() and letter.isalpha() for letter in prompt])
        signals = {"prompt_length": len(content), "prompt_bits": bits, "prompt_letters": letters}
        rows.append(signals | {"text_repetition": repetition(text.encode()[:SHOWN])})
    return pd.DataFrame(rows)


def repetition(text: bytes) -> float:
    """Return the share of the pieces of a text that stood in it before, from 0 to 1."""
    pieces = [text[start : start + GRAM] for start in range(len(text) - GRAM + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
