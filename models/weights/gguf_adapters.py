"""Low-rank adapters as GGUF files, which llama.cpp adds to the file of their base (`llama-server --lora`).

In a file, queries, keys and values are three layers, as are gate and up; in ours they are one, with one narrow layer
before all of its outputs.

Source: https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py, for the names.

Reference: the adapter added to weights of `transformers`' names, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from capstan.errors import CapstanError
from models.transformer.decoder import Shape
from models.weights import gguf_file
from models.weights.gguf_weights import halved, paired

LAYERS = {
    "attention.qkv": ("attn_q", "attn_k", "attn_v"),
    "attention.out": ("attn_output",),
    "feed_forward.gate_up": ("ffn_gate", "ffn_up"),
    "feed_forward.down": ("ffn_down",),
}


def write(path: Path, weights: Mapping[str, torch.Tensor], shape: Shape, alpha: float) -> None:
    """Write an adapter of a decoder of some shape. weights, alpha: of `models.transformer.adapters`."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for block, ours, names in _layers(shape):
        if f"{block}.{ours}.up" not in weights:
            continue
        first = 0
        for name, outputs in names.items():
            up = weights[f"{block}.{ours}.up"][first : first + outputs].numpy()
            first += outputs
            heads = _heads(shape, name)
            place = f"{block.replace('blocks', 'blk')}.{name}.weight"
            writer.add_tensor(f"{place}.lora_a", weights[f"{block}.{ours}.down"].numpy())
            writer.add_tensor(f"{place}.lora_b", np.ascontiguousarray(paired(up, heads) if heads else up))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path, shape: Shape) -> dict[str, torch.Tensor]:
    """Return the adapter of a file, as `models.transformer.adapters` takes it.

    Raises CapstanError for a file that has no adapter, or one whose layers cannot be ours.
    """
    metadata, packed = gguf_file.read(path)
    if metadata.get("adapter.type") != "lora":
        raise CapstanError(f"{path} has no low-rank adapter. Give a file that `gguf_adapters.write` wrote.")
    weights = {}
    for block, ours, names in _layers(shape):
        places = {f"{block.replace('blocks', 'blk')}.{name}.weight": _heads(shape, name) for name in names}
        if not any(f"{place}.lora_b" in packed for place in places):
            continue
        try:
            downs = [packed[f"{place}.lora_a"].unpack() for place in places]
            ups = [packed[f"{place}.lora_b"].unpack() for place in places]
        except KeyError as error:
            raise CapstanError(f"{path} lacks {error}: ours has the layers next to it in one. Train it here.") from None
        if any(not np.array_equal(downs[0], down) for down in downs):
            raise CapstanError(f"{path} has different lora_a for {', '.join(places)}; ours has one. Train it here.")
        rows = [halved(up, heads) if heads else up for up, heads in zip(ups, places.values(), strict=True)]
        weights[f"{block}.{ours}.down"] = torch.tensor(downs[0])
        weights[f"{block}.{ours}.up"] = torch.tensor(np.concatenate(rows))
    return weights


def _layers(shape: Shape) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Yield each block, our name of a layer in it, and the outputs of those of a file that it is, by name."""
    of_head = shape.groups * shape.size
    sizes = {
        "attn_q": shape.width,
        "attn_k": of_head,
        "attn_v": of_head,
        "ffn_gate": shape.inner,
        "ffn_up": shape.inner,
    }
    for block in range(shape.layers):
        for ours, names in LAYERS.items():
            yield f"blocks.{block}", ours, {name: sizes.get(name, shape.width) for name in names}


def _heads(shape: Shape, name: str) -> int | None:
    """Return the heads of queries and keys, whose rows have another order in a file; None for the rest."""
    return {"attn_q": shape.heads, "attn_k": shape.groups}.get(name)
