"""`anomaly`: kill -9 of the endpoint in the middle of values loses none that it has answered, and changes no score.

What is unusual reaches a webhook.
"""

import os
import signal
from collections.abc import Iterator
from time import monotonic as clock
from time import sleep

import httpx
import numpy as np
import pytest

from pipelines.anomaly import streams
from pipelines.anomaly.tests import small
from tests.integration.conftest import capstan
from tests.integration.place import Place
from tests.support.processes import wait_until
from tests.support.webhook import Webhook, running

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
STREAM, BATCH, VALUES = "test/killed", 20, 300


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def place(tmp_path_factory, webhook) -> Iterator[Place]:
    """A place with the shorter series."""
    data = tmp_path_factory.mktemp("data")
    small.write(data)
    place = Place(tmp_path_factory.mktemp("killed") / "home")
    place.environment |= {"CAPSTAN_DATA_DIR": str(data), "CAPSTAN_WEBHOOKS": webhook.address}
    yield place
    place.clear()


def test_next_score_is_the_one_without_the_kill(place, webhook):
    done = capstan("run", "anomaly", "--json", **place.environment)
    assert done.returncode == 0, done.stderr
    values = np.random.default_rng(0).normal(10, 1, VALUES)
    values[259] = 40.0  # the last of the batch after a kill
    base = 1_767_225_600.0  # 2026-01-01
    times = [base + 60 * minute for minute in range(VALUES)]
    features: dict = {}
    expected = []
    for time, value in zip(times, values.tolist(), strict=True):
        features = streams.after(features, time, {"value": value}, threshold=1.0)
        expected.append(features["parts"])
    url = f"http://127.0.0.1:{place.environment['CAPSTAN_ENDPOINT_PORT']}/v1/models/anomaly:events"

    def send(start: int) -> list[float]:
        stamps = [f"{np.datetime64(int(time), 's')}Z" for time in times[start : start + BATCH]]
        rows = zip(stamps, values[start : start + BATCH].tolist(), strict=True)
        events = [{"stream": STREAM, "time": time, "value": value} for time, value in rows]
        reply = httpx.post(url, json={"events": events}, timeout=60)
        end = clock() + 120
        while reply.status_code == 503 and clock() < end:  # while it loads the model, it takes none of them
            sleep(0.5)
            reply = httpx.post(url, json={"events": events}, timeout=60)
        [stream] = reply.raise_for_status().json()["entities"]
        return stream["features"]["parts"]

    answered = []
    for start in range(0, VALUES, BATCH):
        if start in (100, 240):
            os.kill(place.services()["endpoint"]["pid"], signal.SIGKILL)
            with pytest.raises(httpx.HTTPError):
                send(start)
            up = place("up")
            assert up.returncode == 0, up.stderr
        answered.append(send(start))
    assert answered == expected[BATCH - 1 :: BATCH] and max(answered) == expected[259]
    wait_until(lambda: any(f"{STREAM}: 40 at " in body["message"] for body in webhook.bodies))
