"""Weights: the installed package, the data folder, the bucket, the address, from real servers; checked and shared."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from capstan.contract.weights import Weights
from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.settings import settings
from predictions import ids
from tests.support.http_source import serving
from tests.support.processes import free_port

CONTENT = b"layer\n" * 1_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WEIGHTS = Weights("made/model.bin", SHA256, "CC0-1.0", f"http://127.0.0.1:{free_port()}/model.bin")
PACKAGED = replace(WEIGHTS, package="carrier", path="files/model.bin")


@pytest.fixture(autouse=True)
def state(home) -> Path:
    """A state folder for each test."""
    return home


@pytest.fixture
def carrier(tmp_path, monkeypatch) -> Path:
    """The file that an installed package carries. Importing the package fails."""
    path = tmp_path / "site" / "carrier" / "files" / "model.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    (path.parents[1] / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return path


@pytest.fixture
def data_folder(tmp_path, monkeypatch) -> Path:
    """The file in the data folder."""
    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    path = tmp_path / "data" / WEIGHTS.file
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def bucket(tmp_path, monkeypatch) -> Iterator[Callable[[], None]]:
    """A function that starts another machine of a cluster, which has the bucket alone."""
    import boto3

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    own = {"PROFILE": "cluster", "S3_ENDPOINT": f"http://{host}:{port}", "BUCKET": f"weights-{ids.new()}"}
    own |= {"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")  # the profile sets them; the test takes them back
    for name, value in own.items():
        monkeypatch.setenv(f"CAPSTAN_{name}", value)
    boto3.client("s3", endpoint_url=own["S3_ENDPOINT"], **keys).create_bucket(Bucket=own["BUCKET"])

    def another_machine() -> None:
        monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / ids.new()))
        settings.cache_clear()

    another_machine()
    yield another_machine
    server.stop()


def cached() -> list[Path]:
    return [path for path in settings().home.rglob("*") if path.is_file()]


def test_installed_package_is_enough_and_is_linked(carrier):
    path = weights_files.fetch(PACKAGED)
    assert path.name == "model.bin" and path.is_relative_to(settings().home)
    assert path.samefile(carrier)


def test_steps_get_the_same_file_by_name(carrier, tmp_path):
    weights_files.write_folder({"first": PACKAGED, "second": PACKAGED}, tmp_path / "step")
    paths = weights_files.read_folder(tmp_path / "step")
    assert list(paths) == ["first", "second"]
    assert all(path.samefile(carrier) and path.name == "model.bin" for path in paths.values())


def test_data_folder_is_next_and_the_cache_outlives_it(data_folder):
    path = weights_files.fetch(PACKAGED)  # whose package is not installed
    data_folder.write_bytes(b"edited in place")
    assert weights_files.fetch(WEIGHTS) == path and path.read_bytes() == CONTENT


def test_address_is_last_and_asked_once(tmp_path):
    (tmp_path / "model.bin").write_bytes(CONTENT)
    with serving(tmp_path) as url:
        known = replace(WEIGHTS, url=f"{url}/model.bin")
        path = weights_files.fetch(known)
    assert weights_files.fetch(known) == path and path.read_bytes() == CONTENT


def test_bucket_gives_them_to_pods_without_the_package(carrier, bucket):
    weights_files.publish({"layers": PACKAGED})
    bucket()
    assert weights_files.fetch(WEIGHTS).read_bytes() == CONTENT


def test_wrong_file_in_the_bucket_is_not_kept(carrier, bucket):
    from capstan.profile import profile

    weights_files.publish({"layers": PACKAGED})
    carrier.with_name("other").write_bytes(b"other")
    profile().storage().upload(carrier.with_name("other"), f"data/{WEIGHTS.key}")
    bucket()
    with pytest.raises(CapstanError, match=r"SHA-256 is d9298a10.*replace it there with `capstan cluster up`"):
        weights_files.fetch(WEIGHTS)
    assert cached() == []


def test_wrong_file_of_the_package_or_the_data_folder_names_it_and_says_what_to_do(carrier, data_folder):
    carrier.write_bytes(b"another version")
    with pytest.raises(
        CapstanError, match=r"carrier/files/model\.bin is not the file .* Install the version of carrier"
    ):
        weights_files.fetch(PACKAGED)
    data_folder.write_bytes(b"cut")
    with pytest.raises(CapstanError, match=r"data/made/model\.bin is not the file .* Replace it by that of http"):
        weights_files.fetch(WEIGHTS)
    assert cached() == []


def test_wrong_file_at_the_address_is_not_kept(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"another")
    with serving(tmp_path) as url, pytest.raises(CapstanError, match="is not the file that is known"):
        weights_files.fetch(replace(WEIGHTS, url=f"{url}/model.bin"))
    assert cached() == []


def test_without_a_connection_the_message_says_where_to_put_the_file():
    with pytest.raises(CapstanError, match=r"cannot be downloaded .* as made/model\.bin, and set CAPSTAN_DATA_DIR"):
        weights_files.fetch(WEIGHTS)
    assert cached() == []
