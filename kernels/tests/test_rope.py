"""Rotary positions."""

import pytest
import torch

from kernels.reference.rope import rope as reference
from kernels.rope import rope
from kernels.tests.beside import DEVICE, KINDS, check, randn


def angles(batch, time, half):
    turned = torch.rand(batch, 1, time, half, device=DEVICE) * 100
    return turned.cos(), turned.sin()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("batch", "heads", "groups", "time", "size"), [(1, 1, 1, 1, 2), (2, 6, 3, 7, 10), (2, 9, 3, 5, 64)]
)
def test_equals_its_reference(kind, batch, heads, groups, time, size):
    q, k = randn(batch, heads, time, size, kind=kind), randn(batch, groups, time, size, kind=kind)
    check(rope, reference, q, k, *angles(1, time, size // 2))
    check(rope, reference, q, k, *angles(batch, time, size // 2))


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_one_projection(kind):
    def parts(function):
        def of(qkv, cos, sin):
            q, k, _ = qkv.unflatten(-1, (-1, 16)).transpose(1, 2).split([4, 2, 2], dim=1)
            return function(q, k, cos, sin)

        return of

    check(parts(rope), parts(reference), randn(2, 5, 8 * 16, kind=kind), *angles(1, 5, 8))


def test_gradients_by_differences():
    q, k = (randn(1, n, 2, 2, kind=torch.float64) for n in (2, 1))
    cos, sin = (x.double() for x in angles(1, 2, 1))
    assert torch.autograd.gradcheck(lambda q, k: rope(q, k, cos, sin), (q, k))


def test_a_turn_back_is_the_beginning():
    q, k = randn(1, 2, 9, 8, slope=False), randn(1, 1, 9, 8, slope=False)
    cos, sin = angles(1, 9, 4)
    back, _ = rope(*rope(q, k, cos, sin), cos, -sin)
    assert torch.allclose(back, q, atol=1e-5)
