"""What is served: a network as an ONNX file, how sure it may be, and what is no digit.

Its weights and its edge variant travel with it, and so does the baseline that it must beat.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from models.vision import onnx_networks
from models.vision import temperature as calibration
from pipelines.digits.pixels import from_file

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from torch import nn

    from capstan.contract.model import Columns
    from models.vision.nearest import Nearest
    from models.vision.outlier_exposure import Guard

NO_DIGIT = "no digit"


class DigitModel(Model):
    """A network that reads digits. The endpoint runs it with ONNX Runtime, so it does not need torch."""

    inputs = {"image": "binary"}
    requirements = ("numpy", "onnxruntime", "pillow", "scipy")

    def __init__(
        self,
        name: str,
        weights: dict[str, np.ndarray],
        onnx: bytes,
        edge: bytes,
        temperature: float,
        guard: Guard,
        nearest: Nearest,
    ):
        """name: of the network's class. onnx, edge: files of the network, and of its edge variant."""
        self.name, self.weights, self.onnx, self.edge = name, weights, onnx, edge
        self.temperature, self.guard, self.nearest = temperature, guard, nearest

    @cached_property
    def session(self) -> InferenceSession:
        """The network, ready to answer."""
        return onnx_networks.session(self.onnx)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: everything but the session."""
        return {name: value for name, value in vars(self).items() if name != "session"}

    def network(self) -> nn.Module:
        """Return the network in torch, to attack it or to train it further."""
        import torch

        from models.vision.networks import NETWORKS

        network = NETWORKS[self.name]()
        network.load_state_dict({key: torch.from_numpy(value) for key, value in self.weights.items()})
        return network.eval()

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the likeliest `digit`, or "no digit", and the `probabilities` of all ten."""
        shares, known = self.answers(np.stack([from_file(image) for image in columns["image"]]))
        named = [{str(digit): float(share) for digit, share in enumerate(row)} for row in shares]
        return {"digit": named_digits(shares, known), "probabilities": named}

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Return how likely each digit is, shape (n, 10). pixels: from 0 to 1, shape (n, 1, 28, 28)."""
        return self.answers(pixels)[0]

    def answers(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how likely each digit is, shape (n, 10), and whether it is a digit at all, shape (n,)."""
        seen, logits = guard_inputs(self.session, pixels)
        return calibration.probabilities(logits, self.temperature), self.guard.scores(seen) <= self.guard.limit


def guard_inputs(session: InferenceSession, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the guard reads, features and then logits, a row per image; and the logits alone, shape (n, 10)."""
    features, logits = onnx_networks.outputs(session, pixels, [onnx_networks.FEATURES, onnx_networks.OUTPUT])
    return np.concatenate([features, logits], axis=1), logits


def named_digits(shares: np.ndarray, known: np.ndarray) -> list[str]:
    """Return the answers. shares: shape (n, 10). known: shape (n,)."""
    return [str(digit) if is_digit else NO_DIGIT for digit, is_digit in zip(shares.argmax(axis=1), known, strict=True)]
