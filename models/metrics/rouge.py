"""How much of a reference a summary has, in runs of words: ROUGE.

Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004). Words are as the package `rouge-score` has
them: letters and digits of ASCII in lower case, without a stemmer.

Reference: rouge_score.rouge_scorer.RougeScorer, 1e-12; the example of the paper.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

WORD = re.compile(r"[a-z0-9]+")


class Score(NamedTuple):
    """The share of the summary that the reference has, that of the reference that the summary has, and their mean."""

    precision: float
    recall: float
    f: float


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return WORD.findall(text.lower())


def runs(reference: str, summary: str, length: int) -> Score:
    """Return ROUGE-N. length: of a run, in words."""
    reference_runs, summary_runs = (_runs(words(text), length) for text in (reference, summary))
    return _score(
        sum((reference_runs & summary_runs).values()), sum(reference_runs.values()), sum(summary_runs.values())
    )


def longest(reference: str, summary: str) -> Score:
    """Return ROUGE-L, of the longest common subsequence of the two texts as a whole."""
    reference_words, summary_words = words(reference), words(summary)
    return _score(_common(reference_words, summary_words), len(reference_words), len(summary_words))


def best(references: Sequence[str], summary: str, length: int) -> Score:
    """Return ROUGE-N with the reference by which F is largest."""
    return max((runs(reference, summary, length) for reference in references), key=lambda score: score.f)


def _runs(found: list[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(found[start:] for start in range(length)), strict=False))


def _common(one: list[str], other: list[str]) -> int:
    """Return the length of the longest common subsequence: one row of the table at a time."""
    numbers: dict[str, int] = {}
    rows, columns = (np.array([numbers.setdefault(word, len(numbers)) for word in text]) for text in (one, other))
    row = np.zeros(len(columns) + 1, int)
    for word in rows:
        taken = np.append(0, row[:-1] + (columns == word))
        row = np.maximum.accumulate(np.maximum(row, taken))
    return int(row[-1])


def _score(shared: int, of_reference: int, of_summary: int) -> Score:
    precision, recall = shared / max(of_summary, 1), shared / max(of_reference, 1)
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if shared else 0.0)
