"""Two language models, one of ham and one of spam: which of them would rather have written the message?

Peng and Schuurmans, "Combining Naive Bayes and n-Gram Language Models for Text Classification" (2003). The models are
byte n-grams with Kneser-Ney smoothing, as those that `language_model` has to beat.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.tokens.kneser_ney import KneserNey

ORDER = 6  # bytes


class Generative:
    """The log-odds of spam are those of the share of spam, and of all bytes of the message and its end."""

    def __init__(self, seed: int = 0, order: int = ORDER):
        """seed: of no effect, as nothing is drawn at random."""
        self.order = order

    @staticmethod
    def counts(texts: Sequence[str]) -> tuple[np.ndarray]:
        """Return the texts themselves, shape (n,)."""
        return (np.array(texts, dtype=object),)

    def fit(self, texts: tuple[np.ndarray], spam: np.ndarray) -> Generative:
        """Return it, fitted. spam: 0 or 1, shape (n,)."""
        self.models = [
            KneserNey(self.bytes_of(texts[0][spam == kind])[0], self.order, modified=False) for kind in (0, 1)
        ]
        self.prior = float(np.log(spam.sum() / (1 - spam).sum()))
        return self

    def margin(self, texts: tuple[np.ndarray]) -> np.ndarray:
        """Return the log-odds of spam, shape (n,)."""
        signs, owner = self.bytes_of(texts[0])
        ham, spam = (np.log(model.chances(signs)) for model in self.models)
        counted = owner >= 0
        return np.asarray(self.prior + np.bincount(owner[counted], (spam - ham)[counted], minlength=len(texts[0])))

    def bytes_of(self, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return all bytes, and the place of the text of each; -1 for the zeros that part two texts.

        As many zeros as a context has stand before each text. The first one after it is its end, and counts.
        """
        pieces, owners = [bytes(self.order - 1)], [np.full(self.order - 1, -1)]
        for place, text in enumerate(texts):
            body = text.encode("utf-8", "replace") + b"\0"
            pieces += [body, bytes(self.order - 2)]
            owners += [np.full(len(body), place), np.full(self.order - 2, -1)]
        return np.frombuffer(b"".join(pieces), np.uint8), np.concatenate(owners)
