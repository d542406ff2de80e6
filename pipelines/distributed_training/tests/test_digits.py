"""The convolutional network on two real processes: what `test_schemes.py` says of the decoder holds for it too."""

from dataclasses import replace

import numpy as np
import pytest

from models.parallel import formulas
from models.parallel.runner import Runner
from pipelines.distributed_training.studies.schemes import study as schemes
from pipelines.distributed_training.tests.conftest import LOOSE, SMALL_DIGITS, farthest

EXACT = [name for name, kind in schemes.FOR_ANY.items() if kind.exact]
ALWAYS = ("ZeRO 3",)  # the others in their turn, for they cost more than they show next to those of the decoder
OTHERS = [pytest.param(name, marks=[pytest.mark.rotating, pytest.mark.slow]) for name in EXACT if name not in ALWAYS]


@pytest.mark.parametrize("name", [*ALWAYS, *OTHERS])
def test_weights_are_those_of_one_worker(name, trained):
    begin = {key: values.numpy() for key, values in SMALL_DIGITS.network().state_dict().items()}
    workers, expected = trained(name, SMALL_DIGITS), trained("single", SMALL_DIGITS)
    assert farthest(workers[0].weights, expected[0].weights) < 1e-6
    assert farthest(workers[0].weights, begin) > 1e-3  # they have learned
    if not name.startswith("torch"):
        sent = formulas.SENT[name](formulas.of(SMALL_DIGITS, 2))
        assert np.mean([worker.sent for worker in workers]) == pytest.approx(sent, rel=0.02)


def test_with_batch_norm_the_result_depends_on_the_number_of_workers(trained):
    """Means are those of the images that a worker sees."""
    plan = replace(SMALL_DIGITS, batch_norm=True)
    assert farthest(trained("data parallel", plan)[0].weights, trained("single", plan)[0].weights) > 1e-3


@pytest.mark.rotating
@pytest.mark.slow
def test_compressed_gradients_and_four_workers(digits, runner):
    plan = replace(SMALL_DIGITS, steps=100)
    expected, whole = (runner.run(schemes.ALL[name], plan, digits, 100)[0] for name in ("single", "data parallel"))
    for name in schemes.COMPRESSED:
        outcome = runner.run(schemes.ALL[name], plan, digits, 100)[0]
        assert np.mean(outcome.losses[-10:]) - np.mean(expected.losses[-10:]) < LOOSE, name
        assert outcome.sent < 0.5 * whole.sent, name
    with Runner(4) as four:
        single = four.run(schemes.ALL["single"], SMALL_DIGITS, digits)[0]
        for name in EXACT:
            assert farthest(four.run(schemes.ALL[name], SMALL_DIGITS, digits)[0].weights, single.weights) < 1e-6, name
