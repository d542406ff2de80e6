"""Tensors of V2 that claim to be larger than they are."""

import json

import orjson
import pytest
from kserve.errors import InvalidInput

from serving.api.tensors import read
from serving.model.tensor_types import TensorType
from serving.model.tensors import Tensor, decode


@pytest.mark.parametrize(
    ("shape", "dims"), [([2**40, 0], (-1,)), ([1, 2**40, 0], (-1, -1)), ([2**20, 2**20, 0], (-1, -1))]
)
def test_a_shape_without_elements_makes_no_lists_without_end(shape, dims):
    """Its product is 0, as is the number of its elements."""
    for raw in (None, b""):
        with pytest.raises(InvalidInput, match="has no elements, but the shape"):
            decode(Tensor("x", "FP64", shape, None if raw is not None else [], raw), TensorType("x", "FP64", dims))


def test_rows_of_empty_lists_are_read():
    type_ = TensorType("x", "FP64", (-1, -1))
    assert decode(Tensor("x", "FP64", [2, 0, 3], []), type_) == [[], []]
    assert decode(Tensor("x", "FP64", [2, 3, 0], []), type_) == [[[], [], []]] * 2
    assert decode(Tensor("x", "FP64", [0, 0, 2**40], []), type_) == []


LIMITS = [
    *(("INT8", -(2**7), 2**7 - 1), ("INT16", -(2**15), 2**15 - 1), ("INT32", -(2**31), 2**31 - 1)),
    *(("INT64", -(2**63), 2**63 - 1), ("UINT8", 0, 2**8 - 1), ("UINT16", 0, 2**16 - 1)),
    *(("UINT32", 0, 2**32 - 1), ("UINT64", 0, 2**64 - 1)),
]


@pytest.mark.parametrize(("datatype", "low", "high"), LIMITS)
@pytest.mark.parametrize("rows", [1, 2])
def test_integers_are_within_their_type(datatype, low, high, rows):
    def values(value: int) -> list:
        tensor = {"name": "x", "shape": [rows], "datatype": datatype, "data": [value] * rows}
        payload = read(orjson.dumps({"inputs": [tensor]}), None)
        if payload.single:
            return [payload.single["x"]]
        [parsed] = payload.tensors() if callable(payload.tensors) else payload.tensors
        return decode(parsed, TensorType("x", "INT64"))

    assert set(values(low)) == {low} and set(values(high)) == {high}
    for wrong in (low - 1, high + 1):
        if -(2**63) <= wrong < 2**64:  # JSON has no others
            with pytest.raises(InvalidInput, match=f"is {datatype}, from {low} to {high}, but holds {wrong}"):
                values(wrong)


@pytest.mark.parametrize("size", [2**32, 2**63 - 1, 2**63])
def test_a_text_cannot_have_more_bytes_than_the_body(size):
    tensor = {"name": "x", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor, tensor | {"name": "y"}]}).encode()
    with pytest.raises(InvalidInput, match=f"binary_data_size of tensor 'x' is {size}; 5 bytes are left"):
        read(head + b"\1\0\0\0a", str(len(head))).tensors()
