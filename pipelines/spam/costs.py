"""What a wrong decision costs, and the probability from which a message is put aside.

Losing ham is expensive: nobody looks at what is put aside. Nothing in the data measures it; both costs are assumptions.
"""

from __future__ import annotations

import numpy as np

HAM_LOST = 20.0  # in units of one spam message that is shown
SPAM_SHOWN = 1.0
LIMIT = HAM_LOST / (HAM_LOST + SPAM_SHOWN)  # Elkan, "The Foundations of Cost-Sensitive Learning" (2001), equation 2


def decided(probability: np.ndarray) -> np.ndarray:
    """Return whether each message is put aside, shape (n,)."""
    return np.asarray(probability > LIMIT)


def cost(spam: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """Return what each decision costs, shape (n,). spam: 0 or 1. aside: whether the message was put aside."""
    return np.asarray(np.where(aside, HAM_LOST * (spam == 0), SPAM_SHOWN * (spam == 1)))
