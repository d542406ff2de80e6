"""Requests and predictions of many shapes."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Answers

TITLE = "Tensors of any rank"
THRESHOLDS = {"score": at_least(0.0)}


class Place(BaseModel):
    """An object in a prediction."""

    name: str
    rank: int


class Request(BaseModel):
    """An image and what else a request may hold."""

    model_config = ConfigDict(extra="forbid")

    image: list[list[float]] = Field(examples=[[[0.0, 1.0], [2.0, 3.0]]])
    history: list[float] = Field([], examples=[[1.0, 2.0]])
    words: list[str] = Field([], examples=[["a"]])
    options: dict[str, int] = Field({}, examples=[{"k": 1}])


class Prediction(BaseModel):
    """Numbers, texts, lists, objects."""

    total: float
    count: int
    large: bool
    label: str
    classes: list[float] = Field(min_length=10, max_length=10)
    forecast: list[list[float]]
    ragged: list[float]
    words: list[str]
    places: list[Place]
    scores: dict[str, float]
    spread: float | None


def predict(columns) -> dict:
    """Return arrays and lists, as models do."""
    images = [np.asarray(image) for image in columns["image"]]
    totals = np.array([image.sum() for image in images])
    return {
        "total": totals,
        "count": np.array([image.size for image in images]),
        "large": totals > 10,
        "label": ["large" if total > 10 else "small" for total in totals],
        "classes": np.arange(10) + totals[:, None],
        "forecast": np.ones((len(images), 48, 9)) * totals[:, None, None],
        "ragged": [list(history) for history in columns["history"]],
        "words": columns["words"],
        "places": [[{"name": "here", "rank": np.int64(1)}] for _ in images],
        "scores": [dict(options) for options in columns["options"]],
        "spread": [None if total > 10 else float(total) for total in totals],
    }


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return Answers(dict.fromkeys(("image", "history", "words", "options"), "string"), predict)


def examples(tables):
    """Return a row."""
    return [{"image": [[0.0, 1.0], [2.0, 3.0]]}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
