"""A product with a frozen weight and its low-rank change."""

import pytest
import torch

from kernels.lora_matmul import lora_matmul
from kernels.reference.lora_matmul import lora_matmul as reference
from kernels.tests.beside import FLOAT, KINDS, check, randn

pytestmark = pytest.mark.rotating  # the interpreter takes long


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rows", "outputs", "inputs", "rank"), [(1, 1, 1, 1), (13, 50, 70, 5), (70, 40, 200, 16), (3, 64, 64, 40)]
)
def test_equals_its_reference(kind, rows, outputs, inputs, rank):
    x, down, up = (randn(*shape, kind=kind) for shape in ((rows, inputs), (rank, inputs), (outputs, rank)))
    weight = randn(outputs, inputs, kind=kind, slope=False)
    check(lora_matmul, reference, x, weight, down, up, 0.5, far=2e-5 if kind == FLOAT else 1.5e-2)


def test_a_change_of_nothing():
    x, weight = randn(4, 20, slope=False), randn(30, 20, slope=False)
    output = lora_matmul(x, weight, randn(2, 20, slope=False), torch.zeros(30, 2, device=x.device), 1.0)
    assert torch.allclose(output, x @ weight.T, atol=1e-4)


def test_what_is_no_number_stays_in_its_row():
    x = randn(3, 20, slope=False)
    x[1, 4] = float("nan")
    output = lora_matmul(x, randn(30, 20, slope=False), randn(2, 20, slope=False), randn(30, 2, slope=False), 1.0)
    assert output[1].isnan().all()
    assert output[[0, 2]].isfinite().all()
