"""What is watched: how strange the prompts are to the model, and whether its texts go round in circles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from data_sets.plays import to_bytes
from models.transformer.measures import losses

if TYPE_CHECKING:
    from models.transformer.decoder import Decoder
    from pipelines.language_model.model import LanguageModel

SPEECHES = 300  # of the test text, which stand for prompts
SHOWN = 60  # bytes of a text whose repetitions count, so that long texts compare with short ones
AXES = 3  # of embeddings
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

    Of a prompt: its `length` in characters and the `symbols` in percent, by Evidently's text descriptors; `bits`, what
    a byte costs the model; `known_words`, the share of its words that are in the text to train on, which falls with
    another language; `embedding_0` and so on, where it lies for the model. `text_repetition`: the share of short pieces
    of the text that it had before.
    """
    known = set(words(np.load(model.artifacts["learned"]).tobytes().decode(errors="replace")))
    rows: list[dict[str, Any]] = []
    for prompt, text in zip(prompts, texts, strict=True):
        content, prompt_words = np.frombuffer(prompt.encode(), np.uint8), words(prompt)
        bits = losses(model.decoder, content, model.shape.context).mean() / np.log(2)
        share = sum(word in known for word in prompt_words) / len(prompt_words) if prompt_words else np.nan
        places = {f"prompt_embedding_{axis}": value for axis, value in enumerate(embedding(model.decoder, content))}
        rows.append({"prompt_bits": bits, "prompt_known_words": share, **places,
                     "text_repetition": repetition(text.encode()[:SHOWN])})  # fmt: skip
    return pd.concat([described(prompts), pd.DataFrame(rows)], axis=1)


def described(prompts: Sequence[str]) -> pd.DataFrame:
    """Return Evidently's descriptors of the prompts."""
    from evidently import DataDefinition, Dataset
    from evidently.descriptors import NonLetterCharacterPercentage, TextLength

    measures = [
        TextLength("prompt", alias="prompt_length"),
        NonLetterCharacterPercentage("prompt", alias="prompt_symbols"),
    ]
    texts, columns = pd.DataFrame({"prompt": list(prompts)}), DataDefinition(text_columns=["prompt"])
    table: pd.DataFrame = Dataset.from_pandas(texts, columns, descriptors=measures).as_dataframe()
    return table[["prompt_length", "prompt_symbols"]].astype(float)


@torch.inference_mode()
def embedding(decoder: Decoder, content: np.ndarray) -> list[float]:
    """Return the mean of the last states of a text's end, in `AXES` directions drawn at random, once for all.

    A random projection keeps what is far apart, and needs nothing that is fitted.
    """
    states = decoder.states(torch.from_numpy(content[-decoder.shape.context :].astype(np.int64))[None])[0]
    directions = torch.randn(AXES, states.shape[1], generator=torch.Generator().manual_seed(0))
    return [float(value) for value in directions @ states.mean(dim=0)]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.findall(r"[^\W\d_]+", text.lower())


def repetition(text: bytes) -> float:
    """Return the share of the pieces of a text that stood in it before, from 0 to 1."""
    pieces = [text[start : start + GRAM] for start in range(len(text) - GRAM + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0
