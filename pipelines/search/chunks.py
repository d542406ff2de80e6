"""`python -m pipelines.search.chunks`: into which parts should long texts be divided, so that an answer is among them?

The paragraphs of each of the 12 held articles of SQuAD are one text. It is divided in five ways, and the parts are
ranked by BM25, MiniLM and both. Of each question, parts are read, the best first, up to READ words in all: is the whole
answer in one of them? Writes `chunks.json` beside this file, with intervals over articles. Nothing is chosen here.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

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
from models.study import Study, markdown, options, ranged
from models.text.sentences import Span, sentences
from pipelines.search import embedding, reading
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN

FOLDER = Path(__file__).parent
READ = 250  # words
BM25, MEANINGS, BOTH = "BM25", "MiniLM", "both, weighted"


class Part(NamedTuple):
    """A part of an article: where it is in its text."""

    article: int
    start: int
    end: int


class Articles:
    """Articles as texts, and where the answers to some questions are in them."""

    def __init__(self, data: squad.Squad, questions: np.ndarray):
        self.texts: dict[int, str] = {}
        starts: dict[int, int] = {}
        of = dict(zip(data.paragraph.tolist(), data.article.tolist(), strict=True))
        for number in np.unique(data.paragraph[questions]).tolist():
            before = self.texts.get(of[number])
            before = f"{before}\n\n" if before else ""
            starts[number] = len(before)
            self.texts[of[number]] = before + data.paragraphs[number]
        self.answers = [
            Part(of[number], starts[number] + begin, starts[number] + begin + len(text))
            for one, number in zip(questions.tolist(), data.paragraph[questions].tolist(), strict=True)
            for begin, text in data.answers[one][:1]
        ]


def paragraphs(text: str) -> Iterator[Span]:
    """Yield the paragraphs of a text."""
    for match in re.finditer(r"[^\n]+", text):
        yield Span(*match.span())


def windows(size: int, step: int) -> Callable[[str], Iterator[Span]]:
    """Return what yields stretches of `size` words, `step` words apart, wherever sentences end."""

    def divide(text: str) -> Iterator[Span]:
        words = [match.span() for match in re.finditer(r"\S+", text)]
        for at in range(0, max(len(words) - size + step, 1), step):
            yield Span(words[at][0], words[min(at + size, len(words)) - 1][1])

    return divide


def threes(text: str) -> Iterator[Span]:
    """Yield three sentences in a row, each with the next two."""
    found = sentences(text)
    for first, last in zip(found, found[2:], strict=False):
        yield Span(first.start, last.end)


WAYS: dict[str, Callable[[str], Iterator[Span] | list[Span]]] = {
    "sentences": sentences,
    "three sentences, each with the next two": threes,
    "60 words, half of them again": windows(60, 30),
    "120 words": windows(120, 120),
    "paragraphs": paragraphs,
}


def words(texts: list[str], asked: list[str]) -> np.ndarray:
    """Return BM25 of each question and part, (questions, parts)."""
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        with Writer(Path(folder)) as writer:
            for number, text in enumerate(texts):
                writer.add(Document(str(number), {"text": text}))
            writer.commit()
        index, scoring = Index(Path(folder)), Bm25f(CHOSEN.k1, (CHOSEN.b,))
        return np.stack([index.all_scores(queries.words(text, Analyzer()), scoring) for text in asked])


def found(scores: np.ndarray, parts: list[Part], lengths: np.ndarray, answers: list[Part]) -> np.ndarray:
    """Return whether each answer is in the best parts of READ words together, shape (questions,)."""
    made = np.zeros(len(answers))
    for row, answer in enumerate(answers):
        order = np.argsort(-scores[row], kind="stable")[:READ]
        few = order[np.cumsum(lengths[order]) <= READ].tolist() or order[:1].tolist()
        made[row] = any(
            parts[at].article == answer.article and parts[at].start <= answer.start and answer.end <= parts[at].end
            for at in few
        )
    return made


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""

    def of(ranking: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: ranged("found", 3)(rows[rows["ranking"] == ranking])

    columns: dict[str, Callable[[pd.DataFrame], str]] = {
        "parts": lambda rows: f"{rows['parts'].iloc[0]:,}",
        "words of one": lambda rows: f"{rows['words'].iloc[0]:.0f}",
    }
    return markdown(results, {"divided into": "way"}, columns | {name: of(name) for name in (BM25, MEANINGS, BOTH)})


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study, data = Study(given.out / "chunks.json", ["way", "ranking"]), squad.load(settings().data_dir)
    _, held = reading.parts(data)
    articles, asked = Articles(data, held), [data.questions[one] for one in held]
    questions = embedding.vectors(data.questions)[held]
    for way, divide in WAYS.items():
        parts = [Part(number, *span) for number, text in articles.texts.items() for span in divide(text)]
        texts = [articles.texts[one.article][one.start : one.end] for one in parts]
        lengths = np.array([len(text.split()) for text in texts])
        first, second = words(texts, asked), questions @ embedding.vectors(texts).T
        scores = {BM25: first, MEANINGS: second, BOTH: fusion.weighted(first, second, CHOSEN.share)}
        for ranking, each in scores.items():
            right = paired.by_unit(found(each, parts, lengths, articles.answers), data.article[held])
            line = interval("found", right, 0.0) | {"words": float(lengths.mean())}
            study.add(
                {"way": way, "ranking": ranking, "parts": len(parts), "questions": len(held)}
                | {key: round(value, 4) for key, value in line.items()}
            )
    print(tables(study.table()))


if __name__ == "__main__":
    main()
