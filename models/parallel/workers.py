"""The processes that train together, as one of them sees them: what it sends them, and when.

Each collective operation is counted as a ring sends it, of Patarasuk and Yuan, "Bandwidth Optimal All-reduce Algorithms
for Clusters of Workstations" (2009): to sum n bytes over p workers, each sends 2 (p - 1) / p n.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import distributed

Span = tuple[str, float, float]  # what, its begin and its end, in seconds


@dataclass
class Workers:
    """One worker's view. Alone, nothing is sent. sent: bytes. spans: of computing and of sending."""

    rank: int = 0
    size: int = 1
    sent: float = 0.0
    spans: list[Span] = field(default_factory=list)

    @classmethod
    def joined(cls) -> Workers:
        """Return the view of a process that has joined torch's group."""
        return cls(distributed.get_rank(), distributed.get_world_size())

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """Return this worker's rows of a batch. Raises ValueError where the workers cannot have as many each."""
        if len(rows) % self.size:
            raise ValueError(f"{self.size} workers cannot share a batch of {len(rows)} evenly.")
        return rows[self.rank :: self.size]

    @contextmanager
    def span(self, what: str) -> Iterator[None]:
        """Note when something is done."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.spans.append((what, begin, time.perf_counter()))

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """Put the sum of all workers' tensors into each of them, and return it."""
        if self.size > 1:
            self.sent += 2 * self._others * tensor.nbytes
            with self.span("send"):
                distributed.all_reduce(tensor)
        return tensor

    def mean(self, tensor: torch.Tensor) -> torch.Tensor:
        """Put the mean of all workers' tensors into each of them, and return it."""
        return self.sum(tensor).div_(self.size)

    def begin_sum(self, tensor: torch.Tensor) -> Any:
        """Begin a sum; return what waits for it. The worker goes on meanwhile."""
        if self.size == 1:
            return None
        self.sent += 2 * self._others * tensor.nbytes
        begin = time.perf_counter()
        work = distributed.all_reduce(tensor, async_op=True)
        work.get_future().then(lambda _: self.spans.append(("send", begin, time.perf_counter())))
        return work

    def scatter_sum(self, whole: torch.Tensor) -> torch.Tensor:
        """Return this worker's part of the sum of all workers' tensors. whole: (size * n,). Returns (n,)."""
        if self.size == 1:
            return whole.clone()
        part = whole.new_empty(len(whole) // self.size)
        self.sent += self._others * whole.nbytes
        with self.span("send"):
            distributed.reduce_scatter_single(part, whole)
        return part

    def gather(self, part: torch.Tensor, whole: torch.Tensor | None = None) -> torch.Tensor:
        """Return all workers' parts, one after another: (n, ...) to (size * n, ...), in `whole` if given."""
        whole = part.new_empty(self.size * len(part), *part.shape[1:]) if whole is None else whole
        if self.size == 1:
            return whole.copy_(part)
        self.sent += self._others * whole.nbytes
        with self.span("send"):
            distributed.all_gather_single(whole, part.contiguous())
        return whole

    def give(self, tensor: torch.Tensor, source: int) -> torch.Tensor:
        """Put the tensor of one worker into those of all others, and return it."""
        if self.size > 1:
            self.sent += tensor.nbytes * (self.rank == source)
            with self.span("send"):
                distributed.broadcast(tensor, source)
        return tensor

    def exchange(self, rows: torch.Tensor, counts: list[int], coming: list[int]) -> torch.Tensor:
        """Send `counts` rows to each worker, in order; return those that come, `coming` from each."""
        if self.size == 1:
            return rows.clone()
        received = rows.new_empty(sum(coming), *rows.shape[1:])
        self.sent += rows[0].nbytes * (sum(counts) - counts[self.rank]) if len(rows) else 0
        with self.span("send"):
            distributed.all_to_all_single(received, rows.contiguous(), coming, counts)
        return received

    def send(self, tensor: torch.Tensor, target: int) -> Any:
        """Begin to send a tensor to one worker; return what waits until it is sent."""
        self.sent += tensor.nbytes
        return distributed.isend(tensor.contiguous(), target)

    def receive(self, tensor: torch.Tensor, source: int) -> torch.Tensor:
        """Wait for a tensor of one worker, and return it."""
        with self.span("wait"):
            distributed.recv(tensor, source)
        return tensor

    @property
    def _others(self) -> float:
        return (self.size - 1) / self.size
