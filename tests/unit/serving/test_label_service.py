"""Labels without HTTP: replicas that share an object store and PostgreSQL alone, and whatever a client may send."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve.errors import InvalidInput
from moto.server import ThreadedMotoServer

from capstan.data.storage import Bucket
from capstan.errors import Unavailable
from predictions import files as prediction_files
from predictions import ids
from predictions.labels import LabelStore
from predictions.log import PredictionLog
from serving.labels.decoder import LabelDecoder
from serving.labels.service import LabelService
from serving.model import log_lines
from serving.model.inference import Inference
from serving.schema.rows import RowDecoder
from serving.scoring.features import Report
from tests.support import capstones_of_tests as capstones
from tests.support.postgres import postgres
from tests.support.tiny_store import FLIGHT, NOW

KEYS = ["carrier", "origin", "tailnum"]
ABOUT = {"entity": {"carrier": "AA", "origin": "JFK", "tailnum": "N1"}, "time": NOW.isoformat()}
KNOWN = (NOW + timedelta(hours=3)).isoformat()


@pytest.fixture(scope="module")
def decoder() -> LabelDecoder:
    with capstones.in_catalogue():
        return LabelDecoder(capstones.task("tiny"), KEYS)


@pytest.fixture(scope="module")
def database():
    with postgres() as url:
        yield url


@pytest.fixture
def bucket():
    """An empty bucket of an object store."""
    from pyarrow.fs import S3FileSystem

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url, name = f"http://{host}:{port}", f"labels-{ids.new()}"  # moto's servers share what they hold
    key = {"access_key": "key", "secret_key": "secret"}
    S3FileSystem(endpoint_override=url, allow_bucket_creation=True, region="us-east-1", **key).create_dir(name)
    yield Bucket(name, url, "us-east-1", "key", "secret")
    server.stop()


class Replica:
    """A server with its own disk."""

    def __init__(self, folder, bucket, database, decoder):
        self.log = PredictionLog(folder, storage=bucket)
        self.service = LabelService(self.log, LabelStore(database))
        self.decoder = decoder

    def answer(self, n: int = 1) -> list[str]:
        prediction_ids = [ids.new() for _ in range(n)]
        rows = RowDecoder(capstones.task("tiny").Request).validate([FLIGHT] * n)
        variant = SimpleNamespace(version="1", role="champion")
        inference = Inference(variant, rows, {}, [Report()] * n, [{"probability": 0.5}] * n, prediction_ids)
        asyncio.run(self.log.append(log_lines.encode("tiny", inference)))
        return prediction_ids

    def take(self, *actuals: dict) -> list[str]:
        sent = {"actuals": [{"label": True, "known_at": KNOWN} | actual for actual in actuals]}
        results = asyncio.run(self.service.take("tiny", self.decoder, sent, "ann"))
        return [result["outcome"] for result in results]


@pytest.fixture
def replicas(tmp_path, bucket, database, decoder) -> list[Replica]:
    LabelStore(database).expire("tiny", datetime(2100, 1, 1, tzinfo=UTC))
    return [Replica(tmp_path / name, bucket, database, decoder) for name in ("left", "right")]


@pytest.mark.slow
def test_a_replica_finds_the_predictions_of_another_in_the_object_store(replicas, bucket):
    left, right = replicas
    [id_] = left.answer()
    assert left.take({"prediction_id": id_}) == ["accepted"]
    assert right.take({"prediction_id": id_}) == ["unknown"]  # and is asked to try again
    assert left.log.flush("tiny") == [] and not list(left.log.folder.rglob("*.parquet"))
    assert right.take({"prediction_id": id_}) == ["same"] == left.take({"prediction_id": id_}) == right.take(ABOUT)
    for _ in range(2):
        left.answer()
        left.log.flush("tiny")
    assert right.take(ABOUT) == ["accepted"]
    keys = bucket.keys("predictions/model=tiny")
    assert len(keys) == 3 and prediction_files.merge(bucket, prediction_files.current(bucket, keys)).count("merged-")
    assert len(bucket.keys("predictions/model=tiny")) == 1
    assert right.take(ABOUT, {"prediction_id": id_}) == ["same", "same"]


@pytest.mark.slow
def test_of_contradicting_labels_at_two_replicas_one_wins(replicas):
    left = replicas[0]
    prediction_ids = left.answer(60)
    left.log.flush("tiny")
    work = [(place, {"prediction_id": id_, "label": place is left}) for id_ in prediction_ids for place in replicas]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda job: job[0].take(job[1])[0], work))
    assert sorted(outcomes) == ["accepted"] * 60 + ["contradicting"] * 60
    assert {tuple(sorted(pair)) for pair in zip(outcomes[::2], outcomes[1::2], strict=True)} == {
        ("accepted", "contradicting")
    }


@pytest.mark.slow
def test_no_label_is_taken_while_the_database_or_the_object_store_is_away(replicas, tmp_path, bucket, decoder):
    left, _ = replicas
    [id_] = left.answer()
    nobody = "postgresql+psycopg://capstan@127.0.0.1:9/postgres"
    for place in (
        Replica(left.log.folder, bucket, nobody, decoder),
        Replica(left.log.folder, Bucket("labels", "http://127.0.0.1:9", "us-east-1", "k", "s"), nobody, decoder),
    ):
        with pytest.raises(Unavailable, match=r"The labels were not taken: .* Send them again"):
            place.take({"prediction_id": id_})
    assert left.take({"prediction_id": id_}) == ["accepted"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)
TIMES = JSON | st.datetimes().map(lambda time: f"{time.isoformat()}Z")
FIELDS = {"prediction_id": JSON, "entity": JSON, "time": TIMES, "label": JSON, "known_at": TIMES, "correct": JSON}


@given(row=JSON | st.fixed_dictionaries({}, optional=FIELDS))
def test_whatever_is_sent_is_read_or_refused(decoder, row):
    now = datetime.now(UTC)
    try:
        sent, label, known = decoder.read(row, now)
    except InvalidInput as error:
        assert len(str(error)) < 2000
    else:
        assert label in ("true", "false") and known <= now + timedelta(minutes=5)
        assert (sent.prediction_id is None) is (sent.entity is not None)


@pytest.mark.parametrize("depth", [200, 260, 1000])
def test_a_label_that_is_nested_deeply_is_refused(decoder, depth):
    label = orjson.loads(b"[" * depth + b"]" * depth)
    with pytest.raises(InvalidInput):
        decoder.read({"prediction_id": "a", "label": label}, datetime.now(UTC))
