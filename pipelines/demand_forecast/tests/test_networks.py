"""What each half-hour may see, and that the networks learn."""

import numpy as np
import pytest
import torch

from models.forecasting import sequences
from models.forecasting.autoregressive import Autoregressive
from models.forecasting.sequences import CONTEXT, Scale
from models.forecasting.temporal_convolution import TemporalConvolution
from models.forecasting.windows import DAY, Windows


def test_inputs_know_nothing_of_the_day_but_the_calendar_and_a_known_temperature(past):
    windows, scale = past[:20], Scale.of(past)
    later = Windows(**vars(windows) | {"ahead": windows.ahead + 5, "target": windows.target * 2})
    blind, changed = (sequences.inputs(rows.blind(), scale) for rows in (windows, later))
    assert torch.equal(blind, changed)
    known, changed = (sequences.inputs(rows, scale) for rows in (windows, later))
    assert torch.equal(known[:, :CONTEXT], changed[:, :CONTEXT]) and not torch.equal(known, changed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Autoregressive, TemporalConvolution])
def test_a_seed_gives_the_same_forecast_and_a_few_epochs_learn(kind, past):
    some, rest = past[:60], past[60:70]
    first, again, reseeded = (kind(seed, epochs=2).fit(some).predict(rest) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, reseeded)
    assert (np.diff(first, axis=-1) >= 0).all()
    longer = kind(1, epochs=20).fit(some).predict(rest)
    assert np.abs(longer[..., 2] - rest.truth).mean() < np.abs(rest.demand[:, :DAY] - rest.truth).mean()
