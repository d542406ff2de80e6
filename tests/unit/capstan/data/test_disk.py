"""What a full disk is answered with."""

import re
import sqlite3
from pathlib import Path

import pytest

from capstan.data import disk
from capstan.errors import CapstanError
from capstan.settings import settings


def fill_a_file() -> None:
    Path("/dev/full").write_text("x")


def fill_a_database() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE a (b)")


def fill_behind_another_error() -> None:
    try:
        fill_a_file()
    except OSError as error:
        raise CapstanError("Step train failed.") from error


@pytest.mark.parametrize("fill", [fill_a_file, fill_a_database, fill_behind_another_error])
def test_a_full_disk_is_one_message_that_names_the_file_system_and_what_to_do(fill):
    with pytest.raises(disk.FullDisk) as caught, disk.explained():
        fill()
    assert re.search(r"The disk is full: the file system at /\S* has .* free\. Free space", str(caught.value))


def test_the_message_of_the_step_comes_first_and_once():
    with (
        pytest.raises(disk.FullDisk) as caught,
        disk.explained(),
        disk.explained(),
    ):  # as in a run, which a command calls
        fill_behind_another_error()
    assert str(caught.value).startswith("Step train failed.\nThe disk is full") and str(caught.value).count("full") == 1


def test_a_file_names_its_file_system():
    error = OSError(28, "No space left on device", "/dev/shm/nosuch/file")
    assert "the file system at /dev/shm has" in disk.advice(error)


@pytest.mark.parametrize("error", [ValueError("other"), PermissionError(13, "Permission denied", "/x")])
def test_other_errors_stay_as_they_are(error):
    with pytest.raises(type(error)) as caught, disk.explained():
        raise error
    assert caught.value is error


def test_the_state_folder_need_not_be_there_yet(monkeypatch):
    monkeypatch.setenv("CAPSTAN_HOME", "/dev/shm/nosuch/home")
    settings.cache_clear()
    try:
        assert "free" in disk.advice()
    finally:
        settings.cache_clear()
