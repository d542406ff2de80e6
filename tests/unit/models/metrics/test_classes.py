"""Metrics of several classes against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, recall_score

from models.metrics import classes


@pytest.fixture(scope="module")
def answered() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([0.5, 1.0, 2.0], 500)
    return np.array([rng.choice(3, p=row) for row in probabilities]), probabilities


def test_accuracy_and_log_loss_are_those_of_scikit_learn(answered):
    target, probabilities = answered
    scores = classes.score(target, probabilities)
    assert scores["accuracy"] == accuracy_score(target, probabilities.argmax(axis=1))
    assert scores["log_loss"] == pytest.approx(log_loss(target, probabilities))


def test_calibration_is_the_distance_between_confidence_and_accuracy(answered):
    assert classes.calibration_error(np.array([True, False, True, True]), np.array([0.95, 0.95, 0.65, 0.65])) == (
        pytest.approx((0.9 + 0.7) / 4)
    )
    target, probabilities = answered  # drawn from its own probabilities
    sharpened = probabilities**4 / (probabilities**4).sum(axis=1, keepdims=True)
    errors = [classes.score(target, chances)["calibration_error"] for chances in (probabilities, sharpened)]
    assert errors[0] < 0.06 < 0.15 < errors[1]


def test_table_by_class_has_the_recall_and_the_most_common_error(answered):
    target, probabilities = answered
    answers = probabilities.argmax(axis=1)
    table = classes.by_class(target, answers, ["a", "b", "c"], "letter")
    assert table["recall"].tolist() == pytest.approx(recall_score(target, answers, average=None).tolist())
    assert table.columns[0] == "letter" and table["rows"].sum() == 500
    only = classes.by_class(np.array([0, 0, 2]), np.array([0, 1, 2]), ["a", "b", "c"], "letter")
    assert only["taken most for (times)"].tolist() == ["b (1)", "-", "-"] and np.isnan(only["recall"][1])
