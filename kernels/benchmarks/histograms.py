"""Histograms of gradients, on a CPU and one of its cores: NumPy and torch next to Numba."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kernels.histograms import histograms
from kernels.reference.histograms import histograms as reference

SHAPES = ((2_930, 79, 255), (100_000, 79, 255))  # rows, columns, bins: the houses of Ames, and more
MOST = 9  # runs


def rows(runs: int = MOST) -> list[dict[str, Any]]:
    """Return a row for each shape: microseconds of each way, the median of some runs that take turns."""
    table, threads = [], torch.get_num_threads()
    torch.set_num_threads(1)
    for count, columns, width in SHAPES:
        random = np.random.default_rng(0)
        bins, (gradient, second) = random.integers(0, width, (count, columns)), random.normal(size=(2, count))
        some = np.arange(count)
        cells = torch.from_numpy(bins + np.arange(columns) * width).ravel()
        values = torch.from_numpy(np.stack([gradient, second, np.ones(count)]))

        def by_torch(cells=cells, values=values, columns=columns, width=width) -> torch.Tensor:
            sums = torch.zeros(3, columns * width, dtype=torch.float64)
            return sums.index_add_(1, cells, values.repeat_interleave(columns, dim=1))

        ways: dict[str, Callable[[], Any]] = {
            "capstan": functools.partial(histograms, bins, some, width, gradient, second),
            "numpy": functools.partial(reference, bins, some, width, gradient, second),
            "torch": by_torch,
        }
        assert np.allclose(by_torch().view(3, columns, width).numpy(), ways["capstan"]())
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(min(runs, MOST)):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                times[name].append(time.perf_counter() - began)
        row: dict[str, Any] = {
            "kernel": "histograms",
            "part": "one core",
            "shape": f"{count:,} x {columns}, {width} bins",
        }
        table.append(row | {name: {"time": statistics.median(seconds) * 1e6} for name, seconds in times.items()})
        print(table[-1], flush=True)
    torch.set_num_threads(threads)
    return table
