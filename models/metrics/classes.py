"""Several classes: metrics and a table by class.

Reference: sklearn.metrics.accuracy_score, exactly; log_loss and recall_score, 1e-6.
"""

import numpy as np
import pandas as pd


def score(target: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return accuracy, log loss, and the calibration error of the answer that is given.

    target: the number of the true class, shape (n,). probabilities: shape (n, classes).
    """
    answers, right = probabilities.argmax(axis=1), probabilities[np.arange(len(target)), target]
    return {
        "accuracy": float((answers == target).mean()),
        "log_loss": float(-np.log(np.clip(right, np.finfo(float).eps, 1)).mean()),
        "calibration_error": calibration_error(answers == target, probabilities.max(axis=1)),
    }


def calibration_error(correct: np.ndarray, confidence: np.ndarray, bins: int = 10) -> float:
    """Return the mean distance between confidence and accuracy over bins of equal width. Both: shape (n,).

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    sums = np.bincount(places, confidence - correct, minlength=bins)
    return float(np.abs(sums).sum() / len(correct))


def by_class(target: np.ndarray, answers: np.ndarray, names: list[str], what: str) -> pd.DataFrame:
    """Return, for each class, its rows, the share that is recognized, and the class it is most often taken for.

    target, answers: numbers of classes, shape (n,). what: the name of the first column.
    """
    lines = []
    for number, name in enumerate(names):
        predicted = answers[target == number]
        wrong = np.bincount(predicted[predicted != number], minlength=len(names))
        taken = f"{names[wrong.argmax()]} ({wrong.max()})" if wrong.any() else "-"
        lines.append([name, len(predicted), float((predicted == number).mean()) if len(predicted) else np.nan, taken])
    return pd.DataFrame(lines, columns=[what, "rows", "recall", "taken most for (times)"])
