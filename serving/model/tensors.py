"""One tensor of V2: its elements to the values of n rows and back, whatever the transport."""

import math
import struct
from collections.abc import Sequence
from itertools import chain, takewhile
from typing import Any, NamedTuple

import numpy as np
import orjson
from kserve.errors import InvalidInput

from predictions.json_text import dumps
from serving.model.tensor_types import TensorType

NULL = type(None)
INTEGERS = [f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)]
KINDS: dict[str, set[type]] = {"BYTES": {str, bytes, NULL}, "BOOL": {bool, NULL}}
KINDS |= {name: {int, NULL} for name in INTEGERS} | {name: {float, int, NULL} for name in ("FP16", "FP32", "FP64")}
LAYOUTS = dict(zip(INTEGERS, "bhiqBHIQ", strict=True)) | {"BOOL": "?", "FP16": "e", "FP32": "f", "FP64": "d"}
RANGES: dict[str, tuple[int, int]] = {}
for _bits in (8, 16, 32, 64):
    RANGES |= {f"INT{_bits}": (-(1 << _bits - 1), (1 << _bits - 1) - 1), f"UINT{_bits}": (0, (1 << _bits) - 1)}
MAX_EMPTY = 2**16  # lists that a tensor without elements may ask for, which cost its client nothing
NUMPY = {name: np.dtype(f"<{layout}") for name, layout in LAYOUTS.items()}


class Tensor(NamedTuple):
    """A tensor as it comes or goes: `data` are its elements, flat or nested, or else `raw` its bytes."""

    name: str
    datatype: str
    shape: Sequence[int]
    data: Sequence[Any] | None
    raw: bytes | memoryview | None = None


def check_datatype(name: str, datatype: str) -> None:
    """Raises InvalidInput for a datatype that the protocol does not know."""
    if datatype not in KINDS:
        known = ", ".join(KINDS)
        raise InvalidInput(f"Tensor {name[:80]!r} has the unknown datatype {datatype[:80]!r}; expected one of {known}.")


def in_range(value: int, datatype: str) -> bool:
    """Return whether a datatype of integers has a value."""
    low, high = RANGES[datatype]
    return low <= value <= high


def decode(tensor: Tensor, type_: TensorType | None) -> list[Any]:
    """Return the values of n rows, for a field of a type; None is a scalar field. Raises InvalidInput."""
    shape, dims = tensor.shape, type_.dims if type_ else ()
    elements = tensor.data if tensor.raw is None else _unpack(tensor)
    assert elements is not None
    if len(shape) > 1 and len(elements) == shape[0] and isinstance(elements[0] if elements else None, list):
        elements = _flat(tensor, elements)
    if min(shape, default=-1) < 0 or not (len(shape) == 1 + len(dims) or list(shape[1:]) in ([], [1])):
        sizes = ", ".join(["rows", *("*" if dim < 0 else str(dim) for dim in dims)])
        expected = f"[{sizes}]" if dims else "[rows] or [rows, 1]"
        raise _wrong(tensor, f"has the shape {list(shape)}; expected {expected}")
    if len(elements) != math.prod(shape):
        if not elements:
            raise _unreadable(tensor, "it holds no elements")
        raise _wrong(tensor, f"has {len(elements)} elements, but the shape {list(shape)}")
    if not elements and math.prod(takewhile(bool, shape)) > MAX_EMPTY:
        raise _wrong(tensor, f"has no elements, but the shape {list(shape)}")
    kinds = set(map(type, elements))
    if not kinds <= KINDS[tensor.datatype]:
        wrong = next(kind for kind in map(type, elements) if kind not in KINDS[tensor.datatype])
        raise _wrong(tensor, f"is {tensor.datatype}, but holds a {wrong.__name__}")
    if tensor.raw is None and tensor.datatype in RANGES:
        outside = [value for value in elements if value is not None and not in_range(value, tensor.datatype)]
        if outside:
            low, high = RANGES[tensor.datatype]
            raise _wrong(tensor, f"is {tensor.datatype}, from {low} to {high}, but holds {outside[0]}")
    if bytes in kinds:
        elements = _texts(tensor, elements)
    elif float in kinds and tensor.raw is None and not all(map(math.isfinite, filter(None, elements))):
        raise _not_finite(tensor, next(value for value in elements if value and not math.isfinite(value)))
    if type_ is None or not (dims or type_.json):
        return list(elements)
    if tensor.datatype == "BYTES" and len(shape) == 1:
        return [_parsed(tensor, text) for text in elements]
    return _nested(elements, list(shape[1:]), shape[0]) if dims else list(elements)


def encode(type_: TensorType, values: list[Any]) -> Tensor:
    """Return the tensor of n values of a type. A list whose rows differ in length becomes BYTES that hold JSON."""
    if not type_.json:
        if not type_.dims:
            return Tensor(type_.name, type_.datatype, [len(values)], values)
        shape = _shape(values)
        if shape is not None and len(shape) == 1 + len(type_.dims):
            for _ in type_.dims:
                values = list(chain.from_iterable(values))
            return Tensor(type_.name, type_.datatype, shape, values)
    return Tensor(
        type_.name, "BYTES", [len(values)], ["[]" if value == [] else dumps(value).decode() for value in values]
    )


def pack(tensor: Tensor) -> bytes:
    """Return a tensor's elements as bytes, for the binary tensor extension. A null is NaN or an empty text."""
    data = tensor.data or ()
    if data == NO_NAMES:
        return NO_NAMES_PACKED
    if tensor.datatype == "BYTES":
        return b"".join([_pack_text(text) for text in data])
    if tensor.datatype == "FP64":
        return struct.pack(f"<{len(data)}d", *[math.nan if value is None else value for value in data])
    return np.asarray(data, NUMPY[tensor.datatype]).tobytes()


NO_NAMES, NO_NAMES_PACKED = ["[]"], b"\2\0\0\0[]"  # what most reports of features are


def _pack_text(text: str | None) -> bytes:
    encoded = text.encode() if text else b""
    return len(encoded).to_bytes(4, "little") + encoded


def _unpack(tensor: Tensor) -> list[Any]:
    raw = tensor.raw
    assert raw is not None
    if tensor.datatype == "BYTES":
        return _unpack_texts(tensor, bytes(raw))
    dtype = NUMPY[tensor.datatype]
    if len(raw) % dtype.itemsize:
        raise _unreadable(tensor, f"{len(raw)} bytes are no whole elements")
    array = np.frombuffer(raw, dtype)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise _not_finite(tensor, array[~np.isfinite(array)][0])
    values: list[Any] = array.tolist()
    return values


def _unpack_texts(tensor: Tensor, raw: bytes) -> list[bytes]:
    texts, start = [], 0
    while start < len(raw):
        size = int.from_bytes(raw[start : start + 4], "little")
        stop = start + 4 + size
        if stop > len(raw):
            raise _unreadable(tensor, "a text is longer than the bytes that are left")
        texts.append(raw[start + 4 : stop])
        start = stop
    return texts


def _flat(tensor: Tensor, elements: Sequence[Any]) -> Sequence[Any]:
    """Return nested elements flat, checked against the shape."""
    for size in tensor.shape[1:]:
        if not all(isinstance(element, list) and len(element) == size for element in elements):
            raise _wrong(tensor, f"is nested otherwise than its shape {list(tensor.shape)} says")
        elements = list(chain.from_iterable(elements))
    return elements


def _nested(elements: Sequence[Any], dims: list[int], rows: int) -> list[Any]:
    if 0 in dims:
        return [_empty(dims) for _ in range(rows)]
    nested = list(elements)
    for size in reversed(dims):
        nested = [nested[start : start + size] for start in range(0, len(nested), size)]
    return nested


def _empty(dims: list[int]) -> list[Any]:
    return [_empty(dims[1:]) for _ in range(dims[0])]


def _shape(values: list[Any]) -> list[int] | None:
    """Return the shape of nested lists, or None when they are ragged."""
    if not any(isinstance(value, list) for value in values):
        return [len(values)]
    shapes = [_shape(value) if isinstance(value, list) else None for value in values]
    if shapes[0] is None or any(shape != shapes[0] for shape in shapes):
        return None
    return [len(values), *shapes[0]]


def _texts(tensor: Tensor, elements: Sequence[Any]) -> list[Any]:
    try:
        return [element.decode() if isinstance(element, bytes) else element for element in elements]
    except UnicodeDecodeError:
        raise _wrong(tensor, "holds bytes that are no UTF-8 text") from None


def _parsed(tensor: Tensor, text: str | None) -> object:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _wrong(tensor, f"holds text that is no JSON ({error})") from None


def _wrong(tensor: Tensor, problem: str) -> InvalidInput:
    return InvalidInput(f"Tensor {tensor.name[:80]!r} {problem}.")


def _unreadable(tensor: Tensor, problem: str) -> InvalidInput:
    return _wrong(tensor, f"cannot be read as {tensor.datatype} of shape {list(tensor.shape)}: {problem}")


def _not_finite(tensor: Tensor, value: float) -> InvalidInput:
    return _wrong(tensor, f"holds {value}; expected finite numbers. Leave the tensor out if it has no value")
