"""The loss of a row, by the kind of the outcome or by the task."""

from types import SimpleNamespace

import numpy as np
import pytest

from capstan import catalogue
from capstan.contract.capstone import Outcome
from monitoring.retraining.losses import losses, name_of


@pytest.mark.parametrize(
    ("kind", "answered", "labels", "expected", "name"),
    [
        ("binary", [0.9, 0.2], [True, False], [0.01, 0.04], "squared error"),
        ("regression", [3.0, 5.5], [4, 5], [1.0, 0.5], "absolute error"),
        ("multiclass", ["7", "1"], ["7", "2"], [0.0, 1.0], "error rate"),
        ("multiclass", [7, 1], [7, 2], [0.0, 1.0], "error rate"),
    ],
)
def test_loss_of_an_outcome(kind, answered, labels, expected, name):
    task = SimpleNamespace(OUTCOME=Outcome(kind, target="truth", prediction="said"), losses=None)
    assert losses(task, [{"said": value} for value in answered], labels) == pytest.approx(expected)
    assert name_of(task) == name


def test_loss_of_the_task_comes_first():
    task = catalogue.load("demand_forecast")
    day = [4.0] * 48
    sure, unsure = ([[4.0 + shift for shift in shifts]] * 48 for shifts in ([0] * 5, [-1, -0.5, 0, 0.5, 1]))
    values = losses(task, [{"quantiles": sure}, {"quantiles": unsure}], [day, day])
    assert values[0] == 0 and values[1] == pytest.approx(np.mean([0.1, 0.15, 0, 0.15, 0.1]))
    assert name_of(task) == "loss"
