"""How wrong each answer was, by the task's own measure."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

# What the loss of a row is called where the task states none of its own.
NAMES = {"binary": "squared error", "regression": "absolute error", "multiclass": "error rate"}


def name_of(task: ModuleType) -> str:
    """Return what the loss is called in messages."""
    return "loss" if own(task) else NAMES[task.OUTCOME.kind]


def own(task: ModuleType) -> bool:
    """Return whether the task states its own loss."""
    return getattr(task, "losses", None) is not None


def losses(task: ModuleType, predictions: Sequence[dict[str, Any]], labels: Sequence[Any]) -> np.ndarray:
    """Return the loss of each answer, shape (n,); lower is better.

    predictions: as the log has them. labels: JSON values. By default the squared error of a probability, the absolute
    error of a number, and whether a class is wrong.
    """
    if own(task):
        return np.asarray(task.losses(list(predictions), list(labels)), float)
    answered = np.array([prediction[task.OUTCOME.prediction] for prediction in predictions])
    if task.OUTCOME.kind == "multiclass":
        return np.asarray(answered.astype(str) != np.array(labels).astype(str), float)
    error = np.asarray(answered, float) - np.asarray(labels, float)
    return np.asarray(error**2 if task.OUTCOME.kind == "binary" else np.abs(error), float)
