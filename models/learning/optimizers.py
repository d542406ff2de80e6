"""How weights follow their gradients: optimizers from their papers, a few lines each.

All of them take weight decay apart from the gradient, as Loshchilov and Hutter, "Decoupled Weight Decay" (2019), do.
Reference: torch.optim's SGD, Adam, AdamW, Adamax and RAdam, 1e-5; Muon, 0.02.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from torch.optim import Optimizer

Memory = dict[str, Any]  # what an optimizer keeps of one tensor of weights


class Rule(Optimizer):
    """Moves each tensor of weights against a direction. Its subclasses say which, and keep what they need."""

    defaults_: dict[str, Any] = {}

    def __init__(self, weights: Iterable[Any], rate: float, decay: float = 0.0, **more: Any):
        super().__init__(weights, self.defaults_ | {"lr": rate, "decay": decay} | more)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # closures are not needed
        """Move all weights once."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                memory = self.state[weights]
                memory["steps"] = memory.get("steps", 0) + 1
                direction = self.direction(weights.grad, weights, memory, group)
                weights.mul_(1 - group["lr"] * group["decay"]).sub_(group["lr"] * direction)

    @abstractmethod
    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        """Return where the loss grows, as this optimizer sees it, shape of the weights."""


def mean(memory: Memory, name: str, value: torch.Tensor, share: float) -> torch.Tensor:
    """Return the running mean of a value, of which each step keeps a share."""
    now: torch.Tensor = share * memory.get(name, torch.zeros_like(value)) + (1 - share) * value
    memory[name] = now
    return now


class Momentum(Rule):
    """Stochastic gradient descent with momentum: Polyak (1964)."""

    defaults_ = {"momentum": 0.9}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        memory["speed"] = group["momentum"] * memory.get("speed", torch.zeros_like(gradient)) + gradient
        return memory["speed"]


class Adam(Rule):
    """Kingma and Ba, "Adam" (2015); with decay AdamW."""

    defaults_ = {"betas": (0.9, 0.999), "epsilon": 1e-8}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        first, second = group["betas"]
        slope = mean(memory, "mean", gradient, first) / (1 - first ** memory["steps"])
        square = mean(memory, "square", gradient**2, second) / (1 - second ** memory["steps"])
        return slope / (square.sqrt() + group["epsilon"])


class Adamax(Rule):
    """Adam with the largest gradient in the place of the root mean square: Kingma and Ba (2015), section 7.1."""

    defaults_ = {"betas": (0.9, 0.999), "epsilon": 1e-8}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        first, second = group["betas"]
        slope = mean(memory, "mean", gradient, first) / (1 - first ** memory["steps"])
        largest = second * memory.get("largest", torch.zeros_like(gradient))
        memory["largest"] = torch.maximum(largest, gradient.abs() + group["epsilon"])
        return slope / memory["largest"]


class RAdam(Rule):
    """Adam that trusts its second moment only once it has seen enough: Liu et al., "On the Variance" (2020)."""

    defaults_ = {"betas": (0.9, 0.999), "epsilon": 1e-8}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        (first, second), steps = group["betas"], memory["steps"]
        slope = mean(memory, "mean", gradient, first) / (1 - first**steps)
        square = mean(memory, "square", gradient**2, second)
        most = 2 / (1 - second) - 1
        seen = most - 2 * steps * second**steps / (1 - second**steps)
        if seen <= 5:
            return slope
        trust = ((seen - 4) * (seen - 2) * most / ((most - 4) * (most - 2) * seen)) ** 0.5
        return slope * trust * (1 - second**steps) ** 0.5 / (square.sqrt() + group["epsilon"])


class Lion(Rule):
    """The sign of a mean of gradients: Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023)."""

    defaults_ = {"betas": (0.9, 0.99)}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        first, second = group["betas"]
        before = memory.get("mean", torch.zeros_like(gradient))
        mean(memory, "mean", gradient, second)
        return (first * before + (1 - first) * gradient).sign()


class Lamb(Adam):
    """Adam with steps as long as the weights: You et al., "Large Batch Optimization" (2020). Its decay is inside."""

    def __init__(self, weights: Iterable[Any], rate: float, decay: float = 0.0, **more: Any):
        super().__init__(weights, rate, inside=decay, **more)

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        wanted = super().direction(gradient, weights, memory, group) + group["inside"] * weights
        long, length = weights.norm(), wanted.norm()
        return wanted * (long / length if long > 0 and length > 0 else 1.0)


class Shampoo(Rule):
    """Gradients of matrices, whitened from both sides: Gupta et al., "Shampoo" (2018). Roots are renewed at times."""

    defaults_ = {"epsilon": 1e-4, "every": 20}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        matrix = gradient.reshape(len(gradient), -1)
        for side, product in (("left", matrix @ matrix.T), ("right", matrix.T @ matrix)):
            begin = group["epsilon"] * torch.eye(len(product), dtype=product.dtype)
            memory[side] = memory.get(side, begin) + product
            if (memory["steps"] - 1) % group["every"] == 0:
                memory[f"{side} root"] = root(memory[side], -0.25)
        return (memory["left root"] @ matrix @ memory["right root"]).reshape(gradient.shape)


def root(matrix: torch.Tensor, power: float) -> torch.Tensor:
    """Return a power of a symmetric matrix whose eigenvalues are positive."""
    values, vectors = torch.linalg.eigh(matrix)
    powered: torch.Tensor = (vectors * values.clamp(min=1e-12) ** power) @ vectors.T
    return powered


class Muon(Rule):
    """Momentum of matrices, whose singular values all become about one: Jordan et al., "Muon" (2024)."""

    defaults_ = {"momentum": 0.95}

    def direction(self, gradient: torch.Tensor, weights: torch.Tensor, memory: Memory, group: Memory) -> Any:
        speed = mean(memory, "speed", gradient, group["momentum"])
        ahead = group["momentum"] * speed + (1 - group["momentum"]) * gradient
        rows, columns = gradient.shape
        return orthogonal(ahead) * max(1.0, rows / columns) ** 0.5


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Return about the nearest matrix with singular values of one, by the iteration of Newton and Schulz."""
    tall = matrix.shape[0] > matrix.shape[1]
    x: torch.Tensor = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if tall else x


class Lookahead:
    """Goes back half of the way to where another optimizer was some steps ago: Zhang et al., "Lookahead" (2019)."""

    def __init__(self, fast: Optimizer, every: int = 5, share: float = 0.5):
        self.fast, self.every, self.share, self.steps = fast, every, share, 0
        self.param_groups = fast.param_groups  # schedules and checkpoints see those of the fast one
        self.slow = [weights.detach().clone() for group in fast.param_groups for weights in group["params"]]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.fast.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """Move the fast weights; each `every` steps both meet."""
        self.fast.step()
        self.steps += 1
        if self.steps % self.every == 0:
            weights = (weights for group in self.fast.param_groups for weights in group["params"])
            for slow, fast in zip(self.slow, weights, strict=True):
                slow.lerp_(fast, self.share)
                fast.copy_(slow)
