"""What is served: a calibrated score, what follows from it, and which parts of the message it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from models.encoder.minilm_model import MiniLMModel
from models.text import text_parts
from pipelines.spam import costs, grams, reasons
from pipelines.spam.scores import Meant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from capstan.contract.model import Columns
    from pipelines.spam.guard import Guard
    from pipelines.spam.scores import Bayes, Counts

FEW = 0.5  # of the words known: below that the message is in words that were not learned


class SpamModel(MiniLMModel):
    """A score with Platt's calibration and a guard, and naive Bayes, which the gate compares with it."""

    inputs = {"text": "string"}

    def __init__(
        self,
        score: Meant | Bayes,
        line: tuple[float, float],
        words: frozenset[str],
        longest: int,
        baseline: Bayes,
        baseline_line: tuple[float, float],
        weights: Mapping[str, Path],
        int8: bytes | None = None,
        guard: Guard | None = None,
    ):
        """line: slope and intercept of the calibration. words, longest: of the messages that were learned from.

        weights, int8: the paths of MiniLM's files, and MiniLM in 8 bits. guard: None finds nothing outside.
        """
        self.score, self.line, self.words, self.longest = score, line, words, longest
        self.baseline, self.baseline_line = baseline, baseline_line
        self.weight_files, self.int8, self.guard = weights, int8, guard

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return probability, decision, the parts of each text with their effects, reasons, and what is unusual."""
        texts = list(columns["text"])
        if not isinstance(self.score, Meant):  # naive Bayes alone, which is never served
            nothing = dict.fromkeys(("parts", "reasons"), [list[Any]()] * len(texts))
            return (
                self.decided(texts)
                | nothing
                | {"start": self.margin([""] * len(texts)), "meaning": np.zeros(len(texts))}
            )
        vectors, pieces = self.encoder.along(texts, self.score.direction[:, None])
        return self.decided(texts, self.score.counts(texts, vectors)) | self.explained(texts, pieces)

    def decided(self, texts: Sequence[str], counts: Counts | None = None) -> dict[str, Any]:
        """Return probability, decision and its limit, the share of known words, and what is unusual.

        What is unusual is shown, whatever its probability. counts: of the texts, where they are known.
        """
        counts = self.counts(texts) if counts is None else counts
        probability = expit(self.margin(texts, counts))
        aside, known = costs.decided(probability), [self.known(text) for text in texts]
        unusual = [self.unusual(*inputs) for inputs in zip(texts, known, self.outside(counts, aside), strict=True)]
        return {
            "probability": probability,
            "decision": np.where(aside & ~np.array([bool(remarks) for remarks in unusual]), "spam", "ham"),
            "limit": np.full(len(texts), costs.LIMIT),
            "known": known,
            "unusual": unusual,
        }

    def outside(self, counts: Counts, aside: np.ndarray) -> np.ndarray:
        """Return which messages lie outside what was learned from, shape (n,). aside: whether their score is spam's."""
        if self.guard is None or not isinstance(self.score, Meant):
            return np.zeros(len(aside), bool)
        return self.guard.outside(self.score.matrix(counts), aside)

    def margin(self, texts: Sequence[str], counts: Counts | None = None) -> np.ndarray:
        """Return the calibrated log-odds of spam, shape (n,). counts: of the texts, where they are known."""
        counts = self.counts(texts) if counts is None else counts
        return np.asarray(self.line[0] * self.score.margin(counts) + self.line[1])

    def counts(self, texts: Sequence[str]) -> Counts:
        """Return what the score reads of some texts."""
        if isinstance(self.score, Meant):
            return self.score.counts(texts, self.encoder.embed(texts))
        return self.score.counts(texts)

    def explained(self, texts: Sequence[str], pieces: Sequence[np.ndarray]) -> dict[str, Any]:
        """Return `start`, what every message has, and of each text `parts`, `reasons` and `meaning`, all in log-odds.

        pieces: what each of MiniLM's pieces of the text adds to the score, (pieces, 1) of each text.
        """
        score, (slope, intercept) = self.score, self.line
        assert isinstance(score, Meant)
        answers: dict[str, Any] = {"start": [], "parts": [], "reasons": [], "meaning": []}
        for text, piece in zip(texts, pieces, strict=True):
            runs, values = reasons.effects(score, text)
            spans = self.encoder.tokens.spans(text, self.encoder.most)
            places, meant = reasons.of_pieces(score, text, piece[:, 0], spans)
            every = slope * np.concatenate([values, meant])
            answers["start"].append(slope * score.intercept + intercept)
            answers["parts"].append(text_parts.parts(text, [*runs, *places], every))
            answers["reasons"].append(reasons.strongest(text, runs, slope * values))
            answers["meaning"].append(float(slope * meant.sum()))
        return answers

    def known(self, text: str) -> float:
        """Return the share of the words of a text that were learned from; 1 for a text without words."""
        found = [token.name for token in grams.tokens(text)]
        return sum(name in self.words for name in found) / len(found) if found else 1.0

    def unusual(self, text: str, known: float, outside: bool) -> list[str]:
        """Return in words what sets a text apart from every message that was learned from."""
        remarks = ["unlike the messages learned from"] if outside else []
        remarks += ["few of its words are known"] if known < FEW else []
        remarks += ["longer than every message known"] if len(text) > self.longest else []
        return remarks + ([] if any(sign.isalpha() for sign in text) else ["no letters"])
