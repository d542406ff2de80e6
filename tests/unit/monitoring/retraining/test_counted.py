"""Which predictions of a trial count: clients that steer theirs decide nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from monitoring import sequential
from monitoring.retraining import counted
from serving.guards.call import Call, Kind
from serving.model.routing import choose

STATE = RolloutState("1", "2", traffic=Traffic("canary", 20), salt="a secret")
START, DAYS = datetime(2026, 3, 1, tzinfo=UTC), 28
HONEST, STEERED = 1_000, 400
CHOSEN = ("names the variant", "picks a key")
WAYS = (*CHOSEN, "learns where a row goes", "repeats a row until the variant is the one it wants")


def asked(row: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Return how the server chooses the variant of a request with a first row, as its log has it."""
    call = Call(Kind.PREDICT, headers or {})
    role = choose(call, call.headers, STATE, lambda _keys: {"x": row}, ["x"])
    return {"variant": role, "routed_by": call.routed_by}


def steered(way: str, wanted: str, name: str) -> list[dict[str, str]]:
    """Return the logged requests of a client that wants a variant to answer a row. name: of the row."""
    if way == "names the variant":
        return [asked(name, {"x-capstan-variant": wanted})]
    tries = (f"{name} {tried}" for tried in range(1000))
    if way == "picks a key":
        key = next(key for key in tries if STATE.traffic.variant(key, STATE.salt) == wanted)
        return [asked(name, {"x-capstan-key": key})]
    if way == "learns where a row goes":  # by explanations, refused requests or ones without a label
        return [asked(next(row for row in tries if asked(row)["variant"] == wanted))]
    answers = [asked(name)]
    while answers[-1]["variant"] != wanted:
        answers.append(asked(name))
    return answers


def traffic(way: str, seed: int) -> pd.DataFrame:
    """Return the log of equal models, of which a client sends the challenger easy rows and the champion hard ones."""
    chance, lines = np.random.default_rng(seed), []
    for day in range(DAYS):
        lines += [asked("") | {"day": day, "loss": loss} for loss in chance.beta(1, 4, HONEST)]
        for number, loss in enumerate(np.sort(chance.beta(1, 4, STEERED))):
            wanted = "challenger" if number < STEERED / 2 else "champion"
            lines += [line | {"day": day, "loss": loss} for line in steered(way, wanted, f"{day}/{number}")]
    return pd.DataFrame(lines)


def decision(log: pd.DataFrame) -> tuple[str, int]:
    """Return what the retraining loop decides by its daily looks, and on which day."""
    for day in range(2, DAYS + 1):
        until = log[log["day"] < day]
        gain, is_challenger = -until["loss"].to_numpy(), (until["variant"] == "challenger").to_numpy()
        look = sequential.look(sequential.daily_differences(until["day"].to_numpy(), is_challenger, gain))
        if look.decision != "wait":
            return look.decision, day
    return "wait", DAYS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_steered_requests_do_not_promote_an_equal_model(way, seed, monkeypatch):
    chance = np.random.default_rng(seed)
    monkeypatch.setattr("secrets.token_hex", lambda size: chance.bytes(size).hex())
    log = traffic(way, seed)
    if way in CHOSEN:  # what they are worth where everything counts
        assert decision(log)[0] == "promote" and decision(log)[1] <= 7
    assert decision(log[counted.drawn(log)])[0] != "promote"


def test_flood_of_one_client_counts_for_little_more_than_its_share_before():
    before = {"gateway": 0.7, "partner": 0.3}
    sizes = {"gateway": 700, "partner": 300, "flood": 50_000}
    log = pd.DataFrame(
        [
            {"client": client, "time": START + timedelta(seconds=number)}
            for client, size in sizes.items()
            for number in range(size)
        ]
    )
    counts = log[counted.within_shares(log, np.zeros(len(log)), before, extra=0.1)]["client"].value_counts()
    assert (counts["gateway"], counts["partner"]) == (700, 300) and 100 <= counts["flood"] <= 112


@pytest.mark.parametrize("client", ["", "gateway", None])
def test_only_client_is_never_held_back(client):
    log = pd.DataFrame({"client": [client] * 50, "time": [START + timedelta(seconds=n) for n in range(50)]})
    assert counted.within_shares(log, np.zeros(50), counted.shares(log), extra=0.0).all()


def test_first_rows_of_a_client_count_of_each_day():
    hours = [timedelta(hours=n) for n in (3, 1, 2, 0)] + [timedelta(days=1)]
    log = pd.DataFrame(
        {"client": ["new"] * 5 + ["old"] * 8, "time": [START + hour for hour in [*hours, *[hours[0]] * 8]]}
    )
    days = np.array([0] * 4 + [1] + [0] * 8)
    counts = counted.within_shares(log, days, {"old": 1.0}, extra=0.2)
    assert counts[:5].tolist() == [False, True, False, True, False] and counts[5:].all()


def test_predictions_logged_before_draws_were_count_for_none():
    assert not counted.drawn(pd.DataFrame({"routed_by": [None, ""]})).any()


def test_in_the_shadow_pairs_count():
    assert counted.paired(pd.DataFrame({"prediction_id": list("abca")})).tolist() == [True, False, False, True]
