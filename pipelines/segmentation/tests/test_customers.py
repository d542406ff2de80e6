"""Customers from invoice lines: against pandas, and rules that single lines show."""

import pandas as pd
import pytest

from pipelines.segmentation import customers, task
from pipelines.segmentation.columns import INPUTS, OUTCOMES

COLUMNS = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
SALE = ["500001", "85123A", "HEART", 6, pd.Timestamp("2011-10-10 12:00"), 2.5, 17850, "France"]


def snapshot(tmp_path, *changes: dict) -> pd.DataFrame:
    """Return what the last day says of a sale that is written several times, each with other changes."""
    rows = snapshots(tmp_path, *changes)
    return rows[rows["day"] == "2011-12-09"]


def snapshots(tmp_path, *changes: dict) -> pd.DataFrame:
    """Return the same of all days."""
    frame = pd.DataFrame([dict(zip(COLUMNS, SALE, strict=True)) | change for change in changes])
    path = tmp_path / "lines.parquet"
    frame.astype({"Customer ID": "Int64"}).to_parquet(path)
    return customers.snapshots(path)


def test_the_customers_keep_their_contract(tables, parts):
    task.contracts()["customers"].validate(tables["customers"])
    assert [len(part["customers"]) for part in parts] == [12_825, 8_583]


def test_features_that_came_through_feast_are_the_snapshots(tables, features):
    columns = ["customer", "day", *INPUTS, *OUTCOMES]
    both = [
        frame[columns].sort_values(["day", "customer"], ignore_index=True)
        for frame in (tables["customers"], features["training_set"])
    ]
    pd.testing.assert_frame_equal(*both, check_dtype=False)


def test_a_day_is_what_pandas_computes_in_memory(lines, tables):
    frame = pd.read_parquet(lines).drop_duplicates()
    frame = frame[frame["StockCode"].str.match(r"[0-9]{5}|DCGS") & (frame["Price"] > 0)]
    day = pd.Timestamp("2011-12-09")
    year = frame[(frame["InvoiceDate"] < day) & (frame["InvoiceDate"] >= day - pd.Timedelta(days=365))]
    sales = year[year["Quantity"] > 0]
    bought, spent = sales.groupby("Customer ID"), sales["Quantity"] * sales["Price"]

    def in_part(part: pd.Series) -> pd.Series:
        return sales[part].groupby("Customer ID")["Invoice"].nunique().astype(float)

    expected = pd.DataFrame(
        {
            "recency": (day - bought["InvoiceDate"].max().dt.normalize()).dt.days.astype(float),
            "frequency": bought["Invoice"].nunique().astype(float),
            "money": (year["Quantity"] * year["Price"]).groupby(year["Customer ID"]).sum().clip(lower=0),
            "tenure": (day - bought["InvoiceDate"].min().dt.normalize()).dt.days.astype(float),
            "months": bought["InvoiceDate"].agg(lambda times: times.dt.strftime("%Y-%m").nunique()).astype(float),
            "articles": bought["StockCode"].nunique().astype(float),
            "season": in_part(sales["InvoiceDate"] < day - pd.Timedelta(days=365 - 91)),
            "lately": in_part(sales["InvoiceDate"] >= day - pd.Timedelta(days=91)),
            "order_value": spent.groupby(sales["Customer ID"]).sum() / bought["Invoice"].nunique(),
        }
    )
    expected = expected[expected["frequency"] > 0].fillna({"season": 0.0, "lately": 0.0})
    rows = tables["customers"]
    actual = rows[rows["day"] == "2011-12-09"].set_index("customer")[INPUTS]
    pd.testing.assert_frame_equal(actual, expected, check_names=False, check_index_type=False)


def test_sale_counts_once_and_a_cancellation_only_against_the_money(tmp_path):
    again, cancelled = {}, {"Invoice": "C500002", "Quantity": -2, "InvoiceDate": pd.Timestamp("2011-11-30")}
    [row] = snapshot(tmp_path, {}, again, cancelled).astype(object).replace(float("nan"), None).to_dict("records")
    assert row == {
        **{"customer": 17850, "country": "France", "day": "2011-12-09"},
        **{"recency": 60.0, "frequency": 1.0, "money": 10.0, "tenure": 60.0, "months": 1.0, "articles": 1.0},
        **{"season": 0.0, "lately": 1.0, "order_value": 15.0, "buys": None, "spends": None, "order": None},
    }


def test_outcomes_are_those_of_the_quarter_after_the_day(tmp_path):
    later = {"Invoice": "500003", "InvoiceDate": pd.Timestamp("2011-12-08 10:00"), "Quantity": 8}
    returned = {"Invoice": "C500004", "InvoiceDate": pd.Timestamp("2011-12-08 11:00"), "Quantity": -1}
    early = {"InvoiceDate": pd.Timestamp("2011-05-05")}
    rows = snapshots(tmp_path, early, later, returned).set_index("day")[["buys", "spends", "order"]]
    assert rows.loc["2011-06-09"].tolist()[:2] == [0.0, 0.0] and pd.isna(rows.loc["2011-06-09", "order"])
    assert rows.loc["2011-09-09"].tolist() == [1.0, 17.5, 20.0]


def test_who_bought_nothing_in_the_year_has_lapsed(tmp_path):
    rows = snapshots(tmp_path, {"InvoiceDate": pd.Timestamp("2010-10-10")})
    assert rows["day"].tolist() == ["2010-12-09", "2011-03-09", "2011-06-09", "2011-09-09"]
    last = customers.with_lapsed(pd.concat([rows, rows.tail(1).assign(customer=1, day="2011-12-09")])).iloc[-1]
    assert last[["customer", "day", "frequency", "money", "recency"]].tolist() == [17850, "2011-12-09", 0.0, 0.0, 425.0]


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
