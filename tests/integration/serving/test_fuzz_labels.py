"""Labels that a seeded mutator makes of good ones: each is taken or refused, and what was taken is held."""

import json
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from predictions.labels import label_store
from tests.fuzz.mutations import Mutator
from tests.support.tiny_store import FLIGHT, NOW

pytestmark = pytest.mark.slow
PATH = "/v2/models/tiny/actuals"
ENTITY = {"carrier": "AA", "origin": "JFK", "tailnum": "N4711"}


def stamp(hours: float) -> str:
    return (NOW + hours * timedelta(hours=1)).astimezone(UTC).isoformat()


def test_labels_are_taken_or_refused_and_those_that_were_taken_are_held(server, fuzz):
    ids = [row["prediction_id"] for row in server.predict(*[FLIGHT | {"tailnum": "N4711"}] * 20).json()["predictions"]]
    fuzz.watch(server.log)
    held: dict[str, str] = {}  # the label of each prediction, as the answers have it
    for mutator in fuzz.examples("labels", 250):
        content = labels(mutator, ids)
        reply = fuzz.post(server.client, mutator, PATH, content)
        if reply is None or "results" not in (answer := reply.json()):
            continue
        sent = orjson.loads(content.removeprefix(BOM_UTF8))["actuals"]
        for label, result in zip(sent, answer["results"], strict=True):
            if result["status"] == 200:
                encoded = json.dumps(label["label"])
                assert result["outcome"] != "same" or {held[id_] for id_ in result["prediction_ids"]} == {encoded}
                held |= dict.fromkeys(result["prediction_ids"], encoded)
    fuzz.verify()
    frame = label_store().read("tiny").set_index("prediction_id")["label"]
    assert held and frame[list(held)].to_dict() == held


def labels(mutator: Mutator, ids: list[str]) -> bytes:
    """Return the body of a few labels, some by the id of a prediction, some by what the prediction was about."""
    random, known, actuals = mutator.random, datetime.now(UTC), []
    for _ in range(random.choice((1, 1, 3, 20))):
        about = {"prediction_id": random.choice(ids)}
        if random.random() < 0.2:
            about = {"entity": ENTITY, "time": stamp(0)}
        more = {"known_at": random.choice((stamp(3), stamp(random.uniform(0, 100)), known.isoformat()))}
        more |= {"correct": random.random() < 0.5} if random.random() < 0.7 else {}
        actuals.append(about | {"label": random.random() < 0.5} | more)
    body = {"actuals": actuals}
    return json.dumps(body).encode() if random.random() < 0.2 else mutator.body(body)
