"""Ways to train the same decoder: parts of a batch, mixed precision, compiled, with kernels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capstan.errors import CapstanError
from models.ladder import learning
from models.transformer.decoder import Decoder
from models.transformer.measures import losses
from pipelines.language_model import training

TEXT = np.frombuffer(b"to be or not to be, that is the question: " * 50, dtype=np.uint8)
SHAPE = training.shape(width=32, layers=1, context=16, grams=())
PLAN = training.Plan(rounds=1, batch=8)


def learned(plan: training.Plan) -> Decoder:
    return learning.fit(SHAPE, torch.from_numpy(TEXT.copy()), plan)


def nats(decoder: Decoder) -> float:
    return float(losses(decoder, TEXT, SHAPE.context).mean())


@pytest.fixture(scope="module")
def usual() -> float:
    """The loss of the plan as it is."""
    return nats(learned(PLAN))


def test_parts_of_a_batch_learn_the_same(usual):
    assert nats(learned(replace(PLAN, parts=4))) == pytest.approx(usual, abs=1e-3)
    with pytest.raises(CapstanError, match="3 parts"):
        replace(PLAN, parts=3)


def test_mixed_precision_learns_about_the_same_and_computes_otherwise(usual):
    decoder = learned(replace(PLAN, bfloat16=True))
    assert nats(decoder) == pytest.approx(usual, abs=0.1)
    assert nats(decoder) != usual
    assert {weights.dtype for weights in decoder.parameters()} == {torch.float32}


@pytest.mark.slow
@pytest.mark.rotating
def test_compiled_learns_the_same(usual):
    assert nats(learned(replace(PLAN, compiled=True))) == pytest.approx(usual, abs=1e-3)


@pytest.mark.slow
@pytest.mark.rotating
def test_kernels_are_parts_of_what_is_compiled():
    plan = replace(PLAN, batch=2, steps=2)
    usual, fused = learned(plan), learned(replace(plan, fused=True, compiled=True))
    assert nats(fused) == pytest.approx(nats(usual), abs=1e-5)


@pytest.mark.parametrize("bfloat16", [False, True])
def test_kernels_learn_the_same(bfloat16):
    plan = replace(PLAN, batch=2, steps=2, bfloat16=bfloat16)
    usual, fused = learned(plan), learned(replace(plan, fused=True))
    assert nats(fused) == pytest.approx(nats(usual), abs=1e-5 if not bfloat16 else 2e-3)
    assert fused.state_dict().keys() == usual.state_dict().keys()
