"""The statistics that Feast's monitoring asks our store for."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast.monitoring.metrics_calculator import MetricsCalculator

from .harness import at, view, write

EARLY, LATE = at(-48), at(48)


def compute(store, source, features, start=EARLY, end=LATE, **options) -> dict:
    """Return the metrics of the features by name."""
    offline_store = store._get_provider().offline_store
    metrics = offline_store.compute_monitoring_metrics(
        store.config, source, features, "event_timestamp", start, end, **options
    )
    return {metric["feature_name"]: metric for metric in metrics}


def assert_metrics_equal(ours: dict, theirs: dict) -> None:
    assert ours.keys() == theirs.keys()
    for key, expected in theirs.items():
        if key == "histogram" and expected and "counts" in expected:
            assert ours[key]["counts"] == expected["counts"], theirs["feature_name"]
            assert ours[key]["bins"] == pytest.approx(expected["bins"])
            assert ours[key]["bin_width"] == pytest.approx(expected["bin_width"])
        elif key == "histogram" and expected:
            # In Feast the order of equal counts depends on the order of the rows.
            by_count = [dict(sorted((e["value"], e["count"]) for e in h["values"])) for h in (ours[key], expected)]
            assert by_count[0] == by_count[1]
            assert [e["count"] for e in ours[key]["values"]] == [e["count"] for e in expected["values"]]
            assert [ours[key][k] for k in ("other_count", "unique_count")] == [
                expected[k] for k in ("other_count", "unique_count")
            ]
        else:
            assert ours[key] == (pytest.approx(expected) if isinstance(expected, float) else expected), key


@pytest.mark.parametrize("bins", [20, 7])
def test_metrics_equal_those_that_feast_computes_in_python(store, tmp_path, bins):
    random = np.random.default_rng(7)
    rows = 500
    columns = {
        "event_timestamp": pa.array([at(i % 100 - 50) for i in range(rows)], pa.timestamp("us", "UTC")),
        "floats": pa.array(random.normal(size=rows)),
        "single": pa.array(random.normal(size=rows).astype("float32")),
        # Many values lie exactly on the edges of the bins.
        "integers": pa.array(random.integers(0, 21, rows), mask=random.random(rows) < 0.2),
        "tenths": pa.array(random.integers(0, 11, rows) / 10),
        "money": pa.array([Decimal(int(cents)) / 100 for cents in random.integers(0, 999, rows)]),
        "constant": pa.array([3] * rows),
        "nothing": pa.array([None] * rows, pa.int64()),
        "one": pa.array([5] + [None] * (rows - 1), pa.int64()),
        "flag": pa.array(random.random(rows) < 0.3, mask=random.random(rows) < 0.1),
        "text": pa.array([None if i % 9 == 0 else f"it's {i % 3}" for i in range(rows)]),
        "no_text": pa.array([None] * rows, pa.string()),
    }
    pq.write_table(pa.table({**columns, "k": pa.array([1] * rows)}), tmp_path / "a.parquet")
    source = view(tmp_path / "a.parquet").batch_source
    categorical = ("flag", "text", "no_text")
    features = [(c, "categorical" if c in categorical else "numeric") for c in list(columns)[1:]]
    for start, end in [(at(-60), at(60)), (at(-50), at(0)), (None, None)]:
        ours = compute(store, source, features, start, end, histogram_bins=bins)
        pull = store._get_provider().offline_store.pull_all_from_table_or_query
        names = [name for name, _ in features]
        table = pull(store.config, source, [], names, "event_timestamp", None, start, end).to_arrow()
        assert list(ours) == names
        for expected in MetricsCalculator(bins, 10).compute_all(table, features):
            assert_metrics_equal(ours[expected["feature_name"]], expected)


def test_only_the_most_frequent_values_are_listed(store, tmp_path):
    rows = [(1, at(0), name) for name in "abbcccddde"] + [(1, at(0), None)]
    source = view(write(tmp_path / "a.parquet", rows)).batch_source
    histogram = compute(store, source, [("v", "categorical")], top_n=3)["v"]["histogram"]
    assert histogram["values"] == [{"value": v, "count": n} for v, n in [("c", 3), ("d", 3), ("b", 2)]]
    assert (histogram["other_count"], histogram["unique_count"]) == (2, 5)


def test_nan_is_missing_and_infinity_is_left_out(store, tmp_path):
    path = tmp_path / "a.parquet"
    numbers = pa.array([1.0, 2.0, 3.0, float("nan"), float("inf"), None])
    times = pa.array([at(0)] * 6, pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"k": [1] * 6, "event_timestamp": times, "v": numbers}), path)
    metric = compute(store, view(path).batch_source, [("v", "numeric")])["v"]
    assert (metric["row_count"], metric["null_count"], metric["mean"], metric["max_val"]) == (6, 2, 2.0, 3.0)
    assert sum(metric["histogram"]["counts"]) == 3


def test_integers_too_large_for_bins_share_one(store, tmp_path):
    """Feast's own calculator refuses integers that a float cannot hold."""
    source = view(write(tmp_path / "a.parquet", [(1, at(0), 10**17), (1, at(0), 10**17 + 16)])).batch_source
    histogram = compute(store, source, [("v", "numeric")])["v"]["histogram"]
    assert histogram == {"bins": [1e17, 1e17 + 16], "counts": [2], "bin_width": 16}


def test_the_period_has_both_edges(store, tmp_path):
    tick = timedelta(microseconds=1)
    rows = [(1, at(0) - tick, 1), (1, at(0), 2), (1, at(2), 3), (1, at(2) + tick, 4), (1, None, 5)]
    source = view(write(tmp_path / "a.parquet", rows)).batch_source
    metric = compute(store, source, [("v", "numeric")], at(0), at(2))["v"]
    assert (metric["row_count"], metric["min_val"], metric["max_val"]) == (2, 2, 3)


def test_features_go_by_their_mapped_names(store, tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 10), (1, at(1), 20)], "id ts val")
    stats = view(path, field_mapping={"id": "k", "val": "v", "ts": "event_timestamp"})
    assert compute(store, stats.batch_source, [("v", "numeric")])["v"]["mean"] == 15
    newest = store._get_provider().offline_store.get_monitoring_max_timestamp
    assert newest(store.config, stats.batch_source, "event_timestamp") == at(1)


def test_a_feature_without_a_column_is_skipped_with_a_warning(store, tmp_path, caplog):
    source = view(write(tmp_path / "a.parquet", [(1, at(0), 10)])).batch_source
    assert list(compute(store, source, [("w", "numeric"), ("v", "numeric"), ("k", "vector")])) == ["v"]
    assert "has no column for the features ['w']" in caplog.text


def test_no_rows(store, tmp_path):
    source = view(write(tmp_path / "a.parquet", [(1, at(0), 10)])).batch_source
    metrics = compute(store, source, [("v", "numeric"), ("k", "categorical")], at(5), at(6))
    for metric in metrics.values():
        assert (metric["row_count"], metric["null_rate"], metric["histogram"]) == (0, 0.0, None)


def test_the_newest_event_of_a_source(store, tmp_path):
    newest = store._get_provider().offline_store.get_monitoring_max_timestamp
    naive = [(1, at(hours).replace(tzinfo=None), 1) for hours in (3, 1)]
    source = view(write(tmp_path / "a.parquet", naive)).batch_source
    assert newest(store.config, source, "event_timestamp") == at(3)
    empty = view(tmp_path / "empty").batch_source
    assert newest(store.config, empty, "event_timestamp") is None
    write(tmp_path / "empty" / "a.parquet", [(1, None, 1)])
    pq.write_table(pq.read_table(source.path).slice(0, 0), tmp_path / "empty" / "a.parquet")
    assert newest(store.config, empty, "event_timestamp") is None
