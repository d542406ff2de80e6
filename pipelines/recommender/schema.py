"""The contract of the tables, and the requests, events and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.recommender.columns import CANDIDATES, SHOWN

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
MOST = 2**53  # a number next to a missing one is a float, which keeps no larger one exactly
STARS = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contracts of the ratings and the films."""
    from pandera.pandas import Check, Column, DataFrameSchema

    ratings = {
        "user_id": Column("int64", Check.ge(1), coerce=True),
        "film": Column("int64", Check.ge(1), coerce=True),
        "stars": Column(float, Check.isin(STARS)),
        "time": Column("datetime64[us, UTC]"),
    }
    films = {
        "film": Column("int64", Check.ge(1), unique=True, coerce=True),
        "title": Column(str, Check.str_length(min_value=1), unique=True),
        "year": Column(float, Check.in_range(1870, 2030), nullable=True),
        "genres": Column(str),
    }
    return {"ratings": DataFrameSchema(ratings, unique=["user_id", "film"]), "films": DataFrameSchema(films)}


class Request(BaseModel):
    """Somebody to recommend films to: a known person, titles that a new one likes, or both."""

    model_config = FORBID

    user_id: int | None = Field(None, title="Person", ge=1, le=MOST, description="by number; empty for a new one")
    liked: list[str] = Field(
        default_factory=list,
        title="Liked films",
        max_length=50,
        description="titles; enough for somebody who has rated nothing yet",
        examples=[["Fargo (1996)", "Pulp Fiction (1994)"]],
    )
    count: int = Field(SHOWN, title="How many", ge=1, le=CANDIDATES, examples=[SHOWN])

    @model_validator(mode="after")
    def somebody(self) -> Request:
        """Refuse a request that says nothing of anybody."""
        if self.user_id is None and not self.liked:
            raise ValueError("give `user_id`, or for a new person titles as `liked`")
        return self


class Event(BaseModel):
    """A rating that has just been given."""

    model_config = FORBID

    user_id: int = Field(title="Person", ge=1, le=MOST, examples=[15])
    film: str = Field(title="Film", min_length=1, max_length=300, examples=["Fargo (1996)"])
    stars: float = Field(title="Stars", ge=0.5, le=5, multiple_of=0.5, examples=[5.0])


class Film(BaseModel):
    """One place of the ranking."""

    item: str
    score: float = Field(ge=0, le=1, description="probability that it is among the ratings left out at random")
    because: list[str] = Field(default_factory=list, description="films of the history that it is here for most")


class Prediction(BaseModel):
    """Films that this person has not rated, the best first."""

    ranking: list[Film] = Field(title="Films", json_schema_extra={"display": "ranking"})
    expected: float = Field(
        title="Expected",
        description="of these films, among a fifth of the ratings left out",
        ge=0,
        json_schema_extra={"unit": "films"},
    )
    known: int = Field(title="Rests on", description="ratings", ge=1, json_schema_extra={"unit": "ratings"})
    ground: str = Field("", title="Ground", description="how much each method weighs, for so many ratings")
    popularity: float = Field(
        title="These films have", description="each, on average", json_schema_extra={"unit": "ratings"}
    )
    unusual: list[str] = Field(default_factory=list, title="Unusual", description="films that do not count, and why")
