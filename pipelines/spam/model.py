"""What is served: a calibrated score, what follows from it, and which parts of the message it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from capstan.model import Model
from models import text_parts
from pipelines.spam import costs, grams, reasons
from pipelines.spam.scores import Machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capstan.model import Columns
    from pipelines.spam.scores import Bayes

FEW = 0.5  # of the words known: below that the message is in words that were not learned


class SpamModel(Model):
    """A score with Platt's calibration, and naive Bayes with its own, which the gate compares with it."""

    inputs = {"text": "string"}
    steady = True

    def __init__(
        self,
        score: Machine | Bayes,
        line: tuple[float, float],
        words: frozenset[str],
        longest: int,
        baseline: Bayes,
        baseline_line: tuple[float, float],
    ):
        """line: slope and intercept of the calibration. words, longest: of the messages that were learned from."""
        self.score, self.line, self.words, self.longest = score, line, words, longest
        self.baseline, self.baseline_line = baseline, baseline_line
        self.requirements = score.requirements

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return probability, decision, the parts of each text with their effects, reasons, and what is unusual."""
        texts = list(columns["text"])
        return self.decided(texts) | self.explained(texts)

    def decided(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return probability, decision and its limit, the share of known words, and what is unusual."""
        probability = expit(self.margin(texts))
        known = [self.known(text) for text in texts]
        return {
            "probability": probability,
            "decision": np.where(costs.decided(probability), "spam", "ham"),
            "limit": np.full(len(texts), costs.LIMIT),
            "known": known,
            "unusual": [self.unusual(text, share) for text, share in zip(texts, known, strict=True)],
        }

    def margin(self, texts: Sequence[str]) -> np.ndarray:
        """Return the calibrated log-odds of spam, shape (n,)."""
        return np.asarray(self.line[0] * self.score.margin(self.score.counts(texts)) + self.line[1])

    def explained(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return `start`, what every message has, and for each text its `parts` and `reasons`, all in log-odds."""
        made: dict[str, Any] = {"start": [], "parts": [], "reasons": []}
        for text in texts:
            made["start"].append(self.line[0] * self.score.intercept + self.line[1])
            if not isinstance(self.score, Machine):  # the strong simple one alone, which is never served
                made["parts"].append([])
                made["reasons"].append([])
                continue
            runs, values = reasons.effects(self.score, text)
            made["parts"].append(text_parts.parts(text, runs, self.line[0] * values))
            made["reasons"].append(reasons.strongest(text, runs, self.line[0] * values))
        return made

    def known(self, text: str) -> float:
        """Return the share of the words of a text that were learned from; 1 for a text without words."""
        found = [one.name for one in grams.tokens(text)]
        return sum(name in self.words for name in found) / len(found) if found else 1.0

    def unusual(self, text: str, known: float) -> list[str]:
        """Return in words what sets a text apart from every message that was learned from."""
        said = ["few of its words are known"] if known < FEW else []
        said += ["longer than every message known"] if len(text) > self.longest else []
        return said + ([] if any(sign.isalpha() for sign in text) else ["no letters"])
