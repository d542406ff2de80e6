"""Finding predictions, joining labels, one file a day, and erasing: on a log of one's own, without a server."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from capstan.data.retention_policy import policy
from capstan.data.storage import Folder
from predictions import files as prediction_files
from predictions import ids, labelled, read
from predictions.convert import convert_all
from predictions.find import About, Finder
from predictions.labels import Actual, LabelStore
from predictions.retention import labels, predictions
from predictions.wal import Wal
from serving.model import log_lines
from serving.model.inference import Inference
from serving.schema.rows import Row
from serving.scoring.features import Report

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Request(BaseModel):
    who: str
    seats: int = 1


class Place:
    """A log and its labels. Each `answer` is logged, `seal` makes a parquet file of what was."""

    def __init__(self, folder):
        self.folder = folder
        self.wal = Wal(folder / "wal", 2**24)
        self.labels = LabelStore(f"sqlite:///{folder}/labels.db")
        self.finder = Finder(folder)

    def answer(self, *people: str, hours: float = 0, days_ago: int = 0, role: str = "champion") -> list[str]:
        prediction_ids = [ids.new() for _ in people]
        self.log(dict(zip(prediction_ids, people, strict=True)), hours, days_ago, role)
        return prediction_ids

    def log(self, people: dict[str, str], hours: float = 0, days_ago: int = 0, role: str = "champion") -> None:
        n = len(people)
        rows = [Row(Request(who=who), NOON + hours * HOUR) for who in people.values()]
        variant = SimpleNamespace(version="1", role=role)
        inference = Inference(variant, rows, {"seats": [1] * n}, [Report()] * n, [{"p": 0.5}] * n, list(people))
        now = datetime.now(UTC)
        day, then = f"{now:%Y-%m-%d}".encode(), f"{now - timedelta(days=days_ago):%Y-%m-%d}".encode()
        self.wal.append(log_lines.encode("flights", inference).replace(b'"time":"' + day, b'"time":"' + then))

    def seal(self) -> None:
        self.wal.seal()
        convert_all(self.folder)

    def label(self, *ids_: str, label: str = "true", hours: float = 1, **options) -> None:
        now = datetime.now(UTC)
        self.labels.add("flights", [Actual({id_: now}, label, NOON + hours * HOUR, **options) for id_ in ids_])

    def joined(self, **options) -> dict[str, object]:
        frame = labelled("flights", folder=self.folder, labels=self.labels, **options)
        return dict(zip(frame["prediction_id"], frame["label"], strict=True))

    def files(self) -> list[str]:
        return Folder(self.folder).keys("model=flights")

    def all(self) -> list[str]:
        return sorted(read("flights", folder=self.folder)["prediction_id"])


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_ids_begin_with_their_time_and_sort_by_it():
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    prediction_ids = [ids.new() for _ in range(2000)]
    assert (
        all(before <= ids.moment(id_) <= datetime.now(UTC) for id_ in prediction_ids)
        and len(set(prediction_ids)) == 2000
    )
    assert [id_[:13] for id_ in prediction_ids] == sorted(id_[:13] for id_ in prediction_ids)
    assert {(UUID(id_).version, UUID(id_).variant) for id_ in prediction_ids} == {(7, "specified in RFC 4122")}
    others = [
        "",
        "x",
        "76feb356-f9e6-4530-a0cc-6032d38a6db7",
        prediction_ids[0].upper(),
        prediction_ids[0].replace("-", ""),
    ]
    assert [ids.moment(id_) for id_ in others] == [None] * 5


def test_predictions_are_found_wherever_they_are(place):
    first = place.answer("ann", "bob")
    assert place.finder.by_id("flights", first).keys() == set(first)  # written ahead
    place.seal()
    assert place.finder.by_id("flights", first).keys() == set(first)  # parquet
    second = place.answer("cid", hours=2)
    by_id = place.finder.by_id("flights", [*first, *second, ids.new(), "x"])
    assert by_id.keys() == {*first, *second} and by_id[second[0]].prediction_time == NOON + 2 * HOUR
    assert abs(by_id[second[0]].time - datetime.now(UTC)) < timedelta(minutes=1)
    assert place.finder.by_id("others", first) == {} == place.finder.by_id("flights", [])
    place.seal()
    fresh = Finder(place.folder)  # after a restart
    assert fresh.by_id("flights", [*first, *second]).keys() == {*first, *second}


def test_a_whole_number_stays_one_next_to_a_prediction_without_a_label(place):
    first, second = place.answer("ann", "bob")
    place.label(first, label="7")
    known = place.joined(also_unlabelled=True)
    assert known == {first: 7, second: None} and type(known[first]) is int


def test_an_id_without_time_is_looked_for_in_every_day(place):
    place.log({"76feb356-f9e6-4530-a0cc-6032d38a6db7": "ann"}, days_ago=40)
    place.seal()
    assert len(place.finder.by_id("flights", ["76feb356-f9e6-4530-a0cc-6032d38a6db7"])) == 1


def test_predictions_are_found_by_entity_and_time(place):
    [ann, again] = place.answer("ann", "ann")
    place.seal()
    [later] = place.answer("ann", hours=1, days_ago=3)
    [bob] = place.answer("bob")
    abouts = [About({"who": "ann"}, NOON), About({"who": "ann"}, NOON + HOUR), About({"who": "bob"}, NOON)]
    nobody = [About({"who": "eve"}, NOON), About({"who": "bob"}, NOON + HOUR), About({"whom": "bob"}, NOON)]
    for _ in range(2):
        matches = [set(found) for found in place.finder.by_entity("flights", abouts + nobody)]
        assert matches == [{ann, again}, {later}, {bob}, set(), set(), set()]
        place.seal()


def test_the_join_shows_what_was_known_and_nothing_else(place):
    [ann, bob, cid] = place.answer("ann", "bob", "cid")
    place.label(ann)
    place.label(bob, label="1.5", hours=5)
    place.label(ann, label="false", hours=3, correct=True)
    assert place.joined() == {ann: False, bob: 1.5}
    assert place.joined(known_by=NOON) == {}
    assert place.joined(known_by=NOON + 2 * HOUR) == {ann: True}
    assert place.joined(known_by=NOON + 4 * HOUR) == {ann: False}
    assert place.joined(since=NOON, until=NOON + HOUR) == {ann: False, bob: 1.5}
    assert place.joined(until=NOON) == place.joined(since=NOON + HOUR) == {}
    with pytest.raises(ValueError, match="`known_by` is 2013-01-01 00:00:00, without a time zone"):
        place.joined(known_by=datetime(2013, 1, 1))
    assert cid in place.all()


def test_a_shadow_shares_the_label(place):
    [id_] = place.answer("ann")
    place.log({id_: "ann"}, role="challenger")
    place.label(id_)
    frame = labelled("flights", folder=place.folder, labels=place.labels)
    assert sorted(frame["variant"]) == ["challenger", "champion"] and frame["label"].tolist() == [True, True]


def merged(place) -> str:
    storage = Folder(place.folder)
    return prediction_files.merge(storage, prediction_files.current(storage, place.files()))


def test_several_files_become_one(place):
    prediction_ids = []
    for _ in range(5):
        prediction_ids += place.answer("ann", "bob")
        place.seal()
    place.label(*prediction_ids)
    rows, segments = read("flights", folder=place.folder), place.files()
    target = merged(place)
    assert place.files() == [target]
    assert read("flights", folder=place.folder).equals(rows) and place.joined() == dict.fromkeys(prediction_ids, True)
    assert place.finder.by_id("flights", prediction_ids).keys() == set(prediction_ids)
    prediction_ids += place.answer("cid")
    place.seal()
    second = merged(place)
    assert place.files() == [second] and place.all() == sorted(prediction_ids)
    names = prediction_files.replaced(Folder(place.folder), second)
    assert {prediction_files.stem(key) for key in segments} < set(names)


def test_an_interrupted_merge_neither_loses_nor_doubles(place):
    prediction_ids = []
    for _ in range(3):
        prediction_ids += place.answer("ann")
        place.seal()
    kept = {key: (place.folder / key).read_bytes() for key in place.files()}
    merged(place)
    for key, content in kept.items():  # as if it had been killed before it removed them
        (place.folder / key).write_bytes(content)
    assert len(place.files()) == 4 and place.all() == sorted(prediction_ids)
    assert len(prediction_files.current(Folder(place.folder), place.files())) == 1
    assert place.finder.by_id("flights", prediction_ids).keys() == set(prediction_ids)


@pytest.mark.slow
def test_a_large_day_has_row_groups_that_a_look_up_can_pass_over(place):
    prediction_ids = []
    for _ in range(3):
        prediction_ids += place.answer(*["ann"] * 30_000)
        place.seal()
    target = merged(place)
    file = pq.ParquetFile(place.folder / target)
    assert file.metadata.num_row_groups == 2 and file.metadata.num_rows == 90_000
    assert place.finder.by_id("flights", [prediction_ids[0], prediction_ids[-1]]).keys() == {
        prediction_ids[0],
        prediction_ids[-1],
    }


@pytest.fixture
def kept(home) -> Place:
    """A place where `capstan clean` looks."""
    return Place(home / "predictions")


def counts(done) -> dict[str, tuple[int, int]]:
    return {item.kind: (item.removed, item.kept) for item in done}


def test_clean_merges_days_that_are_over_and_removes_old_ones_with_their_labels(kept):
    by_age = {}
    for days in (100, 100, 3, 3, 3, 0, 0):
        by_age.setdefault(days, []).extend(kept.answer("ann", days_ago=days))
        kept.seal()
    written = kept.answer("ann", days_ago=100)  # ahead
    now = datetime.now(UTC)
    for days, ids_ in by_age.items():
        answered = now - timedelta(days=days)
        kept.labels.add("flights", [Actual({id_: answered}, "true", NOON) for id_ in ids_])
    for dry in (True, False):
        done = [*predictions.clean("flights", policy(dry)), labels.clean("flights", policy(dry))]
        assert counts(done) == {"predictions": (2, 5), "merged predictions": (3, 1), "labels": (2, 5)}
    assert kept.all() == sorted(by_age[3] + by_age[0] + written) and kept.joined().keys() == {*by_age[3], *by_age[0]}
    assert len(kept.files()) == 3 and not kept.finder.by_id("flights", by_age[100])
    assert kept.finder.by_entity("flights", [About({"who": "ann"}, NOON)])[0].keys() == {
        *by_age[3],
        *by_age[0],
        *written,
    }
    again = [*predictions.clean("flights", policy()), labels.clean("flights", policy())]
    assert counts(again) == {"predictions": (0, 3), "merged predictions": (0, 1), "labels": (0, 5)}


def test_clean_leaves_a_log_that_another_command_changes(kept):
    kept.answer("ann", days_ago=100)
    kept.seal()
    with predictions.changing("flights"):
        old, merged = predictions.clean("flights", policy())
    assert (old.removed, merged.removed) == (0, 0) and "being changed by another command" in old.notes[0]


def test_a_reader_beside_clean_sees_every_row_once(kept):
    prediction_ids = []
    for _ in range(30):
        prediction_ids += kept.answer("ann", "bob", days_ago=2)
        kept.seal()
    stop = threading.Event()

    def clean_often() -> None:
        while not stop.is_set():
            predictions.clean("flights", policy())

    thread = threading.Thread(target=clean_often)
    thread.start()
    try:
        for _ in range(5):
            prediction_ids += kept.answer("cid", days_ago=2)
            kept.seal()
            assert kept.all() == sorted(prediction_ids)
            assert kept.finder.by_entity("flights", [About({"who": "bob"}, NOON)])[0].keys() == set(
                prediction_ids[1:60:2]
            )
    finally:
        stop.set()
        thread.join()
