"""SwiGLU."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.reference.swiglu import swiglu as reference
from kernels.swiglu import swiglu
from kernels.tests.beside import KINDS, check, distance, randn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 2), (3, 200), (2, 3, 3072), (2, 5000)])
def test_equals_its_reference(kind, shape):
    check(swiglu, reference, randn(*shape, kind=kind))


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 9), st.integers(1, 300))
def test_any_shape(rows, width):
    check(swiglu, reference, randn(rows, 2 * width))


def test_columns_that_lie_apart():
    check(lambda x: swiglu(x[:, ::2]), lambda x: reference(x[:, ::2]), randn(5, 80))


def test_gradients_by_differences():
    assert torch.autograd.gradcheck(swiglu, randn(3, 14, kind=torch.float64))


def test_what_is_no_number_passes():
    x = randn(3, 8, slope=False)
    x[0, 0], x[1, 1], x[2, 2], x[0, 5] = float("nan"), float("inf"), float("-inf"), float("inf")
    assert distance(swiglu(x), reference(x)) < 1e-6


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="of one width"):
        swiglu(randn(2, 7))
