"""Both kinds of storage: files that need not fit into memory, replaced whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from capstan.data.storage import Bucket, Folder
from capstan.errors import CapstanError
from capstan.settings import ROOT
from predictions import ids

MIB = 2**20
# Uploads and downloads a file, and prints by how much the memory of the process grew.
SCRIPT = """
import resource, sys
from pathlib import Path
from capstan.data.storage import Bucket, Folder
kind, place, url, source, target = sys.argv[1:]
storage = Folder(Path(place)) if kind == "folder" else Bucket(place, url, "us-east-1", "key", "secret")
small = Path(source).with_name("small")
small.write_bytes(b"x")
storage.upload(small, "small")
storage.download("small", small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
storage.upload(Path(source), "models/large")
assert storage.download("models/large", Path(target))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    """The arguments of SCRIPT that name a storage."""
    if request.param == "folder":
        yield request.param, str(tmp_path / "stored"), ""
        return
    import boto3

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url, name = f"http://{host}:{port}", f"storage-{ids.new()}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket=name)
    yield request.param, name, url
    server.stop()


@pytest.fixture
def storage(place):
    kind, name, url = place
    return Folder(Path(name)) if kind == "folder" else Bucket(name, url, "us-east-1", "key", "secret")


@pytest.mark.slow
def test_a_large_file_takes_little_memory(place, tmp_path):
    source, target = tmp_path / "weights", tmp_path / "copy"
    with source.open("wb") as file:
        for number in range(200):
            file.write(os.urandom(16) * (MIB // 16 - 1) + number.to_bytes(16))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *place, str(source), str(target)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 100 * MIB  # boto has ten parts of 8 MiB under way
    assert target.stat().st_size == 200 * MIB and target.read_bytes() == source.read_bytes()


def test_what_is_not_there_is_said_and_leaves_nothing(storage, tmp_path):
    assert storage.download("models/none", tmp_path / "copy") is False
    assert not (tmp_path / "copy").exists()
    with pytest.raises(FileNotFoundError):
        storage.upload(tmp_path / "none", "models/none")
    assert storage.read("models/none") is None


def test_an_upload_replaces_the_file(storage, tmp_path):
    for content in (b"first", b"second"):
        (tmp_path / "file").write_bytes(content)
        storage.upload(tmp_path / "file", "a/b")
        assert storage.read("a/b") == content and storage.keys("a") == ["a/b"]


def test_an_object_store_that_is_away_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    away = Bucket("capstan", "http://127.0.0.1:9", "us-east-1", "key", "secret")
    for use in (lambda: away.upload(tmp_path / "file", "a"), lambda: away.download("a", tmp_path / "copy")):
        with pytest.raises(CapstanError, match=r"object store does not answer at http://127\.0\.0\.1:9"):
            use()
    assert not (tmp_path / "copy").exists()
