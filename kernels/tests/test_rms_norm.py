"""RMSNorm."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.reference.rms_norm import rms_norm as reference
from kernels.rms_norm import rms_norm
from kernels.tests.beside import DEVICE, KINDS, check, distance, randn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 4), (7, 100), (2, 3, 576), (5, 4096)])
def test_equals_its_reference(kind, shape):
    check(rms_norm, reference, randn(*shape, kind=kind), randn(shape[-1], kind=kind), 1e-5)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 9), st.integers(8, 300))
def test_any_shape(rows, width):
    check(rms_norm, reference, randn(rows, width), randn(width), far=1e-5)


def test_rows_that_lie_apart():
    check(lambda x, w: rms_norm(x[:, 3:40], w), lambda x, w: reference(x[:, 3:40], w), randn(6, 64), randn(37))
    check(lambda x, w: rms_norm(x.T, w), lambda x, w: reference(x.T, w), randn(64, 6), randn(64))


def test_gradients_by_differences():
    x, weight = randn(3, 11, kind=torch.float64), randn(11, kind=torch.float64)
    assert torch.autograd.gradcheck(rms_norm, (x, weight))


def test_not_a_number_stays_in_its_row():
    x = randn(4, 50, slope=False)
    x[1, 7], x[2, 9] = float("nan"), float("inf")
    weight = torch.ones(50, device=DEVICE)
    assert distance(rms_norm(x, weight), reference(x, weight)) < 1e-6


def test_nothing():
    assert rms_norm(randn(0, 8), randn(8)).shape == (0, 8)
