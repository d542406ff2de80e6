"""The clock of the file: its rows agree with the calendar, the tariff and people's mornings."""

import numpy as np
import pandas as pd
import pytest

from capstan.errors import CapstanError
from data_sets import elecdemand as data
from data_sets.elecdemand import ZONE
from models.forecasting.windows import DAY, WEEK
from pipelines.demand_forecast import task
from pipelines.demand_forecast.cuts import cut

# Of Victoria, on weekdays of 2014.
HOLIDAYS = ["01-01", "01-27", "03-10", "04-18", "04-21", "04-25", "06-09", "11-04", "12-25", "12-26"]


@pytest.fixture(scope="module")
def days(half_hours) -> pd.DataFrame:
    """Return demand by day of the market's clock and half-hour, and whether people work."""
    local = half_hours["time"].dt.tz_convert(ZONE)
    table = half_hours.assign(
        day=local.dt.tz_localize(None).dt.normalize(), slot=local.dt.hour * 2 + local.dt.minute // 30
    )
    return table.pivot(index="day", columns="slot", values="demand").assign(
        working=table.groupby("day")["working_day"].mean()
    )


def test_working_days_are_the_weekdays_without_the_holidays_of_victoria(days):
    holidays = pd.to_datetime([f"2014-{day}" for day in HOLIDAYS])
    expected = (days.index.dayofweek < 5) & ~days.index.isin(holidays)
    assert len(days) == 365 and (days["working"] == expected).all()


@pytest.mark.parametrize(("change", "hours"), [("2014-04-06", 1), ("2014-10-05", -1)])
def test_mornings_move_with_daylight_saving_and_the_night_tariff_does_not(days, change, hours):
    """On a clock with daylight saving the mornings would stay and the tariff, which meters switch, would move."""
    work = days[days["working"] == 1].drop(columns="working")
    fortnight = pd.Timedelta(days=14)
    rise = {
        "before": work[pd.Timestamp(change) - fortnight : pd.Timestamp(change)],
        "after": work[pd.Timestamp(change) : pd.Timestamp(change) + fortnight],
    }
    before, after = (np.diff(rows.mean().to_numpy()) for rows in rise.values())
    match = {shift: np.corrcoef(before[8:18], after[8 + shift : 18 + shift])[0, 1] for shift in range(-4, 5)}
    assert max(match, key=match.get) == 2 * hours
    assert before[40:].argmax() == after[40:].argmax() == 5  # from 22:30 to 23:00


def test_a_file_in_the_data_folder_takes_its_place(tmp_path, half_hours):
    frame = half_hours.head(500).rename(columns={"demand": "Demand", "temperature": "Temperature"})
    frame.assign(WorkDay=frame["working_day"]).to_csv(tmp_path / data.FILE, index=False)
    assert task.load(tmp_path)["half_hours"].equals(half_hours.head(500))


def test_an_origin_with_missing_history_is_left_out(half_hours):
    whole = cut(half_hours.head(30 * DAY))
    gap = cut(half_hours.head(30 * DAY).drop(index=20 * DAY + 7))
    lost = set(whole.start) - set(gap.start)
    assert len(whole) == 23 and len(lost) == 8  # the day itself, and the seven whose week it belongs to
    assert min(lost) == half_hours["time"][20 * DAY]


def test_too_few_half_hours_are_refused(half_hours):
    with pytest.raises(CapstanError, match=f"a forecast needs {WEEK + DAY}"):
        cut(half_hours.head(100))


def test_test_days_are_the_last_quarter_and_their_weeks_reach_before_it(parts, test_days):
    assert len(test_days) == 92 and str(test_days.start[0].tz_convert(ZONE)) == "2014-10-01 00:00:00+10:00"
    assert parts[0]["days"]["label_known_at"].max() <= test_days.start[0]
    assert parts[1]["days"]["day"].iloc[[0, -1]].tolist() == ["2014-10-01", "2014-12-31"]
