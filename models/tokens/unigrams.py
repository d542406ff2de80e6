"""Unigram tokens: a word becomes the pieces whose probabilities have the highest product.

Source: Kudo, "Subword Regularization: Improving Neural Network Translation Models with Multiple Subword Candidates"
(2018). A word is what GPT-2 splits. A sign that no piece has becomes its bytes, as in SentencePiece.

Reference: tokenizers.models.Unigram with the same scores, exactly; all ways to make three words, for the likeliest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import regex

from models.tokens.byte_pairs import WORDS

BYTES = 256
SPLITTER = regex.compile(WORDS)
UNKNOWN = 10.0  # nats by which a sign that no piece has is less likely than any piece, as in SentencePiece


class Unigrams:
    """Tokens 0 to 255 are bytes; the pieces follow. scores: the log probability of each piece, in their order."""

    def __init__(self, scores: Mapping[str, float]):
        self.scores = dict(scores)
        self.numbers = {piece: BYTES + place for place, piece in enumerate(scores)}
        self.bytes = {byte: bytes([byte]) for byte in range(BYTES)}
        self.bytes |= {number: piece.encode() for piece, number in self.numbers.items()}
        self.longest = max(map(len, scores), default=0)
        self.unknown = min(scores.values(), default=0.0) - UNKNOWN
        self._of_word = lru_cache(2**16)(self._numbers)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text, by the likeliest pieces of each word."""
        return [number for word in SPLITTER.findall(text) for number in self._of_word(word)]

    def decode(self, numbers: Iterable[int]) -> bytes:
        """Return the bytes of numbers."""
        return b"".join(self.bytes[number] for number in numbers)

    def sample(self, text: str, random: np.random.Generator, sharpness: float = 1.0) -> list[int]:
        """Return numbers of a text by pieces that are drawn: each way as often as its probability ** sharpness says."""
        numbers: list[int] = []
        for word in SPLITTER.findall(text):
            before, end, drawn = self.forward(word, sharpness), len(word), []
            while end:
                ways = [(start, score) for start, stop, score in self.edges(word) if stop == end]
                chances = np.exp([before[start] + sharpness * score - before[end] for start, score in ways])
                start = ways[random.choice(len(ways), p=chances / chances.sum())][0]
                drawn.append(word[start:end])
                end = start
            numbers += [number for piece in reversed(drawn) for number in self._piece(piece)]
        return numbers

    def best(self, word: str, without: str = "") -> tuple[float, list[str]]:
        """Return the log probability of the likeliest pieces of a word, and these. without: a piece not to be used."""
        scores, starts = [0.0] + [-math.inf] * len(word), [0] * (len(word) + 1)
        for start, end, score in self.edges(word):
            if scores[start] + score > scores[end] and word[start:end] != without:
                scores[end], starts[end] = scores[start] + score, start
        pieces, end = [], len(word)
        while end:
            pieces.append(word[starts[end] : end])
            end = starts[end]
        return scores[-1], pieces[::-1]

    def edges(self, word: str) -> Iterator[tuple[int, int, float]]:
        """Yield where each piece in a word begins and ends, and its score, from the left. Each sign is one."""
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + self.longest or 1) + 1):
                score = self.scores.get(word[start:end])
                if score is not None:
                    yield start, end, score
                elif end == start + 1:
                    yield start, end, self.unknown

    def forward(self, word: str, sharpness: float = 1.0) -> list[float]:
        """Return the log of the sum of the probabilities of all ways to each place in a word."""
        sums = [0.0] + [-math.inf] * len(word)
        for start, end, score in self.edges(word):
            sums[end] = add(sums[end], sums[start] + sharpness * score)
        return sums

    def expected(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield each piece in a word and how often it is expected there, over all ways to make the word."""
        edges, before = list(self.edges(word)), self.forward(word)
        after = [-math.inf] * len(word) + [0.0]
        for start, end, score in reversed(edges):
            after[start] = add(after[start], score + after[end])
        for start, end, score in edges:
            yield word[start:end], math.exp(before[start] + score + after[end] - after[0])

    def _numbers(self, word: str) -> list[int]:
        return [number for piece in self.best(word)[1] for number in self._piece(piece)]

    def _piece(self, piece: str) -> list[int]:
        return [self.numbers[piece]] if piece in self.numbers else list(piece.encode())


def add(one: float, two: float) -> float:
    """Return the log of a sum of exponentials."""
    low, high = sorted((one, two))
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
