"""Online equals offline: the deployed endpoint against the training set and the registered model."""

from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from capstan.settings import settings
from components.materialize.core import materialize
from pipelines.flight_delay import task

pytestmark = [pytest.mark.slow, pytest.mark.rotating]

# Prediction times of the test set at which several flights are asked for: a weekday morning, an evening, the hours
# after the clocks went back, a night with few flights behind it.
MOMENTS = ["2013-10-15T11:00:00Z", "2013-10-31T20:00:00Z", "2013-11-03T12:00:00Z", "2013-12-24T10:00:00Z"]


@pytest.fixture(scope="module")
def offline(road) -> pd.DataFrame:
    """The training set, with the probability of the registered model."""
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    rows = pd.read_parquet(road["training_set"])
    rows = rows[rows[task.EVENT_TIMESTAMP].isin(pd.to_datetime(MOMENTS))].copy()
    model = mlflow.pyfunc.load_model("models:/flight_delay@champion")
    numbers = [column for column in task.INPUTS if column not in task.CATEGORIES]
    rows["probability"] = model.predict(rows[task.INPUTS].astype(dict.fromkeys(numbers, float)))["probability"]
    return rows


@pytest.mark.parametrize("moment", MOMENTS)
def test_endpoint_sees_what_training_saw(moment, offline, road, up):
    features = Path(road["training_set"]).with_name("features")
    materialize("flight_delay", str(features), road["training_set"], as_of=moment)
    rows = offline[offline[task.EVENT_TIMESTAMP] == moment]
    assert len(rows) >= 3
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    reply = httpx.post(url, json={"instances": task.requests(rows), "return_features": True}, timeout=30)
    assert reply.is_success, reply.text
    answers = reply.json()["predictions"]
    for (_, row), answer in zip(rows.iterrows(), answers, strict=True):
        for column in task.INPUTS:
            expected, got = row[column], answer["features"][column]
            if column in task.CATEGORIES:
                assert got == expected
            else:
                assert np.nan_to_num(got if got is not None else np.nan, nan=-1e9) == pytest.approx(
                    np.nan_to_num(float(expected), nan=-1e9), abs=1e-6
                ), (column, row["sched_dep"])
        assert answer["probability"] == pytest.approx(row["probability"], abs=1e-6)
        unknown = {column for column in task.INPUTS if pd.isna(row[column])}
        told = {name for kind in ("missing", "expired", "future") for name in answer[f"{kind}_features"]}
        assert told == unknown


def test_flight_of_the_past_does_not_see_the_future(offline, road, up):
    """With the store brought to a later moment, newer rows are withheld and named, not used."""
    features = Path(road["training_set"]).with_name("features")
    materialize("flight_delay", str(features), road["training_set"], as_of=MOMENTS[3])
    rows = offline[offline[task.EVENT_TIMESTAMP] == MOMENTS[0]].head(1)
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    [answer] = httpx.post(url, json={"instances": task.requests(rows), "return_features": True}, timeout=30).json()[
        "predictions"
    ]
    assert {"origin_late_share", "temp"} <= set(answer["future_features"])
    assert answer["features"]["origin_late_share"] is None
