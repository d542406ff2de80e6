"""Feast's monitoring service on our store: which metrics are kept, and where."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import FeatureService
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.monitoring.monitoring_service import MonitoringService
from feast.types import Int64, String

from .harness import ASOF, NOON, at, entity, feature_store, view, write

DAY = timedelta(days=1)
FILE = "feast_monitoring_feature_metrics.parquet"


def monitored(store, tmp_path):
    """Return the monitoring service of a store that has a feature view and a logged feature service."""
    rows = [(1, NOON - 20 * DAY, 10, "a"), (2, NOON - 2 * DAY, 20, "b"), (3, NOON, 30, None)]
    path = write(tmp_path / "a.parquet", rows, "k event_timestamp v w")
    stats = view(path, features={"v": Int64, "w": String})
    logging = LoggingConfig(destination=FileLoggingDestination(path="logs"))
    store.apply([entity(), stats, FeatureService(name="served", features=[stats], logging_config=logging)])
    return MonitoringService(store)


@pytest.fixture
def service(store, tmp_path):
    return monitored(store, tmp_path)


def test_the_service_computes_and_keeps_every_granularity(service):
    assert service.auto_compute()["computed_feature_views"] == 1
    metrics = service.get_feature_metrics("test", feature_name="v")
    counts = {metric["granularity"]: (metric["row_count"], metric["mean"]) for metric in metrics}
    assert counts == {
        "daily": (1, 30), "weekly": (2, 25), "biweekly": (2, 25), "monthly": (3, 20), "quarterly": (3, 20),
        "baseline": (3, 20),
    }  # fmt: skip
    assert [metric["metric_date"] for metric in metrics] == sorted(metric["metric_date"] for metric in metrics)
    assert {metric["max_event_timestamp"] for metric in metrics} == {NOON.isoformat()}
    text = service.get_feature_metrics("test", feature_name="w", granularity="monthly")
    assert [(metric["null_count"], metric["histogram"]["unique_count"]) for metric in text] == [(1, 2)]
    (whole,) = service.get_feature_view_metrics("test", granularity="monthly")
    assert (whole["total_row_count"], whole["total_features"], whole["features_with_nulls"]) == (3, 2, 1)
    assert len(service.get_feature_service_metrics("test", feature_service_name="served")) == 5


def test_a_metric_computed_again_replaces_the_first(service, store, tmp_path):
    day = {"start_date": NOON.date(), "end_date": NOON.date()}
    service.compute_metrics("test", **day)
    write(tmp_path / "a.parquet", [(1, NOON, 99, "a"), (2, NOON, 99, "b")], "k event_timestamp v w")
    service.compute_metrics("test", **day)
    (metric,) = MonitoringService(store).get_feature_metrics("test", feature_name="v", start_date=NOON.date())
    assert (metric["row_count"], metric["mean"]) == (2, 99)


def test_one_baseline_for_each_feature(service):
    assert service.compute_baseline()["computed_features"] == 2
    assert service.compute_baseline()["computed_features"] == 0
    days = {"start_date": (NOON - DAY).date(), "end_date": NOON.date()}
    service.compute_metrics("test", **days, set_baseline=True)
    baselines = service.get_baseline("test")
    assert [(metric["feature_name"], metric["granularity"]) for metric in baselines] == [("v", "daily"), ("w", "daily")]
    assert len(service.get_feature_metrics("test")) == 4


def test_a_baseline_is_cleared_for_what_matches_only(store):
    offline_store = store._get_provider().offline_store
    offline_store.clear_monitoring_baseline(store.config, "test")  # before there is anything
    keys = [(p, v, f, s) for p in ("test", "it's") for v in ("a", "b") for f in ("v", "w") for s in ("batch", "log")]
    names = ["project_id", "feature_view_name", "feature_name", "data_source_type"]
    rows = [dict(zip(names, key, strict=True)) for key in keys]
    rows = [{**row, "metric_date": NOON.date(), "granularity": "daily", "is_baseline": True} for row in rows]
    offline_store.save_monitoring_metrics(store.config, "feature", rows)

    def baselines() -> set:
        metrics = offline_store.query_monitoring_metrics(store.config, "", "feature", {"is_baseline": True})
        return {tuple(metric[name] for name in names) for metric in metrics}

    remaining = set(keys)
    for clear in [("test", "a", "v", "log"), ("test", "a", "v"), ("test", "a"), ("test",), ("it's", None, "w")]:
        offline_store.clear_monitoring_baseline(store.config, *clear)
        remaining -= {k for k in keys if all(wanted in (None, part) for wanted, part in zip(clear, k, strict=False))}
        assert baselines() == remaining
    assert len(remaining) == 4


def test_logged_features_are_monitored(service, store):
    logs = {"k": [1, 2], "stats__v": [10, 30], "stats__w": ["a", "a"], "__request_id": ["a", "b"]}
    for name in ("v", "w"):
        logs |= {f"stats__{name}__timestamp": [at(0)] * 2, f"stats__{name}__status": [2, 2]}
    logs |= {"__log_timestamp": [at(0), at(48)], "__log_date": [at(0).date(), at(48).date()]}
    assert service.auto_compute_log_metrics("test")["computed_features"] == 0  # nothing has been logged yet
    store.write_logged_features(pa.table(logs), store.get_feature_service("served"))
    service.compute_log_metrics("test", "served", NOON.date(), NOON.date() + 3 * DAY)
    metrics = service.get_feature_metrics("test", feature_view_name="stats", data_source_type="log")
    assert {metric["feature_name"]: metric["row_count"] for metric in metrics} == {"v": 2, "w": 2}
    assert metrics[0]["mean"] == 20


def test_jobs_are_kept_with_their_state(service):
    job = service.submit_job("test", "baseline", parameters={"feature_names": ["v"]})
    assert service.get_job(job)["status"] == "pending"
    assert service.get_job(job, project="other") is None
    assert service.execute_job(job)["computed_features"] == 1
    kept = service.get_job(job, project="test")
    assert (kept["status"], kept["parameters"]) == ("completed", {"feature_names": ["v"]})
    assert kept["started_at"] <= kept["completed_at"]
    assert [metric["feature_name"] for metric in service.get_baseline("test")] == ["v"]


def saved(store, days, **columns):
    """Save one metric per day, given as numbers of days."""
    row = {"project_id": "test", "feature_view_name": "stats", "feature_name": "v", "granularity": "daily"}
    rows = [{**row, "data_source_type": "batch", "metric_date": NOON.date() + d * DAY, **columns} for d in days]
    store._get_provider().offline_store.save_monitoring_metrics(store.config, "feature", rows)


def query(store, **options) -> list:
    arguments = {"project": "test", "metric_type": "feature"} | options
    return store._get_provider().offline_store.query_monitoring_metrics(store.config, **arguments)


def test_metrics_are_filtered_by_date_and_column(store):
    saved(store, [2, 0, 1, 0], mean=1.5)
    saved(store, [1], project_id="other", mean=2.5)
    day = [(NOON.date() + d * DAY).isoformat() for d in range(3)]
    assert [metric["metric_date"] for metric in query(store)] == day
    assert [metric["metric_date"] for metric in query(store, start_date=date(2024, 3, 2))] == day[1:]
    assert [metric["metric_date"] for metric in query(store, end_date=date(2024, 3, 2))] == day[:2]
    assert len(query(store, project="", filters={"feature_name": "v", "granularity": None})) == 4
    assert [metric["mean"] for metric in query(store, filters={"mean": 2.5}, project="")] == [2.5]
    with pytest.raises(ValueError, match=r"no column \['color'\]"):
        query(store, filters={"color": "red"})
    with pytest.raises(ValueError, match="Unknown monitoring metric_type: 'column'"):
        query(store, metric_type="column")


def test_the_files_of_feasts_file_stores_are_read_and_written(tmp_path):
    """Users who switch from the duckdb store keep their metrics, and can switch back."""
    stores = [feature_store(tmp_path / "repo", kind) for kind in ("duckdb", ASOF, "duckdb")]
    for number, store in enumerate(stores):
        store._get_provider().offline_store.ensure_monitoring_tables(store.config)
        saved(store, [number], mean=float(number), histogram={"bins": [0, 1]}, computed_at=at(number))
        metrics = query(store)
        assert [(metric["mean"], metric["histogram"]) for metric in metrics] == [
            (float(n), {"bins": [0, 1]}) for n in range(number + 1)
        ]
        assert [metric["computed_at"] for metric in metrics] == [at(n).isoformat() for n in range(number + 1)]
    assert (tmp_path / "repo" / "feast_monitoring" / FILE).exists()


def test_writers_at_the_same_time_lose_nothing(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda day: saved(store, [day]), range(24)))
    assert len(query(store)) == 24


def test_another_location(tmp_path):
    store = feature_store(tmp_path / "repo", monitoring_location=str(tmp_path / "metrics"))
    monitored(store, tmp_path).compute_baseline()
    assert pq.read_table(tmp_path / "metrics" / FILE).num_rows == 2
    assert not (tmp_path / "repo" / "feast_monitoring").exists()
