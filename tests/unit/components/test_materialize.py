"""Rows that came since the last time: the online store is as if all had been written, whatever changed before."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from capstan.data.files import write_tables
from capstan.settings import settings
from components.materialize.core import materialize
from pipelines.flight_delay import task

NAME, FIRST, LAST = "flight_delay", "2013-06-01T00:00:00+00:00", "2013-06-08T12:00:00+00:00"


@pytest.fixture(scope="module")
def features(tables) -> dict[str, pd.DataFrame]:
    """The feature tables of flights until the end of June."""
    known = {}
    for name, table in task.feature_tables(tables).items():
        known[name] = table[table["event_timestamp"] < "2013-07-01"] if "event_timestamp" in table else table
    return known


def until(features: dict[str, pd.DataFrame], instant: str) -> dict[str, pd.DataFrame]:
    """Return what the tables had at an instant."""
    return {
        name: table[table["event_timestamp"] <= instant] if "event_timestamp" in table else table
        for name, table in features.items()
    }


def fill(folder: Path, tables: dict[str, pd.DataFrame], instant: str, capsys) -> str:
    """Materialize tables, and return what was noted."""
    folder.mkdir()
    write_tables(tables, folder)
    capsys.readouterr()
    assert materialize(NAME, str(folder), "", as_of=instant) == instant
    return capsys.readouterr().out


def stored() -> dict:
    """Return what the online store holds: each feature of each key, with its time."""
    rows = {}
    for path in settings().home.rglob("*online*.db"):
        with closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for key, feature, value, time in database.execute(
                    f'SELECT entity_key, feature_name, value, event_ts FROM "{table}"'
                ):
                    rows[table, key, feature] = value, time
    return rows


def from_scratch(monkeypatch, folder: Path, tables: dict[str, pd.DataFrame], instant: str, capsys) -> dict:
    """Return what a store holds that was empty before."""
    monkeypatch.setenv("CAPSTAN_HOME", str(folder / "other"))
    settings.cache_clear()
    fill(folder / "scratch", tables, instant, capsys)
    return stored()


@pytest.mark.slow
def test_new_days_alone_are_written_and_the_store_is_as_from_scratch(home, features, tmp_path, monkeypatch, capsys):
    assert "are written" not in fill(tmp_path / "first", until(features, FIRST), FIRST, capsys)
    before = stored()
    assert "2013-06-01 00:00" in fill(tmp_path / "second", until(features, LAST), LAST, capsys)
    after = stored()
    assert after != before and len(after) > 1_000
    assert after == from_scratch(monkeypatch, tmp_path, until(features, LAST), LAST, capsys)


@pytest.mark.slow
@pytest.mark.rotating
@pytest.mark.parametrize("change", ["corrected", "late"])
def test_rows_of_the_past_that_changed_are_written_too(home, features, tmp_path, monkeypatch, capsys, change):
    fill(tmp_path / "first", until(features, FIRST), FIRST, capsys)
    name = max(features, key=lambda view: len(features[view]))
    later = until(features, LAST)
    table = later[name].reset_index(drop=True)
    [number] = [column for column in table if pd.api.types.is_float_dtype(table[column])][:1]
    newest = table[table["event_timestamp"] <= FIRST]["event_timestamp"].idxmax()
    if change == "corrected":
        table.loc[newest, number] += 1
    else:
        table = pd.concat([table, table.loc[[newest]].assign(event_timestamp=pd.Timestamp(FIRST))], ignore_index=True)
    later |= {name: table}
    assert "are written" not in fill(tmp_path / "second", later, LAST, capsys)
    here = stored()
    assert here == from_scratch(monkeypatch, tmp_path, later, LAST, capsys)
