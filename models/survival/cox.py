"""Cox's proportional hazards: how much faster customers with some features leave, whatever the time is.

Cox, "Regression models and life-tables" (1972); ties as Efron, "The efficiency of Cox's likelihood function for
censored data" (1977); the baseline as Breslow, discussion of Cox (1972).

Reference: statsmodels.duration.hazard_regression.PHReg, weights and errors within 1e-6.
"""

from __future__ import annotations

import numpy as np

STEPS, TOLERANCE = 50, 1e-9


class Cox:
    """Weights of features, fitted by Newton's method on the partial likelihood, and the cumulative baseline hazard."""

    def __init__(self, ridge: float = 0.0):
        """ridge: half of it times the squared weights is taken off the log-likelihood."""
        self.ridge = ridge

    def fit(self, features: np.ndarray, time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None) -> Cox:
        """Return the model. features: shape (n, k), scaled alike. The others, shape (n,), are those of `kaplan_meier`.

        Raises ValueError where Newton's method does not end, as with features that depend on each other.
        """
        self.means = features.mean(axis=0)
        centred = features - self.means
        entry = np.full(len(time), -np.inf) if entry is None else entry
        groups = [((entry < t) & (time >= t), (time == t) & (event == 1)) for t in np.unique(time[event == 1])]
        self.times, self.weights = np.unique(time[event == 1]), np.zeros(features.shape[1])
        before = -np.inf
        for _ in range(STEPS):
            value, slope, curvature = self._derivatives(centred, groups)
            step = np.linalg.solve(curvature, slope)
            self.weights = self.weights + step
            if abs(value - before) < TOLERANCE * (1 + abs(value)):
                break
            before = value
        else:
            raise ValueError("Newton's method did not end: the features may depend on each other.")
        self.covariance = np.linalg.inv(curvature)
        risk = np.exp(centred @ self.weights)
        self.baseline = np.cumsum([left.sum() / risk[at_risk].sum() for at_risk, left in groups])
        return self

    def _derivatives(
        self, x: np.ndarray, groups: list[tuple[np.ndarray, np.ndarray]]
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the log-likelihood, its gradient, shape (k,), and minus its second derivative, (k, k).

        Of d who leave at one time, each but the first is compared with fewer of the d: Efron's average.
        """
        score = x @ self.weights
        risk = np.exp(score)
        weighted = x * risk[:, None]
        value = -self.ridge / 2 * float(self.weights @ self.weights)
        slope, curvature = -self.ridge * self.weights, self.ridge * np.eye(len(self.weights))
        for at_risk, left in groups:
            sums = [(risk[who].sum(), weighted[who].sum(axis=0), x[who].T @ weighted[who]) for who in (at_risk, left)]
            count = int(left.sum())
            value += score[left].sum()
            slope = slope + x[left].sum(axis=0)
            for share in np.arange(count) / count:
                total, first, second = (whole - share * tied for whole, tied in zip(*sums, strict=True))
                value -= np.log(total)
                slope = slope - first / total
                curvature = curvature + second / total - np.outer(first, first) / total**2
        return value, slope, curvature

    def log_risk(self, features: np.ndarray) -> np.ndarray:
        """Return the log of how many times faster than the mean each leaves, shape (n,)."""
        return np.asarray((features - self.means) @ self.weights)

    def hazard(self, since: np.ndarray, until: np.ndarray) -> np.ndarray:
        """Return the baseline's cumulative hazard between two times, shape of both."""
        steps = np.concatenate([[0.0], self.baseline])
        ends = [steps[np.searchsorted(self.times, moment, side="right")] for moment in (since, until)]
        return np.asarray(ends[1] - ends[0])

    def ahead(self, now: np.ndarray, months: np.ndarray) -> np.ndarray:
        """Return the baseline's cumulative hazard of so many months from now, shape (n, len(months)).

        now: how long each has been there, shape (n,). Beyond the last time of an event the hazard is that of the last
        year on average.
        """
        ends = now[:, None] + months[None, :]
        last = float(self.times[-1])
        rate = self.hazard(np.array(last - 12), np.array(last)) / 12
        beyond = np.maximum(ends - last, 0) - np.maximum(now[:, None] - last, 0)
        return np.asarray(self.hazard(np.minimum(now, last)[:, None], np.minimum(ends, last)) + rate * beyond)


def concordance(time: np.ndarray, event: np.ndarray, log_risk: np.ndarray, entry: np.ndarray | None = None) -> float:
    """Return the share of pairs with a known first to leave in which that one has the higher risk.

    Harrell et al., "Evaluating the yield of medical tests" (1982). A tie of risks counts as a half. entry: who had not
    entered when the other one left makes no pair with that one.
    """
    entry = np.full(len(time), -np.inf) if entry is None else entry
    right = pairs = 0.0
    for leaver in np.flatnonzero(event == 1):
        later = ((time > time[leaver]) | ((time == time[leaver]) & (event == 0))) & (entry < time[leaver])
        right += (log_risk[leaver] > log_risk[later]).sum() + 0.5 * (log_risk[leaver] == log_risk[later]).sum()
        pairs += later.sum()
    return right / pairs
