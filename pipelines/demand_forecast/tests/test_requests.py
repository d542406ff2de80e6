"""What a client sends: a day, whose week comes from Feast, and requests that are refused."""

import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import InvalidRow
from models.forecasting.windows import DAY, LEVELS
from pipelines.demand_forecast import days, task
from pipelines.demand_forecast.example import EXAMPLE
from pipelines.demand_forecast.requests import request
from pipelines.demand_forecast.schema import Prediction, Request

STORED = ["demand", "temperature", "working"]


@pytest.fixture(scope="module")
def stored(parts) -> pd.DataFrame:
    """Return what the feature store has of each day of the year."""
    return pd.concat([part["days"] for part in parts]).set_index("day")


def columns(rows: list[dict], stored: pd.DataFrame) -> dict[str, list]:
    """Return the columns that the endpoint makes of rows, with what the store has; None of a day that it lacks."""
    requests = [Request.model_validate_json(json.dumps(row)) for row in rows]
    asked = {name: [getattr(row, name) for row in requests] for name in Request.model_fields}
    found = stored.reindex(asked["day"])[STORED].astype(object)
    return asked | found.where(found.notna(), None).to_dict("list")


def test_a_request_gives_the_window_that_it_came_from(test_days, stored):
    rows = columns([request(test_days[[place]]) for place in range(30, 40)], stored)  # with the Melbourne Cup
    windows, expected = days.windows(rows), test_days[30:40]
    assert (windows.start == expected.start).all() and (windows.working == expected.working).all()
    assert np.array_equal(windows.demand, expected.demand) and np.array_equal(windows.temperature, expected.temperature)
    assert windows.ahead == pytest.approx(expected.ahead, abs=1e-3) and windows.target is None


def test_days_of_the_training_set_are_the_windows_of_the_half_hours(parts, past, test_days):
    for part, expected in zip(parts, (past, test_days), strict=True):
        windows = days.windows(part["days"])
        assert (windows.start == expected.start).all()
        for name in ("demand", "temperature", "working", "ahead", "target"):
            assert np.array_equal(getattr(windows, name), getattr(expected, name)), name


def test_no_later_measurement_changes_what_is_known_of_a_day(half_hours):
    start = pd.Timestamp("2014-11-05", tz=days.ZONE)
    planted = half_hours.assign(demand=half_hours["demand"].where(half_hours["time"] < start, 9.0))
    before, after = (days.weeks_before(rows).set_index("day") for rows in (half_hours, planted))
    assert np.array_equal(before.loc["2014-11-05", "demand"], after.loc["2014-11-05", "demand"])
    assert not np.array_equal(before.loc["2014-11-06", "demand"], after.loc["2014-11-06", "demand"])


def test_a_day_after_a_gap_has_no_week_and_the_day_after_the_last_has_one(half_hours):
    known = days.weeks_before(half_hours.drop(index=20 * DAY + 7))["day"].tolist()
    assert "2014-01-21" in known and not {"2014-01-22", "2014-01-28"} & {*known} and "2014-01-29" in known
    assert known[-1] == "2015-01-01" and days.to_forecast(half_hours)["actual"].isna().sum() == 1


def test_live_signals_are_those_of_the_same_days(model, parts, test_days):
    week = range(30, 37)
    live = task.live_signals(pd.DataFrame([request(test_days[[place]]) for place in week]), pd.DataFrame())
    same = task.signals(model, parts[1]).iloc[week]
    assert live["working_day"].tolist() == same["working_day"].tolist() and set(live["working_day"]) == {0, 1}
    features = parts[1]["days"].iloc[week]
    for name in ("last_demand", "last_temperature"):
        assert features[name].to_numpy() == pytest.approx(same[name].to_numpy())


def test_the_example_of_the_page_is_a_request_that_gives_a_plausible_day(model, stored):
    forecast = model.predict_columns(columns([EXAMPLE], stored))
    assert 4.5 < forecast["peak"][0] < 6.5 and "16:00" < forecast["peak_at"][0] < "20:00"


def test_a_day_whose_week_is_not_known_is_refused(model, stored):
    rows = columns([EXAMPLE, {"day": "2015-03-05"}], stored)
    with pytest.raises(InvalidRow, match="row 1, day: The week before 2015-03-05 is not known"):
        model.predict_columns(rows)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"temperature_ahead": [20.0] * 47}, "47 half-hours; 48 are needed"),
        (
            {"temperature_ahead": [20.0] * 10 + [None] * 2 + [20.0] * 36},
            "2 of the 48 half-hours are missing, the first is",
        ),
        ({"temperature_ahead": [68.0] * 48}, "less than or equal to 55"),
        ({"day": "2014-02-30"}, "expected a date, such as 2014-11-04"),
        ({"day": "2014-W06-1"}, "expected a date, such as 2014-11-04"),
        ({"day": "tomorrow"}, "at least 10 characters"),
        ({"day": 20141104}, "valid string"),
        ({"holiday": "Cup Day"}, "valid boolean"),
        ({"demand": [4.5] * 336}, "Extra inputs are not permitted"),
    ],
)
def test_a_bad_request_is_told_what_to_do(change, says):
    with pytest.raises(ValidationError, match=says):
        Request.model_validate_json(json.dumps(EXAMPLE | change))


def test_nothing_after_midnight_of_the_market_is_known():
    assert Request.model_validate(EXAMPLE).prediction_time().isoformat() == "2014-09-30T14:00:00+00:00"


def test_predictions_keep_the_schema_and_use_the_temperature_only_where_it_is_known(model, parts, stored):
    rows = columns(task.examples(parts[1]), stored)
    answer = model.predict_columns(rows)
    for place in range(3):
        row = {name: np.asarray(values)[place].tolist() for name, values in answer.items()}
        forecast = Prediction.model_validate(row)
        assert np.shape(forecast.quantiles) == (48, len(LEVELS)) and (np.diff(forecast.quantiles) >= 0).all()
        assert forecast.peak == max(step[LEVELS.index(0.5)] for step in forecast.quantiles)
        alone = model.predict_columns({name: [values[place]] for name, values in rows.items()})
        assert np.asarray(alone["quantiles"])[0] == pytest.approx(np.array(forecast.quantiles))
