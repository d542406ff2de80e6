"""A picture as base64."""

from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Answers

TITLE = "What is in a picture?"
THRESHOLDS = {"score": at_least(0.0)}
PNG = {"contentMediaType": "image/png", "contentEncoding": "base64"}
Picture = Annotated[Base64Bytes, Field(json_schema_extra=PNG)]


class Request(BaseModel):
    """A picture."""

    model_config = ConfigDict(extra="forbid")

    image: Picture = Field(examples=["iVBORw0KGgo="])


class Prediction(BaseModel):
    """How large it is, and its first bytes."""

    size: int
    head: str


def predict(columns) -> dict:
    """Return sizes; the model gets bytes."""
    return {
        "size": [len(image) for image in columns["image"]],
        "head": [image[1:4].decode() for image in columns["image"]],
    }


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return Answers({"image": "binary"}, predict)


def examples(tables):
    """Return a row."""
    return [{"image": "iVBORw0KGgo="}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
