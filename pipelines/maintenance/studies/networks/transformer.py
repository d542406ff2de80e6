"""A small transformer over pieces of a window: Vaswani et al. (2017), "Attention is all you need", encoder alone."""

import torch
from torch import nn

PIECE = 5  # cycles that make one position


class Transformer(nn.Module):
    """Two layers of attention over pieces of the window, with learned positions, and the mean of what is left."""

    def __init__(self, inputs: int, cycles: int, width: int = 48):
        super().__init__()
        self.read = nn.Linear(inputs * PIECE, width)
        self.places = nn.Parameter(0.02 * torch.randn(cycles // PIECE, width))
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.layers, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(width, 1)

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        """Return one number per window, shape (n,). window: shape (n, cycles, inputs)."""
        pieces = window.reshape(len(window), -1, PIECE * window.shape[2])
        outputs: torch.Tensor = self.head(self.layers(self.read(pieces) + self.places).mean(dim=1)).squeeze(1)
        return outputs
