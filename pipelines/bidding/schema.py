"""The contract of the tables, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data_sets.ipinyou import UNIT

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MONEY: dict[str, Any] = {"unit": UNIT}
EXAMPLE: dict[str, Any] = {
    "id": "80ce30c53c16e6ede735f123ef6e3236",
    "ctr": 0.0045,
    "bidfloor": 0,
    "budget_left": 1969,
    "auctions_left": 1000,
}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of each table."""
    from pandera.pandas import Check, Column, DataFrameSchema

    whole = Check(lambda column: column % 1 == 0, error="a whole number")
    auctions = {
        "number": Column(int, Check.ge(0), unique=True),
        "click": Column(float, Check.isin([0, 1])),
        "market_price": Column(float, [Check.in_range(0, 1_000), whole]),
        "ctr": Column(float, [Check.gt(0), Check.le(1)]),
    }
    prices = {"price": Column(int, Check.ge(0), unique=True), "count": Column(float, [Check.ge(0), whole])}
    history = {name: Column(float, Check.gt(0)) for name in ("impressions", "clicks", "cost")}
    tables = {"auctions": auctions, "prices": prices, "history": history}
    return {name: DataFrameSchema(columns) for name, columns in tables.items()}


class Request(BaseModel):
    """An impression that is for sale, and what the campaign has left. `id` and `bidfloor` are as in OpenRTB 2."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        title="Bid request",
        description="as the exchange calls it",
        min_length=1,
        max_length=64,
        examples=[EXAMPLE["id"]],
    )
    ctr: float = Field(
        title="Predicted CTR",
        description="the probability of a click, of the click model",
        gt=0,
        le=1,
        examples=[EXAMPLE["ctr"]],
    )
    bidfloor: float = Field(
        0,
        title="Floor",
        description="what it costs at least",
        ge=0,
        le=1e6,
        examples=[EXAMPLE["bidfloor"]],
        json_schema_extra=MONEY,
    )
    budget_left: float = Field(
        title="Money left",
        description="of the campaign",
        ge=0,
        le=1e12,
        examples=[EXAMPLE["budget_left"]],
        json_schema_extra=MONEY,
    )
    auctions_left: int = Field(
        title="Auctions left",
        description="for that money, this one included",
        ge=1,
        le=1_000_000_000,
        examples=[EXAMPLE["auctions_left"]],
    )


class Prediction(BaseModel):
    """The bid, and why."""

    decision: Literal["bid", "no bid"] = Field(title="Decision")
    price: int = Field(ge=0, title="Bid", description="0 where none is made", json_schema_extra=MONEY)
    a_click_may_cost: float = Field(
        ge=0,
        title="A click may cost",
        description="the bid for each click that is predicted",
        json_schema_extra={"unit": f"{UNIT} per click"},
    )
    because: str = Field(title="Why")
    costs: list[list[float]] = Field(
        title="Cost of an auction",
        description="on average, by the bid, as prices were; the bid for the usual CTR costs what is left for each",
        json_schema_extra={"display": "curve", "x": f"Bid, {UNIT}"},
    )
    unusual: list[str] = Field(title="Unusual", description="what lies beyond all that was tried")
