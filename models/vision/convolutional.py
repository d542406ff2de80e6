"""A small convolutional network that reads digits: two blocks of two convolutions, then two dense layers.

Reference: torch.nn.Sequential of the same layers, logits within 1e-4.
"""

from collections.abc import Callable

import torch
from torch import nn

CLASSES = 10
SIZE = 28  # pixels
CHANNELS, HIDDEN = (16, 16, 32, 32), 128
DROPOUT = 0.3


class ConvolutionalNetwork(nn.Module):
    """Images, shape (n, 1, 28, 28), to the logits of the ten digits, shape (n, 10)."""

    def __init__(
        self,
        channels: tuple[int, ...] = CHANNELS,
        hidden: int = HIDDEN,
        classes: int = CLASSES,
        dropout: float = DROPOUT,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
    ):
        """norm: what normalises so many channels."""
        super().__init__()
        pairs = zip((1, *channels), channels, strict=False)
        self.convolutions = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1, bias=False) for pair in pairs)
        self.norms = nn.ModuleList(norm(count) for count in channels)
        self.hidden = nn.Linear(channels[-1] * 7 * 7, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        for place, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            images = norm(convolution(images)).relu()
            if place % 2:  # 28 x 28 pixels become 14 x 14, and then 7 x 7
                images = nn.functional.max_pool2d(images, 2)
        logits: torch.Tensor = self.output(self.dropout(self.hidden(images.flatten(1)).relu()))
        return logits
