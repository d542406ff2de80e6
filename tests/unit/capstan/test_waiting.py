"""Waiting ends as soon as it may, and with the last value or error when the time is over."""

import pytest

from capstan.services.waiting import retried, wait_while


def test_waiting_ends_with_the_condition_or_the_time():
    left = iter([["a", "b"], ["a"], []])
    assert wait_while(lambda: next(left), seconds=60, pause=0) == []
    assert wait_while(lambda: ["a"], seconds=0.05, pause=0.01) == ["a"]


def test_a_call_is_repeated_while_it_fails():
    answers = iter([OSError("away"), OSError("away"), "here"])

    def call() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert retried(call, OSError, seconds=60, pause=0) == "here"


@pytest.mark.parametrize(("seconds", "passes"), [(0.05, True), (60, False)])
def test_the_error_is_raised_when_the_time_is_over_or_it_cannot_pass(seconds, passes):
    def call() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        retried(call, OSError, seconds, pause=0.01, passes=lambda error: passes)


def test_another_error_is_raised_at_once():
    with pytest.raises(KeyError):
        retried(lambda: {}["x"], OSError, seconds=60)
