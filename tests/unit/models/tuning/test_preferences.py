"""Of two answers, the better one becomes likelier."""

import math

import pytest
import torch

from models.tuning import preferences


def test_loss_is_the_equation():
    now, before = torch.tensor([[-2.0, -5.0], [-3.0, -1.0]]), torch.tensor([[-4.0, -4.0], [-2.0, -2.0]])
    gained = [(-2 + 4) - (-3 + 2), (-5 + 4) - (-1 + 2)]
    expected = sum(math.log(1 + math.exp(-0.1 * each)) for each in gained) / 2
    assert float(preferences.dpo(*now, *before)) == pytest.approx(expected, abs=1e-6)


def test_it_begins_at_the_cost_of_a_guess_and_raises_the_better_answer():
    now = torch.tensor([[-2.0], [-3.0]], requires_grad=True)
    loss = preferences.dpo(*now, *now.detach())
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.log(2))
    assert now.grad[0] < 0 < now.grad[1]
