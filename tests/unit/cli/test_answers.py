"""Predictions as `capstan predict` prints them, from the schemas of pydantic models."""

import io
from typing import Any

from pydantic import BaseModel, Field
from rich.console import Console

from cli.answers import Answers


class Reason(BaseModel):
    field: str
    effect: float = Field(json_schema_extra={"unit": "$"})
    assumed: bool


class House(BaseModel):
    """What a house is worth."""

    price: float = Field(description="half sell for more", json_schema_extra={"unit": "$"})
    sure: float = Field(ge=0, le=1)
    rate: float
    year: int
    seen: bool
    reasons: list[Reason]
    curve: list[list[float]] = Field(json_schema_extra={"x": "month"})
    shares: dict[str, float] = Field(json_schema_extra={"display": "classes"})
    unusual: list[str]
    near: list[str]
    note: str | None


HOUSE = {
    "price": 157406.4921, "sure": 0.25647, "rate": 12.3456, "year": 1968, "seen": True, "unusual": [], "note": None,
    "reasons": [
        {"field": "[lot]", "effect": -8508.11, "assumed": False},
        {"field": "year", "effect": 0.0123, "assumed": True},
    ],
    "curve": [[float(n), n / 7] for n in range(12)], "shares": {"a": 0.25, "b": 0.75}, "near": list("abcdefg"),
    "model_version": "3", "prediction_id": "01a2", "missing_features": ["wind"],
}  # fmt: skip


def shown(model: type[BaseModel], *answers: dict[str, Any]) -> list[str]:
    """Return the lines of some answers, without the blanks at their ends."""
    text = io.StringIO()
    Console(file=text, width=120).print(Answers(model.model_json_schema()).show(answers))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_names_units_and_rounded_numbers():
    lines = shown(House, HOUSE)
    assert lines[:6] == [
        "What a house is worth.", "price    157,406 $  half sell for more", "sure     25.6 %", "rate     12.35",
        "year     1968", "seen     yes",
    ]  # fmt: skip
    assert lines[-5:] == [
        "unusual  none", "near     a, b, c, d, e, ... 7 in all; --json shows them", "note     none", "version 3  01a2",
        "missing: wind",
    ]  # fmt: skip


def test_lists_are_tables():
    lines = [" ".join(line.split()) for line in shown(House, HOUSE)]
    reasons = lines[lines.index("reasons") :]
    assert reasons[1:4] == ["field effect assumed", "[lot] -8,508 $ no", "year 0.012 $ yes"]
    curve = lines[lines.index("curve") :]
    assert curve[1:4] == ["month", "0.00 0.00", "1.00 0.14"] and curve[12] == "... 12 in all; --json shows them"
    shares = lines[lines.index("shares") :]
    assert shares[1:3] == ["b 75.0 %", "a 25.0 %"]


class Flight(BaseModel):
    probability: float = Field(ge=0, le=1)


def test_several_answers_of_plain_values_are_one_table():
    predictions = [{"probability": share, "model_version": "1", "prediction_id": f"id{share}"} for share in (0.1, 0.2)]
    assert [" ".join(line.split()) for line in shown(Flight, *predictions)] == [
        "probability version prediction", "10.0 % 1 id0.1", "20.0 % 1 id0.2",
    ]  # fmt: skip
    assert shown(Flight, predictions[0]) == ["probability  10.0 %", "version 1  id0.1"]
