"""Products with weights of 8 bits."""

import pytest
import torch

from kernels.int8_matmul import int8_matmul, quantized
from kernels.reference.int8_matmul import int8_matmul as reference
from kernels.reference.int8_matmul import unpacked
from kernels.tests.beside import FLOAT, KINDS, check, distance, randn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "outputs", "inputs"), [(1, 1, 1), (1, 70, 300), (5, 130, 257), (70, 33, 128)])
def test_equals_its_reference(kind, rows, outputs, inputs):
    codes, scales = quantized(randn(outputs, inputs, slope=False))
    check(
        lambda x: int8_matmul(x, codes, scales),
        lambda x: reference(x, codes, scales),
        randn(rows, inputs, kind=kind),
        far=1e-5 if kind == FLOAT else 1e-2,
    )


def test_rounds_to_the_nearest_code():
    weight = randn(20, 50, slope=False)
    codes, scales = quantized(weight)
    assert ((unpacked(codes, scales) - weight).abs() <= scales[:, None] * 0.501).all()


def test_rows_in_two_axes():
    codes, scales = quantized(randn(9, 40, slope=False))
    x = randn(2, 3, 40, slope=False)
    assert int8_matmul(x, codes, scales).shape == (2, 3, 9)
    assert distance(int8_matmul(x, codes, scales), reference(x, codes, scales)) < 1e-5


def test_what_is_no_number_stays_in_its_row():
    codes, scales = quantized(randn(9, 40, slope=False))
    x = randn(3, 40, slope=False)
    x[1, 5] = float("nan")
    output = int8_matmul(x, codes, scales)
    assert output[1].isnan().all()
    assert output[[0, 2]].isfinite().all()


def test_a_row_of_zeros():
    codes, scales = quantized(torch.zeros(2, 8))
    assert torch.equal(unpacked(codes, scales), torch.zeros(2, 8))
