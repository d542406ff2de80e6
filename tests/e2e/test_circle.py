"""The circle on the cluster: from a shift to a promoted version, and from the next shift to a roll-back.

Everything is known about the capstone, a coin. It comes in an image of its own, which is made of the cluster's, and
under a new name, so that the history of an earlier one does not count. Its first version reads one of three numbers,
the second two, and the third is broken online.
"""

import json
import shutil
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.e2e import kube
from tests.support.circle.coin import task
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow
COIN = ROOT / "tests" / "support" / "circle" / "coin"
FIRST, DAY, WARNED, CANARY = datetime(2013, 10, 4, tzinfo=UTC), timedelta(days=1), 8, 12
PER_DAY, PER_REQUEST = 300, 10
DOCKERFILE = """FROM {base}
COPY . /opt/capstones
ENV CAPSTAN_CAPSTONES=/opt/capstones CAPSTAN_IMAGE={image}
"""


class Coin:
    """The coin's endpoint and its traffic, and the command that sees the capstone."""

    def __init__(self, name: str, image: str, capstones: Path, services):
        self.name, self.bearer = name, services.bearer
        self.environment = {"CAPSTAN_IMAGE": image, "CAPSTAN_CAPSTONES": str(capstones)}
        self.labels = capstones.with_suffix(".jsonl")
        self.today, self.chance = FIRST, np.random.default_rng(1)
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
                        dict(zip(task.NUMBERS, row, strict=True)) | {"at": at.isoformat()}
                        for row, at in zip(numbers[part], times[part], strict=True)
                    ]
                    key = {"x-capstan-key": times[start].isoformat()}
                    reply = http.post(url, json={"instances": asked}, headers=key).raise_for_status()
                    for answer, side, at in zip(reply.json()["predictions"], heads[part], times[part], strict=True):
                        versions.add(answer["model_version"])
                        known = (at + timedelta(hours=1)).isoformat()
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
    """A folder with the coin, under a new name."""
    folder = tmp_path_factory.mktemp("circle") / "capstones"
    shutil.copytree(COIN, folder / f"coin{uuid.uuid4().hex[:8]}")
    return folder


@pytest.fixture(scope="module")
def image(cluster, capstones, tmp_path_factory) -> str:
    """The cluster's image with the coin in it, as a user adds a capstone of their own."""
    [coin] = capstones.iterdir()
    name = f"{cluster.rpartition(':')[0]}:{coin.name}"
    file = tmp_path_factory.mktemp("image") / "Dockerfile"
    file.write_text(DOCKERFILE.format(base=cluster, image=name))
    subprocess.run(["docker", "build", f"--file={file}", f"--tag={name}", capstones], check=True, capture_output=True)
    command = kube.ENVIRONMENT["CAPSTAN_IMAGE_COMMAND"].split()
    subprocess.run([*command, name], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "image", "rm", name], check=True, capture_output=True)


@pytest.fixture(scope="module")
def coin(image, capstones, services) -> Coin:
    """The coin, served by its first version."""
    [folder] = capstones.iterdir()
    coin = Coin(folder.name, image, capstones, services)
    ran = coin("run", coin.name)
    assert (ran["verdict"], ran["version"]) == ("accepted", "1")
    coin.decided()
    yield coin
    coin("retire", coin.name, "--yes")


def test_shift_leads_to_a_promoted_version(coin):
    shifted = [0, 2, 2.5]  # the only number that the champion reads says nothing any more
    assert coin.live(WARNED, shifted) == {"1"}
    events = coin.look()
    assert [event["kind"] for event in events if event["kind"] != "alert"] == ["retraining", "challenger", "canary"]
    assert events[0]["kind"] == "alert"
    assert coin.live(CANARY, shifted) == {"1", "2"}
    assert "promoted" in [event["kind"] for event in coin.look()]
    assert coin.live(1, shifted) == {"2"}


def test_version_that_is_broken_online_is_rolled_back(coin):
    shifted = [0, 0, 2.5]
    assert coin.live(WARNED, shifted) == {"2"}
    kinds = [event["kind"] for event in coin.look()]
    assert [kind for kind in kinds if kind not in ("alert", "cleared")] == ["retraining", "challenger", "canary"]
    assert coin.live(CANARY, shifted, rows=1) == {"2", "3"}
    last = coin.look()[-1]
    assert (last["kind"], last["version"]) == ("rolled back", "3")
    assert coin.live(1, shifted) == {"2"}
