"""Files of weights in the format safetensors: the length of a header in 8 bytes, the header as JSON, then the numbers.

Source: https://huggingface.co/docs/safetensors, "Format".

Reference: safetensors.torch.load_file, exactly.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from capstan.errors import CapstanError

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def read(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by name. Raises CapstanError for a type of numbers that is not in `TYPES`."""
    content = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in TYPES:
            raise CapstanError(f"{name} of {path.name} has numbers of the type {entry['dtype']}. Give a file in F32.")
        kind, (begin, end) = TYPES[entry["dtype"]], entry["data_offsets"]
        part = torch.frombuffer(content, dtype=kind, count=(end - begin) // kind.itemsize, offset=start + begin)
        tensors[name] = part.reshape(entry["shape"]).clone()
    return tensors
