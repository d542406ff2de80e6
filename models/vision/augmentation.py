"""Other handwritings for free: each image of a batch a little turned, slanted, scaled and moved."""

import math

import torch
from torch.nn import functional

TURN = math.radians(10)
SLANT, SCALE, MOVE = 0.15, 0.1, 2 / 14  # MOVE: two pixels, in the units of a grid from -1 to 1


def distorted(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return images of the same shape, (n, 1, 28, 28), each under its own affine map."""

    def drawn(most: float) -> torch.Tensor:
        values = torch.rand(len(images), generator=generator, dtype=images.dtype) * 2 - 1
        return values.to(images.device) * most

    turn, slant, scale = drawn(TURN), drawn(SLANT), 1 + drawn(SCALE)
    cos, sin = torch.cos(turn) / scale, torch.sin(turn) / scale
    first = torch.stack([cos, slant * cos - sin, drawn(MOVE)], dim=1)
    second = torch.stack([sin, slant * sin + cos, drawn(MOVE)], dim=1)
    grid = functional.affine_grid(torch.stack([first, second], dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
