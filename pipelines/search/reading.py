"""`python -m pipelines.search.reading`: how well an extractive reader answers the questions of SQuAD.

It learns from the questions of 36 articles, those whose number is not divisible by four, and answers those of the
other 12: in the paragraph that the question is about, and in the best of the first five that BM25 and MiniLM find among
all 2,067. Writes `reading.json` beside this file: exact match and F1, as SQuAD defines them, with intervals over
articles.
"""

from __future__ import annotations

import re
import string
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import minilm, paired
from models.study import Study, markdown, options
from pipelines.search import cross_encoder, embedding, fusion, reader, squad
from pipelines.search.answers import scored
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN

FOLDER = Path(__file__).parent
HELD = 4  # every fourth article is held out
DEPTH = 5
GIVEN, FOUND = "in the paragraph that it is about", "in the first five that are found"


def plain(text: str) -> str:
    """Return an answer without case, punctuation, articles and extra blanks, as SQuAD's own script compares it."""
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def f1(text: str, right: str) -> float:
    """Return the harmonic mean of precision and recall of the words of an answer."""
    made, truth = plain(text).split(), plain(right).split()
    shared = sum((Counter(made) & Counter(truth)).values())
    return 2 * shared / (len(made) + len(truth)) if shared else float(made == truth)


def judged(texts: list[str], right: list[list[tuple[int, str]]]) -> dict[str, np.ndarray]:
    """Return exact match and F1 of each answer, the best over what people said."""
    pairs = list(zip(texts, right, strict=True))
    exact = [max(float(plain(text) == plain(one)) for _, one in them) for text, them in pairs]
    return {"exact": np.array(exact), "f1": np.array([max(f1(text, one) for _, one in them) for text, them in pairs])}


def found(data: squad.Squad, held: np.ndarray) -> np.ndarray:
    """Return the first paragraphs of each held question, shape (held, DEPTH)."""
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder), held)
    meanings = embedding.vectors([data.questions[one] for one in held]) @ embedding.vectors(data.paragraphs).T
    return np.argsort(-fusion.weighted(words, meanings, CHOSEN.share), axis=1, kind="stable")[:, :DEPTH]


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""

    def cell(name: str) -> Any:
        return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(
            *(rows[part].mean() for part in (name, f"{name}_low", f"{name}_high"))
        )

    return markdown(results, {"answers of a reader": "where"}, {"exact match": cell("exact"), "F1": cell("f1")})


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    run(Study(given.out / "reading.json", ["where", "seed"]), given.seeds, reader.Plan())


def run(study: Study, seeds: int, plan: reader.Plan, most: int | None = None) -> None:
    """Measure with a plan. most: questions to learn from and to answer, for a trial."""
    began, data, start = time.monotonic(), squad.load(settings().data_dir), minilm.load()
    held = np.flatnonzero(data.article % HELD == 0)[:most]
    past = np.flatnonzero(data.article % HELD != 0)[:most]
    first, paragraphs = found(data, held), reader.Texts(start.tokens, data.paragraphs, plan.most)

    def asked(question: int, paragraph: int) -> reader.Asked:
        return paragraphs.asked(data.questions[question], paragraph)

    rows, right = [], []
    for one in past.tolist():
        row, (begin, text) = asked(one, int(data.paragraph[one])), data.answers[one][0]
        if at := reader.place(row, begin, begin + len(text)):
            rows.append(row)
            right.append(at)
    truth = [data.answers[one] for one in held]
    for seed in range(seeds):
        network = reader.fit(start, rows, right, reader.Plan(**(vars(plan) | {"seed": seed})))
        for where, numbers in ((GIVEN, data.paragraph[held][:, None]), (FOUND, first)):
            pairs = [(one, number) for one, row in zip(held.tolist(), numbers.tolist(), strict=True) for number in row]
            texts = [data.paragraphs[number] for _, number in pairs]
            said = reader.answers(network, [asked(*pair) for pair in pairs], texts, start.tokens.pad)
            width = numbers.shape[1]
            best = [
                max(said[at : at + width], key=lambda answer: answer.score).text for at in range(0, len(said), width)
            ]
            line: dict[str, Any] = {"where": where, "seed": seed, "questions": len(held), "learned": len(rows)}
            for name, values in judged(best, truth).items():
                line |= interval(name, paired.by_unit(values, data.article[held]), 0.0)
            line |= {"seconds": round(time.monotonic() - began, 1), "device": cross_encoder.device().type}
            study.add({key: round(value, 5) if isinstance(value, float) else value for key, value in line.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
