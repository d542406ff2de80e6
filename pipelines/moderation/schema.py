"""The contract of the tweets, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from capstan.contract.pixel_budget import budget_of
from pipelines.moderation.data import CLASSES, masked

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

MOST = 1_000  # characters
EITHER = "Send either a text or a picture."
LARGEST = 500_000  # bytes of a picture; the endpoint takes no body over a megabyte
SIDE = 4_096  # pixels
EXAMPLE = "What an idiot! Shut your damn mouth, @anna_b, you piece of trash."
MILD = "What a lovely evening, thank you all for coming and for the trash cans you carried home!"
Kind = Literal["hate", "offensive", "neither"]


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `tweets`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    judged = Check(lambda rows: rows[list(CLASSES)].sum(axis=1) >= 1, name="somebody said something")
    columns = {
        "row": Column(int, Check.ge(0), unique=True),
        "text": Column(str, [Check.str_length(1, MOST), Check.str_matches(r"(?s)^.*\S")]),
        "unit": Column(int, Check.ge(0)),
    } | {name: Column(float, Check.ge(0)) for name in CLASSES}
    return {"tweets": DataFrameSchema(columns, checks=judged)}


class Request(BaseModel):
    """A post: its text, or a picture with a text on it. Of a picture, only the text is kept."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(
        None,
        title="Text",
        description="in English; names of accounts and addresses of the web are taken out before it is read or kept",
        min_length=1,
        max_length=MOST,
        examples=[EXAMPLE],
        json_schema_extra={"contentMediaType": "text/plain"},
    )

    picture: Base64Bytes | None = Field(
        None,
        title="Or a picture",
        description="PNG or JPEG with printed text, such as a meme, at most 500 kB",
        json_schema_extra={"contentMediaType": "image/png", "contentEncoding": "base64"},
    )

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str | None) -> str | None:
        if text is None:
            return None
        if not text.strip():
            raise ValueError("The text is blank. Send what it says.")
        return masked(text)

    @field_validator("picture")
    @classmethod
    def _is_read(cls, picture: bytes | None, info: ValidationInfo) -> bytes | None:
        """Return the text on a picture, as bytes: the picture itself is not kept."""
        from models.files import ocr, process
        from models.files.limits import Limits

        if picture is None:
            return None
        if info.data.get("text") is not None:
            raise ValueError(EITHER)
        opened = process.picture(picture, Limits(bytes=LARGEST, side=SIDE), budget_of(info.context))
        text = masked(ocr.text(opened))[:MOST]
        if not text.strip():
            raise ValueError("there is no printed text that can be read. Send what it says as text")
        return text.encode()

    @model_validator(mode="after")
    def _has_a_text(self) -> Request:
        if self.text is None and self.picture is None:
            raise ValueError(EITHER)
        if self.picture is not None:
            self.text, self.picture = self.picture.decode(), None
        return self


class Part(BaseModel):
    """A word of the text, with the blanks after it."""

    part: str
    effect: float = Field(description="of the class that is named, against the next")


class Cost(BaseModel):
    """What a decision is expected to cost."""

    decision: Literal["show", "warn", "ask", "remove"]
    cost: float = Field(ge=0, description="in looks by a moderator")


class Prediction(BaseModel):
    """What annotators would say of a text, how much they would disagree, what is done with it, and why."""

    decision: Literal["show", "warn", "ask", "remove"] = Field(
        title="Decision", description="the least expected cost; warn puts a notice before it, ask gives it to a person"
    )
    kind: Kind = Field(title="Class", description="where rare classes weigh as much as frequent ones")
    probabilities: dict[str, float] = Field(
        title="Share of annotators expected to say it", json_schema_extra={"display": "classes"}
    )
    disagree: float = Field(ge=0, le=1, title="Annotators expected to say another class than the likeliest")
    instead: Kind = Field(title="The next class", description="with which the parts compare the one that is named")
    parts: list[Part] = Field(
        title="What speaks for the class, and what for the next",
        json_schema_extra={"display": "effects", "unit": "log-odds"},
    )
    start: float = Field(
        title="Before a word is read", description="with it the parts add up to the votes of the class, less the next"
    )
    costs: list[Cost] = Field(title="Expected costs", description="in looks by a moderator, as assumed")
    known: float = Field(ge=0, le=1, title="Words that are known")
    unusual: list[str] = Field(title="Unusual", description="what sets it apart from every text learned from")
