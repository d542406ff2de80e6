"""Is the paragraph of a question found, and into which parts should long texts be divided?

SQuAD: recall of the right paragraph of 10,570 questions among 2,067; and, with the paragraphs of an article as one text
that is divided in five ways, whether the whole answer is in the best parts, up to READ words of them. Nothing is chosen
here: the settings are those of SciFact's claims to train on. Intervals are over articles.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from capstan.study import Line, Measure, Study, Table, ranged
from data_sets import squad
from models.metrics import paired
from models.retrieval import fusion
from pipelines.search.ranking import CHOSEN
from pipelines.search.studies import rankings
from pipelines.search.studies.paragraphs import chunks
from pipelines.search.studies.paragraphs.questions import data, parts

DEPTHS = (1, 5, 20)
BM25, MEANINGS, BOTH = "BM25", "MiniLM", "both, weighted"
READ = 250  # words


def places(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the place of the right paragraph of each question, from 1; of equal scores, the first one is ahead."""
    own = scores[np.arange(len(right)), right][:, None]
    before = np.arange(scores.shape[1])[None] < right[:, None]
    return np.asarray(1 + (scores > own).sum(axis=1) + ((scores == own) & before).sum(axis=1))


def paragraphs(most: int | None = None) -> Iterator[Line]:
    """Yield a line per ranking of the paragraphs. most: questions, for a trial."""
    known = data()
    asked, right, article = known.questions[:most], known.paragraph[:most], known.article[:most]
    words = rankings.bm25(known.paragraphs, asked)
    meanings = rankings.vectors(asked) @ rankings.vectors(known.paragraphs).T
    methods = {
        BM25: words,
        MEANINGS: meanings,
        "both, by place": fusion.reciprocal([words, meanings], CHOSEN.constant),
        BOTH: fusion.weighted(words, meanings, CHOSEN.share),
    }
    simple = paired.by_unit(1.0 * (places(words, right) <= 5), article)
    for name, scores in methods.items():
        place = places(scores, right)
        line: Line = {"method": name}
        for depth in DEPTHS:
            line |= rankings.interval(f"recall{depth}", paired.by_unit(1.0 * (place <= depth), article))
        yield line | rankings.interval("more", paired.by_unit(1.0 * (place <= 5), article), simple)


def division(way: str, most: int | None = None) -> Iterator[Line]:
    """Yield a line per ranking of the parts of one way to divide. most: questions, for a trial."""
    known = data()
    held = parts(known)[1][:most]
    articles, asked = chunks.Articles(known, held), [known.questions[number] for number in held]
    divided = [chunks.Part(number, *span) for number, text in articles.texts.items() for span in chunks.WAYS[way](text)]
    texts = [articles.texts[part.article][part.start : part.end] for part in divided]
    lengths = np.array([len(text.split()) for text in texts])
    words, meanings = rankings.bm25(texts, asked), rankings.vectors(asked) @ rankings.vectors(texts).T
    scores = {BM25: words, MEANINGS: meanings, BOTH: fusion.weighted(words, meanings, CHOSEN.share)}
    for name, each in scores.items():
        right = chunks.found(each, divided, lengths, articles.answers, READ)
        line = rankings.interval("found", paired.by_unit(right, known.article[held]))
        yield {"ranking": name, "parts": len(divided), "words": float(lengths.mean())} | line


def share(rows: pd.DataFrame, name: str) -> str:
    """Return the share of answers that are found by one ranking."""
    return ranged("found", 3)(rows[rows["ranking"] == name])


STUDY = Study(
    measures=[
        Measure(paragraphs, seeds=0),
        Measure(division, [{"way": way} for way in chunks.WAYS], seeds=0),
    ],
    tables=[
        Table(
            {"10,570 questions of SQuAD": "method"},
            {f"recall@{depth}": ranged(f"recall{depth}") for depth in DEPTHS} | {"more than BM25, @5": ranged("more")},
            "paragraphs",
        ),
        Table(
            {"divided into": "way"},
            {
                "parts": lambda rows: f"{rows['parts'].iloc[0]:,.0f}",
                "words of one": lambda rows: f"{rows['words'].iloc[0]:.0f}",
                BM25: lambda rows: share(rows, BM25),
                MEANINGS: lambda rows: share(rows, MEANINGS),
                BOTH: lambda rows: share(rows, BOTH),
            },
            "division",
        ),
    ],
    files=squad.files,
)
