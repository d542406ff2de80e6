"""What the step `evaluate` hands on to the gate."""

import pandas as pd

from capstan.contract.evaluation import Evaluation
from components.evaluate import units


def test_units_of_a_model_and_its_baselines_come_back(tmp_path):
    model, simple = pd.DataFrame({"mae": [1.0, 3.0]}, index=[7, 9]), pd.DataFrame({"mae": [2.0, 4.0]})
    units.write(units.of(Evaluation({"mae": 2.0}, (), model, {"a mean": simple})), str(tmp_path))
    read = units.read(str(tmp_path))
    assert read.model["mae"].tolist() == [1, 3] and {*read.baselines} == {"a mean"}
    assert read.baselines["a mean"]["mae"].tolist() == [2, 4]


def test_a_task_without_units_still_hands_on_a_file(tmp_path):
    units.write(units.of(Evaluation({"mae": 2.0})), str(tmp_path))
    assert [*tmp_path.iterdir()]
    assert units.read(str(tmp_path)) == units.Units(None, {})
