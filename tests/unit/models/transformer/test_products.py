"""Linear layers in the types that machines multiply fastest: each against a plain product."""

import pytest
import torch
from torch.nn import functional

from models.transformer import products

# What a result may differ by, over its length: inputs have 16 bits, or 7 or 8.
TOLERANCE = {"32 bits": 1e-6, "16 bits": 0.01, "4 bits": 0.01, "8 bits": 0.015, "integers": 0.03}
CASES = [pytest.param(name, id=name.replace(" ", "-")) for name in products.ALL]


@pytest.fixture(scope="module")
def matrix():
    """Numbers that four bits hold exactly, as those of a file do: 16 levels in each block of 32."""
    torch.manual_seed(0)
    levels = torch.randint(0, 16, (96, 3, 32)).float()
    levels[..., 0], levels[..., 1] = 0, 15
    scale = (torch.rand(96, 3, 1) * 0.01).half().float()
    return (levels * scale - (8 * scale).half().float()).flatten(1)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("shape", [(1,), (3, 1), (2, 20)])
def test_equals_a_plain_product(name, shape, matrix):
    layer, x = products.ALL[name](matrix), torch.randn(*shape, 96)
    expected = functional.linear(x, matrix)
    result = layer(x)
    assert result.shape == expected.shape and result.dtype == x.dtype
    assert float((result - expected).norm() / expected.norm()) < TOLERANCE[name]


@pytest.mark.parametrize("name", CASES)
def test_rows_do_not_depend_on_those_next_to_them(name, matrix):
    """A row a thousand times as large takes nothing from the precision of another."""
    layer, x = products.ALL[name](matrix), torch.randn(2, 96) * torch.tensor([[1.0], [1000.0]])
    assert torch.allclose(layer(x)[:1], layer(x[:1]), rtol=1e-5, atol=1e-5)


def test_pairs_of_products_do_not_overflow():
    layer = products.Integers(torch.ones(4, 640))
    assert torch.allclose(layer(torch.ones(1, 640)), torch.full((1, 4), 640.0), rtol=0.02)


def test_every_way_is_here():
    assert list(products.available()) == list(products.ALL)


def test_a_block_that_is_not_full():
    matrix, x = torch.ones(64, 40), torch.ones(1, 40)
    assert torch.allclose(products.FourBits(matrix)(x), torch.full((1, 64), 40.0), rtol=0.01)


def test_a_build_without_a_product(monkeypatch):
    def missing(matrix):
        raise AttributeError("'_OpNamespace' 'aten' object has no attribute '_weight_int4pack_mm_for_cpu'")

    monkeypatch.setitem(products.ALL, "4 bits", missing)
    products.available.cache_clear()
    assert list(products.available()) == ["32 bits", "16 bits", "integers", "8 bits"]
    products.available.cache_clear()
