"""A request with a field of each kind; the answer repeats what arrived."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import Answers

TITLE = "Fields of each kind"
THRESHOLDS = {"score": at_least(0.0)}


class Request(BaseModel):
    """A field of each kind."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    ident: int = Field(examples=[1])
    x: float = Field(examples=[1.5])
    name: str = Field("", examples=["a"])
    y: float | None = Field(None, examples=[2.5])
    n: int | None = Field(None, examples=[2])
    flag: bool = Field(False, examples=[True])
    plan: Literal["basic", "pro"] = Field("basic", examples=["pro"])
    when: AwareDatetime | None = Field(None, examples=["2026-01-31T08:00:00Z"])
    day: date | None = Field(None, examples=["2026-01-31"])
    words: list[str] = Field([], max_length=20, examples=[["a"]])
    nums: list[float] = Field([], max_length=20, examples=[[1.0]])
    file: Base64Bytes | None = Field(None, examples=["aGVsbG8="])


class Prediction(BaseModel):
    """What arrived, as Python writes it."""

    arrived: str


def predict(columns) -> dict:
    """Return each row as text."""
    return {"arrived": [repr(row) for row in zip(*columns.values(), strict=True)]}


def train(tables):
    """Return a model that is as good with any table."""
    return Answers(dict.fromkeys(Request.model_fields, "string"), predict)


def examples(tables):
    """Return a row."""
    return [{"ident": 1, "x": 1.5, "file": "aGVsbG8="}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
