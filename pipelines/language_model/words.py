"""`python -m pipelines.language_model.words`: vectors of words from WikiText-2, by the analogies that they answer.

It writes `words.json` into the folder that it is given, and prints the table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import wikitext2
from models.study import Study, markdown, options
from models.word_vectors import analogies, counts, glove, text, word2vec
from models.word_vectors.text import Text
from pipelines.language_model.ladder.rungs import busy

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


def measure(study: Study, seeds: int) -> None:
    """Add what is not measured yet: a line for each method, seed and kind of question."""
    read = text.of_lines(wikitext2.lines(settings().data_dir))
    for name, make in METHODS.items():
        for seed in range(1 if make is ppmi else seeds):
            if study.has(method=name, seed=seed, kind=list(analogies.PAIRS)[-1]):
                continue
            start = busy()
            vectors = make(read, seed)
            seconds = busy() - start
            for kind in analogies.PAIRS:
                asked = analogies.questions(kind, set(read.words))
                right = partial(analogies.right, vectors, read.words, asked)
                study.add(
                    {"method": name, "seed": seed, "kind": kind, "questions": len(asked), "right": right(),
                     "nearest": right(offset=False), "words": len(read.words), "seconds": seconds}
                )  # fmt: skip


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row for each method, the share of questions that it answers."""

    def share(rows: pd.DataFrame, right: str = "right") -> str:
        return f"{100 * rows[right].sum() / rows['questions'].sum():.1f}"

    def of_kind(kind: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: share(rows[rows["kind"] == kind])

    asked = results.drop_duplicates("kind").set_index("kind")["questions"]
    shown = {f"{kind} ({asked[kind]})": of_kind(kind) for kind in analogies.PAIRS}
    shown |= {
        f"all ({asked.sum()})": share,
        "nearest word": partial(share, right="nearest"),
        "chance": lambda rows: f"{100 / (rows['words'].iloc[0] - 3):.2f}",
        "seconds": lambda rows: f"{rows['seconds'].mean():.0f}",
        "seeds": lambda rows: f"{rows['seed'].nunique()}",
    }
    return markdown(results, {"% of questions": "method"}, shown)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    study = Study(given.out / "words.json", ["method", "seed", "kind"])
    measure(study, given.seeds)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
