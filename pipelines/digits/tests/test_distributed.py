"""Two real Ray workers, one of which is killed in the middle."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest
import torch

from capstan.settings import settings
from pipelines.digits import checkpoints, learning, training
from tests.support.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]
PLAN = learning.Plan(epochs=4)


@pytest.fixture
def ray(tmp_path, monkeypatch):
    import ray

    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def images(parts):
    return training.tensors(parts[0].head(6_000))


def workers() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "TrainWorker" in " ".join(process.cmdline()):
                found.append(process)
    return found


def epochs_done() -> list[int]:
    """Return the epochs whose checkpoints are there."""
    found = []
    for path in sorted(checkpoints.folder().rglob("state.pt")):
        with suppress(OSError, RuntimeError, EOFError):  # one that is being written, or taken away
            found.append(torch.load(path)["epochs"])
    return found


def test_training_that_loses_a_worker_ends_with_as_many_epochs(ray, images, parts, monkeypatch):
    test, labels = training.tensors(parts[1].head(1_000))
    seen: set[int] = set()
    killed = []
    cleared = []

    def kill_one() -> None:
        wait_until(lambda: 2 in epochs_done(), 240)
        [one, *_] = workers()
        one.kill()
        killed.append(one.pid)
        while not cleared:
            seen.update(epochs_done())

    monkeypatch.setattr(checkpoints, "clear", lambda key: cleared.append(seen.update(epochs_done()) or key))
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_one)
        network = training.network("cnn", *images, PLAN, workers=2)
        killing.result()
    assert killed and ray.is_initialized()
    assert max(seen) == PLAN.epochs and 2 in seen  # no epoch is done again that has a checkpoint
    assert re.fullmatch(r"cnn-[0-9a-f]{16}", cleared[0])
    alone = training.network("cnn", *images, PLAN)
    found, whole = (learning.accuracy(each, learning.scaled(test), labels) for each in (network, alone))
    assert found == pytest.approx(whole, abs=0.02)
