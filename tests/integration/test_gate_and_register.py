"""The gate and the registry, with a real MLflow server: what may serve, and what is registered once."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from components.evaluate.metrics import score

from capstan import registry, stack
from capstan.files import digest, read_json, write_json
from capstan.settings import settings
from components.evaluate.core import evaluate
from components.gate.core import gate
from components.register.core import register
from components.train.core import train
from pipelines.flight_delay import task
from tests.conftest import free_port

GOOD = {"roc_auc": 0.99, "average_precision": 0.9, "brier": 0.05, "calibration_error": 0.01}


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    """MLflow, with a state folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPSTAN_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CAPSTAN_MLFLOW_PORT", str(free_port()))
        settings.cache_clear()
        try:
            list(stack.up(["mlflow"]))
            yield
        finally:
            list(stack.down())
            settings.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("steps")


@pytest.fixture(scope="module")
def trained(folder, rows) -> dict[str, str]:
    """The paths of a model, its rows and its scores, and its digest, as the steps before the gate leave them."""
    early = rows["event_timestamp"] < task.TEST_FROM
    rows[early].to_parquet(folder / "train", index=False)
    rows[~early].to_parquet(folder / "test", index=False)
    paths = {name: str(folder / name) for name in ("train", "test", "model", "scores.json", "report.html")}
    found = train("flight_delay", paths["train"], paths["model"], seed=0, workers=0, tune=0)
    evaluate("flight_delay", paths["model"], paths["test"], paths["scores.json"], paths["report.html"])
    return paths | {"digest": found}


@pytest.fixture
def judge(tmp_path, trained):
    """Return the verdict on scores and the report that gives the reasons."""

    def run(scores: dict, model_digest: str = "another", test: str = "") -> tuple[str, str]:
        path, report = tmp_path / "scores.json", tmp_path / "report.md"
        write_json(scores, path)
        return gate("flight_delay", str(path), model_digest, test or trained["test"], str(report)), report.read_text()

    return run


@pytest.fixture
def champion(trained):
    """The trained model, registered and serving; afterwards there is no champion."""
    version = enter(trained, "accepted")
    registry.set_alias("flight_delay", "champion", version)
    yield read_json(trained["scores.json"]) | {"version": version}
    registry.delete_alias("flight_delay", "champion")


def enter(trained: dict, verdict: str, model_digest: str = "") -> str:
    rows = {"train": trained["train"], "test": trained["test"]}
    lineage = {"pipeline_run": "test"}
    found = model_digest or trained["digest"]
    return register("flight_delay", trained["model"], found, trained["scores.json"], verdict, rows, lineage)


def lines(report: str, result: str) -> list[str]:
    """Return what was compared, with this result."""
    cells = [[cell.strip() for cell in line.split("|")] for line in report.splitlines() if line.startswith("| ")]
    return [f"{cell[1]} {cell[3]}" for cell in cells if cell[-2] == result]


def test_first_good_model_is_accepted_by_its_thresholds_alone(judge):
    verdict, report = judge(GOOD)
    assert verdict == "accepted" and "no champion yet" in report
    assert lines(report, "pass") == [f"{metric} threshold" for metric in task.THRESHOLDS]


def test_scores_at_the_thresholds_pass(judge):
    assert judge(dict(task.THRESHOLDS))[0] == "accepted"


@pytest.mark.parametrize("metric", list(task.THRESHOLDS))
def test_one_score_beyond_its_threshold_rejects(metric, judge):
    worse = -0.001 if metric in ("roc_auc", "average_precision") else 0.001
    verdict, report = judge(GOOD | {metric: task.THRESHOLDS[metric] + worse})
    assert verdict == "rejected"
    assert lines(report, "fail") == [f"{metric} threshold"]


def test_model_worse_than_the_champion_is_rejected_and_an_equal_or_better_one_accepted(judge, champion):
    assert champion["roc_auc"] > task.THRESHOLDS["roc_auc"]
    verdict, report = judge(GOOD | {"roc_auc": champion["roc_auc"] - 1e-4})
    assert verdict == "rejected" and lines(report, "fail") == ["roc_auc champion"]
    assert f"version {champion['version']}, was scored on these rows when it was registered" in report
    for more in (0, 1e-4):
        verdict, report = judge(GOOD | {"roc_auc": champion["roc_auc"] + more})
        assert verdict == "accepted" and "roc_auc champion" in lines(report, "pass")


def test_champion_itself_is_accepted_again(judge, champion, trained):
    scores = GOOD | {"roc_auc": champion["roc_auc"]}
    verdict, report = judge(scores, model_digest=trained["digest"])
    assert verdict == "accepted" and "the same rows, code and parameters" in report


def test_champion_is_scored_again_on_rows_it_has_not_seen(judge, champion, trained, tmp_path):
    import mlflow

    others = pd.read_parquet(trained["test"]).iloc[::3]
    others.to_parquet(tmp_path / "others", index=False)
    model = mlflow.pyfunc.load_model(trained["model"]).unwrap_python_model()
    now = score(others["late"].to_numpy(), model.predict(None, others))["roc_auc"]
    assert now != pytest.approx(champion["roc_auc"], abs=1e-5)
    for difference, expected in [(-1e-5, "rejected"), (1e-5, "accepted")]:
        verdict, report = judge(GOOD | {"roc_auc": now + difference}, test=str(tmp_path / "others"))
        assert verdict == expected, report
    assert "was scored on these rows." in report


def test_champion_that_needs_columns_which_are_gone_is_not_compared_and_that_is_said(
    judge, champion, trained, tmp_path
):
    pd.read_parquet(trained["test"]).drop(columns=["temp"]).to_parquet(tmp_path / "others", index=False)
    verdict, report = judge(GOOD, test=str(tmp_path / "others"))
    assert verdict == "accepted" and "no comparison" in report and "temp" in report


def test_model_is_registered_once_with_its_lineage(trained):
    version = enter(trained, "accepted")
    assert enter(trained, "accepted") == version
    [found] = [known for known in registry.versions("flight_delay") if known.tags["digest"] == trained["digest"]]
    assert found.tags["verdict"] == "accepted" and found.tags["test_digest"] == digest(Path(trained["test"]))
    assert registry.run_metrics(found.run_id) == pytest.approx(read_json(trained["scores.json"]))
    assert registry.by_alias("flight_delay", "challenger").version == version


def test_rejected_model_becomes_a_version_without_an_alias(trained):
    version = enter(trained, "rejected", model_digest="0123456789abcdef")
    found = registry.find("flight_delay", {"digest": "0123456789abcdef"})
    assert (found.version, found.tags["verdict"]) == (version, "rejected")
    pointed = [registry.by_alias("flight_delay", alias) for alias in ("champion", "challenger")]
    assert version not in [other.version for other in pointed if other]


def test_registration_that_was_cut_off_leaves_one_run_and_one_version(trained):
    """A run of the same digest without a version is what a kill between both leaves behind."""
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment("flight_delay")
    tags = {"digest": "cut-off", "verdict": "accepted"}
    with mlflow.start_run(tags=tags) as left:
        pass
    enter(trained, "accepted", model_digest="cut-off")
    runs = mlflow.search_runs(filter_string="tags.digest = 'cut-off'", output_format="list")
    assert len(runs) == 1 and runs[0].info.run_id != left.info.run_id
    assert len([known for known in registry.versions("flight_delay") if known.tags["digest"] == "cut-off"]) == 1


def test_unreachable_registry_says_what_to_do(judge, monkeypatch, tmp_path):
    from capstan.errors import CapstanError

    monkeypatch.setenv("CAPSTAN_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    settings.cache_clear()
    try:
        with pytest.raises(CapstanError, match="capstan up"):
            judge(GOOD)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        shutil.rmtree(tmp_path, ignore_errors=True)
