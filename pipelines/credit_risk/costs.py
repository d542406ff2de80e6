"""What a decision costs, and the threshold that follows."""

import numpy as np

# A loan that is granted and not repaid costs five times what is lost by turning down one that would have been.
COST_BAD_GRANTED, COST_GOOD_DECLINED = 5.0, 1.0
# Decline when the expected cost of granting, 5 p, is above that of declining, 1 - p.
# Elkan, "The foundations of cost-sensitive learning" (2001).
THRESHOLD = COST_GOOD_DECLINED / (COST_GOOD_DECLINED + COST_BAD_GRANTED)
THRESHOLD_LOG_ODDS = float(np.log(THRESHOLD / (1 - THRESHOLD)))


def cost(bad: np.ndarray, declined: np.ndarray) -> float:
    """Return the mean cost per loan of decisions, shape (n,): 1 for declined, or the probability of it."""
    return float(by_loan(bad, declined).mean())


def by_loan(bad: np.ndarray, declined: np.ndarray) -> np.ndarray:
    """Return the cost of each decision, shape (n,)."""
    return np.asarray(COST_BAD_GRANTED * bad * (1 - declined) + COST_GOOD_DECLINED * (1 - bad) * declined)
