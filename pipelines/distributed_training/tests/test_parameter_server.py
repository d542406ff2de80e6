"""The server next to one worker: by coroutines in this process, and by Ray actors."""

import asyncio

import numpy as np
import pytest

from models.parallel import formulas
from models.parallel.schemes import parameter_server
from models.parallel.schemes.parameter_server import Server, Worker
from pipelines.distributed_training.tests.conftest import SMALL, STALE, farthest


def run(text, staleness, delays):
    """Train with workers that wait so long in each step; return the server and the losses."""

    async def work(server, rank, delay):
        worker, losses = Worker(SMALL, text.numpy(), rank, len(delays)), []
        for step in range(SMALL.steps):
            loss, grads = worker.gradients(step, await server.pull(rank))
            await asyncio.sleep(delay)
            await server.push(rank, grads)
            losses.append(loss)
        return losses

    async def all_of_them():
        server = Server(SMALL, len(delays), staleness)
        return server, await asyncio.gather(*(work(server, rank, delay) for rank, delay in enumerate(delays)))

    return asyncio.run(all_of_them())


def arrays(weights):
    return {name: values.detach().numpy() for name, values in weights.items()}


def test_synchronous_server_has_the_weights_of_one_worker(text, trained):
    server, _ = run(text, None, [0.0, 0.001])
    assert farthest(arrays(server.network.state_dict()), trained("single")[0].weights) < 1e-6


@pytest.mark.parametrize("staleness", [0, 2])
def test_no_worker_is_further_ahead_than_it_may_be(staleness, text, trained):
    server, losses = run(text, staleness, [0.0, 0.005])
    assert server.steps == [SMALL.steps] * 2
    assert server.most_stale == staleness  # the slow worker holds the fast one up
    assert np.mean([curve[-5:] for curve in losses]) - np.mean(trained("single")[0].losses[-5:]) < STALE


@pytest.mark.rotating
@pytest.mark.slow
def test_ray_actors_do_the_same(text, trained, home):
    import ray

    try:
        workers = parameter_server.train(SMALL, text, 2).workers
        assert farthest(workers[0].weights, trained("single")[0].weights) < 1e-6
        sent = formulas.SENT["parameter server"](formulas.of(SMALL, 2))
        assert [worker.sent for worker in workers] == pytest.approx([sent, sent])
        workers, stale, _ = parameter_server.train(SMALL, text, 2, staleness=3)
        assert stale <= 3
        losses = [worker.losses for worker in workers]
        assert np.mean([curve[-5:] for curve in losses]) - np.mean(trained("single")[0].losses[-5:]) < STALE
    finally:
        ray.shutdown()
