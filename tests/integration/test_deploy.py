"""Deployment: a version serves only once it has answered at the endpoint; until then the champion stays."""

from pathlib import Path

import httpx
import pandas as pd
import pytest

from capstan import registry
from capstan.errors import CapstanError
from capstan.settings import settings
from components.deploy.core import deploy
from models.booster import CalibratedBooster
from pipelines.flight_delay import task

pytestmark = pytest.mark.slow


def version_with(slope: float) -> str:
    """Register the champion's model with another slope of its calibration; return the new version."""
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment("flight_delay")
    champion = mlflow.pyfunc.load_model("models:/flight_delay@champion")
    own = champion.unwrap_python_model()
    changed = CalibratedBooster(own.booster, own.inputs, own.categories, slope, own.intercept)
    with mlflow.start_run() as run:
        logged = mlflow.pyfunc.log_model(
            name="model", python_model=changed, signature=champion.metadata.signature, pip_requirements=[]
        )
    return registry.create_version("flight_delay", logged.model_id, run.info.run_id, {"slope": str(slope)}).version


def ask(rows: pd.DataFrame) -> dict:
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    return (
        httpx.post(url, json={"instances": task.requests(rows)}, timeout=30).raise_for_status().json()["predictions"][0]
    )


@pytest.fixture
def flight(road) -> pd.DataFrame:
    return pd.read_parquet(road["training_set"]).tail(1)


def test_version_that_does_not_answer_leaves_the_champion(road, flight, tmp_path):
    before = ask(flight)
    broken = version_with(float("nan"))
    with pytest.raises(CapstanError, match="endpoint answered 500"):
        deploy("flight_delay", broken, road["training_set"], str(tmp_path / "report.md"))
    assert registry.champion("flight_delay").version == before["model_version"]
    assert registry.by_alias("flight_delay", "challenger") is None
    assert registry.find("flight_delay", {"slope": "nan", "deployment": "failed"}).version == broken
    after = ask(flight)
    assert (after["model_version"], after["probability"]) == (before["model_version"], before["probability"])


def test_version_that_answers_becomes_champion_and_can_be_replaced(road, flight, tmp_path):
    before = ask(flight)
    flatter = version_with(0.5)
    report = tmp_path / "report.md"
    deploy("flight_delay", flatter, road["training_set"], str(report))
    assert f"Version **{flatter}**" in Path(report).read_text()
    after = ask(flight)
    assert after["model_version"] == flatter
    assert abs(after["probability"] - 0.5) < abs(before["probability"] - 0.5)
    deploy("flight_delay", before["model_version"], road["training_set"], str(report))
    assert ask(flight)["probability"] == before["probability"]
