"""A scheme on Ray workers: gloo between CPUs, nccl between GPUs.

A worker that is lost ends the attempt; all go on from the last checkpoint, in which each has its own part.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from capstan.ray_workers import JOB, LOST_WORKERS, resource, scaling, start_ray
from models.learning import checkpoints
from models.parallel.learning import State, Trained, learn
from models.parallel.plans import Plan
from models.parallel.schemes.base import Scheme
from models.parallel.workers import Workers

DONE = "trained.pt"


def fit(scheme: type[Scheme], plan: Plan, text: torch.Tensor, workers: int, proof: int, key: str) -> Trained:
    """Return what `workers` Ray workers have learned. key: of the checkpoints."""
    import ray
    from ray.train import CheckpointConfig, FailureConfig, RunConfig
    from ray.train.torch import TorchTrainer

    start_ray()
    result = TorchTrainer(
        _loop,
        train_loop_config={"scheme": scheme, "plan": plan, "text": ray.put(text), "proof": proof},
        scaling_config=scaling(workers, use_gpu=resource("GPU") >= workers),
        run_config=RunConfig(
            name=key,
            storage_path=JOB.storage or str(checkpoints.folder()),
            failure_config=FailureConfig(max_failures=LOST_WORKERS),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
    ).fit()
    assert result.checkpoint
    with result.checkpoint.as_directory() as folder:
        # Our own file of this run, which holds a dataclass.
        trained: Trained = torch.load(Path(folder) / DONE, map_location="cpu", weights_only=False)
    return trained


def _loop(config: dict[str, Any]) -> None:
    """Train as one of the workers. Each writes its own part of a checkpoint."""
    import ray.train
    from ray.train.torch import get_device

    device = get_device()
    if device.type == "cuda":
        torch.set_default_device(device)
    else:
        torch.set_num_threads(1)
    workers, last = Workers.joined(), ray.train.get_checkpoint()
    own = f"worker-{workers.rank}.pt"

    def report(name: str, content: object, step: int) -> None:
        with tempfile.TemporaryDirectory(prefix="capstan-train-") as folder:
            torch.save(content, Path(folder) / name)
            ray.train.report({"step": step}, checkpoint=ray.train.Checkpoint.from_directory(folder))

    state: State | None = None
    if last:
        with last.as_directory() as folder:
            if (Path(folder) / own).exists():
                state = torch.load(Path(folder) / own, map_location=device)
    text = ray.get(config["text"]).to(device)
    trained = learn(
        config["scheme"], config["plan"], text, workers, proof=config["proof"], state=state,
        after_round=lambda state: report(own, state, state["step"]),
    )  # fmt: skip
    report(DONE if workers.rank == 0 else own, trained if workers.rank == 0 else {}, config["plan"].steps)
