"""Schemes that are broken on purpose: what a mistake in one would do."""

import torch

from models.parallel.schemes.data_parallel import DataParallel
from models.parallel.schemes.single import Single


class NotAveraged(Single):
    """Each worker learns from its rows, and nobody sends anything."""

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        return super().step(self.workers.share(batch))


class SameShare(DataParallel):
    """All workers have the rows of the first."""

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        size = self.workers.size
        return super().step(batch[::size].repeat_interleave(size, dim=0))


class Garbled(DataParallel):
    """A tenth of the values of each gradient come to the wrong place, in each step to another one."""

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        rows = self.workers.share(batch)
        self.optimizer.zero_grad()
        loss = self.plan.loss(self.network, rows)
        loss.backward()
        for bucket in self.buckets:
            bucket.finish()
        for weight in self.optimizer.weights:
            flat = weight.grad.view(-1)
            some = torch.randperm(len(flat))[: max(2, len(flat) // 10)]
            flat[some] = flat[some.roll(1)]
        self.optimizer.step()
        return loss.detach()


class Failing(Single):
    """It ends in an error."""

    def step(self, batch: torch.Tensor) -> torch.Tensor:
        raise ValueError("no gradients today")
