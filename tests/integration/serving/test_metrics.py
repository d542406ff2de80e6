"""What /metrics says before and after some requests."""

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from prometheus_client.parser import text_string_to_metric_families

from tests.support.tiny_store import FLIGHT

TINY = {"model": "tiny", "version": "1", "variant": "champion"}


def scrape(server) -> dict[tuple, float]:
    families = text_string_to_metric_families(server.client.get("/metrics").text)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("capstan_")
    }


@pytest.fixture
def grown(server):
    """Return a function: by how much a sample has grown since the test began."""
    before = scrape(server)

    def by(name: str, **labels: str) -> float:
        key = (name, *sorted(labels.items()))
        return scrape(server).get(key, 0) - before.get(key, 0)

    return by


def test_answers_are_counted_by_model_version_and_variant(server, grown):
    server.predict(FLIGHT, FLIGHT, FLIGHT)
    server.predict(FLIGHT)
    server.predict({"x": 1}, name="plain")
    assert grown("capstan_requests_total", **TINY) == 2
    assert grown("capstan_logged_records_total", **TINY) == 4
    assert grown("capstan_request_rows_sum", **TINY) == 4 and grown("capstan_request_rows_count", **TINY) == 2
    assert grown("capstan_request_rows_bucket", le="2.0", **TINY) == 1
    assert grown("capstan_request_seconds_bucket", le="+Inf", **TINY) == 2
    assert 0 < grown("capstan_request_seconds_sum", **TINY) < 10
    assert grown("capstan_requests_total", **TINY | {"model": "plain"}) == 1


def test_errors_are_counted_by_status(server, grown):
    server.predict(FLIGHT | {"carrier": "XX"})
    server.predict(FLIGHT, headers={"x-capstan-variant": "challenger"})
    server.client.post("/v1/models/tiny:predict", content=b"{")
    for i in range(5):  # names that clients make up are no labels
        server.predict(FLIGHT, name=f"nope{i}")
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel, pytest.raises(grpc.RpcError):
        GRPCInferenceServiceStub(channel).ModelInfer(pb.ModelInferRequest(model_name="tiny"))
    server.client.post("/v1/models/plain:explain", json={"instances": [{"x": 1}]})
    unknown = {"version": "", "variant": ""}
    assert grown("capstan_errors_total", status="400", **TINY) == 2  # its variant's schema refused the row
    assert grown("capstan_errors_total", model="tiny", status="404", **unknown) == 1
    assert grown("capstan_errors_total", model="", status="400", **unknown) == 1
    assert grown("capstan_errors_total", model="", status="404", **unknown) == 5
    assert grown("capstan_errors_total", status="501", **TINY | {"model": "plain"}) == 1
    assert grown("capstan_request_seconds_count", **TINY) == 0
    names = {value for key in scrape(server) for label, value in key[1:] if label == "model"}
    assert names <= {"", "tiny", "plain", "steady", "unborn", "price", "shapes", "picture", "writer"}


def test_gauges(server):
    server.predict(FLIGHT)
    now = scrape(server)
    assert now["capstan_in_flight",] == now["capstan_log_waiting",] == 0 < now["capstan_log_backlog_bytes",]
