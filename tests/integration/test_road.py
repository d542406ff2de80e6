"""One run of the flagship on all its data: what it says, leaves behind and does when it is started again."""

import json
import re
from math import exp
from pathlib import Path

import httpx
import pandas as pd
import pytest
from kfp import components

from capstan.rollout import store
from capstan.runner import local
from capstan.runner.steps import step_server
from capstan.versions import registry, runs
from pipelines.flight_delay import task
from tests.integration.conftest import capstan

pytestmark = pytest.mark.slow
STEPS = ["ingest", "validate", "build-features", "split", "train", "evaluate"]


def test_run_reaches_the_figure_and_counts_every_flight(road):
    assert road["verdict"] == "accepted"
    assert road["scores"]["roc_auc"] >= 0.75
    counts = road["flights"]
    assert counts["flights_rows"] == 336_776
    assert counts["landed"] + counts["cancelled"] + counts["diverted"] == 336_776
    rows = road["rows"]
    assert rows["train_flights"] + rows["test_flights"] == counts["landed"]


def test_report_shows_metrics_slices_and_plots(road):
    page = Path(road["report"]).read_text()
    for part in ("roc_auc", "By carrier", "By origin", "EWR", "<svg", "Calibration"):
        assert part in page


def test_version_carries_its_lineage(road):
    assert store.read("flight_delay").champion == road["version"]
    champion = registry.version("flight_delay", road["version"])
    for tag in ("digest", "train_digest", "test_digest", "git_commit", "pipeline_run"):
        assert champion.tags[tag]
    assert re.fullmatch(r"flight_delay@[0-9a-f]{16}", champion.tags["feature_service"])
    assert runs.run_metrics(champion.run_id) == pytest.approx(road["scores"])


def test_model_has_signature_example_and_pinned_requirements(road, tmp_path):
    import mlflow

    from capstan.settings import settings

    mlflow.set_tracking_uri(settings().tracking_uri)
    model = mlflow.pyfunc.load_model(f"models:/flight_delay/{road['version']}")
    assert model.metadata.get_input_schema().input_names() == task.INPUTS
    assert model.predict(model.input_example)["probability"].between(0, 1).all()
    pinned = Path(mlflow.pyfunc.get_model_dependencies(f"models:/flight_delay/{road['version']}")).read_text().split()
    assert pinned and all("==" in line for line in pinned)


def test_second_run_is_served_from_the_cache_and_registers_nothing(road):
    before = [version.version for version in registry.versions("flight_delay")]
    again = capstan("run", "flight_delay")
    assert again.returncode == 0, again.stderr
    states = dict(reversed(line.split()[:2]) for line in again.stdout.splitlines() if line.startswith("  "))
    assert [states[step] for step in STEPS] == ["cached"] * len(STEPS)
    assert states["deploy"] == states["register"] == "done"
    assert [version.version for version in registry.versions("flight_delay")] == before


def test_compiled_yaml_runs_and_gives_the_same_metrics(road, tmp_path):
    assert capstan("compile", "flight_delay", "-o", str(tmp_path / "flight_delay.yaml")).returncode == 0
    pipeline = components.load_component_from_file(str(tmp_path / "flight_delay.yaml"))
    with step_server() as steps:
        outputs, _log = local.execute(pipeline, "flight_delay", {}, lambda *_: None, steps)
    assert dict(outputs["scores"].metadata) == pytest.approx(road["scores"])
    assert outputs["version"] == road["version"]


def test_monitoring_page_lists_the_report(road, up):
    projects = httpx.get(f"{up['evidently']['url']}/api/projects").json()
    mine = [project for project in projects if project["name"] == "flight_delay"]
    assert len(mine) == 1
    snapshots = httpx.get(f"{up['evidently']['url']}/api/projects/{mine[0]['id']}/reports").json()
    assert [snapshot["name"] for snapshot in snapshots if snapshot["name"].startswith(f"version {road['version']} ")]


def test_predict_answers_through_the_endpoint(road, up):
    flight = ["carrier=UA", "origin=EWR", "dest=ORD", "tailnum=N-NEW"]
    flight += ["sched_dep=2014-01-01T00:00:00-05:00", "sched_arr=2014-01-01T01:30:00-06:00"]
    done = capstan("predict", "flight_delay", "--json", *(part for field in flight for part in ("--entity", field)))
    assert done.returncode == 0, done.stderr
    [answer] = json.loads(done.stdout)["predictions"]
    assert 0 < answer["probability"] < 1
    assert answer["model_version"] == road["version"]
    assert {"aircraft_age", "aircraft_seats"} <= set(answer["missing_features"])


def test_explanation_adds_up_for_the_example_that_the_page_fills_in(road, up):
    url = up["endpoint"]["url"]
    assert "page/app.js" in httpx.get(f"{url}/", headers={"Accept": "text/html"}).text
    fields = httpx.get(f"{url}/v2/models/flight_delay").json()["request_schema"]["properties"]
    flight = {"instances": [{name: field["examples"][0] for name, field in fields.items()}]}
    [explanation] = httpx.post(f"{url}/v1/models/flight_delay:explain", json=flight).json()["explanations"]
    [prediction] = httpx.post(f"{url}/v1/models/flight_delay:predict", json=flight).json()["predictions"]
    assert set(explanation["contributions"]) == set(explanation["features"]) == set(task.INPUTS)
    log_odds = explanation["base"] + sum(explanation["contributions"].values())
    assert explanation["probability"] == prediction["probability"] == pytest.approx(1 / (1 + exp(-log_odds)), abs=1e-9)
    assert None not in explanation["features"].values() and not prediction["expired_features"]


def test_predict_reports_what_the_endpoint_refuses(road):
    done = capstan("predict", "flight_delay", "--entity", "carrier=UA")
    assert done.returncode == 1
    assert "422" in done.stderr or "400" in done.stderr
    assert "origin" in done.stderr


def test_training_set_has_every_flight_once(road):
    rows = pd.read_parquet(road["training_set"])
    assert len(rows) == 336_776
    assert not rows.duplicated(["carrier", "origin", "dest", "tailnum", "sched_dep", "sched_arr", "late"]).any()
