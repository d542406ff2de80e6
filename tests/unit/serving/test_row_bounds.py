"""What a library behind the endpoint cannot hold is refused, wherever it is in a request."""

from datetime import date, datetime
from typing import Annotated

import pytest
from kserve.errors import InvalidInput
from pydantic import AwareDatetime, BaseModel, Field

from serving.schema.rows import RowDecoder


class Place(BaseModel):
    number: int | None = None


class Request(BaseModel):
    number: int | None = None
    ratio: float = 0.0
    day: date | None = None
    days: list[Annotated[date, Field(title="A day")]] = []
    times: dict[str, datetime] = {}
    place: Place = Place()
    places: tuple[Place, ...] = ()


class Timed(BaseModel):
    start: AwareDatetime


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"number": 2**63}, "number"),
        ({"day": "0001-01-01"}, "day"),
        ({"days": ["2014-11-04", "2262-04-12"]}, "days"),
        ({"times": {"a": "9999-12-31T23:59:59Z"}}, "times"),
        ({"place": {"number": 2**64 - 1}}, "place"),
        ({"places": [{}, {"number": 2**63}]}, "places"),
    ],
)
def test_value_out_of_range_is_refused(row, field):
    with pytest.raises(InvalidInput, match=f"row 1, {field}: expected"):
        RowDecoder(Request).validate([{}, row])


@pytest.mark.parametrize("number", [-(2**63) - 1, 2**64])
def test_number_that_json_libraries_disagree_about_is_refused(number):
    with pytest.raises(InvalidInput, match="Integer exceeds 64-bit range"):
        RowDecoder(Request).validate([{"number": number}])


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "2262-04-12T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_time_out_of_range_is_refused(start):
    with pytest.raises(InvalidInput, match="row 0, start: expected"):
        RowDecoder(Timed).validate([{"start": start}])


@pytest.mark.parametrize(
    "row",
    [
        {"number": 2**63 - 1, "ratio": 1e308, "day": "1900-01-01", "days": ["2199-12-31"]},
        {"number": -(2**63), "times": {"a": "2014-01-01T00:00:00Z"}, "places": [{"number": 1}]},
    ],
)
def test_value_in_range_is_taken(row):
    [decoded] = RowDecoder(Request).validate([row])
    assert decoded.request == Request.model_validate(row)
