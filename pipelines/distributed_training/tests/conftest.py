"""The text, read once, and processes that train together, started once."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
import torch

from data_sets import mnist as images
from data_sets import plays as data
from models.parallel.decoder_plan import DecoderPlan, sizes
from models.parallel.digits_plan import DigitsPlan, to_rows
from models.parallel.plans import Plan
from models.parallel.runner import Result, Runner
from models.parallel.schemes import SCHEMES, WITH_EXPERTS
from tests.support.data import DATA_DIR

SMALL = DecoderPlan(sizes(width=16, layers=2, context=16, buckets=64), steps=20, batch=8, double=True)
STALE = 0.5  # nats that an asynchronous server may lose in 20 steps
LOOSE = 1.2  # nats that compressed gradients may lose in the 100 steps of a tiny decoder
SMALL_DIGITS = DigitsPlan(channels=(4, 4, 8, 8), hidden=16, steps=20, batch=8, double=True)


def farthest(weights: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> float:
    """Return the largest difference of two networks' weights."""
    assert weights.keys() == others.keys()
    return max(float(np.abs(values - others[name]).max()) for name, values in weights.items())


def alone(name: str) -> str:
    """Return the scheme of one worker that trains the same network."""
    return "single with experts" if name in WITH_EXPERTS else "single"


@pytest.fixture(scope="session")
def text() -> torch.Tensor:
    plays = data.path(DATA_DIR).read_bytes()
    return torch.from_numpy(np.frombuffer(plays[:50_000], np.uint8).copy())


@pytest.fixture(scope="session")
def digits() -> torch.Tensor:
    files = images.paths(DATA_DIR)
    pixels, labels = (
        images.read(files[f"mnist/{name}.gz"], images.FILES[name], DATA_DIR)[:1_000]
        for name in images.FILES
        if name.startswith("t10k")
    )
    table = pd.DataFrame({"pixels": [image.tobytes() for image in pixels], "label": labels})
    return torch.from_numpy(to_rows(table))


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner(2) as two:
        yield two


@pytest.fixture(scope="session")
def trained(runner, request) -> Callable[..., list[Result]]:
    """Return a function: what two workers did in 20 steps by the scheme of a name, each scheme and plan once."""
    known: dict[tuple[str, Plan], list[Result]] = {}
    schemes = SCHEMES | WITH_EXPERTS

    def of(name: str, plan: Plan = SMALL) -> list[Result]:
        if (name, plan) not in known:
            rows = request.getfixturevalue("digits" if isinstance(plan, DigitsPlan) else "text")
            known[name, plan] = runner.run(schemes[name], plan, rows)
        return known[name, plan]

    return of
