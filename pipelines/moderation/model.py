"""What is served: the share of annotators expected to say each class, what is done with a text, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.encoder.minilm_model import MiniLMModel
from models.text import text_parts
from pipelines.moderation import decisions, reading, reasons
from pipelines.moderation.data import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from capstan.contract.model import Columns
    from models.text.linear_svc import Decider
    from pipelines.moderation.reading import Read, Runs
    from pipelines.moderation.scores import Kind

FEW = 0.5  # of the words known: below that a text is in words that were not learned


class ModerationModel(MiniLMModel):
    """A score and the levels of its classes, and the two baselines that the gate compares with them."""

    inputs = {"text": "string"}

    def __init__(
        self,
        score: Kind,
        levels: np.ndarray,
        words: frozenset[str],
        longest: int,
        baseline: Kind,
        baseline_levels: np.ndarray,
        weights: Mapping[str, Path],
        int8: bytes | None,
        rival: Decider,
    ):
        """words, longest: of the texts that were learned from. int8: the file of MiniLM in 8 bits, where it reads."""
        self.score, self.levels, self.words, self.longest = score, levels, words, longest
        self.baseline, self.baseline_levels, self.weight_files = baseline, baseline_levels, weights
        self.int8, self.rival = int8, rival

    def read(self, texts: Sequence[str]) -> Read:
        """Return what is read of some texts."""
        return reading.read(texts, self.encoder.embed(texts))

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the probabilities, the class that is named, the decision, and what each word adds."""
        texts = list(columns["text"])
        vectors, pieces = self.vectors(texts)
        runs = [reading.runs(text) for text in texts]
        read = reading.read(texts, vectors, runs)
        votes = self.score.votes(read)
        return self.decided(texts, self.score.scores(read), votes) | self.explained(texts, runs, votes, pieces)

    def vectors(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return MiniLM's vector of each text, (n, 384), and what its pieces add to the scores, (pieces, 3) of each."""
        read_by = [member for member in self.score.members if "vectors" in member.blocks]
        if not read_by:  # the baseline alone, which is never served
            return np.zeros((len(texts), self.encoder.encoder.shape.width)), [np.empty((0, len(CLASSES)))] * len(texts)
        return self.encoder.along(
            texts, np.sum([member.stretch * member.weights["vectors"] for member in read_by], axis=0)
        )

    def decided(self, texts: Sequence[str], scores: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
        """Return everything but the reasons. scores, votes: shape (n, 3)."""
        probability = decisions.probabilities(scores)
        expected = decisions.expected(probability)
        return {
            "probabilities": [dict(zip(CLASSES, row, strict=True)) for row in probability.tolist()],
            "kind": [CLASSES[index] for index in decisions.named(votes, self.levels).tolist()],
            "disagree": 1 - probability.max(axis=1),
            "decision": [decisions.DECISIONS[index] for index in expected.argmin(axis=1).tolist()],
            "costs": [
                [{"decision": name, "cost": cost} for name, cost in zip(decisions.DECISIONS, row, strict=True)]
                for row in expected.tolist()
            ],
            "known": [self.known(text) for text in texts],
            "unusual": [self.unusual(text) for text in texts],
        }

    def explained(
        self, texts: Sequence[str], runs: Sequence[Runs], votes: np.ndarray, pieces: Sequence[np.ndarray]
    ) -> dict[str, Any]:
        """Return for each text the class `instead` that is next, `start`, and the `parts`, in log-odds of the two.

        The levels are in `start`, so that start and parts add up to what decided.
        """
        encoder, start = self.encoder, reasons.start(self.score) + self.levels
        answers: dict[str, Any] = {"instead": [], "start": [], "parts": []}
        for text, own, row, piece in zip(texts, runs, votes + self.levels, pieces, strict=True):
            first, second, _ = np.argsort(-row, kind="stable").tolist()
            turned = np.zeros(len(CLASSES))
            turned[first], turned[second] = 1, -1
            spans = encoder.tokens.spans(text, encoder.most)
            places, values = reasons.effects(self.score, text, own, piece, spans, turned)
            answers["instead"].append(CLASSES[second])
            answers["start"].append(float(start @ turned))
            answers["parts"].append(text_parts.parts(text, places, values))
        return answers

    def known(self, text: str) -> float:
        """Return the share of the words of a text that were learned from; 1 for a text without words."""
        found = [word.name for word in reading.tokens(text) if word.name[0].isalpha()]
        return sum(name in self.words for name in found) / len(found) if found else 1.0

    def unusual(self, text: str) -> list[str]:
        """Return in words what sets a text apart from every text that was learned from."""
        remarks = ["few of its words are known"] if self.known(text) < FEW else []
        remarks += ["longer than every text known"] if len(text) > self.longest else []
        return remarks + ([] if any(sign.isalpha() for sign in text) else ["no letters"])
