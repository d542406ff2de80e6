"""A request costs no more than its answer is worth: its lists have an end."""

import pytest
from pydantic import BaseModel, Field

from capstan import catalogue
from capstan.contract.request_check import unbounded

SERVED = [name for name in catalogue.names() if "endpoint" in catalogue.load(name).capabilities]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.capstone(name)) for name in SERVED])
def test_lists_of_a_request_have_an_end(name):
    assert unbounded(catalogue.load(name).Request.model_json_schema()) == []


def test_field_without_an_end_is_named():
    class Inner(BaseModel):
        words: list[str]
        inner: "Inner | None" = None

    class Outer(BaseModel):
        few: list[int] = Field(max_length=3)
        many: list[list[int]] = Field(max_length=3)
        counts: dict[str, int]
        bounded: dict[str, int] = Field(max_length=3)
        inners: list[Inner] = Field(max_length=3)
        maybe: list[int] | None = None
        text: str

    assert unbounded(Outer.model_json_schema()) == ["counts", "inners.words", "many", "maybe"]
