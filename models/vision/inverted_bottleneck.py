"""EfficientNet's block from scratch, after Tan and Le (2019), https://arxiv.org/abs/1905.11946, in a small network.

Channels are widened, each is convolved alone, weighed by squeeze and excitation, and narrowed again: many fewer
products than a convolution over all channels.

Reference: torch.nn.functional.conv2d of each channel alone, 1e-4.
"""

import torch
from torch import nn

CLASSES = 10


class SqueezeExcitation(nn.Module):
    """Weigh each channel by what the means of all channels say, after Hu et al. (2017)."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the channels, shape (n, c, h, w), each times a weight from 0 to 1."""
        weighed: torch.Tensor = images * self.weigh(images)
        return weighed


class InvertedBottleneck(nn.Module):
    """Widen, convolve each channel alone, weigh, narrow; and add what came in, where the shapes are the same."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, widen: int = 4, kernel: int = 3):
        super().__init__()
        inner = inputs * widen
        self.adds = stride == 1 and inputs == outputs
        self.steps = nn.Sequential(
            *(nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.SiLU()),
            nn.Conv2d(inner, inner, kernel, stride=stride, padding=kernel // 2, groups=inner, bias=False),
            *(nn.BatchNorm2d(inner), nn.SiLU(), SqueezeExcitation(inner, max(1, inputs // 4))),
            *(nn.Conv2d(inner, outputs, 1, bias=False), nn.BatchNorm2d(outputs)),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the narrowed channels, shape (n, outputs, h / stride, w / stride)."""
        changed: torch.Tensor = self.steps(images)
        return images + changed if self.adds else changed


class EfficientNetwork(nn.Module):
    """Images, shape (n, 1, 28, 28), to the logits of the ten digits, shape (n, 10)."""

    def __init__(self, width: int = 16):
        super().__init__()
        self.steps = nn.Sequential(
            *(nn.Conv2d(1, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.SiLU()),
            *(InvertedBottleneck(width, width), InvertedBottleneck(width, 2 * width, stride=2)),
            *(InvertedBottleneck(2 * width, 2 * width), InvertedBottleneck(2 * width, 4 * width, kernel=5)),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * width, CLASSES)),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        logits: torch.Tensor = self.steps(images)
        return logits
