"""A text read part by part gives the logits of the text as a whole."""

import pytest
import torch

from models.transformer.decoder import Decoder, Shape
from models.transformer.kv_cache import KVCache

TOKENS = torch.arange(2 * 24).reshape(2, 24) * 7 % 50
KINDS = [{"positions": name} for name in ("rope", "learned", "sinusoids", "alibi", "none")]
KINDS += [{"window": 5}, {"kv_heads": 2}, {"experts": 4}, {"positions": "alibi", "window": 5, "kv_heads": 1}]


def decoder(**more) -> Decoder:
    torch.manual_seed(0)
    made = Decoder(Shape(vocabulary=50, width=32, layers=2, heads=4, context=32, **more)).eval()
    for weights in made.parameters():
        weights.data *= 3  # so that the past matters
    return made


@pytest.mark.parametrize("parts", [[1] * 24, [10, *[1] * 14], [3, 9, 12]], ids=["tokens", "prompt", "parts"])
@pytest.mark.parametrize("more", KINDS, ids=str)
@torch.inference_mode()
def test_parts_give_the_logits_of_the_whole(more, parts):
    ours = decoder(**more)
    cache, made = KVCache(ours, batch=2, length=24), []
    for tokens in TOKENS.split(parts, dim=1):
        made.append(ours(tokens, cache.places(tokens.shape[1]), cache))
    torch.testing.assert_close(torch.cat(made, dim=1), ours(TOKENS), atol=1e-4, rtol=0)
    assert cache.length == 24


@torch.inference_mode()
def test_past_matters():
    ours = decoder()
    cache = KVCache(ours, batch=2, length=24)
    ours(TOKENS[:, :20], cache.places(20), cache)
    after = ours(TOKENS[:, 20:], cache.places(4), cache)
    assert (after - ours(TOKENS[:, 20:])).abs().max() > 0.1


def test_full_cache_says_so():
    ours = decoder()
    with pytest.raises(ValueError, match="25 tokens do not fit into a cache of 24"):
        KVCache(ours, batch=2, length=24).places(25)
