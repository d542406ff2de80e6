"""Whether a text supports or contradicts a claim, and by which of its sentences; weak, so read the sentences.

Two steps, as of Wadden et al., "Fact or Fiction: Verifying Scientific Claims" (2020), with light parts in the place of
fine-tuned encoders: a logistic regression that chooses sentences, by MiniLM's vectors and shared words, and a
softmax regression over the best of them that distinguishes "supports", "contradicts" and "not enough". Its sentences'
scores are out of fold where it learns.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

VERDICTS = ("supports", "contradicts", "not enough")
WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
ENDS = re.compile(r"(?:ing|ed|es|s|ly|ion|ions)\Z")
SIGNS = {
    "negates": "no not nor never without neither none cannot lack lacks lacked absence fail fails failed unlikely",
    "more": "increase higher more greater enhance promote activate improve elevate up raise induce stimulate",
    "less": "decrease lower less fewer reduce inhibit suppress impair decline down prevent block attenuate",
}
SETS = [frozenset(words.split()) for words in SIGNS.values()]
BEST = 3  # sentences that a verdict looks at
FOLDS = 5


class Pair(NamedTuple):
    """A claim and a text, with the vectors of the claim and of the text's sentences, each of length 1."""

    claim: str
    sentences: Sequence[str]
    claim_vector: np.ndarray  # (width,)
    vectors: np.ndarray  # (sentences, width)


class Judged(NamedTuple):
    """The verdict on a pair, how likely each of VERDICTS is, and how likely each sentence is a reason."""

    verdict: str
    chances: np.ndarray
    reasons: np.ndarray
    chosen: list[int]  # the sentences that give the reason, none where there is not enough


def stems(text: str) -> list[str]:
    """Return the words of a text without their commonest ends."""
    return [ENDS.sub("", word) if len(word) > 4 else word for word in WORD.findall(text.lower())]


class Verifier:
    """Learns from pairs with verdicts and sentences that give the reason."""

    def __init__(self, strength: float = 1.0, threshold: float = 0.3):
        """strength: of both regressions, scikit-learn's C. threshold: how likely a chosen sentence is, at least."""
        self.strength, self.threshold = strength, threshold
        self.weights: dict[str, float] = {}
        self.rare = 1.0

    def fit(
        self, pairs: Sequence[Pair], verdicts: Sequence[str], reasons: Sequence[Iterable[int]], groups: Sequence[int]
    ) -> Verifier:
        """Learn. verdicts: of VERDICTS. reasons: the sentences of each pair. groups: the number of its claim."""
        self._count(pairs)
        rows = [self.of_sentences(pair) for pair in pairs]
        marked = [np.isin(np.arange(len(row)), list(each)) for row, each in zip(rows, reasons, strict=True)]
        scores = [np.zeros(len(row)) for row in rows]
        for train, test in GroupKFold(FOLDS).split(rows, groups=groups):
            self._choose([rows[place] for place in train], [marked[place] for place in train])
            for place in test:
                scores[place] = self.reasons(rows[place])
        self._choose(rows, marked)
        features = np.array([self.of_pair(pair, score) for pair, score in zip(pairs, scores, strict=True)])
        self.scale = StandardScaler().fit(features)
        self.judge = LogisticRegression(C=self.strength / 30, max_iter=2_000, class_weight="balanced")
        self.judge.fit(self.scale.transform(features), verdicts)
        return self

    def judged(self, pairs: Sequence[Pair]) -> list[Judged]:
        """Return the verdict on each pair."""
        verdicts = []
        order = [list(self.judge.classes_).index(name) for name in VERDICTS]
        for pair in pairs:
            reasons = self.reasons(self.of_sentences(pair))
            features = self.scale.transform(self.of_pair(pair, reasons)[None])
            chances = self.judge.predict_proba(features)[0][order]
            verdict = VERDICTS[int(chances.argmax())]
            chosen = self.chosen(reasons) if verdict != VERDICTS[2] else []
            verdicts.append(Judged(verdict, chances, reasons, chosen))
        return verdicts

    def chosen(self, reasons: np.ndarray) -> list[int]:
        """Return the sentences over the threshold, at most BEST, and at least the best."""
        best = np.argsort(-reasons, kind="stable")[:BEST]
        return sorted(place for place in best.tolist() if place == best[0] or reasons[place] >= self.threshold)

    def _count(self, pairs: Sequence[Pair]) -> None:
        """Learn how rare words are, in sentences."""
        texts = {sentence for pair in pairs for sentence in pair.sentences}
        counts = Counter(word for text in texts for word in set(stems(text)))
        self.weights = {word: math.log(1 + len(texts) / count) for word, count in counts.items()}
        self.rare = math.log(1 + len(texts))

    def _choose(self, rows: Sequence[np.ndarray], marked: Sequence[np.ndarray]) -> None:
        stacked = np.concatenate(rows)
        self.sentence_scale = StandardScaler().fit(stacked)
        self.chooser = LogisticRegression(C=self.strength, max_iter=2_000)
        self.chooser.fit(self.sentence_scale.transform(stacked), np.concatenate(marked))

    def reasons(self, rows: np.ndarray) -> np.ndarray:
        """Return how likely each sentence is a reason, shape (sentences,). rows: of `of_sentences`."""
        chances: np.ndarray = self.chooser.predict_proba(self.sentence_scale.transform(rows))[:, 1]
        return chances

    def of_sentences(self, pair: Pair) -> np.ndarray:
        """Return what is seen of each sentence next to a claim, shape (sentences, 9)."""
        near = pair.vectors @ pair.claim_vector
        claim = set(stems(pair.claim))
        numbers = {word for word in claim if word[0].isdigit()}
        total = sum(self._weight(word) for word in claim) or 1.0
        rows = []
        for place, sentence in enumerate(pair.sentences):
            own = set(stems(sentence))
            cover = sum(self._weight(word) for word in claim & own) / total
            share = len(numbers & own) / len(numbers) if numbers else 0.5
            rows.append(
                [cover, len(claim & own) / max(len(claim), 1), share, math.log1p(len(own)), place / len(pair.sentences)]
            )
        table = np.array(rows)
        ranks = [(-column).argsort().argsort() for column in (near, table[:, 0])]
        return np.column_stack([near, near - near.max(), *(1 / (1 + rank) for rank in ranks), table])

    def _weight(self, word: str) -> float:
        return self.weights.get(word, self.rare)

    def of_pair(self, pair: Pair, reasons: np.ndarray) -> np.ndarray:
        """Return what is seen of a pair: its best sentences' features and signs, and its vectors' product."""
        best = np.argsort(-reasons, kind="stable")[:BEST]
        seen = self.of_sentences(pair)
        claim = _signs(pair.claim)
        signs = [_signs(pair.sentences[place]) for place in best]
        differ = [[*np.abs(claim - sign), *(claim * sign), claim[1] * sign[2] + claim[2] * sign[1]] for sign in signs]
        mean = pair.vectors[best].mean(axis=0)
        top = [reasons[best[0]], reasons[best].sum(), *seen.max(axis=0), *seen[best[0]]]
        return np.array([*top, *claim, *signs[0], *differ[0], *np.mean(differ, axis=0), *(pair.claim_vector * mean)])


def _signs(text: str) -> np.ndarray:
    """Return whether a text negates, and whether it says more or less, shape (3,)."""
    words = WORD.findall(text.lower())
    own = {*words, *(re.sub(r"(?:s|d|ed|ing)\Z", "", word) for word in words)}
    return np.array([bool(own & signs) for signs in SETS], dtype=float)
