"""DuckDB takes each path as it is, wherever it reads parquet: no pattern, and no columns of the folders above."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capstan.contract.checks import Checks
from capstan.data.files import write_tables
from components.build_features.days import days
from components.materialize.since import state
from feature_repo.offline_store.listing import data_files
from monitoring.checks import daily_counts
from serving.batch.run import found

ROOT = Path(__file__).parents[2]
WRITERS = {"capstan/data/parquet_sql.py", "feature_repo/offline_store/scan.py"}
CALL = re.compile(
    r"(?<![\w.])(?:parquet_scan|read_parquet)\b|(?:duckdb|connection)\.(?:read|from)_parquet|FROM '[^']*parquet"
)
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
PLACES = ["seed=1", "date=2026-01-01/v=7", "m[1]", "what?", "all*"]


def sources() -> list[Path]:
    """Return the Python files of the repository, without tests."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split() if "tests" not in Path(name).parts]


def test_two_functions_write_all_calls():
    """They are `parquet_rows` of both files. Those of pandas are none of DuckDB's."""
    calls = {path.relative_to(ROOT).as_posix() for path in sources() if CALL.search(path.read_text())}
    assert calls == WRITERS


@pytest.fixture(params=PLACES)
def place(request, tmp_path) -> Path:
    """A folder whose name says something to DuckDB, next to one that its pattern matches."""
    for neighbour in ("m1", "whats", "all"):
        write_tables({"rows": rows(99)}, tmp_path / neighbour)
    return tmp_path / request.param


def rows(value: float) -> pd.DataFrame:
    """Return rows of two days, with columns that have names of the queries."""
    times = pd.date_range(MARCH, periods=48, freq="h").as_unit("us")
    return pd.DataFrame({
        "event_timestamp": times, "v": value + np.arange(48.0) % 5, "t": "t", "raw": "raw", "rows": 1, "day": 5.5,
        "file_index": 3, "file_row_number": 4, "seed": "own", "place": 1,
    })  # fmt: skip


def test_days_of_raw_tables(place, tmp_path):
    times = {"rows": "event_timestamp"}
    write_tables({"rows": rows(1)}, place)
    write_tables({"rows": rows(1)}, tmp_path / "plain")
    expected = days(tmp_path / "plain", times)
    assert days(place, times) == expected and list(expected["rows"]) == ["2024-03-01", "2024-03-02"]
    for column in ("v", "t", "raw", "rows", "file_index", "file_row_number"):
        changed = rows(1)
        changed.loc[30, column] = type(changed.loc[30, column])(8)
        write_tables({"rows": changed}, place)
        digests = days(place, times)["rows"]
        assert digests["2024-03-01"] == expected["rows"]["2024-03-01"] and digests != expected["rows"], column


def test_state_of_the_online_store(place):
    write_tables({"rows": rows(1)}, place)
    before = state(place, [], datetime(2024, 3, 2, 12, tzinfo=UTC))
    for column in ("v", "t"):
        changed = rows(1)
        changed.loc[30, column] = type(changed.loc[30, column])(8)
        write_tables({"rows": changed}, place)
        assert state(place, [], datetime(2024, 3, 2, 12, tzinfo=UTC))["tables"] != before["tables"], column


def test_rows_that_monitoring_counts(place):
    write_tables({"rows": rows(1)}, place)
    checks = Checks(time="event_timestamp")
    counted = [daily_counts.reference(source, checks) for source in (rows(1), place / "rows.parquet")]
    for known in counted:
        assert known.rows.tolist() == [24, 24] and "seed" in known.counts
        assert known.sums["v"].tolist() == [rows(1)["v"][:24].sum(), rows(1)["v"][24:].sum()]


def test_segmentation(place, tmp_path):
    from data_sets import online_retail
    from pipelines.segmentation.customers import snapshots

    lines = pd.DataFrame({
        "Invoice": ["1", "2"], "StockCode": ["85123A", "85123A"], "Description": "a", "Quantity": [2, 3],
        "InvoiceDate": pd.to_datetime(["2010-06-01", "2010-09-01"]), "Price": [1.5, 1.5], "Customer ID": [7.0, 7.0],
        "Country": "France",
    })  # fmt: skip
    write_tables({"lines": lines}, place / "Price=99")
    online_retail.check(place / "Price=99" / "lines.parquet")
    customers = snapshots(place / "Price=99" / "lines.parquet", ["2010-12-01"])
    assert customers["money"].tolist() == [7.5] and customers["frequency"].tolist() == [2]


def test_prediction_log(place):
    from predictions.convert import convert_all
    from predictions.wal import Wal
    from tests.unit.predictions.test_log import ids, lines

    home = place / "model=other"
    Wal(home / "wal", 1).append(lines("a"))
    convert_all(home)
    assert ids(home) == ["a"]


def test_score_and_the_store_take_the_same_files(tmp_path):
    from pyarrow.fs import LocalFileSystem

    from tests.unit.feature_repo.offline_store.harness import at, entities, entity, feature_store, view, write

    folder = tmp_path / "_home" / ".data"
    kept = ["a.parquet", "B.PARQUET", "_p=1/c.parquet", "d/e.parquet"]
    left = ["_temporary/0/f.parquet", ".ipynb_checkpoints/g.parquet", ".h.parquet", "._i.parquet", "_j.parquet"]
    left += ["d/_k/l.parquet"]
    for key, name in enumerate([*kept, *left]):
        write(folder / name, [(key, at(0), key)])
    assert sorted(piece.path.removeprefix(f"{folder}/") for piece in found(str(folder))[0]) == sorted(kept)
    assert len(data_files(LocalFileSystem(), str(folder))) == len(kept)
    store = feature_store(tmp_path / "repo")
    store.apply([entity(), view(folder)])
    asked = entities([(key, at(1)) for key in range(len(kept) + len(left))])
    values = store.get_historical_features(asked, ["stats:v"]).to_df()["v"]
    assert values.dropna().tolist() == list(range(len(kept)))
