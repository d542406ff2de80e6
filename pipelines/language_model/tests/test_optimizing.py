"""The studies of optimizers and of positions: what moves which weights, for how long, and which line is the best."""

import numpy as np
import pandas as pd
import pytest
import torch

from capstan.study.tables import markdown
from models.transformer.measures import losses
from pipelines.language_model.studies.compare.ladder import decoder
from pipelines.language_model.studies.learning import optimizing, places, study

pytestmark = pytest.mark.rotating

TINY = {"width": 32, "layers": 1, "context": 16, "grams": ()}
TEXT = np.frombuffer(b"to be or not to be, that is the question: " * 50, dtype=np.uint8)


def after(name: str, rate: float, seconds: float = 0.4) -> float:
    """Return the loss of a tiny decoder on a text that it has learned by heart for a while."""
    rung, kind = decoder(**TINY), optimizing.KINDS[name]
    network, _ = optimizing.learned(
        rung,
        torch.from_numpy(TEXT.copy()),
        lambda network: optimizing.optimizers_of(kind, network, rate),
        seconds,
        seed=0,
    )
    return float(losses(network, TEXT, rung.context).mean())


def test_it_learns_with_a_usual_rate_and_nothing_without():
    assert after("AdamW", 0.003, seconds=1.0) < np.log(256) - 1
    assert after("AdamW", 0.0) == pytest.approx(np.log(256), abs=0.1)


@pytest.mark.parametrize("name", optimizing.KINDS)
def test_each_weight_is_moved_by_one_optimizer(name):
    network = decoder(**TINY).make()
    moving = optimizing.optimizers_of(optimizing.KINDS[name], network, 0.1)
    groups = [[weights for group in optimizer.param_groups for weights in group["params"]] for optimizer in moving]
    moved = [id(weights) for group in groups for weights in group]
    assert sorted(moved) == sorted(id(weights) for weights in network.parameters())
    if optimizing.KINDS[name].matrices:
        assert {weights.dim() for weights in groups[0]} == {2}
        assert not any(weights is network.embedding.weight for weights in groups[0])


def test_the_rate_rises_and_falls_with_the_time():
    assert [optimizing.share(done) for done in (0.0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_the_best_rate_is_chosen_on_what_is_not_tested():
    line = {"part": "optimizing", "seconds": 1.0, "seed": 0, "steps": 9}
    results = pd.DataFrame([
        line | {"optimizer": "AdamW", "rate": 0.001, "chosen_on": 2.0, "test": 2.5},
        line | {"optimizer": "AdamW", "rate": 0.01, "chosen_on": 1.5, "test": 2.6},
        line | {"optimizer": "AdamW", "rate": 0.1, "chosen_on": float("nan"), "test": None},
        line | {"optimizer": "Lion", "rate": 0.0003, "chosen_on": 1.4, "test": 2.7},
    ])  # fmt: skip
    rows = markdown(study.STUDY.tables[0], results).splitlines()[2:]
    assert [row.split(" | ")[:5] for row in rows] == [
        ["| Lion", "1", "1.400", "2.700", "0.0003"],
        ["| AdamW", "1", "1.500", "2.600", "0.01 (edge)"],
    ]


@pytest.mark.parametrize("kind", places.KINDS)
def test_places_beyond_the_trained_ones_are_not_learned(kind):
    torch.manual_seed(0)
    rung = places.rung(kind)
    before = rung.make().state_dict()
    network, _ = optimizing.learned(rung, torch.from_numpy(TEXT.copy()), places.adam, 0.2, seed=0)
    assert np.isfinite(losses(network, TEXT, places.CONTEXT * places.LONGER[-1])).all()
    if kind == "learned":
        cosines = torch.cosine_similarity(network.places.weight, before["places.weight"])
        assert cosines[places.CONTEXT :].min() > 0.9999
        assert cosines[: places.CONTEXT].max() < 0.9999
