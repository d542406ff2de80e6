"""From images to what is served."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from capstan.versions import code
from models.learning import checkpoints
from models.learning.ray_training import fit_on_workers
from models.vision import edge, onnx_networks, outlier_exposure
from models.vision import temperature as calibration
from models.vision.learning import Plan, fit, scaled
from models.vision.nearest import Nearest
from models.vision.networks import NETWORKS
from pipelines.digits import guard, pages
from pipelines.digits.model import DigitModel, guard_inputs

if TYPE_CHECKING:
    import pandas as pd
    from onnxruntime import InferenceSession
    from torch import nn

HELD_OUT = 12  # one image in twelve
PAGES = 130  # of those, on simulated pages


def tensors(rows: pd.DataFrame) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images, bytes of shape (n, 1, 28, 28), and the labels, shape (n,)."""
    pixels = np.frombuffer(b"".join(rows["pixels"]), dtype=np.uint8).reshape(-1, 1, 28, 28)
    return torch.from_numpy(pixels.copy()), torch.from_numpy(np.ascontiguousarray(rows["label"], dtype=np.int64))


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
    """Return the key of a training's checkpoints. An edit of any module of ours that trains changes it."""
    return checkpoints.key(name, str(dataclasses.astuple(plan)), data, *code.imported([Path(__file__)]))


def learn(
    name: str, plan: Plan, data: tuple[torch.Tensor, torch.Tensor], device: torch.device, **more: Any
) -> nn.Module:
    """Return a network that has learned on a device. more: as in `models.vision.learning.fit`."""
    torch.manual_seed(plan.seed)
    images, labels = (tensor.to(device) for tensor in data)
    return fit(NETWORKS[name]().to(device), images, labels, plan, **more)


def train(rows: pd.DataFrame, name: str, plan: Plan, workers: int) -> DigitModel:
    """Return a network and its edge variant, as ONNX files and as weights.

    The last images are held out: they set the temperature and the limit of what is a digit.
    """
    images, labels = tensors(rows)
    first = len(images) - max(1, len(images) // HELD_OUT)
    past, held = (images[:first], labels[:first]), images[first:]
    learned = network(name, *past, plan, workers)
    weights = {key: value.numpy() for key, value in learned.state_dict().items()}
    full = onnx_networks.exported(learned)
    opened = onnx_networks.session(full)
    pixels = scaled(held).numpy()
    temperature = calibration.temperature(onnx_networks.logits(opened, pixels), labels[first:].numpy())
    against_others = guarded(opened, scaled(past[0][: guard.MOST_DIGITS]).numpy(), pixels, plan.seed)
    baseline = Nearest(scaled(past[0]).numpy(), past[1].numpy())
    return DigitModel(name, weights, full, edge.variant(learned, *past, plan), temperature, against_others, baseline)


def guarded(opened: InferenceSession, digits: np.ndarray, held: np.ndarray, seed: int) -> outlier_exposure.Guard:
    """Return a guard that has learned from digits, with its limit from others: as they are, and on pages."""

    def features(pixels: np.ndarray) -> np.ndarray:
        return guard_inputs(opened, pixels)[0]

    fitted = outlier_exposure.fit(features(digits), features(guard.negatives(digits, seed)), seed)
    seen = np.concatenate([held, pages.seen(held[:PAGES], seed)])
    fitted.limit = float(np.quantile(fitted.scores(features(seen)), 1 - guard.REFUSED))
    return fitted
