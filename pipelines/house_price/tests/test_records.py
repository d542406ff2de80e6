"""The code has what the records chose."""

import json

import pandas as pd

from pipelines.house_price import training, tune


def record(name: str) -> pd.DataFrame:
    return pd.DataFrame(json.loads((tune.FOLDER / f"{name}.json").read_text()))


def test_settings_are_those_of_the_record():
    made = record("tune")
    assert len(made) == tune.SEEDS * sum(map(len, tune.TRIED.values()))
    assert tune.best(made) == training.SETTINGS
