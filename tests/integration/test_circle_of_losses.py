"""The retraining loop of a forecast, judged by its own loss, with one forecast a day and a challenger in the shadow.

The champion knows Victoria's summer alone; the challenger has seen the winter as well.
"""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from capstan import catalogue
from capstan.data.files import read_tables, write_tables
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.services import endpoint_client
from capstan.settings import settings
from components.build_features.core import build_features
from components.materialize.core import materialize
from models.forecasting.windows import between
from monitoring.checks.result import Check
from monitoring.history import history
from monitoring.retraining.steps import Steps
from pipelines.demand_forecast.cuts import cut
from pipelines.demand_forecast.requests import request, rounded
from tests.integration.place import Place
from tests.support import versions

pytestmark = [pytest.mark.rotating, pytest.mark.slow]
NAME = "demand_forecast"
SUMMER, WINTER, DAY = "2014-05-15T00:00:00+10:00", "2014-09-15T00:00:00+10:00", timedelta(days=1)
ALARM = [Check("mae", "all", "alarm", 0.4, 0.2, message="mae, all: 0.4.")]


class Live:
    """The endpoint of the forecast, one request and one label a day, and its circle."""

    def __init__(self, written: str):
        self.task = catalogue.load(NAME)
        self.training_set = read_tables(written)
        half_hours = self.task.load(None)["half_hours"]
        self.windows = between(cut(half_hours), "2014-08-18", "2014-12-20").blind()
        self.steps, self.trained = Steps(NAME, self.task, self.train), []
        self.days, self.today = 0, self.windows.start[0].to_pydatetime()
        self.http = httpx.Client(base_url=settings().endpoint_url, timeout=30)

    def model(self, until: str):
        past, _ = self.task.split(self.training_set, until=until, test_days=56)
        return self.task.train(past, forecaster="ridge")

    def train(self, parameters: dict) -> tuple[str, str]:
        """Train as the pipeline would, without its gate, which the retraining loop of the coin goes through."""
        self.trained.append(parameters)
        return versions.register(NAME, self.model(parameters["until"]), verdict="accepted"), "accepted"

    def day(self) -> str:
        """Live through a day: a forecast at its start, its demand at its end. Return which version answered."""
        window = self.windows[[self.days]]
        asked = {"instances": [request(window)]}
        reply = self.http.post(f"/v1/models/{NAME}:predict", json=asked)
        [answer] = reply.raise_for_status().json()["predictions"]
        known = self.today + DAY
        label = {"prediction_id": answer["prediction_id"], "label": rounded(window.truth[0])}
        actuals = {"actuals": [label | {"known_at": known.isoformat()}]}
        self.http.post(f"/v2/models/{NAME}/actuals", json=actuals).raise_for_status()
        self.days, self.today = self.days + 1, known
        return answer["model_version"]

    def step(self, *checks: Check) -> list[str]:
        return [event.kind for event in self.steps.step(self.today, checks)]


def known(folder: Path) -> str:
    """Write what is known of each day to the online store. Return the folder of the training set."""
    tables, features, training_set = (str(folder / part) for part in ("tables", "features", "training_set"))
    write_tables(catalogue.load(NAME).load(None), tables)
    build_features(NAME, tables, features, training_set, str(folder / "counts"))
    materialize(NAME, features, training_set)
    return training_set


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("losses") / "home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        settings.cache_clear()
        try:
            assert place("up").returncode == 0
            live = Live(known(tmp_path_factory.mktemp("features")))
            champion = versions.register(NAME, live.model(SUMMER), verdict="accepted")
            store.write_state(NAME, RolloutState(champion=champion))
            [loaded] = endpoint_client.reload(NAME)
            assert loaded["variants"] == {"champion": "1"}
            yield live
            live.http.close()
        finally:
            place.clear()
    settings.cache_clear()


def test_too_few_labels_start_nothing(live):
    for _ in range(10):
        live.day()
    assert live.step(*ALARM) == []


def test_a_challenger_with_a_lower_loss_predicts_in_the_shadow(live):
    while live.today < datetime.fromisoformat(WINTER):
        live.day()
    assert live.step(*ALARM) == ["retraining", "challenger", "shadow"]
    assert [pd.Timestamp(training["until"]) for training in live.trained] == [pd.Timestamp(live.today)]
    shadow = history().events(NAME)[-1]
    assert shadow.evidence["high"] < 0 and shadow.evidence["rows"] == live.days
    assert "Mean loss" in shadow.reason and store.read(NAME).traffic.mode == "shadow"


def test_the_losses_are_those_of_the_forecasts(live):
    """The mean of the champion's days, as the retraining loop has it, is the pinball loss of what was forecast."""
    from models.metrics import regression
    from monitoring.retraining import rows
    from pipelines.demand_forecast.task import LEVELS

    recent = rows.read(NAME, live.task, live.windows.start[0].to_pydatetime(), live.today, {"champion": "1"})
    told = np.array([answer["quantiles"] for answer in recent.log["prediction"]])
    truth = np.array([rounded(day) for day in live.windows.truth[: live.days]])
    assert recent.losses.mean() == pytest.approx(regression.pinball(truth, told, LEVELS))


def test_it_is_promoted_by_days_that_both_forecast(live):
    kinds: list[str] = []
    while not kinds and live.days < 60:
        assert live.day() == "1"  # a shadow answers nobody
        kinds = live.step()
    assert kinds == ["promoted"] and live.day() == "2"
    promoted = history().events(NAME)[-1]
    assert (
        promoted.evidence["low"] > -live.steps.rule.harm and promoted.evidence["rows"] == 2 * promoted.evidence["days"]
    )
