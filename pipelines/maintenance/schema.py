"""The contract of the cycles, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.maintenance import log
from pipelines.maintenance.columns import CAP, CYCLE, LABEL, SUBSET, SUBSETS, UNIT
from pipelines.maintenance.example import EXAMPLE
from pipelines.maintenance.plan import FAILURE

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

CHARACTERS = 800_000  # of a log
CYCLES: dict[str, Any] = {"unit": "cycles"}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `cycles`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    numbers = {name: Column(float, Check.in_range(low, high)) for name, (low, high) in log.RANGES.items()}
    keys = {
        SUBSET: Column(str, Check.isin(SUBSETS)),
        "split": Column(str, Check.isin(["train", "test"])),
        UNIT: Column(int, Check.ge(1)),
        CYCLE: Column(int, Check.in_range(1, log.LONGEST)),
    }
    label = {LABEL: Column(float, Check.in_range(0, log.LONGEST))}
    return {"cycles": DataFrameSchema(keys | numbers | label, unique=[SUBSET, "split", UNIT, CYCLE])}


class Request(BaseModel):
    """The last cycles of one engine or of a fleet, and what a failure and the hangar mean."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    log: str = Field(
        title="Log",
        description="a line per cycle, as NASA's files have it: engine, cycle, three settings, 21 sensors; consecutive "
        f"cycles, the oldest first, the last {log.WINDOW} of an engine or all of a younger one",
        min_length=1,
        max_length=CHARACTERS,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )
    hangar: int = Field(1, ge=1, le=10, title="Hangar", description="engines that it services in ten cycles")
    failure_cost: float = Field(
        FAILURE, ge=1, le=1_000, title="Cost of a failure", json_schema_extra={"unit": "services"}
    )

    @field_validator("log")
    @classmethod
    def is_read(cls, value: str) -> str:
        """Refuse what is no log. Raises ValueError that names the line."""
        log.parse(value)
        return value


class Reason(BaseModel):
    """What one sensor says."""

    sensor: str
    now: float = Field(description="mean of the last 15 cycles, in deviations from what the fleet shows there")
    effect: float = Field(description="cycles: below 0, it takes life away, next to the mean of the fleet")


class Planned(BaseModel):
    """One engine of the fleet."""

    decision: Literal["service now", "plan a service", "fly on"]
    engine: int
    flown: int = Field(description="cycles")
    cycles_left: float
    low: float
    high: float
    service_in: int | None = Field(description="cycles; none within the plan")


class Prediction(BaseModel):
    """How many cycles are left, and when which engine is serviced."""

    engine: int = Field(
        title="Engine", description="that comes first in the plan", json_schema_extra={"display": "identifier"}
    )
    decision: Literal["service now", "plan a service", "fly on"] = Field(title="Decision")
    service_in: int | None = Field(
        title="Service in", description="empty: not within the 120 cycles of the plan", json_schema_extra=CYCLES
    )
    cycles_left: float = Field(
        ge=0, le=CAP, title="Cycles left", description=f"{CAP} means {CAP} or more", json_schema_extra=CYCLES
    )
    low: float = Field(ge=0, le=CAP, title="From", description="with high, holds in nine of ten engines")
    high: float = Field(ge=0, le=CAP, title="To", description=f"{CAP} means no end")
    failing: float = Field(ge=0, le=1, title="Fails within ten cycles", description="the probability of it")
    health: list[list[float]] = Field(
        title="Health", description="1 as new, 0 at a failure", json_schema_extra={"display": "curve", "x": "Cycle"}
    )
    reasons: list[Reason] = Field(title="Which sensors moved")
    fleet: list[Planned] = Field(title="Fleet", description="the first to be serviced above")
    unusual: list[str] = Field(title="Unusual", description="beyond what was learned from: a guess")
