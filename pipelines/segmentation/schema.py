"""The contract of the customers, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from pipelines.segmentation.columns import YEAR

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

# All countries of the invoices, spelled as there. "Unspecified" stands for a customer of none.
COUNTRIES = [
    "Australia", "Austria", "Bahrain", "Belgium", "Bermuda", "Brazil", "Canada", "Channel Islands", "Cyprus",
    "Czech Republic", "Denmark", "EIRE", "European Community", "Finland", "France", "Germany", "Greece",
    "Hong Kong", "Iceland", "Israel", "Italy", "Japan", "Korea", "Lebanon", "Lithuania", "Malta", "Netherlands",
    "Nigeria", "Norway", "Poland", "Portugal", "RSA", "Saudi Arabia", "Singapore", "Spain", "Sweden", "Switzerland",
    "Thailand", "USA", "United Arab Emirates", "United Kingdom", "Unspecified", "West Indies",
]  # fmt: skip


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `customers`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "customer": Column(int, Check.ge(0)),
        "country": Column(str, Check.isin(COUNTRIES)),
        "day": Column(str, Check.str_matches(r"^\d{4}-\d{2}-\d{2}$")),
        **{name: Column(float, Check.in_range(0, YEAR)) for name in ("recency", "tenure")},
        **{name: Column(float, Check.ge(1)) for name in ("frequency", "months", "articles")},
        **{name: Column(float, Check.ge(0)) for name in ("money", "season", "lately", "order_value")},
        "buys": Column(float, Check.isin([0, 1]), nullable=True, coerce=True),
        "spends": Column(float, Check.ge(0), nullable=True, coerce=True),
        "order": Column(float, Check.ge(0), nullable=True, coerce=True),
    }
    return {"customers": DataFrameSchema(columns, unique=["customer", "day"])}


class Request(BaseModel):
    """A customer of the shop."""

    model_config = ConfigDict(extra="forbid")

    customer: int = Field(title="Customer", description="by number", ge=1, le=2**53, examples=[12474])


class Prediction(BaseModel):
    """The segment of a customer, in words, how sure it is, and what such customers do next."""

    segment: str = Field(title="Segment", description="A spends most")
    description: str = Field(title="Its typical customer")
    rule: str = Field(title="Who belongs to it", description="in the year before")
    known: str = Field(title="This customer")
    votes: dict[str, float] = Field(
        title="Votes",
        description="the share of fits on other samples that say so",
        json_schema_extra={"display": "classes"},
    )
    buys: float = Field(ge=0, le=1, title="Buys in the next quarter", description="of the customers of the segment")
    order: float = Field(ge=0, title="For", description="an invoice, typically", json_schema_extra={"unit": "pounds"})
    spends_more_than: float = Field(
        ge=0, le=1, title="Spends more than", description="of the customers of the country; of all, where they are few"
    )
