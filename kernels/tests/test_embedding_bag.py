"""Sums of embeddings."""

import pytest
import torch

from kernels.embedding_bag import embedding_bag
from kernels.reference.embedding_bag import embedding_bag as reference
from kernels.tests.beside import DEVICE, FLOAT, KINDS, check, randn

pytestmark = pytest.mark.rotating  # the interpreter takes long


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("width", [1, 33, 600])
def test_equals_its_reference(kind, shared, width):
    indices = torch.randint(20, (100,), device=DEVICE)
    starts = torch.tensor([0, 10, 10, 50, 100], device=DEVICE)  # the second and the last bag are empty
    shares = randn(100, kind=kind) if shared else None
    check(
        lambda weight, *shares: embedding_bag(indices, weight, starts, *shares),
        lambda weight, *shares: reference(indices, weight, starts, *shares),
        randn(20, width, kind=kind), *([shares] if shared else []), far=3e-6 if kind == FLOAT else 1e-2,
    )  # fmt: skip


def test_one_row_that_everybody_has():
    indices = torch.zeros(500, dtype=torch.long, device=DEVICE)
    starts = torch.arange(0, 500, 5, device=DEVICE)
    check(lambda w: embedding_bag(indices, w, starts), lambda w: reference(indices, w, starts), randn(3, 8))


def test_an_index_that_is_no_row():
    weight = randn(5, 8)
    sums = embedding_bag(torch.tensor([1, 7, 2], device=DEVICE), weight, torch.tensor([0, 2], device=DEVICE))
    assert sums[0].isnan().all()
    assert sums[1].isfinite().all()
    (slope,) = torch.autograd.grad(sums, weight, torch.ones_like(sums))
    assert slope.sum(1).tolist() == [0, 8, 8, 0, 0]
