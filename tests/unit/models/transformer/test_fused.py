"""A decoder with kernels: what it is while it learns, and after."""

import pytest
import torch
from torch.nn import functional

from models.transformer.decoder import Decoder, Shape
from models.transformer.fused import fused, loss

SHAPE = Shape(61, 32, 1, 2, 1, context=8)


def test_the_gradients_are_the_same_and_the_decoder_is_as_before_even_after_an_error():
    torch.manual_seed(0)
    decoder, tokens = Decoder(SHAPE), torch.randint(61, (1, 9))
    parts = {name: dict(vars(module)) for name, module in decoder.named_modules()}
    total = functional.cross_entropy(decoder(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    right = torch.autograd.grad(total, list(decoder.parameters()))
    with pytest.raises(RuntimeError, match="in the middle"), fused(decoder):
        gradients = torch.autograd.grad(loss(decoder, tokens[:, :-1], tokens[:, 1:]), list(decoder.parameters()))
        raise RuntimeError("in the middle")
    assert all(torch.allclose(first, second, atol=1e-6) for first, second in zip(right, gradients, strict=True))
    assert {name: vars(module) for name, module in decoder.named_modules()} == parts
