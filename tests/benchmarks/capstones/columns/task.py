"""The flagship's model, with every input in the request."""

from pydantic import BaseModel, ConfigDict, Field, create_model

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from pipelines.flight_delay import task as flagship  # noqa: F401 - so that a version carries the code of the model
from pipelines.flight_delay.columns import CATEGORIES, INPUTS

TITLE = "A flight by the inputs of the model"
THRESHOLDS = {"score": at_least(0.0)}


class Row(BaseModel):
    """A row that needs no features."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


KINDS = {name: str if name in CATEGORIES else float for name in INPUTS}
Request = create_model("Request", __base__=Row, **{name: (kind | None, None) for name, kind in KINDS.items()})


class Prediction(BaseModel):
    """How likely the flight is late."""

    probability: float = Field(ge=0, le=1)


def train(tables):
    """Return the flagship's model, which is trained already."""
    return tables["model"]


def examples(tables):
    """Return a row without any input."""
    return [{}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
