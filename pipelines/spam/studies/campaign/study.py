"""After how many labels is a campaign caught that begins in the middle of a replay?

The messages to test on come one after the other, in a random order, as the file has no times; from the middle on, one
in ten is of a campaign. The label of a message is known `DELAY` messages later. Three ways to learn: not at all; one
step for each label (PA-I); and a new training after every `EVERY` labels. The calibration stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.linear.passive_aggressive import PassiveAggressive
from pipelines.spam import costs, task
from pipelines.spam.campaigns import CAMPAIGNS, message
from pipelines.spam.model import SpamModel
from pipelines.spam.scores import Counts, Meant, rows_of, stacked

SHARE = 0.1  # of the messages after the middle
DELAY = 20  # messages until a label is known
EVERY = 200  # labels
CAUGHT, OF = 9, 10  # caught: from a message on that is put aside, so many of so many in a row are


class Known(NamedTuple):
    """Messages and their labels."""

    counts: Counts
    spam: np.ndarray


WAYS = ("no learning", "a step for each label", f"a new training after {EVERY} labels")


def stream(test: pd.DataFrame, campaign: str, seed: int) -> pd.DataFrame:
    """Return the messages in their order: text, spam, and whether they are of the campaign."""
    random = np.random.default_rng(seed)
    rows = test.iloc[random.permutation(len(test))][["text", "spam"]].assign(planted=False)
    messages = []
    for place, row in enumerate(rows.to_dict("records")):
        messages.append(row)
        if place >= len(rows) // 2 and random.random() < SHARE / (1 - SHARE):
            messages.append({"text": message(campaign, random), "spam": 1.0, "planted": True})
    return pd.DataFrame(messages)


def replayed(way: str, model: SpamModel, known: Known, new: Known) -> np.ndarray:
    """Return whether each message is put aside, by what was known when it came, shape (n,).

    known: what the model learned from. new: the messages that come.
    """
    score, spam = model.score, new.spam
    assert isinstance(score, Meant)
    rows, margin = score.matrix(new.counts), score.margin(new.counts)
    if way == WAYS[1]:
        online = PassiveAggressive(score.weights, score.intercept)
        for place in range(DELAY + 1, len(spam)):
            known_at = np.arange(place - DELAY - 1, place - DELAY)  # the label that has become known
            online.learn(rows[known_at], spam[known_at])
            margin[place] = online.margin(rows[[place]])[0]
    if way == WAYS[2]:
        for until in range(EVERY, len(spam) - DELAY, EVERY):
            both = stacked(known.counts, rows_of(new.counts, np.arange(until)))
            later = np.arange(until + DELAY, len(spam))
            new_score = Meant().fit(both, np.append(known.spam, spam[:until]))
            margin[later] = new_score.margin(rows_of(new.counts, later))
    return costs.decided(expit(model.line[0] * margin + model.line[1]))


def line(aside: np.ndarray, spam: np.ndarray, planted: np.ndarray) -> Line:
    """Return when the campaign was caught, and what was lost and found in the replay."""
    places = np.flatnonzero(planted)
    hits = aside[places]
    runs = np.convolve(hits, np.ones(OF), "valid") >= CAUGHT
    first = next((place for place in np.flatnonzero(hits) if runs[place : place + 1].any()), None)
    figures: Line = {"campaign_messages": len(places), "found": float(hits.mean()), "first": float(hits[0])}
    # Labels of the campaign that were known when the first of them came, and labels of all messages since it began.
    caught = None if first is None else int(places[first])
    figures["labels"] = None if caught is None else int((places < max(caught - DELAY, 0)).sum())
    figures["all_labels"] = None if caught is None else int(max(caught - DELAY, 0) - max(int(places[0]), 0))
    figures["ham_lost"] = int((aside & (spam == 0)).sum())
    figures["other_spam_found"] = float(aside[(spam == 1) & ~planted].mean())
    return figures


@cache
def begun() -> tuple[Known, pd.DataFrame, SpamModel]:
    """Return what the model learned from, the messages that come, and the model."""
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    model = task.train({"messages": past}, weights_files.fetch_all(task.WEIGHTS))
    return Known(Meant.counts(past["text"].tolist()), past["spam"].to_numpy().astype(int)), test, model


def measured(campaign: str, seed: int) -> Iterator[Line]:
    """Yield a line per way to learn."""
    known, test, model = begun()
    rows = stream(test, campaign, seed)
    spam, planted = rows["spam"].to_numpy().astype(int), rows["planted"].to_numpy()
    new = Meant.counts(rows["text"].tolist())
    for way in WAYS:
        aside = replayed(way, model, known, Known(new, spam))
        yield {"method": way} | line(aside, spam, planted)


def labels(rows: pd.DataFrame) -> str:
    """Return how many labels it took."""
    caught = rows["labels"].dropna()
    never = f", never in {len(rows) - len(caught)}" if len(caught) < len(rows) else ""
    return spread(caught, digits=0) + never if len(caught) else "never"


def missed(rows: pd.DataFrame) -> str:
    """Return how many messages of the campaign were shown."""
    count = ((1 - rows["found"]) * rows["campaign_messages"]).mean()
    return f"{count:.0f} of {rows['campaign_messages'].mean():.0f}"


STUDY = Study(
    measures=[Measure(measured, [{"campaign": name} for name in CAMPAIGNS])],
    tables=[
        Table(
            {"campaign": "campaign", "what is learned": "method"},
            {
                "labels of the campaign until it is caught": labels,
                "shown of the campaign": missed,
                "found of the campaign, %": lambda rows: f"{100 * rows['found'].mean():.0f}",
                "found of other spam, %": lambda rows: f"{100 * rows['other_spam_found'].mean():.1f}",
                "ham lost, messages": lambda rows: f"{rows['ham_lost'].mean():.1f}",
            },
        )
    ],
)
