"""What a policy earns: stated prices, and the value by inverse propensity, for customers got mails at random.

Horvitz and Thompson (1952); with a model of the outcome, Robins, Rotnitzky and Zhao (1994).
"""

from __future__ import annotations

import numpy as np

from data_sets.hillstrom import MAILS, NOBODY, Experiment
from models.uplift.base import Regression
from models.uplift.off_policy import corrected

# Dollars. A visitor spends 7 on average, of which a quarter or so is profit. A mail costs little to send; most of its
# price is what it costs in patience, and in those who unsubscribe. Both are stated, not measured.
VISIT, MAIL = 2.0, 0.10
ACTIONS = (NOBODY, *MAILS)
SHARE = 1 / len(ACTIONS)  # of each arm


def earned(data: Experiment, visit: float = VISIT, mail: float = MAIL) -> np.ndarray:
    """Return what each action earned with each customer by inverse propensity, shape (n, actions).

    The mean of a column is what the action earns with everybody, without bias.
    """
    got = data.arm[:, None] == np.array(ACTIONS)
    return np.asarray(got / SHARE * (visit * data.visit[:, None] - mail * (np.array(ACTIONS) != NOBODY)))


def of(action: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Return the value of each customer under a policy, shape (n,). action: shape (n,). worth: (n, actions)."""
    return np.asarray(worth[np.arange(len(worth)), action])


def at_random(action: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Return the value of each customer when as many get each mail at random, shape (n,)."""
    shares = np.bincount(action, minlength=len(ACTIONS)) / len(action)
    return np.asarray(worth @ shares)


def best(effects: dict[int, np.ndarray], visit: float = VISIT, mail: float = MAIL) -> np.ndarray:
    """Return the action that earns most by the effects of each mail, shape (n,). effects: mail -> shape (n,)."""
    gains = [np.zeros(len(next(iter(effects.values())))), *(visit * effects[name] - mail for name in MAILS)]
    return np.asarray(np.argmax(gains, axis=0))


def doubly_robust(data: Experiment, seed: int, folds: int = 3) -> np.ndarray:
    """Return what each action is worth with each customer, by a model of the visits and what it missed, (n, actions).

    The model of a customer is fitted on the other folds.
    """
    fold = np.random.default_rng(seed).permutation(len(data)) % folds
    mean = np.empty((len(data), len(ACTIONS)))
    for held in range(folds):
        for action in ACTIONS:
            known = (fold != held) & (data.arm == action)
            model = Regression(seed).fit(data.x[known], data.visit[known])
            mean[fold == held, action] = model.mean(data.x[fold == held])
    got = data.arm[:, None] == np.array(ACTIONS)
    visits = corrected(mean, got / SHARE, data.visit[:, None], mean)
    return np.asarray(VISIT * visits - MAIL * (np.array(ACTIONS) != NOBODY))
