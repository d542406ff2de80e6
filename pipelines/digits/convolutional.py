"""The network that is served: two blocks of two convolutions, then two dense layers. 0.4 million weights."""

import torch
from torch import nn

CLASSES = 10


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a convolution of 3 x 3, normalized over the batch, and a ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class ConvolutionalNetwork(nn.Module):
    """Images, shape (n, 1, 28, 28), to the logits of the ten digits, shape (n, 10)."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.features = nn.Sequential(
            *(convolution(1, width), convolution(width, width), nn.MaxPool2d(2)),
            *(convolution(width, 2 * width), convolution(2 * width, 2 * width), nn.MaxPool2d(2)),
        )
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(2 * width * 7 * 7, 128), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(128, CLASSES)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits
