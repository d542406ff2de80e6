"""Networks as ONNX files, in 32 bits and in 8, and what ONNX Runtime answers with them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.weights.onnx_files import plain, quiet, session

if TYPE_CHECKING:
    import onnx
    from onnxruntime import InferenceSession
    from torch import nn

__all__ = ["exported", "logits", "milliseconds", "outputs", "quantized", "session"]

INPUT, OUTPUT, FEATURES = "images", "logits", "features"  # the last layer makes logits of features
CALIBRATION = 500  # images that set the ranges of what flows between layers


def exported(network: nn.Module) -> bytes:
    """Return a network as an ONNX file for any number of images."""
    import torch

    # The file depends on the layout of the weights. The types of torch do not know this keyword.
    contiguous = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # torch's types lack it
    example = torch.zeros(2, 1, 28, 28)
    with quiet():
        program = torch.onnx.export(
            contiguous,
            (example,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("count")},),
            dynamo=True,
            verbose=False,
        )
    assert program
    return plain(with_features(program.model_proto))


def with_features(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the file with what flows into the last layer as a second output, shape (n, width)."""
    from onnx import TensorProto, helper

    [last] = [node for node in model.graph.node if OUTPUT in node.output]
    flowing = last.input[0]
    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == flowing:
                    names[place] = FEATURES
    kept = [value for value in model.graph.value_info if value.name != flowing]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    model.graph.output.append(helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["count", None]))
    return model


def quantized(content: bytes, images: np.ndarray) -> bytes:
    """Return an ONNX file with weights of 8 bits, and with activations whose ranges come from images, from 0 to 1.

    Post-training static quantization, a scale per channel. Jacob et al. (2017), https://arxiv.org/abs/1712.05877.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Images(CalibrationDataReader):  # type: ignore[misc]  # which has no types
        def __init__(self) -> None:
            self.rest = iter(images[:CALIBRATION, None])

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.rest, None)
            return None if image is None else {INPUT: image}

    with tempfile.TemporaryDirectory(prefix="capstan-onnx-") as folder, quiet():
        target = Path(folder) / "target.onnx"
        quantize_static(
            onnx.load_model_from_string(content),
            target,
            Images(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # 7 of the 8 bits: sums of two products overflow 16 bits on processors without VNNI
        )
        return plain(onnx.load(target))


def logits(opened: InferenceSession, images: np.ndarray, batch: int = 500) -> np.ndarray:
    """Return what a file says of images, from 0 to 1, shape (n, 10)."""
    return outputs(opened, images, [OUTPUT], batch)[0]


def outputs(opened: InferenceSession, images: np.ndarray, names: list[str], batch: int = 500) -> list[np.ndarray]:
    """Return some outputs of a file for images, from 0 to 1; each has a row per image."""
    parts = [images[start : start + batch] for start in range(0, len(images), batch)]
    answers = [opened.run(names, {INPUT: part}) for part in parts]
    return [np.concatenate(column) for column in zip(*answers, strict=True)]


def milliseconds(opened: InferenceSession, image: np.ndarray, calls: int = 300) -> float:
    """Return the median time of an answer to one image."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        opened.run([OUTPUT], {INPUT: image[None]})
        times.append(time.perf_counter() - began)
    return float(1_000 * np.median(times))
