"""From the shares of the classes to a class that is named, and to what is done with a text.

Nothing in the data measures what a decision costs: the costs are assumptions, and stand here alone.
Source of the decision: Elkan, "The Foundations of Cost-Sensitive Learning" (2001).
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

DECISIONS = ("show", "warn", "ask", "remove")
# In units of one reading by a moderator, which "ask" costs. Rows: hate, offensive, neither. "warn" puts a notice first.
COSTS = np.array([[15.0, 7.0, 1.0, 0.0], [3.0, 0.0, 1.0, 3.0], [0.0, 2.0, 1.0, 10.0]])
LEVELS = np.linspace(0.0, 2.4, 13), np.linspace(-0.6, 1.0, 9)  # of hate and of neither that are tried


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the share of annotators expected to say each class, shape (n, 3)."""
    return np.asarray(np.exp(log_softmax(scores, axis=1)))


def named(scores: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the number of the class that is named, shape (n,). levels: what is added to the logarithms, shape (3,)."""
    return np.asarray((scores + levels).argmax(axis=1))


def best_levels(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the levels with the highest macro F1, shape (3,): classes that are rare weigh as much as frequent ones.

    scores: of texts that the score has not seen, shape (n, 3). truth: what most annotators said, shape (n,).
    """
    tried = [np.array([hate, 0.0, neither]) for hate in LEVELS[0] for neither in LEVELS[1]]
    return max(tried, key=lambda levels: macro_f1(truth, named(scores, levels)))


def macro_f1(truth: np.ndarray, guess: np.ndarray, classes: int = 3) -> float:
    """Return the mean of the F1 of each class. truth, guess: numbers of classes, shape (n,)."""
    table = np.bincount(truth * classes + guess, minlength=classes**2).reshape(classes, classes)
    sums = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * table.diagonal() / np.maximum(sums, 1)))


def expected(probability: np.ndarray) -> np.ndarray:
    """Return what each decision is expected to cost, shape (n, 4)."""
    return np.asarray(probability @ COSTS)


def cost(shares: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return what each decision cost by what the annotators said, shape (n,). chosen: numbers of decisions."""
    return np.asarray(expected(shares)[np.arange(len(chosen)), chosen])
