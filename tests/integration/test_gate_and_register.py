"""The gate and the registry, with a real MLflow server: what may serve, and what is registered once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from capstan.contract.capstone import TRAINING_SET
from capstan.data.batches import Batches
from capstan.data.files import digest, read_json, read_tables, write_json, write_tables
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import registry, runs
from components.evaluate import units as by_unit
from components.evaluate.core import evaluate
from components.gate.core import gate
from components.register.core import register
from components.split.core import split
from components.train.core import HISTORY, train
from monitoring.history import history
from monitoring.retraining.decisions import tell_accepted
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CALIBRATE_FROM, TEST_FROM
from tests.support import versions
from tests.support.flights import rows_with_known_truth
from tests.support.processes import free_port

GOOD = {"roc_auc": 0.99, "average_precision": 0.9, "brier": 0.05, "calibration_error": 0.01}
BEATEN = "roc_auc logistic regression"  # the line of the baseline


pytestmark = pytest.mark.usefixtures("empty_registry")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("steps")


@pytest.fixture(scope="module")
def trained(folder) -> dict[str, str]:
    """The paths of a model, its rows and its scores, and its digest, as the steps before the gate leave them."""
    write_tables({TRAINING_SET: rows_with_known_truth()}, folder / "rows")
    paths = {name: str(folder / name) for name in ("train", "test", "model", "units", "scores.json", "report.html")}
    split("flight_delay", str(folder / "rows"), paths["train"], paths["test"], str(folder / "counts.json"))
    model_digest = train("flight_delay", paths["train"], paths["model"], {"seed": 0})
    evaluate(paths["model"], paths["test"], paths["scores.json"], paths["units"], paths["report.html"])
    return paths | {"digest": model_digest}


@pytest.fixture
def judge(tmp_path, trained):
    """Return the verdict on scores and units, and the report that gives the reasons.

    better: by how much the ROC AUC of every day is above that of the trained model.
    """

    def run(
        scores: dict = GOOD,
        model_digest: str = "another",
        test: str = "",
        better: float = 0.0,
        units: str = "",
        accept: str = "",
    ) -> tuple[str, str]:
        path, report = tmp_path / "scores.json", tmp_path / "report.md"
        write_json(scores, path)
        own = by_unit.read(units or trained["units"])
        own.model["roc_auc"] += better
        by_unit.write(own, str(tmp_path / "units"))
        own_units, rows = str(tmp_path / "units"), test or trained["test"]
        judged = gate("flight_delay", str(path), own_units, model_digest, rows, str(report), accept)
        assert judged.champion == store.read("flight_delay").champion
        return judged.verdict, report.read_text()

    return run


@pytest.fixture
def champion(trained):
    """The trained model, registered and serving; afterwards there is no champion."""
    number = enter(trained, "accepted")
    store.write_state("flight_delay", RolloutState(champion=number))
    yield read_json(trained["scores.json"]) | {"version": number}
    store.write_state("flight_delay", RolloutState())


def enter(trained: dict, verdict: str, model_digest: str = "", units: str = "", accept: str = "") -> str:
    rows = {"train": trained["train"], "test": trained["test"]}
    lineage = {"pipeline_run": "test"}
    model_digest = model_digest or trained["digest"]
    scores = trained["scores.json"]
    return register("flight_delay", trained["model"], model_digest, scores, verdict, rows, lineage, units, accept)


def lines(report: str, result: str) -> list[str]:
    """Return what was compared, with this result."""
    cells = [[cell.strip() for cell in line.split("|")] for line in report.splitlines() if line.startswith("| ")]
    return [f"{cell[1]} {cell[3]}" for cell in cells if cell[-2] == result]


def test_tables_in_batches_are_part_of_the_lineage(trained, tmp_path):
    rows = read_tables(trained["train"])["flights"]
    write_tables({"flights": Batches(lambda: (rows[:100], rows[100:]))}, tmp_path)
    number = enter(trained | {"train": str(tmp_path)}, "accepted", "trained on batches")
    run = registry.call("GET", "runs/get", run_id=registry.version("flight_delay", number).run_id)["run"]
    [past, future] = sorted(run["inputs"]["dataset_inputs"], key=lambda each: each["tags"][0]["value"], reverse=True)
    assert past["dataset"]["name"] == future["dataset"]["name"] == "flights"
    assert past["dataset"]["schema"] == future["dataset"]["schema"]
    assert past["dataset"]["digest"] == digest(tmp_path)


def test_page_offers_the_requests_that_the_deployment_tries(trained):
    schema = registry.load_version("flight_delay", enter(trained, "accepted")).schema
    assert schema["examples"] == task.examples(read_tables(trained["test"]))


def test_model_is_registered_once_whatever_was_tried_with_it(trained, tmp_path):
    rows = read_tables(trained["test"])["flights"]
    write_tables({"flights": rows.iloc[:-5]}, tmp_path)
    assert enter(trained | {"test": str(tmp_path)}, "accepted") == enter(trained, "accepted")


def test_first_good_model_is_accepted_by_thresholds_and_baseline(judge):
    verdict, report = judge(GOOD)
    assert verdict == "accepted" and "no champion yet" in report
    compared = [line for line in lines(report, "pass") if "of version" not in line]  # that other tests registered
    assert compared == [*(f"{metric} threshold" for metric in task.THRESHOLDS), BEATEN]


def test_scores_at_the_thresholds_pass(judge):
    assert judge({metric: bound.limit for metric, bound in task.THRESHOLDS.items()})[0] == "accepted"


@pytest.mark.parametrize("metric", list(task.THRESHOLDS))
def test_one_score_beyond_its_threshold_rejects(metric, judge):
    worse = -0.001 if metric in ("roc_auc", "average_precision") else 0.001
    verdict, report = judge(GOOD | {metric: task.THRESHOLDS[metric].limit + worse})
    assert verdict == "rejected"
    assert lines(report, "fail") == [f"{metric} threshold"]


def test_baseline_alone_is_rejected_and_so_is_what_chance_may_explain(judge, trained, tmp_path):
    own = by_unit.read(trained["units"])
    [simple] = own.baselines.values()
    noise = np.random.default_rng(0).normal(0, 0.5, len(simple))
    noise -= noise.mean()
    for above, expected in [(0, "rejected"), (noise + 0.01, "rejected"), (noise + 0.2, "accepted")]:
        model = own.model.assign(roc_auc=simple["roc_auc"] + above)
        by_unit.write(by_unit.Units(model, own.baselines), str(tmp_path / "made"))
        verdict, report = judge(units=str(tmp_path / "made"))
        assert verdict == expected, report
        assert (BEATEN in lines(report, "fail")) == (expected == "rejected")


def test_model_worse_than_the_champion_by_more_than_the_slack_is_rejected_and_others_accepted(judge, champion):
    slack = task.THRESHOLDS["roc_auc"].slack
    assert slack > 0
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == ["roc_auc champion"]
    assert f"version {champion['version']}, was measured on these tables" in report
    for difference in (-slack + 1e-4, 0, 1e-4):
        verdict, report = judge(better=difference)
        assert verdict == "accepted" and {"roc_auc champion", "brier champion"} <= {*lines(report, "pass")}


def test_model_that_may_be_worse_than_the_slack_is_rejected(judge, champion, trained, tmp_path):
    """On average it is as good, and the days are too few to know."""
    own = by_unit.read(trained["units"])
    noise = np.random.default_rng(0).normal(0, 0.5, len(own.model))
    own.model["roc_auc"] += noise - noise.mean()
    by_unit.write(own, str(tmp_path / "made"))
    verdict, report = judge(units=str(tmp_path / "made"))
    assert verdict == "rejected" and "roc_auc champion" in lines(report, "fail")


def test_champion_itself_is_accepted_again(judge, champion, trained):
    verdict, report = judge(model_digest=trained["digest"])
    assert verdict == "accepted" and "the same rows, code and parameters" in report


def test_champion_is_measured_again_on_rows_it_has_not_seen(judge, champion, trained, tmp_path):
    others = read_tables(trained["test"])["flights"].iloc[::3]
    write_tables({"flights": others}, tmp_path / "others")
    evaluate(trained["model"], str(tmp_path / "others"), *(str(tmp_path / name) for name in ("scores", "by", "html")))
    now = read_json(tmp_path / "scores")["roc_auc"]
    assert now != pytest.approx(champion["roc_auc"], abs=1e-5)
    slack = task.THRESHOLDS["roc_auc"].slack
    for difference, expected in [(-slack - 1e-5, "rejected"), (-slack + 1e-5, "accepted")]:
        verdict, report = judge(test=str(tmp_path / "others"), units=str(tmp_path / "by"), better=difference)
        assert verdict == expected, report
        assert f"{now:.4f}" in report


def test_champion_that_needs_columns_which_are_gone_is_not_compared_and_that_is_said(
    judge, champion, trained, tmp_path
):
    others = read_tables(trained["test"])["flights"].drop(columns=["temp"])
    write_tables({"flights": others}, tmp_path / "others")
    verdict, report = judge(GOOD, test=str(tmp_path / "others"))
    assert verdict == "accepted" and "It is not compared" in report and "temp" in report


def test_champion_that_cannot_be_loaded_is_not_compared_and_that_is_said(judge, champion, tmp_path):
    lost = versions.edit_source(
        "flight_delay", champion["version"], lambda text: text + "\nraise RuntimeError('old')\n"
    )
    store.write_state("flight_delay", RolloutState(champion=lost))
    verdict, report = judge(GOOD)
    assert verdict == "accepted" and f"version {lost}, cannot be loaded" in report and "old" in report


@pytest.fixture
def best(trained):
    """A version that was the best when it was accepted, and does not serve; afterwards it is retired."""
    number = enter(trained, "accepted", model_digest="the best", units=trained["units"])
    yield number
    registry.set_tag("flight_delay", number, registry.RETIRED, "by the test")


@pytest.fixture
def lost(best):
    """The same, whose files are gone."""
    folder = next((settings().home / "mlflow").rglob(registry.known_version("flight_delay", best).model_id))
    shutil.rmtree(folder)
    return best


def test_slack_does_not_add_up_against_the_best_version(judge, best, champion):
    slack, line = task.THRESHOLDS["roc_auc"].slack, f"roc_auc version {best}, the best of all"
    store.write_state("flight_delay", RolloutState())  # whatever serves now
    assert line in lines(judge(better=-slack + 1e-4)[1], "pass")
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == [line]


def test_best_version_that_cannot_be_loaded_is_compared_by_what_was_stored_with_it(judge, lost):
    slack, line = task.THRESHOLDS["roc_auc"].slack, f"roc_auc version {lost}, the best of all"
    assert line in lines(judge(better=-slack + 1e-4)[1], "pass")
    verdict, report = judge(better=-slack - 1e-4)
    assert verdict == "rejected" and lines(report, "fail") == [line]


def test_best_version_that_cannot_be_compared_rejects_until_a_person_accepts_that(
    judge, lost, trained, tmp_path, capsys
):
    others = read_tables(trained["test"])["flights"].iloc[::3]
    write_tables({"flights": others}, tmp_path / "others")
    evaluate(trained["model"], str(tmp_path / "others"), *(str(tmp_path / name) for name in ("scores", "by", "html")))
    rows = {"test": str(tmp_path / "others"), "units": str(tmp_path / "by")}
    verdict, report = judge(**rows)
    assert verdict == "rejected" and f"roc_auc version {lost}, the best of all" in lines(report, "fail")
    said = capsys.readouterr().out
    assert "cannot be loaded" in said and "it was judged on other rows" in said
    assert "capstan run flight_delay --accept REASON" in said
    verdict, report = judge(**rows, accept="the store burnt down")
    assert verdict == "accepted" and "accepted: the store burnt down" in report
    number = enter(trained, "accepted", model_digest="accepted", accept="the store burnt down")
    assert registry.known_version("flight_delay", number).tags["accepted_because"] == "the store burnt down"
    for _ in range(2):
        tell_accepted("flight_delay", registry.versions("flight_delay"))
    [event] = history().events("flight_delay", kinds=("accepted",))
    assert (event.version, event.reason) == (number, "the store burnt down")


def test_metric_that_evaluate_does_not_return_is_a_clear_error(judge):
    from capstan.errors import CapstanError

    with pytest.raises(CapstanError, match="names brier, which `evaluate` does not return"):
        judge({name: value for name, value in GOOD.items() if name != "brier"})


def test_model_is_registered_once_with_its_lineage(trained):
    number = enter(trained, "accepted")
    assert enter(trained, "accepted") == number
    [version] = [known for known in registry.versions("flight_delay") if known.tags.get("digest") == trained["digest"]]
    assert version.tags["verdict"] == "accepted" and version.tags["test_digest"] == digest(Path(trained["test"]))
    assert runs.run_metrics(version.run_id) == pytest.approx(read_json(trained["scores.json"]))
    assert version.version == number and store.read("flight_delay") == RolloutState()


def test_runs_are_found_by_a_parameter(trained):
    enter(trained, "accepted")
    mlflow = registry.library()
    found = mlflow.search_runs(
        experiment_names=["flight_delay"], filter_string="params.seed = '0' and params.tune = '0'"
    )
    assert len(found) and set(found["params.calibrate_from"]) == {CALIBRATE_FROM}
    assert set(found["params.test_from"]) == {TEST_FROM}  # of `split`


def test_run_has_what_the_training_recorded_by_step(trained, tmp_path):
    model = shutil.copytree(trained["model"], tmp_path / "model")
    write_json({"rounds": [{"blocks.0/gradient": 0.5}, {"blocks.0/gradient": 0.25}]}, model / HISTORY)
    number = enter(trained | {"model": str(model)}, "accepted", model_digest="recorded")
    [version] = [known for known in registry.versions("flight_delay") if known.version == number]
    recorded = registry.library().MlflowClient().get_metric_history(version.run_id, "blocks.0/gradient")
    assert [(metric.step, metric.value) for metric in recorded] == [(0, 0.5), (1, 0.25)]


def test_model_that_a_better_champion_now_rejects_is_the_version_that_it_was(trained):
    number = enter(trained, "accepted", model_digest="overtaken")
    assert enter(trained, "rejected", model_digest="overtaken") == number
    matches = [known for known in registry.versions("flight_delay") if known.tags.get("digest") == "overtaken"]
    assert [known.tags["verdict"] for known in matches] == ["accepted"]


def test_model_that_was_rejected_and_now_passes_is_accepted_as_the_version_that_it_was(trained):
    number = enter(trained, "rejected", model_digest="late")
    assert enter(trained, "accepted", model_digest="late") == number
    version = versions.find("flight_delay", {"digest": "late"})
    assert (version.version, version.tags["verdict"]) == (number, "accepted")


def test_rejected_model_becomes_a_version_without_a_role(trained):
    number = enter(trained, "rejected", model_digest="0123456789abcdef")
    version = versions.find("flight_delay", {"digest": "0123456789abcdef"})
    assert (version.version, version.tags["verdict"]) == (number, "rejected")
    assert store.read("flight_delay") == RolloutState()


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
    assert len([known for known in registry.versions("flight_delay") if known.tags.get("digest") == "cut-off"]) == 1


def test_model_whose_files_are_lost_is_registered_again(trained):
    lost = enter(trained, "accepted", model_digest="lost")
    folder = next((settings().home / "mlflow").rglob(registry.known_version("flight_delay", lost).model_id))
    shutil.rmtree(folder)
    number = enter(trained, "accepted", model_digest="lost")
    assert number != lost and registry.load_version("flight_delay", number).model
    assert enter(trained, "accepted", model_digest="lost") == number


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
