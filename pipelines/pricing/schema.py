"""The contract of the sales, and the requests, events and predictions of the endpoint."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from data_sets import orange_juice_weeks as weeks
from pipelines.pricing.columns import BRANDS, COUNT, STORE, Brand

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
LEAST, MOST = 0.3, 10.0  # dollars a package; those of the file are from 0.52 to 5.82
Dollars = Annotated[float, Field(ge=LEAST, le=MOST)]
MONEY: dict[str, Any] = {"unit": "$ a week"}
SHELF: dict[str, Any] = {"max_length": COUNT}
EXAMPLE: dict[str, Any] = {
    "store": 86,
    "week": "1992-10-08",
    "brand": "Tropicana Premium 64 oz",
    "featured": ["Minute Maid 64 oz"],
}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `sales`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "store": Column(int, Check.ge(1)),
        "week": Column(int, Check.in_range(1, 400)),
        "brand": Column(object, Check.isin(BRANDS)),
        "sold": Column(float, Check.in_range(0.5, 20_000)),
        "price": Column(float, Check.in_range(LEAST, MOST)),
        "cost": Column(float, Check.in_range(0, MOST)),
        "deal": Column(int, Check.isin([0, 1])),
        "feat": Column(int, Check.isin([0, 1])),
    }
    return {"sales": DataFrameSchema(columns, unique=["store", "week", "brand"])}


class Request(BaseModel):
    """A store, and the week whose prices are wanted. What is left out is taken from the store's last weeks."""

    model_config = FORBID

    store: int = Field(title="Store", ge=1, le=999, description="by number", examples=[EXAMPLE["store"]])
    week: str = Field(
        title="Week",
        description="the Thursday on which it begins, such as 1992-10-08",
        min_length=10,
        max_length=10,
        examples=[EXAMPLE["week"]],
    )
    brand: Brand = Field(
        "Tropicana Premium 64 oz",
        title="Brand to draw",
        description="whose demand curve is shown",
        examples=[EXAMPLE["brand"]],
    )
    featured: list[Brand] = Field(
        [],
        title="Featured",
        description="brands in the week's advertisement: their prices stay",
        examples=[EXAMPLE["featured"]],
        **SHELF,
    )
    deals: list[Brand] = Field([], title="Deals", description="brands with a coupon or a bonus in the store", **SHELF)
    prices: list[Dollars] = Field(
        [],
        title="Prices now",
        description="dollars a package of all 11 brands; empty for the usual ones. Featured brands keep theirs",
        **SHELF,
    )
    costs: list[Dollars] = Field(
        [], title="Costs", description="dollars a package of all 11 brands; empty for those of the last weeks", **SHELF
    )
    most_change: float = Field(
        0.1, title="Most change", description="of a price, as a share of the usual price", ge=0, le=0.2
    )

    @field_validator("week")
    @classmethod
    def _is_a_thursday(cls, value: str) -> str:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or day.isoformat() != value or day != weeks.start(weeks.number(day)):
            raise ValueError("expected a Thursday as a date, such as 1992-10-08")
        return value

    @field_validator("prices", "costs")
    @classmethod
    def _is_a_shelf(cls, values: list[float]) -> list[float]:
        if len(values) not in (0, COUNT):
            raise ValueError(f"{len(values)} values; {COUNT} are needed, one per brand, or none")
        return values


class Event(BaseModel):
    """A person approves a price that the store has not asked in a year."""

    model_config = FORBID

    store: int = Field(title="Store", ge=1, le=999, examples=[EXAMPLE[STORE]])
    brand: Brand = Field(title="Brand", examples=[BRANDS[0]])
    price: Dollars = Field(title="Price", description="dollars a package", examples=[3.99])


class Proposal(BaseModel):
    """The price of one brand."""

    brand: str
    now: float = Field(description="dollars a package, as the request has it; else the usual price")
    usual: float = Field(description="dollars a package: the middle price of the store's last year")
    proposed: float = Field(description="dollars a package")
    packages: float = Field(ge=0, description="expected in the week at the proposed price")
    profit: float = Field(description="expected dollars of the brand in the week")
    kept: str = Field(description="why the price may not move: advertised, or predicted gains are not proven")
    approval: str = Field(description="why a person has to approve the price; empty where nobody has to")


class Experiment(BaseModel):
    """A trial of a price: half of the stores ask each, and change over in the middle of the weeks."""

    brand: str
    usual: float = Field(description="dollars a package: one of the two prices")
    trial: float = Field(description="dollars a package: the other one")
    stores: int
    weeks: int
    detects: float = Field(description="smallest difference of packages that is found in four of five trials, percent")


class Prediction(BaseModel):
    """Prices of the week's shelf, what they are expected to earn, and what the data cannot carry."""

    decision: Literal["change", "keep the usual prices"] = Field(title="Decision")
    reason: str = Field(title="Reason", description="why the usual prices stay; empty where prices change")
    proposals: list[Proposal] = Field(title="Prices")
    profit: float = Field(title="Profit", description="expected, of the shelf", json_schema_extra=MONEY)
    profit_low: float = Field(title="Profit from", description="one week in ten is below", json_schema_extra=MONEY)
    profit_high: float = Field(title="Profit to", description="one week in ten is above", json_schema_extra=MONEY)
    gain: float = Field(title="Gain", description="over usual prices, that is to come true", json_schema_extra=MONEY)
    gain_low: float = Field(title="Gain from", description="an interval of 95 %", json_schema_extra=MONEY)
    gain_high: float = Field(title="Gain to", description="an interval of 95 %", json_schema_extra=MONEY)
    experiment: list[Experiment] = Field(
        title="Experiment", description="the trial that would say most; empty where none ends in half a year"
    )
    elasticity: float = Field(title="Own elasticity", description="percent of packages by one percent of price")
    demand: list[list[float]] = Field(
        title="Demand of the brand",
        description="packages by price, with a band of 80 %",
        json_schema_extra={"display": "curve", "x": "Price, $", "unit": "packages"},
    )
    earned: list[list[float]] = Field(
        title="Profit of the shelf",
        description="by the price of the brand, the others as proposed; 95 % of what is not known of demand",
        json_schema_extra={"display": "curve", "x": "Price, $", "unit": "$ a week"},
    )
    needs_approval: bool = Field(title="Needs a person's approval")
    approvals: list[str] = Field(
        title="Approved before", description="prices beyond what the store had asked in a year"
    )
