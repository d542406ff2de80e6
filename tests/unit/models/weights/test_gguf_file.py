"""GGUF files and packed weights against the package gguf, which llama.cpp's own tools use."""

import struct
import warnings

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from capstan.errors import CapstanError
from models.weights import gguf_file
from models.weights.gguf_blocks import FORMATS

KINDS = [GGMLQuantizationType[form.name] for form in FORMATS.values()]
WRITTEN = [kind for kind in KINDS if kind.name != "Q6_K"]  # the package unpacks it, and does not pack it


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_any_bytes_are_unpacked_as_gguf_does(kind):
    form = FORMATS[kind.value]
    packed = np.random.default_rng(0).integers(0, 256, 512 * form.layout.itemsize, dtype=np.uint8)
    with warnings.catch_warnings():  # some bytes are no number, or too large a scale
        warnings.simplefilter("ignore", RuntimeWarning)
        ours = form.unpack(packed)
        theirs = dequantize(packed.reshape(8, -1).view({"F32": "f4", "F16": "f2"}.get(kind.name, "u1")), kind)
    np.testing.assert_array_equal(ours, theirs.astype(np.float32).reshape(-1))
    assert np.isfinite(ours).sum() > 0.9 * len(ours)


@pytest.fixture
def path(tmp_path):
    """A file with a value of each kind, and weights of each format that gguf can write."""
    writer = GGUFWriter(tmp_path / "made.gguf", "llama")
    for size in (8, 16, 32, 64):
        getattr(writer, f"add_uint{size}")(f"unsigned.{size}", 2**size - 1)
        getattr(writer, f"add_int{size}")(f"signed.{size}", -(2 ** (size - 1)))
    writer.add_float32("single", 0.1)
    writer.add_float64("double", 0.1)
    writer.add_bool("flag", True)
    writer.add_string("text", "naïve ☃")
    writer.add_array("texts", ["a", "", "ü"])
    writer.add_array("numbers", [3, 1, 4])
    writer.add_array("halves", [0.5, -1.5])
    weights = np.random.default_rng(0).normal(size=(6, 64)).astype(np.float32)
    for kind in WRITTEN:
        writer.add_tensor(kind.name, quantize(weights, kind), raw_dtype=kind)
    writer.add_tensor("cube", weights.reshape(2, 3, 64))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "made.gguf"


def test_values_and_weights_are_those_that_gguf_reads(path):
    (values, packed), theirs = gguf_file.read(path), GGUFReader(path)
    fields = {name: field.contents() for name, field in theirs.fields.items() if not name.startswith("GGUF.")}
    assert values == fields and values["text"] == "naïve ☃" and values["unsigned.64"] == 2**64 - 1
    assert list(packed) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        ours = packed[tensor.name]
        assert ours.format.name == tensor.tensor_type.name and ours.shape == tuple(tensor.shape.tolist()[::-1])
        expected = dequantize(tensor.data, tensor.tensor_type)
        np.testing.assert_array_equal(ours.unpack(), expected.reshape(ours.shape))


def test_file_that_is_cut_off_anywhere_says_so(path, tmp_path):
    whole, cut = path.read_bytes(), tmp_path / "cut.gguf"
    for end in [*range(0, len(whole) - 1, 97), len(whole) - 32]:  # 31 bytes at the most follow the last weights
        cut.write_bytes(whole[:end])
        with pytest.raises(CapstanError, match="no whole GGUF file"):
            gguf_file.read(cut)


def test_damaged_file_is_read_or_refused(path, tmp_path):
    """Never another error, and no memory for sizes that the file does not have."""
    whole, damaged, chance = path.read_bytes(), tmp_path / "damaged.gguf", np.random.default_rng(0)
    refused = 0
    for _ in range(1_000):
        content = bytearray(whole)
        for place in chance.integers(4, 1_000, chance.integers(1, 4)):
            content[place] = chance.integers(256)
        damaged.write_bytes(content)
        try:
            gguf_file.read(damaged)
        except CapstanError:
            refused += 1
    assert 200 < refused < 1_000


HEAD = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + struct.pack("<Q", 1) + b"x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\3\4" + bytes(100), "it begins with b'PK"),
        (struct.pack("<4sIQQ", b"GGUF", 1, 0, 0), "version 1"),
        (struct.pack(">4sIQQ", b"GGUF", 3, 0, 0), "version 50331648"),
        (HEAD + struct.pack("<I", 99), "99"),
        (HEAD + struct.pack("<IIQ", 9, 9, 1), "9"),
        (HEAD + struct.pack("<IIQ", 9, 4, 2**62), "within a value"),
        (HEAD + struct.pack("<IQ", 8, 2) + b"\xff\xfe", "utf-8"),
    ],
    ids=["zip", "version", "big-endian", "kind", "nested", "long", "text"],
)
def test_file_of_another_kind_is_refused(content, message, tmp_path):
    (tmp_path / "made.gguf").write_bytes(content)
    with pytest.raises(CapstanError, match=message):
        gguf_file.read(tmp_path / "made.gguf")


def test_format_that_is_not_known_is_named(tmp_path):
    info = struct.pack("<Q", 1) + b"w" + struct.pack("<IQIQ", 1, 256, 10, 0)  # Q2_K
    (tmp_path / "made.gguf").write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 1, 0) + info + bytes(200))
    with pytest.raises(CapstanError, match=r"format 10 of ggml\. Give a file with F32, F16, Q4_0"):
        gguf_file.read(tmp_path / "made.gguf")
