"""`python -m pipelines.search.answers`: is the paragraph that a question is about among the first five, on SQuAD?

Writes `answers.json` beside this file: recall@1, @5 and @20 of 10,570 questions among 2,067 paragraphs, with intervals
over the 48 articles, and the paired difference to BM25 of recall@5. Settings are those of SciFact's claims to train on:
nothing is chosen on SQuAD.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import squad
from models.metrics import paired
from models.retrieval import fusion, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import Bm25f
from models.retrieval.segment import Document
from models.retrieval.writer import Writer
from models.study import Study, markdown, options
from pipelines.search import embedding
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN

FOLDER = Path(__file__).parent
DEPTHS = (1, 5, 20)


def scored(data: squad.Squad, folder: Path, asked: np.ndarray | None = None) -> np.ndarray:
    """Return BM25 of each question, or of those asked by their numbers, and paragraph: (questions, paragraphs)."""
    with Writer(folder) as writer:
        for number, text in enumerate(data.paragraphs):
            writer.add(Document(str(number), {"text": text}))
        writer.commit()
    index, scoring = Index(folder), Bm25f(CHOSEN.k1, (CHOSEN.b,))
    texts = data.questions if asked is None else [data.questions[one] for one in asked]
    return np.stack([index.all_scores(queries.words(text, Analyzer()), scoring) for text in texts])


def places(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the place of the right paragraph of each question, from 1; of equal scores, the first one is ahead."""
    own = scores[np.arange(len(right)), right][:, None]
    before = np.arange(scores.shape[1])[None] < right[:, None]
    return np.asarray(1 + (scores > own).sum(axis=1) + ((scores == own) & before).sum(axis=1))


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""

    def cell(name: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: "{} ({} to {})".format(
            *(f"{rows[part].iloc[0]:.4f}" for part in (name, f"{name}_low", f"{name}_high"))
        )

    columns = {f"recall@{depth}": cell(f"recall{depth}") for depth in DEPTHS} | {"more than BM25, @5": cell("more")}
    return markdown(results, {"10,570 questions of SQuAD": "method"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "answers.json", ["method"])
    data = squad.load(settings().data_dir)
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder))
    meanings = embedding.vectors(data.questions) @ embedding.vectors(data.paragraphs).T
    methods = {
        "BM25": words,
        "MiniLM": meanings,
        "both, by place": fusion.reciprocal([words, meanings], CHOSEN.constant),
        "both, weighted": fusion.weighted(words, meanings, CHOSEN.share),
    }
    simple = paired.by_unit(1.0 * (places(words, data.paragraph) <= 5), data.article)
    for name, scores in methods.items():
        place = places(scores, data.paragraph)
        line: dict[str, float] = {}
        for depth in DEPTHS:
            found = paired.by_unit(1.0 * (place <= depth), data.article)
            line |= interval(f"recall{depth}", found, 0.0)
            if depth == 5:
                line |= interval("more", found, simple)
        study.add({"method": name} | {key: round(value, 5) for key, value in line.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
