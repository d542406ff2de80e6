"""The customers: their contract, what was cleaned, and where the file comes from."""

import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError
from pipelines.churn import data, task
from pipelines.churn.columns import CUSTOMER, INPUTS, SERVICES
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_parquet(data.find(DATA_DIR))


def test_the_customers_keep_their_contract(tables):
    rows = tables["customers"]
    assert rows.shape == (7043, 21) and rows["churned"].sum() == 1869
    task.contracts()["customers"].validate(rows)


def test_blank_totals_are_of_those_who_had_no_bill_yet(raw, tables):
    rows = tables["customers"]
    blank = (raw["TotalCharges"].str.strip() == "").to_numpy()
    assert blank.sum() == 11 and (rows.loc[blank, "tenure"] == 0).all() and (rows.loc[blank, "total"] == 0).all()
    assert rows.loc[~blank, "total"].tolist() == raw.loc[~blank, "TotalCharges"].astype(float).tolist()


def test_a_blank_total_of_a_later_month_is_missing_and_breaks_the_contract(raw, tmp_path):
    later = raw[raw["tenure"] == 5].head(3).assign(TotalCharges=["1.5", " ", "2"])
    later.to_parquet(tmp_path / data.FILE)
    rows = data.customers(data.find(tmp_path))
    assert rows["total"].isna().tolist() == [False, True, False]


def test_no_service_is_said_once(raw, tables):
    rows = tables["customers"]
    without = (raw["InternetService"] == "No").to_numpy()
    assert ((rows["internet"] == "no") == without).all() and (rows.loc[without, SERVICES] == "no").all().all()


def test_csv_of_the_source_is_read_as_the_parquet_file_is(raw, tmp_path, tables):
    raw.to_csv(tmp_path / data.CSV, index=False)
    pd.testing.assert_frame_equal(data.customers(data.find(tmp_path)), tables["customers"])


def test_file_without_a_column_is_named(raw, tmp_path):
    raw.drop(columns="Contract").to_parquet(tmp_path / data.FILE)
    with pytest.raises(CapstanError, match="lacks the columns Contract"):
        task.load(tmp_path)


def test_features_are_what_the_file_has(features, tables):
    table = features["training_set"].set_index(CUSTOMER)[INPUTS].sort_index()
    pd.testing.assert_frame_equal(table, tables["customers"].set_index(CUSTOMER)[INPUTS].sort_index())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("customer", 7590, "valid string"),
        ("customer", "7590", "should match pattern"),
        ("customer", "7590-VHVEG" * 9, "at most 10"),
        ("if_contract", "forever", "'one year'"),
        ("if_monthly", 17, "greater than or equal to 18"),
        ("if_monthly", "much", "valid number"),
        ("if_monthly", float("nan"), "finite"),
        ("churned", True, "not permitted"),
    ],
)
def test_request_that_is_wrong_names_the_field_and_what_is_allowed(field, value, said):
    with pytest.raises(ValidationError) as error:
        task.Request(**{"customer": "7590-VHVEG"} | {field: value})
    [problem] = error.value.errors()
    assert problem["loc"] == (field,) and said in problem["msg"]


def test_request_without_a_customer_is_refused():
    with pytest.raises(ValidationError, match="customer"):
        task.Request()
