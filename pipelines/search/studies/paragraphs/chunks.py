"""Ways to divide a text, and whether an answer is in the best parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from data_sets import squad
from models.text.sentences import Span, sentences


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
            for question, number in zip(questions.tolist(), data.paragraph[questions].tolist(), strict=True)
            for begin, text in data.answers[question][:1]
        ]


def paragraphs(text: str) -> Iterator[Span]:
    """Yield the paragraphs of a text."""
    for match in re.finditer(r"[^\n]+", text):
        yield Span(*match.span())


def windows(size: int, step: int) -> Callable[[str], Iterator[Span]]:
    """Return what yields stretches of `size` words, `step` words apart, wherever sentences end."""

    def divide(text: str) -> Iterator[Span]:
        words = [match.span() for match in re.finditer(r"\S+", text)]
        for begin in range(0, max(len(words) - size + step, 1), step):
            yield Span(words[begin][0], words[min(begin + size, len(words)) - 1][1])

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


def found(scores: np.ndarray, parts: list[Part], lengths: np.ndarray, answers: list[Part], words: int) -> np.ndarray:
    """Return whether each answer is in the best parts of so many words together, shape (questions,)."""
    there = np.zeros(len(answers))
    for row, answer in enumerate(answers):
        order = np.argsort(-scores[row], kind="stable")[:words]
        few = order[np.cumsum(lengths[order]) <= words].tolist() or order[:1].tolist()
        there[row] = any(
            parts[place].article == answer.article
            and parts[place].start <= answer.start
            and answer.end <= parts[place].end
            for place in few
        )
    return there
