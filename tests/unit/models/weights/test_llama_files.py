"""Files of Llama's family: Mistral's window, and what is refused because it would give other logits."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, MixtralConfig

from capstan.errors import CapstanError
from models.transformer.decoder import Decoder, Shape
from models.weights import llama_files

TOKENS = torch.arange(2 * 40).reshape(2, 40) * 7 % 50
SIZES = {
    "vocab_size": 50, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
    "intermediate_size": 100,
}  # fmt: skip


@torch.inference_mode()
def test_weights_of_mistral_give_its_logits():
    torch.manual_seed(0)
    theirs = MistralForCausalLM(MistralConfig(**SIZES, sliding_window=5)).eval()
    for weights in theirs.parameters():
        weights.data += 0.1 * torch.randn(weights.shape)
    ours = llama_files.from_llama(theirs.config.to_dict(), theirs.state_dict())
    torch.testing.assert_close(ours(TOKENS), theirs(TOKENS).logits, atol=1e-4, rtol=0)
    unbounded = llama_files.from_llama(theirs.config.to_dict() | {"sliding_window": None}, theirs.state_dict())
    assert not torch.allclose(unbounded(TOKENS), ours(TOKENS), atol=1e-2)  # the window was used


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"attention_bias": True}, "attention_bias is True"),
        ({"mlp_bias": True}, "mlp_bias is True"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"head_dim": 16}, "head_dim is 16"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0}}, "rope_type is 'linear'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_network_that_ours_would_not_compute_is_refused(more, message):
    theirs = LlamaForCausalLM(LlamaConfig(**SIZES, **more))
    with pytest.raises(CapstanError, match=message):
        llama_files.from_llama(theirs.config.to_dict(), theirs.state_dict())


def test_experts_are_refused():
    with pytest.raises(CapstanError, match="num_local_experts is 8"):
        llama_files.from_llama(MixtralConfig(**SIZES).to_dict(), {})


def test_scaling_in_an_older_file_is_refused():
    older = {**LlamaConfig(**SIZES).to_dict(), "rope_parameters": None, "rope_scaling": {"type": "dynamic"}}
    with pytest.raises(CapstanError, match="rope_type is 'dynamic'"):
        llama_files.from_llama(older, {})


@pytest.mark.parametrize("more", [{"positions": "alibi"}, {"window": 5}, {"grams": (2,)}, {"experts": 4}], ids=str)
def test_decoder_that_llama_cannot_be_is_refused(more):
    with pytest.raises(ValueError, match="Llama has RoPE, no window"):
        llama_files.to_llama(Decoder(Shape(vocabulary=50, width=32, heads=4, layers=1, **more)))


@pytest.mark.parametrize("tied", [True, False])
def test_loaded_weights_are_ones_own_and_learn_as_llamas_do(tied):
    torch.manual_seed(0)
    theirs = LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=tied))
    ours = llama_files.from_llama(theirs.config.to_dict(), theirs.state_dict())
    assert (ours.head.weight is ours.embedding.weight) == tied
    for logits in (ours(TOKENS), theirs(TOKENS).logits):
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), TOKENS.flip(1).flatten()).backward()
    torch.testing.assert_close(ours.embedding.weight.grad, theirs.model.embed_tokens.weight.grad, atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(ours.head.weight.grad, theirs.lm_head.weight.grad, atol=1e-5, rtol=1e-3)
    for weights in ours.parameters():
        weights.data.zero_()
    assert all(weights.abs().sum() > 0 for weights in theirs.parameters())


def test_weights_of_16_bits_become_32():
    theirs = LlamaForCausalLM(LlamaConfig(**SIZES)).to(torch.bfloat16)
    ours = llama_files.from_llama(theirs.config.to_dict(), theirs.state_dict())
    assert {weights.dtype for weights in ours.parameters()} == {torch.float32}
