"""What would another policy have got? Estimates from the log of one that chose by known probabilities.

w is the logged choice's probability under the policy in question, by its logged one; q is a model of rewards.
Sources: Horvitz and Thompson (1952); Swaminathan and Joachims, "The self-normalized estimator" (2015); Dudik,
Langford and Li, "Doubly robust policy evaluation" (2011); Wang, Agarwal and Dudik, "Optimal and adaptive off-policy
evaluation" (2017). Each function returns a value per round, whose mean is the estimate, shape (n,).

Reference: obp.ope, estimates within 1e-9.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SWITCH = 10.0  # a weight above it leaves the round to the model


class Rounds(NamedTuple):
    """Rounds of a log, and what a policy and a model of rewards say of them."""

    reward: np.ndarray  # (n,)
    action: np.ndarray  # (n,), from 0 on
    chance: np.ndarray  # of that action in the log, (n,)
    policy: np.ndarray  # probabilities of all actions under the policy in question, (n, actions)
    model: np.ndarray  # rewards of all actions, as modelled, (n, actions)

    def weight(self) -> np.ndarray:
        """Return w, shape (n,)."""
        return np.asarray(self.policy[np.arange(len(self.action)), self.action] / self.chance)


def corrected(model: np.ndarray, weight: np.ndarray, reward: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return what a model expects, corrected by what the log says of its errors: right where either is.

    weight: w. own: what the model expects of the logged choice.
    """
    return np.asarray(model + weight * (reward - own))


def normalized(weight: np.ndarray) -> np.ndarray:
    """Return weights with the mean 1, which makes inverse propensity scores self-normalized."""
    return np.asarray(weight / max(weight.mean(), 1e-12))


def effective(weight: np.ndarray) -> float:
    """Return how many rounds the weights are worth. Source: Kong, "A note on importance sampling" (1992)."""
    return float(weight.sum() ** 2 / max((weight**2).sum(), 1e-12))


def direct(rounds: Rounds) -> np.ndarray:
    """Return what the model alone says."""
    return np.asarray((rounds.policy * rounds.model).sum(axis=1))


def ips(rounds: Rounds) -> np.ndarray:
    """Return inverse propensity scores: right on average, and wide where weights are large."""
    return np.asarray(rounds.weight() * rounds.reward)


def snips(rounds: Rounds) -> np.ndarray:
    """Return the same, divided by the mean weight."""
    return np.asarray(normalized(rounds.weight()) * rounds.reward)


def doubly_robust(rounds: Rounds) -> np.ndarray:
    """Return the model, corrected by what the log says of its errors: right where either is."""
    own = rounds.model[np.arange(len(rounds.action)), rounds.action]
    return corrected(direct(rounds), rounds.weight(), rounds.reward, own)


def switch(rounds: Rounds, above: float = SWITCH) -> np.ndarray:
    """Return the same, without the correction where the weight is above a limit."""
    kept = rounds.weight() <= above
    return np.asarray(np.where(kept, doubly_robust(rounds), direct(rounds)))


ESTIMATORS = {"direct": direct, "IPS": ips, "SNIPS": snips, "doubly robust": doubly_robust, "switch": switch}
