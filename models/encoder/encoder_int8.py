"""An encoder of sentences in 8 bits, run by ONNX Runtime: half of the time, and a quarter of the bytes.

Each column of weights has a scale of its own, and each token: what a text becomes does not depend on the texts that are
computed together with it, as it does where a whole batch shares a scale. Sources: Jacob et al. (2017),
https://arxiv.org/abs/1712.05877; Dettmers et al. (2022), https://arxiv.org/abs/2208.07339, for the scale of a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from models.encoder.sentence_encoder import Encoder, Shape
from models.weights import onnx_files

if TYPE_CHECKING:
    from torch import nn

TOKENS, THERE, READ = "tokens", "there", "read"
MOST = 63  # of a weight: 7 bits, for sums of two products overflow 16 bits on processors without VNNI
MIDDLE = 128  # stands for 0 where values of tokens are without a sign
LEAST = 1e-12  # the scale of a token that is 0
OPSET, IR = 20, 9  # versions of ONNX


def quantized(encoder: Encoder) -> bytes:
    """Return an encoder as an ONNX file in int8. all-MiniLM-L6-v2 becomes 23 MB."""
    from onnx import TensorProto, helper

    graph, shape = Graph(), encoder.shape
    layers: Iterable[Any] = encoder.layers  # torch's types lose of which kind they are
    there = graph.node("Unsqueeze", [graph.node("Cast", [THERE], to=TensorProto.FLOAT), graph.constant([1, 2])])
    hidden = graph.node("Mul", [graph.node("Sub", [there, graph.constant(np.float32(1))]), graph.number(1e9)])
    x = graph.node("Add", [graph.rows(encoder.words.weight, TOKENS), graph.places(encoder)])
    x = graph.norm(x, encoder.norm)
    for layer in layers:
        qkv = graph.linear(x, layer.qkv)
        q, k, v = (graph.heads(qkv, place, shape) for place in range(3))
        scores = graph.node("Mul", [graph.node("MatMul", [q, k]), graph.number((shape.heads / shape.width) ** 0.5)])
        shares = graph.node("Softmax", [graph.node("Add", [scores, hidden])], axis=-1)
        seen = graph.node("Transpose", [graph.node("MatMul", [shares, v])], perm=[0, 2, 1, 3])
        seen = graph.node("Reshape", [seen, graph.constant([0, 0, shape.width])])
        x = graph.norm(graph.node("Add", [x, graph.linear(seen, layer.out)]), layer.norms[0])
        inner = graph.node("Gelu", [graph.linear(x, layer.up)])
        x = graph.norm(graph.node("Add", [x, graph.linear(inner, layer.down)]), layer.norms[1])
    column = graph.node("Unsqueeze", [graph.node("Cast", [THERE], to=TensorProto.FLOAT), graph.last])
    graph.node("Mul", [x, column], READ)
    inputs = [(TOKENS, TensorProto.INT64), (THERE, TensorProto.BOOL)]
    network = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info(name, kind, ["texts", "time"]) for name, kind in inputs],
        [helper.make_tensor_value_info(READ, TensorProto.FLOAT, ["texts", "time", shape.width])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return onnx_files.plain(helper.make_model(network, opset_imports=opsets, ir_version=IR))


class Graph:
    """The nodes and constants of an ONNX file."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.one, self.half = self.number(1), self.number(MIDDLE + 0.5)
        self.most, self.least = self.number(127), self.number(LEAST)
        self.middle, self.last = self.constant(np.uint8(MIDDLE)), self.constant([-1])

    def node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def number(self, value: float) -> str:
        """Add a number of 32 bits and return its name."""
        return self.constant(np.float32(value))

    def rows(self, table: torch.Tensor, places: str) -> str:
        """Add the rows of a table, (rows, width), at some places."""
        from onnx import TensorProto

        whole, scale = rounded(table.detach().numpy(), 1)
        found = self.node("Cast", [self.node("Gather", [self.constant(whole), places])], to=TensorProto.FLOAT)
        return self.node("Mul", [found, self.node("Gather", [self.constant(scale), places])])

    def places(self, encoder: Encoder) -> str:
        """Add the vectors of the places, and of the first kind of segment, (time, width)."""
        table = (encoder.places.weight + encoder.kinds.weight[0]).detach().numpy()
        time = self.node("Slice", [self.node("Shape", [TOKENS]), self.constant([1]), self.constant([2])])
        return self.node("Slice", [self.constant(table), self.constant([0]), time])

    def heads(self, qkv: str, place: int, shape: Shape) -> str:
        """Add the queries, keys or values, (texts, heads, time, width of a head); the keys are turned for a product."""
        first, last = (self.constant([position * shape.width]) for position in (place, place + 1))
        part = self.node("Slice", [qkv, first, last, self.last])
        split = self.node("Reshape", [part, self.constant([0, 0, shape.heads, -1])])
        return self.node("Transpose", [split], perm=[0, 2, 3, 1] if place == 1 else [0, 2, 1, 3])

    def norm(self, x: str, norm: nn.LayerNorm) -> str:
        """Add a norm."""
        weights = [self.constant(part.detach().numpy()) for part in (norm.weight, norm.bias)]
        return self.node("LayerNormalization", [x, *weights], epsilon=norm.eps)

    def linear(self, x: str, layer: nn.Linear) -> str:
        """Add a layer of tokens, (..., width), in whole numbers."""
        from onnx import TensorProto

        whole, scale = rounded(layer.weight.detach().numpy().T, 0)
        largest = self.node("Max", [self.node("ReduceMax", [self.node("Abs", [x]), self.last]), self.least])
        turned = self.node("Mul", [x, self.node("Div", [self.most, largest])])
        # With a half added, leaving out what is behind the point rounds to the nearest.
        bytes_ = self.node("Cast", [self.node("Add", [turned, self.half])], to=TensorProto.UINT8)
        each = self.constant((scale / np.float32(127))[0])
        inputs = [bytes_, self.constant(whole), self.one, each, self.middle]
        sums = self.node("MatMulIntegerToFloat", inputs, domain="com.microsoft")  # of the columns' scales, in one go
        return self.node("Add", [self.node("Mul", [sums, largest]), self.constant(layer.bias.detach().numpy())])


def rounded(weights: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weights as whole numbers, and the scales along an axis by which they are multiplied."""
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), np.float32(LEAST)) / np.float32(MOST)
    return np.rint(weights / scale).astype(np.int8), scale.astype(np.float32)


class Int8Encoder:
    """What `quantized` made, in the place of a `models.encoder.sentence_encoder.Encoder`."""

    def __init__(self, content: bytes, shape: Shape | None = None):
        self.session, self.shape = onnx_files.session(content), shape or Shape()

    def __call__(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the vector of each token, (batch, time, width), 0 for padding. tokens, there: (batch, time)."""
        [read] = self.session.run([READ], {TOKENS: tokens.numpy(), THERE: there.numpy()})
        return torch.from_numpy(np.asarray(read))
