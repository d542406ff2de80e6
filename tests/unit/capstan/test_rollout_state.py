"""The roll-out's state as the registry keeps it, and what a damaged one says."""

import pytest

from capstan.contract.bounds import at_least, at_most, of_test, on_few
from capstan.errors import CapstanError
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic

STATE = RolloutState("3", "4", "5", "2", Traffic("canary", 12.5), "2026-01-01T00:00:00+00:00", "capstan canary")


def test_state_comes_back_from_its_text():
    assert RolloutState.from_json(STATE.to_json()) == STATE
    assert RolloutState.from_json(RolloutState().to_json()) == RolloutState()


def test_names_that_a_later_version_adds_are_passed_over():
    text = STATE.to_json().replace('{"champion"', '{"replicas": 3, "champion"')
    assert RolloutState.from_json(text) == STATE


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"traffic": {"mode": "all"}}', '{"traffic": {"percent": 200}}']
)
def test_damaged_state_says_where_it_is_and_what_to_do(text):
    with pytest.raises(CapstanError, match="cannot be read") as error:
        RolloutState.from_json(text)
    assert "tag `rollout`" in str(error.value) and "capstan run" in str(error.value)


def test_roles_that_are_filled_have_versions():
    assert STATE.versions() == {"champion": "3", "challenger": "4", "candidate": "5"}
    assert RolloutState("1").versions() == {"champion": "1"}


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        (at_least(0.75), 0.75, True),
        (at_least(0.75), 0.7499, False),
        (at_most(5), 900, False),  # an error of 900 used to pass a limit of 5
        (at_most(5), 1, True),  # and one of 1 was rejected
        (at_least(0), float("nan"), False),
        (at_most(0), float("nan"), False),
    ],
)
def test_bound_knows_its_direction(bound, value, holds):
    assert bound.holds(value) is holds


@pytest.mark.parametrize(
    ("bound", "value", "champion", "holds"),
    [
        (at_least(0.7, slack=0.005), 0.7952, 0.8, True),
        (at_least(0.7, slack=0.005), 0.7948, 0.8, False),
        (at_most(50, slack=1), 40.9, 40, True),
        (at_most(50, slack=1), 41.1, 40, False),
        (at_most(50), 39, 40, True),
    ],
)
def test_candidate_may_be_worse_than_the_champion_by_the_slack(bound, value, champion, holds):
    assert bound.holds_against(value, champion) is holds


def test_few_units_have_limits_and_slack_of_their_own():
    bounds = on_few({"f1": at_least(0.78, slack=0.02), "loss": at_most(0.5)}, 1_000, times=3, limits={"f1": 0.6})
    assert of_test(bounds, 1_000) == bounds
    few = of_test(bounds, 999)
    assert few == {"f1": at_least(0.6, slack=0.06), "loss": at_most(0.5)}
    assert of_test({"f1": at_least(0.78)}, 0) == {"f1": at_least(0.78)}
