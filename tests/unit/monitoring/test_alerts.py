"""Alerts: once per condition, to real webhooks, of which one may be dead; addresses stay secret."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from capstan.settings import settings
from monitoring.alerts import DELIVERIES, GIVE_UP, Alerts, Condition, digest, webhooks
from monitoring.webhooks import Sender, deliver
from tests.support.processes import free_port, wait_until
from tests.support.webhook import Webhook, running

NOON = datetime(2013, 10, 1, 12, tzinfo=UTC)
DRIFT = Condition("drift: dep_time", NOON - timedelta(days=2), "dep_time has drifted", link="http://127.0.0.1/report")
SLOW = Condition("latency", NOON, "slow", "critical")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running() as server:
        yield server


@pytest.fixture
def alerts(tmp_path) -> Alerts:
    return Alerts(f"sqlite:///{tmp_path}/circle.db")


def names(conditions) -> list[str]:
    return [condition.name for condition in conditions]


def test_condition_alerts_once_until_it_has_cleared(alerts):
    def at(day: int, *conditions: Condition) -> tuple[list[str], list[str]]:
        new, cleared = alerts.report("flights", conditions, NOON + timedelta(days=day))
        return names(new), cleared

    assert at(0, DRIFT) == (["drift: dep_time"], [])
    assert at(1, DRIFT, SLOW) == (["latency"], [])
    assert at(2, SLOW) == ([], ["drift: dep_time"])
    assert at(3, DRIFT, SLOW) == (["drift: dep_time"], [])
    assert at(4) == ([], ["drift: dep_time", "latency"])
    listed = alerts.alerts("flights")
    assert names(alert.condition for alert in listed) == ["drift: dep_time", "latency", "drift: dep_time"]
    assert listed[-1].condition == DRIFT
    assert [alert.cleared_at - alert.opened_at for alert in listed] == [timedelta(days=n) for n in (1, 3, 2)]
    assert alerts.alerts("flights", open_only=True) == []


def test_what_does_not_last_alerts_once_by_its_name_and_has_cleared_at_once(alerts, webhook):
    jump = Condition("event 7", NOON, "a value was unusual")
    reported = [alerts.report_once("flights", jump, NOON, [digest(webhook.address)]) for _ in range(2)]
    assert reported == [True, False] and alerts.report("flights", [], NOON) == ([], [])
    [alert] = alerts.alerts("flights")
    assert alert.condition == jump and alert.opened_at == alert.cleared_at == NOON and alert.waiting == 1
    assert deliver(alerts, {digest(webhook.address): webhook.address}) == 1
    assert "a value was unusual" in webhook.bodies[0]["message"]


def test_capstones_do_not_clear_each_other(alerts):
    alerts.report("flights", [DRIFT], NOON)
    alerts.report("loans", [], NOON)
    assert names(alert.condition for alert in alerts.alerts("flights", open_only=True)) == ["drift: dep_time"]


def test_webhook_is_told_what_since_when_how_bad_and_where(alerts, webhook):
    addresses = {digest(webhook.address): webhook.address}
    alerts.report("flights", [DRIFT], NOON, addresses)
    assert deliver(alerts, addresses) == 1
    [body] = webhook.bodies
    assert body["title"] == "flights: drift: dep_time" and body["type"] == "warning"
    assert body["message"].splitlines() == [
        "dep_time has drifted",
        "Since 2013-09-29 12:00 UTC, warning.",
        "http://127.0.0.1/report",
    ]
    assert deliver(alerts, addresses) == 0 and len(webhook.bodies) == 1


@pytest.mark.slow
def test_dead_webhook_delays_nothing_and_gets_it_later(alerts, webhook, monkeypatch):
    monkeypatch.setattr("monitoring.alerts.FIRST", timedelta(seconds=0.2))
    dead = f"json://127.0.0.1:{free_port()}"
    webhook.status = 503
    addresses = {digest(address): address for address in (dead, webhook.address)}
    with Sender(alerts, addresses):
        alerts.report("flights", [DRIFT], NOON, addresses)
        wait_until(lambda: min(tries(alerts).values()) >= 2)
        [alert] = alerts.alerts("flights")
        assert alert.waiting == 2
        webhook.status = 200
        wait_until(lambda: webhook.bodies)
        wait_until(lambda: alerts.alerts("flights")[0].waiting == 1)
    assert len(webhook.bodies) == 1


def tries(alerts: Alerts) -> dict[str, int]:
    return {row.webhook: row.tries for row in alerts.rows(select(DELIVERIES))}


@pytest.mark.slow
def test_waits_grow_and_end(alerts):
    alerts.report("flights", [DRIFT], NOON, ["none"])
    now, waits = datetime.now(UTC), []
    while len(waits) < 100 and (alerts.alerts("flights")[0].waiting):
        before = now
        while not alerts.due(now):
            now += timedelta(seconds=15)
        waits.append(now - before)
    assert waits[:5] == sorted(waits[:5]) and waits[4] > 4 * waits[1]
    assert max(waits) <= timedelta(hours=1, seconds=15) and sum(waits, timedelta()) > GIVE_UP
    assert alerts.alerts("flights")[0].lost == 1


def test_secrets_of_an_address_are_nowhere(alerts, webhook, caplog, tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSTAN_WEBHOOKS", f"{webhook.address}\njson://geheim@127.0.0.1:{free_port()}")
    settings.cache_clear()
    try:
        addresses = webhooks()
        assert "geheim" not in repr(settings())
    finally:
        monkeypatch.delenv("CAPSTAN_WEBHOOKS")
        settings.cache_clear()
    with caplog.at_level(logging.DEBUG):
        alerts.report("flights", [DRIFT], NOON, addresses)
        assert deliver(alerts, addresses) == 1
    assert "has not reached a webhook" in caplog.text
    ours = [record for record in caplog.records if record.name in ("monitoring", "apprise")]
    assert ours and "geheim" not in " ".join(record.getMessage() for record in ours)
    assert b"geheim" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("address", ["nonsense", "unknown://127.0.0.1", ""])
def test_address_that_apprise_does_not_know_is_no_end(address, alerts):
    addresses = {digest(address): address}
    alerts.report("flights", [DRIFT], NOON, addresses)
    assert deliver(alerts, addresses) == 0
