"""The trainer: the same twice, true probabilities, unknown values, and the same quality on real Ray workers."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pandas as pd
import psutil
import pytest
from sklearn.metrics import roc_auc_score

from capstan.data.batches import Batches
from capstan.data.files import write_tables
from capstan.errors import CapstanError
from capstan.ray_workers import start_ray
from components.train.core import train
from models.metrics.binary import calibration_error
from models.trees.gbdt import fit, train_classifier
from pipelines.flight_delay import columns, task
from tests.support.processes import wait_until

LONG = 5_000  # rounds that take more than five seconds


@pytest.fixture(scope="module")
def past(rows) -> pd.DataFrame:
    return rows[rows["event_timestamp"] < task.TEST_FROM].reset_index(drop=True)


@pytest.fixture(scope="module")
def future(rows) -> pd.DataFrame:
    return rows[rows["event_timestamp"] >= task.TEST_FROM].reset_index(drop=True)


@pytest.fixture(scope="module")
def model(past):
    return quick(past, seed=0)


@pytest.fixture(scope="module")
def ray():
    """Ray, ended after the tests that start it."""
    import ray

    yield ray
    ray.shutdown()


def area(model, frame: pd.DataFrame) -> float:
    return roc_auc_score(frame["late"], model.probability(frame))


def quick(frame: pd.DataFrame, inputs: list[str] = task.INPUTS, **options):
    """Return a small model of the flagship's kind."""
    return train_classifier(
        frame,
        inputs=inputs,
        label="late",
        categories=[column for column in task.CATEGORIES if column in inputs],
        calibrate=lambda part: part["event_timestamp"] >= task.CALIBRATE_FROM,
        params={"learning_rate": 0.1, "num_leaves": 15, "bagging_fraction": 0.8, "bagging_freq": 1, "num_threads": 1},
        rounds=40,
        **options,
    )


def test_model_finds_what_is_there_to_find(model, future):
    best = roc_auc_score(future["late"], future["probability"])
    assert best - 0.02 < area(model, future) <= best + 0.005


@pytest.mark.slow
def test_same_seed_and_rows_give_the_same_digest_and_another_seed_or_row_another(past, tmp_path):
    few = past.iloc[::10].reset_index(drop=True)
    changed = few.assign(late=few["late"].where(few.index != 5, 1 - few["late"]))
    for folder, frame in {"rows": few, "other": changed}.items():
        write_tables({"flights": frame}, tmp_path / folder)

    def digest(rows: str, name: str, seed: int) -> str:
        return train("flight_delay", str(tmp_path / rows), str(tmp_path / name), {"seed": seed})

    first = digest("rows", "first", 0)
    assert digest("rows", "again", 0) == first
    assert digest("rows", "seed", 1) != first
    assert digest("other", "label", 0) != first


def test_probabilities_are_truer_than_those_of_a_shifted_model(past, future):
    """Taught on rows in which late flights are far too frequent, the booster alone says "late" too often."""
    early = past["event_timestamp"] < task.CALIBRATE_FROM
    dropped = early & (past["late"] == 0) & (past.index % 10 < 8)
    model = quick(past[~dropped].reset_index(drop=True), seed=0)
    target, calibrated = future["late"].to_numpy(), model.probability(future)
    assert calibration_error(target, calibrated) < 0.05
    model.slope, model.intercept = 1.0, 0.0
    shifted = model.probability(future)
    assert calibration_error(target, shifted) > 3 * calibration_error(target, calibrated)
    assert roc_auc_score(target, shifted) == pytest.approx(roc_auc_score(target, calibrated))


def test_unknown_categories_and_missing_values_are_predicted_as_missing(model, future):
    known = future[task.INPUTS].head(50).astype(dict.fromkeys(task.CATEGORIES, object))
    unknown = model.probability(known.assign(carrier="ZZ", dest="NWH"))
    absent = model.probability(known.assign(carrier=None, dest=np.nan))
    assert unknown == pytest.approx(absent)
    assert unknown != pytest.approx(model.probability(known))
    nothing = model.predict_columns({column: [None] for column in task.INPUTS})["probability"]
    assert nothing.shape == (1,) and 0 < nothing[0] < 1


def test_row_alone_is_predicted_as_among_others_and_from_columns_as_from_a_frame(model, future):
    frame = future[task.INPUTS].head(2_000)
    together = model.probability(frame)
    assert together.shape == (2_000,) and ((together > 0) & (together < 1)).all()
    alone = [model.probability({name: [frame.at[row, name]] for name in task.INPUTS})[0] for row in range(20)]
    assert alone == pytest.approx(together[:20].tolist(), abs=1e-12)
    turned = {name: frame[name].to_list() for name in reversed(task.INPUTS)}
    assert (model.probability(turned) == together).all()


def test_inputs_may_be_fewer_than_the_task_has(past, future):
    inputs = ["carrier", *columns.GROUPS["weather"]]
    model = quick(past, inputs, seed=0)
    assert list(model.inputs) == inputs and list(model.categories) == ["carrier"]
    assert 0.5 < area(model, future) < roc_auc_score(future["late"], future["probability"]) - 0.05


@pytest.mark.rotating
def test_two_ray_workers_give_as_good_a_model_as_this_process(past, future, ray):
    past = past.iloc[::2].reset_index(drop=True)
    alone = quick(past, seed=0)
    shared = quick(past, seed=0, workers=2)
    assert ray.is_initialized()
    assert area(shared, future) == pytest.approx(area(alone, future), abs=0.01)
    # A worker that kept to its own half would give another model than the two together.
    assert shared.booster.num_trees() == alone.booster.num_trees()
    root = shared.booster.dump_model()["tree_info"][0]["tree_structure"]
    assert root["internal_count"] == pytest.approx(0.8 * len(past), rel=0.05)  # what bagging leaves of all rows


@pytest.mark.rotating
def test_training_that_loses_a_worker_begins_again(past, ray):
    numbers = [column for column in task.INPUTS if column not in task.CATEGORIES]
    few = past.iloc[::4]
    matrix, late = few[numbers].to_numpy(dtype=float), few["late"].to_numpy(dtype=float)
    params = {"objective": "binary", "num_leaves": 15, "num_threads": 1, "deterministic": True, "verbosity": -1}
    killed = set()

    def kill_the_first():
        wait_until(lambda: any(trains(process) for process in workers()))
        for process in workers():
            process.kill()
            killed.add(process.pid)

    start_ray()
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_the_first)
        again = fit(matrix, late, [], params, LONG, 1)
        killing.result()
    assert killed
    assert (again.predict(matrix[::100]) == fit(matrix, late, [], params, LONG, 0).predict(matrix[::100])).all()


def trains(worker: psutil.Process) -> bool:
    """Return whether a process is in the middle of its training: 3 s of the processor's time go by before."""
    with suppress(psutil.Error):
        return worker.cpu_times().user > 5
    return False


def workers() -> set[psutil.Process]:
    """Return the processes that train for Ray."""
    processes = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "TrainWorker" in " ".join(process.cmdline()):
                processes.add(process)
    return processes


@pytest.mark.rotating
def test_search_over_parameters_gives_a_model_and_its_seed_decides_which(past, future, ray):
    few = past.iloc[::2].reset_index(drop=True)
    first, again = (quick(few, seed=3, tune=2) for _ in range(2))
    assert area(first, future) > 0.75
    assert first.booster.params["num_leaves"] != 15
    assert (first.probability(future) == again.probability(future)).all()


@pytest.mark.rotating
@pytest.mark.parametrize("options", [{}, {"tune": 2}], ids=["", "searched"])
def test_batches_on_one_worker_give_the_model_of_the_whole_table(past, future, ray, options):
    few = past.iloc[::4].reset_index(drop=True)
    batches = Batches(lambda: (few[:1_500], few[1_500:1_501], few[1_501:]))
    whole, streamed = (quick(table, seed=1, **options) for table in (few, batches))
    assert streamed.categories == whole.categories
    np.testing.assert_allclose(streamed.probability(future), whole.probability(future), rtol=1e-9)


def test_batches_without_both_classes_to_calibrate_on_are_refused(past):
    late = past["event_timestamp"] >= task.CALIBRATE_FROM
    one_class = past[~late | (past["late"] == 0)]
    with pytest.raises(CapstanError, match=r"calibration set has \d+ labelled rows of fewer"):
        quick(Batches(lambda: (one_class[:100], one_class[100:])), seed=0)
    with pytest.raises(CapstanError, match="training set has 0 labelled rows"):
        quick(past[late], seed=0)
