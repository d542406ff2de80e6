"""Which words of a paragraph answer a question, by a forest that ranks candidates: the baseline.

Candidates are stretches of up to MOST words of a sentence that neither begin nor end with a frequent word; the forest
sees what kind of words they are, which kind the question asks for, and how much of the question stands around them.
Source: Rajpurkar et al., "SQuAD" (2016), section 5, for the task; the figures of a candidate are ours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.retrieval.analysis import STOP, Analyzer, folded
from models.text.sentences import sentences

if TYPE_CHECKING:
    from lightgbm import Booster

    from data_sets.squad import Squad

MOST, READ = 6, 2  # words of a candidate; sentences of a paragraph that are looked at
WORD = re.compile(r"[^\W_]+(?:[-'.,][^\W_]+)*")
ASKED = ("who", "when", "where", "which", "what", "why", "many", "much", "year", "how", "name", "percentage")
OTHERS = 20  # wrong candidates of a question that the forest learns from
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 50, "label_gain": [0, 1, 3],
    "lambdarank_truncation_level": 3, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
ROUNDS = 200


class Word(NamedTuple):
    """A word of a text: its term, how it is written, and its place."""

    term: str
    text: str
    start: int
    end: int


@lru_cache(maxsize=4_096)
def divided(paragraph: str) -> list[list[Word]]:
    """Return the words of each sentence of a paragraph."""
    return [words(paragraph, span.start, span.end) for span in sentences(paragraph)]


def words(text: str, start: int, end: int) -> list[Word]:
    """Return the words of a part of a text."""
    analyzer = Analyzer(stop=False)
    found = WORD.finditer(text, start, end)
    return [Word((analyzer.terms(match[0]) or [match[0]])[0], match[0], match.start(), match.end()) for match in found]


def asked(question: str) -> set[str]:
    """Return the terms of a question that say what it is about."""
    return {word.term for word in words(question, 0, len(question)) if counts(word.text)} - set(ASKED)


def counts(word: str) -> bool:
    """Return whether a word is none of the most frequent ones."""
    return folded(word) not in STOP


def best_sentences(question: str, paragraph: str) -> list[tuple[int, float]]:
    """Return the sentences that share most terms with a question, with the share; the best first."""
    sought = asked(question)
    shares = [len(sought & {word.term for word in each}) / max(len(sought), 1) for each in divided(paragraph)]
    return [(index, shares[index]) for index in np.argsort(-np.array(shares), kind="stable").tolist()]


def sentence(question: str, paragraph: str) -> tuple[str, float]:
    """Return the sentence that shares most terms with a question, and the share."""
    index, share = best_sentences(question, paragraph)[0]
    span = sentences(paragraph)[index]
    return paragraph[span.start : span.end], share


def candidates(question: str, paragraph: str) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Return where candidates begin and end in a paragraph, and their figures, shape (candidates, figures)."""
    sought, lower = asked(question), set(question.lower().replace("?", "").split())
    kinds = [1.0 * (name in lower) for name in ASKED]
    places, rows = [], []
    for rank, (index, share) in enumerate(best_sentences(question, paragraph)[:READ]):
        each = divided(paragraph)[index]
        there = np.array([word.term in sought for word in each])
        near = np.flatnonzero(there)
        for begin, first in enumerate(each):
            if there[begin] or not (counts(first.text) or begin == 0):
                continue
            for end in range(begin, min(begin + MOST, len(each))):
                if there[end]:
                    break
                inside = each[begin : end + 1]
                if counts(inside[-1].text):
                    places.append((first.start, inside[-1].end))
                    rows.append([rank, share, *figures(each, begin, end, near), *kinds])
    return places, np.array(rows).reshape(len(places), -1)


def figures(each: list[Word], begin: int, end: int, near: np.ndarray) -> list[float]:
    """Return what is seen of a stretch of a sentence. near: the places of the question's words."""
    inside = [word.text for word in each[begin : end + 1]]
    away = np.concatenate([begin - near[near < begin], near[near > end] - end])
    capital, number = ([test(word) for word in inside] for test in (_capital, _number))
    before, after = (each[place].text if 0 <= place < len(each) else "" for place in (begin - 1, end + 1))
    return [
        len(inside), sum(map(len, inside)), np.mean(capital), capital[0], capital[-1], np.mean(number), number[0],
        any(re.fullmatch(r"1\d{3}|20\d{2}", word) for word in inside), _capital(before), _capital(after),
        not counts(before) if before else -1, not counts(after) if after else -1, before in ("in", "by", "the", "of"),
        away.min() if len(away) else 99, (away < 4).sum(), (away < 8).sum(), begin / len(each), len(each), len(near),
    ]  # fmt: skip


def _capital(word: str) -> bool:
    return word[:1].isupper()


def _number(word: str) -> bool:
    return any(sign.isdigit() for sign in word)


def fit(data: Squad, questions: np.ndarray, seed: int) -> Booster:
    """Return what ranks candidates, learned from some questions: the answer first, then what overlaps with it."""
    import lightgbm

    rng, rows, truth, sizes = np.random.default_rng(seed), [], [], []
    for question in questions.tolist():
        places, known = candidates(data.questions[question], data.paragraphs[data.paragraph[question]])
        right = [(begin, begin + len(text)) for begin, text in data.answers[question]]
        good = np.array(
            [2 if place in right else any(_over(place, answer) for answer in right) for place in places], int
        )
        if good.max(initial=0) == 2:
            kept = np.union1d(np.flatnonzero(good == 2), rng.permutation(len(good))[:OTHERS])
            rows.append(known[kept])
            truth.append(good[kept])
            sizes.append(len(kept))
    table = lightgbm.Dataset(np.concatenate(rows), np.concatenate(truth), group=sizes)
    return lightgbm.train(PARAMETERS | {"seed": seed}, table, ROUNDS)


def _over(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and one[1] > other[0]


def best(forest: Booster, question: str, paragraph: str) -> tuple[str, float]:
    """Return the best candidate and its score."""
    places, known = candidates(question, paragraph)
    if not places:
        return sentence(question, paragraph)[0], -np.inf
    scores = np.asarray(forest.predict(known, num_threads=1))
    begin, end = places[int(scores.argmax())]
    return paragraph[begin:end], float(scores.max())
