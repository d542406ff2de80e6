"""What the step `evaluate` hands on to the gate."""

import pandas as pd
import pytest

from capstan.contract.evaluation import Evaluation
from components.evaluate import units


def test_units_of_a_model_and_its_baselines_come_back(tmp_path):
    model, simple = pd.DataFrame({"mae": [1.0, 3.0]}, index=[7, 9]), pd.DataFrame({"mae": [2.0, 4.0]})
    units.write(units.of(Evaluation({"mae": 2.0}, (), model, {"a mean": simple})), str(tmp_path))
    read = units.read(str(tmp_path))
    assert read.model["mae"].tolist() == [1, 3] and {*read.baselines} == {"a mean"}
    assert read.baselines["a mean"]["mae"].tolist() == [2, 4]


def test_the_metrics_in_which_a_baseline_is_level_come_back(tmp_path):
    """A baseline that is level in one metric is read with it, and a name that is not a baseline's is refused."""
    model, simple = (pd.DataFrame({"mae": [1.0, 3.0], "cost": [0.0, 1.0]}) for _ in range(2))
    scores = {"metrics": {"mae": 2.0, "cost": 0.5}, "units": model, "baselines": {"a mean": simple, "zero": simple}}
    units.write(units.of(Evaluation(**scores, level={"a mean": ["mae"]})), str(tmp_path))
    read = units.read(str(tmp_path))
    assert read.level == {"a mean": ["mae"]} and {*read.baselines} == {"a mean", "zero"}
    with pytest.raises(ValueError, match="names a median, which is not a baseline"):
        Evaluation(**scores, level={"a median": ["mae"]})


def test_a_task_without_units_still_hands_on_a_file(tmp_path):
    units.write(units.of(Evaluation({"mae": 2.0})), str(tmp_path))
    assert [*tmp_path.iterdir()]
    assert units.read(str(tmp_path)) == units.Units(None, {})
