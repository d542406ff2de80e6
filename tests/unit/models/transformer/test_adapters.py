"""Adapters against those of peft, and each row of a batch with its own."""

from copy import deepcopy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn import functional

from models.transformer import adapters
from models.transformer.decoder import Decoder, Shape

SHAPE = Shape(vocabulary=50, width=32, layers=2, heads=2)
NAMES = ("qkv", "down")
TOKENS = torch.arange(4 * 12).reshape(4, 12) * 7 % 50


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(SHAPE)


def drawn(network: Decoder, number: int) -> None:
    """Give an adapter weights that change what comes out."""
    generator = torch.Generator().manual_seed(number)
    weights = adapters.weights(network, number)
    adapters.load(network, number, {n: 0.2 * torch.randn(v.shape, generator=generator) for n, v in weights.items()})


def learned(network: torch.nn.Module) -> None:
    """Take three steps of the weights that learn."""
    optimizer = torch.optim.AdamW([weights for weights in network.parameters() if weights.requires_grad], lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        functional.cross_entropy(network(TOKENS[:, :-1]).flatten(0, 1), TOKENS[:, 1:].flatten()).backward()
        optimizer.step()


def test_adapter_learns_as_that_of_peft_does(decoder):
    theirs = get_peft_model(deepcopy(decoder), LoraConfig(r=4, lora_alpha=8, target_modules=[*NAMES]))
    chosen = adapters.adapt(decoder, NAMES, count=1, rank=4, alpha=8)
    parts = {name.removeprefix("base_model.model."): part for name, part in theirs.named_modules()}
    for name, layer in adapters.layers(decoder):
        layer.down.data[1] = parts[f"{name}.lora_A.default"].weight
    chosen.choose([1] * 4)
    torch.testing.assert_close(decoder(TOKENS), theirs(TOKENS))
    learned(decoder)
    learned(theirs)
    torch.testing.assert_close(decoder(TOKENS), theirs(TOKENS))
    for name, layer in adapters.layers(decoder):
        torch.testing.assert_close(layer.up[1], parts[f"{name}.lora_B.default"].weight)
        assert layer.up[1].abs().max() > 0


@torch.inference_mode()
def test_rows_of_a_batch_have_each_its_own_adapter(decoder):
    plain = decoder(TOKENS)
    chosen = adapters.adapt(decoder, NAMES, count=2, rank=4)
    torch.testing.assert_close(decoder(TOKENS), plain)
    drawn(decoder, 1)
    drawn(decoder, 2)
    alone = []
    for number in (0, 1, 2):
        chosen.choose([number] * 4)
        alone.append(decoder(TOKENS))
    chosen.choose([2, 0, 1, 2])
    torch.testing.assert_close(decoder(TOKENS), torch.stack([alone[n][row] for row, n in enumerate([2, 0, 1, 2])]))
    assert not torch.allclose(alone[1], alone[2]) and torch.equal(alone[0], plain)


def test_adapters_learn_and_nothing_else_does(decoder):
    before = deepcopy(decoder)
    chosen = adapters.adapt(decoder, NAMES, count=2)
    chosen.choose([2] * 4)
    learned(decoder)
    chosen.choose([1] * 4)
    torch.testing.assert_close(decoder(TOKENS), before(TOKENS))  # the other adapter is as it was


def test_names_that_no_layer_has_are_refused(decoder):
    with pytest.raises(ValueError, match="named q_proj or v_proj"):
        adapters.adapt(decoder, ["q_proj", "v_proj"], count=1)
