"""A decoder and its tokenizer's data of a GGUF file, as llama.cpp writes it for the Llama family.

Reference: transformers.LlamaForCausalLM, logits within 1e-4, those of SmolLM2 within 2e-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from capstan.errors import CapstanError
from models.transformer.decoder import Decoder
from models.weights import gguf_file
from models.weights.llama_files import from_llama

ENDS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
PARTS = {  # of a layer; theirs, and in `transformers`
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip


@dataclass(frozen=True)
class TokenizerData:
    """What a file says of its tokenizer.

    kind: such as "gpt2", byte pairs. splits: how a text is cut into words before, by llama.cpp's name, such as
    "smollm". tokens: by their number, in the signs of `kind`. merges: pairs of tokens, the first merge first. control:
    the numbers of tokens that stand for no text. special: numbers by use, such as "bos" and "eos".
    """

    kind: str
    splits: str
    tokens: list[str]
    merges: list[tuple[str, str]]
    control: frozenset[int]
    special: dict[str, int]
    chat_template: str | None


def load(path: Path) -> tuple[Decoder, TokenizerData]:
    """Return the decoder of a file, with weights of 32 bits, and the data of its tokenizer.

    Raises CapstanError for a file that cannot be read, or of a network that ours would not compute.
    """
    metadata, packed = gguf_file.read(path)
    if (kind := metadata.get("general.architecture")) != "llama":
        raise CapstanError(f"{path} has a network of the kind {kind!r}. Give a file of the kind 'llama'.")
    try:
        config = _config(metadata)
        weights = {}
        for name, values in packed.items():
            part = name.removesuffix(".weight").rpartition(".")[2]
            heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}.get(part)
            numbers = halved(values.unpack(), heads) if heads else values.unpack()
            weights[_name(name)] = torch.tensor(numbers)
        config["vocab_size"] = len(weights["model.embed_tokens.weight"])
        config["tie_word_embeddings"] = "lm_head.weight" not in weights
        return from_llama(config, weights), _tokenizer(metadata)
    except KeyError as error:
        raise CapstanError(
            f"{path} lacks {error}, which a network of the kind 'llama' has. Give another file."
        ) from error


def halved(weights: np.ndarray, heads: int) -> np.ndarray:
    """Return the rows of queries or keys so that halves of a head turn together; in a file, neighbours do.

    weights: (heads * size, width). Source: `permute` of llama.cpp's convert_hf_to_gguf.py, whose inverse this is.
    """
    return weights.reshape(heads, -1, 2, weights.shape[-1]).swapaxes(1, 2).reshape(weights.shape)


def paired(weights: np.ndarray, heads: int) -> np.ndarray:
    """Return the rows of queries or keys as a file has them: the inverse of `halved`."""
    return weights.reshape(heads, 2, -1, weights.shape[-1]).swapaxes(1, 2).reshape(weights.shape)


def _config(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what `transformers` writes into config.json."""
    llama = {name.removeprefix("llama."): value for name, value in metadata.items() if name.startswith("llama.")}
    heads, scaling = llama["attention.head_count"], llama.get("rope.scaling.type", "none")
    size = llama["embedding_length"] // heads
    for name in ("attention.key_length", "attention.value_length", "rope.dimension_count"):
        if llama.get(name, size) != size:
            raise CapstanError(
                f"llama.{name} is {llama[name]}. Give a network where it is {size}, the width of a head."
            )
    return {
        "hidden_size": llama["embedding_length"], "num_hidden_layers": llama["block_count"],
        "num_attention_heads": heads, "num_key_value_heads": llama.get("attention.head_count_kv", heads),
        "intermediate_size": llama["feed_forward_length"], "max_position_embeddings": llama["context_length"],
        "rms_norm_eps": llama["attention.layer_norm_rms_epsilon"],
        "rope_parameters": {
            "rope_type": "default" if scaling == "none" else scaling,
            "rope_theta": llama.get("rope.freq_base", 10_000.0),
        },
    }  # fmt: skip


def _name(name: str) -> str:
    """Return the name that weights of a file have in `transformers`."""
    part = name.removesuffix(".weight")
    if part in ENDS:
        return f"{ENDS[part]}.weight"
    block, _, rest = part.partition(".")
    layer, _, inner = rest.partition(".")
    if block != "blk" or inner not in PARTS or not name.endswith(".weight"):
        raise CapstanError(f"The file has weights {name!r}, which ours would not use. Give a file of a plain Llama.")
    return f"model.layers.{layer}.{PARTS[inner]}.weight"


def _tokenizer(metadata: dict[str, Any]) -> TokenizerData:
    ours = {name.removeprefix("tokenizer.ggml."): value for name, value in metadata.items()}
    kinds = ours.get("token_type", [])
    return TokenizerData(
        kind=ours["model"],
        splits=ours.get("pre", "default"),
        tokens=ours["tokens"],
        merges=[(left, right) for left, _, right in (merge.partition(" ") for merge in ours.get("merges", []))],
        control=frozenset(number for number, kind in enumerate(kinds) if kind == 3),
        special={name.removesuffix("_token_id"): ours[name] for name in ours if name.endswith("_token_id")},
        chat_template=metadata.get("tokenizer.chat_template"),
    )
