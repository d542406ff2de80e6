"""What the console makes of snapshots, how it reads once for many, and what it refuses on a cluster."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from monitoring.checks.result import Check
from monitoring.snapshots import Snapshot
from serving.errors import Conflict
from serving.model.repository import CapstoneRepository
from serving.monitoring.checks import grouped, look, series, short
from serving.monitoring.decide import Decisions
from serving.monitoring.recent import Recent

NOON = datetime(2013, 10, 1, 12, tzinfo=UTC)
CHECKS = [
    Check("nulls", "temp", "insufficient"),
    Check("drift", "temp", "ok", 0.02, 0.1, 0.5),
    Check("drift", "wind", "alarm", 0.2, 0.1, 0.01),
    Check("drift", "gust", "alarm", 0.3, 0.1, 0.001),
    Check("roc_auc", "all", "ok", 0.75, 0.7, low=0.73, high=0.77),
    Check("profit", "origin = JFK", "insufficient"),
    Check("skew", "temp", "ok"),
    Check("service", "latency", "ok", 0.001, 0.01, low=0.0, high=0.002),
]


def test_checks_are_grouped_the_surest_alarm_first():
    groups = {name: [(check["name"], check["signal"]) for check in some] for name, some in grouped(CHECKS).items()}
    assert groups == {
        "quality": [("nulls", "temp")],
        "drift": [("drift", "gust"), ("drift", "wind"), ("drift", "temp")],
        "performance": [("roc_auc", "all"), ("profit", "origin = JFK")],  # its own metric
        "service": [("service", "latency")],
        "other": [("skew", "temp")],
    }


def test_series_have_a_point_for_each_look_that_has_a_value():
    worse = [Check("roc_auc", "all", "alarm", 0.65, 0.7, low=0.63, high=0.67)]
    days = [Snapshot(NOON, "1", 10, 5, CHECKS), Snapshot(NOON + timedelta(days=1), "1", 20, 15, worse)]
    [line] = series(map(look, days))
    assert (line["name"], line["signal"], line["threshold"]) == ("roc_auc", "all", 0.7)
    assert [(point["value"], point["low"], point["alarm"]) for point in line["points"]] == [
        (0.75, 0.73, False), (0.65, 0.63, True),
    ]  # fmt: skip
    assert short(days[0]) == {
        "at": "2013-10-01T12:00:00+00:00", "version": "1", "predictions": 10, "labels": 5,
        "checks": 8, "alarms": 2, "insufficient": 2,
    }  # fmt: skip


def test_those_who_ask_at_the_same_time_or_soon_after_share_an_answer():
    calls = []

    def work() -> int:
        calls.append(threading.current_thread().name)
        time.sleep(0.1)
        return len(calls)

    async def ask() -> None:
        recent = Recent(seconds=0.3)
        assert await asyncio.gather(*(recent.get("a", work) for _ in range(50))) == [1] * 50
        assert await recent.get("a", work) == 1 and await recent.get("b", work) == 2
        recent.forget()
        assert await recent.get("a", work) == 3
        await asyncio.sleep(0.35)
        assert await recent.get("a", work) == 4

    asyncio.run(ask())
    assert all(name.startswith("console") for name in calls)


def test_who_leaves_does_not_take_the_answer_from_others():
    async def ask() -> None:
        recent = Recent()
        first = asyncio.create_task(recent.get("a", lambda: time.sleep(0.2) or "found"))
        second = asyncio.create_task(recent.get("a", lambda: "another"))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == "found"

    asyncio.run(ask())


def test_an_error_is_told_to_all_and_tried_again_later():
    tries = []

    def work() -> None:
        tries.append(1)
        raise CapstanError("It is away.")

    async def ask() -> None:
        recent = Recent(seconds=0.1)
        for _ in range(3):
            with pytest.raises(CapstanError, match="It is away"):
                await recent.get("a", work)
        assert len(tries) == 1
        await asyncio.sleep(0.15)
        with pytest.raises(CapstanError):
            await recent.get("a", work)
        assert len(tries) == 2

    asyncio.run(ask())


@pytest.mark.parametrize("verb", ["promote", "rollback"])
def test_a_pod_names_the_command_that_changes_a_roll_out(home, monkeypatch, verb):
    decisions = Decisions(CapstoneRepository())
    monkeypatch.setenv("CAPSTAN_PROFILE", "cluster")
    settings.cache_clear()
    with pytest.raises(Conflict, match=f"`capstan --profile cluster {verb} plain --reason 'It'\"'\"'s better'`"):
        asyncio.run(decisions.take("plain", verb, "It's better", "olga", {}))
