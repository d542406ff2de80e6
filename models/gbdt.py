"""LightGBM on Ray: training in this process or on several workers, a search over parameters, calibration."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from capstan.batches import Batches, select
from capstan.ray_workers import LOST_WORKERS, scaling, start_ray
from capstan.settings import settings
from models import platt
from models.booster import CalibratedBooster, encode
from models.splits import levels, require_classes

if TYPE_CHECKING:
    import lightgbm
    import ray.data

Params = dict[str, Any]
Share = Callable[[Params, int, int], tuple[Any, np.ndarray]]  # of the loop's configuration, a rank, and how many
Rows = tuple[np.ndarray, np.ndarray]  # inputs (n, k), targets (n,)

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
        from models.gbdt_stream import Streamed

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


def fit_workers(
    share: Share,
    more: Params,
    categorical: list[int],
    params: Params,
    rounds: int,
    workers: int,
    datasets: "dict[str, ray.data.Dataset | Callable[[], ray.data.Dataset]] | None" = None,
) -> "lightgbm.Booster":
    """Return a booster that workers have trained. share: returns a worker's rows and targets, and gets `more`.

    datasets: of Ray Data, of which each worker gets its part.
    """
    import lightgbm
    from ray.train import FailureConfig, RunConfig
    from ray.train.lightgbm import LightGBMTrainer

    with tempfile.TemporaryDirectory(prefix="capstan-train-") as storage:
        own = {"share": share, "categorical": categorical, "params": params, "rounds": rounds, "storage": storage}
        result = LightGBMTrainer(
            _loop,
            train_loop_config=own | more,
            scaling_config=scaling(workers),
            run_config=RunConfig(
                storage_path=settings().ray_storage or storage,
                failure_config=FailureConfig(max_failures=LOST_WORKERS if workers else 0),
            ),
            datasets=datasets,
        ).fit()
        assert result.checkpoint
        with result.checkpoint.as_directory() as checkpoint:
            return lightgbm.Booster(model_file=str(Path(checkpoint) / "model.txt"))


def _share(config: Params, rank: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every `size`th row and target."""
    import ray

    data = config["data"]
    matrix, target = ray.get(data) if isinstance(data, ray.ObjectRef) else data
    return matrix[rank::size], target[rank::size]


def _loop(config: Params) -> None:
    """Fit on this worker's share of the rows. LightGBM's own network joins the histograms of all workers."""
    import lightgbm
    import ray.train
    from ray.train.lightgbm import get_network_params

    context = ray.train.get_context()
    rank, size = context.get_world_rank(), context.get_world_size()
    rows, target = config["share"](config, rank, size)
    share = lightgbm.Dataset(rows, target, categorical_feature=config["categorical"])
    network = {"tree_learner": "data", "pre_partition": True, **get_network_params()} if size > 1 else {}
    booster = lightgbm.train(config["params"] | network, share, config["rounds"])
    # In process, Ray Train keeps the checkpoint where it was written, so the folder must outlive the loop.
    folder = Path(config["storage"]) / f"rank-{rank}"
    folder.mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / "model.txt")
    # Every worker has the same booster, and each must report. The first one reports the checkpoint.
    checkpoint = ray.train.Checkpoint.from_directory(folder) if rank == 0 else None
    ray.train.report({"trees": booster.num_trees()}, checkpoint=checkpoint)


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
