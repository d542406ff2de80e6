"""How keys are shared out between champion and challenger."""

import pytest

from capstan.errors import CapstanError
from capstan.rollout.traffic import Traffic

KEYS = [f"UA|EWR|ORD|N{number}" for number in range(20_000)]


@pytest.mark.parametrize("mode", ["canary", "ab"])
@pytest.mark.parametrize("percent", [0, 0.5, 10, 50, 100])
def test_share_of_keys_is_the_percent_asked_for(mode, percent):
    share = sum(Traffic(mode, percent).variant(key) == "challenger" for key in KEYS) / len(KEYS)
    assert share * 100 == pytest.approx(percent, abs=0.15 * percent**0.5 if 0 < percent < 100 else 0)


def test_key_of_the_challenger_stays_one_while_the_share_grows():
    few, many = Traffic("canary", 10), Traffic("canary", 30)
    first = {key for key in KEYS if few.variant(key) == "challenger"}
    assert first and first < {key for key in KEYS if many.variant(key) == "challenger"}


@pytest.mark.parametrize("mode", ["champion", "shadow"])
def test_champion_answers_all_in_other_modes(mode):
    assert {Traffic(mode, 100).variant(key) for key in KEYS[:100]} == {"champion"}


def test_what_is_no_share_is_refused():
    with pytest.raises(CapstanError, match="101 % is not a share"):
        Traffic("canary", 101)
    with pytest.raises(CapstanError, match="champion, canary, ab, shadow"):
        Traffic("blue-green")
