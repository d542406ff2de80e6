"""The contract of the sales, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from pipelines.house_price.columns import CATEGORIES, LABEL, NUMBERS, ORDINALS, REQUIRED, WITHIN

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

Neighborhood = Literal[
    "Bloomington Heights",
    "Blueste",
    "Briardale",
    "Brookside",
    "Clear Creek",
    "College Creek",
    "Crawford",
    "Edwards",
    "Gilbert",
    "Green Hills",
    "Greens",
    "Iowa DOT and Rail Road",
    "Landmark",
    "Meadow Village",
    "Mitchell",
    "North Ames",
    "Northpark Villa",
    "Northridge",
    "Northridge Heights",
    "Northwest Ames",
    "Old Town",
    "Sawyer",
    "Sawyer West",
    "Somerset",
    "South and West of Iowa State University",
    "Stone Brook",
    "Timberland",
    "Veenker",
]
EXAMPLE: dict[str, Any] = {
    **{"neighborhood": "North Ames", "living_area": 1_440, "year_built": 1968, "overall_quality": 6, "lot_area": 9_600},
    **{"overall_condition": 6, "basement_area": 1_000, "bedrooms": 3, "full_baths": 1, "half_baths": 1},
    **{"garage_cars": 2, "fireplaces": 1, "kitchen_quality": "typical", "style": "one storey"},
}


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `houses`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    numbers = {
        name: Column(float, Check.in_range(entry.low, entry.high), nullable=name not in REQUIRED)
        for name, entry in NUMBERS.items()
    }
    texts = {
        name: Column(object, Check.isin(list(allowed(name).__args__)), nullable=name not in REQUIRED)
        for name in [*ORDINALS, *CATEGORIES]
    }
    return {"houses": DataFrameSchema(numbers | texts | {LABEL: Column(float, Check.in_range(5_000, 2_000_000))})}


def allowed(name: str) -> Any:
    """Return the type of a text: its values."""
    return Neighborhood if name == "neighborhood" else Literal[tuple((ORDINALS | CATEGORIES)[name][1].values())]


class Checked(BaseModel):
    """What holds between the fields of a house."""

    @model_validator(mode="after")
    def hangs_together(self) -> Self:
        """Refuse a house that cannot be. Raises ValueError."""
        for part, whole in WITHIN.items():
            less, more = getattr(self, part), getattr(self, whole)
            if less is not None and more is not None and less > more:
                raise ValueError(f"{part}, {less:g}, is above {whole}, {more:g}")
        return self


def number(name: str) -> tuple[Any, Any]:
    """Return a field of the request with the range of the contract."""
    entry, must = NUMBERS[name], name in REQUIRED
    shown: dict[str, Any] = {"examples": [EXAMPLE[name]]} if name in EXAMPLE else {}
    default: Any = ... if must else None
    field = Field(default, title=entry.title, description=entry.description, ge=entry.low, le=entry.high, **shown)
    return (float if must else float | None), field


def text(name: str) -> tuple[Any, Any]:
    """Return a field of the request with the values of the contract."""
    kind, must = allowed(name), name in REQUIRED
    shown: dict[str, Any] = {"examples": [EXAMPLE[name]]} if name in EXAMPLE else {}
    title = name.replace("_", " ").capitalize()
    return (kind if must else kind | None), Field(... if must else None, title=title, **shown)


FIELDS = {name: number(name) for name in NUMBERS} | {name: text(name) for name in [*ORDINALS, *CATEGORIES]}
ORDER = [*REQUIRED, *(name for name in FIELDS if name not in REQUIRED)]
ORDERED: dict[str, Any] = {name: FIELDS[name] for name in ORDER}
DOC = "A house, as its owner knows it. What is left out is filled in from houses that are alike."
Request: Any = create_model("Request", __base__=Checked, __doc__=DOC, **ORDERED)
Request.model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
Request.model_rebuild(force=True)
DOLLARS: dict[str, Any] = {"unit": "$"}


class Reason(BaseModel):
    """One thing that moved the price."""

    field: str
    effect: float = Field(description="dollars, next to the mean of eight houses of reference")
    assumed: bool = Field(description="the value was left out, and filled in from houses that are alike")


class Prediction(BaseModel):
    """What the house would have sold for, and how sure that is."""

    price: float = Field(
        gt=0, title="Price", description="half of such houses sell for more", json_schema_extra=DOLLARS
    )
    low: float = Field(gt=0, title="From", description="one in twenty sells for less", json_schema_extra=DOLLARS)
    high: float = Field(gt=0, title="To", description="one in twenty sells for more", json_schema_extra=DOLLARS)
    reasons: list[Reason] = Field(title="What moved the price most, in dollars")
    assumed: list[str] = Field(title="Assumed", description="what was left out, filled in from houses that are alike")
    unusual: list[str] = Field(title="Unusual", description="beyond every house that was learned from: a guess")
