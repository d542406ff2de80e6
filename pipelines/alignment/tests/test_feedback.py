"""What people said of answers, and how it joins what is learned from."""

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.alignment import feedback
from pipelines.alignment.data import COLUMNS, FEEDBACK
from pipelines.alignment.feedback import Feedback
from pipelines.alignment.schema import Request
from predictions import ids
from predictions.labels import Actual, label_store

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


def log(home, prompt: str, text: str, label: Feedback, finish_reason: str = "stop", **more) -> None:
    """Log an answer, and what a person said of it."""
    inputs = Request(prompt=prompt, **{name: more.pop(name) for name in ("system", "json_schema") if name in more})
    now, id_ = datetime.now(UTC), more.pop("prediction_id", None) or ids.new()
    record = {"model": "alignment", "time": now.isoformat(), "prediction_time": now.isoformat(), "version": "1"}
    record |= {f"{kind}_features": [] for kind in ("missing", "expired", "future", "default")} | {"features": "{}"}
    record |= {"variant": "champion", "partial": False, "prediction_id": id_, "inputs": inputs.model_dump_json()} | more
    record["prediction"] = json.dumps({"text": text, "finish_reason": finish_reason})
    file = home / "predictions" / "wal" / f"{ids.new()}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record) + "\n")
    label_store().add("alignment", [Actual({id_: now}, label.model_dump_json(), now)])


def test_whole_answers_that_somebody_saw_and_liked_are_learned(home):
    better, edited = Feedback(rating="better"), Feedback(rating="edited", text="Ice.")
    log(home, "liked", "It is.", better)
    log(home, "edited", "Water.", edited)
    log(home, "edited, cut", "Wat", edited, finish_reason="length")
    log(home, "worse", "No.", Feedback(rating="worse"))
    log(home, "cut", "It", better, finish_reason="length")
    log(home, "left", "It", better, partial=True)
    log(home, "shadow", "It may be.", better, variant="shadow")
    log(home, "system", "It is.", better, system="Be short.")
    log(home, "json", "{}", better, json_schema='{"type": "object"}')
    rows = feedback.known(datetime.now(UTC) + timedelta(days=1)).set_index("text")
    assert rows.to_dict("index") == {
        "liked": {"answer": "It is.", "worse": ""},
        "edited": {"answer": "Ice.", "worse": "Water."},
        "edited, cut": {"answer": "Ice.", "worse": ""},
    }
