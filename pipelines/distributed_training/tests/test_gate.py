"""The gate refuses what workers have trained worse than one: schemes that are broken on purpose, on two processes."""

import pytest
import torch

from components.gate import comparison
from data_sets.plays import to_bytes
from models.parallel.decoder_plan import DecoderPlan, sizes
from models.parallel.learning import Trained
from models.parallel.schemes import SCHEMES
from pipelines.distributed_training import report, task, training
from pipelines.distributed_training.tests.broken import Garbled, NotAveraged, SameShare
from pipelines.distributed_training.tests.controls import fewer
from tests.support.controls import parts

PLAN = DecoderPlan(sizes(width=32, layers=1, context=32), steps=60, batch=8)


@pytest.fixture(scope="module")
def data():
    return fewer(parts("distributed_training"))


@pytest.fixture(scope="module")
def judged(runner, data):
    """Return a function: what the gate's bound on `bits_lost` says of a scheme."""
    text = to_bytes(data[0]["lines"]).copy()
    cut = len(text) - 5_000

    def weights(kind):
        learned = runner.run(kind, PLAN, torch.from_numpy(text[:cut]), PLAN.steps)[0].weights
        return {name: torch.from_numpy(values) for name, values in learned.items()}

    alone = weights(SCHEMES["single"])

    def result(kind):
        learned = weights(kind)
        model = training.served(PLAN, Trained(learned, learned), alone, text[:cut], text[cut:], kind.__name__)
        lost = report.against_one(model, to_bytes(data[1]["lines"])[:10_000])["high"]
        bound = {"bits_lost": task.THRESHOLDS["bits_lost"]}
        (line,) = comparison.with_thresholds(bound, {"bits_lost": lost})
        return line["result"]

    return result


def test_an_exact_scheme_loses_nothing(judged):
    assert judged(SCHEMES["data parallel"]) != comparison.FAIL


OTHERS = [pytest.param(kind, marks=[pytest.mark.rotating, pytest.mark.slow]) for kind in (SameShare, Garbled)]


@pytest.mark.parametrize("kind", [NotAveraged, *OTHERS])
def test_a_broken_scheme_is_rejected(kind, judged):
    assert judged(kind) == comparison.FAIL
