"""Mutated requests of V2: tensors in JSON, with bytes behind the JSON, and as messages of gRPC."""

import json
import struct
from typing import Any

from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.fuzz.boundaries import CONTENTS, KINDS, SHAPES, grpc_request
from tests.fuzz.mutations import Mutator

LAYOUTS = {"FP64": "d", "INT64": "q", "BOOL": "?"}
MORE_SHAPES = [*SHAPES[:-2], [2**40, 0], [1, 0], [1, 2**40, 0], [1, 1, 1], [1, 2**31], [1000], [1001]]


def packed(tensor: dict[str, Any]) -> bytes:
    """Return the elements of a tensor as bytes."""
    data = tensor["data"]
    if tensor["datatype"] == "BYTES":
        texts = [text.encode() for text in data]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack(f"<{len(data)}{LAYOUTS[tensor['datatype']]}", *data)


def body(mutator: Mutator, good: list[dict[str, Any]]) -> bytes:
    """Return the body of a request in JSON."""
    random = mutator.random
    if random.random() < 0.5:
        return mutator.body({"id": "a", "inputs": good, "parameters": {"return_features": True}})
    tensors = [dict(tensor) for tensor in good]
    for tensor in random.sample(tensors, random.randint(1, len(tensors))):
        tensor["shape"] = random.choice((tensor["shape"], *MORE_SHAPES))
        tensor["datatype"] = random.choice((tensor["datatype"], tensor["datatype"], *KINDS))
        tensor["data"] = random.choice((tensor["data"], [], mutator.json(tensor["data"])))
    return json.dumps({"inputs": random.sample(tensors, len(tensors))}).encode()


def binary(mutator: Mutator, good: list[dict[str, Any]]) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return the body and the headers of a request with bytes behind the JSON."""
    random, tensors, tail = mutator.random, [], []
    for tensor in good:
        raw = _raw(mutator, tensor)
        size = len(raw) if random.random() < 0.9 else random.choice((0, -1, 2**63, len(raw) + 1, "1", None, 1.0))
        kept = {name: tensor[name] for name in ("name", "shape", "datatype")}
        if random.random() < 0.1:
            kept["shape"] = random.choice(MORE_SHAPES)
        tensors.append(kept | {"parameters": {"binary_data_size": size}})
        tail.append(raw)
    if random.random() < 0.2:
        tensors = mutator.json(tensors)
    head = json.dumps({"inputs": tensors}).encode()
    length = str(len(head)) if random.random() < 0.9 else random.choice(("-1", "0", "9" * 30, "x", "1", "", "\xb2"))
    headers = {"content-type": b"application/octet-stream", "inference-header-content-length": length.encode("latin-1")}
    return head + b"".join(tail), [(name.encode(), value) for name, value in headers.items()]


def message(mutator: Mutator, name: str, good: list[dict[str, Any]]) -> bytes:
    """Return a serialized `ModelInferRequest`: its fields changed, then perhaps its bytes."""
    random, request = mutator.random, grpc_request(name, good)
    if random.random() < 0.3:
        for tensor, encoded in zip(good, request.inputs, strict=True):
            encoded.ClearField("contents")
            request.raw_input_contents.append(_raw(mutator, tensor))
    if request.inputs and random.random() < 0.7:
        for _ in range(random.choice((1, 1, 2, 4))):
            _change(mutator, request)
    data = request.SerializeToString()
    return mutator.bytes(data) if random.random() < 0.4 else data


def same_name(data: bytes, name: str) -> bool:
    """Return whether a message is of a model, or cannot be read."""
    try:
        return bool(pb.ModelInferRequest.FromString(data).model_name == name)
    except DecodeError:
        return True


def _raw(mutator: Mutator, tensor: dict[str, Any]) -> bytes:
    """Return the bytes of a tensor, which may be changed; those of texts mostly keep lengths that fit."""
    wild = mutator.random.random()
    if tensor["datatype"] == "BYTES" and wild < 0.3:
        texts = [mutator.text(text) for text in tensor["data"]]
        return packed(tensor | {"data": [text.encode(errors="replace").decode() for text in texts]})
    return mutator.bytes(packed(tensor)) if wild < 0.5 else packed(tensor)


def _change(mutator: Mutator, request: pb.ModelInferRequest) -> None:
    """Change one field of a request."""
    random = mutator.random
    if not request.inputs:
        return
    tensor = random.choice(request.inputs)
    match random.randrange(9):
        case 0:
            tensor.shape[:] = [size for size in random.choice(MORE_SHAPES) if size < 2**63]
        case 1:
            tensor.datatype = random.choice((*KINDS, "fp64", "", "BYTES"))
        case 2:
            tensor.name = random.choice(("", "x" * 300, request.inputs[0].name, "unheard_of", "\0"))
        case 3:
            field = random.choice([*CONTENTS])
            getattr(tensor.contents, field).extend(random.choices(CONTENTS[field], k=random.choice((1, 2, 1001))))
        case 4:
            request.inputs.append(tensor)
        case 5:
            request.inputs.remove(tensor)
        case 6:
            key = random.choice(("return_features", "binary_data_output", "", "x"))
            request.parameters[key].int64_param = random.choice((0, 1, -(2**63)))
        case 7:
            request.outputs.add(name=random.choice(("prediction_id", "features", "defaults", "", "x" * 300)))
        case _:
            texts = tensor.contents.bytes_contents
            if texts:
                place = random.randrange(len(texts))
                texts[place] = mutator.bytes(texts[place])
            else:
                request.model_version = random.choice(("", "0", "x" * 300, "-1", "\0"))
