"""The contract of the text, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

LONGEST = 1_000  # characters
EXAMPLES = ("ROMEO:\nBut, soft! what light through yonder window break", "First Citizen:\nBefore we proceed any furth",
            "KATHARINA:\nI pray you, sir, is it your wi")  # fmt: skip


def contracts() -> dict[str, DataFrameSchema]:
    """Return what a line of the plays is."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "text": Column(str, Check.str_length(min_value=1)),
        "part": Column(str, Check.isin(["train", "test"])),
        "newsgroup": Column(str),
    }
    return {"lines": DataFrameSchema(columns, strict=True)}


class Request(BaseModel):
    """What somebody has written so far."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        title="Text so far", min_length=1, max_length=LONGEST, examples=[EXAMPLES[0]],
        json_schema_extra={"contentMediaType": "text/plain"},
    )  # fmt: skip

    @field_validator("text")
    @classmethod
    def _is_text(cls, text: str) -> str:
        if "\0" in text:
            raise ValueError("The text has a NUL character. Send plain text.")
        if not text.strip():
            raise ValueError("The text is blank. Send what was written so far.")
        return text


class Scored(BaseModel):
    """A byte of the text, and how likely it was."""

    token: str = Field(title="Byte", description="as a character, or as \\x and its number where it is none")
    logprob: float = Field(title="Log probability", le=0, description="natural, after all bytes before it")


class Prediction(BaseModel):
    """What comes next, and how usual the text is for the model."""

    next: str = Field(title="Next", description="the likeliest byte: a character, or the name of a space")
    confidence: float = Field(title="How sure", ge=0, le=1, description="the probability of that byte")
    chances: dict[str, float] = Field(title="What may come next", json_schema_extra={"display": "classes"})
    familiar: bool = Field(title="Like the plays", description="whether the text costs no more than theirs do")
    bits_per_byte: float = Field(title="Cost of the text", ge=0, json_schema_extra={"unit": "bits per byte"})
    scored: list[Scored] = Field(title="How likely each byte was", json_schema_extra={"display": "tokens"})


Actual = bool  # whether it was what came next
