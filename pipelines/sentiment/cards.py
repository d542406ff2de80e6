"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.sentiment import data

if TYPE_CHECKING:
    import pandas as pd


def sections(rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the snippets that the metrics come from."""
    card = {
        "What it is": "Ridge regression over words as rules of negation, degree and emphasis count them, runs of "
        "words, sums of the valences of a lexicon, and the vector of all-MiniLM-L6-v2, with weights for all sources "
        "and for each of four.",
        "For": "How pleasant people would find a short English text: one, or many to be read as a whole.",
        "Not for": "What a person feels or means, or decisions about somebody. Other languages, long texts, irony.",
        "Measured": f"on {len(rows):,} snippets of reviews, articles and tweets that it has not seen: "
        f"{cards.listed(metrics)}.",
        "Who could be harmed": "Whose way of writing the raters and the training texts lack: dialects, and words that "
        "a group uses of itself. MiniLM learned from texts of the web, with their prejudices; this was not measured.",
        "Limits": "An interval says where the mean of 20 raters may lie, not how much they differ: the file has no "
        "single ratings. A word adds what it adds next to the other words of its line.",
    }
    counts = ", ".join(f"{name} {count:,}" for name, count in rows["source"].value_counts().items())
    dataset = {
        "What it is": "The ground truth of VADER (ICWSM 2014): snippets of film reviews, tweets, product reviews and "
        "editorials of the New York Times, each rated from -4 to 4 by 20 people; here the part that tests the model.",
        "Rows": f"{len(rows):,}: {counts}. Snippets of one review or article, and near copies, are on one "
        "side of the split.",
        "Licence": f"MIT, {data.HOME}. The texts are their authors'.",
        "People in it": "Tweets have their names taken out by the collectors. The raters are not known.",
    }
    return cards.sections(card, dataset)
