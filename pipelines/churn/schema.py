"""The contract of the customers, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.churn.columns import SERVICES

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

NUMBER = r"^\d{4}-[A-Z]{5}$"
Contract = Literal["month-to-month", "one year", "two years"]
LOWEST, HIGHEST = 18, 120  # of the monthly bill
YES_NO = ["yes", "no"]
TEXTS = {
    "gender": ["female", "male"],
    **dict.fromkeys(["senior", "partner", "dependents", "phone", "lines", *SERVICES, "paperless"], YES_NO),
    "internet": ["dsl", "fiber optic", "no"],
    "contract": ["month-to-month", "one year", "two years"],
    "payment": ["electronic check", "mailed check", "bank transfer", "credit card"],
}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `customers`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "customer": Column(str, Check.str_matches(NUMBER), unique=True),
        "tenure": Column(float, Check.in_range(0, 72)),
        "monthly": Column(float, Check.in_range(LOWEST, HIGHEST)),
        "total": Column(float, Check.in_range(0, 10_000)),
        **{name: Column(str, Check.isin(values)) for name, values in TEXTS.items()},
        "churned": Column(float, Check.isin([0, 1])),
    }
    return {"customers": DataFrameSchema(columns)}


class Request(BaseModel):
    """A customer, and perhaps what could be offered."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    customer: str = Field(
        title="Customer", description="by number", pattern=NUMBER, max_length=10, examples=["1452-KIOVK"]
    )
    if_contract: Contract | None = Field(
        None, title="If the contract were", description="empty: as it is", examples=["one year"]
    )
    if_monthly: float | None = Field(
        None,
        title="If the monthly bill were",
        description="empty: as it is",
        ge=LOWEST,
        le=HIGHEST,
        examples=[25],
        json_schema_extra={"unit": "dollars"},
    )


class Reason(BaseModel):
    """One thing that moved the probability."""

    field: str
    value: str
    effect: float = Field(description="log-odds of leaving, compared with the mean customer: above 0 is likelier")


class Prediction(BaseModel):
    """How likely the customer leaves, whether a call pays, and why."""

    probability: float = Field(ge=0, le=1, title="Probability of leaving", description="within a month")
    decision: Literal["call", "leave alone"] = Field(title="Decision")
    profit: float = Field(
        title="Expected profit of a call",
        description="if three in ten of those who want to leave take the offer",
        json_schema_extra={"unit": "dollars"},
    )
    limit: float = Field(ge=0, le=1, title="Called from", description="the probability from which a call pays")
    value: float = Field(title="Worth keeping", ge=0, json_schema_extra={"unit": "dollars"})
    stays: list[list[float]] = Field(
        title="Still there",
        description="the probability, counted from the start of the month that the probability is of",
        json_schema_extra={"display": "curve", "x": "Months"},
    )
    reasons: list[Reason] = Field(title="What moved the probability most")
    unusual: list[str] = Field(title="Unusual", description="numbers beyond every customer that was learned from")
