"""Point-in-time semantics: one example each, then all at once against brute force and Feast's duckdb store."""

from datetime import UTC, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from . import reference
from .harness import ASOF, at, entities, entity, feature_store, values, view, write

CREATED = "k event_timestamp created v"


def retrieve(store, path, rows, ttl=None, created="", columns="k event_timestamp") -> list:
    """Return feature v of the parquet file at `path` for each entity row."""
    store.apply([entity(), view(path, ttl=ttl, created=created)])
    return values(store.get_historical_features(entities(rows, columns), ["stats:v"]).to_df())


def test_latest_row_at_or_before_the_prediction_time(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10), (1, at(2), 11), (2, at(1), 20)])
    rows = [(1, at(-1)), (1, at(0)), (1, at(1)), (1, at(2)), (1, at(9)), (2, at(0)), (2, at(5)), (3, at(5))]
    assert retrieve(store, path, rows) == [None, 10, 10, 11, 11, None, 20, None]


def test_ttl_includes_both_edges(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    tick = timedelta(microseconds=1)
    ttl = timedelta(hours=36)  # days and hours: Feast's duckdb store fails on it
    rows = [(1, at(0) - tick), (1, at(0)), (1, at(36)), (1, at(36) + tick)]
    assert retrieve(store, path, rows, ttl) == [None, 10, 10, None]


def test_ttl_shorter_than_a_second_counts(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    tick = timedelta(microseconds=1)
    ttl = timedelta(milliseconds=500)
    assert retrieve(store, path, [(1, at(0) + ttl), (1, at(0) + ttl + tick)], ttl) == [10, None]


@pytest.mark.parametrize("ttl", [None, timedelta(0)])
def test_no_ttl_is_no_limit(store, tmp_path, ttl):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    assert retrieve(store, path, [(1, at(24 * 3650))], ttl) == [10]


def test_a_late_row_counts_once_it_has_arrived(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), at(0), 10), (1, at(1), at(5), 11)], CREATED)
    rows = [(1, at(2)), (1, at(5)), (1, at(6))]
    assert retrieve(store, path, rows, created="created") == [10, 11, 11]


def test_a_late_row_does_not_replace_a_newer_one(store, tmp_path):
    late = [(1, at(2), at(2), 12), (1, at(1), at(5), 11)]
    path = write(tmp_path / "a.parquet", late, CREATED)
    assert retrieve(store, path, [(1, at(3)), (1, at(6))], created="created") == [12, 12]


def test_a_correction_counts_from_its_creation(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), at(3), 11), (1, at(0), at(0), 10)], CREATED)
    assert retrieve(store, path, [(1, at(2)), (1, at(3))], created="created") == [10, 11]


def test_a_row_created_before_its_event_counts_from_the_event(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(4), at(0), 10)], CREATED)
    assert retrieve(store, path, [(1, at(3)), (1, at(4))], created="created") == [None, 10]


def test_a_row_without_creation_arrived_with_its_event_and_loses_ties(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), at(-1), 11), (1, at(0), None, 10), (2, at(0), None, 20)], CREATED)
    assert retrieve(store, path, [(1, at(0)), (2, at(0))], created="created") == [11, 20]


def test_a_row_without_creation_counts_where_the_filter_of_the_stock_store_drops_it(tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), None, 10), (1, at(-2), at(-2), 9)], CREATED)
    frame, results = entities([(1, at(1))]), {}
    for kind in (ASOF, "duckdb"):
        store = feature_store(tmp_path / kind, kind)
        store.apply([entity(), view(path, created="created")])
        job = store.get_historical_features(frame, ["stats:v"], filter_by_created_timestamp=True)
        results[kind] = values(job.to_df())
    assert results == {ASOF: [10], "duckdb": [9]}


def test_of_rows_that_arrive_together_the_newest_event_counts(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(5), at(1), 15), (1, at(0), at(5), 10), (1, at(2), at(5), 12)], CREATED)
    assert retrieve(store, path, [(1, at(4)), (1, at(5))], created="created") == [None, 15]


@pytest.mark.parametrize("created", ["", "created"])
def test_of_equal_rows_the_last_in_the_file_counts(store, tmp_path, created):
    duplicates = [(k, at(0), at(1), 100 * k + i) for i in range(50) for k in range(40)]
    path = write(tmp_path / "a.parquet", duplicates, CREATED)
    rows = [(k, at(2)) for k in range(40)]
    assert retrieve(store, path, rows, created=created) == [100 * k + 49 for k in range(40)]


def test_of_equal_rows_the_last_in_the_last_file_counts(store, tmp_path):
    for name, value in [("b", 2), ("c", 3), ("a", 1)]:
        write(tmp_path / "files" / f"{name}.parquet", [(1, at(0), value)])
    assert retrieve(store, tmp_path / "files", [(1, at(0))]) == [3]


def test_null_values_null_keys_and_null_times(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10), (1, at(1), None), (None, at(0), 99), (2, None, 98)])
    rows = [(1, at(0)), (1, at(1)), (None, at(1)), (2, at(9)), (1, None)]
    assert retrieve(store, path, rows) == [10, None, None, None, None]


def test_entity_rows_keep_their_order_duplicates_and_columns(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10), (2, at(0), 20)])
    store.apply([entity(), view(path)])
    frame = entities([(2, at(1), "x"), (1, at(1), "y"), (2, at(1), "x"), (1, at(-1), None)], "k event_timestamp label")
    frame.index = [7, 7, "a", None]
    result = store.get_historical_features(frame, ["stats:v"]).to_df()
    assert list(result.columns) == ["k", "event_timestamp", "label", "v"]
    assert list(result.index) == [0, 1, 2, 3]
    assert values(result) == [20, 10, 20, None]
    pd.testing.assert_frame_equal(result.drop(columns="v"), frame.reset_index(drop=True))


def test_no_entity_rows(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10)])
    store.apply([entity(), view(path)])
    result = store.get_historical_features(entities([(1, at(0))]).iloc[:0], ["stats:v"]).to_df()
    assert result.empty
    assert list(result.columns) == ["k", "event_timestamp", "v"]


# Few keys and few moments, so that rows often tie, arrive together, or lie at an edge of the TTL.
HOURS = st.integers(-2, 2)
KEYS = st.sampled_from([1, 1, 2, None])
MOMENTS = st.builds(
    lambda hours, seconds: at(hours) + timedelta(seconds=seconds), HOURS, st.sampled_from([0, 0, 0, 0.000001])
)
SOURCE = st.lists(
    st.builds(
        lambda k, event, created, v: {"k": k, "event_timestamp": event, "created": created, "v": v},
        KEYS, MOMENTS, st.none() | MOMENTS, st.none() | st.integers(2**53, 2**53 + 9),
    ),
    max_size=14,
)  # fmt: skip
ENTITIES = st.lists(st.tuples(KEYS, MOMENTS), min_size=1, max_size=10)
ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=45))])


def write_source(path, rows, zone):
    """Write the rows with times in a zone, or naive for None. The columns have types even without rows."""
    frame = pd.DataFrame({column: pd.array([row[column] for row in rows], "Int64") for column in ("k", "v")})
    for column in ("event_timestamp", "created"):
        times = pd.to_datetime(pd.Series([row[column] for row in rows]), utc=True).dt.as_unit("us")
        frame[column] = times.dt.tz_convert(zone) if zone else times.dt.tz_localize(None)
    frame.to_parquet(path, index=False)


@pytest.fixture(scope="module", params=["", "created"], ids=["events", "arrivals"])
def both(request, tmp_path_factory):
    """Our store and Feast's duckdb store over one file, with one feature view per TTL."""
    directory = tmp_path_factory.mktemp("both")
    path = directory / "a.parquet"
    write_source(path, [{"k": 1, "event_timestamp": at(0), "created": at(0), "v": 1}], UTC)
    ttls = {"none": None, "hour": timedelta(hours=1), "tick": timedelta(microseconds=1)}
    views = [view(path, name, ttl=ttl, created=request.param) for name, ttl in ttls.items()]
    stores = [feature_store(directory / "asof"), feature_store(directory / "stock", "duckdb")]
    for each in stores:
        each.apply([entity(), *views])
    return *stores, path, ttls, request.param


def entity_frame(asked, zone) -> pd.DataFrame:
    """Return entity rows with times in a zone, or naive for None."""
    times = [t.astimezone(zone) if zone else t.replace(tzinfo=None) for _, t in asked]
    return pd.DataFrame({"k": pd.array([k for k, _ in asked], "Int64"), "event_timestamp": times})


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(rows=SOURCE, asked=ENTITIES, source_zone=ZONES, entity_zone=ZONES)
def test_equals_brute_force(both, rows, asked, source_zone, entity_zone):
    ours, _, path, ttls, created = both
    write_source(path, rows, source_zone)
    refs = [f"{name}:v" for name in ttls]
    job = ours.get_historical_features(entity_frame(asked, entity_zone), refs, full_feature_names=True)
    result = job.to_arrow()
    known = rows if created else [{**row, "created": None} for row in rows]
    for name, ttl in ttls.items():
        expected = [reference.feature(known, k, t, ttl) for k, t in asked]
        assert result[f"{name}__v"].to_pylist() == expected, name


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(rows=SOURCE, asked=ENTITIES, ttl=st.sampled_from(["none", "hour"]))
@pytest.mark.slow
def test_equals_the_stock_store_told_to_leave_late_rows_out(both, rows, asked, ttl):
    """Without ties and null creation times: the stock store picks any of equal rows, and drops rows with a null."""
    ours, stock, path, _, created = both
    rows = [{**row, "created": row["created"] or row["event_timestamp"]} for row in rows]
    rows = list({(row["k"], row["event_timestamp"], row["created"] if created else None): row for row in rows}.values())
    write_source(path, rows, UTC)
    frame, refs, flag = entity_frame(asked, UTC), [f"{ttl}:v"], {"filter_by_created_timestamp": bool(created)}
    expected = stock.get_historical_features(frame, refs, **flag).to_arrow()
    assert ours.get_historical_features(frame, refs, **flag).to_arrow()["v"].to_pylist() == expected["v"].to_pylist()
