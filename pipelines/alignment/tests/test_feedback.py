"""What people said of answers, and how it joins what is learned from."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.alignment import feedback
from pipelines.alignment.data import COLUMNS, FEEDBACK
from pipelines.alignment.feedback import Feedback

PAST = pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"prompt": "What is salt?"}]).drop(columns="part")
TEST = PAST.assign(prompt="Name three rivers of France, please, and say into which sea each of them flows.")
NEW = pd.DataFrame(
    [
        {"text": "What is salt?", "answer": "A mineral.", "worse": ""},
        {"text": TEST["prompt"][0] + " Thanks", "answer": "The Seine.", "worse": ""},
        {"text": "What is ice?", "answer": "Frozen water.", "worse": "A fire."},
    ]
)


@pytest.mark.parametrize(("rating", "text"), [("edited", ""), ("edited", "  "), ("better", "a text"), ("best", "")])
def test_edit_has_a_text_and_others_have_none(rating, text):
    with pytest.raises(ValidationError):
        Feedback(rating=rating, text=text)
    assert Feedback(rating="edited", text="Salt.").text == "Salt."


def test_neither_known_prompts_nor_near_copies_of_those_to_test_on_join():
    rows = feedback.joined(PAST, TEST, NEW)
    assert [*rows["prompt"]] == ["What is salt?", "What is ice?"] and [*rows.columns] == [*PAST.columns]
    assert rows.loc[1, ["kind", "answer", "worse"]].tolist() == [FEEDBACK, "Frozen water.", "A fire."]


def test_without_feedback_the_prompts_stay(home):
    assert feedback.known(datetime.now(UTC) + timedelta(days=1)).empty
    assert feedback.joined(PAST, TEST, NEW[:0]).equals(PAST)
