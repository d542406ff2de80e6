"""Canary, shadow, promote and rollback at the running endpoint, through the command."""

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

import httpx
import pandas as pd
import pytest

from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from pipelines.flight_delay import task
from tests.integration.conftest import capstan
from tests.integration.test_deploy import version_with
from tests.support.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


@pytest.fixture(scope="module")
def flights(road) -> list[dict]:
    """300 flights as requests, of as many keys as they have."""
    return task.requests(pd.read_parquet(road["training_set"]).tail(300))


@pytest.fixture
def challenger(road) -> str:
    """A version next to the champion; afterwards the champion of the run serves alone again."""
    yield version_with(0.9)
    store.write_state("flight_delay", RolloutState(road["version"]))
    httpx.post(f"{settings().endpoint_url}/v2/repository/models/flight_delay/load", timeout=60)


def ask(client: httpx.Client, flight: dict, session: str = "") -> dict:
    url = f"{settings().endpoint_url}/v1/models/flight_delay:predict"
    reply = client.post(url, json={"instances": [flight]}, headers={"x-capstan-key": session}, timeout=30)
    return reply.raise_for_status().json()["predictions"][0]


def variants(flights: list[dict], sessions: Sequence[str] = ()) -> list[str]:
    with httpx.Client() as client:
        return [ask(client, *asked)["variant"] for asked in zip_longest(flights, sessions, fillvalue="")]


def test_canary_answers_its_share_of_requests_and_a_session_stays_with_its_variant(challenger, flights):
    done = capstan("canary", "flight_delay", "--percent", "30")
    assert done.returncode == 0, done.stderr
    assert f"version {challenger} is the canary 30 %" in done.stdout
    drawn = Counter(variants(flights * 2))
    assert 0.2 < drawn["challenger"] / drawn.total() < 0.4
    sessions = [f"session {number}" for number in range(len(flights))]
    first = variants(flights, sessions)
    assert variants(flights, sessions) == first and set(first) == {"champion", "challenger"}
    assert capstan("rollback", "flight_delay").returncode == 0
    assert set(variants(flights[:50])) == {"champion"}


def test_shadow_predicts_beside_the_champion_and_is_logged(challenger, flights, road):
    from predictions.reader import read

    assert capstan("shadow", "flight_delay").returncode == 0
    with httpx.Client() as client:
        answers = [ask(client, flight) for flight in flights[:20]]
    assert {answer["variant"] for answer in answers} == {"champion"}
    wanted = {answer["prediction_id"] for answer in answers}

    def mine():
        logged = read("flight_delay")
        return logged[logged["prediction_id"].isin(wanted)]

    wait_until(lambda: len(mine()) == 40)
    assert Counter(mine()["variant"]) == {"champion": 20, "shadow": 20}
    assert set(mine().query("variant == 'shadow'")["version"]) == {challenger}


def test_promotion_and_rollback_under_load_lose_no_request(challenger, flights, road):
    answers, failures, stop = Counter(), [], threading.Event()

    def load(number: int) -> None:
        with httpx.Client() as client:
            while not stop.is_set():
                try:
                    answers[ask(client, flights[number])["model_version"]] += 1
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    clients = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for client in clients:
        client.start()
    try:
        for command in (["canary", "flight_delay", "--percent", "50"], ["promote", "flight_delay"]):
            assert capstan(*command).returncode == 0
        assert store.read("flight_delay").champion == challenger
        time.sleep(1)
        done = capstan("rollback", "flight_delay")
        assert done.returncode == 0 and f"version {road['version']} is the champion" in done.stdout
        time.sleep(1)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert not failures
    assert answers[challenger] > 20 and answers[road["version"]] > 20


def test_person_overrules_the_gate_with_a_reason_that_the_history_keeps(challenger, road):
    for options, words in (
        (["--force"], "say which version, and why"),
        (["--version", challenger], f"Version {challenger} is not the challenger"),
        (["--version", "99", "--force", "--reason", "It is good."], "has no version 99"),
        (["--version", road["version"], "--force", "--reason", "It is good."], "is the champion already"),
    ):
        refused = capstan("promote", "flight_delay", *options, COLUMNS="200")
        assert refused.returncode and words in refused.stderr
    assert store.read("flight_delay").champion == road["version"]
    done = capstan("promote", "flight_delay", "--version", challenger, "--force", "--reason", "The gate is wrong.")
    assert done.returncode == 0 and store.read("flight_delay").champion == challenger, done.stderr
    done = capstan("rollback", "flight_delay", "--reason", "It was right.")
    assert done.returncode == 0 and store.read("flight_delay").champion == road["version"], done.stderr
    told = json.loads(capstan("history", "flight_delay", "--json").stdout)[-2:]
    assert [(event["kind"], event["version"], event["reason"]) for event in told] == [
        ("promoted", challenger, "The gate is wrong."),
        ("rolled back", challenger, "It was right."),
    ]
    assert all(event["by"] not in ("", "circle") for event in told)
