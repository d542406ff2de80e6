"""Windows as sequences for the neural networks: what is known at each half-hour of the week and of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.forecasting.alike import alike
from models.forecasting.windows import DAY, WEEK, Windows

if TYPE_CHECKING:
    import torch

HARMONICS = 4
CONTEXT = 2 * DAY  # half-hours before the day that a network reads; what is older comes as lags
FIRST = WEEK - CONTEXT
COMFORT = 18.0  # degrees C: about where neither heating nor cooling is on


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of the demand (GW) that a network learned from."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, windows: Windows) -> Scale:
        """Return the scale of the windows' days."""
        return cls(float(windows.truth.mean()), float(windows.truth.std()))


def inputs(windows: Windows, scale: Scale) -> torch.Tensor:
    """Return what is known of each half-hour before its demand is, shape (n, 144, channels).

    Only what an origin knows: in the day ahead the temperature is the one of a day before unless it is known.
    """
    import torch

    slot, _ = windows.clock()
    n, size = slot.shape
    demand = (windows.demand - scale.mean) / scale.deviation
    like = (alike(windows).demand - scale.mean) / scale.deviation
    warm = windows.temperature
    ahead = warm[:, -DAY:] if windows.ahead is None else windows.ahead
    temperature = (np.hstack([warm, ahead]) - COMFORT) / 10
    yesterday = np.hstack([temperature[:, :DAY], temperature[:, :-DAY]])
    slow = np.stack([temperature[:, max(0, end - DAY) : end].mean(axis=1) for end in range(1, size + 1)], axis=1)
    turns = 2 * np.pi * np.arange(1, HARMONICS + 1) * slot[..., None] / DAY
    week = np.zeros((n, size))
    week[:, WEEK:], day = demand[:, :DAY], np.hstack([demand[:, :DAY], demand])
    channels = [
        day,  # the demand of a day before
        np.hstack([np.zeros((n, WEEK)), like]),
        week,
        np.broadcast_to(demand.mean(axis=1, keepdims=True), (n, size)),
        temperature,
        np.maximum(temperature, 0) ** 2,
        slow,
        temperature - yesterday,
        windows.working,
        np.hstack([windows.working[:, :DAY], windows.working[:, :-DAY]]),
    ]
    every = np.concatenate([np.stack(channels, axis=-1), np.sin(turns), np.cos(turns)], axis=-1)
    return torch.tensor(every[:, FIRST:], dtype=torch.float32)


def demands(windows: Windows, scale: Scale) -> torch.Tensor:
    """Return the scaled demand, as far as it is known: a NaN is one that is not. Shape (n, 144)."""
    day = np.full((len(windows), DAY), np.nan) if windows.target is None else windows.target
    return scaled(np.hstack([windows.demand[:, FIRST:], day]), scale)


def bases(windows: Windows, scale: Scale) -> torch.Tensor:
    """Return what the networks add their difference to, shape (n, 144): a day before, and at last the day alike."""
    return scaled(np.hstack([windows.demand[:, FIRST - DAY : -DAY], alike(windows).demand]), scale)


def scaled(values: np.ndarray, scale: Scale) -> torch.Tensor:
    """Return demands with mean 0 and deviation 1."""
    import torch

    return torch.tensor((values - scale.mean) / scale.deviation, dtype=torch.float32)
