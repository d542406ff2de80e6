"""Packed networks against the package gguf, and what they lose."""

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from models.transformer.decoder import Decoder, Shape
from models.transformer.packed import Packed, pack, size

KINDS = {8: GGMLQuantizationType.Q8_0, 4: GGMLQuantizationType.Q4_1}


@pytest.mark.parametrize("bits", KINDS)
def test_numbers_are_those_that_gguf_packs(bits):
    matrix = np.random.default_rng(0).normal(size=(50, 96)).astype(np.float32)
    matrix[7, :32], matrix[8, :32] = 0, 3  # a block of one number has no scale
    theirs = dequantize(quantize(matrix, KINDS[bits]), KINDS[bits])
    np.testing.assert_array_equal(Packed(torch.from_numpy(matrix), bits).rows(slice(None)).numpy(), theirs)


@pytest.mark.parametrize(("bits", "share", "most"), [(8, 0.28, 0.02), (4, 0.17, 0.3)])
@torch.inference_mode()
def test_network_is_small_and_gives_almost_the_same(bits, share, most):
    torch.manual_seed(0)
    decoder = Decoder(Shape(vocabulary=256, width=64, layers=2, heads=2, grams=(2, 3), buckets=1_000)).eval()
    tokens, whole = torch.arange(40).reshape(2, 20) * 5, size(decoder)
    before = decoder(tokens).softmax(-1)
    pack(decoder, bits)
    assert decoder.head.packed is decoder.embedding.packed  # tied weights stay tied
    assert size(decoder) < share * whole
    lost = (decoder(tokens).softmax(-1) - before).abs().sum(-1).max()
    assert 0 < lost < most


def test_last_block_need_not_be_full():
    matrix = torch.randn(3, 40, generator=torch.Generator().manual_seed(0))
    rows = Packed(matrix, 8).rows(slice(None))
    assert rows.shape == (3, 40) and (rows - matrix).abs().max() < 0.02
