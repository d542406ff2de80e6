"""Tensors of V2 that claim to be larger than they are."""

import json

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


@pytest.mark.parametrize("size", [2**32, 2**63 - 1, 2**63])
def test_a_text_cannot_have_more_bytes_than_the_body(size):
    tensor = {"name": "x", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor, tensor | {"name": "y"}]}).encode()
    with pytest.raises(InvalidInput, match=f"binary_data_size of tensor 'x' is {size}; 5 bytes are left"):
        read(head + b"\1\0\0\0a", str(len(head))).tensors()
