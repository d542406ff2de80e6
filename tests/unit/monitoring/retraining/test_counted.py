"""Which predictions of a trial count: clients that steer theirs decide nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from capstan.rollout.traffic import Traffic, draw_id
from monitoring import sequential
from monitoring.retraining import counted

TRAFFIC, SALT, START, DAYS = Traffic("canary", 20), "a secret", datetime(2026, 3, 1, tzinfo=UTC), 28
HONEST, STEERED = 1_000, 400
WAYS = ("names the variant", "picks a key", "repeats what it knows")


def request(key: str, day: int, loss: float, client: str, routed_by: str = "draw", variant: str = "") -> dict:
    """Return a line of the log, as the server writes it, and how wrong the answer was."""
    return {
        "prediction_id": key,
        "time": START + timedelta(days=day, milliseconds=int(1e6 * loss)),
        "day": day,
        "variant": variant or TRAFFIC.variant(key, SALT),
        "routed_by": routed_by,
        "draw": draw_id(key, SALT) if routed_by == "draw" else "",
        "client": client,
        "loss": loss,
    }


def traffic(way: str, seed: int) -> pd.DataFrame:
    """Return the log of equal models, of which a client sends the challenger easy rows and the champion hard ones."""
    chance, lines = np.random.default_rng(seed), []
    for day in range(DAYS):
        lines += [request(f"{day}/{n}", day, loss, "honest") for n, loss in enumerate(chance.beta(1, 4, HONEST))]
        for number, loss in enumerate(np.sort(chance.beta(1, 4, STEERED))):
            wanted = "challenger" if number < STEERED / 2 else "champion"
            if way == "names the variant":
                lines.append(request(f"{day}/steered {number}", day, loss, "steers", "name", wanted))
                continue
            picked = (f"{way} {wanted} {tried}" for tried in range(1000))
            key = next(key for key in picked if TRAFFIC.variant(key, SALT) == wanted)
            lines.append(request(key, day, loss, "steers", "key" if way == "picks a key" else "draw"))
    return pd.DataFrame(lines)


def decision(log: pd.DataFrame) -> tuple[str, int]:
    """Return what the circle decides by its daily looks, and on which day."""
    for day in range(2, DAYS + 1):
        until = log[log["day"] < day]
        gain, is_challenger = -until["loss"].to_numpy(), (until["variant"] == "challenger").to_numpy()
        look = sequential.look(sequential.daily_differences(until["day"].to_numpy(), is_challenger, gain))
        if look.decision != "wait":
            return look.decision, day
    return "wait", DAYS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_steered_requests_promote_an_equal_model_unless_only_draws_count(way, seed):
    log = traffic(way, seed)
    assert decision(log)[0] == "promote" and decision(log)[1] <= 7  # what they are worth where everything counts
    counts = log[counted.drawn_once(log)]
    assert decision(counts)[0] != "promote"
    assert (counts["client"] == "steers").mean() < 0.001


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


def test_request_of_many_rows_is_one_draw():
    rows = [request("a", 0, 0.5, "x"), request("a", 0, 0.5, "x"), request("a", 1, 0.5, "x"), request("b", 1, 0.5, "x")]
    assert counted.drawn_once(pd.DataFrame(rows)).tolist() == [True, True, False, True]


def test_predictions_logged_before_draws_were_count_for_none():
    log = pd.DataFrame({"draw": [None, ""], "time": [START, START]})
    assert not counted.drawn_once(log).any()


def test_in_the_shadow_pairs_count():
    assert counted.paired(pd.DataFrame({"prediction_id": list("abca")})).tolist() == [True, False, False, True]
