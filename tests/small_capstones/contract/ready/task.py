"""`plain` by a name that the API uses as well."""

from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Sum

TITLE = "A capstone called ready"
THRESHOLDS = {"score": at_least(0.0)}


class Request(BaseModel):
    """Two numbers."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    x: float = Field(examples=[1.5])
    y: float | None = None


class Prediction(BaseModel):
    """How large they are."""

    probability: float = Field(ge=0, le=1)


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return Sum(["x", "y"], bias)


def examples(tables):
    """Return a row."""
    return [{"x": 1.5}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
