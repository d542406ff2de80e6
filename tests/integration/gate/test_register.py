"""Registration, with a real MLflow server: what is registered once, with its lineage."""

import shutil
from pathlib import Path

import pytest

from capstan.contract.bounds import at_least, on_few
from capstan.data.batches import Batches
from capstan.data.files import digest, read_json, read_tables, write_json, write_tables
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import best, registry, runs
from components.train.core import HISTORY
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CALIBRATE_FROM, TEST_FROM
from tests.integration.gate.conftest import enter
from tests.support import versions

pytestmark = pytest.mark.usefixtures("empty_registry")


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


def test_model_is_registered_once_with_its_lineage(trained):
    number = enter(trained, "accepted")
    assert enter(trained, "accepted") == number
    [version] = [known for known in registry.versions("flight_delay") if known.tags.get("digest") == trained["digest"]]
    assert version.tags["verdict"] == "accepted" and version.tags["test_digest"] == digest(Path(trained["test"]))
    assert runs.run_metrics(version.run_id) == pytest.approx(read_json(trained["scores.json"]))
    assert version.version == number and store.read("flight_delay") == RolloutState()


def test_version_says_which_values_of_its_units_are_better_and_by_which_bounds_it_was_judged(trained):
    number = enter(trained, "accepted", "with units", trained["units"])
    version = registry.version("flight_delay", number)
    better, count = best.of_tags([version]), int(version.tags[best.COUNT])
    assert better and count and better == {name: best.of_bounds(task.THRESHOLDS)[name] for name in better}
    assert {best.HIGHER, best.LOWER} >= set(better.values())
    bound = {"auc": at_least(0.7)}
    few, many = (on_few(bound, units, limits={"auc": 0.6}) for units in (count + 1, count))
    limits = [best.bounds_of("flight_delay", number, bounds)["auc"].limit for bounds in (bound, few, many)]
    assert limits == [0.7, 0.6, 0.7]


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
