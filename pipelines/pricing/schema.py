"""The contract of the sales, and the requests, events and predictions of the endpoint."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.pricing import weeks
from pipelines.pricing.columns import BRANDS, COUNT, STORE, Brand

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
LEAST, MOST = 0.3, 10.0  # dollars a package; those of the file are from 0.52 to 5.82
Dollars = Annotated[float, Field(ge=LEAST, le=MOST)]
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
        [], title="Prices now", description="dollars a package of all 11 brands; empty for the usual ones", **SHELF
    )
    costs: list[Dollars] = Field(
        [], title="Costs", description="dollars a package of all 11 brands; empty for those of the last weeks", **SHELF
    )
    most_change: float = Field(
        0.1, title="Most change", description="of a price, as a share of the price now", ge=0, le=0.3
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
    """A person approves a price that the store has never asked."""

    model_config = FORBID

    store: int = Field(title="Store", ge=1, le=999, examples=[EXAMPLE[STORE]])
    brand: Brand = Field(title="Brand", examples=[BRANDS[0]])
    price: Dollars = Field(title="Price", description="dollars a package", examples=[3.99])


class Proposal(BaseModel):
    """The price of one brand."""

    brand: str
    now: float = Field(description="dollars a package")
    proposed: float = Field(description="dollars a package")
    packages: float = Field(ge=0, description="expected in the week at the proposed price")
    profit: float = Field(description="expected dollars of the brand in the week")
    approval: str = Field(description="why a person has to approve the price; empty where nobody has to")


class Prediction(BaseModel):
    """Prices of the week's shelf, what they are expected to earn, and what it costs to be wrong."""

    proposals: list[Proposal] = Field(title="Prices")
    profit: float = Field(title="Profit", description="expected, of the shelf", json_schema_extra={"unit": "$ a week"})
    profit_low: float = Field(
        title="Profit from", description="one week in ten is below", json_schema_extra={"unit": "$ a week"}
    )
    profit_high: float = Field(
        title="Profit to", description="one week in ten is above", json_schema_extra={"unit": "$ a week"}
    )
    gain: float = Field(
        title="Gain",
        description="over the prices now, if demand has the form of the model: logged weeks do not confirm it",
        json_schema_extra={"unit": "$ a week"},
    )
    gain_low: float = Field(title="Gain from", json_schema_extra={"unit": "$ a week"})
    gain_high: float = Field(title="Gain to", json_schema_extra={"unit": "$ a week"})
    cost_of_error: float = Field(
        ge=0,
        title="What it costs to be wrong",
        description="the brand drawn: what the best price would earn more if its elasticity were known",
        json_schema_extra={"unit": "$ a week"},
    )
    elasticity: float = Field(title="Own elasticity", description="percent of packages by one percent of price")
    demand: list[list[float]] = Field(
        title="Demand of the brand",
        description="packages by price, with a band of 80 %",
        json_schema_extra={"display": "curve", "x": "Price, $", "unit": "packages"},
    )
    earned: list[list[float]] = Field(
        title="Profit of the shelf",
        description="by the price of the brand, the others as proposed; the band is what is not known of demand",
        json_schema_extra={"display": "curve", "x": "Price, $", "unit": "$ a week"},
    )
    needs_approval: bool = Field(title="Needs a person's approval")
    approvals: list[str] = Field(title="Approved before", description="prices beyond what the store had asked")
