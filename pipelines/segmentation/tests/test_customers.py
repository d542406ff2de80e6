"""Customers from invoice lines: against pandas, and rules that single lines show."""

import pandas as pd
import pytest

from pipelines.segmentation import customers, task

COLUMNS = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
SALE = ["500001", "85123A", "HEART", 6, pd.Timestamp("2011-10-10 12:00"), 2.5, 17850, "France"]


def snapshot(tmp_path, *changes: dict) -> pd.DataFrame:
    """Return what the last day says of a sale that is written several times, each with other changes."""
    frame = pd.DataFrame([dict(zip(COLUMNS, SALE, strict=True)) | change for change in changes])
    path = tmp_path / "lines.parquet"
    frame.astype({"Customer ID": "Int64"}).to_parquet(path)
    rows = customers.snapshots(path)
    return rows[rows["day"] == "2011-12-09"]


def test_the_customers_keep_their_contract(parts):
    for part in parts:
        task.contracts()["customers"].validate(part["customers"])
    assert len(parts[0]["customers"]) == 17_138 and len(parts[1]["customers"]) == 4_270


def test_a_day_is_what_pandas_computes_in_memory(lines, parts):
    frame = pd.read_parquet(lines).drop_duplicates()
    frame = frame[frame["StockCode"].str.match(r"[0-9]{5}|DCGS") & (frame["Price"] > 0)]
    day = pd.Timestamp("2011-12-09")
    year = frame[(frame["InvoiceDate"] < day) & (frame["InvoiceDate"] >= day - pd.Timedelta(days=365))]
    bought = year[year["Quantity"] > 0].groupby("Customer ID")
    expected = pd.DataFrame(
        {
            "recency": (day - bought["InvoiceDate"].max().dt.normalize()).dt.days.astype(float),
            "frequency": bought["Invoice"].nunique().astype(float),
            "money": (year["Quantity"] * year["Price"]).groupby(year["Customer ID"]).sum().clip(lower=0),
        }
    ).dropna()
    actual = parts[1]["customers"].set_index("customer")[["recency", "frequency", "money"]]
    pd.testing.assert_frame_equal(actual, expected, check_names=False, check_index_type=False)


def test_sale_counts_once_and_a_cancellation_only_against_the_money(tmp_path):
    again, cancelled = {}, {"Invoice": "C500002", "Quantity": -2, "InvoiceDate": pd.Timestamp("2011-11-30")}
    [row] = snapshot(tmp_path, {}, again, cancelled).to_dict("records")
    assert row == {
        **{"customer": 17850, "country": "France", "day": "2011-12-09"},
        **{"recency": 60.0, "frequency": 1.0, "money": 10.0},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"Customer ID": None},
        {"StockCode": "POST"},
        {"StockCode": "gift_0001_30"},
        {"Price": 0.0},
        {"InvoiceDate": pd.Timestamp("2011-12-09 00:00")},
        {"InvoiceDate": pd.Timestamp("2010-12-08 23:59")},
        {"Quantity": -6},
    ],
)
def test_line_that_is_no_sale_of_goods_in_the_year_makes_no_customer(change, tmp_path):
    assert snapshot(tmp_path, change).empty


def test_more_returned_than_bought_is_no_money(tmp_path):
    [row] = snapshot(tmp_path, {}, {"Invoice": "C500002", "Quantity": -60}).to_dict("records")
    assert row["money"] == 0
