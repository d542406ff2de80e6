"""Two real processes: after 20 steps in float64 the weights are those of one worker. `test_torchs_own.py` has more."""

import numpy as np
import pytest

from models.parallel import formulas
from models.parallel.schemes import SCHEMES, WITH_EXPERTS
from models.parallel.schemes.pipeline_parallel import gpipe, one_f_one_b
from pipelines.distributed_training.tests.broken import Failing
from pipelines.distributed_training.tests.conftest import SMALL, alone, farthest

ALL = SCHEMES | WITH_EXPERTS
# These are made of others: in their turn.
MADE_OF_OTHERS = ("ZeRO 1", "ZeRO 2, offloaded", "recomputed", "GPipe")
OURS = [name for name, kind in ALL.items() if kind.exact and not name.startswith("torch") and name != alone(name)]


IN_TURN = [
    pytest.param(name, marks=[pytest.mark.rotating, pytest.mark.slow] if name in MADE_OF_OTHERS else [])
    for name in OURS
]


@pytest.mark.parametrize("name", IN_TURN)
def test_weights_and_bytes_are_those_of_one_worker_and_of_the_formula(name, trained):
    begin = {key: values.numpy() for key, values in SMALL.network().state_dict().items()}
    weights, expected = trained(name)[0].weights, trained(alone(name))[0].weights
    assert farthest(weights, expected) < 1e-6
    if name not in WITH_EXPERTS:
        assert farthest(weights, begin) > 1e-3  # they have learned
    if name in formulas.SENT:
        mean = np.mean([result.sent for result in trained(name)])
        assert mean == pytest.approx(formulas.SENT[name](formulas.of(SMALL, 2)), rel=0.02)


def test_gradients_are_sent_while_others_are_computed(trained):
    spans = trained("data parallel")[0].spans
    (computing,) = [span for span in spans if span[0] == "compute"]
    sending = [span for span in spans if span[0] == "send"]
    assert sending and min(begin for _, begin, _ in sending) < computing[2]


def test_an_error_of_a_worker_is_told(runner, text):
    with pytest.raises(RuntimeError, match=r"(?s)Failing failed on 2 workers:.*no gradients today"):
        runner.run(Failing, SMALL, text)


@pytest.mark.parametrize("order", [gpipe, one_f_one_b])
def test_each_part_goes_forward_and_back_once(order):
    for size in (1, 2, 4):
        for rank in range(size):
            turns = list(order(rank, size, 8))
            for what in ("forward", "backward"):
                assert [part for kind, part in turns if kind == what] == list(range(8))
            ahead = held = 0
            for kind, _ in turns:
                held += 1 if kind == "forward" else -1
                ahead = max(ahead, held)
            assert ahead == (8 if order is gpipe else size - rank)


def waiting(order, size, parts, times):
    """Return the share of a step in which a stage waits, when each turn takes its time and messages take none."""
    turns = [list(order(rank, size, parts)) for rank in range(size)]
    ended, clocks = {}, [0] * size
    while any(turns):
        for rank, left in enumerate(turns):
            if left:
                what, part = left[0]
                before = rank - 1 if what == "forward" else rank + 1
                if before in range(size) and (before, what, part) not in ended:
                    continue  # what it needs is not there yet
                clocks[rank] = max(clocks[rank], ended.get((before, what, part), 0)) + times[what]
                ended[rank, what, part] = clocks[rank]
                left.pop(0)
    return 1 - parts * sum(times.values()) / max(clocks)


@pytest.mark.parametrize("order", [gpipe, one_f_one_b])
@pytest.mark.parametrize("times", [{"forward": 1, "backward": 1}, {"forward": 1, "backward": 2}])
def test_the_bubble_is_what_the_formula_says(order, times):
    for size in (1, 2, 4):
        for parts in (1, 4, 8):
            assert waiting(order, size, parts, times) == pytest.approx(formulas.bubble(size, parts))
