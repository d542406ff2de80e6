"""The contract of the half-hours, and the requests and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from pipelines.demand_forecast.example import EXAMPLE
from pipelines.demand_forecast.windows import DAY, LEVELS, WEEK

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DEMAND, TEMPERATURE = (0.5, 20.0), (-15.0, 55.0)  # GW, degrees C


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `half_hours`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    return {
        "half_hours": DataFrameSchema(
            {
                "time": Column("datetime64[us, UTC]", unique=True),
                "demand": Column(float, Check.in_range(*DEMAND)),
                "temperature": Column(float, Check.in_range(*TEMPERATURE)),
                "working_day": Column(int, Check.isin([0, 1])),
            }
        )
    }


def whole(values: Any, size: int, what: str) -> Any:
    """Return a list if it has `size` numbers and no gap. Raises ValueError that says what is missing."""
    if not isinstance(values, list):
        return values  # pydantic says what it should be
    if len(values) != size:
        raise ValueError(f"{len(values)} half-hours; {size} are needed, {what}")
    gaps = [place for place, value in enumerate(values) if value is None]
    if gaps:
        raise ValueError(
            f"{len(gaps)} of the {size} half-hours are missing, the first is item {gaps[0] + 1}. "
            "Fill the gaps, or forecast a day whose week before is complete"
        )
    return values


def week(values: Any) -> Any:
    """Check a list of the week before."""
    return whole(values, WEEK, "the week that ends where the forecast starts")


def day(values: Any) -> Any:
    """Check a list of the day ahead; an empty one says that nothing is known."""
    return values if values == [] else whole(values, DAY, "the day from `start`, or none")


QUANTILES: dict[str, Any] = {"display": "quantiles", "levels": LEVELS, "unit": "GW"}
Demand = Annotated[float, Field(ge=DEMAND[0], le=DEMAND[1])]
Temperature = Annotated[float, Field(ge=TEMPERATURE[0], le=TEMPERATURE[1])]


class Request(BaseModel):
    """The week before a day, and what is known of the day."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    start: AwareDatetime = Field(
        title="Start", description="of the first half-hour to forecast", examples=[EXAMPLE["start"]]
    )
    demand: Annotated[list[Demand], BeforeValidator(week)] = Field(
        title="Demand",
        description="GW, in each of the 336 half-hours before the start",
        max_length=WEEK,
        examples=[EXAMPLE["demand"]],
    )
    temperature: Annotated[list[Temperature], BeforeValidator(week)] = Field(
        title="Temperature",
        description="degrees C, in the same half-hours",
        max_length=WEEK,
        examples=[EXAMPLE["temperature"]],
    )
    temperature_ahead: Annotated[list[Temperature], BeforeValidator(day)] = Field(
        [],
        title="Temperature ahead",
        description="of the 48 half-hours to forecast; empty where it is not known",
        max_length=DAY,
        examples=[EXAMPLE["temperature_ahead"]],
    )
    holidays: list[date] = Field(
        [],
        title="Public holidays",
        description="in the week before and on the day, such as 2014-11-04",
        max_length=100,
        examples=[EXAMPLE["holidays"]],
    )

    @field_validator("start")
    @classmethod
    def on_the_half_hour(cls, start: AwareDatetime) -> AwareDatetime:
        """Refuse an instant between two half-hours."""
        if start.timestamp() % timedelta(minutes=30).total_seconds():
            raise ValueError("expected a full or a half hour, such as 2014-10-01T00:00:00+10:00")
        return start

    def prediction_time(self) -> datetime:
        """Return the start of the day, in UTC: nothing that became known later counts."""
        return self.start.astimezone(UTC)


# What the demand of the day was, GW, in each half-hour from the start.
Actual = Annotated[list[Demand], Field(min_length=DAY, max_length=DAY)]


class Prediction(BaseModel):
    """The demand of the day, and its highest half-hour."""

    quantiles: list[list[float]] = Field(
        title="Demand", description="GW, in each half-hour from the start", json_schema_extra=QUANTILES
    )
    peak: float = Field(title="Peak", description="of the median", json_schema_extra={"unit": "GW"})
    peak_at: str = Field(title="Time of the peak", description="in Melbourne")
