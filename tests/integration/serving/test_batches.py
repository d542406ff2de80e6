"""Batches in a real server."""

import math
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.processes import wait_for
from tests.support.serving import another_server
from tests.support.tiny_store import FLIGHT

pytestmark = pytest.mark.rotating


def sum_of(metrics: str, name: str, model: str) -> float:
    """Return a sample of a model, over its versions and variants."""
    lines = [line for line in metrics.splitlines() if line.startswith(f'{name}{{model="{model}"')]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{}, {"CAPSTAN_BATCH_ROWS": "1"}], ids=["batches", "no batches"])
def test_clients_of_a_server_share_batches_and_get_their_own_answers(server, mlflow, feast_home, tmp_path, setting):
    """`plain` without features, `tiny` with: rows that differ, from 16 clients."""
    wait = {"serving.limits.BATCH_DELAY": 0.01}
    flights = [FLIGHT, FLIGHT | {"carrier": "UA"}, FLIGHT | {"tailnum": None}, FLIGHT | {"origin": "LGA"}]
    alone = [server.predict(flight).json()["predictions"][0] for flight in flights]
    with another_server(mlflow, feast_home, tmp_path / "home", wait, **setting) as own, ThreadPoolExecutor(16) as pool:
        wait_for(f"{own.url}/v2/health/ready", own.child, own.log)

        def client(number: int) -> None:
            with httpx.Client(base_url=own.url, timeout=30) as http:
                for turn in range(25):
                    x = number * 100 + turn
                    reply = http.post("/v1/models/plain:predict", json={"instances": [{"x": x, "y": 1}]})
                    probability = reply.json()["predictions"][0]["probability"]
                    assert math.isclose(probability, 1 / (1 + math.exp(-(x + 1) / 100)))
                    which = (number + turn) % len(flights)
                    reply = http.post("/v1/models/tiny:predict", json={"instances": [flights[which]]})
                    answer = reply.json()["predictions"][0]
                    same = ("probability", "missing_features", "expired_features", "future_features")
                    assert {key: answer[key] for key in same} == {key: alone[which][key] for key in same}

        list(pool.map(client, range(16)))
        metrics = own.client.get("/metrics").text
    for model in ("plain", "tiny"):
        batches = sum_of(metrics, "capstan_batch_requests_count", model)
        if setting:
            assert batches == 0
        else:
            assert sum_of(metrics, "capstan_batch_requests_sum", model) == 16 * 25
            assert sum_of(metrics, "capstan_batch_rows_sum", model) == 16 * 25
            assert batches < 16 * 25  # how many share one depends on how fast the clients are: `bench` measures it
        assert sum_of(metrics, "capstan_batch_waiting", model) == 0
