"""Weights as Llama's files have them, in both directions: the names and layout of `transformers`' LlamaForCausalLM.

Mistral's files are read as well: Llama with a window.

Reference: transformers.LlamaForCausalLM and MistralForCausalLM, logits within 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from capstan.errors import CapstanError
from models.transformer.decoder import Decoder, Shape

Weights = Mapping[str, torch.Tensor]
PARTS = {  # of a layer, ours and theirs; those that stand one above the other in ours
    "attention.qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention.out": ("self_attn.o_proj",),
    "feed_forward.gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "feed_forward.down": ("mlp.down_proj",),
    "norms.0": ("input_layernorm",),
    "norms.1": ("post_attention_layernorm",),
}
ENDS = {"embedding": "model.embed_tokens", "norm": "model.norm", "head": "lm_head"}


def from_llama(config: Mapping[str, Any], weights: Weights) -> Decoder:
    """Return our decoder with Llama's weights. config: the content of its `config.json`.

    Raises CapstanError for a network that ours would not compute.
    """
    turning = _turning(config)
    shape = Shape(
        vocabulary=config["vocab_size"], width=config["hidden_size"], layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"], kv_heads=config.get("num_key_value_heads"),
        hidden=config["intermediate_size"], context=config["max_position_embeddings"],
        rope_base=turning["rope_theta"], epsilon=config["rms_norm_eps"], tied=config["tie_word_embeddings"],
        window=config.get("sliding_window"),
    )  # fmt: skip
    with torch.device("meta"):  # without memory: its first weights would not be used
        decoder = Decoder(shape)
    state = {
        f"{ours}.weight": weights[f"{name}.weight"].clone()
        for ours, name in ENDS.items()
        if f"{name}.weight" in weights
    }
    if shape.tied:
        state["head.weight"] = state["embedding.weight"]
    for layer in range(shape.layers):
        for ours, names in PARTS.items():
            parts = [weights[f"model.layers.{layer}.{name}.weight"] for name in names]
            state[f"blocks.{layer}.{ours}.weight"] = torch.cat(parts)
    decoder.load_state_dict(state, assign=True)
    if shape.tied:
        decoder.head.weight = decoder.embedding.weight
    return decoder.float().eval()


def to_llama(decoder: Decoder) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the configuration and the weights of Llama that computes what a decoder does.

    Raises ValueError for a decoder that Llama cannot be: with other positions than RoPE, a window, n-grams or experts.
    """
    shape, state = decoder.shape, decoder.state_dict()
    if shape.positions != "rope" or shape.window or shape.grams or shape.experts:
        raise ValueError("Llama has RoPE, no window, no n-grams and no experts. Train a decoder of that kind.")
    config = {
        "vocab_size": shape.vocabulary, "hidden_size": shape.width, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.groups, "intermediate_size": shape.inner,
        "max_position_embeddings": shape.context, "rms_norm_eps": shape.epsilon, "tie_word_embeddings": shape.tied,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_base},
    }  # fmt: skip
    sizes = {"attention.qkv": [shape.width, shape.groups * shape.size, shape.groups * shape.size]}
    sizes["feed_forward.gate_up"] = [shape.inner, shape.inner]
    weights = {f"{name}.weight": state[f"{ours}.weight"] for ours, name in ENDS.items()}
    if shape.tied:
        del weights["lm_head.weight"]
    for layer in range(shape.layers):
        for ours, names in PARTS.items():
            whole = state[f"blocks.{layer}.{ours}.weight"]
            parts = whole.split(sizes.get(ours, len(whole)))
            weights |= {f"model.layers.{layer}.{name}.weight": part for name, part in zip(names, parts, strict=True)}
    return config, weights


def _turning(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters of RoPE. Raises CapstanError for what changes logits and has no counterpart in ours."""
    turning: Mapping[str, Any] = config.get("rope_parameters") or {
        **(config.get("rope_scaling") or {}),
        "rope_theta": config.get("rope_theta", 10_000.0),
    }
    wanted = {
        "rope_type": (turning.get("rope_type", turning.get("type", "default")), "default"),
        "hidden_act": (config.get("hidden_act", "silu"), "silu"),
        "attention_bias": (config.get("attention_bias", False), False),
        "num_local_experts": (config.get("num_local_experts", 0), 0),
        "mlp_bias": (config.get("mlp_bias", False), False),
        "head_dim": (config.get("head_dim"), config["hidden_size"] // config["num_attention_heads"]),
    }
    for name, (theirs, ours) in wanted.items():
        if theirs is not None and theirs != ours:
            raise CapstanError(f"Its {name} is {theirs!r}. Give a network with {ours!r}: others are not supported.")
    return turning
