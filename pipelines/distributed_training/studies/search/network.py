"""What is searched for: how fast a small network learns scikit-learn's digits, 8 x 8 pixels (UCI, CC BY 4.0)."""

from __future__ import annotations

import copy
import math
from functools import cache, partial
from random import Random
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from models.search.base import Parameters
from models.search.population import Prior

UPDATES = 8  # of a step of the search
BATCH, HIDDEN = 32, 32
PARTS = (1029, 1415)  # where validation begins, and where the test does: there another person begins to write
WORST = 10.0  # nats; a network that has diverged has no more than this
# The lowest and the highest value, drawn evenly in the logarithm. friction: 1 - momentum.
RANGES = {"rate": (1e-3, 1.0), "friction": (0.01, 1.0), "decay": (1e-6, 1e-1)}


def drawn(name: str, generator: Random) -> float:
    """Return a value of a parameter."""
    low, high = RANGES[name]
    return math.exp(generator.uniform(math.log(low), math.log(high)))


PRIOR: Prior = {name: partial(drawn, name) for name in RANGES}


def draw(seed: int, trial: int) -> Parameters:
    """Return the parameters of a trial. They depend on nothing else."""
    generator = Random(1_000_003 * seed + trial)
    return {name: drawn(name, generator) for name in RANGES}


@cache
def images() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images, shape (1797, 64), and the digits."""
    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(pixels / 16).float(), torch.from_numpy(labels)


def train(parameters: Parameters, state: Any, start: int, end: int) -> tuple[float, Any]:
    """Go on from a state, None for a new network; return the loss on validation data, and the new state.

    It is SGD with momentum. Which images a step learns from follows from its number.
    """
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))
    momentum = max(0.0, 1 - parameters["friction"])  # a factor of population-based training may lead out of the range
    settings: dict[str, Any] = {"lr": parameters["rate"], "momentum": momentum, "weight_decay": parameters["decay"]}
    optimizer = torch.optim.SGD(network.parameters(), **settings)
    if state:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # others may go on from it, too
        for group in optimizer.param_groups:
            group.update(settings)  # they may be others than those of who made the state
    pixels, labels = images()
    for step in range(start, end):
        generator = torch.Generator().manual_seed(step)
        for rows in torch.randint(PARTS[0], (UPDATES, BATCH), generator=generator):
            optimizer.zero_grad()
            functional.cross_entropy(network(pixels[rows]), labels[rows]).backward()
            optimizer.step()
    after = {name: values.clone() for name, values in network.state_dict().items()}
    trained = {"network": after, "optimizer": optimizer.state_dict()}
    return loss(trained, *PARTS), trained


@torch.no_grad()
def loss(state: Any, begin: int, end: int | None = None) -> float:
    """Return the mean loss of some images in nats, at most `WORST`."""
    first, second = nn.Linear(64, HIDDEN), nn.Linear(HIDDEN, 10)
    network = nn.Sequential(first, nn.ReLU(), second)
    network.load_state_dict(state["network"])
    pixels, labels = images()
    found = float(functional.cross_entropy(network(pixels[begin:end]), labels[begin:end]))
    return min(found, WORST) if math.isfinite(found) else WORST
