"""The law of loss over weights and bytes, against laws that are known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from capstan.errors import CapstanError
from capstan.study import find
from capstan.study.record import FILE, Record
from models.learning.scaling_law import Law
from pipelines.language_model.studies.learning import scaling

pytestmark = pytest.mark.rotating

KNOWN = Law(e=1.2, big_a=30.0, big_b=400.0, a=0.4, b=0.5)
WEIGHTS, LEARNED = (grid.ravel() for grid in np.meshgrid(np.geomspace(7e3, 5e5, 6), np.geomspace(2e5, 2e6, 3)))


def lines(noise: float) -> pd.DataFrame:
    random = np.random.default_rng(0)
    nats = KNOWN.loss(WEIGHTS, LEARNED) * np.exp(noise * random.normal(size=len(WEIGHTS)))
    return pd.DataFrame({"part": "fitted", "weights": WEIGHTS, "bytes": LEARNED, "nats": nats})


def test_a_known_law_is_found():
    found = scaling.law(lines(noise=0))
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(KNOWN), rel=0.1)
    np.testing.assert_allclose(found.loss(WEIGHTS, LEARNED), KNOWN.loss(WEIGHTS, LEARNED), rtol=1e-3)


def test_one_wrong_loss_does_not_move_the_law():
    wrong = lines(noise=0)
    wrong.loc[4, "nats"] *= 1.3
    assert scaling.law(wrong).loss(1e5, 1e6) == pytest.approx(KNOWN.loss(1e5, 1e6), rel=0.005)


def test_resampled_laws_are_as_far_apart_as_the_noise_makes_them():
    wide = {}
    for noise in (0.001, 0.02):
        some = lines(noise)
        laws = scaling.resampled(some, scaling.law(some), times=20)
        wide[noise] = np.ptp([found.loss(1e5, 1e6) for found in laws])
    assert wide[0.001] < 0.02 < wide[0.02] * 2


def test_the_size_of_a_budget_has_the_lowest_loss():
    flops = 1e13
    sizes = np.geomspace(1e3, 1e8, 5_001)
    lowest = sizes[np.argmin(KNOWN.loss(sizes, flops / (6 * sizes)))]
    assert KNOWN.weights(flops) == pytest.approx(lowest, rel=0.01)


def test_a_budget_is_checked_at_its_size_and_both_neighbours():
    flops = 6 * scaling.count("48 x 3") * 10 * scaling.BYTES
    size = Law(e=1.0, big_a=scaling.count("48 x 3") ** 0.5, big_b=(10 * scaling.BYTES) ** 0.5, a=0.5, b=0.5)
    assert scaling.checked(size, flops) == {
        name: round(flops / (6 * scaling.count(name) * scaling.BYTES)) for name in ("32 x 2", "48 x 3", "64 x 4")
    }


def test_too_few_losses_are_refused():
    with pytest.raises(CapstanError, match="five"):
        scaling.law(lines(noise=0)[:4])


def test_more_bytes_make_the_smallest_size_better():
    text = np.frombuffer(b"to be or not to be, that is the question: " * 200, dtype=np.uint8)
    short, long = (scaling.trained("16 x 1", rounds, 0, torch.from_numpy(text.copy()), text[:500]) for rounds in (1, 2))
    assert long["nats"] < short["nats"] < np.log(256)
    assert (long["bytes"], long["weights"]) == (2 * scaling.BYTES, scaling.count("16 x 1"))


def test_what_was_checked_is_what_the_law_asks_for():
    record = Record.of(find.folder("language_model", "learning") / FILE).frame()
    assert scaling.checked(scaling.law(record), scaling.FLOPS) == scaling.CHECKED
