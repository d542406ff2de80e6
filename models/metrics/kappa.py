"""Do customers stay in their part from one quarter to the next? Cohen's kappa: agreement beyond what is by chance.

Agreement by chance is frequent where one part is large: people "stay" in it. Kappa is 0 by chance, 1 if all agree.
Source: Cohen, "A coefficient of agreement for nominal scales" (1960).

Reference: sklearn.metrics.cohen_kappa_score, 1e-12.
"""

import numpy as np

from models.metrics import paired


def kappa(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the value of each customer, shape (n,); their mean is kappa. before, after: parts from 0, shape (n,).

    It is a ratio: 1 - (share that moved) / (share that would have moved by chance). The latter is a product of shares,
    and the influence of a customer on it is the sum of those on both.
    """
    parts = int(max(before.max(), after.max())) + 1
    first, second = (np.bincount(labels, minlength=parts) / len(labels) for labels in (before, after))
    together = float(first @ second)
    by_chance = 1 + together - second[before] - first[after]
    return np.asarray(1 - paired.ratio((before != after).astype(float), by_chance))
