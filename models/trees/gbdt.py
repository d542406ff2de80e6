"""LightGBM on Ray: training in this process or on several workers, a search over parameters, calibration."""

import tempfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from capstan.data.batches import Batches, select
from capstan.ray_workers import start_ray
from models.linear import platt
from models.metrics.splits import levels, require_classes
from models.trees.booster import CalibratedBooster, encode
from models.trees.gbdt_workers import Params, Rows, fit_workers

if TYPE_CHECKING:
    import lightgbm

# `--tune` searches these ranges. A task gives the other parameters.
SEARCH = {"num_leaves": (15, 255), "min_data_in_leaf": (50, 1_000), "feature_fraction": (0.4, 1.0)}


def train_classifier(
    rows: pd.DataFrame | Batches,
    *,
    inputs: list[str],
    label: str,
    categories: list[str],
    calibrate: Callable[[pd.DataFrame], pd.Series],
    params: Params,
    rounds: int,
    seed: int,
    workers: int = 0,
    tune: int = 0,
) -> CalibratedBooster:
    """Return a booster fitted on all rows. Its calibration comes from one that has not seen the rows of `calibrate`.

    rows: the inputs and the 0/1 label; `Batches` are never held as a whole, and train on Ray workers. calibrate:
    returns a mask of the rows to calibrate on. workers: Ray workers, 0 for this process, and one for `Batches`.
    tune: trials of a random search, fitted on the other rows and scored on those of `calibrate`.
    """
    require_classes(select(rows, calibrate), label, "calibration")
    require_classes(select(rows, lambda part: ~calibrate(part)), label, "training")
    coding = {name: levels(rows, name) for name in categories}
    categorical = [inputs.index(name) for name in categories]
    params = params | {
        "objective": "binary",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }

    def coded(part: pd.DataFrame) -> Rows:
        columns = {name: part[name].to_list() for name in inputs}
        return encode(columns, inputs, coding), part[label].to_numpy(dtype=float)

    table: Coded
    if isinstance(rows, Batches):
        from models.trees.gbdt_stream import Streamed

        table = Streamed(rows, coded, calibrate, categorical, workers)
    else:
        table = Held(rows, coded, calibrate, categorical, workers)
    if tune:
        params |= _search(*table.held(), categorical, params, rounds, tune, seed)
    uncalibrated = table.fit(params, rounds, early=True)
    margins = [np.asarray(uncalibrated.predict(matrix, raw_score=True)) for matrix, _ in table.late()]
    slope, intercept = platt.line(np.concatenate(margins), np.concatenate([target for _, target in table.late()]))
    return CalibratedBooster(table.fit(params, rounds), inputs, coding, slope, intercept)


class Coded(Protocol):
    """Rows as numbers: early ones, and the late ones that calibrate what is trained on the early ones."""

    def fit(self, params: Params, rounds: int, early: bool = False) -> "lightgbm.Booster":
        """Return a booster trained on all rows, or on the early ones."""

    def late(self) -> Iterable[Rows]:
        """Return the late rows, in parts."""

    def held(self) -> tuple[Rows, Rows]:
        """Return early and late rows that fit into memory, to search parameters with."""


class Held:
    """A table that fits into memory."""

    def __init__(
        self, rows: pd.DataFrame, coded: Callable[[pd.DataFrame], Rows], late: Callable[[pd.DataFrame], pd.Series],
        categorical: list[int], workers: int,
    ):  # fmt: skip
        (matrix, target), mask = coded(rows), late(rows).to_numpy()
        self._all, self._parts = (matrix, target), ((matrix[~mask], target[~mask]), (matrix[mask], target[mask]))
        self._categorical, self._workers = categorical, workers

    def fit(self, params: Params, rounds: int, early: bool = False) -> "lightgbm.Booster":
        """Return a booster trained on all rows, or on the early ones."""
        rows: Rows = self._parts[0] if early else self._all
        return fit(*rows, self._categorical, params, rounds, self._workers)

    def late(self) -> Iterable[Rows]:
        """Return the late rows."""
        return self._parts[1:]

    def held(self) -> tuple[Rows, Rows]:
        """Return the early and the late rows."""
        return self._parts


def fit(
    matrix: np.ndarray, target: np.ndarray, categorical: list[int], params: Params, rounds: int, workers: int
) -> "lightgbm.Booster":
    """Return a LightGBM booster trained through Ray Train, on `workers` Ray workers or, with 0, in this process."""
    import ray

    data: Any = (matrix, target)
    if workers:
        start_ray()
        data = ray.put(data)  # one copy per machine
    return fit_workers(_share, {"data": data}, categorical, params, rounds, workers)


def _share(config: Params, rank: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every `size`th row and target."""
    import ray

    data = config["data"]
    matrix, target = ray.get(data) if isinstance(data, ray.ObjectRef) else data
    return matrix[rank::size], target[rank::size]


def _search(
    early: Rows, late: Rows, categorical: list[int], params: Params, rounds: int, trials: int, seed: int
) -> Params:
    """Return the parameters of the trial with the best ROC AUC on the rows held out for calibration."""
    from ray import tune

    def trial(config: Params, early: Rows, late: Rows) -> None:
        import lightgbm
        from sklearn.metrics import roc_auc_score

        rows = lightgbm.Dataset(early[0], early[1], categorical_feature=categorical)
        booster = lightgbm.train(params | config | {"num_threads": 1}, rows, rounds)
        tune.report({"roc_auc": roc_auc_score(late[1], booster.predict(late[0]))})

    start_ray()
    space = {
        name: tune.lograndint(low, high) if isinstance(low, int) and isinstance(high, int) else tune.uniform(low, high)
        for name, (low, high) in SEARCH.items()
    }
    search = tune.search.BasicVariantGenerator(random_state=seed)
    config = tune.TuneConfig(metric="roc_auc", mode="max", num_samples=trials, search_alg=search)
    with tempfile.TemporaryDirectory(prefix="capstan-tune-") as storage:
        tuner = tune.Tuner(
            tune.with_parameters(trial, early=early, late=late),
            param_space=space,
            tune_config=config,
            run_config=tune.RunConfig(storage_path=storage, verbose=0),
        )
        return tuner.fit().get_best_result().config or {}
