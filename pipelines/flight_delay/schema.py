"""The contract of each table, and the requests and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pipelines.flight_delay import data
from pipelines.flight_delay.columns import HORIZON

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

ORIGINS = ["EWR", "JFK", "LGA"]


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of each table."""
    from pandera.pandas import Check, Column, DataFrameSchema

    def number(low: float, high: float, nullable: bool = True) -> Column:
        return Column(float, Check.in_range(low, high), nullable=nullable, coerce=True)

    origin = Column(str, Check.isin(ORIGINS))
    time = Column("datetime64[us, UTC]")
    flights = DataFrameSchema(
        {
            "carrier": Column(str, Check.isin(sorted(_codes("airlines")))),
            "origin": origin,
            "dest": Column(str, Check.isin(sorted(_codes("airports")))),
            "tailnum": Column(str, nullable=True),
            "sched_dep": time,
            "sched_arr": time,
            "distance": number(1, 10_000, nullable=False),
            "dep_delay": number(-120, 2_000),
            "arr_delay": number(-180, 2_000),
            "status": Column(str, Check.isin(["landed", "cancelled", "diverted"])),
        },
        unique=["carrier", "flight", "origin", "sched_dep"],
    )
    weather = DataFrameSchema(
        {
            "origin": origin,
            "hour": time,
            "temp": number(-40, 130),
            "humid": number(0, 100),
            "wind_dir": number(0, 360),
            "wind_speed": number(0, 150),
            "precip": number(0, 20),
            "pressure": number(900, 1_100),
            "visib": number(0, 10),
        },
        unique=["origin", "hour"],
    )
    planes = DataFrameSchema(
        {"tailnum": Column(str, unique=True), "year": number(1930, 2013), "seats": number(1, 1_000)}
    )
    return {"flights": flights, "weather": weather, "planes": planes}


class Request(BaseModel):
    """A flight as the timetable describes it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    # The examples are a flight that is predicted at ONLINE_AS_OF.
    carrier: str = Field(title="Airline", description="two-character code", examples=["UA"])
    origin: str = Field(
        title="From", description="EWR, JFK or LGA", examples=["EWR"], json_schema_extra={"enum": [*ORIGINS]}
    )
    dest: str = Field(title="To", description="airport of destination, IATA code", examples=["TPA"])
    tailnum: Annotated[str, Field(max_length=10)] | None = Field(
        None, title="Aircraft", description="its registration, where it is known", examples=["N483UA"]
    )
    sched_dep: AwareDatetime = Field(
        title="Scheduled departure", description="ISO 8601 with an offset", examples=["2013-12-30T20:15:00-05:00"]
    )
    sched_arr: AwareDatetime = Field(
        title="Scheduled arrival", description="ISO 8601 with an offset", examples=["2013-12-30T23:22:00-05:00"]
    )

    @field_validator("carrier", "dest", "origin")
    @classmethod
    def _exists(cls, value: str, info: ValidationInfo) -> str:
        table = "airlines" if info.field_name == "carrier" else "airports"
        if info.field_name == "origin" and value not in ORIGINS:
            raise ValueError(f"{value!r} is not an airport of New York. Use EWR, JFK or LGA")
        if value not in _codes(table):
            raise ValueError(f"{value!r} is not one of the {len(_codes(table))} known {table}")
        return value

    @field_validator("sched_dep", "sched_arr")
    @classmethod
    def _to_utc(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)

    @model_validator(mode="after")
    def _arrives_after_departure(self) -> Request:
        if not timedelta(0) < self.sched_arr - self.sched_dep < timedelta(days=1):
            raise ValueError("sched_arr must be later than sched_dep, by less than a day")
        return self

    def prediction_time(self) -> datetime:
        """Return the instant in UTC; the prediction uses nothing that became known later."""
        return self.sched_dep - HORIZON


class Prediction(BaseModel):
    """How likely the flight is to arrive more than 15 minutes late."""

    probability: float = Field(title="Probability", ge=0, le=1)


@cache
def _codes(table: str) -> frozenset[str]:
    """Return the codes that exist: those of the reference table, and the airports that it lacks."""
    if table == "airlines":
        return frozenset(data.read("airlines")["carrier"])
    return frozenset(data.read("airports")["faa"]) | frozenset(data.UNLISTED)
