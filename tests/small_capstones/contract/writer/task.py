"""Text that is made word by word."""

from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.resources import Limits
from tests.small_capstones.models import Writer

TITLE = "What comes next?"
THRESHOLDS = {"score": at_least(0.0)}
LIMITS = Limits(bytes=50_000)


class Request(BaseModel):
    """A prompt."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1, pattern=r"\S", examples=["say hello"])
    words: int = Field(3, ge=1, le=10_000_000)
    pause: float = Field(0.0, ge=0, le=3600)
    fail_at: int | None = None


class Prediction(BaseModel):
    """What was written."""

    text: str
    words: int


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return Writer()


def examples(tables):
    """Return a row."""
    return [{"prompt": "say hello"}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
