"""Whether an answer refuses."""

import pytest

from models.text.refusals import refuses


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist with this request.",
        "I\u2019m unable to do that.",
        "Sorry, but that would be illegal.",
        "As an AI, I do not have opinions.",
        " I won't do that.",
        "We are not able to help with this.",
    ],
)
def test_refusals(answer):
    assert refuses(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Rain falls when drops grow heavy.",
        "You can't mix oil and water.",
        "The letter says: be happy. " + "It goes on. " * 20 + "I'm sorry, he wrote.",
        '["cat", "dog"]',
    ],
)
def test_answers(answer):
    assert not refuses(answer)
