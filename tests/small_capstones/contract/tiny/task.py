"""A flight by its features."""

from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from tests.small_capstones.models import ExplainedSum

TITLE = "A tiny capstone"
THRESHOLDS = {"score": at_least(0.0)}
FEATURE_SERVICE = "tiny"
ENTITY_KEYS = ["carrier", "origin", "tailnum"]
CARRIERS = ("AA", "UA", "ZZ")  # ZZ has no features
Actual = bool
ACTUAL_DELAY = timedelta(days=1)
INPUTS = ["carrier_delay", "carrier_flights", "runways", "age", "hour"]


class TinyRequest(BaseModel):
    """A flight, an hour before its departure."""

    model_config = ConfigDict(extra="forbid")

    carrier: str = Field(examples=["AA"])
    origin: str = Field(pattern="^[A-Z]{3}$", examples=["JFK"])
    tailnum: str | None = None
    sched_dep: AwareDatetime = Field(examples=["2013-06-01T13:00:00Z"])
    seats_sold: int = Field(0, ge=0, strict=True)

    @field_validator("carrier")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CARRIERS:
            raise ValueError(f"unknown carrier {value!r}; expected one of {', '.join(CARRIERS)}")
        return value

    def prediction_time(self) -> datetime:
        """Return the instant after which nothing may be known."""
        return self.sched_dep.astimezone(UTC) - timedelta(hours=1)


class Prediction(BaseModel):
    """How likely it is late."""

    probability: float = Field(ge=0, le=1)


Request = TinyRequest


def train(tables, bias: float = 0.0):
    """Return a model that is as good with any table."""
    return ExplainedSum(INPUTS, bias)


def entity_rows(tables):
    """Return none: the tests write features themselves."""
    return


def feature_tables(tables):
    """Return none."""
    return {}


def examples(tables):
    """Return a row."""
    return [{"carrier": "AA", "origin": "JFK", "sched_dep": "2013-06-01T13:00:00Z"}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
