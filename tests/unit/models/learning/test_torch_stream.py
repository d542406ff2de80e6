"""Networks that learn from streamed rows: as good as from rows in memory."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from capstan.ray_workers import start_ray
from models.learning import training
from models.learning.ray_training import fit_on_workers

EPOCHS, BATCH = 4, 32
PAST, RATE = 1_400, 0.005


def pixels() -> tuple[np.ndarray, np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    return (images[order] / 16).astype(np.float32), labels[order]


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def loss(model: nn.Module, batch) -> torch.Tensor:
    return functional.cross_entropy(model(batch["pixels"].float()), batch["label"])


def learn(seed, data, device, *, share, shares, rows, **more) -> nn.Module:
    """Train on a stream. Each of the workers has its part of a batch."""
    batches = partial(rows.batches, size=BATCH // shares, seed=seed)
    return training.fit(network(seed).to(device), loss, batches, epochs=EPOCHS, rate=data, **more)


def in_memory(seed: int) -> nn.Module:
    images, labels = (torch.from_numpy(array[:PAST]) for array in pixels())

    def batches(epoch: int) -> Iterator[dict]:
        order = torch.randperm(PAST, generator=torch.Generator().manual_seed(1_000 * seed + epoch))
        for some in order.split(BATCH):
            yield {"pixels": images[some], "label": labels[some]}

    return training.fit(network(seed), loss, batches, epochs=EPOCHS, rate=RATE)


def accuracy(model: nn.Module) -> float:
    images, labels = pixels()
    with torch.no_grad():
        predicted = model(torch.from_numpy(images[PAST:])).argmax(1).numpy()
    return float((predicted == labels[PAST:]).mean())


@pytest.fixture(scope="module")
def ray() -> Iterator:
    import ray

    start_ray(cpus=3)
    yield ray
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.rotating
def test_streamed_rows_teach_two_workers_as_much_as_rows_in_memory(ray, home, tmp_path):
    images, labels = (array[:PAST] for array in pixels())
    frame = pd.DataFrame({"pixels": list(images), "label": labels})
    for number in range(4):
        frame.iloc[number::4].to_parquet(tmp_path / f"{number}.parquet")
    rows = ray.data.read_parquet(str(tmp_path))
    trained = network(0)
    trained.load_state_dict(fit_on_workers(partial(learn, 0), RATE, 2, "streams", rows))
    seeds = [accuracy(in_memory(seed)) for seed in range(5)]
    spread = max(seeds) - min(seeds)
    assert min(seeds) > 0.9
    assert min(seeds) - spread <= accuracy(trained) <= max(seeds) + spread
