"""With `late_rows: include` rows count from their event time on, as in Feast's own stores."""

from datetime import UTC

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from . import reference
from .harness import at, entities, entity, feature_store, values, view, write
from .test_point_in_time import ENTITIES, SOURCE, entity_frame, write_source

CREATED = "k event_timestamp created v"
ROWS = [(1, at(0), at(0), 10), (1, at(1), at(5), 11), (2, at(0), at(9), 20), (2, at(0), at(8), 21)]


@pytest.fixture
def including(tmp_path):
    """A store that includes late rows, with a source that has some."""
    store = feature_store(tmp_path / "including", late_rows="include")
    path = write(tmp_path / "a.parquet", ROWS, CREATED)
    store.apply([entity(), view(path, created="created")])
    return store


def test_a_late_row_counts_from_its_event_and_creation_breaks_ties(including):
    frame = entities([(1, at(0.5)), (1, at(1)), (2, at(0)), (2, at(-1))])
    assert values(including.get_historical_features(frame, ["stats:v"]).to_df()) == [10, 11, 20, None]


def test_one_call_can_still_leave_late_rows_out(including):
    frame = entities([(1, at(2)), (1, at(5)), (2, at(8))])
    job = including.get_historical_features(frame, ["stats:v"], filter_by_created_timestamp=True)
    assert values(job.to_df()) == [10, 11, 21]


def test_without_entity_rows_each_event_in_the_period_is_one(including):
    result = including.get_historical_features(features=["stats:v"], start_date=at(0), end_date=at(2)).to_df()
    assert list(zip(result["k"], result["event_timestamp"], strict=True)) == [(1, at(0)), (2, at(0)), (1, at(1))]
    assert values(result) == [10, 20, 11]


def test_materialization_writes_the_latest_event_of_the_range(including):
    including.materialize(at(0), at(2))
    online = including.get_online_features(["stats:v"], [{"k": 1}, {"k": 2}]).to_dict()
    assert online["v"] == [11, 20]


def test_materialization_misses_rows_that_come_after_their_event(including):
    """The price of the setting: a row that arrives after its range was materialized is never picked up."""
    including.materialize(at(2), at(9))
    assert including.get_online_features(["stats:v"], [{"k": 1}, {"k": 2}]).to_dict()["v"] == [None, None]


def test_other_values_of_the_setting_are_refused(tmp_path):
    with pytest.raises(ValidationError, match="'exclude' or 'include'"):
        feature_store(tmp_path, late_rows="ignore")._get_provider()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Our store with late rows and Feast's duckdb store, over one file with creation times."""
    directory = tmp_path_factory.mktemp("both")
    path = directory / "a.parquet"
    write_source(path, [{"k": 1, "event_timestamp": at(0), "created": at(0), "v": 1}], UTC)
    stores = [feature_store(directory / "asof", late_rows="include"), feature_store(directory / "stock", "duckdb")]
    for store in stores:
        store.apply([entity(), view(path, created="created")])
    return *stores, path


def created_at_most_once(rows) -> list:
    """Give each row a creation time and remove ties, for which the stock store may pick any row."""
    rows = [{**row, "created": row["created"] or row["event_timestamp"]} for row in rows]
    return list({(row["k"], row["event_timestamp"], row["created"]): row for row in rows}.values())


@settings(max_examples=60, deadline=None)
@given(rows=SOURCE, asked=ENTITIES)
@pytest.mark.slow
def test_historical_features_equal_brute_force(both, rows, asked):
    ours, _, path = both
    write_source(path, rows, UTC)
    result = ours.get_historical_features(entity_frame(asked, UTC), ["stats:v"]).to_arrow()["v"].to_pylist()
    assert result == [reference.feature(rows, k, t, None, late_rows="include") for k, t in asked]


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(rows=SOURCE, asked=ENTITIES)
@pytest.mark.slow
def test_historical_features_equal_the_stock_store(both, rows, asked):
    ours, stock, path = both
    write_source(path, created_at_most_once(rows), UTC)
    frame = entity_frame(asked, UTC)
    expected = stock.get_historical_features(frame, ["stats:v"]).to_arrow()["v"].to_pylist()
    assert ours.get_historical_features(frame, ["stats:v"]).to_arrow()["v"].to_pylist() == expected


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(rows=SOURCE, start=st.integers(-3, 2), hours=st.integers(0, 4))
def test_materialization_equals_the_stock_store(both, rows, start, hours):
    ours, stock, path = both
    rows = [row for row in created_at_most_once(rows) if row["k"] is not None]  # the stock store keeps null keys
    write_source(path, rows, UTC)

    def pulled(store) -> dict:
        source = store.get_feature_view("stats").batch_source
        pull = store._get_provider().offline_store.pull_latest_from_table_or_query
        columns = ["k"], ["v"], "event_timestamp", "created"
        table = pull(store.config, source, *columns, at(start), at(start + hours)).to_arrow()
        return dict(zip(table["k"].to_pylist(), table["v"].to_pylist(), strict=True))

    assert pulled(ours) == pulled(stock)
