"""What people said of answers: those that they liked or wrote themselves join what is learned from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.alignment.data import COLUMNS, FEEDBACK, LONGEST

if TYPE_CHECKING:
    import pandas as pd

MOST = 60  # of the newest, so that one person cannot outweigh the file


class Feedback(BaseModel):
    """What a person says of an answer."""

    model_config = ConfigDict(extra="forbid")

    rating: Literal["better", "worse", "edited"] = Field(title="The answer is", description="than you hoped; or edited")
    text: str = Field("", title="Your answer", max_length=LONGEST, description="in its place, where it is edited")

    @model_validator(mode="after")
    def has_a_text(self) -> Self:
        """Refuse an edit without a text, and a text without an edit."""
        if (self.rating == "edited") != bool(self.text.strip()):
            raise ValueError("text: it is the answer in place of one that is edited, and empty otherwise.")
        return self


def known(until: datetime) -> pd.DataFrame:
    """Return what was liked or edited by an instant: `text`, the prompt, with `answer` and perhaps a `worse` one.

    Only first prompts without a system prompt, tools and a schema count, for the rest of a conversation is not learned;
    of what the model answered, only whole answers, and none of a shadow, which nobody has seen.
    """
    import pandas as pd

    from predictions import labelled

    rows = []
    log = labelled("alignment", known_by=until)
    log = log[(log["variant"] != "shadow") & ~log["partial"]]
    for asked, answered, label in zip(log["inputs"], log["prediction"], log["label"], strict=True):
        more = asked["earlier"] or asked["system"] or asked["tools"] or asked["json_schema"]
        edited, whole = label["rating"] == "edited", answered["finish_reason"] == "stop"
        if not more and len(asked["prompt"]) <= LONGEST and (edited or (label["rating"] == "better" and whole)):
            own = answered["text"] if whole else ""
            better, worse = (label["text"], own) if edited else (own, "")
            rows.append({"text": asked["prompt"], "answer": better, "worse": worse})
    return pd.DataFrame(rows, columns=["text", "answer", "worse"]).drop_duplicates("text", keep="last").tail(MOST)


def joined(past: pd.DataFrame, test: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return what is learned from, with new prompts, except those of the file and near copies of one to test on."""
    import pandas as pd

    from models.text import labelled_texts

    parts = (part.rename(columns={"prompt": "text"}) for part in (past, test))
    rows = labelled_texts.unknown(new, *parts).rename(columns={"text": "prompt"})
    rows = rows.assign(kind=FEEDBACK, source="people").reindex(columns=[*COLUMNS]).fillna("")
    return pd.concat([past, rows[past.columns]], ignore_index=True)
