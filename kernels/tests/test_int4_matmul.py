"""Products with weights of 4 bits."""

import pytest
import torch

from kernels.int4_matmul import int4_matmul, quantized
from kernels.reference.int4_matmul import int4_matmul as reference
from kernels.reference.int4_matmul import unpacked
from kernels.tests.beside import FLOAT, KINDS, check, randn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "outputs", "inputs"), [(1, 1, 128), (1, 70, 384), (5, 130, 256), (70, 33, 128)])
def test_equals_its_reference(kind, rows, outputs, inputs):
    codes, scales = quantized(randn(outputs, inputs, slope=False))
    check(
        lambda x: int4_matmul(x, codes, scales),
        lambda x: reference(x, codes, scales),
        randn(rows, inputs, kind=kind),
        far=1e-5 if kind == FLOAT else 1e-2,
    )


def test_rounds_to_the_nearest_code():
    weight = randn(20, 256, slope=False)
    codes, scales = quantized(weight)
    step = scales.float().T.repeat_interleave(128, 1)
    assert ((unpacked(codes, scales) - weight).abs() <= step * 0.51).all()


def test_every_code_is_its_number():
    weight = torch.arange(-8.0, 8).repeat(8).view(1, 128)
    codes, _ = quantized(weight * 7 / 8)  # the largest number of a group is 7, for both signs
    exact = unpacked(quantized(weight.clamp(-7, 7))[0], torch.ones(1, 1).half())
    assert torch.equal(exact, weight.clamp(-7, 7))
    assert codes.dtype == torch.int16


def test_inputs_that_are_no_whole_groups():
    with pytest.raises(ValueError, match="whole groups of 128"):
        quantized(randn(4, 100))


def test_what_is_no_number_stays_in_its_row():
    codes, scales = quantized(randn(9, 128, slope=False))
    x = randn(3, 128, slope=False)
    x[1, 5] = float("nan")
    output = int4_matmul(x, codes, scales)
    assert output[1].isnan().all()
    assert output[[0, 2]].isfinite().all()
