"""Deployment: a version gets requests only once it has answered as the candidate; until then the champion stays."""

from pathlib import Path

import httpx
import pandas as pd
import pytest

from capstan.data.files import write_tables
from capstan.errors import CapstanError
from capstan.rollout import commands, store
from capstan.settings import settings
from capstan.versions import registry
from components.deploy.core import deploy
from models.trees.booster import CalibratedBooster
from pipelines.flight_delay import task
from tests.support import versions

pytestmark = pytest.mark.slow


def version_with(slope: float, **tags: str) -> str:
    """Register the champion's model with another slope of its calibration; return the new version."""
    own = registry.load_version("flight_delay", store.read("flight_delay").champion).model
    changed = CalibratedBooster(own.booster, list(own.inputs), own.categories, slope, own.intercept)
    return versions.register("flight_delay", changed, slope=str(slope), **tags)


def ask(rows: pd.DataFrame) -> dict:
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    reply = httpx.post(url, json={"instances": task.requests(rows)}, timeout=30)
    return reply.raise_for_status().json()["predictions"][0]


@pytest.fixture
def flight(road) -> pd.DataFrame:
    return pd.read_parquet(road["training_set"]).tail(1)


@pytest.fixture
def try_version(flight, tmp_path):
    """Deploy a version as the step does; return its report."""
    write_tables({"flights": flight}, tmp_path / "test")
    report = tmp_path / "report.md"

    def run(version: str, canary: float = 0, champion: str | None = None) -> str:
        deploy("flight_delay", version, str(tmp_path / "test"), str(report), canary, champion)
        return Path(report).read_text()

    return run


def test_version_that_does_not_answer_leaves_the_champion(flight, try_version):
    before, state = ask(flight), store.read("flight_delay")
    broken = version_with(float("nan"))
    with pytest.raises(CapstanError, match="endpoint answered 500"):
        try_version(broken)
    after = store.read("flight_delay")
    assert (after.champion, after.challenger, after.candidate) == (state.champion, "", "")
    assert versions.find("flight_delay", {"slope": "nan", "deployment": "failed"}).version == broken
    answer = ask(flight)
    assert (answer["model_version"], answer["probability"]) == (before["model_version"], before["probability"])


def test_version_that_answers_becomes_champion_and_can_be_replaced(flight, try_version):
    before = ask(flight)
    flatter = version_with(0.5)
    assert f"Version {flatter} is the champion." in try_version(flatter)
    assert store.read("flight_delay").previous == before["model_version"]
    after = ask(flight)
    assert after["model_version"] == flatter
    assert abs(after["probability"] - 0.5) < abs(before["probability"] - 0.5)
    try_version(before["model_version"])
    assert ask(flight)["probability"] == before["probability"]


def test_version_that_was_compared_with_another_champion_is_refused_unless_it_serves_already(flight, try_version):
    """Of two runs next to each other, the second would replace a champion that its gate has not seen."""
    before = store.read("flight_delay")
    newer = version_with(0.6)
    for judged_against in ("", "99999"):
        with pytest.raises(
            CapstanError, match=f"version {before.champion} is the champion now .* Run the pipeline again"
        ):
            try_version(newer, champion=judged_against)
    assert store.read("flight_delay") == before
    try_version(newer, champion=before.champion)
    try_version(newer, champion=before.champion)  # the step again, such as after a kill
    assert store.read("flight_delay").champion == newer
    try_version(before.champion)


def test_deployment_during_a_canary_is_refused_and_changes_nothing(flight, try_version):
    """The new version used to become the challenger, and to get the canary's requests before it was tried."""
    challenger, newer = version_with(0.9), version_with(0.8)
    commands.split("flight_delay", commands.Traffic("canary", 10), challenger)
    try:
        state = store.read("flight_delay")
        with pytest.raises(CapstanError, match=f"version {challenger} is the challenger"):
            try_version(newer)
        assert store.read("flight_delay") == state
    finally:
        commands.rollback("flight_delay")


def test_canary_deployment_gives_the_new_version_its_share_and_ends_there(flight, try_version):
    before = store.read("flight_delay")
    newer = version_with(0.7)
    assert f"Version {newer} is the challenger of version {before.champion}" in try_version(newer, canary=10)
    try:
        state = store.read("flight_delay")
        assert (state.champion, state.challenger, state.candidate) == (before.champion, newer, "")
        assert state.traffic.describe() == "canary 10 %"
        # As a step whose pod is lost at its end, and that is tried again.
        assert f"Version {newer} is the challenger already." in try_version(newer, canary=10)
        assert store.read("flight_delay") == state
        for canary in (0, 20):
            with pytest.raises(CapstanError, match="A roll-out of flight_delay is under way"):
                try_version(newer, canary=canary)
    finally:
        commands.rollback("flight_delay")


def test_champion_that_cannot_be_loaded_is_replaced_and_that_is_said(flight, try_version, road):
    """A champion whose source no longer runs: the endpoint cannot load it, and must not lock deployment."""
    champion = store.read("flight_delay").champion
    lost = versions.edit_source("flight_delay", champion, lambda text: text + "\nraise RuntimeError('too old')\n")
    state = store.read("flight_delay")
    store.write_state("flight_delay", type(state)(champion=lost))
    try:
        report = try_version(champion)
        assert f"It replaces version {lost}, which cannot be loaded" in report and "too old" in report
        assert ask(flight)["model_version"] == champion
    finally:
        store.write_state("flight_delay", type(state)(champion=champion))
