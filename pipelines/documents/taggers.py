"""Other ways to tag names, that `compare` measures beside the one that is served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np

from models.tagging.hmm import HMM
from pipelines.documents.entities import SEEN, Read, Tokens, shape


class Hidden:
    """A hidden Markov model. A word that is there once has the symbol of its shape: Bikel et al., "Nymble" (1997)."""

    def fit(self, read: Read, tags: Sequence[Tokens]) -> Hidden:
        """Return it, fitted."""
        counts = Counter(chain.from_iterable(read.sentences))
        names = [*(word for word, count in counts.items() if count >= SEEN), *sorted({shape(word) for word in counts})]
        self.numbers = {name: at for at, name in enumerate(names, 1)}
        self.tags = sorted({tag for one in tags for tag in one})
        hidden = [np.array([self.tags.index(tag) for tag in one]) for one in tags]
        symbols = [self.symbols(one) for one in read.sentences]
        self.model = HMM(len(self.tags), len(names) + 1, smoothing=0.01).fit(symbols, hidden)
        return self

    def symbols(self, words: Tokens) -> np.ndarray:
        """Return the number of each word, or of its shape, or 0."""
        return np.array([self.numbers.get(word, self.numbers.get(shape(word), 0)) for word in words])

    def predict(self, read: Read) -> list[list[str]]:
        """Return the tags of each token."""
        return [[self.tags[at] for at in self.model.predict(self.symbols(one))] for one in read.sentences]
