"""What is served: the valence of each line of a text, how sure it is, and the words that it comes from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from models.encoder import minilm
from models.text import lexicon, text_parts
from pipelines.sentiment import reading, reasons, sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from capstan.contract.model import Columns
    from pipelines.sentiment.reading import Read
    from pipelines.sentiment.scores import Score
    from pipelines.sentiment.sources import Guess

LEVELS = (0.05, 0.95)  # of the interval
SURE = 0.9  # how likely a tone has to be
LOWEST, HIGHEST = -4.0, 4.0  # of the scale that people rated on
OF_A_LINE = ("source", "valence", "low", "high", "start")
FEW = 0.5  # of the words known: below that a text is in words that were not learned


class SentimentModel(Model):
    """A score, a guess of the source, residuals of snippets that these had not seen, and the baseline of the gate."""

    inputs = {"text": "string", "source": "string"}
    requirements = ("numpy", "scipy", "torch")

    def __init__(
        self,
        score: Score,
        guess: Guess,
        stated: dict[str, np.ndarray],
        guessed: dict[str, np.ndarray],
        words: frozenset[str],
        longest: int,
        baseline: Score,
        weights: Mapping[str, Path],
    ):
        """stated, guessed: what people said less what the score said, rising, by source. words, longest: of the
        snippets to train on.
        """
        self.score, self.guess, self.stated, self.guessed = score, guess, stated, guessed
        self.words, self.longest = words, longest
        self.baseline, self.weight_files = baseline, weights

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return of each text what its lines say, and of its words what they add."""
        texts, stated = list(columns["text"]), list(columns["source"])
        if not texts:
            return {}
        found = [lines(text) for text in texts]
        flat = [text[start:end] for text, each in zip(texts, found, strict=True) for start, end in each]
        kinds = [source for source, each in zip(stated, found, strict=True) for _ in each]
        read, effects = self.explained(flat, kinds)
        valued = self.valued(read, kinds) | {"start": self.score.start(read.sources)}
        answers: list[dict[str, Any]] = []
        first = 0
        for text, each in zip(texts, found, strict=True):
            rows = slice(first, first + len(each))
            answers.append(
                self.answer(text, each, {name: column[rows] for name, column in valued.items()}, effects[rows])
            )
            first += len(each)
        return {name: [answer[name] for answer in answers] for name in answers[0]}

    def answer(
        self,
        text: str,
        places: Sequence[tuple[int, int]],
        valued: Mapping[str, np.ndarray],
        effects: Sequence[Sequence[reasons.Effect]],
    ) -> dict[str, Any]:
        """Return the prediction of one text. places: of its lines. valued, effects: of each of them."""
        moved = [
            reasons.Effect(effect.start + start, effect.end + start, effect.value)
            for (start, _), each in zip(places, effects, strict=True)
            for effect in each
        ]
        parts = text_parts.parts(text, moved, np.array([effect.value for effect in moved]))
        positive, valence = float(valued["positive"].mean()), float(valued["valence"].mean())
        return {
            "valence": valence,
            "positive": positive,
            "tone": tone(positive),
            "source": Counter(valued["source"].tolist()).most_common(1)[0][0],
            "parts": parts,
            "words": reasons.strongest(parts),
            "start": float(valued["start"].mean()),
            "lines": [
                {"line": text[start:end], "tone": tone(line["positive"])} | {name: line[name] for name in OF_A_LINE}
                for (start, end), line in zip(places, in_rows(valued), strict=True)
            ],
            "course": [[float(number), value] for number, value in enumerate(valued["valence"].tolist(), 1)],
            "unusual": self.unusual(text),
        }

    def valued(self, read: Read, stated: Sequence[str | None]) -> dict[str, np.ndarray]:
        """Return source, valence, both ends of its interval, and the probability of one above 0, shapes (n,).

        read: with a source each. stated: the sources of the requests.
        """
        values, kinds = self.score.predict(read), sources.names(read.sources)
        ends, positive = np.empty((len(values), 2)), np.empty(len(values))
        for place, (value, kind, source) in enumerate(zip(values.tolist(), kinds, stated, strict=True)):
            residuals = (self.stated if source else self.guessed)[kind]
            ends[place] = value + np.quantile(residuals, LEVELS)
            positive[place] = 1 - np.searchsorted(residuals, -value, side="right") / len(residuals)
        low, high = np.clip(ends, LOWEST, HIGHEST).T
        valence = np.clip(values, LOWEST, HIGHEST)
        return {"source": np.array(kinds, str), "valence": valence, "low": low, "high": high, "positive": positive}

    def read(self, texts: Sequence[str], stated: Sequence[str | None], vectors: np.ndarray | None = None) -> Read:
        """Return what is read of texts, with a guess where no source is stated."""
        return self.guess.completed(reading.read(texts, stated, self.weight_files, vectors))

    def explained(self, texts: Sequence[str], stated: Sequence[str | None]) -> tuple[Read, list[list[reasons.Effect]]]:
        """Return what is read of each text, and what each of its places adds to the score."""
        encoder = minilm.shared(self.weight_files)
        known = reading.valences(self.weight_files["lexicon"])
        flat = np.zeros((self.score.copies, encoder.encoder.shape.width))
        vectors, pieces = encoder.along(texts, self.score.stretch * self.score.weights.get("vectors", flat).T)
        read = self.read(texts, stated, vectors)
        effects = [
            reasons.effects(self.score, text, share, known, piece, encoder.tokens.spans(text, encoder.most))
            for text, share, piece in zip(texts, self.score.shares(read.sources), pieces, strict=True)
        ]
        return read, effects

    def known(self, text: str) -> float:
        """Return the share of the words of a text that were learned from; 1 for a text without words."""
        found = [word.name for word in lexicon.words(text) if word.name[0].isalpha()]
        return sum(name in self.words for name in found) / len(found) if found else 1.0

    def unusual(self, text: str) -> list[str]:
        """Return in words what sets a text apart from every snippet that was learned from."""
        remarks = ["few of its words are known"] if self.known(text) < FEW else []
        remarks += ["a line longer than every snippet known"] if max(map(len, text.splitlines())) > self.longest else []
        return remarks + ([] if any(sign.isalpha() for sign in text) else ["no letters"])


def in_rows(columns: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return a dictionary for each row of some columns."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*(c.tolist() for c in columns.values()), strict=True)]


def lines(text: str) -> list[tuple[int, int]]:
    """Return where the lines of a text are that say something, without the blanks around them."""
    places, start = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            first = start + len(line) - len(line.lstrip())
            places.append((first, first + len(line.strip())))
        start += len(line)
    return places


def tone(positive: float) -> str:
    """Return what is said of a text. positive: how likely its valence is above 0."""
    return "positive" if positive >= SURE else "negative" if positive <= 1 - SURE else "unsure"
