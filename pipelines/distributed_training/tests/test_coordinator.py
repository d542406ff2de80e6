"""Real Ray workers: killed, added, slow, and a training that goes on from its checkpoint. The losses stay the same."""

import os
import signal

import numpy as np
import pytest

from models.parallel.coordinator.coordinator import Coordinator
from pipelines.distributed_training.tests.conftest import SMALL

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
STEPS = 20


@pytest.fixture(scope="module")
def ray():
    import ray

    yield ray
    ray.shutdown()


@pytest.fixture
def trained(ray, text, tmp_path):
    """Return a function that trains on some workers; `events` may kill and add some before a step."""
    coordinators = []

    def train(workers, folder="new", until=STEPS, events=None, delays=()):
        coordinator = Coordinator(SMALL, text.numpy(), tmp_path / folder, every=5)
        coordinators.append(coordinator)
        for number in range(workers):
            coordinator.add(delays[number] if delays else 0.0)
        coordinator.run(until, lambda step: (events or {}).get(step, lambda ignored: None)(coordinator))
        coordinator.checkpoints.close()
        return coordinator

    yield train
    for coordinator in coordinators:
        for worker in coordinator.workers.values():
            ray.kill(worker)


def test_losses_do_not_depend_on_who_was_there(trained, ray, text):
    """To the last digit: with one worker, with two, and with one that is killed and another that is added."""

    def kill(coordinator):
        first = next(iter(coordinator.workers.values()))
        os.kill(ray.get(first.pid.remote()), signal.SIGKILL)

    undisturbed = trained(2, "two")
    assert trained(1, "one").losses == undisturbed.losses
    disturbed = trained(2, "killed", events={7: kill, 12: lambda running: running.add()})
    assert disturbed.losses == undisturbed.losses
    assert (disturbed.vectors()["weights"] == undisturbed.vectors()["weights"]).all()
    events = [what for _, _, what in disturbed.events if what != "slow"]  # on a busy machine one may be
    assert events == ["added", "added", "lost", "added"]


def test_a_training_goes_on_from_its_checkpoint_with_another_number_of_workers(trained):
    whole = trained(2, "whole")
    assert trained(2, "part", until=13).step == 13
    again = trained(1, "part")
    assert [what for step, _, what in again.events if step == 10] == ["added"]  # it began after the tenth step
    assert again.losses == whole.losses
    assert all((values == whole.vectors()[name]).all() for name, values in again.vectors().items())


def test_a_slow_worker_is_reported(trained):
    coordinator = trained(3, delays=[0.0, 0.0, 0.5])
    assert "worker 2" in [name for _, name, what in coordinator.events if what == "slow"]


def test_losses_are_those_of_the_other_schemes(trained, runner, text):
    from models.parallel.schemes import SCHEMES

    single = runner.run(SCHEMES["single"], SMALL, text, STEPS)[0]
    assert np.abs(np.array(trained(2).losses) - single.losses).max() < 1e-6


def test_without_workers_the_error_says_what_to_do(text, tmp_path, ray):
    coordinator = Coordinator(SMALL, text.numpy(), tmp_path)
    coordinator.add()
    ray.kill(coordinator.workers["worker 0"])
    with pytest.raises(RuntimeError, match="Add one with `add`"):
        coordinator.run(1)
    coordinator.close()
