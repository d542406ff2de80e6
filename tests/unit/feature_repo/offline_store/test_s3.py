"""Reading and writing in an object store, which is a server in this process."""

import io

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


def test_a_read_that_the_store_cuts_short_goes_on():
    from feature_repo.offline_store.sources import WholeReads

    class Short(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 3) if size >= 0 else size)

    stream = WholeReads(Short(b"0123456789"))
    assert (stream.read(4), stream.tell(), stream.read(100), stream.read(1)) == (b"0123", 4, b"456789", b"")
    stream.seek(8)
    assert stream.read() == b"89"
