"""Which vectors of words answer the most analogies, learned from WikiText-2?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets import wikitext2
from models.ladder.rungs import busy
from models.word_vectors import analogies, counts, glove, text, word2vec
from models.word_vectors.text import Text

WIDTH = 100
WINDOW = 5


def ppmi(read: Text, seed: int) -> np.ndarray:
    """Return the vectors of counts. They have no seed."""
    return counts.vectors(counts.near(read, WINDOW), WIDTH)


def of_glove(read: Text, seed: int) -> np.ndarray:
    """Return the vectors of GloVe."""
    return glove.vectors(counts.near(read, 2 * WINDOW), glove.Plan(WIDTH, seed=seed))


def skip_gram(read: Text, seed: int) -> np.ndarray:
    """Return the vectors of word2vec."""
    return word2vec.vectors(read, word2vec.Plan(WIDTH, WINDOW, seed=seed))


METHODS: dict[str, Callable[[Text, int], np.ndarray]] = {"PPMI + SVD": ppmi, "word2vec": skip_gram, "GloVe": of_glove}


@cache
def read() -> Text:
    """Return the words of the text."""
    return text.of_lines(wikitext2.lines(settings().data_dir))


def vectors(method: str, seed: int) -> Iterator[Line]:
    """Yield a line for each kind of question."""
    words, start = read(), busy()
    found = METHODS[method](words, seed)
    seconds = busy() - start
    for kind in analogies.PAIRS:
        asked = analogies.questions(kind, set(words.words))
        right = partial(analogies.right, found, words.words, asked)
        yield {
            "kind": kind, "questions": len(asked), "right": right(), "nearest": right(offset=False),
            "words": len(words.words), "seconds": seconds,
        }  # fmt: skip


def share(rows: pd.DataFrame, right: str = "right") -> str:
    """Return the share of questions that are answered, in percent."""
    return f"{100 * rows[right].sum() / rows['questions'].sum():.1f}"


def of_kind(kind: str) -> Show:
    """Return what shows the share of a kind of question."""
    return lambda rows: share(rows[rows["kind"] == kind])


def columns(lines: pd.DataFrame) -> dict[str, Show]:
    """Return the columns: each kind with its number of questions, and all."""
    asked = lines.drop_duplicates("kind").set_index("kind")["questions"]
    return {f"{kind} ({asked[kind]})": of_kind(kind) for kind in analogies.PAIRS} | {
        f"all ({asked.sum()})": share,
        "nearest word": partial(share, right="nearest"),
        "at random": lambda rows: f"{100 / (rows['words'].iloc[0] - 3):.2f}",
        "seconds": lambda rows: f"{rows['seconds'].mean():.0f}",
        "seeds": lambda rows: f"{rows['seed'].nunique()}",
    }


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file that is read."""
    return {wikitext2.FILE: wikitext2.path(data_dir)}


STUDY = Study(
    measures=[Measure(vectors, [{"method": name} for name in METHODS])],
    tables=[Table({"% of questions": "method"}, columns)],
    seeds=1,
    files=files,
)
