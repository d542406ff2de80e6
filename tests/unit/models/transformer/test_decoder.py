"""The decoder against transformers' Llama on the same weights, and against itself without shortcuts."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from models.learning import attention
from models.transformer.decoder import Decoder, Shape
from models.weights import llama_files

TOKENS = torch.arange(2 * 40).reshape(2, 40) * 7 % 50
LLAMAS = {
    "plain": LlamaConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=88,
    ),
    "grouped": LlamaConfig(
        vocab_size=50, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
        intermediate_size=100, rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=True,
    ),
}  # fmt: skip


@pytest.fixture(params=LLAMAS)
def llama(request) -> LlamaForCausalLM:
    torch.manual_seed(0)
    model = LlamaForCausalLM(LLAMAS[request.param]).eval()
    for weights in model.parameters():
        weights.data += 0.1 * torch.randn(weights.shape)  # norms that are not all one
    return model


@torch.inference_mode()
def test_weights_of_llama_give_its_logits(llama):
    ours = llama_files.from_llama(llama.config.to_dict(), llama.state_dict())
    torch.testing.assert_close(ours(TOKENS), llama(TOKENS).logits, atol=1e-4, rtol=0)


@pytest.mark.parametrize("tied", [True, False])
@torch.inference_mode()
def test_our_weights_give_our_logits_in_llama(tied):
    ours = Decoder(Shape(vocabulary=50, width=48, layers=2, heads=6, kv_heads=3, rope_base=777.0, tied=tied)).eval()
    config, state = llama_files.to_llama(ours)
    theirs = LlamaForCausalLM(LlamaConfig(**config)).eval()
    loaded = theirs.load_state_dict(state, strict=False)
    assert not loaded.unexpected_keys and loaded.missing_keys == (["lm_head.weight"] if tied else [])
    theirs.tie_weights()
    torch.testing.assert_close(theirs(TOKENS).logits, ours(TOKENS), atol=1e-4, rtol=0)


@pytest.mark.parametrize("more", [{}, {"positions": "alibi"}, {"window": 5}, {"kv_heads": 2}])
@torch.inference_mode()
def test_plain_attention_gives_what_torchs_kernel_gives(more):
    ours = Decoder(Shape(vocabulary=50, width=32, layers=2, heads=4, **more), attention.plain).eval()
    fast = Decoder(ours.shape).eval()
    fast.load_state_dict(ours.state_dict())
    torch.testing.assert_close(fast(TOKENS), ours(TOKENS), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "more",
    [{"positions": name} for name in ("rope", "learned", "sinusoids", "alibi", "none")]
    + [{"window": 3}, {"experts": 4}, {"grams": (2, 3), "buckets": 97}],
)
@torch.inference_mode()
def test_no_token_sees_a_later_one(more):
    decoder = Decoder(Shape(vocabulary=50, width=32, layers=2, heads=4, **more)).eval()
    changed = TOKENS.clone()
    changed[:, 20:] = 3
    torch.testing.assert_close(decoder(changed)[:, :20], decoder(TOKENS)[:, :20])
    assert not torch.allclose(decoder(changed)[:, 21], decoder(TOKENS)[:, 21])


@torch.inference_mode()
def test_window_hides_what_is_further_back():
    """A layer passes on what it saw, so with two layers of three tokens each sees five."""
    decoder = Decoder(Shape(vocabulary=50, width=32, layers=2, heads=4, window=3)).eval()
    changed = TOKENS.clone()
    changed[:, :10] = 3
    same = torch.isclose(decoder(changed), decoder(TOKENS), atol=1e-6).all(dim=-1).all(dim=0)
    assert not same[10] and same[14:].all()


@torch.inference_mode()
def test_grams_tell_texts_apart_that_differ_within_their_length():
    decoder = Decoder(Shape(vocabulary=50, width=32, layers=1, heads=4, grams=(2, 4), buckets=1_009))
    rows = decoder.grams(torch.tensor([[1, 2, 3, 4, 5], [9, 2, 3, 4, 5], [1, 2, 3, 9, 5]]))
    assert torch.equal(rows[0, 4], rows[1, 4]) and not torch.equal(rows[0, 3], rows[1, 3])
    assert not torch.equal(rows[0, 4], rows[2, 4])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"width": 30}, "30 is not"),
        ({"kv_heads": 3}, "3 heads of keys"),
        ({"experts": 4, "experts_used": 5}, "use 5 of 4 experts"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        Shape(vocabulary=50, **sizes)
