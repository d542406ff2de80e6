"""Reading and writing in an object store, which is a server in this process."""

import time
from datetime import timedelta
from itertools import product

import pyarrow.parquet as pq
import pytest
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.monitoring.monitoring_service import MonitoringService
from moto.server import ThreadedMotoServer

from .harness import at, entities, entity, feature_store, values, view, write


@pytest.fixture
def endpoint(monkeypatch):
    """An S3 endpoint with an empty bucket named "bucket"."""
    server = ThreadedMotoServer(port=0)
    from pyarrow.fs import S3FileSystem

    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    S3FileSystem(endpoint_override=url, allow_bucket_creation=True).create_dir("bucket")
    yield url
    server.stop()


@pytest.mark.slow
def test_a_file_a_glob_and_a_directory(store, tmp_path, endpoint):
    from pyarrow.fs import LocalFileSystem, S3FileSystem, copy_files

    for name, rows in {"a": [(1, at(0), 10), (1, at(2), 12)], "b": [(2, at(0), 20)]}.items():
        write(tmp_path / "files" / f"{name}.parquet", rows)
    remote = S3FileSystem(endpoint_override=endpoint)
    copy_files(str(tmp_path / "files"), "bucket/files", LocalFileSystem(), remote)
    paths = {"file": "files/a.parquet", "glob": "files/*.parquet", "directory": "files"}
    views = [view(f"s3://bucket/{path}", name, s3_endpoint_override=endpoint) for name, path in paths.items()]
    store.apply([entity(), *views])
    frame, refs = entities([(2, at(1)), (1, at(1)), (1, at(2))]), [f"{name}:v" for name in paths]
    job = store.get_historical_features(frame, refs, full_feature_names=True)
    result = job.to_df()
    assert values(result, "file__v") == [None, 10, 12]
    assert values(result, "glob__v") == values(result, "directory__v") == [20, 10, 12]

    store.write_to_offline_store("directory", entities([(3, at(0), 30)], "k event_timestamp v"))
    store.write_to_offline_store("file", entities([(4, at(0), 40)], "k event_timestamp v"))
    added = store.get_historical_features(
        entities([(3, at(0)), (4, at(0))]), ["directory:v", "file:v"], full_feature_names=True
    )
    assert values(added.to_df(), "directory__v") == [30, 40]
    assert values(added.to_df(), "file__v") == [None, 40]

    storage = SavedDatasetFileStorage("s3://bucket/saved.parquet", s3_endpoint_override=endpoint)
    store.create_saved_dataset(job, "training", storage)
    assert len(store.get_saved_dataset("training").to_df()) == 3


@pytest.mark.parametrize("tags", [{}, {"date_partition_column": "date"}])
def test_only_partitions_that_can_matter_are_read(tmp_path, endpoint, tags):
    from pyarrow.fs import LocalFileSystem, S3FileSystem, copy_files

    for day in range(1, 9):
        file = write(tmp_path / "days" / f"date=2024-03-{day:02}" / "part.parquet", [(1, at(24 * (day - 1)), day)])
        if day in (1, 2, 7):  # not the day that is asked for, nor one next to it, nor the newest, for its columns
            file.write_bytes(b"not parquet")
    copy_files(str(tmp_path / "days"), "bucket/days", LocalFileSystem(), S3FileSystem(endpoint_override=endpoint))
    store = feature_store(tmp_path / "repo")
    source = {"s3_endpoint_override": endpoint, "tags": tags, "ttl": timedelta(hours=12)}
    store.apply([entity(), view("s3://bucket/days", **source)])
    job = store.get_historical_features(entities([(1, at(24 * 4 + 1))]), ["stats:v"])
    if tags:
        assert values(job.to_df()) == [5]
    else:
        with pytest.raises(ValueError, match=r"magic bytes|too small"):
            job.to_df()


def test_an_export_to_remote_storage(tmp_path, endpoint):
    from pyarrow.fs import S3FileSystem

    location = {"staging_location": "s3://bucket/staging/", "staging_location_endpoint_override": endpoint}
    store = feature_store(tmp_path / "repo", **location)
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10)]))])
    job = store.get_historical_features(entities([(1, at(1))]), ["stats:v"])
    (path,) = job.to_remote_storage()
    assert path.startswith("s3://bucket/staging/") and path.endswith(".parquet")
    exported = pq.read_table(path.removeprefix("s3://"), filesystem=S3FileSystem(endpoint_override=endpoint))
    assert exported.equals(job.to_arrow())


def test_monitoring_metrics(tmp_path, endpoint):
    from pyarrow.fs import FileSelector, S3FileSystem

    location = {"monitoring_location": "s3://bucket/metrics", "monitoring_location_endpoint_override": endpoint}
    store = feature_store(tmp_path / "repo", **location)
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10)]))])
    service = MonitoringService(store)
    assert service.compute_baseline()["computed_features"] == 1
    assert [metric["mean"] for metric in service.get_baseline("test")] == [10]
    files = S3FileSystem(endpoint_override=endpoint).get_file_info(FileSelector("bucket/metrics"))
    names = sorted(file.base_name for file in files if file.base_name)
    assert len(names) == 4 and all(
        name.endswith("_metrics.parquet") or name.endswith("_jobs.parquet") for name in names
    )


def test_threads_that_share_a_file_read_their_own_part(tmp_path):
    """DuckDB on several threads, of files whose reads take a while, as those of an object store do."""
    import duckdb
    import numpy as np
    import pandas as pd
    from pyarrow.fs import LocalFileSystem

    from feature_repo.offline_store.object_store import ObjectStore

    class Slow:
        def __init__(self, file):
            self.file = file

        def read(self, *arguments):
            time.sleep(0.0005)
            return self.file.read(*arguments)

        def read_at(self, *arguments):
            time.sleep(0.0005)
            return self.file.read_at(*arguments)

        def __getattr__(self, name):
            return getattr(self.file, name)

    class SlowFiles:
        local = LocalFileSystem()

        def open_input_file(self, path):
            return Slow(self.local.open_input_file(path))

        def __getattr__(self, name):
            return getattr(self.local, name)

    class SlowStore(ObjectStore):
        protocol = "slow"

        @classmethod
        def _strip_protocol(cls, path):
            return path.removeprefix("slow:/")

    frame = pd.DataFrame(np.random.default_rng(0).integers(0, 9, (200_000, 4)), columns=list("abcd"))
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=10_000)
    with duckdb.connect(config={"threads": 4}) as connection:
        connection.register_filesystem(SlowStore(SlowFiles()))
        query = f"SELECT sum(a), sum(b), sum(c), sum(d) FROM 'slow:/{tmp_path}/rows.parquet'"
        assert [list(connection.execute(query).fetchone()) for _ in range(3)] == [list(frame.sum())] * 3


@pytest.mark.slow
def test_parts_of_a_join_are_kept_in_the_object_store(tmp_path, endpoint):
    import ray
    from pyarrow.fs import FileSelector, S3FileSystem

    from capstan.ray_workers import start_ray

    scratch = {"scratch_location": "s3://bucket/scratch", "scratch_location_endpoint_override": endpoint}
    store = feature_store(tmp_path / "repo", engine="ray", task_rows=4, **scratch)
    source = write(
        tmp_path / "source.parquet",
        [(key % 3, at(hour), 10 * hour + key % 3) for hour, key in product(range(4), range(3))],
    )
    remote = S3FileSystem(endpoint_override=endpoint)
    pq.write_table(pq.read_table(source), "bucket/source.parquet", filesystem=remote)
    store.apply([entity(), view("s3://bucket/source.parquet", s3_endpoint_override=endpoint)])
    start_ray(cpus=2)
    try:
        asked = entities([(2, at(3)), (0, at(0)), (1, at(1.5)), (9, at(1)), (2, at(0)), (0, at(2))])
        result = store.get_historical_features(asked, ["stats:v"]).to_df()
    finally:
        ray.shutdown()
    assert values(result) == [32, 0, 11, None, 2, 20]
    assert not [
        file
        for file in remote.get_file_info(FileSelector("bucket/scratch", recursive=True, allow_not_found=True))
        if file.is_file
    ]
