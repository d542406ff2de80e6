"""Scoring a table on the cluster: a run of Kubeflow Pipelines, once and again and again, from bucket to bucket."""

import io
from datetime import UTC, datetime

import pandas as pd
import pytest

from pipelines.flight_delay import task
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.test_monitoring import first_run
from tests.support.flights import real_tables

pytestmark = pytest.mark.rotating
FIELDS, ROWS = list(task.Request.model_fields), 300


@pytest.fixture(scope="module")
def place(endpoint, services) -> str:
    """A folder of the bucket with flights, one of which has an airport that does not exist."""
    table = io.BytesIO()
    flights = task.entity_rows(real_tables(50)).tail(ROWS)[FIELDS].assign(number=range(ROWS))
    flights.loc[flights["number"] == 7, "origin"] = "nowhere"
    flights.to_parquet(table, index=False)
    services.s3().put_object(Bucket="capstan", Key="scoring/flights.parquet", Body=table.getvalue())
    return "s3://capstan/scoring"


def answered(services, day: str) -> pd.DataFrame:
    return pd.concat(services.tables("capstan", f"scoring/{day}/"))


def test_a_table_of_the_bucket_is_scored_by_a_run(place, services):
    output, today = f"{place}/{{date}}", f"{datetime.now(UTC):%Y-%m-%d}"
    done = kube.capstan(
        "score", CAPSTONE, "--input", f"{place}/flights.parquet", "--output", output, "--keep", "number", "--json"
    )
    assert done.returncode == 1, done.stderr  # a row was refused
    table = answered(services, today)
    assert sorted(table["number"]) == [number for number in range(ROWS) if number != 7]
    assert set(table["version"]) == {services.rollout()["champion"]} and table["probability"].between(0, 1).all()
    # A recurring run on the same day finds it done, and writes nothing again.
    arguments = ("score", CAPSTONE, "--input", f"{place}/flights.parquet", "--output", output, "--keep", "number")
    started = kube.answer(*arguments, "--every", "1m")
    try:
        assert first_run(services, started["recurring_run"])["state"] == "SUCCEEDED"
    finally:
        assert kube.answer("score", CAPSTONE, "--stop")["ended"] == 1
    assert set(answered(services, today)["prediction_id"]) == set(table["prediction_id"])
