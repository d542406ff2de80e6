"""Handwritten digits: several classes, from an image."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, field_validator

from capstan.contract.bounds import at_least
from capstan.contract.capstone import Outcome
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    from capstan.contract.capstone import Tables

TITLE = "Which digit is it?"
THRESHOLDS = {"accuracy": at_least(0.9, slack=0.01)}
OUTCOME = Outcome("multiclass", target="truth", prediction="digit")
SIZE = 8  # pixels


def load(data_dir: Path | None) -> Tables:
    """Return `images`, each a PNG of 8 x 8 pixels. Source: UCI's optical recognition test set, from scikit-learn."""
    import pandas as pd
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"images": pd.DataFrame({"image": [to_png(image) for image in digits.images], "truth": digits.target})}


def to_png(pixels: np.ndarray) -> bytes:
    """Return pixels of 0 to 16, shape (8, 8), as a PNG: white on black."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray((pixels * 255 / 16).astype(np.uint8)).save(stream, "png")
    return stream.getvalue()


def pixels_of(image: bytes) -> np.ndarray:
    """Return an image of any size as 64 values of 0 to 1."""
    from PIL import Image

    with Image.open(io.BytesIO(image)) as opened:
        small = opened.convert("L").resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(small, dtype=float).reshape(-1) / 255


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the first two thirds of the images to train on: other people wrote the rest."""
    images, border = tables["images"], 1_200
    return {"images": images[:border]}, {"images": images[border:]}


class DigitModel(Model):
    """A logistic regression over pixels."""

    inputs = {"image": "binary"}
    requirements = ("scikit-learn", "numpy", "pillow")

    def __init__(self, estimator: LogisticRegression):
        self.estimator = estimator

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the likeliest `digit`, and the `probabilities` of all ten."""
        pixels = np.stack([pixels_of(image) for image in columns["image"]])
        probabilities = self.estimator.predict_proba(pixels)
        named = [{str(digit): float(p) for digit, p in enumerate(row)} for row in probabilities]
        return {"digit": probabilities.argmax(axis=1).tolist(), "probabilities": named}


def train(tables: Tables) -> DigitModel:
    """Return a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    images = tables["images"]
    pixels = np.stack([pixels_of(image) for image in images["image"]])
    return DigitModel(LogisticRegression(C=1.0, max_iter=300).fit(pixels, images["truth"]))


def evaluate(model: DigitModel, tables: Tables) -> Evaluation:
    """Return the share of digits that are read correctly."""
    images = tables["images"]
    digits = model.predict_columns({"image": images["image"].tolist()})["digit"]
    return Evaluation({"accuracy": float(np.mean(images["truth"] == digits))})


class Request(BaseModel):
    """A digit, white on black."""

    model_config = ConfigDict(extra="forbid")

    image: Base64Bytes = Field(
        title="Digit",
        description="a drawing or an image, PNG or JPEG",
        max_length=200_000,
        json_schema_extra={"contentMediaType": "image/png", "contentEncoding": "base64"},
    )

    @field_validator("image")
    @classmethod
    def _opens(cls, value: bytes) -> bytes:
        try:
            pixels_of(value)
        except Exception as error:
            raise ValueError(f"it is not an image that can be read ({type(error).__name__})") from None
        return value


class Prediction(BaseModel):
    """The digit, and how likely each is."""

    digit: int = Field(title="Digit", ge=0, le=9)
    probabilities: dict[str, float] = Field(title="Probabilities", json_schema_extra={"display": "classes"})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three images of the test set."""
    import base64

    return [{"image": base64.b64encode(image).decode()} for image in tables["images"]["image"].head(3)]


def signals(model: DigitModel, tables: Tables) -> pd.DataFrame:
    """Return the ink of each image, the digit that is read and the truth."""
    images = tables["images"]
    digits = model.predict_columns({"image": images["image"].tolist()})["digit"]
    return images[["truth"]].assign(digit=digits, ink=_ink(images["image"])).astype({"truth": str, "digit": str})


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the ink of the images that were sent."""
    import base64

    import pandas as pd

    return pd.DataFrame({"ink": _ink(map(base64.b64decode, requests["image"]))})


def _ink(images: Iterable[bytes]) -> list[float]:
    return [float(pixels_of(image).mean()) for image in images]
