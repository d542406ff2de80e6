"""Cross entropy."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.cross_entropy import cross_entropy
from kernels.reference.cross_entropy import cross_entropy as reference
from kernels.tests.beside import DEVICE, FLOAT, KINDS, check, distance, randn


def targets(rows, classes):
    return torch.randint(classes, (rows,), device=DEVICE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 100), (3, 20_000)])
def test_equals_its_reference(kind, shape):
    check(cross_entropy, reference, randn(*shape, kind=kind), targets(*shape), far=None if kind == FLOAT else 8e-3)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 9), st.integers(1, 300))
def test_any_shape(rows, classes):
    check(cross_entropy, reference, randn(rows, classes), targets(rows, classes), far=1e-5)


def test_rows_that_do_not_count():
    right = targets(6, 30)
    right[2] = right[5] = -100
    check(cross_entropy, reference, randn(6, 30), right)
    assert cross_entropy(randn(2, 5), torch.full((2,), -100, device=DEVICE)).isnan()  # as torch has it


def test_rows_that_lie_apart():
    right = targets(6, 30)
    check(lambda x: cross_entropy(x[:, 2:32], right), lambda x: reference(x[:, 2:32], right), randn(6, 40))
    check(lambda x: cross_entropy(x.T, right), lambda x: reference(x.T, right), randn(30, 6))


def test_gradients_by_differences():
    right = targets(3, 7)
    assert torch.autograd.gradcheck(lambda x: cross_entropy(x, right), randn(3, 7, kind=torch.float64))


def test_classes_that_cannot_be():
    x, right = randn(4, 20_000, slope=False), targets(4, 20_000)
    x[:, :10_000] = float("-inf")  # a whole block of them
    right += 10_000 - right.clamp_max(10_000)
    assert distance(cross_entropy(x, right), reference(x, right)) < 1e-6


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_passes(value):
    x, right = randn(4, 50, slope=False), targets(4, 50)
    x[1, 3] = value
    assert cross_entropy(x, right).isnan()
    assert reference(x, right).isnan()


def test_a_target_that_is_no_class_is_not_a_loss():
    assert cross_entropy(randn(2, 5), torch.tensor([1, 5], device=DEVICE)).isnan()
