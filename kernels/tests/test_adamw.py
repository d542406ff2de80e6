"""AdamW."""

import pytest
import torch

from kernels.adamw import AdamW
from kernels.reference.adamw import adamw as reference
from kernels.tests.beside import FLOAT, HALF, distance, randn


@pytest.mark.parametrize(("kind", "far"), [(FLOAT, 1e-6), (HALF, 1e-2), (torch.float16, 2e-3)])
def test_equals_its_reference(kind, far):
    ours = [randn(*shape, kind=kind) for shape in ((33, 5), (5000,))]
    weights = [weight.detach().clone() for weight in ours]
    means, squares = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    optimizer = AdamW(ours, lr=0.01, weight_decay=0.1)
    for step in range(1, 4):
        for weight in ours:
            weight.grad = torch.randn_like(weight)
        optimizer.step()
        slopes = [weight.grad for weight in ours]
        reference(weights, slopes, means, squares, step, 0.01, (0.9, 0.999), 1e-8, 0.1)
    assert all(distance(a, b) < far for a, b in zip(ours, weights, strict=True))


def test_equals_torch():
    ours = [randn(*shape) for shape in ((33, 5), (5000,), (3,), ())]
    theirs = [weight.detach().clone().requires_grad_() for weight in ours]
    tested, rival = (
        kind(
            [{"params": weights[:2]}, {"params": weights[2:], "lr": 0.1}], lr=0.01, betas=(0.8, 0.99), weight_decay=0.1
        )
        for kind, weights in ((AdamW, ours), (torch.optim.AdamW, theirs))
    )
    for step in range(4):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a) if step != 2 or a.ndim else None  # one that has no gradient for once
            b.grad = None if a.grad is None else a.grad.clone()
        tested.step()
        rival.step()
    assert all(distance(a, b) < 1e-6 for a, b in zip(ours, theirs, strict=True))


def test_goes_on_from_what_was_saved():
    def made():
        torch.manual_seed(3)
        weights = [randn(40, 7), randn(9)]
        return weights, AdamW(weights, lr=0.05)

    def step(weights, optimizer, seed):
        torch.manual_seed(seed)
        for weight in weights:
            weight.grad = randn(*weight.shape, slope=False)
        optimizer.step()

    (whole, first), (stopped, second) = made(), made()
    step(whole, first, 0)
    step(whole, first, 1)
    step(stopped, second, 0)
    again = AdamW(stopped, lr=0.05)
    again.load_state_dict(second.state_dict())
    step(stopped, again, 1)
    assert all(torch.equal(a, b) for a, b in zip(whole, stopped, strict=True))


def test_weights_that_lie_apart():
    ours, theirs = (torch.arange(12.0).view(3, 4).T.requires_grad_() for _ in range(2))
    for weights, kind in ((ours, AdamW), (theirs, torch.optim.AdamW)):
        weights.grad = torch.ones_like(weights)
        kind([weights], lr=0.1).step()
    assert torch.allclose(ours, theirs)


def test_what_is_no_number_passes():
    weight = randn(10)
    weight.grad = torch.ones_like(weight)
    weight.grad[3] = float("nan")
    AdamW([weight]).step()
    assert weight.isnan().nonzero().tolist() == [[3]]


def test_wrong_arguments():
    with pytest.raises(ValueError, match="betas"):
        AdamW([randn(1)], betas=(0.9, 1.0))
