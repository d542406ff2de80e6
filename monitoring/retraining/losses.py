"""How wrong each answer was, by the task's own measure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from capstan.contract.capstone import Capstone, outcome_of

# What the loss of a row is called where the task states no name.
NAMES = {"binary": "squared error", "regression": "absolute error", "multiclass": "error rate"}


def name_of(task: Capstone) -> str:
    """Return what the loss is called in messages."""
    return "loss" if task.losses else NAMES[outcome_of(task).kind]


def losses(task: Capstone, predictions: Sequence[dict[str, Any]], labels: Sequence[Any]) -> np.ndarray:
    """Return the loss of each answer, shape (n,); lower is better.

    predictions: as the log has them. labels: JSON values. By default the squared error of a probability, the absolute
    error of a number, and whether a class is wrong.
    """
    if task.losses:
        return np.asarray(task.losses(list(predictions), list(labels)), float)
    outcome = outcome_of(task)
    answered = np.array([prediction[outcome.prediction] for prediction in predictions])
    if outcome.kind == "multiclass":
        return np.asarray(answered.astype(str) != np.array(labels).astype(str), float)
    error = np.asarray(answered, float) - np.asarray(labels, float)
    return np.asarray(error**2 if outcome.kind == "binary" else np.abs(error), float)
