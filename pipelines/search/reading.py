"""`python -m pipelines.search.reading`: how well an extractive reader answers the questions of SQuAD.

It learns from the questions of 36 articles, those whose number is not divisible by four, and answers every eighth one
of the other 12: in the paragraph that the question is about, and in the best of the first three that BM25 and MiniLM
find among all 2,067. Beside it: a forest that ranks candidate answers (`spans.py`), and the sentence with most words of
the question. Writes `reading.json` beside this file: exact match and F1, as SQuAD defines them, with intervals over
articles. The network and what it says are kept under CAPSTAN_HOME: a study that was stopped goes on there.
"""

from __future__ import annotations

import json
import re
import string
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from capstan.data.files import atomic_write
from capstan.settings import settings
from data_sets import squad
from models.encoder import minilm, reader
from models.encoder.sentence_encoder import SentenceEncoder
from models.metrics import paired
from models.retrieval import fusion
from models.study import Study, markdown, options, ranged
from pipelines.search import embedding, spans
from pipelines.search.answers import scored
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN

FOLDER = Path(__file__).parent
HELD, ASKED = 4, 8  # every fourth article is held out, and every eighth of its questions is asked
DEPTH = 3
GIVEN, FOUND = "in the paragraph that it is about", "in the first three that are found"
READER, FOREST, SENTENCE = "reader", "forest over candidates", "sentence with most words"


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


class Said(NamedTuple):
    """What a method says to a question in a paragraph. score: comparable among paragraphs."""

    text: str
    score: float


Pairs = list[tuple[int, int]]  # the numbers of a question and of a paragraph


def parts(data: squad.Squad) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the questions to learn from, and of those to answer."""
    return np.flatnonzero(data.article % HELD != 0), np.flatnonzero(data.article % HELD == 0)[::ASKED]


def found(data: squad.Squad, held: np.ndarray) -> np.ndarray:
    """Return the first paragraphs of each held question, one more than are read, shape (held, DEPTH + 1)."""
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder), held)
    meanings = (embedding.vectors(data.questions) @ embedding.vectors(data.paragraphs).T)[held]
    return np.argsort(-fusion.weighted(words, meanings, CHOSEN.share), axis=1, kind="stable")[:, : DEPTH + 1]


def learned(data: squad.Squad, start: SentenceEncoder, plan: reader.Plan, past: np.ndarray) -> reader.Reader:
    """Return the reader that learned from some questions, as it is kept, or learned now."""
    path = settings().home / "reader" / f"{plan.seed}-{len(past)}.pt"
    if not path.exists():
        texts, rows, right = reader.Texts(start.tokens, data.paragraphs, plan.most), [], []
        for one in past.tolist():
            row, (begin, text) = texts.asked(data.questions[one], int(data.paragraph[one])), data.answers[one][0]
            if at := reader.place(row, begin, begin + len(text)):
                rows.append(row)
                right.append(at)
        network = reader.fit(start, rows, right, plan)
        with atomic_write(path) as partial:
            torch.save(network.state_dict(), partial)
    network = reader.Reader(start.encoder)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def said(data: squad.Squad, plan: reader.Plan, past: np.ndarray, pairs: Pairs) -> dict[tuple[int, int], Said]:
    """Return what the reader says to each pair, as it is kept, or read now."""
    path = settings().home / "reader" / f"{plan.seed}-{len(past)}.json"
    known = {(one, other): Said(text, score) for one, other, text, score in _read(path)}
    fresh = [pair for pair in pairs if pair not in known]
    if fresh:
        start = minilm.load()
        network = learned(data, start, plan, past)
        texts = reader.Texts(start.tokens, data.paragraphs, plan.most)
        rows = [texts.asked(data.questions[one], number) for one, number in fresh]
        made = reader.answers(network, rows, [data.paragraphs[number] for _, number in fresh], start.tokens.pad)
        known |= {pair: Said(one.text, one.score) for pair, one in zip(fresh, made, strict=True)}
        with atomic_write(path) as partial:
            partial.write_text(json.dumps([[*pair, *one] for pair, one in known.items()]))
    return known


def _read(path: Path) -> list[Any]:
    return list(json.loads(path.read_text())) if path.exists() else []


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    by = {"answers": "method", "where": "where"}
    return markdown(results, by, {"exact match": ranged("exact", 3), "F1": ranged("f1", 3)})


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    run(Study(given.out / "reading.json", ["method", "where", "seed"]), given.seeds, reader.Plan())


def run(study: Study, seeds: int, plan: reader.Plan, most: int | None = None) -> None:
    """Measure with a plan. most: questions to learn from and to answer, for a trial."""
    data = squad.load(settings().data_dir)
    past, held = (numbers[:most] for numbers in parts(data))
    own, first = data.paragraph[held][:, None], found(data, held)
    pairs = sorted({(one, int(number)) for at, one in enumerate(held.tolist()) for number in (*own[at], *first[at])})
    truth = [data.answers[one] for one in held]

    def measure(method: str, seed: int, answers: dict[tuple[int, int], Said], seconds: float) -> None:
        for where, numbers in ((GIVEN, own), (FOUND, first[:, :DEPTH])):
            best = [
                max((answers[one, number] for number in row), key=lambda answer: answer.score).text
                for one, row in zip(held.tolist(), numbers.tolist(), strict=True)
            ]
            line: dict[str, Any] = {"method": method, "where": where, "seed": seed, "questions": len(held)}
            for name, values in judged(best, truth).items():
                line |= interval(name, paired.by_unit(values, data.article[held]), 0.0)
            line |= {"seconds": round(seconds, 1)}
            study.add({key: round(value, 5) if isinstance(value, float) else value for key, value in line.items()})

    sentence = {
        (one, number): Said(*spans.sentence(data.questions[one], data.paragraphs[number])) for one, number in pairs
    }
    measure(SENTENCE, 0, sentence, 0.0)
    for seed in range(seeds):
        began = time.process_time()  # of learning and answering, where it is not kept
        forest = spans.fit(data, past, seed)
        made = {
            (one, number): Said(*spans.best(forest, data.questions[one], data.paragraphs[number]))
            for one, number in pairs
        }
        measure(FOREST, seed, made, time.process_time() - began)
        began = time.process_time()
        measure(READER, seed, said(data, replace(plan, seed=seed), past, pairs), time.process_time() - began)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
