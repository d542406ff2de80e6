"""The retraining loop on the cluster: one coin goes from a shift to a promoted version, another to a roll-back.

Everything is known about a coin. Both come in their own image, which is made of the cluster's, and under new
names, so that the history of earlier ones does not count. Their first version reads one of three numbers. In October
the second one reads two; from November on it reads all, and is broken online. Both circles run at the same time.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.e2e import kube
from tests.e2e.own_image import with_capstones
from tests.small_capstones.loop.coin import task
from tests.support.processes import ROOT

pytestmark = [pytest.mark.rotating, pytest.mark.beside, pytest.mark.timeout(1200)]
COIN = ROOT / "tests" / "small_capstones" / "loop" / "coin"
DAY, WARNED, CANARY = timedelta(days=1), 8, 8  # days
PER_DAY, PER_REQUEST = 300, 10
SHIFTED = [0, 2, 2.5]  # the only number that the first version reads says nothing any more


class Coin:
    """A coin's endpoint and its traffic, and the command that sees the capstone."""

    def __init__(self, name: str, today: datetime, image: str, capstones: Path, services):
        self.name, self.today, self.bearer = name, today, services.bearer
        self.environment = {"CAPSTAN_IMAGE": image, "CAPSTAN_CAPSTONES": str(capstones)}
        self.labels = capstones.with_name(f"{name}.jsonl")
        self.chance = np.random.default_rng(1)
        self.seen = 0  # events

    def __call__(self, *arguments: str) -> dict | list:
        return kube.answer(*arguments, **self.environment)

    def look(self) -> list[dict]:
        """Look and act as of today; return what was decided. A day's predictions are complete at its end."""
        self("monitor", self.name, "--as-of", self.today.isoformat(), "--hours", "240", "--circle")
        return self.decided()

    def decided(self) -> list[dict]:
        """Return the events since the last call."""
        events = self("history", self.name)
        new, self.seen = events[self.seen :], len(events)
        return new

    def live(self, days: int, weights: list[float], rows: int = PER_REQUEST) -> set[str]:
        """Live through some days of coins, each with its label an hour later; return who answered. No request fails."""
        versions, labels = set(), []
        with (
            kube.forward(f"svc/{self.name}-predictor", 80) as port,
            httpx.Client(headers=self.bearer, timeout=30) as http,
        ):
            url = f"http://127.0.0.1:{port}/v1/models/{self.name}:predict"
            for _ in range(days):
                numbers = self.chance.normal(size=(PER_DAY, 3))
                heads = task.sides(numbers, self.chance, weights)
                times = [self.today + timedelta(minutes=number) for number in range(PER_DAY)]
                for start in range(0, PER_DAY, rows):
                    part = slice(start, start + rows)
                    asked = [
                        dict(zip(task.NUMBERS, row, strict=True)) | {"at": moment.isoformat()}
                        for row, moment in zip(numbers[part], times[part], strict=True)
                    ]
                    reply = http.post(url, json={"instances": asked}).raise_for_status()
                    for answer, side, moment in zip(reply.json()["predictions"], heads[part], times[part], strict=True):
                        versions.add(answer["model_version"])
                        known = (moment + timedelta(hours=1)).isoformat()
                        labels.append(
                            {"prediction_id": answer["prediction_id"], "label": bool(side), "known_at": known}
                        )
                self.today += DAY
        self.labels.write_text("".join(f"{json.dumps(row)}\n" for row in labels))
        sent = self("labels", "load", self.name, str(self.labels))
        assert sent["accepted"] == len(labels), sent
        return versions


@pytest.fixture(scope="module")
def capstones(tmp_path_factory) -> Path:
    """A folder with two coins, under new names."""
    folder = tmp_path_factory.mktemp("circle") / "capstones"
    for _ in range(2):
        shutil.copytree(COIN, folder / f"coin{uuid.uuid4().hex[:8]}")
    return folder


@pytest.fixture(scope="module")
def image(cluster, capstones, tmp_path_factory) -> Iterator[str]:
    """The cluster's image with the coins in it, as a user adds their own capstones."""
    with with_capstones(cluster, capstones, tmp_path_factory.mktemp("image")) as name:
        yield name


@pytest.fixture(scope="module")
def coins(image, capstones, services) -> list[Coin]:
    """A coin in October and one in November, served by their first versions."""
    days = (datetime(2013, 10, 4, tzinfo=UTC), datetime(2013, 11, 4, tzinfo=UTC))
    coins = [
        Coin(folder.name, day, image, capstones, services)
        for folder, day in zip(capstones.iterdir(), days, strict=True)
    ]
    with ThreadPoolExecutor() as both:
        for ran in both.map(lambda coin: coin("run", coin.name), coins):
            assert (ran["verdict"], ran["version"]) == ("accepted", "1")
        yield coins
        list(both.map(lambda coin: coin("retire", coin.name, "--yes"), coins))


@pytest.fixture(scope="module")
def circles(coins) -> dict[Callable, Future]:
    """What becomes of each coin."""
    with ThreadPoolExecutor() as both:
        yield {what: both.submit(what, coin) for what, coin in zip((promoted, rolled_back), coins, strict=True)}


def retrained(coin: Coin) -> None:
    """Live through a shift: it alarms, and what is trained then becomes a canary."""
    coin.decided()
    assert coin.live(WARNED, SHIFTED) == {"1"}
    kinds = [event["kind"] for event in coin.look()]
    assert kinds[0] == "alert"
    assert [kind for kind in kinds if kind != "alert"] == ["retraining", "challenger", "canary"]


def promoted(coin: Coin) -> None:
    retrained(coin)
    assert coin.live(CANARY, SHIFTED) == {"1", "2"}
    assert "promoted" in [event["kind"] for event in coin.look()]
    assert coin.live(1, SHIFTED) == {"2"}


def rolled_back(coin: Coin) -> None:
    """The new version is right about many rows at once, as in the comparison, and wrong about one."""
    retrained(coin)
    assert coin.live(CANARY, SHIFTED, rows=1) == {"1", "2"}
    last = coin.look()[-1]
    assert (last["kind"], last["version"]) == ("rolled back", "2")
    assert coin.live(1, SHIFTED) == {"1"}


def test_shift_leads_to_a_promoted_version(circles):
    circles[promoted].result()


def test_version_that_is_broken_online_is_rolled_back(circles):
    circles[rolled_back].result()
