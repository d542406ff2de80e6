"""LightGBM through Ray Train: in this process, or on workers of which each has a share of the rows."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.ray_workers import JOB, LOST_WORKERS, scaling

if TYPE_CHECKING:
    import lightgbm
    import ray.data

Params = dict[str, Any]
Share = Callable[[Params, int, int], tuple[Any, np.ndarray]]  # of the loop's configuration, a rank, and how many
Rows = tuple[np.ndarray, np.ndarray]  # inputs (n, k), targets (n,)


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
                storage_path=JOB.storage or storage,
                failure_config=FailureConfig(max_failures=LOST_WORKERS if workers else 0),
            ),
            datasets=datasets,
        ).fit()
        assert result.checkpoint
        with result.checkpoint.as_directory() as checkpoint:
            return lightgbm.Booster(model_file=str(Path(checkpoint) / "model.txt"))


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
