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
MONTHS, MARGIN = 12, 0.25  # a customer who is kept is worth so many bills, of which a quarter is profit: 194 on average


def value(monthly: np.ndarray) -> np.ndarray:
    """Return what it is worth to keep a customer, shape (n,). monthly: the bill of a month."""
    return np.asarray(MONTHS * MARGIN * np.asarray(monthly, dtype=float))


def profit(chance: np.ndarray, monthly: np.ndarray, accept: float = ACCEPT) -> np.ndarray:
    """Return the expected profit of a call, shape (n,).

    probability: of leaving; 0 or 1 where it is known. accept: the share of those who wanted to leave and take the
    offer.
    """
    p = np.asarray(chance, dtype=float)
    return np.asarray(p * accept * (value(monthly) - OFFER) - (1 - p) * OFFER - CALL)


def limit(monthly: np.ndarray, accept: float = ACCEPT) -> np.ndarray:
    """Return the probability of leaving from which a call pays, shape (n,); above 1 where none does."""
    return np.asarray((CALL + OFFER) / (accept * (value(monthly) - OFFER) + OFFER))
