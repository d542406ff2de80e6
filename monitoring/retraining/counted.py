"""Which predictions of a trial count, so that clients who can ask for predictions cannot decide it.

In a canary, those whose variant was drawn: see `serving.model.routing`. In the shadow, those that both variants
predicted. Of one client, no more of a day than its share of the requests before the
trial and `Circle.client_share` on top: it could flood the trial with rows that one of the variants is good at.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ROUNDS = 1000


def drawn(log: "pd.DataFrame") -> np.ndarray:
    """Return of each row whether its variant was drawn, shape (n,)."""
    return np.asarray(log["routed_by"] == "draw", bool)


def paired(log: "pd.DataFrame") -> np.ndarray:
    """Return of each row whether another variant has predicted the same, shape (n,)."""
    return np.asarray(log["prediction_id"].duplicated(keep=False), bool)


def shares(log: "pd.DataFrame") -> dict[str, float]:
    """Return the share of each client in the predictions."""
    return {str(client): float(share) for client, share in _clients(log).value_counts(normalize=True).items()}


def within_shares(log: "pd.DataFrame", days: np.ndarray, before: dict[str, float], extra: float) -> np.ndarray:
    """Return of each row whether it is among those of its client that count, the first of each day, shape (n,).

    days: of the rows, (n,). before: the share of each client before the trial. extra: of a day, for each client.
    """
    counts = np.zeros(len(log), bool)
    clients = _clients(log).to_numpy()
    for day in np.unique(days):
        at_day = np.flatnonzero(days == day)
        at_day = at_day[np.argsort(log["time"].to_numpy()[at_day], kind="stable")]
        names, of_name, sizes = np.unique(clients[at_day], return_inverse=True, return_counts=True)
        most = np.array([min(1.0, before.get(str(name), 0.0) + extra) for name in names])
        for number, allowed in enumerate(_allowed(sizes.astype(float), most)):
            counts[at_day[of_name == number][:allowed]] = True
    return counts


def _allowed(sizes: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return how many rows of each client count: the most for which none has more than its share of their sum."""
    allowed = sizes
    for _ in range(ROUNDS):  # the sum falls to the largest one that holds
        fewer = np.minimum(sizes, most * allowed.sum())
        if np.allclose(fewer, allowed, atol=0.01, rtol=0):
            break
        allowed = fewer
    return np.floor(allowed + 0.01).astype(int)


def _clients(log: "pd.DataFrame") -> "pd.Series[str]":
    return log["client"].fillna("")
