"""What is served: a network as an ONNX file. Its weights and its edge variant travel with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.model import Model
from pipelines.digits import onnx_files
from pipelines.digits.pixels import from_file

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from torch import nn

    from capstan.model import Columns


class DigitModel(Model):
    """A network that reads digits. The endpoint runs it with ONNX Runtime, so it does not need torch."""

    inputs = {"image": "binary"}
    requirements = ("numpy", "onnxruntime", "pillow")

    def __init__(self, name: str, weights: dict[str, np.ndarray], onnx: bytes, edge: bytes):
        """name: of the network's class. onnx, edge: files of the network, and of its edge variant."""
        self.name, self.weights, self.onnx, self.edge = name, weights, onnx, edge

    @cached_property
    def session(self) -> InferenceSession:
        """The network, ready to answer."""
        return onnx_files.session(self.onnx)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: everything but the session."""
        return {name: value for name, value in vars(self).items() if name != "session"}

    def network(self) -> nn.Module:
        """Return the network in torch, to attack it or to train it further."""
        import torch

        from pipelines.digits.networks import NETWORKS

        network = NETWORKS[self.name]()
        network.load_state_dict({key: torch.from_numpy(value) for key, value in self.weights.items()})
        return network.eval()

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the likeliest `digit`, and the `probabilities` of all ten."""
        shares = self.probabilities(np.stack([from_file(image) for image in columns["image"]]))
        named = [{str(digit): float(share) for digit, share in enumerate(row)} for row in shares]
        return {"digit": shares.argmax(axis=1), "probabilities": named}

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Return how likely each digit is, shape (n, 10). pixels: from 0 to 1, shape (n, 1, 28, 28)."""
        logits = onnx_files.logits(self.session, pixels).astype(float)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return shares
