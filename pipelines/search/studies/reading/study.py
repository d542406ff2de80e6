"""How well does an extractive reader answer the questions of SQuAD?

It learns from the questions of 36 articles, and answers every eighth question of the other 12: in the paragraph that it
is about, and in the best of the first three that BM25 and MiniLM find among all 2,067. Compared with a forest that
ranks candidate answers (`spans.py`), and with the sentence that has most words of the question. Exact match and F1 are
those of SQuAD's script, with intervals over articles. The network and its answers are kept under CAPSTAN_HOME.
"""

from __future__ import annotations

import json
import re
import string
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from capstan.data.files import atomic_write
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from data_sets import squad
from models.encoder import minilm, reader
from models.encoder.sentence_encoder import SentenceEncoder
from models.metrics import paired
from models.retrieval import fusion
from pipelines.search.ranking import CHOSEN
from pipelines.search.studies import rankings
from pipelines.search.studies.paragraphs.questions import data as questions
from pipelines.search.studies.paragraphs.questions import parts
from pipelines.search.studies.reading import spans

DEPTH = 3
OWN, FOUND = "in the paragraph that it is about", "in the first three that are found"


def plain(text: str) -> str:
    """Return an answer without case, punctuation, articles and extra spaces, as SQuAD's own script compares it."""
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def f1(text: str, right: str) -> float:
    """Return the harmonic mean of precision and recall of the words of an answer."""
    words, truth = plain(text).split(), plain(right).split()
    shared = sum((Counter(words) & Counter(truth)).values())
    return 2 * shared / (len(words) + len(truth)) if shared else float(words == truth)


def judged(texts: list[str], right: list[list[tuple[int, str]]]) -> dict[str, np.ndarray]:
    """Return exact match and F1 of each answer, the best over what people said."""
    pairs = list(zip(texts, right, strict=True))
    exact = [max(float(plain(text) == plain(answer)) for _, answer in them) for text, them in pairs]
    return {
        "exact": np.array(exact),
        "f1": np.array([max(f1(text, answer) for _, answer in them) for text, them in pairs]),
    }


class Said(NamedTuple):
    """What a method says to a question in a paragraph. score: comparable among paragraphs."""

    text: str
    score: float


Pairs = list[tuple[int, int]]  # the numbers of a question and of a paragraph


@cache
def found(most: int | None) -> np.ndarray:
    """Return the first paragraphs of each held question, shape (held, DEPTH). most: questions, for a trial."""
    data = questions()
    held = parts(data)[1][:most]
    asked = [data.questions[number] for number in held]
    words = rankings.bm25(data.paragraphs, asked)
    meanings = rankings.vectors(asked) @ rankings.vectors(data.paragraphs).T
    return np.argsort(-fusion.weighted(words, meanings, CHOSEN.share), axis=1, kind="stable")[:, :DEPTH]


def learned(data: squad.Squad, start: SentenceEncoder, plan: reader.Plan, past: np.ndarray) -> reader.Reader:
    """Return the reader that learned from some questions, as it is kept, or learned now."""
    path = settings().home / "reader" / f"{plan.seed}-{len(past)}.pt"
    if not path.exists():
        texts, rows, right = reader.Texts(start.tokens, data.paragraphs, plan.most), [], []
        for question in past.tolist():
            row, (begin, text) = (
                texts.asked(data.questions[question], int(data.paragraph[question])),
                data.answers[question][0],
            )
            if place := reader.place(row, begin, begin + len(text)):
                rows.append(row)
                right.append(place)
        network = reader.fit(start, rows, right, plan)
        with atomic_write(path) as partial:
            torch.save(network.state_dict(), partial)
    network = reader.Reader(start.encoder)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def said(data: squad.Squad, plan: reader.Plan, past: np.ndarray, pairs: Pairs) -> dict[tuple[int, int], Said]:
    """Return what the reader says to each pair, as it is kept, or read now."""
    path = settings().home / "reader" / f"{plan.seed}-{len(past)}.json"
    known = {(question, number): Said(text, score) for question, number, text, score in _read(path)}
    fresh = [pair for pair in pairs if pair not in known]
    if fresh:
        start = minilm.load()
        network = learned(data, start, plan, past)
        texts = reader.Texts(start.tokens, data.paragraphs, plan.most)
        rows = [texts.asked(data.questions[question], number) for question, number in fresh]
        replies = reader.answers(network, rows, [data.paragraphs[number] for _, number in fresh], start.tokens.pad)
        known |= {pair: Said(answer.text, answer.score) for pair, answer in zip(fresh, replies, strict=True)}
        with atomic_write(path) as partial:
            partial.write_text(json.dumps([[*pair, *answer] for pair, answer in known.items()]))
    return known


def _read(path: Path) -> list[Any]:
    return list(json.loads(path.read_text())) if path.exists() else []


def lines(answers: dict[tuple[int, int], Said], most: int | None, began: float) -> Iterator[Line]:
    """Yield how good some answers are, in the right paragraph and in those that are found. began: processor time."""
    data = questions()
    held = parts(data)[1][:most]
    for where, numbers in ((OWN, data.paragraph[held][:, None]), (FOUND, found(most))):
        best = [
            max((answers[question, number] for number in row), key=lambda answer: answer.score).text
            for question, row in zip(held.tolist(), numbers.tolist(), strict=True)
        ]
        line: Line = {"where": where, "questions": len(held), "seconds": round(time.process_time() - began, 1)}
        for name, values in judged(best, [data.answers[question] for question in held]).items():
            line |= rankings.interval(name, paired.by_unit(values, data.article[held]))
        yield line


def answers(method: str, most: int | None = None, plan: reader.Plan | None = None, seed: int = 0) -> Iterator[Line]:
    """Yield how good the answers of a method are. most: questions to learn from and to answer, for a trial."""
    data, began = questions(), time.process_time()
    past, held = (numbers[:most] for numbers in parts(data))
    own = zip(held.tolist(), data.paragraph[held].tolist(), strict=True)
    pairs = sorted(
        {
            *own,
            *(
                (question, int(number))
                for question, row in zip(held.tolist(), found(most), strict=True)
                for number in row
            ),
        }
    )
    texts = {(question, number): (data.questions[question], data.paragraphs[number]) for question, number in pairs}
    if method == "reader":
        known = said(data, plan or reader.Plan(seed=seed), past, pairs)
    elif method == "forest over candidates":
        forest = spans.fit(data, past, seed)
        known = {pair: Said(*spans.best(forest, *text)) for pair, text in texts.items()}
    else:
        known = {pair: Said(*spans.sentence(*text)) for pair, text in texts.items()}
    yield from lines(known, most, began)


STUDY = Study(
    measures=[
        Measure(answers, [{"method": "sentence with most words"}], seeds=0),
        Measure(answers, [{"method": "forest over candidates"}, {"method": "reader"}]),
    ],
    tables=[Table({"answers": "method", "where": "where"}, {"exact match": ranged("exact", 3), "F1": ranged("f1", 3)})],
    seeds=1,
    files=squad.files,
)
