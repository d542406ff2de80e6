"""From images to what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from pipelines.digits import checkpoints, edge, onnx_files
from pipelines.digits.distributed import fit_on_workers
from pipelines.digits.learning import Plan, fit
from pipelines.digits.model import DigitModel
from pipelines.digits.networks import NETWORKS

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn


def tensors(rows: pd.DataFrame) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images, bytes of shape (n, 1, 28, 28), and the labels, shape (n,)."""
    pixels = np.frombuffer(b"".join(rows["pixels"]), dtype=np.uint8).reshape(-1, 1, 28, 28)
    return torch.from_numpy(pixels.copy()), torch.from_numpy(rows["label"].to_numpy(dtype=np.int64))


def network(name: str, images: torch.Tensor, labels: torch.Tensor, plan: Plan, workers: int = 0) -> nn.Module:
    """Return a network that has learned, here or on Ray workers. One that was interrupted goes on where it was."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(plan.seed)
    found, key = NETWORKS[name](), checkpoints.key(name, plan, images, labels)
    if workers:
        found.load_state_dict(fit_on_workers(name, images, labels, plan, workers, key))
    else:
        fit(
            found.to(device),
            images.to(device),
            labels.to(device),
            plan,
            state=checkpoints.latest(key),
            after_epoch=lambda state: checkpoints.write(key, state),
        )
    checkpoints.clear(key)
    return found.cpu().eval()


def train(rows: pd.DataFrame, name: str, plan: Plan, workers: int) -> DigitModel:
    """Return a network and its edge variant, as ONNX files and as weights."""
    images, labels = tensors(rows)
    learned = network(name, images, labels, plan, workers)
    weights = {key: value.numpy() for key, value in learned.state_dict().items()}
    return DigitModel(name, weights, onnx_files.exported(learned), edge.variant(learned, images, labels, plan))
