"""The work of a step in a fixed number of shards, so that the result does not depend on who computes which.

A shard's rows follow from the seed, the step and its number. Gradients are summed in one fixed tree: floating-point
sums differ with the order in which they are added.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from models.parallel.plans import Plan
from models.parallel.schemes.parameter_server import flat

SHARDS = 8  # of a batch


class Learner:
    """Computes the gradients of shards."""

    def __init__(self, plan: Plan, text: np.ndarray):
        torch.set_num_threads(1)  # several threads may add in another order
        self.plan, self.text = plan, torch.from_numpy(text.copy())
        self.network = plan.network()

    def gradients(self, weights: np.ndarray, step: int, shard: int) -> tuple[float, np.ndarray]:
        """Return the loss of a shard of a step, and its gradients as one vector. weights: those before the step."""
        torch.nn.utils.vector_to_parameters(torch.from_numpy(weights.copy()), self.network.parameters())
        self.network.zero_grad()
        rows = self.plan.rows(self.text, step)[shard::SHARDS]
        loss = self.plan.loss(self.network, rows)
        loss.backward()
        return float(loss.detach()), flat(
            [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        )


def tree_mean(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of the shards' vectors, added in pairs, and the sums in pairs again."""
    level = list(parts)
    while len(level) > 1:
        level = [level[index] + level[index + 1] for index in range(0, len(level) - 1, 2)] + level[
            len(level) // 2 * 2 :
        ]
    return level[0] / len(parts)
