"""The contract of the messages, and the requests and predictions of the endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MOST = 1_000  # characters; the longest message of the collection has 910
EXAMPLE = "Hey, I won 2 FREE tickets for tonight! Call me on 07821230901 when you get home, ok?"


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `messages`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "number": Column(int, Check.ge(0), unique=True),
        "text": Column(str, [Check.str_length(1, MOST), Check.str_matches(r"(?s)^.*\S")]),
        "spam": Column(float, Check.isin([0, 1])),
    }
    return {"messages": DataFrameSchema(columns)}


class Request(BaseModel):
    """A message."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        title="Message",
        description="as it came, with its capitals and signs",
        min_length=1,
        max_length=MOST,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )

    received_at: AwareDatetime | None = Field(
        None, title="Received", description="when it came, with the offset from UTC; by default now"
    )

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("The message is blank. Send its text.")
        return text

    def prediction_time(self) -> datetime:
        """Return when the message came: the retraining loop compares versions by days."""
        return self.received_at or datetime.now(UTC)


class Part(BaseModel):
    """A word of the message, with the blanks after it."""

    part: str
    effect: float = Field(description="log-odds of spam: above 0 speaks for it")


class Reason(BaseModel):
    """A run of words or of characters that says much."""

    found: str
    effect: float = Field(description="log-odds of spam: above 0 speaks for it")


class Prediction(BaseModel):
    """How likely the message is spam, what is done with it, and why."""

    probability: float = Field(ge=0, le=1, title="Probability of spam")
    decision: Literal["spam", "ham"] = Field(
        title="Decision", description="spam is put aside, ham and what is unusual are shown"
    )
    limit: float = Field(ge=0, le=1, title="Put aside from", description="losing ham costs 20 times as much")
    parts: list[Part] = Field(
        title="What speaks for spam, and what against it", json_schema_extra={"display": "effects", "unit": "log-odds"}
    )
    reasons: list[Reason] = Field(title="Strongest reasons", description="of runs of words and of characters alone")
    meaning: float = Field(
        title="Of it, from MiniLM",
        description="what its reading of the whole message adds, beyond the mean message",
        json_schema_extra={"unit": "log-odds"},
    )
    start: float = Field(title="Before a word is read", json_schema_extra={"unit": "log-odds"})
    known: float = Field(ge=0, le=1, title="Words that are known")
    unusual: list[str] = Field(
        title="Unusual: judge it yourself",
        description="what sets it apart from the messages learned from; it is shown, whatever its probability",
    )
