"""The rival of the tuned assistant: its base behind a filter of words, which answers in place of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.alignment.data import HARMFUL, REFUSALS

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

NAME = "the base behind a filter of words"


def fitted(prompts: pd.DataFrame) -> Pipeline | None:
    """Return logistic regression on TF-IDF, which says whether a prompt is harmful, fitted on prompts to learn from.

    Where none of them is harmful, or all are, there is none.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    harmful = prompts["kind"] == HARMFUL
    if harmful.nunique() < 2:
        return None
    words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10))
    return words.fit(prompts["prompt"], harmful)


def answers(words: Pipeline, prompts: Sequence[str], of_base: Sequence[str]) -> list[str]:
    """Return the base's answers, and a refusal in place of those to prompts that the filter stops."""
    stopped = words.predict(prompts)
    return [REFUSALS[0] if stop else answer for stop, answer in zip(stopped, of_base, strict=True)]
