"""Do abstracts support or contradict a claim, and by which sentences?

Each claim to test on with the abstracts that it cites, and with the first three that BM25 finds. The verifier of
`models/encoder/verifier.py` learned from the claims to train on, each with the abstracts that it cites and 400 of them
with another one that BM25 finds; its two settings are the best on every fifth of these claims. Compared with methods
that always say "supports". Intervals are over claims.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from data_sets import scifact
from models.encoder.verifier import VERDICTS, Judged, Pair, Verifier, stems
from pipelines.search import quoting
from pipelines.search.studies import rankings
from pipelines.search.studies.rankings import Rankings

FOUND = 3  # abstracts that are looked at for a claim to test on
OTHERS = 400  # claims to train on that get an abstract that they do not cite
STRENGTHS, THRESHOLDS = (0.01, 0.1, 1.0), (0.2, 0.3, 0.4)
DRAWS = 200  # of the bootstrap over claims
MISSED = Judged(VERDICTS[2], np.array([0.0, 0, 1]), np.zeros(0), [])  # of an abstract that was not found
SIMPLE = {
    'always "not enough"': "none",
    'always "supports", the last sentence': "last",
    'always "supports", the sentence with most of its words': "words",
    'always "supports", the nearest sentence': "vectors",
}


class Case(NamedTuple):
    """A claim, an abstract, and the truth. number: of the claim among all. paper: the number of the abstract."""

    number: int
    claim: str
    paper: int
    verdict: str
    reasons: list[int]


class Claims:
    """The claims of a part, with what BM25 finds and what decides them."""

    def __init__(self, ranked: Rankings, data_dir: Path | None):
        self.ranked, self.claims = ranked, ranked.claims
        self.verdicts = scifact.verdicts(data_dir)

    def best(self, claim: int) -> list[int]:
        """Return the numbers of the abstracts that BM25 finds first for a claim."""
        return [int(number) for number in np.argsort(-self.ranked.words[claim], kind="stable")[:FOUND]]

    def cited(self, claim: int) -> list[int]:
        """Return the numbers of the abstracts that a claim cites."""
        return [int(number) for number in self.claims.relevant[claim]]

    def cases(self, claim: int, papers: Sequence[int]) -> list[Case]:
        """Return a claim with some abstracts. One that does not decide it has "not enough"."""
        key, keys = self.claims.keys[claim], self.ranked.data.keys
        truth = [self.verdicts.get((key, keys[paper]), (VERDICTS[2], set())) for paper in papers]
        number, text = int(key), self.claims.texts[claim]
        return [
            Case(number, text, paper, *(verdict[0], sorted(verdict[1])))
            for paper, verdict in zip(papers, truth, strict=True)
        ]


def paired(cases: Sequence[Case], texts: Sequence[str]) -> list[Pair]:
    """Return claims and abstracts with the vectors of their sentences. texts: of the abstracts."""
    papers = {case.paper: quoting.divided(texts[case.paper]) for case in cases}
    every = sorted({*(case.claim for case in cases), *(text for own in papers.values() for text in own)})
    row = dict(zip(every, rankings.vectors(every), strict=True))
    return [
        Pair(case.claim, papers[case.paper], row[case.claim], np.array([row[text] for text in papers[case.paper]]))
        for case in cases
    ]


def learned(each: Sequence[Case], pairs: Sequence[Pair], strength: float, threshold: float) -> Verifier:
    """Return a verifier that learned from cases."""
    groups = [case.number for case in each]
    return Verifier(strength, threshold).fit(
        pairs, [case.verdict for case in each], [case.reasons for case in each], groups
    )


def chosen(each: Sequence[Case], pairs: Sequence[Pair]) -> tuple[float, float]:
    """Return the strength and the threshold that are best on every fifth claim, learned from the others."""
    held = [index for index, case in enumerate(each) if case.number % 5 == 0]
    kept = [index for index, case in enumerate(each) if case.number % 5]
    scores = {}
    for strength, threshold in itertools.product(STRENGTHS, THRESHOLDS):
        model = learned([each[index] for index in kept], [pairs[index] for index in kept], strength, threshold)
        figures = scored([each[index] for index in held], model.judged([pairs[index] for index in held]))
        scores[strength, threshold] = figures["macro_f1"] + figures["sentence_f1"]
    return max(scores, key=lambda key: scores[key])


def scored(each: Sequence[Case], judged: Sequence[Judged]) -> dict[str, float]:
    """Return the accuracy and macro F1 of verdicts, and F1 of the sentences of what is decided, by their truth."""
    true, guesses = [case.verdict for case in each], [answer.verdict for answer in judged]
    right = {(number, sentence) for number, case in enumerate(each) for sentence in case.reasons}
    found = {(number, sentence) for number, answer in enumerate(judged) for sentence in answer.chosen}
    both = {(number, sentence) for number, sentence in found & right if true[number] == guesses[number]}
    f1 = []
    for name in VERDICTS:
        hits = sum(a == b == name for a, b in zip(true, guesses, strict=True))
        f1.append(2 * hits / max(true.count(name) + guesses.count(name), 1))
    decided = [(a, b) for a, b in zip(true, guesses, strict=True) if a != VERDICTS[2]]
    named = sum(a == b for a, b in decided)
    return {
        "accuracy": float(np.mean([a == b for a, b in zip(true, guesses, strict=True)])),
        "macro_f1": float(np.mean(f1)),
        "abstract_f1": 2 * named / max(len(decided) + sum(verdict != VERDICTS[2] for verdict in guesses), 1),
        "sentence_f1": 2 * len(found & right) / max(len(found) + len(right), 1),
        "sentence_label_f1": 2 * len(both) / max(len(found) + len(right), 1),
    }


def simple(pairs: Sequence[Pair], by: str) -> list[Judged]:
    """Return the answers of a simple method: always "supports", with the nearest or the last sentence; or nothing."""
    answers = []
    if by == "none":
        return [MISSED for _ in pairs]
    for pair in pairs:
        claim = set(stems(pair.claim))
        score = {
            "words": [len(claim & set(stems(sentence))) / max(len(claim), 1) for sentence in pair.sentences],
            "vectors": (pair.vectors @ pair.claim_vector).tolist(),
            "last": list(range(len(pair.sentences))),
        }[by]
        answers.append(Judged(VERDICTS[0], np.array([1.0, 0, 0]), np.array(score), [int(np.argmax(score))]))
    return answers


def intervals(each: Sequence[Case], judged: Sequence[Judged]) -> dict[str, float]:
    """Return the figures, and the ends of their 95 % intervals, by a bootstrap over claims."""
    rng = np.random.default_rng(0)
    rows: dict[int, list[int]] = {}
    for index, case in enumerate(each):
        rows.setdefault(case.number, []).append(index)
    drawn = []
    for _ in range(DRAWS):
        some = [row for number in rng.choice(list(rows), len(rows)) for row in rows[int(number)]]
        drawn.append(scored([each[row] for row in some], [judged[row] for row in some]))
    low, high = pd.DataFrame(drawn).quantile([0.025, 0.975]).to_dict("records")
    ends = {f"{name}_low": low[name] for name in low} | {f"{name}_high": high[name] for name in high}
    return scored(each, judged) | ends


def judged(most: int | None = None) -> Iterator[Line]:
    """Yield a line per method, for the abstracts that are cited and for those that are found. most: claims of each
    part, for a trial."""
    past, test = (Claims(rankings.of(part), settings().data_dir) for part in ("train", "test"))
    numbers = range(len(past.claims.keys))[:most]
    train = [case for number in numbers for case in past.cases(number, past.cited(number))]
    for number in numbers[:OTHERS]:
        train += past.cases(number, [paper for paper in past.best(number) if paper not in past.cited(number)][:1])
    numbers = range(len(test.claims.keys))[:most]
    cited = [case for number in numbers for case in test.cases(number, test.cited(number))]
    found = [case for number in numbers for case in test.cases(number, test.best(number))]
    there = {(case.number, case.paper) for case in found}
    missed = [case for case in cited if case.reasons and (case.number, case.paper) not in there]
    pairs = paired([*train, *cited, *found], test.ranked.data.texts)
    model = learned(train, pairs[: len(train)], *chosen(train, pairs[: len(train)]))
    for abstracts, cases, start in (("cited", cited, len(train)), ("found", found, len(train) + len(cited))):
        own, more = pairs[start : start + len(cases)], missed if abstracts == "found" else []
        methods = {"verifier": model.judged(own)} | {name: simple(own, by) for name, by in SIMPLE.items()}
        for method, answers in methods.items():
            figures = intervals([*cases, *more], [*answers, *[MISSED] * len(more)])
            yield {"abstracts": abstracts, "method": method, "pairs": len(cases) + len(more)} | figures


STUDY = Study(
    measures=[Measure(judged, seeds=0)],
    tables=[
        Table(
            {"abstracts": "abstracts", "method": "method"},
            {
                "pairs": lambda rows: f"{rows['pairs'].iloc[0]:.0f}",
                "accuracy": ranged("accuracy", 3),
                "macro F1": ranged("macro_f1", 3),
                "F1 of abstracts with label": ranged("abstract_f1", 3),
                "F1 of sentences": ranged("sentence_f1", 3),
                "with label": ranged("sentence_label_f1", 3),
            },
        )
    ],
    files=lambda data_dir: scifact.files(data_dir) | scifact.evidence(data_dir),
)
