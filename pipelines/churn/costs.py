"""What a call costs and keeps, and which customers to call.

A call costs something. A customer who stays anyway takes the offer that is made in it. One who wanted to leave takes
it, and stays, in a share of the cases; only then the value is kept.
Neslin et al., "Defection detection" (2006); numbers by Verbraken, Verbeke and Baesens, "A novel profit
maximizing metric for measuring classification performance of customer churn prediction models" (2013): a
value of 200, an offer of 10, a call of 1, and a share of 0.3.
"""

import numpy as np

CALL, OFFER = 1.0, 10.0
ACCEPT = 0.3  # of those who wanted to leave. Nothing here measures it: it is an assumption
MARGIN = 0.25  # of a bill


def value(monthly: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """Return what it is worth to keep a customer this month, shape (n,): the bills of a year that are paid then.

    monthly: the bill of a month. stays: the probability of being still there after 0, 1, ... 12 months, shape (n, 13).
    A customer who is kept goes on from the first month as others like that do: nobody is kept for good.
    """
    bills = stays[:, 1:].sum(axis=1) / stays[:, 1]
    return np.asarray(MARGIN * np.asarray(monthly, dtype=float) * bills)


def profit(probability: np.ndarray, value: np.ndarray, accept: float = ACCEPT) -> np.ndarray:
    """Return the expected profit of a call, shape (n,).

    probability: of leaving; 0 or 1 where it is known. value: of a customer who is kept. accept: the share of those who
    wanted to leave and take the offer.
    """
    p = np.asarray(probability, dtype=float)
    return np.asarray(p * accept * (value - OFFER) - (1 - p) * OFFER - CALL)


def limit(value: np.ndarray, accept: float = ACCEPT) -> np.ndarray:
    """Return the probability of leaving from which a call pays, shape (n,); 1 where none does."""
    needed = accept * (value - OFFER) + OFFER
    return np.minimum((CALL + OFFER) / np.maximum(needed, CALL + OFFER), 1)
