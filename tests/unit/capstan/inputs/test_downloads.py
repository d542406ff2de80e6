"""Downloads: the data folder, the cache, the bucket, the address, from a real HTTP server and a real object store."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from capstan.inputs import downloads
from tests.support.http_source import serving
from tests.support.processes import free_port

CONTENT = b"line\n" * 300_000  # more than one chunk
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path) -> Iterator[str]:
    """The URL of a server that has the file `lines`."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "lines").write_bytes(CONTENT)
    with serving(folder) as url:
        yield url


def left(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_file_is_fetched_once_and_found_in_the_cache(home, source):
    assert downloads.find("a/lines", None) is None
    path = downloads.fetch(f"{source}/lines", "a/lines", SHA256)
    assert path == home / "data" / "a" / "lines" == downloads.find("a/lines", None)
    assert path.read_bytes() == CONTENT


def test_data_folder_comes_before_the_cache(home, source, tmp_path):
    downloads.fetch(f"{source}/lines", "lines", SHA256)
    assert downloads.find("lines", tmp_path) == home / "data" / "lines"
    (tmp_path / "lines").write_text("mine")
    assert downloads.find("lines", tmp_path) == tmp_path / "lines"


@pytest.mark.parametrize(
    ("file", "digest", "said"),
    [
        ("lines", "0" * 64, f"its SHA-256 is {SHA256}"),
        ("nothing", SHA256, "answers with 404"),
        ("cut", SHA256, "peer closed connection"),
    ],
)
def test_wrong_missing_or_cut_file_leaves_nothing_and_says_what_to_do(file, digest, said, home, source):
    with pytest.raises(CapstanError) as error:
        downloads.fetch(f"{source}/{file}", "lines", digest)
    assert said in str(error.value)
    assert f"Download {source}/{file} elsewhere" in str(error.value) and "as lines" in str(error.value)
    assert left(home) == []


def test_without_a_connection_the_message_says_what_to_do(home):
    with pytest.raises(CapstanError, match=r"cannot be downloaded .* and set CAPSTAN_DATA_DIR to that folder"):
        downloads.fetch(f"http://127.0.0.1:{free_port()}/lines", "lines")
    assert left(home) == []
