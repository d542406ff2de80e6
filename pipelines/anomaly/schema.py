"""The contract of the tables, and the events, requests and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.anomaly.columns import MOST, VALUE

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

NAME = r"^[\w./-]+$"
LARGEST = 1e15
AHEAD = timedelta(minutes=5)  # a client's clock may be ahead by as much; no older value is taken after a newer one
ColumnName = Annotated[str, Field(pattern=NAME, max_length=100)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contracts of the points and of the windows."""
    from pandera.pandas import Check, Column, DataFrameSchema

    stream = Column(str, Check.str_matches(NAME))
    points = {
        "stream": stream,
        "time": Column("datetime64[ns]", coerce=True),
        "value": Column(float, Check.in_range(-LARGEST, LARGEST)),
    }
    ordered = Check(lambda rows: rows["first"] <= rows["last"], error="a window ends before it starts")
    windows = {
        "stream": stream,
        "first": Column("datetime64[ns]", coerce=True),
        "last": Column("datetime64[ns]", coerce=True),
    }
    return {"points": DataFrameSchema(points), "windows": DataFrameSchema(windows, checks=ordered)}


def _stream() -> str:
    name: str = Field(
        title="Stream", description="its name", pattern=NAME, max_length=100, examples=["realKnownCause/nyc_taxi"]
    )
    return name


class Event(BaseModel):
    """One more value of a stream, or of some of its columns."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    stream: str = _stream()
    time: datetime = Field(description="of the value; without a zone, in UTC", examples=["2015-02-01T00:00:00Z"])
    value: float | None = Field(
        None, ge=-LARGEST, le=LARGEST, description="of a stream of one column", examples=[12000.0]
    )
    values: dict[ColumnName, Number] | None = Field(
        None, min_length=1, max_length=MOST, description="by column, instead of `value`"
    )

    @field_validator("time")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        value, now = value if value.tzinfo else value.replace(tzinfo=UTC), datetime.now(UTC)
        if value > now + AHEAD:
            raise ValueError(f"it lies after the server's clock, {now:%Y-%m-%dT%H:%M:%SZ}: set the clock of the sender")
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.value is None) == (self.values is None):
            raise ValueError("give value, or values by column")
        return self

    @property
    def columns(self) -> dict[str, float]:
        """The values by column."""
        return {VALUE: self.value} if self.value is not None else dict(self.values or {})


class Request(BaseModel):
    """A stream: is its last value unusual?"""

    model_config = ConfigDict(extra="forbid")

    stream: str = _stream()


class Reason(BaseModel):
    """What one signal adds to the score."""

    signal: str
    adds: float = Field(description="in units of the threshold: an alert starts at 1")
    meaning: str


class Neighbour(BaseModel):
    """A stretch of the past that is like the last values."""

    ago: int = Field(ge=1, description="values ago that it ended")
    distance: float = Field(ge=0, description="root mean square difference, in standard deviations")


class OfColumn(BaseModel):
    """How unusual the last value of one column is."""

    column: str
    score: float = Field(ge=0, le=1)
    value: float
    usual: float


class Prediction(BaseModel):
    """How unusual the last values are, whether that is an alert, and why: of the most unusual column."""

    decision: Literal["alert", "ongoing", "normal", "learning"] = Field(
        title="Decision", description="ongoing: what alerted goes on; learning: of a new stream"
    )
    score: float = Field(
        ge=0, le=1, title="How unusual", description="the last value; an alert starts at one half, what follows it is 0"
    )
    column: str = Field(title="Column", description="the most unusual one")
    value: float = Field(title="Last value")
    time: str = Field(title="Of", description="UTC")
    usual: float = Field(title="Usual at this time of day")
    since: int | None = Field(None, ge=0, title="Last alert", json_schema_extra={"unit": "values ago"})
    unchanged: int | None = Field(
        None, ge=1, title="Equal values in a row", description="the last one with them; unknown before one came"
    )
    gap: float | None = Field(
        None, ge=0, title="Time between the last two values", json_schema_extra={"unit": "times the usual one"}
    )
    noise: float | None = Field(
        None, ge=0, title="Recent jumps", json_schema_extra={"unit": "times those of the stream"}
    )
    series: list[list[float]] = Field(title="Lately", json_schema_extra={"display": "curve", "x": "Values ago"})
    reasons: list[Reason] = Field(title="What the score consists of")
    neighbours: list[Neighbour] = Field(title="Most like the last values")
    columns: list[OfColumn] = Field(title="Its columns")
