"""Two real Ray workers, one of which is killed in the middle."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest

from models.learning import checkpoints
from models.vision import learning
from pipelines.digits import training
from tests.support.processes import wait_until

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
PLAN = learning.Plan(epochs=4)


@pytest.fixture
def ray(home):
    import ray

    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def images(parts):
    return training.tensors(parts[0].head(2_000))


def workers() -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "TrainWorker" in " ".join(process.cmdline()):
                processes.append(process)
    return processes


def kept() -> dict[str, int]:
    """Return the checkpoints that Ray has noted, with the epochs of each. One that it has not may be made again."""
    for path in checkpoints.folder().glob("*/checkpoint_manager_snapshot.json"):
        with suppress(OSError, ValueError):  # it is being written
            noted = json.loads(path.read_text())["checkpoint_results"]
            return {result["checkpoint_dir_name"]: result["metrics"]["epochs"] for result in noted}
    return {}


def test_training_that_loses_a_worker_ends_with_as_many_epochs(ray, images, parts, monkeypatch):
    test, labels = training.tensors(parts[1].head(1_000))
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    cleared = []

    def kill_one() -> None:
        wait_until(lambda: 2 in kept().values())
        [worker, *_] = workers()
        worker.kill()
        worker.wait()
        before.update(kept())
        while not cleared:
            after.update(kept())

    monkeypatch.setattr(checkpoints, "clear", lambda key: cleared.append(after.update(kept()) or key))
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_one)
        network = training.network("cnn", *images, PLAN, workers=2)
        killing.result()
    had = max(before.values())
    new = sorted(epochs for name, epochs in after.items() if name not in before)
    assert new == list(range(had + 1, PLAN.epochs + 1))  # no epoch is done again that has a checkpoint
    assert re.fullmatch(r"cnn-[0-9a-f]{16}", cleared[0])
    alone = training.network("cnn", *images, PLAN)
    interrupted, whole = (learning.accuracy(each, learning.scaled(test), labels) for each in (network, alone))
    assert interrupted == pytest.approx(whole, abs=0.02)
