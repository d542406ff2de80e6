"""Which versions may be on trial next to each other: those that take the same requests."""

import pytest
from pydantic import BaseModel, Field, create_model

from monitoring.retraining.requests import same


class Inner(BaseModel):
    """A part."""

    size: int = Field(ge=0)


def schema(**fields) -> dict:
    return create_model("Request", title=(str, ...), inner=(Inner, ...), **fields).model_json_schema()


def test_texts_make_no_difference():
    plain = schema(z=(float, Field(le=5)))
    assert same(plain, schema(z=(float, Field(le=5, title="The z", description="A number.", examples=[1.5]))))


@pytest.mark.parametrize("fields", [{}, {"z": (float, 1.0)}, {"z": (int, ...)}, {"z": (float, Field(le=6))}])
def test_other_fields_types_or_bounds_do(fields):
    assert not same(schema(z=(float, Field(le=5))), schema(**fields))


def test_field_may_have_the_name_of_a_text():
    nested = create_model("Request", inner=(Inner, ...)).model_json_schema()
    assert not same(schema(), nested)
