"""Windows of engines as tensors, and the training that all three networks share."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from pipelines.maintenance.columns import CAP
from pipelines.maintenance.studies.networks.convolutions import Convolutions
from pipelines.maintenance.studies.networks.lstm import Lstm
from pipelines.maintenance.studies.networks.transformer import Transformer

CYCLES = 80  # of a window; a younger engine's first cycle stands for what was before it
EVERY, BATCH, EPOCHS, RATE = 16, 128, 8, 3e-3
KINDS = ("convolutions", "LSTM", "transformer")


def window(sensors: np.ndarray, cycle: np.ndarray, row: int) -> np.ndarray:
    """Return the window that ends at a row, shape (CYCLES, k + 1): sensors, and how long the engine has flown."""
    rows = np.clip(np.arange(row - CYCLES + 1, row + 1), 0, None)
    age = np.full((CYCLES, 1), cycle[row] / 200)
    return np.column_stack([sensors[rows], age]).astype(np.float32)


def build(kind: str, inputs: int) -> nn.Module:
    """Return a network of a kind."""
    if kind == "transformer":
        return Transformer(inputs, CYCLES)
    return Convolutions(inputs) if kind == "convolutions" else Lstm(inputs)


def fit(kind: str, sensors: list[np.ndarray], cycles: list[np.ndarray], left: list[np.ndarray], seed: int) -> nn.Module:
    """Return a network, trained by Adam on every EVERY-th cycle, another one in each epoch, on one cycle of the rate.

    sensors, cycles, left: of each engine: normalized, shape (n, k), and of shape (n,).
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    network = build(kind, sensors[0].shape[1] + 1)
    steps = EPOCHS * (sum(len(own) // EVERY + 1 for own in left) // BATCH + 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        places = [
            (engine, cycle)
            for engine in range(len(left))
            for cycle in range(random.integers(EVERY), len(left[engine]), EVERY)
        ]
        random.shuffle(places)
        for start in range(0, len(places), BATCH):
            part = places[start : start + BATCH]
            rows = torch.from_numpy(
                np.stack([window(sensors[engine], cycles[engine], cycle) for engine, cycle in part])
            )
            target = torch.tensor([min(left[engine][cycle], CAP) / CAP for engine, cycle in part], dtype=torch.float32)
            loss = nn.functional.mse_loss(network(rows), target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return network.eval()


def predict(network: nn.Module, rows: np.ndarray) -> np.ndarray:
    """Return the cycles that are left, from 0 to CAP, shape (n,). rows: windows, shape (n, CYCLES, k + 1)."""
    with torch.inference_mode():
        return np.asarray(np.clip(network(torch.from_numpy(rows)).numpy() * CAP, 0, CAP))
