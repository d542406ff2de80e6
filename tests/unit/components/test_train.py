"""What training refuses before it saves a model, and what it saves."""

import math

import mlflow
import pandas as pd
import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from components.train.core import fit
from components.train.mlflow_model import _request
from pipelines.demand_forecast import task as forecasting
from pipelines.flight_delay import task


@pytest.mark.parametrize("value", [math.nan, "HOGWARTS"])
def test_example_that_its_own_request_refuses_is_named(value):
    capstone = catalogue.load("flight_delay")
    good = {name: field.examples[0] for name, field in task.Request.model_fields.items()}
    assert _request(capstone, 0, good).origin == good["origin"]
    with pytest.raises(CapstanError, match=r"`examples` of pipelines/flight_delay/task.py .*number 2.*: dest: "):
        _request(capstone, 2, good | {"dest": value})


def test_an_input_may_be_an_instant_with_a_zone(tmp_path):
    past = forecasting.split(forecasting.load(None))[0]["half_hours"]
    (tmp_path / "tables").mkdir()
    past.to_parquet(tmp_path / "tables/half_hours.parquet")
    fit("demand_forecast", str(tmp_path / "tables"), str(tmp_path / "model"), {"forecaster": "seasonal_naive"})
    saved = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert saved.metadata.signature.inputs.input_dict()["start"].type.name == "datetime"
    assert saved.input_example["start"][0] == pd.Timestamp("2014-01-07 14:00")  # midnight in Melbourne's market, UTC
