"""The edge variant of a network: pruned, tuned again for a while, and with 8 bits per weight, as an ONNX file."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from models.vision import learning, onnx_networks, pruning
from models.vision.convolutional import ConvolutionalNetwork

if TYPE_CHECKING:
    import torch
    from torch import nn

    from models.vision.learning import Plan

KEEP = 0.75  # of each layer's filters
BATCHES = 60  # to tune again, or an epoch where that has more
RATE = 0.001


def variant(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, plan: Plan) -> bytes:
    """Return the edge variant. images: bytes, those that the network has learned from."""
    small = network
    if isinstance(network, ConvolutionalNetwork):  # of the others, only the weights become smaller
        small = pruning.pruned(network, KEEP)
        epochs = max(1, math.ceil(BATCHES * plan.batch / len(images)))
        learning.fit(small, images, labels, replace(plan, epochs=epochs, rate=RATE))
    sample = learning.scaled(images[: onnx_networks.CALIBRATION]).numpy()
    return onnx_networks.quantized(onnx_networks.exported(small), sample)
