"""The service level of the real server, judged by its own counters."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psutil
import pytest

from capstan.contract.checks import Checks, Service
from capstan.settings import settings
from monitoring import service
from monitoring.checks.result import Check
from monitoring.checks.service import SIGNALS
from monitoring.readings import readings
from tests.small_capstones.models import Answers
from tests.support.processes import free_port

GOOD, BURST = 60, 40


@pytest.fixture
def look(server, tmp_path, monkeypatch) -> Iterator:
    """Look at an endpoint of the server; the readings of a test are its own."""
    monkeypatch.setenv("CAPSTAN_PREDICTIONS_DIR", str(tmp_path))
    monkeypatch.setenv("CAPSTAN_ENDPOINT_URL", server.url)
    settings.cache_clear()

    def look(name: str = "plain", latency_seconds: float = 10) -> dict[str, Check]:
        task = SimpleNamespace(CHECKS=Checks())
        task.CHECKS = Checks(service=Service(latency_seconds=latency_seconds))
        return {check.signal: check for check in service.check(name, task, datetime.now(UTC))}

    yield look
    settings.cache_clear()


def ask(server, times: int, name: str = "plain", status: int = 200, **row: float) -> None:
    for _ in range(times):
        assert server.predict(row or {"x": 1.0}, name=name).status_code == status


def verdicts(checks: dict[str, Check]) -> dict[str, str]:
    return {signal: check.verdict for signal, check in checks.items()}


def test_answered_requests_are_ok(server, look, tmp_path):
    first = look()
    assert (tmp_path / "circle.db").exists()
    assert verdicts(first) == {
        "availability": "ok",
        "latency": "insufficient",
        "errors": "insufficient",
        "refused": "insufficient",
        "volume": "insufficient",
    }
    ask(server, GOOD)
    ask(server, GOOD, status=400, x="no number")
    checks = look()
    assert verdicts(checks) == verdicts(first) | {"latency": "ok", "errors": "ok", "refused": "alarm"}
    assert checks["refused"].message.startswith(f"{GOOD} of {2 * GOOD} requests were refused (4xx): 50.00%")
    assert checks["errors"].message.startswith(f"0 of {GOOD} requests failed (5xx)")
    assert checks["latency"].message.startswith(f"0 of {GOOD} answered requests took more than 10 s")
    assert verdicts(look())["errors"] == "insufficient"  # nobody has asked since


def test_a_process_is_known_by_its_start(server, look):
    look()
    [process] = readings().before("plain", datetime.now(UTC), 1)[0].processes
    assert float(process) == pytest.approx(psutil.Process(server.child.pid).create_time(), abs=2)


def test_answers_slower_than_promised_alarm(server, look):
    look()
    ask(server, GOOD)
    checks = look(latency_seconds=0)
    [slow] = [signal for signal, verdict in verdicts(checks).items() if verdict == "alarm"]
    assert slow == "latency"
    assert checks["latency"].statistic == 1


def fail_above_100(columns) -> dict:
    """Return the inputs as prices, but no number for large ones: the server answers 500."""
    return {"price": [area if area <= 100 else math.nan for area in columns["area"]]}


def test_a_model_that_fails_alarms(server, mlflow, look):
    mlflow.roles("price", champion=mlflow.register("price", model=Answers({"area": "double"}, fail_above_100)))
    try:
        assert server.load("price").status_code == 200
        look("price")
        ask(server, GOOD, "price", area=50.0)
        assert verdicts(look("price"))["errors"] == "ok"
        ask(server, GOOD, "price", area=50.0)
        ask(server, BURST, "price", 500, area=500.0)
        checks = look("price")
        assert verdicts(checks) | {"volume": ""} == {
            "availability": "ok",
            "latency": "ok",
            "errors": "alarm",
            "refused": "ok",
            "volume": "",
        }
        assert checks["errors"].statistic == BURST / (GOOD + BURST)
        assert checks["errors"].message.startswith(f"{BURST} of {GOOD + BURST} requests failed (5xx): 40.00%")
    finally:
        mlflow.roles("price")
        server.load("price")


def test_predictions_that_fall_off_alarm(server, look):
    """Nine looks, an hour apart by their own clock; nobody asks before the last one."""
    start = datetime.now(UTC) - timedelta(hours=12)
    task = SimpleNamespace(CHECKS=Checks())
    for hour in range(9):
        service.check("plain", task, start + timedelta(hours=hour))
        ask(server, 30)
    [*_, usual] = service.check("plain", task, start + timedelta(hours=9))
    assert (usual.signal, usual.verdict, usual.statistic) == ("volume", "ok", 1)
    [*_, silent] = service.check("plain", task, start + timedelta(hours=10))
    assert (silent.signal, silent.verdict, silent.statistic) == ("volume", "alarm", 0)


def test_an_endpoint_that_does_not_answer_alarms(server, look, monkeypatch):
    look()
    monkeypatch.setenv("CAPSTAN_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    settings.cache_clear()
    away = look()
    assert verdicts(away) == {"availability": "alarm"} | dict.fromkeys(SIGNALS, "insufficient")
    assert "The endpoint does not answer at http://127.0.0.1:" in away["availability"].message
    assert "capstan up" in away["availability"].message
    monkeypatch.setenv("CAPSTAN_ENDPOINT_URL", server.url)
    settings.cache_clear()
    ask(server, GOOD)
    assert verdicts(look())["errors"] == "ok"  # since the monitoring run before that


def test_something_else_at_the_address_alarms(mlflow, look, monkeypatch):
    monkeypatch.setenv("CAPSTAN_ENDPOINT_URL", mlflow.url)
    settings.cache_clear()
    assert verdicts(look())["availability"] == "alarm"
