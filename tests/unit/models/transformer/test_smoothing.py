"""Columns of more even size, and the same results."""

import pytest
import torch

from models.transformer import adapters
from models.transformer.decoder import Decoder, Shape
from models.transformer.products import Integers
from models.transformer.smoothing import smoothed

SHAPE = Shape(vocabulary=50, width=64, layers=2, heads=4, kv_heads=2, context=64)


@pytest.fixture
def decoder():
    """A network in which three columns are a hundred times as large as the others, as in large ones."""
    torch.manual_seed(0)
    network = Decoder(SHAPE).eval()
    for block in network.blocks:
        for norm in block.norms:
            norm.weight.data[[3, 17, 40]] = 100.0
    network.norm.weight.data[[3, 17, 40]] = 100.0
    return network


@torch.inference_mode()
def test_results_are_the_same(decoder):
    tokens, others = torch.randint(50, (2, 4, 30))
    result = smoothed(decoder, tokens)
    assert torch.allclose(result.states(others), decoder.states(others), atol=1e-3)
    assert torch.equal(result.head.weight, decoder.head.weight)


@torch.inference_mode()
def test_results_with_adapters_are_the_same_and_chosen_together(decoder):
    chosen = adapters.adapt(decoder, ("qkv", "out", "gate_up", "down"), count=1, rank=4)
    for _, layer in adapters.layers(decoder):
        layer.up.data[1:] = torch.randn(layer.up.shape)[1:] * 0.1
    tokens = torch.randint(50, (1, 30))
    result = smoothed(decoder, tokens)
    plain = decoder(tokens)
    chosen.choose([1])
    assert torch.allclose(result(tokens), decoder(tokens), atol=1e-3)
    assert not torch.allclose(result(tokens), plain, atol=1e-2)


@torch.inference_mode()
def test_whole_numbers_lose_less(decoder):
    tokens, others = torch.randint(50, (2, 4, 30))
    expected, losses = decoder(others), []
    for network in (decoder, smoothed(decoder, tokens)):
        for block in network.blocks:
            for part, name in ((block.attention, "qkv"), (block.feed_forward, "gate_up"), (block.feed_forward, "down")):
                setattr(part, name, Integers(getattr(part, name).weight))
        losses.append(float((network(others) - expected).norm()))
    assert losses[1] < losses[0] / 2


def test_experts_are_refused():
    with pytest.raises(ValueError, match="Experts"):
        smoothed(Decoder(Shape(vocabulary=50, width=32, layers=1, experts=4)), torch.zeros(1, 4, dtype=torch.long))
