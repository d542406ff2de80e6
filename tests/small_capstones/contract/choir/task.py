"""Texts that are made together, a word of each at a time."""

from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.resources import Limits
from tests.small_capstones.models import Choir

TITLE = "What do all of them sing?"
THRESHOLDS = {"score": at_least(0.0)}
LIMITS = Limits(streams=8)
STREAMS_ONLY = True


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
    return Choir()


def examples(tables):
    """Return a row."""
    return [{"prompt": "say hello"}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
