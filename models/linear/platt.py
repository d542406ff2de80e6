"""From a score to a probability.

Source: Platt, "Probabilistic outputs for support vector machines" (1999).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def line(margin: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the log-odds of class 1 on a margin, by maximum likelihood.

    margin: of rows that the score was not fitted on, shape (n,). target: 0 or 1, shape (n,).
    """
    from sklearn.linear_model import LogisticRegression

    fitted: Any = LogisticRegression(C=np.inf).fit(margin.reshape(-1, 1), target)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
