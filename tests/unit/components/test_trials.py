"""Random answers and twins, and the slack that is right for the twins."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from capstan.contract.bounds import at_least, at_most, of_test, on_few
from capstan.contract.evaluation import Evaluation
from components.gate import trials
from components.gate.answers import ToOthers, with_part

BOUNDS = {"accuracy": at_least(0.5, slack=0.1), "loss": at_most(1.0, slack=0.1)}


class Pair(NamedTuple):
    """Two answers."""

    low: np.ndarray
    names: list[str]


class Model:
    """Answers with the row, in some forms."""

    def __init__(self):
        self.scale = 2

    def forms(self, count):
        rows = np.arange(count)
        return Pair(rows, [f"row {row}" for row in rows]), {"table": pd.DataFrame({"row": rows})}


def test_answers_go_to_other_rows_and_stay_together():
    pair, named = ToOthers(Model(), 1, "forms").forms(50)
    assert sorted(pair.low) == list(range(50)) and (pair.low != np.arange(50)).sum() > 40
    assert isinstance(pair, Pair) and pair.names == [f"row {row}" for row in pair.low]
    assert named["table"]["row"].tolist() == pair.low.tolist()
    assert ToOthers(Model(), 2, "forms").forms(50)[0].names != pair.names


def test_other_methods_and_parts_stay():
    model = Model()
    assert ToOthers(model, 0, "forms").scale == 2
    assert with_part(model, "scale", 3).scale == 3 and model.scale == 2


def evaluation(loss: np.ndarray, accuracy: np.ndarray) -> Evaluation:
    units = pd.DataFrame({"loss": loss, "accuracy": accuracy})
    return Evaluation(units.mean().to_dict(), units=units)


def test_worse_is_worse_whatever_the_direction_is():
    champion = evaluation(np.array([0.2, 0.4, 0.6]), np.array([1.0, 0.5, 0.9]))
    twin = evaluation(np.array([0.3, 0.5, 0.7]), np.array([0.9, 0.4, 0.8]))
    lines = {line["metric"]: line for line in trials.worse(BOUNDS, twin, champion)}
    assert {name: pytest.approx(line["worse"]) for name, line in lines.items()} == {"accuracy": 0.1, "loss": 0.1}
    assert trials.against_champion(BOUNDS, [{"metric": "loss", "worse": 0.05, "width": 0.06}]) != []
    few = of_test(on_few(BOUNDS, units=10, times=2), 9)
    assert trials.against_champion(few, [{"metric": "loss", "worse": 0.05, "width": 0.06}]) == []


def test_the_slack_that_is_needed_refuses_one_twin_in_a_hundred():
    """Twins are drawn whose difference is random alone: 1 % of them are beyond the slack that 20 of them give."""
    random, rows = np.random.default_rng(0), 400

    def drawn() -> dict[str, float]:
        differences = random.normal(0, 1, rows)
        return {"worse": differences.mean(), "width": 1.96 * differences.std() / np.sqrt(rows)}

    slack = trials.slack_needed(pd.DataFrame(drawn() for _ in range(200)), 0.01)
    beyond = [twin["worse"] + twin["width"] > slack for twin in (drawn() for _ in range(4_000))]
    assert np.mean(beyond) < 0.01


def test_a_twin_is_judged_by_the_slack_of_today():
    lines = pd.DataFrame([
        {"part": "random_answers", "answers": "random", "seed": 0, "reasons": ["loss against threshold"]},
        {"part": "twins", "answers": "honest twins", "seed": 0, "reasons": []},
        {"part": "metrics", "metric": "loss", "seed": 0, "worse": 0.05, "width": 0.06},
    ])  # fmt: skip
    assert trials.judged(BOUNDS, lines)["reasons"].tolist() == [
        ["loss against threshold"],
        ["loss against the champion"],
    ]
    wider = BOUNDS | {"loss": at_most(1.0, slack=0.2)}
    assert trials.judged(wider, lines)["reasons"].tolist() == [["loss against threshold"], []]
