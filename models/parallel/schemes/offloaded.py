"""ZeRO offload: stage 2, and the moments lie in a file on disk, which the system maps into memory.

A worker's own memory holds the weights and its share of the gradients. On a GPU the file would be the memory of the
CPU. Source: Ren et al., "ZeRO-Offload" (2021), and Rajbhandari et al., "ZeRO-Infinity" (2021), for disks.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.zero import ZeroTwo
from models.parallel.workers import Workers


class Offloaded(ZeroTwo):
    """AdamW of torch, whose moments are views of a file."""

    def __init__(self, plan: Plan, workers: Workers):
        super().__init__(plan, workers)
        self.folder = tempfile.TemporaryDirectory(prefix="capstan-offload-", ignore_cleanup_errors=True)
        for number, share in enumerate(self.shares):
            moments = {name: self.mapped(f"{number}-{name}", share) for name in ("exp_avg", "exp_avg_sq")}
            self.optimizer.adam.state[share] = {"step": torch.tensor(0.0), **moments}

    def mapped(self, name: str, like: torch.Tensor) -> torch.Tensor:
        """Return zeros in a new file."""
        path = Path(self.folder.name) / name
        tensor = torch.from_file(str(path), shared=True, size=like.numel(), dtype=like.dtype)
        return tensor.zero_()
