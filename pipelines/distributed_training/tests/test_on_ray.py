"""Two real Ray workers train by a scheme whose state is divided, lose one, and end as one worker does."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest

from models.learning import checkpoints
from pipelines.distributed_training import report, task
from pipelines.distributed_training.tests.controls import fewer
from tests.support.controls import parts
from tests.support.processes import wait_until

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
SETTINGS = {"scheme": "ZeRO 3", "workers": 2, "steps": 300, "width": 16, "layers": 2}


@pytest.fixture
def ray(home):
    import ray

    yield ray
    ray.shutdown()


def workers() -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "TrainWorker" in " ".join(process.cmdline()):
                processes.append(process)
    return processes


def test_workers_that_lose_one_have_the_result_of_one(ray):
    past, test = fewer(parts("distributed_training"))

    def kill_one() -> None:
        wait_until(lambda: any(checkpoints.folder().glob("*/checkpoint_*")))
        workers()[0].kill()

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_one)
        model = task.train(past, **SETTINGS)
        killing.result()
    text = report.to_bytes(test["lines"])
    assert model.how == "ZeRO 3, 2 workers" and len(model.history) == 3
    lost = report.against_one(model, text)
    assert abs(lost["high"]) < 0.001 and abs(lost["low"]) < 0.001
    assert task.evaluate(model, test).metrics["bits_lost"] == lost["high"]
