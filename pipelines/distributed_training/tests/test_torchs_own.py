"""Next to torch's own schemes, compressed gradients, and on four workers: in its turn, for it costs more."""

from dataclasses import replace

import numpy as np
import pytest

from models.parallel import formulas
from models.parallel.decoder_plan import sizes
from models.parallel.runner import Runner
from models.parallel.schemes import SCHEMES, WITH_EXPERTS
from pipelines.distributed_training.tests.conftest import LOOSE, SMALL, alone, farthest

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
ALL = SCHEMES | WITH_EXPERTS
EXACT = [name for name, kind in ALL.items() if kind.exact]
STEPS = 100


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("data parallel", "torch DDP"), ("ZeRO 3", "torch FSDP2"), ("recomputed", "torch checkpoint")],
)
def test_weights_are_those_of_torchs_own(ours, theirs, trained):
    assert farthest(trained(ours)[0].weights, trained(theirs)[0].weights) < 1e-6
    assert farthest(trained("single")[0].weights, trained(theirs)[0].weights) < 1e-6


def test_compressed_gradients_end_close_to_one_workers_loss_and_send_less(runner, text):
    plan = replace(SMALL, steps=STEPS)
    expected, whole = (runner.run(SCHEMES[name], plan, text, STEPS)[0] for name in ("single", "data parallel"))
    for name in (name for name in ALL if name not in EXACT):
        outcome = runner.run(SCHEMES[name], plan, text, STEPS)[0]
        assert farthest(outcome.weights, expected.weights) > 1e-6
        assert np.mean(outcome.losses[-10:]) - np.mean(expected.losses[-10:]) < LOOSE, name
        assert outcome.sent < 0.5 * whole.sent, name


def test_four_workers_have_the_weights_of_one(text):
    plan = replace(SMALL, shape=sizes(width=16, layers=4, context=16, buckets=64))
    with Runner(4) as four:
        ones = {name: four.run(ALL[name], plan, text)[0] for name in {alone(name) for name in EXACT}}
        for name in EXACT:
            workers = four.run(ALL[name], plan, text)
            assert farthest(workers[0].weights, ones[alone(name)].weights) < 1e-6, name
            if name in formulas.SENT and not name.startswith("torch"):
                sent = np.mean([worker.sent for worker in workers])
                assert sent == pytest.approx(formulas.SENT[name](formulas.of(plan, 4)), rel=0.02), name
