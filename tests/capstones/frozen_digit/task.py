"""Handwritten digits by the features of a convolution that stays as it is: transfer learning in its smallest form."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model
from capstan.contract.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sklearn.linear_model import LogisticRegression

    from capstan.contract.capstone import Tables

TITLE = "Which digit is it, by the features of a frozen convolution?"
FAMILIES = ("vision",)
THRESHOLDS = {"accuracy": at_least(0.85, slack=0.01)}
CONVOLUTION = "onnx/backend/test/data/pytorch-converted/test_Conv2d_depthwise_with_multiplier/model.onnx"
WEIGHTS = {
    "convolution": Weights(
        file="frozen_digit/model.onnx",
        sha256="a74ce65ac65a324b29d2a52fe5d4ec35ae1bb7e2cb3c85a469439e077f10fd81",
        licence="Apache-2.0",
        url=f"https://raw.githubusercontent.com/onnx/onnx/v1.23.2/{CONVOLUTION}",
        package="onnx",
        path=CONVOLUTION.removeprefix("onnx/"),
    )
}
SIZE, KERNELS = 8, 4  # pixels; those of the first input channel


def load(data_dir: Path | None) -> Tables:
    """Return `digits`, each of 64 values of 0 to 16. Source: UCI's optical recognition test set, from scikit-learn."""
    import pandas as pd
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"digits": pd.DataFrame({"pixels": list(digits.data), "truth": digits.target})}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the first two thirds of the digits to train on: other people wrote the rest."""
    digits, border = tables["digits"], 1_200
    return {"digits": digits[:border]}, {"digits": digits[border:]}


class FrozenDigitModel(Model):
    """A convolution of 3 x 3 pixels, from its weights, and a logistic regression over its features."""

    inputs = {"pixels": "double[]"}
    requirements = ("scikit-learn", "numpy", "onnx")

    def __init__(self, weights: Mapping[str, Path]):
        self.weight_files = weights
        self.head: LogisticRegression | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the kernels: they are read from the weights."""
        return {name: value for name, value in vars(self).items() if name != "kernels"}

    @cached_property
    def kernels(self) -> np.ndarray:
        """The kernels, shape (4, 3, 3)."""
        import onnx

        stored = onnx.load(self.weight_files["convolution"]).graph.initializer
        return np.asarray(onnx.numpy_helper.to_array(stored[0])[:KERNELS, 0], dtype=float)

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """Return the features of n digits, shape (n, 144), for pixels of shape (n, 64)."""
        images = np.asarray(pixels, dtype=float).reshape(-1, SIZE, SIZE) / 16
        windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
        convolved = np.einsum("nijab,kab->nkij", windows, self.kernels)
        return np.maximum(convolved, 0).reshape(len(images), -1)

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the likeliest `digit`."""
        assert self.head
        return {"digit": self.head.predict(self.features(np.stack([*columns["pixels"]]))).tolist()}


def train(tables: Tables, weights: Mapping[str, Path], regularization: float = 1.0) -> FrozenDigitModel:
    """Return a logistic regression over the features of the frozen convolution."""
    from sklearn.linear_model import LogisticRegression

    digits, model = tables["digits"], FrozenDigitModel(weights)
    head = LogisticRegression(C=10 / regularization, max_iter=1_000)
    model.head = head.fit(model.features(np.stack([*digits["pixels"]])), digits["truth"])
    return model


def evaluate(model: FrozenDigitModel, tables: Tables) -> Evaluation:
    """Return the share of digits that are read correctly."""
    digits = tables["digits"]
    read = model.predict_columns({"pixels": digits["pixels"].tolist()})["digit"]
    return Evaluation({"accuracy": float(np.mean(digits["truth"] == read))})


class Request(BaseModel):
    """A digit."""

    model_config = ConfigDict(extra="forbid")

    pixels: list[float] = Field(
        title="Pixels", description="8 rows of 8 values, 0 to 16", min_length=64, max_length=64, examples=[[0.0] * 64]
    )


class Prediction(BaseModel):
    """The digit."""

    digit: int = Field(title="Digit", ge=0, le=9)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three digits of the test set."""
    return [{"pixels": list(map(float, pixels))} for pixels in tables["digits"]["pixels"].head(3)]
