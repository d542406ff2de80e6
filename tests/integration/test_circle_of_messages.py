"""The retraining loop learns a campaign from users' labels: it retrains, and promotes what puts the campaign aside."""

from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import numpy as np
import pytest

from capstan import catalogue
from capstan.rollout import store
from capstan.services import endpoint_client
from capstan.settings import settings
from monitoring.checks.result import Check
from monitoring.retraining.steps import Steps
from monitoring.retraining.training import train
from pipelines.spam import campaigns
from tests.integration.place import Place
from tests.support.data import DATA_DIR

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
NAME, CAMPAIGN = "spam", "a parcel that waits"
DAY, PER_DAY, PLANTED = timedelta(days=1), 60, 12
ALARM = [Check("performance", "all", "alarm", 0.8, 0.9, message="performance, all: 0.8.")]


class Live:
    """The endpoint, 60 messages a day, whose labels are known after an hour, and the retraining loop."""

    def __init__(self) -> None:
        self.task = catalogue.load(NAME)
        _, test = self.task.split(self.task.load(DATA_DIR))
        self.ordinary = test["messages"].sample(frac=1, random_state=0)
        self.chance, self.today, self.sent = np.random.default_rng(0), datetime(2026, 3, 2, tzinfo=UTC), 0
        self.steps = Steps(NAME, self.task, partial(train, NAME))
        self.http = httpx.Client(base_url=settings().endpoint_url, timeout=60)

    def day(self, campaign: str = "") -> float:
        """Live through a day. Return the share of the campaign that was put aside."""
        ordinary = self.ordinary.iloc[self.sent : self.sent + PER_DAY - PLANTED]
        self.sent += len(ordinary)
        rows = list(zip(ordinary["text"], ordinary["spam"] == 1, strict=True))
        planted = [(campaigns.message(campaign, self.chance), True) for _ in range(PLANTED)] if campaign else []
        times = [(self.today + timedelta(minutes=place)).isoformat() for place in range(len(rows + planted))]
        texts = [text for text, _ in rows + planted]
        asked = [{"text": text, "received_at": moment} for text, moment in zip(texts, times, strict=True)]
        reply = self.http.post(f"/v1/models/{NAME}:predict", json={"instances": asked})
        answers = reply.raise_for_status().json()["predictions"]
        self.today += DAY
        actuals = [
            {"prediction_id": answer["prediction_id"], "label": bool(spam), "known_at": self.today.isoformat()}
            for answer, (_, spam) in zip(answers, rows + planted, strict=True)
        ]
        self.http.post(f"/v2/models/{NAME}/actuals", json={"actuals": actuals}).raise_for_status()
        return float(np.mean([answer["decision"] == "spam" for answer in answers[len(rows) :]] or [0]))

    def until_something_is_decided(self) -> list[str]:
        """Live through days with the campaign, which the champion shows, until the retraining loop decides."""
        kinds: list[str] = []
        while not kinds and self.sent < len(self.ordinary):
            assert self.day(CAMPAIGN) < 0.2
            kinds = self.step()
        return kinds

    def step(self, *checks: Check) -> list[str]:
        return [event.kind for event in self.steps.step(self.today, checks)]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("messages") / "home")
    place.environment["CAPSTAN_DATA_DIR"] = str(DATA_DIR)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        try:
            assert place("run", NAME).returncode == 0
            assert endpoint_client.reload(NAME)
            live = Live()
            yield live
            live.http.close()
        finally:
            place.clear()
    settings.cache_clear()


def test_days_without_a_campaign_start_nothing(live):
    assert [live.day() for _ in range(2)] == [0, 0] and live.step() == []


def test_a_campaign_is_shown_and_then_learned_from_its_labels(live):
    assert max(live.day(CAMPAIGN) for _ in range(3)) < 0.2
    assert live.step(*ALARM)[:2] == ["retraining", "challenger"]
    if store.read(NAME).traffic.mode != "shadow":  # days are compared, and three may be too few
        assert live.until_something_is_decided() == ["shadow"]
    assert store.read(NAME).traffic.mode == "shadow"


def test_what_learned_it_is_promoted_and_puts_the_campaign_aside(live):
    assert live.until_something_is_decided() == ["promoted"]
    assert live.day(CAMPAIGN) > 0.9
