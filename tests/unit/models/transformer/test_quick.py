"""A decoder for serving makes the texts of the decoder that it is made of."""

import pytest
import torch

from models.transformer import adapters, products
from models.transformer.completions import completed
from models.transformer.decoder import Decoder, Shape
from models.transformer.paged_cache import PagedCache
from models.transformer.pages import Pages
from models.transformer.quick import SIZES, QuickDecoder
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams

SHAPE = Shape(vocabulary=50, width=64, layers=2, heads=4, kv_heads=2, context=64)
TOKENS = torch.arange(40)[None]
TOLERANCE = {"32 bits": 1e-5, "16 bits": 0.02, "4 bits": 0.02, "8 bits": 0.02, "integers": 0.05}


def decoder(sharp=3):
    torch.manual_seed(0)
    network = Decoder(SHAPE).eval()
    for weights in network.parameters():
        weights.data *= sharp  # so that its choices are not all alike
    return network


def texts(network, chosen=None, adapter=0):
    wanted = [
        Stream(list(range(first, first + 9)), 12, Sampling(temperature=0), adapter=adapter * (first % 2))
        for first in range(6)
    ]
    streams = Streams(network, pages=100, size=4, chunk=8, chosen=chosen)
    assert len([*completed(streams, wanted, len(wanted), lambda stream: False)]) == len(wanted)
    return [stream.made for stream in wanted]


def test_only_ways_that_are_named_are_chosen():
    assert {*QuickDecoder(decoder(), TOKENS, among=("16 bits",)).chosen.values()} == {"16 bits"}
    assert {*QuickDecoder(decoder(), TOKENS).chosen.values()} <= {*products.available()}


def test_texts_are_equal_in_32_bits():
    assert texts(QuickDecoder(decoder(), TOKENS, {1: "32 bits"})) == texts(decoder())


@pytest.mark.parametrize("name", products.ALL)
def test_probabilities_are_near_those_in_32_bits(name):
    network = decoder(sharp=2)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Linear):  # weights that four bits hold, as those of a file are
            layer.weight.data = products.Packed(layer.weight, 4).rows(slice(None))
    both = torch.cat([TOKENS, TOKENS.flip(1)])
    with torch.inference_mode():
        shares = [logits.softmax(-1) for logits in (QuickDecoder(network, TOKENS, {1: name})(both), network(both))]
    assert float((shares[0] - shares[1]).abs().sum(-1).mean()) < TOLERANCE[name]


def test_what_one_way_has_read_another_goes_on_with():
    """A prompt is many tokens, and the head of its last one is one row: the two may have different ways."""
    network = decoder(sharp=2)
    network.norm.weight.data[::7] *= 30  # columns that smoothing would move
    quick = QuickDecoder(network, TOKENS, {1: "32 bits", 4: "integers"})
    places = torch.arange(TOKENS.shape[1])[None]
    with torch.inference_mode():
        states = quick.states(TOKENS, places, PagedCache(Pages(SHAPE, 3), [[2, 0, 1]], places))
        expected = network(TOKENS)[:, -1].softmax(-1)
        assert float((quick.head(states[:, -1]).softmax(-1) - expected).abs().sum()) < 0.1


@pytest.mark.parametrize("name", ["32 bits", "integers"])
def test_streams_with_adapters_are_each_as_alone(name):
    network = decoder()
    chosen = adapters.adapt(network, ("qkv", "down"), count=1, rank=4)
    for _, layer in adapters.layers(network):
        layer.up.data[1:] = torch.randn(layer.up.shape)[1:]
    quick = QuickDecoder(network, TOKENS, {1: name})
    adapted, plain = (texts(quick, chosen, adapter) for adapter in (1, 0))
    assert adapted[::2] == plain[::2] and adapted[1::2] != plain[1::2]
    if name == "32 bits":
        assert adapted == texts(network, chosen, 1)


def test_the_fastest_way_of_each_size_is_taken():
    quick = QuickDecoder(decoder(), TOKENS)
    assert tuple(quick.chosen) == SIZES and set(quick.chosen.values()) <= products.available().keys()
    assert quick._way(3) is quick.ways[4] and quick._way(100) is quick.ways[32]


def test_what_is_not_offered():
    with pytest.raises(ValueError, match="no window"):
        QuickDecoder(Decoder(Shape(vocabulary=50, width=32, layers=1, window=4)), TOKENS)
    wanted = Stream([1, 2, 3], 4, watched=2)
    streams = Streams(QuickDecoder(decoder(), TOKENS, {1: "32 bits"}), pages=10)
    streams.add(wanted)
    with pytest.raises(ValueError, match="attend"):
        streams.step()
