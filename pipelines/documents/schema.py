"""The contracts of the three tables, and the requests and predictions of the endpoint."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from capstan.contract.pixel_budget import budget_of
from models.text import personal_data
from pipelines.documents import files

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

PARTS = ("train", "dev", "test")
ENCODED = 4 * files.LIMITS.bytes // 3 + 4  # characters of base64
EXAMPLE = (
    "We present a method that finds small planets around cool stars. In this paper, we search four years of data of "
    "the Kepler satellite with it. The method removes the noise of the detector, which hid such planets before. We "
    "show that it finds three new planets near the star Gliese 581. Ask Anna Berg of NASA in Houston, "
    "anna.berg@example.org or +1 281 555-0142, for the code."
)


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contracts of the tables `messages`, `sentences` and `papers`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    not_blank = Check.str_matches(r"(?s)^.*\S")

    def texts(*names: str) -> dict[str, Column]:
        return {name: Column(str, not_blank) for name in names} | {"part": Column(str, Check.isin(PARTS))}

    paired = Check(
        lambda rows: rows["tokens"].str.count(" ") == rows["tags"].str.count(" "), name="a tag for each token"
    )
    return {
        "messages": DataFrameSchema(texts("text", "group")),
        "sentences": DataFrameSchema(texts("tokens", "tags"), checks=paired),
        "papers": DataFrameSchema(texts("sentences", "summaries") | {"title": Column(str)}),
    }


class Request(BaseModel):
    """A document: its text, or a file. Personal data is masked, and the file left out, before anything is kept."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(
        None,
        title="Text",
        description=f"in English, at most {files.LIMITS.characters:,} characters, a paragraph per line",
        max_length=files.LIMITS.characters,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )
    # Sent as base64. Its validator puts the masked text in its place, which `_has_a_text` moves to `text`.
    file: str | None = Field(
        None,
        title="Or a file",
        description=f"text, HTML, DOCX, PDF, PNG or JPEG, at most {files.LIMITS.bytes // 1000} kB and "
        f"{files.LIMITS.scans} scanned pages",
        max_length=ENCODED,
        json_schema_extra={"contentEncoding": "base64"},
    )

    @field_validator("text")
    @classmethod
    def _is_masked(cls, text: str | None) -> str | None:
        return None if text is None else personal_data.masked(files.checked(text))

    @field_validator("file")
    @classmethod
    def _is_read(cls, file: str | None, info: ValidationInfo) -> str | None:
        return None if file is None else personal_data.masked(files.text_of(_bytes(file), budget_of(info.context)))

    @model_validator(mode="after")
    def _has_a_text(self) -> Request:
        """Move the text of the file, so that no bytes are kept or logged."""
        if (self.text is None) == (self.file is None):
            raise ValueError("Send either a text or a file.")
        self.text, self.file = self.text or self.file, None
        return self


def _bytes(file: str) -> bytes:
    try:
        return base64.b64decode(file, validate=True)
    except binascii.Error as error:
        raise ValueError(f"The file is not base64 ({error}).") from None


class Level(BaseModel):
    """A part of the name of a newsgroup, such as comp.sys, and how likely the groups below it are."""

    branch: str
    probability: float = Field(ge=0, le=1)


class Entity(BaseModel):
    """A name, and where it is in the text of the answer."""

    name: str
    kind: str = Field(description="person, location, corporation, group, product or creative-work")
    start: int = Field(ge=0)
    end: int = Field(ge=0, description="behind its last sign")
    sure: float = Field(ge=0, le=1, description="how likely its least likely tag is")


class Personal(BaseModel):
    """Personal data that was masked, and where it is in the text of the answer."""

    kind: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Ranked(BaseModel):
    """A phrase or a sentence, and its weight."""

    item: str
    score: float


class Part(BaseModel):
    """A word of the text, with the blanks behind it."""

    part: str
    effect: float = Field(description="how sure it is a name")


class Prediction(BaseModel):
    """What a document is about, which names are in it, and what it says."""

    summary: str = Field(title="Summary", description="the title, or a sentence of the document, perhaps shortened")
    group: str = Field(title="Newsgroup", description='where it would have been posted in 1993, or "none of these"')
    path: list[Level] = Field(title="From the branch to the group", description="empty for none of these")
    probabilities: dict[str, float] = Field(
        title="Newsgroups", description="if it is of one of them", json_schema_extra={"display": "classes"}
    )
    marked: list[Part] = Field(title="Names in the text", json_schema_extra={"display": "effects", "unit": "sure"})
    entities: list[Entity] = Field(title="Names")
    keyphrases: list[Ranked] = Field(title="Keyphrases", json_schema_extra={"display": "ranking"})
    sentences: list[Ranked] = Field(
        title="Next best summaries",
        description="with the ROUGE that is expected",
        json_schema_extra={"display": "ranking"},
    )
    language: str = Field(title="Language")
    personal: list[Personal] = Field(title="Personal data, masked")
    text: str = Field(title="The text that was read", description="to which all places refer")
    unusual: list[str] = Field(title="Unusual", description="what sets it apart from every text learned from")
