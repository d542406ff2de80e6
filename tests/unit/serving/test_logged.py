"""What the server's log says about an error: no value of a request or an answer."""

import pytest
from kserve.errors import InferenceError, InvalidInput

from capstan.errors import InvalidRow, Unavailable
from capstan.settings import settings
from serving.errors import logged

PERSON = "N66613"
SAID = {
    "a row": (InvalidRow(f"there is no {PERSON}", 3, "tailnum"), "InvalidRow at row 3, tailnum"),
    "a body": (InvalidInput(f"got {PERSON}"), "InvalidInput"),
    "an answer": (InferenceError(f"text: {PERSON} is refused"), "InferenceError"),
    "a bug": (KeyError(PERSON), "KeyError"),
}


@pytest.mark.parametrize(("error", "said"), SAID.values(), ids=SAID)
def test_values_are_shown_only_where_a_setting_asks_for_them(error, said, monkeypatch):
    assert logged(error) == said
    monkeypatch.setattr(settings(), "log_values", True)
    assert PERSON in logged(error)


def test_what_operators_need_is_whole():
    assert logged(Unavailable("The online store does not answer.")) == "The online store does not answer."
