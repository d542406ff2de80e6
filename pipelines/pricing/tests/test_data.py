"""The file, the weeks, and that nothing later is known before it was."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.errors import CapstanError
from data_sets import orange_juice
from data_sets import orange_juice_weeks as weeks
from pipelines.pricing import shelves
from pipelines.pricing.columns import BRANDS, COUNT, HISTORY, OUNCES, PAST, PAST_WEEKS, SOLD, STORE, WEEK


def test_sales_are_whole_packages(sales):
    """So `logmove` is the log of ounces, and not of units as the manual says."""
    assert len(sales) == 106_139 and sales[STORE].nunique() == 83
    for name, rows in sales.groupby("brand"):
        assert np.abs(rows["sold"] - rows["sold"].round()).max() < 0.002, name
    assert set(OUNCES) == {64, 96, 128} and sales["price"].between(0.5, 6).all()


@pytest.mark.parametrize(
    ("day", "week"), [("1989-09-14", 1), ("1989-09-20", 1), ("1990-06-14", 40), ("1992-10-07", 160)]
)
def test_weeks_begin_on_thursdays(day, week):
    date = pd.Timestamp(day).date()
    assert weeks.number(date) == week and weeks.start(week) <= date
    assert weeks.start(week).weekday() == 3


def test_thanksgiving_is_shopped_for_in_the_week_before():
    """1991-11-28 was the first day of week 116."""
    assert weeks.holiday(np.array([114, 115, 116])).tolist() == [0, 1, 0]


def test_history_knows_nothing_of_the_week_itself_or_later(sales):
    store = sales[sales[STORE] == 2]
    planted = store.assign(sold=store["sold"].where(store[WEEK] < 100, 1.0))
    before, after = (shelves.before(rows).set_index(EVENT_TIMESTAMP) for rows in (store, planted))
    known = weeks.instant(100)
    past, changed = (rows[rows.index <= known] for rows in (before, after))
    assert len(past) > 40 and all(max(row) < 100 for row in past[PAST_WEEKS])
    assert all(np.array_equal(*pair) for pair in zip(past[HISTORY[SOLD]], changed[HISTORY[SOLD]], strict=True))
    later = before.index > known
    assert not np.array_equal(np.stack(before[HISTORY[SOLD]][later]), np.stack(after[HISTORY[SOLD]][later]))


def test_history_is_the_last_nine_weeks(sales):
    row = shelves.before(sales[sales[STORE] == 2]).iloc[-1]
    last = sales[(sales[STORE] == 2) & (sales[WEEK] == row[PAST_WEEKS][-1])].set_index("brand").loc[BRANDS]
    assert row[HISTORY[SOLD]].reshape(PAST, COUNT)[-1] == pytest.approx(np.log(last["sold"].to_numpy()))


def test_week_that_lacks_a_brand_is_no_shelf(sales):
    store = sales[sales[STORE] == 2]
    lacking = store.drop(store[(store[WEEK] == 60) & (store["brand"] == BRANDS[3])].index)
    assert len(shelves.to_sell(store)) - len(shelves.to_sell(lacking)) == 1


def test_another_file_is_refused(tmp_path):
    pd.DataFrame({"store": [1]}).to_parquet(tmp_path / "sales.parquet")
    with pytest.raises(CapstanError, match="lacks the columns brand"):
        orange_juice.sales(tmp_path / "sales.parquet")
