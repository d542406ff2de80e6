"""Every query of the dashboard and every rule, in a real Prometheus that scrapes a real server."""

import math
import time
from collections.abc import Iterator

import pytest

from tests.small_capstones.models import Answers
from tests.support import promql
from tests.support.processes import wait_until
from tests.support.prometheus import Prometheus, prometheus
from tests.support.serving import Server, another_server
from tests.support.tiny_store import FLIGHT

pytestmark = pytest.mark.slow
ROUNDS = 8  # of requests of every kind, one a second
UNKNOWN = [{"prediction_id": "019353b4-5a40-7c1f-9d3e-2f6b8a0c4d5e", "label": True}] * 20
# What only is there when something is wrong that this test does not cause, or what compares with yesterday.
EMPTY = {
    "EndpointDown",
    "EndpointMissing",
    "EndpointRestarts",
    "EndpointSlow",
    "EndpointBusy",
    "EndpointFiles",
    "TrafficGone",
    "PredictionLogBacklog",
    "PredictionLogWaits",
    "LabelsGone",
    "Alerts #0",
}


def no_price(columns) -> dict:
    """Return what is no price: the server answers 500."""
    return {"price": [math.nan] * len(columns["area"])}


def ask(server: Server) -> dict[str, int]:
    """Send a request of each kind that the metrics distinguish; return the status of each."""
    post, row = server.client.post, {"instances": [{"x": 1.0}]}
    answered = server.predict(FLIGHT, FLIGHT)
    [first, _] = answered.json()["predictions"]
    label = {"prediction_id": first["prediction_id"], "label": True}
    return {
        "answered": answered.status_code,
        "plain": server.predict({"x": 1}, name="plain").status_code,
        "bad": server.predict({"x": "no number"}, name="plain").status_code,
        "no such model": server.predict({"x": 1}, name="nope").status_code,
        "failed": server.predict({"area": 1.0}, name="price").status_code,
        "no champion": post("/v1/models/steady:predict", json=row).status_code,
        "not loaded": post("/v1/models/unborn:predict", json=row).status_code,
        "streamed": post("/v2/models/writer/generate_stream", json={"prompt": "say hello"}).status_code,
        "label": post("/v2/models/tiny/actuals", json={"actuals": [label]}).status_code,
        "unknown label": post("/v2/models/tiny/actuals", json={"actuals": UNKNOWN}).status_code,
    }


STATUSES = {
    "answered": 200,
    "plain": 200,
    "bad": 400,
    "no such model": 404,
    "failed": 500,
    "no champion": 503,
    "not loaded": 503,
    "streamed": 200,
    "label": 200,
    "unknown label": 404,
}


@pytest.fixture(scope="module")
def own(server, mlflow, feast_home, tmp_path_factory) -> Iterator[Server]:
    """A server with all kinds of models: good ones, one that fails, one without a champion, one that does not load."""
    mlflow.roles("price", champion=mlflow.register("price", model=Answers({"area": "double"}, no_price)))
    mlflow.roles("steady", challenger=mlflow.register("steady", 0.0))
    mlflow.roles("unborn", champion=mlflow.register("unborn", 0.0))
    mlflow.roles("writer", champion=mlflow.register("writer"))
    try:
        with another_server(mlflow, feast_home, tmp_path_factory.mktemp("own") / "home") as own_server:
            yield own_server
    finally:
        for name in ("price", "steady", "unborn", "writer"):
            mlflow.roles(name)


@pytest.fixture(scope="module")
def scraped(own, tmp_path_factory) -> Iterator[Prometheus]:
    """Prometheus, after some seconds of requests."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{own.port}") as running:
        wait_until(lambda: running.query('up{job="endpoint"} == 1'))
        for _ in range(ROUNDS):
            assert ask(own) == STATUSES
            time.sleep(1)
        wait_until(lambda: running.query("endpoint:failures:share5m > 0"))  # the rules were judged meanwhile
        yield running


@pytest.fixture(scope="module")
def results(scraped) -> dict[str, list[dict]]:
    """The series of every expression, all of one moment."""
    return {name: scraped.query(expression) for name, expression in promql.expressions().items()}


def test_every_expression_has_series_but_those_of_what_is_not_wrong(results):
    assert {name for name, series in results.items() if not series} == EMPTY


def test_every_expression_has_a_number(results):
    """A rate of nothing is NaN: there are series, and nothing to see."""
    numbers = {
        name: [float(sample["value"][1]) for sample in series if math.isfinite(float(sample["value"][1]))]
        for name, series in results.items()
    }
    assert {name for name, values in numbers.items() if not values} == EMPTY


@pytest.mark.parametrize(
    ("name", "labels", "least", "most"),
    [
        ("EndpointFails", {"model": "price"}, 1, 1),
        ("ModelNotLoaded", {"model": "steady"}, 0, 5),
        ("LabelsRefused", {"model": "tiny"}, 0.95, 0.96),  # 20 of 21
        ("endpoint:failures:share5m", {"model": "plain"}, 0, 0),
        ("endpoint:latency:p99", {"model": "tiny"}, 0.0005, 5),
        ("Rows of a request #0", {"model": "tiny"}, 1, 2),
        ("Labels for each logged prediction, in a day #0", {"model": "tiny"}, 0.4, 0.6),
    ],
)
def test_values_are_those_of_the_requests(results, name, labels, least, most):
    [value] = [float(sample["value"][1]) for sample in results[name] if labels.items() <= sample["metric"].items()]
    assert least <= value <= most


def test_refused_requests_are_those_without_a_model(results):
    [refused] = results["EndpointRefuses"]
    assert float(refused["value"][1]) == pytest.approx(1 / 8, rel=0.2)  # of eight predictions in a round
    statuses = {sample["metric"]["status"] for sample in results["Refused before the model was known #0"]}
    assert statuses == {"404", "503"}


@pytest.mark.parametrize(
    "selector", sorted({selector for text in promql.expressions().values() for selector in promql.selectors(text)})
)
def test_every_selector_finds_series(scraped, selector):
    """Also those of alerts that do not fire: with a misspelt label, they never would."""
    series = scraped.query(selector)
    assert bool(series) == (selector != 'ALERTS{alertstate="firing"}')


def test_the_variable_of_the_dashboard_lists_the_models(scraped):
    models = scraped.get("label/model/values", **{"match[]": "capstan_requests_total"})
    assert set(models) == {"tiny", "plain", "price", "steady", "writer"}


def test_rules_are_judged_without_an_error(scraped):
    groups = scraped.get("rules")["groups"]
    judged = {rule["name"]: rule for group in groups for rule in group["rules"]}
    assert set(judged) == {rule.get("alert") or rule["record"] for rule in promql.rules()}
    assert {rule["health"] for rule in judged.values()} == {"ok"}, judged
    states = {name: rule["state"] for name, rule in judged.items() if rule["type"] == "alerting"}
    wrong = {name for name, state in states.items() if state != "inactive"}
    assert wrong == set(promql.alerts()) - EMPTY
    [alert] = [alert for alert in judged["EndpointFails"]["alerts"] if alert["labels"]["model"] == "price"]
    assert alert["annotations"]["summary"] == "price fails 100% of its requests."
    assert "capstan rollback price" in alert["annotations"]["action"]


def test_a_server_that_ends_is_down(scraped, own):
    """The last test: it ends the server."""
    own.child.terminate()
    wait_until(lambda: scraped.query(promql.alerts()["EndpointDown"]["expr"]))
    assert [sample["metric"]["instance"] for sample in scraped.query("up == 0")] == [f"127.0.0.1:{own.port}"]
