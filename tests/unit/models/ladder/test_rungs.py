"""Rungs of the ladder against torch on the same weights."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from models.ladder.autograd import Value
from models.ladder.perceptron import Perceptron
from models.ladder.recurrent import Cell, Gru, Lstm, Recurrent, Simple

CELLS = {Simple: nn.RNN, Lstm: nn.LSTM, Gru: nn.GRU}
TOKENS = torch.arange(3 * 11).reshape(3, 11) * 7 % 20


@pytest.mark.parametrize("cell", CELLS)
@torch.inference_mode()
def test_cells_give_what_those_of_torch_give(cell: type[Cell]):
    torch.manual_seed(0)
    ours, theirs = Recurrent(cell, 20, 16), CELLS[cell](16, 16, batch_first=True)
    for name, part in (("ih", ours.cell.of_input), ("hh", ours.cell.of_state)):
        getattr(theirs, f"weight_{name}_l0").copy_(part.weight)
        getattr(theirs, f"bias_{name}_l0").copy_(part.bias)
    states, _ = theirs(ours.embedding(TOKENS))
    torch.testing.assert_close(ours(TOKENS), ours.head(states))


@pytest.mark.parametrize(
    "make", [lambda: Perceptron(20, 6, 30, known=4), *(lambda c=c: Recurrent(c, 20, 16) for c in CELLS)]
)
@torch.inference_mode()
def test_no_token_sees_a_later_one(make):
    torch.manual_seed(0)
    rung, changed = make(), TOKENS.clone()
    changed[:, 6:] = 3
    torch.testing.assert_close(rung(changed)[:, :6], rung(TOKENS)[:, :6])
    assert not torch.allclose(rung(changed)[:, 6], rung(TOKENS)[:, 6])


@torch.inference_mode()
def test_perceptron_knows_the_last_tokens_alone():
    rung, changed = Perceptron(20, 6, 30, known=4), TOKENS.clone()
    changed[:, :3] = 3
    assert not torch.allclose(rung(changed)[:, 5], rung(TOKENS)[:, 5])
    torch.testing.assert_close(rung(changed)[:, 6:], rung(TOKENS)[:, 6:])


def test_gradients_of_a_perceptron_are_those_of_torch():
    random = np.random.default_rng(0)
    arrays = [random.normal(size=shape) for shape in ((21, 5), (15, 8), (8,), (8, 20), (1, 20))]
    tokens, labels = random.integers(0, 21, (7, 3)), random.integers(0, 20, 7)
    table, first, bias, second, shift = mine = [Value(array) for array in arrays]
    hidden = (table.rows(tokens).reshaped(7, 15) @ first + bias).tanh()
    loss = (hidden @ second + shift).cross_entropy(labels) + (table * table).mean() * 0.1
    loss.backward()
    theirs = [torch.from_numpy(array).requires_grad_() for array in arrays]
    hidden = torch.tanh(theirs[0][tokens].reshape(7, 15) @ theirs[1] + theirs[2])
    wanted = functional.cross_entropy(hidden @ theirs[3] + theirs[4], torch.from_numpy(labels))
    wanted = wanted + 0.1 * (theirs[0] ** 2).mean()
    wanted.backward()
    assert float(loss.data) == pytest.approx(wanted.item())
    for value, tensor in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(value.gradient, tensor.grad.numpy(), atol=1e-12)


def test_gradient_of_a_scalar_that_is_used_twice():
    x = Value(0.7)
    y = x * x + (x * 3.0).tanh() * x
    y.backward()
    t = torch.tensor(0.7, dtype=torch.double, requires_grad=True)
    (t * t + torch.tanh(3 * t) * t).backward()
    assert float(x.gradient) == pytest.approx(float(t.grad))
    y.backward()  # a second pass does not add to the first
    assert float(x.gradient) == pytest.approx(float(t.grad))
