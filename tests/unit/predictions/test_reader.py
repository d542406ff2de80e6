"""A reader next to a writer and a converter: every record once, and none left out."""

import threading

import pytest

from capstan.data.storage import Folder
from predictions import convert as conversion
from predictions.convert import convert_all
from predictions.wal import Wal
from tests.unit.predictions.test_log import ids, lines, parquet


def test_a_reader_beside_writer_and_converter_sees_every_record_once(tmp_path):
    wal, stop, written = Wal(tmp_path / "wal", 3000), threading.Event(), []

    def write() -> None:
        while not stop.wait(0.0005):
            wal.append(lines(f"{len(written):05}"))
            written.append(f"{len(written):05}")

    def convert_often() -> None:
        while not stop.is_set():
            convert_all(tmp_path)

    threads = [threading.Thread(target=write), threading.Thread(target=convert_often)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            least = len(written)
            seen = ids(tmp_path)
            assert seen == [f"{i:05}" for i in range(len(seen))] and len(seen) >= least
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert ids(tmp_path) == written and len(written) > 50 and parquet(tmp_path)


@pytest.mark.parametrize("converted", [False, True], ids=["written ahead", "parquet"])
def test_a_segment_that_a_listing_leaves_out_makes_no_gap(tmp_path, monkeypatch, converted):
    """A file that is renamed into a folder while it is listed may be missing, and a later one there."""
    for name in "abc":
        Wal(tmp_path / "wal", 1).append(lines(name))  # full, and so a segment of its own
    if converted:
        convert_all(tmp_path)
    place, function = (Folder, "keys") if converted else (conversion, "segments")
    whole, listings = getattr(place, function), []

    def listing(*arguments):
        """Leave out the second segment, then add one that was begun after the first listing."""
        listings.append(whole(*arguments))
        if len(listings) > 1:
            return listings[-1]
        Wal(tmp_path / "wal", 1).append(lines("d"))
        return [listings[0][0], listings[0][2]]

    monkeypatch.setattr(place, function, listing)
    assert ids(tmp_path) == ["a", "b", "c"] and len(listings) >= 2
