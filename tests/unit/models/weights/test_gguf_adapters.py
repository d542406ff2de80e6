"""An adapter that was written as GGUF is the same when it is read, and is what llama.cpp adds to its base."""

import numpy as np
import pytest
import torch
from gguf import GGUFReader, GGUFWriter

from capstan.errors import CapstanError
from models.transformer import adapters
from models.transformer.decoder import Decoder, Shape
from models.weights import gguf_adapters
from models.weights.gguf_weights import halved
from models.weights.llama_files import to_llama

SHAPE = Shape(vocabulary=20, width=16, layers=2, heads=4, kv_heads=2, context=16)
ADAPTED, RANK, ALPHA = ("qkv", "out", "gate_up", "down"), 3, 6.0


def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(SHAPE)


@pytest.fixture(scope="module")
def adapter() -> dict[str, torch.Tensor]:
    network = decoder()
    adapters.adapt(network, ADAPTED, 1, RANK, ALPHA)
    return {name: torch.randn_like(values) for name, values in adapters.weights(network, 1).items()}


def test_adapter_is_the_same_when_it_is_read(tmp_path, adapter):
    gguf_adapters.write(tmp_path / "adapter", adapter, SHAPE, ALPHA)
    again = gguf_adapters.read(tmp_path / "adapter", SHAPE)
    assert again.keys() == adapter.keys()
    assert all(torch.equal(again[name], adapter[name]) for name in adapter)


def test_file_adds_to_each_layer_of_llama_what_the_adapter_adds_to_ours(tmp_path, adapter):
    gguf_adapters.write(tmp_path / "adapter", adapter, SHAPE, ALPHA)
    file = GGUFReader(tmp_path / "adapter")
    assert file.fields["general.type"].contents() == "adapter" and file.fields["adapter.type"].contents() == "lora"
    scale = file.fields["adapter.lora.alpha"].contents() / RANK
    parts = {tensor.name: np.array(tensor.data) for tensor in file.tensors}
    before, merged = decoder(), decoder()
    adapters.merge(merged, ADAPTED, adapter, RANK, ALPHA)
    (_, before), (_, after) = to_llama(before), to_llama(merged)
    names = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "ffn_up": "mlp.up_proj"}
    names |= {"attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_down": "mlp.down_proj"}
    for ours, theirs in names.items():
        added = scale * parts[f"blk.1.{ours}.weight.lora_b"] @ parts[f"blk.1.{ours}.weight.lora_a"]
        if heads := {"attn_q": SHAPE.heads, "attn_k": SHAPE.groups}.get(ours):
            added = halved(added, heads)
        name = f"model.layers.1.{theirs}.weight"
        np.testing.assert_allclose(added, after[name] - before[name], atol=1e-5)


def test_adapter_of_some_layers_alone(tmp_path, adapter):
    some = {name: values for name, values in adapter.items() if "qkv" in name}
    gguf_adapters.write(tmp_path / "adapter", some, SHAPE, ALPHA)
    assert gguf_adapters.read(tmp_path / "adapter", SHAPE).keys() == some.keys()


def written(path, **tensors):
    writer = GGUFWriter(path, "llama")
    writer.add_string("adapter.type", "lora" if tensors else "control_vector")
    for name, values in tensors.items():
        writer.add_tensor(name.replace("__", "."), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize(
    ("keys", "message"), [(None, "lacks .*attn_k"), (2.0, "different lora_a"), ("none", "no low-rank adapter")]
)
def test_adapter_that_ours_cannot_have_is_refused(tmp_path, keys, message):
    down, up = np.ones((RANK, 16), np.float32), np.ones((16, RANK), np.float32)
    parts = {
        f"blk__0__attn_{part}__weight__lora_{end}": values
        for part in "qkv"
        for end, values in {"a": down, "b": up}.items()
    }
    if keys is None:
        parts = {name: values for name, values in parts.items() if "attn_k" not in name}
    elif keys == "none":
        parts = {}
    else:
        parts["blk__0__attn_k__weight__lora_a"] = keys * down
    written(tmp_path / "adapter", **parts)
    with pytest.raises(CapstanError, match=message):
        gguf_adapters.read(tmp_path / "adapter", SHAPE)
