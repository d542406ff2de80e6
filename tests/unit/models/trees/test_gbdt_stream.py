"""Boosters of streamed rows: those of the rows at once, on one worker and on two."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from capstan.ray_workers import start_ray
from models.trees.booster import encode
from models.trees.gbdt import fit
from models.trees.gbdt_stream import Spilled, fit_stream, spill
from pipelines.flight_delay import task

PARAMS = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 15, "num_threads": 1, "verbosity": -1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
ROUNDS = 10


@pytest.fixture(scope="module")
def ray() -> Iterator:
    import ray

    start_ray(cpus=3)
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def coded(rows) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flights as numbers, to learn from and to test on, float64."""
    rows = rows.iloc[::4]
    coding = {name: sorted(rows[name].dropna().unique()) for name in task.CATEGORIES}
    columns = {name: rows[name].to_list() for name in task.INPUTS}
    frame = pd.DataFrame(encode(columns, task.INPUTS, coding), columns=task.INPUTS)
    frame = frame.assign(late=rows["late"].astype(float).to_numpy())
    past = (rows["event_timestamp"] < task.TEST_FROM).to_numpy()
    return frame[past].reset_index(drop=True), frame[~past].reset_index(drop=True)


def streamed(ray, folder, frame: pd.DataFrame, workers: int, seed: int = 0, files: int = 8):
    for number, part in enumerate(np.array_split(np.arange(len(frame)), files)):
        frame.iloc[part].to_parquet(folder / f"{number:02}.parquet", index=False)
    dataset = ray.data.read_parquet(str(folder))
    return fit_stream(dataset, task.INPUTS, "late", task.CATEGORIES, PARAMS | {"seed": seed}, ROUNDS, workers)


def at_once(frame: pd.DataFrame, seed: int = 0):
    places = [task.INPUTS.index(name) for name in task.CATEGORIES]
    return fit(frame[task.INPUTS].to_numpy(), frame["late"].to_numpy(), places, PARAMS | {"seed": seed}, ROUNDS, 0)


@pytest.mark.slow
@pytest.mark.rotating
def test_one_worker_trains_the_same_booster_as_from_all_rows(ray, coded, tmp_path):
    past, future = coded
    booster = streamed(ray, tmp_path, past, workers=1)
    expected = at_once(past).predict(future[task.INPUTS])
    np.testing.assert_allclose(booster.predict(future[task.INPUTS]), expected, rtol=1e-12)
    assert "[force_row_wise: 0]" in booster.model_to_string(), "the bins are held a second time"


@pytest.mark.slow
@pytest.mark.rotating
def test_two_workers_are_as_good_within_the_spread_of_seeds(ray, coded, tmp_path):
    past, future = coded

    def area(booster) -> float:
        return roc_auc_score(future["late"], booster.predict(future[task.INPUTS]))

    # Rows drawn again for each tree, so that seeds differ.
    bagged = {"bagging_fraction": 0.5, "bagging_freq": 1}
    places = [task.INPUTS.index(name) for name in task.CATEGORIES]
    matrix, target = past[task.INPUTS].to_numpy(), past["late"].to_numpy()
    seeds = [area(fit(matrix, target, places, PARAMS | bagged | {"seed": seed}, ROUNDS, 0)) for seed in range(5)]
    spread = max(seeds) - min(seeds)
    two = area(streamed(ray, tmp_path, past, workers=2))
    assert min(seeds) - spread <= two <= max(seeds) + spread + 0.01
    assert two == pytest.approx(area(at_once(past)), abs=spread)


def test_a_worker_holds_one_batch_and_the_targets(tmp_path):
    names = [f"input {number}" for number in range(20)] + ["late"]
    table = {name: np.random.default_rng(number).normal(size=200_000) for number, name in enumerate(names)}
    batches = (
        {name: values[first : first + 5_000] for name, values in table.items()} for first in range(0, 200_000, 5_000)
    )
    tracemalloc.start()
    with (tmp_path / "rows").open("wb") as file:
        targets = spill(batches, names, file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(targets, table["late"].astype(np.float32))
    np.testing.assert_array_equal(Spilled(tmp_path / "rows", 20)[:, 3], table["input 3"])
    assert peak < sum(values.nbytes for values in table.values()) / 4


def test_rows_in_a_file_are_those_that_were_written(tmp_path):
    rows = np.random.default_rng(0).normal(size=(20, 3))
    (tmp_path / "rows").write_bytes(rows.tobytes())
    spilled = Spilled(tmp_path / "rows", 3)
    assert len(spilled) == 20
    np.testing.assert_array_equal(spilled[3:9], rows[3:9])
    np.testing.assert_array_equal(spilled[7], rows[7])
    np.testing.assert_array_equal(spilled[[1, 5]], rows[[1, 5]])
