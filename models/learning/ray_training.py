"""Data-parallel training on Ray workers: each sees its part of every batch, and the gradients are averaged.

What is trained on is the same for all, or a table that Ray Data streams to them.

A worker that is lost ends the attempt; all go on from the last checkpoint. So does a training whose driver died,
when it is started again with the same key.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from capstan.ray_workers import JOB, LOST_WORKERS, resource, scaling, start_ray
from models.learning import checkpoints
from models.learning.torch_stream import Stream
from models.learning.training import State

if TYPE_CHECKING:
    import ray.data


class Learn(Protocol):
    """A function of a module, which trains one worker's share with `training.fit` and passes `more` on to it."""

    def __call__(self, data: Any, device: torch.device, *, share: int, shares: int, **more: Any) -> Any:
        """Train with the batches of share `share` of `shares`. data: what the driver gave, to be moved to `device`."""


def fit_on_workers(
    learn: Learn, data: Any, workers: int, key: str, rows: ray.data.Dataset | None = None
) -> dict[str, torch.Tensor]:
    """Return the weights of a network that `workers` Ray workers have trained. key: of the checkpoints.

    rows: a table that no worker has to hold. `learn` then gets its part as `rows`, a `torch_stream.Stream`.
    """
    import ray
    from ray.train import CheckpointConfig, FailureConfig, RunConfig
    from ray.train.torch import TorchTrainer

    start_ray()
    if rows is not None:  # in the order of the files: the same rows for the same worker each time
        ray.data.DataContext.get_current().execution_options.preserve_order = True
    result = TorchTrainer(
        _loop,
        train_loop_config={"learn": learn, "data": ray.put(data), "streams": rows is not None},  # one copy per machine
        scaling_config=scaling(workers, use_gpu=resource("GPU") >= workers),
        run_config=RunConfig(
            name=key,
            storage_path=JOB.storage or str(checkpoints.folder()),
            failure_config=FailureConfig(max_failures=LOST_WORKERS),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
        datasets={"train": rows} if rows is not None else None,
    ).fit()
    assert result.checkpoint
    weights: dict[str, torch.Tensor] = _read(result.checkpoint)["network"]
    return weights


def _loop(config: dict[str, Any]) -> None:
    """Train on this worker's share of each batch. The first worker reports the checkpoint, which all share."""
    import ray.train
    from ray.train.torch import get_device, prepare_model

    context = ray.train.get_context()
    rank, size = context.get_world_rank(), context.get_world_size()
    last = ray.train.get_checkpoint()

    def report(state: State) -> None:
        with tempfile.TemporaryDirectory(prefix="capstan-train-") as folder:
            if rank == 0:
                torch.save(state, Path(folder) / "state.pt")
            checkpoint = ray.train.Checkpoint.from_directory(folder) if rank == 0 else None
            ray.train.report({"epochs": state["epochs"]}, checkpoint=checkpoint)

    more = {"rows": Stream(ray.train.get_dataset_shard("train"))} if config["streams"] else {}
    config["learn"](
        ray.get(config["data"]),
        get_device(),
        share=rank,
        shares=size,
        joined=prepare_model,
        state=_read(last) if last else None,
        after_epoch=report,
        **more,
    )


def _read(checkpoint: Any) -> State:
    with checkpoint.as_directory() as folder:
        state: State = torch.load(Path(folder) / "state.pt", map_location="cpu")
        return state
