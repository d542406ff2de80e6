"""The contract of abstracts and claims, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MOST = 500  # characters of a query; the longest claim has 277
SHOWN, HITS = 5, 10
Design = Literal["review", "trial", "cohort", "other"]
Organism = Literal["people", "mice", "rats", "other animals", "microbes", "other"]
EXAMPLE = "Lack of vitamin D makes the bones of mice weaker -human"


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contracts of the tables `abstracts` and `claims`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    filled = Check.str_matches(r"(?s)^.*\S")
    abstracts = {"key": Column(str, filled, unique=True), "title": Column(str, filled), "text": Column(str, filled)}
    claims = {
        "key": Column(str, filled, unique=True),
        "text": Column(str, filled),
        "part": Column(str, Check.isin(["train", "test"])),
        "relevant": Column(str, filled),  # keys of abstracts, with spaces between
    }
    return {"abstracts": DataFrameSchema(abstracts), "claims": DataFrameSchema(claims)}


class Request(BaseModel):
    """A claim, a question or some words."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        title="Claim or question",
        description='"in quotes" words have to follow each other; title: is about the title; -word leaves it out',
        min_length=1,
        max_length=MOST,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )
    count: int = Field(SHOWN, title="How many", ge=1, le=HITS, examples=[SHOWN])
    design: Design | None = Field(None, title="Only this kind of study", description="by rules over its words")
    organism: Organism | None = Field(None, title="Only studies of", description="by what is mentioned most")

    answer: bool = Field(
        False, title="Answer with quotes", description="sentences of the first three papers", examples=[True]
    )

    @field_validator("query")
    @classmethod
    def _says_something(cls, query: str) -> str:
        if not any(sign.isalnum() for sign in query):
            raise ValueError("The query has no word. Ask with words.")
        return query


class Hit(BaseModel):
    """An abstract, and why it is here."""

    item: str = Field(description="its title")
    score: float = Field(ge=0, le=1)
    because: list[str] = Field(description="the words that it has, and how near its meaning is")
    key: str
    snippet: str
    marks: list[list[int]] = Field(description="where the words of the query are in the snippet: begin and end")
    words: float = Field(ge=0, description="what the words add to the score")
    meaning: float = Field(ge=0, description="what the nearness of the vectors adds; both together are the score")
    design: Design
    organism: Organism


class Facet(BaseModel):
    """How many papers have a value, of those that have a word of the query and pass its filters."""

    facet: str
    value: str
    count: int


class Part(BaseModel):
    """A part of a text, and what it adds to the score of words."""

    part: str
    effect: float


class Quote(BaseModel):
    """A sentence of a paper, word for word."""

    text: str
    source: str = Field(description="the place of its paper in the list, and the title")
    key: str
    sentence: int = Field(ge=1, description="its number in the abstract")
    chance: float = Field(ge=0, le=1, description="how likely it decides a claim such as this one")


class Prediction(BaseModel):
    """The abstracts that fit best."""

    answer: list[Quote] = Field(
        title="Answer",
        description="sentences that support or contradict it, or are only near it: read them",
        json_schema_extra={"display": "quotes"},
    )
    refused: str | None = Field(title="Why there is no answer")
    hits: list[Hit] = Field(
        title="Papers", json_schema_extra={"display": "ranking", "opens": "snippet", "label": "key"}
    )
    shown: list[Part] = Field(title="Where they fit", json_schema_extra={"display": "effects", "unit": "BM25"})
    facets: list[Facet] = Field(title="What they are about", json_schema_extra={"display": "facets"})
    corrected: str | None = Field(title="Did you mean")
    known: float = Field(ge=0, le=1, title="Words that any paper has")
    nearest: float = Field(ge=-1, le=1, title="Nearest meaning", description="cosine of the first paper's vector")
    unusual: list[str] = Field(title="Unusual", description="what sets it apart from the claims that it was tried on")
