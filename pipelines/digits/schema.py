"""The contract of the images, and the requests and predictions of the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from capstan.contract.pixel_budget import budget_of
from data_sets.mnist import SIZE
from pipelines.digits.pixels import from_file

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

LARGEST = 500_000  # bytes; the endpoint takes no body over a megabyte, and base64 makes a third more of them


def contracts() -> dict[str, DataFrameSchema]:
    """Return the contract of the table `images`."""
    from pandera.pandas import Check, Column, DataFrameSchema

    columns = {
        "pixels": Column(object, Check(lambda pixels: pixels.map(len) == SIZE * SIZE, error="has 784 bytes")),
        "label": Column(int, Check.in_range(0, 9)),
        "part": Column(str, Check.isin(["train", "t10k"])),
    }
    return {"images": DataFrameSchema(columns)}


class Request(BaseModel):
    """A digit, as a drawing or a photograph."""

    model_config = ConfigDict(extra="forbid")

    image: Base64Bytes = Field(
        title="Digit",
        description="a drawing or an image, PNG or JPEG, of one digit; at most 500 kB",
        json_schema_extra={"contentMediaType": "image/png", "contentEncoding": "base64"},
    )

    @field_validator("image")
    @classmethod
    def _is_read(cls, value: bytes, info: ValidationInfo) -> bytes:
        if len(value) > LARGEST:
            raise ValueError(f"it has {len(value):,} bytes; at most {LARGEST:,} are read. Send a smaller image")
        from_file(value, budget_of(info.context))
        return value


Digit = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "no digit"]


class Prediction(BaseModel):
    """The digit, or that it is none, and how likely each is."""

    digit: Digit = Field(title="Digit")
    probabilities: dict[str, float] = Field(
        title="Probabilities", description="of the ten, if it is a digit", json_schema_extra={"display": "classes"}
    )
