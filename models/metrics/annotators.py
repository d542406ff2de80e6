"""How well classes and shares of annotators are met: F1 as a value per row, and who disagrees with the likeliest class.

Source: Peterson et al., "Human Uncertainty Makes Classification More Robust" (2019), for labels that are shares.

Reference: sklearn.metrics.f1_score for the means of F1, 1e-6.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.metrics import paired


def f1(truth: np.ndarray, guess: np.ndarray, number: int) -> np.ndarray:
    """Return F1 of a class as a value per row, whose mean it is, shape (n,)."""
    true, predicted = truth == number, guess == number
    return (
        paired.ratio(2.0 * (true & predicted), true + 1.0 * predicted)
        if (true | predicted).any()
        else np.zeros(len(truth))
    )


def macro_f1(truth: np.ndarray, guess: np.ndarray, classes: int) -> np.ndarray:
    """Return macro F1 as a value per row, whose mean it is, shape (n,). truth, guess: numbers of classes."""
    return np.asarray(np.mean([f1(truth, guess, number) for number in range(classes)], axis=0))


def agreement(shares: np.ndarray, probability: np.ndarray) -> float:
    """Return Pearson r of the share who said another class than the likeliest, and of what was expected.

    shares, probability: of each class, shape (n, classes).
    """
    likely = probability.argmax(axis=1)
    expected, true = 1 - probability.max(axis=1), 1 - shares[np.arange(len(shares)), likely]
    return float(np.corrcoef(expected, true)[0, 1]) if expected.std() and true.std() else 0.0


def disagreement(shares: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Return for tenths of the rows the share expected to disagree with the likeliest class, and who did."""
    likely = probability.argmax(axis=1)
    frame = pd.DataFrame(
        {"expected": 1 - probability.max(axis=1), "did": 1 - shares[np.arange(len(shares)), likely]}
    ).sort_values("expected", ignore_index=True)
    tenth = np.arange(len(frame)) * 10 // len(frame)
    return frame.groupby(tenth).mean().round(3).assign(rows=np.bincount(tenth))
