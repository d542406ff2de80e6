"""From images to what is served."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from models import checkpoints
from models.ray_training import fit_on_workers
from pipelines.digits import edge, onnx_files
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
    data = (images, labels)
    key = key_of(name, data, plan)
    if workers:
        trained = NETWORKS[name]()
        trained.load_state_dict(fit_on_workers(partial(learn, name, plan), data, workers, key))
    else:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        state, write = checkpoints.latest(key), partial(checkpoints.write, key)
        trained = learn(name, plan, data, device, state=state, after_epoch=write)
    checkpoints.clear(key)
    return trained.cpu().eval()


def key_of(name: str, data: tuple[torch.Tensor, torch.Tensor], plan: Plan) -> str:
    """Return the key of a training's checkpoints."""
    return checkpoints.key(name, str(dataclasses.astuple(plan)), data, Path(__file__).parent)


def learn(
    name: str, plan: Plan, data: tuple[torch.Tensor, torch.Tensor], device: torch.device, **more: Any
) -> nn.Module:
    """Return a network that has learned on a device. more: as in `pipelines.digits.learning.fit`."""
    torch.manual_seed(plan.seed)
    images, labels = (tensor.to(device) for tensor in data)
    return fit(NETWORKS[name]().to(device), images, labels, plan, **more)


def train(rows: pd.DataFrame, name: str, plan: Plan, workers: int) -> DigitModel:
    """Return a network and its edge variant, as ONNX files and as weights."""
    images, labels = tensors(rows)
    learned = network(name, images, labels, plan, workers)
    weights = {key: value.numpy() for key, value in learned.state_dict().items()}
    return DigitModel(name, weights, onnx_files.exported(learned), edge.variant(learned, images, labels, plan))
