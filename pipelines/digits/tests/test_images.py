"""The files of MNIST, and files that are not."""

import gzip
import hashlib
import shutil

import pytest

from capstan.errors import CapstanError
from data_sets import mnist as images
from pipelines.digits import task
from pipelines.digits.tests import small
from tests.support.data import DATA_DIR

LABELS = "mnist/t10k-labels-idx1-ubyte.gz"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    small.write(folder)
    return folder


@pytest.fixture
def folder(tmp_path, written):
    return shutil.copytree(written, tmp_path / "data")


def test_all_images_keep_the_contract(parts):
    past, test = parts
    assert (len(past), len(test)) == (60_000, 10_000)
    assert past["label"].value_counts().loc[1] == 6_742  # as the paper says
    task.contracts()["images"].validate(images.table(DATA_DIR))


def test_files_are_those_that_are_known():
    for name, path in images.paths(DATA_DIR).items():
        content = gzip.decompress(path.read_bytes())
        assert hashlib.sha256(content).hexdigest() == images.FILES[name.removeprefix("mnist/").removesuffix(".gz")]


def test_data_folder_may_have_a_part(folder):
    rows = images.table(folder)
    assert rows["part"].value_counts().to_dict() == small.COUNTS


BROKEN = {
    "nothing": (b"", "is not an IDX file"),
    "nothing, packed": (gzip.compress(b""), "is not an IDX file"),
    "fewer labels than it says": (gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\x09" + b"123"), "is not an IDX file"),
    "zeros": (gzip.compress(bytes(100)), "is not an IDX file"),
    "cut off": (gzip.compress(bytes(1000))[:15], "not a readable gzip file"),
    "a page": (b"<html>", "not a readable gzip file"),
    "three labels": (gzip.compress(b"\0\0\x08\x01" + b"\0\0\0\x03" + b"123"), "1000 images and 3 labels"),
}


@pytest.mark.parametrize(("content", "problem"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_named(folder, content, problem):
    (folder / LABELS).write_bytes(content)
    with pytest.raises(CapstanError, match=problem):
        images.table(folder)


def test_download_that_is_another_file_is_refused(folder, home):
    """The cache holds what was downloaded; only the folder of CAPSTAN_DATA_DIR may have a part."""
    shutil.copytree(folder / "mnist", home / "data" / "mnist")
    with pytest.raises(CapstanError, match="does not hold the file of MNIST that is known"):
        images.table(None)


def test_offline_the_error_says_which_file_to_put_where(home, tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MIRROR", "http://127.0.0.1:9")
    with pytest.raises(CapstanError, match=r"as mnist/train-images-idx3-ubyte\.gz, and set CAPSTAN_DATA_DIR"):
        images.paths(tmp_path)
