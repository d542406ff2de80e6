"""The contract of the snippets, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MOST, MOST_LINES = 4_000, 40  # characters, lines
Source = Literal["movie", "tweet", "amazon", "nyt"]
EXAMPLE = (
    "The plot is thin, but the acting is superb and I LOVED every minute!\n"
    "Not the worst phone I have had, though the battery hardly lasts a day.\n"
    "Parliament meets again on Tuesday."
)


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `snippets`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "row": Column(int, Check.ge(0), unique=True),
        "source": Column(str, Check.isin(get_args(Source))),
        "text": Column(str, [Check.str_length(1, MOST), Check.str_matches(r"(?s)^.*\S")]),
        "valence": Column(float, Check.in_range(-4, 4)),
        "unit": Column(int, Check.ge(0)),
    }
    return {"snippets": DataFrameSchema(columns)}


class Request(BaseModel):
    """A text, or a list of texts, a line each."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        title="Text",
        description="in English; a line each, where there are several",
        min_length=1,
        max_length=MOST,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )
    source: Source | None = Field(
        None,
        title="Where it is from",
        description="a review of a film, a tweet, a review of a product, or an editorial; if empty, the text decides",
    )

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        count = sum(bool(line.strip()) for line in text.splitlines())
        if not count:
            raise ValueError("The text is blank. Send what it says.")
        if count > MOST_LINES:
            raise ValueError(f"It has {count} lines. Send at most {MOST_LINES} at a time.")
        return text


class Part(BaseModel):
    """A word of the text, with the blanks after it."""

    part: str
    effect: float = Field(description="what it adds to the valence of its line")


class Word(BaseModel):
    """A word that says much."""

    word: str
    effect: float = Field(description="what it adds to the valence, all its places together")


Tone = Literal["positive", "negative", "unsure"]


class Line(BaseModel):
    """A line of the text."""

    line: str
    source: Source = Field(description="as stated, or the most likely one")
    valence: float
    low: float
    high: float
    tone: Tone
    start: float = Field(description="valence before a word is read")


class Prediction(BaseModel):
    """How pleasant people would find a text, from -4 to 4, how sure that is, and which words make it so."""

    valence: float = Field(
        ge=-4, le=4, title="Valence", description="-4 very negative, 4 very positive; a mean of lines"
    )
    positive: float = Field(ge=0, le=1, title="People would call it positive")
    tone: Tone = Field(title="Tone", description="from 90 % on; else unsure")
    source: Source = Field(title="Read as", description="the stated source, or the one that it most resembles")
    parts: list[Part] = Field(
        title="What makes it pleasant, and what unpleasant",
        json_schema_extra={"display": "effects", "unit": "of valence"},
    )
    words: list[Word] = Field(title="Words that say most")
    course: list[list[float]] = Field(title="Valence of each line", json_schema_extra={"display": "curve", "x": "Line"})
    lines: list[Line] = Field(title="Line by line", description="90 % of the means of 20 people lie from low to high")
    start: float = Field(title="Before a word is read", description="the mean of its lines")
    unusual: list[str] = Field(title="Unusual", description="what sets it apart from every text learned from")
