"""The contract of the customers, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

from capstan.errors import did_you_mean
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
        "recency": Column(float, Check.in_range(0, YEAR)),
        "frequency": Column(float, Check.ge(1)),
        "money": Column(float, Check.ge(0)),
    }
    return {"customers": DataFrameSchema(columns)}


class Request(BaseModel):
    """A customer's last year."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    recency: float = Field(title="Recency", description="days since the last purchase", ge=0, le=YEAR, examples=[18])
    frequency: float = Field(title="Frequency", description="invoices in a year", ge=1, le=10_000, examples=[6])
    money: float = Field(
        title="Money", description="pounds in a year, less what was cancelled", ge=0, le=10_000_000, examples=[2100]
    )
    country: str = Field(
        title="Country", description="as the shop spells it, such as EIRE", examples=["United Kingdom"]
    )

    @field_validator("country")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in COUNTRIES:
            raise ValueError(f"no customer is from {value!r}.{did_you_mean(value, COUNTRIES)}")
        return value


class Prediction(BaseModel):
    """The segment of a customer, in words, and how sure it is."""

    segment: str = Field(title="Segment", description="A spends most")
    description: str = Field(title="In words")
    votes: dict[str, float] = Field(
        title="Votes",
        description="the share of fits on other samples that say so",
        json_schema_extra={"display": "classes"},
    )
    spends_more_than: float = Field(
        ge=0, le=1, title="Spends more than", description="of the customers of the country; of all, where they are few"
    )
