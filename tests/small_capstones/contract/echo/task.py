"""Text that comes back letter by letter."""

from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Echo

TITLE = "What was said?"
THRESHOLDS = {"score": at_least(0.0)}


class Request(BaseModel):
    """A prompt."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1, examples=["say hello"])


class Prediction(BaseModel):
    """The same text."""

    text: str


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return Echo()


def examples(tables):
    """Return a row."""
    return [{"prompt": "say hello"}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
