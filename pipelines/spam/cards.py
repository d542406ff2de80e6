"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from models.text.near_copies import ALIKE
from pipelines.spam import costs, grams

if TYPE_CHECKING:
    import pandas as pd


def sections(rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the messages that the metrics come from."""
    card = {
        "What it is": f"A linear support vector machine over TF-IDF of runs of one to {grams.RUN} words, of shapes, "
        f"such as sums of money, and of {grams.SHORTEST} to {grams.LONGEST} characters, with Platt's calibration, and "
        "a decision from stated costs.",
        "For": "Putting unwanted short messages in English aside, where people can still look at them.",
        "Not for": "Deleting messages, or judging who sent them. Other languages, mail, or messages of today, "
        "without labels of them: the spam is that of British and Singaporean telephones of 2004 to 2006. Nine in ten "
        "messages of today have a remark, and are shown.",
        "Costs": f"Ham that is put aside costs {costs.HAM_LOST:g} times as much as spam that is shown. This is an "
        f"assumption; from it follows that messages above {costs.LIMIT:.3f} are put aside.",
        "Measured": f"on {len(rows):,} messages that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "Whose ham is lost: who writes as spam does, with prices, numbers, capitals and "
        "addresses, such as small shops, or in words that the training data lack.",
        "Limits": "Ham and spam come from different places, so a part of what is learned is the place: ham has "
        '"<#>" where a number was taken out, and spam is British. Who knows the model can write around it.',
    }
    dataset = {
        "What it is": "SMS Spam Collection v.1: spam from a British site of complaints, ham of students in Singapore "
        "and of a thesis, and a smaller corpus of both; here the part that tests the model.",
        "Rows": f"{len(rows):,} distinct messages, of which {rows['spam'].mean():.1%} are spam. Near copies, which "
        f"share {ALIKE:.0%} of their runs of four characters, are all on one side of the split.",
        "Licence": "CC BY 4.0, https://archive.ics.uci.edu/dataset/228/sms+spam+collection.",
        "People in it": "Ham was written by real people, with names; most numbers were taken out by the collectors.",
    }
    return cards.sections(card, dataset)
