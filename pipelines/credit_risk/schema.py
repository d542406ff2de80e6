"""The contract of the loans, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

Home = Literal["owner", "rent", "parents", "private", "other", "unknown"]
Job = Literal["fixed", "part-time", "freelance", "other"]
Records = Literal["yes", "no"]
Status = Literal["married", "single", "separated", "widow", "divorced"]
# Column -> lowest and highest value, and whether it may be missing. Nobody states the unit of the money.
RANGES = {
    "seniority": (0, 60, False),
    "term": (6, 72, False),
    "age": (18, 75, False),
    "expenses": (0, 1_000, False),
    "income": (0, 10_000, True),
    "assets": (0, 1_000_000, True),
    "debt": (0, 100_000, True),
    "amount": (50, 20_000, False),
    "price": (50, 50_000, False),
}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `loans`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    numbers = {
        name: Column(float, Check.in_range(low, high), nullable=missing)
        for name, (low, high, missing) in RANGES.items()
    }
    texts = {
        name: Column(str, Check.isin(get_args(values)), nullable=True)
        for name, values in {"home": Home, "job": Job, "marital": Status}.items()
    }
    records = {"records": Column(str, Check.isin(["yes", "no"])), "bad": Column(float, Check.isin([0, 1]))}
    return {"loans": DataFrameSchema(numbers | texts | records)}


def number(name: str, title: str, example: float, description: str = "") -> tuple[Any, Any]:
    """Return a field of the request with the range of the contract."""
    low, high, missing = RANGES[name]
    default: Any = None if missing else ...
    field = Field(default, title=title, description=description, ge=low, le=high, examples=[example])
    return (float | None if missing else float), field


def covers(price: float, info: ValidationInfo) -> float:
    """Return the price. Raises ValueError when the amount is above it, as that of no loan learned from is."""
    amount = info.data.get("amount")
    if amount is not None and amount > price:
        raise ValueError(f"it is below the amount, {amount:g}: ask for the price at most")
    return price


MONEY = "in the unit of the loans that the model has learned from"
Request = create_model(
    "Request",
    __config__=ConfigDict(extra="forbid", allow_inf_nan=False),
    __doc__="An application for a loan.",
    __validators__={"covers": field_validator("price")(covers)},
    amount=number("amount", "Amount", 1_000, f"asked for, {MONEY}"),
    price=number("price", "Price", 1_400, "of what is bought with it"),
    term=number("term", "Term", 48, "months"),
    income=number("income", "Income", 125, "empty where it is not known"),
    expenses=number("expenses", "Expenses", 51),
    assets=number("assets", "Assets", 3_000),
    debt=number("debt", "Debt", 0),
    seniority=number("seniority", "Seniority", 5, "years in the present job"),
    home=(Home | None, Field(None, title="Home", examples=["owner"])),
    job=(Job | None, Field(None, title="Job", examples=["fixed"])),
    records=(Records, Field(title="Records", description="of loans not repaid before", examples=["no"])),
    age=number("age", "Age", 36, "years; sets the threshold, not the score"),
    marital=(
        Status | None,
        Field(None, title="Marital status", description="sets the threshold, not the score", examples=["married"]),
    ),
)


class Change(BaseModel):
    """One thing that an applicant can change."""

    field: str
    now: float | None
    then: float


class Reason(BaseModel):
    """One thing that moved the probability."""

    field: str
    effect: float = Field(description="log-odds of not being repaid, compared with the mean loan: above 0 is worse")


class Prediction(BaseModel):
    """How likely the loan is not repaid, and what follows."""

    probability: float = Field(ge=0, le=1, title="Probability that it is not repaid")
    limit: float = Field(ge=0, le=1, title="Declined from", description="the threshold for this applicant's groups")
    decision: Literal["grant", "decline"] = Field(title="Decision")
    reasons: list[Reason] = Field(title="What moved the probability most")
    changes: list[Change] = Field(
        title="What would get it granted", description="empty when it is, or nothing tried does"
    )
    unusual: list[str] = Field(
        title="Unusual", description="numbers beyond every loan that was learned from: the answer is a guess"
    )
