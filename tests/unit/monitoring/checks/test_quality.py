"""The share of predictions that were made of values that break a contract, next to the limit."""

import numpy as np
import pandas as pd
import pytest

from monitoring import signals
from monitoring.checks.quality import contract
from pipelines.flight_delay import task
from pipelines.recommender import task as films

LIMIT = 0.01


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """A log of real flights with the weather at their origin, as JSON has them."""
    tables = task.load(None)
    weather = tables["weather"].rename(columns={"hour": "at"})
    flights = tables["flights"].iloc[::200].assign(at=lambda frame: frame["sched_dep"].dt.floor("h"))
    rows = flights.merge(weather, on=["origin", "at"], how="left")
    inputs = rows[["carrier", "origin", "dest", "tailnum"]].assign(
        sched_dep=rows["sched_dep"].map(pd.Timestamp.isoformat)
    )
    features = rows[["temp", "wind_speed"]].astype(object).where(rows[["temp", "wind_speed"]].notna(), None)
    return pd.DataFrame(
        {
            "inputs": inputs.astype(object).where(inputs.notna(), None).to_dict("records"),
            "features": features.assign(recent=[[1, 2]] * len(rows)).to_dict("records"),
        }
    )


def judged(live: pd.DataFrame, contracts=None) -> dict[str, object]:
    return {check.signal: check for check in contract(live, contracts or task.contracts(), LIMIT)}


def test_real_flights_keep_the_contract_and_nulls_and_repeats_are_none_of_its_business(log):
    live = signals.inputs(log)
    assert set(live) == {"carrier", "origin", "dest", "tailnum", "sched_dep", "temp", "wind_speed"}  # no list
    assert live["tailnum"].isna().any() and live["tailnum"].duplicated().any()  # which its table `planes` has not
    assert {name: check.verdict for name, check in judged(live).items()} == {"flights": "ok", "weather": "ok"}


def test_values_beyond_the_contract_alarm_and_are_told(log):
    live = signals.inputs(log)
    hot = live["temp"].mask(np.arange(len(live)) % 20 == 0, 400.0)
    check = judged(live.assign(temp=hot))["weather"]
    assert check.verdict == "alarm" and LIMIT < check.low < 0.05 < check.high
    assert f"of {len(live):,} predictions" in check.message and "temp: in_range(-40, 130)" in check.message
    assert judged(live.assign(temp=hot))["flights"].verdict == "ok"


def test_value_of_another_type_is_broken_and_not_an_error(log):
    live = signals.inputs(log)
    check = judged(live.assign(temp=["warm"] + [60.0] * (len(live) - 1)))["weather"]
    assert (check.verdict, check.statistic) == ("ok", pytest.approx(1 / len(live)))  # one may be by chance
    assert judged(live.assign(sched_dep="tomorrow"))["flights"].verdict == "alarm"


def test_two_percent_of_few_rows_may_be_chance(log):
    few = signals.inputs(log).head(50)
    assert judged(few.assign(carrier=["??", *few["carrier"][1:]]))["flights"].verdict == "ok"


def test_a_share_above_the_limit_that_may_be_chance_says_why(log):
    live = signals.inputs(log).head(60).assign(wind_speed=[-1.0, *[5.0] * 59])
    weather = judged(live)["weather"]
    assert weather.verdict == "ok" and weather.statistic > LIMIT
    assert weather.why == "Its interval reaches the threshold."


def test_what_shares_no_column_with_the_contract_has_no_check(log):
    assert judged(signals.inputs(log)[["wind_speed"]]).keys() == {"weather"}
    assert judged(pd.DataFrame({"elsewhere": [1.0]})) == {}
    assert judged(signals.inputs(log).head(0)) == {}


def test_whole_number_that_is_not_always_given_is_checked_where_it_is():
    known = pd.DataFrame({"user_id": [1.0, None, 7.0, 0.0] * 100})
    check = judged(known, films.contracts())["ratings"]
    assert (check.verdict, check.statistic) == ("alarm", 0.25)
