"""Taggers of the tokens of sentences: a softmax alone, a hidden Markov model, a conditional random field, a BiLSTM-CRF.

Source: Ratinov and Roth (2009) for what is seen at a token; Bikel et al., "Nymble" (1997) for the hidden Markov model;
Huang, Xu and Yu, "Bidirectional LSTM-CRF Models for Sequence Tagging" (2015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from models.linear.softmax import Block, Softmax
from models.tagging.bilstm_crf import BiLSTMCRF
from models.tagging.crf import CRF
from models.tagging.hmm import HMM
from models.tagging.names import Tokens
from models.tagging.word_features import SEEN, Columns, case, own, seen, shape

RIDGE, STRETCH, STEPS = 0.3, 0.5, 80
HIDDEN, EPOCHS = 100, 8  # of the LSTMs


class Read(NamedTuple):
    """Sentences as tokens, and a vector for each token, (tokens, width), sentence after sentence. None is empty."""

    sentences: Sequence[Tokens]
    vectors: np.ndarray

    @property
    def lengths(self) -> list[int]:
        """Return the tokens of each sentence."""
        return [len(sentence) for sentence in self.sentences]


class Tagger:
    """A conditional random field over all that is seen, and over the vectors.

    ridge, steps: of the field. stretch: of the vectors, whose columns have the variance 1 before; 0 leaves them out.
    """

    def __init__(self, ridge: float = RIDGE, stretch: float = STRETCH, steps: int = STEPS):
        self.ridge, self.stretch, self.steps = ridge, stretch, steps

    def fit(self, read: Read, tags: Sequence[Tokens]) -> Tagger:
        """Return it, fitted."""
        self.tags = sorted({tag for sentence in tags for tag in sentence})
        self.columns = Columns(self.rows(read.sentences))
        if self.stretch:
            self.middle, self.scale = read.vectors.mean(axis=0), np.maximum(read.vectors.std(axis=0), 1e-6)
        numbers = np.array([self.tags.index(tag) for sentence in tags for tag in sentence])
        self.learn(self.blocks(read), read.lengths, numbers)
        return self

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens of sentences. numbers: of their tags."""
        self.crf = CRF(len(self.tags), self.ridge, self.steps).fit(blocks, numbers, lengths)

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return what is seen at each token, sentence after sentence."""
        return [row for sentence in sentences for row in seen(sentence)]

    def blocks(self, read: Read) -> list[Block]:
        """Return the columns of the tokens: what is seen, and the vectors."""
        blocks: list[Block] = [self.columns.matrix(self.rows(read.sentences))]
        if self.stretch:
            blocks.append(self.stretch * (read.vectors - self.middle) / self.scale)
        return blocks

    def predict(self, read: Read) -> list[list[str]]:
        """Return the tags of each token."""
        return [tags for tags, _ in self.sure(read)]

    def sure(self, read: Read) -> list[tuple[list[str], list[float]]]:
        """Return the tags of each token, and how likely each of them is."""
        if not read.sentences:
            return []
        numbers, probabilities = self.best(self.blocks(read), read.lengths)
        each = probabilities[np.arange(len(numbers)), numbers].tolist()
        named = [self.tags[number] for number in numbers]
        ends = np.cumsum([0, *read.lengths]).tolist()
        return [(named[a:b], each[a:b]) for a, b in pairwise(ends)]

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the tag of each token, and how likely each tag is."""
        return self.crf.predict(blocks, lengths), self.crf.marginals(blocks, lengths)


class Recurrent(Tagger):
    """A BiLSTM-CRF over the vectors and the case of each word."""

    def __init__(self, hidden: int = HIDDEN, epochs: int = EPOCHS, seed: int = 0):
        super().__init__(stretch=1)
        self.hidden, self.epochs, self.seed = hidden, epochs, seed

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return nothing: no word has a column of its own."""
        return [[] for sentence in sentences for _ in sentence]

    def blocks(self, read: Read) -> list[Block]:
        """Return the vectors and the case of each word."""
        return [*super().blocks(read)[1:], np.concatenate([case(sentence) for sentence in read.sentences])]

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens of sentences."""
        network = BiLSTMCRF(len(self.tags), self.hidden, epochs=self.epochs, seed=self.seed)
        self.network = network.fit(np.hstack(blocks), numbers, lengths)

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the tag of each token, and how likely each tag is."""
        return self.network.read(np.hstack(blocks), lengths)


class Alone(Tagger):
    """Softmax regression of each token by itself, on what is seen of its own word."""

    def __init__(self) -> None:
        super().__init__(stretch=0)

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return what is seen of each word."""
        return [own(word) for sentence in sentences for word in sentence]

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens, with the strength of scikit-learn."""
        self.softmax = Softmax(tolerance=1e-4).fit(blocks, np.eye(len(self.tags))[numbers])

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the likeliest tag of each token, and how likely each tag is."""
        from scipy.special import softmax

        probabilities = np.asarray(softmax(self.softmax.scores(blocks), axis=1))
        return probabilities.argmax(axis=1), probabilities


class Hidden:
    """A hidden Markov model. A word that is there once has the symbol of its shape."""

    def fit(self, read: Read, tags: Sequence[Tokens]) -> Hidden:
        """Return it, fitted."""
        counts = Counter(chain.from_iterable(read.sentences))
        names = [*(word for word, count in counts.items() if count >= SEEN), *sorted({shape(word) for word in counts})]
        self.numbers = {name: place for place, name in enumerate(names, 1)}
        self.tags = sorted({tag for sentence in tags for tag in sentence})
        hidden = [np.array([self.tags.index(tag) for tag in sentence]) for sentence in tags]
        symbols = [self.symbols(sentence) for sentence in read.sentences]
        self.model = HMM(len(self.tags), len(names) + 1, smoothing=0.01).fit(symbols, hidden)
        return self

    def symbols(self, words: Tokens) -> np.ndarray:
        """Return the number of each word, or of its shape, or 0."""
        return np.array([self.numbers.get(word, self.numbers.get(shape(word), 0)) for word in words])

    def predict(self, read: Read) -> list[list[str]]:
        """Return the tags of each token."""
        return [
            [self.tags[place] for place in self.model.predict(self.symbols(sentence))] for sentence in read.sentences
        ]
