"""The contract of the half-hours, and the requests and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from models.forecasting.windows import DAY, LEVELS
from pipelines.demand_forecast.example import EXAMPLE

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MARKET = timezone(timedelta(hours=10))  # Eastern Standard Time all year, as the data have it
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


def whole_day(values: Any) -> Any:
    """Return the temperatures of a day, or none. Raises ValueError that says what is missing."""
    if not isinstance(values, list) or not values:
        return values  # pydantic says what it should be
    if len(values) != DAY:
        raise ValueError(f"{len(values)} half-hours; {DAY} are needed, the day from midnight, or none")
    gaps = [place for place, value in enumerate(values) if value is None]
    if gaps:
        raise ValueError(
            f"{len(gaps)} of the {DAY} half-hours are missing, the first is item {gaps[0] + 1}. Fill the gaps, or "
            "leave all of them out"
        )
    return values


QUANTILES: dict[str, Any] = {"display": "quantiles", "levels": LEVELS, "unit": "GW"}
Demand = Annotated[float, Field(ge=DEMAND[0], le=DEMAND[1])]
Temperature = Annotated[float, Field(ge=TEMPERATURE[0], le=TEMPERATURE[1])]


class Request(BaseModel):
    """A day, and what is known of it. What was measured before it is in the feature store."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    day: str = Field(
        title="Day",
        description="from midnight of the market's clock (UTC+10), such as 2014-11-04",
        min_length=10,
        max_length=10,
        examples=[EXAMPLE["day"]],
    )
    holiday: bool = Field(False, title="Public holiday", description="the day is one", examples=[EXAMPLE["holiday"]])
    temperature_ahead: Annotated[list[Temperature], BeforeValidator(whole_day)] = Field(
        [],
        title="Temperature",
        description="degrees C, as forecast for its 48 half-hours; empty where it is not known",
        max_length=DAY,
        examples=[EXAMPLE["temperature_ahead"]],
    )

    @field_validator("day")
    @classmethod
    def is_a_date(cls, value: str) -> str:
        """Refuse what is no date."""
        try:
            written = date.fromisoformat(value).isoformat()
        except ValueError:
            written = ""
        if written != value:
            raise ValueError("expected a date, such as 2014-11-04")
        return value

    def prediction_time(self) -> datetime:
        """Return the start of the day, in UTC: nothing that became known later counts."""
        return datetime.combine(date.fromisoformat(self.day), time(0), MARKET).astimezone(UTC)


# What the demand of the day was, GW, in each half-hour from midnight.
Actual = Annotated[list[Demand], Field(min_length=DAY, max_length=DAY)]


class Prediction(BaseModel):
    """The demand of the day, and its highest half-hour."""

    quantiles: list[list[float]] = Field(
        title="Demand", description="GW, in each half-hour from midnight", json_schema_extra=QUANTILES
    )
    peak: float = Field(title="Peak", description="of the median", json_schema_extra={"unit": "GW"})
    peak_at: str = Field(title="Time of the peak", description="in Melbourne")
