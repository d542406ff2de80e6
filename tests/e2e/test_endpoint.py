"""The endpoint's Service, asked by clients that others wrote, with and without a token."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import grpc
import httpx
import numpy as np
import pandas as pd
import pytest

from tests.e2e import kube
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, PROBABILITY
from tests.support import foreign, triton

TENSORS = [{"name": name, "shape": [1], "datatype": "BYTES", "data": [value]} for name, value in FLIGHT.items()]


@pytest.fixture(scope="module")
def probability(endpoint) -> float:
    """What the endpoint predicts for the README's flight, by V1."""
    [answer] = endpoint.predict(FLIGHT)
    return answer["probability"]


@pytest.fixture(scope="module")
def child():
    """Call a function of `triton` in its own process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result(60)


def test_readme_flight_has_the_probability_that_the_readme_shows(probability):
    assert round(probability, 3) == PROBABILITY


def test_command_predicts_the_same(ran, probability):
    pairs = [part for name, value in FLIGHT.items() for part in ("--entity", f"{name}={value}")]
    done = kube.capstan("predict", CAPSTONE, *pairs)
    assert done.returncode == 0 and f"probability  {100 * PROBABILITY:.1f} %" in done.stdout, done.stdout + done.stderr
    [answer] = kube.answer("predict", CAPSTONE, *pairs)["predictions"]
    assert answer["probability"] == probability and answer["model_version"] == ran["version"]


def test_explanation_is_of_the_same_prediction(endpoint, probability):
    url = f"{endpoint.url}/v1/models/{CAPSTONE}:explain"
    [answer] = httpx.post(url, json={"instances": [FLIGHT]}, headers=endpoint.bearer).json()["explanations"]
    assert answer["probability"] == probability


def test_v2_as_json(endpoint, probability):
    url = f"{endpoint.url}/v2/models/{CAPSTONE}/infer"
    reply = httpx.post(url, json={"inputs": TENSORS}, headers=endpoint.bearer).raise_for_status().json()
    outputs = {tensor["name"]: tensor["data"] for tensor in reply["outputs"]}
    assert outputs["probability"] == [probability]


@pytest.mark.parametrize("binary", [False, True])
def test_kserve_by_rest(endpoint, probability, binary):
    request = foreign.kserve_request(TENSORS, CAPSTONE, binary=binary)
    answer = foreign.ask_rest(endpoint, "infer", request, CAPSTONE, headers=endpoint.bearer)
    assert foreign.values(answer) == [probability]


def test_kserve_by_v1(endpoint, probability):
    body = {"instances": [FLIGHT]}
    answer = foreign.ask_rest(endpoint, "infer", body, CAPSTONE, headers=endpoint.bearer, protocol="v1")
    assert answer["predictions"][0]["probability"] == probability


def test_kserve_by_grpc(endpoint, probability):
    request = foreign.kserve_request(TENSORS, CAPSTONE)
    answer = foreign.ask_grpc(endpoint, "infer", request, headers=list(endpoint.bearer.items()))
    assert foreign.values(answer) == [probability]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_triton(endpoint, probability, child, protocol):
    where = foreign.address(endpoint, protocol)
    answer = child(triton.infer, protocol, where, CAPSTONE, TENSORS, headers=endpoint.bearer)
    assert isinstance(answer, triton.Answer), answer
    assert answer.outputs["probability"] == [probability]


def test_no_token_or_another_is_refused(anonymous, endpoint, child):
    path = f"/v1/models/{CAPSTONE}:predict"
    assert anonymous.post(path, json={"instances": [FLIGHT]}).status_code == 401
    wrong = {"authorization": "Bearer not-this-one"}
    reply = anonymous.post(path, json={"instances": [FLIGHT]}, headers=wrong)
    assert reply.status_code == 401 and FLIGHT["tailnum"] not in reply.text
    with pytest.raises(grpc.RpcError) as error:
        foreign.ask_grpc(endpoint, "infer", foreign.kserve_request(TENSORS, CAPSTONE))
    assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    refused = child(triton.infer, "http", foreign.address(endpoint, "http"), CAPSTONE, TENSORS)
    assert isinstance(refused, triton.Failure) and "401" in str(refused.status)
    assert anonymous.post(f"/v2/repository/models/{CAPSTONE}/unload").status_code == 401


def test_probes_and_the_page_need_no_token(anonymous):
    assert anonymous.get("/v2/health/ready").status_code == 200
    assert "page/app.js" in anonymous.get("/", headers={"Accept": "text/html"}).text


def test_online_features_are_those_of_the_training_set(endpoint, ran, services):
    """Redis against the parquet files in the object store, for each flight of the instant that was materialized."""
    from pipelines.flight_delay import task
    from pipelines.flight_delay.columns import ONLINE_AS_OF

    bucket, _, prefix = ran["training_set"].removeprefix("s3://").partition("/")
    rows = pd.concat(services.tables(bucket, prefix))
    assert len(rows) == 336_776
    rows = rows[rows[task.EVENT_TIMESTAMP] == pd.Timestamp(ONLINE_AS_OF)]
    assert len(rows) >= 2 and FLIGHT["tailnum"] in set(rows["tailnum"])
    answers = endpoint.predict(*task.requests(rows), return_features=True)
    numbers = [name for name in task.INPUTS if name not in task.CATEGORIES]
    got = pd.DataFrame([answer["features"] for answer in answers])
    assert (got[task.CATEGORIES].to_numpy() == rows[task.CATEGORIES].to_numpy()).all()
    np.testing.assert_array_equal(got[numbers].astype(float), rows[numbers].astype(float))
    unknown = [{name for name in task.INPUTS if pd.isna(row[name])} for _, row in rows.iterrows()]
    assert [set(answer["missing_features"] + answer["expired_features"]) for answer in answers] == unknown


def test_features_that_feast_published_are_those_that_it_reads(endpoint, client, ran):
    """In a step's pod: Feast reads a flight's features from the object store, 20 times, and from Redis."""
    features = client.run(HERE / "in_pod" / "features.py", CAPSTONE)
    assert features["online"] and not features["failures"]
    assert features["offline"] == [features["online"]] * 20


def test_metrics_count_the_requests(endpoint):
    [pod] = kube.pods(PODS)[:1]
    with kube.forward(f"pod/{pod['metadata']['name']}", 8080) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=endpoint.bearer).text
    assert "capstan_requests_total{" in text and f'model="{CAPSTONE}"' in text
