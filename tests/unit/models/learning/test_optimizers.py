"""Optimizers against those of torch, and where it has none against their formulas."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

from models.learning import optimizers as ours

STEPS = 12


def path(make: Callable, steps: int = STEPS) -> torch.Tensor:
    """Return where the weights of a small problem go, shape (steps, 6 * 4)."""
    torch.manual_seed(0)
    inputs, wanted = torch.randn(20, 4, dtype=torch.double), torch.randn(20, 6, dtype=torch.double)
    weights = torch.randn(6, 4, dtype=torch.double).requires_grad_()
    optimizer, places = make([weights]), []
    for _ in range(steps):
        optimizer.zero_grad()
        ((inputs @ weights.T - wanted) ** 2).mean().backward()
        optimizer.step()
        places.append(weights.detach().flatten().clone())
    return torch.stack(places)


PAIRS = {
    "momentum": (partial(ours.Momentum, rate=0.1), partial(torch.optim.SGD, lr=0.1, momentum=0.9)),
    "Adam": (partial(ours.Adam, rate=0.1), partial(torch.optim.Adam, lr=0.1)),
    "AdamW": (partial(ours.Adam, rate=0.1, decay=0.2), partial(torch.optim.AdamW, lr=0.1, weight_decay=0.2)),
    "Adamax": (partial(ours.Adamax, rate=0.1), partial(torch.optim.Adamax, lr=0.1)),
    "RAdam": (
        partial(ours.RAdam, rate=0.1, decay=0.2),
        partial(torch.optim.RAdam, lr=0.1, weight_decay=0.2, decoupled_weight_decay=True),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_weights_go_where_those_of_torch_go(name):
    mine, theirs = PAIRS[name]
    torch.testing.assert_close(path(mine), path(theirs))


def test_muon_goes_where_that_of_torch_goes():
    """It computes in bfloat16, so their directions differ by a few percent."""
    mine = path(partial(ours.Muon, rate=0.05, decay=0.1))
    theirs = path(partial(torch.optim.Muon, lr=0.05, weight_decay=0.1, momentum=0.95, nesterov=True))
    torch.testing.assert_close(mine, theirs, atol=0.02, rtol=0)
    assert (mine[-1] - mine[0]).abs().max() > 0.2


def by_hand(first: np.ndarray, gradient: Callable, change: Callable, steps: int = 5) -> np.ndarray:
    weights, memory = first.copy(), {}
    for step in range(1, steps + 1):
        weights = weights - change(gradient(weights), weights, memory, step)
    return weights


def bowl(make: Callable, first: np.ndarray, steps: int = 5) -> np.ndarray:
    """Return the weights after steps down the sum of fourth powers."""
    weights = torch.from_numpy(first.copy()).requires_grad_()
    optimizer = make([weights])
    for _ in range(steps):
        optimizer.zero_grad()
        (weights**4).sum().backward()
        optimizer.step()
    return weights.detach().numpy()


FIRST = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.1]])


def test_lion_takes_the_sign_of_its_mean():
    def change(gradient, weights, memory, _step):
        before = memory.get("m", 0 * gradient)
        memory["m"] = 0.99 * before + 0.01 * gradient
        return 0.01 * (np.sign(0.9 * before + 0.1 * gradient) + 0.3 * weights)

    found = bowl(partial(ours.Lion, rate=0.01, decay=0.3), FIRST)
    np.testing.assert_allclose(found, by_hand(FIRST, lambda w: 4 * w**3, change))


def test_lamb_takes_steps_as_long_as_its_weights():
    def change(gradient, weights, memory, step):
        memory["m"] = 0.9 * memory.get("m", 0 * gradient) + 0.1 * gradient
        memory["v"] = 0.999 * memory.get("v", 0 * gradient) + 0.001 * gradient**2
        slope = memory["m"] / (1 - 0.9**step) / (np.sqrt(memory["v"] / (1 - 0.999**step)) + 1e-8) + 0.1 * weights
        return 0.02 * np.linalg.norm(weights) / np.linalg.norm(slope) * slope

    found = bowl(partial(ours.Lamb, rate=0.02, decay=0.1), FIRST)
    np.testing.assert_allclose(found, by_hand(FIRST, lambda w: 4 * w**3, change))


def test_shampoo_whitens_from_both_sides():
    def power(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return vectors @ np.diag(values**-0.25) @ vectors.T

    def change(gradient, _weights, memory, _step):
        memory["l"] = memory.get("l", 1e-4 * np.eye(2)) + gradient @ gradient.T
        memory["r"] = memory.get("r", 1e-4 * np.eye(3)) + gradient.T @ gradient
        return 0.1 * power(memory["l"]) @ gradient @ power(memory["r"])

    found = bowl(partial(ours.Shampoo, rate=0.1, every=1), FIRST)
    np.testing.assert_allclose(found, by_hand(FIRST, lambda w: 4 * w**3, change), rtol=1e-6)


def test_lookahead_meets_its_fast_weights_half_way():
    alone = bowl(partial(ours.Momentum, rate=0.01), FIRST, steps=5)
    ahead = bowl(lambda weights: ours.Lookahead(ours.Momentum(weights, rate=0.01)), FIRST, steps=5)
    np.testing.assert_allclose(ahead, (FIRST + alone) / 2)


def test_muon_makes_all_directions_about_as_long():
    torch.manual_seed(0)
    lengths = torch.linalg.svdvals(ours.orthogonal(torch.randn(30, 50, dtype=torch.double)))
    assert lengths.min() > 0.6 and lengths.max() < 1.3
