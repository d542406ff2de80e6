"""Causal attention."""

import pytest
import torch

from kernels.attention import attention
from kernels.reference.attention import attention as reference
from kernels.tests.beside import FLOAT, KINDS, check, distance, randn

pytestmark = pytest.mark.rotating  # the interpreter takes long


def inputs(batch, heads, groups, time, size, kind):
    return [randn(batch, n, time, size, kind=kind) for n in (heads, groups, groups)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "shape", [(1, 1, 1, 3, 16), (2, 2, 1, 130, 16), (1, 3, 3, 128, 64), (1, 4, 2, 300, 32), (1, 2, 1, 256, 128)]
)
def test_equals_its_reference(kind, shape):
    check(attention, reference, *inputs(*shape, kind), far=2e-5 if kind == FLOAT else 1.5e-2)


@pytest.mark.parametrize("time", [128, 100])
def test_parts_of_one_projection(time):
    def parts(function):
        def of(qkv):
            return function(*qkv.unflatten(-1, (-1, 16)).transpose(1, 2).split([4, 2, 2], dim=1))

        return of

    check(parts(attention), parts(reference), randn(2, time, 8 * 16), far=1e-5)


def test_the_future_is_not_seen():
    q, k, v = inputs(1, 2, 1, 140, 16, FLOAT)
    before = attention(q, k, v)
    with torch.no_grad():
        k[:, :, 90:], v[:, :, 90:] = 1e4, -1e4
    assert torch.equal(attention(q, k, v)[:, :, :90], before[:, :, :90])


def test_what_is_no_number_passes_to_those_who_see_it():
    q, k, v = (x.detach() for x in inputs(2, 2, 1, 200, 16, FLOAT))
    k[0, 0, 150] = float("nan")
    output, right = attention(q, k, v), reference(q, k, v)
    assert distance(output, right) < 1e-5
    assert output[0, :, 150:].isnan().all()
    assert output[1].isfinite().all()


def test_large_scores():
    q, k, v = (x.detach() for x in inputs(1, 1, 1, 128, 16, FLOAT))
    assert distance(attention(q * 100, k * 100, v), reference(q * 100, k * 100, v)) < 1e-3
