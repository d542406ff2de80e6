"""What happens to messages of today, which the data of 2004 to 2006 lack?

Everyday messages and scams, written by the project's authors, of the half that nothing was chosen on. What flags them:
nothing but known words and form; the distance to the nearest messages of the file; the guard, with and without the kind
of the message among those that it learned from. Two simple scores have no guard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from data_sets import messages_of_today
from models.text import near_copies
from pipelines.spam import costs, guard, task, training
from pipelines.spam.model import SpamModel
from pipelines.spam.scores import Bayes, Meant
from pipelines.spam.studies.tune.rivals import Rival

SERVED, WITHOUT, NEAREST, UNKNOWN = "the guard, served", "no guard", "nearest messages", "the guard, kind unknown"
SIMPLE: dict[str, Any] = {"naive Bayes, Bernoulli, tuned, alone": Bayes, "LinearSVC with MiniLM, alone": Rival}
TODAY, FILE, KINDS = "today", "file", "kinds"
Outside = Callable[[Any, np.ndarray], np.ndarray]


@cache
def parts() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the messages to train on, those to test on, and those of today that nothing was chosen on."""
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    today = messages_of_today.messages()
    return past, test, today[~today["known"]].reset_index(drop=True)


def replaced(model: SpamModel, outside: Outside | None) -> SpamModel:
    """Return a model with another way to find what lies outside."""
    changed = SpamModel.__new__(SpamModel)
    vars(changed).update(vars(model) | ({} if outside is None else {"outside": outside}))
    return changed


def nearest(model: SpamModel, past: pd.DataFrame, seed: int) -> Outside:
    """Return what flags a message that is farther from those of its class than 97 in 100 of the file's, out of fold."""
    texts, spam = past["text"].tolist(), past["spam"].to_numpy().astype(int)
    vectors = Meant.counts(texts)[2].toarray()

    def distance(asked: np.ndarray, known: np.ndarray) -> np.ndarray:
        return np.asarray(1 - (asked @ known.T).max(axis=1))

    apart = np.empty(len(spam))
    for known, held in training.folds(spam, near_copies.groups(texts), seed):
        for kind in (0, 1):
            own = held[spam[held] == kind]
            apart[own] = distance(vectors[own], vectors[known[spam[known] == kind]])
    limits = [np.quantile(apart[spam == kind], 1 - guard.FLAGGED) for kind in (0, 1)]

    def outside(counts: Any, aside: np.ndarray) -> np.ndarray:
        far = [distance(counts[2].toarray(), vectors[spam == kind]) > limits[kind] for kind in (0, 1)]
        return np.asarray(np.where(aside, far[1], far[0]))

    return outside


def lines(part: str, method: str, model: SpamModel, rows: pd.DataFrame) -> Iterator[Line]:
    """Yield what happens to each kind of message."""
    answers = model.decided(rows["text"].tolist())
    table = rows.assign(
        aside=answers["decision"] == "spam",
        flagged=[bool(remarks) for remarks in answers["unusual"]],
        surely=costs.decided(np.asarray(answers["probability"])),
    )
    for (spam, kind), own in table.groupby(["spam", "kind"], sort=False):
        yield {"part": part, "method": method, "spam": int(spam), "kind": kind, "messages": len(own)} | {
            "aside": int(own["aside"].sum()),
            "flagged": int(own["flagged"].sum()),
            "plain": int((~own["aside"] & ~own["flagged"]).sum()),
            "would_be": int(own["surely"].sum()),
        }


def measured(seed: int) -> Iterator[Line]:
    """Yield the lines of the served model, without its guard, and with nearest messages in the place of it."""
    past, test, today = parts()
    model = task.train({"messages": past}, weights_files.fetch_all(task.WEIGHTS), seed)

    def none(counts: Any, aside: np.ndarray) -> np.ndarray:
        return np.zeros(len(aside), bool)

    for name, way in ((SERVED, None), (WITHOUT, none), (NEAREST, nearest(model, past, seed))):
        yield from lines(TODAY, name, replaced(model, way), today)
        yield from lines(FILE, name, replaced(model, way), test.assign(kind="any"))
    yield from lines(KINDS, SERVED, model, today)


def others(seed: int) -> Iterator[Line]:
    """Yield the lines of a guard that lacks the kind of the message, and of simple scores alone."""
    past, test, today = parts()
    weights = weights_files.fetch_all(task.WEIGHTS)
    model, texts, known = task.train({"messages": past}, weights, seed), past["text"].tolist(), guard.known()
    score = model.score
    assert isinstance(score, Meant) and model.guard is not None
    rows, today_rows = (score.matrix(Meant.counts(part)) for part in (texts, known["text"].tolist()))
    for kind, part in today.groupby("kind", sort=False):
        without = guard.line(rows, today_rows[np.flatnonzero(known["kind"] != kind)], seed)
        model.guard = without._replace(limits=model.guard.limits)
        yield from lines(TODAY, UNKNOWN, model, part)
    for name, kind_of in SIMPLE.items():
        alone = training.of(past, kind_of, kind_of.counts(texts), seed, {})
        yield from lines(TODAY, name, alone, today)
        yield from lines(FILE, name, alone, test.assign(kind="any"))


def wilson(hits: float, count: float) -> str:
    """Return a share in percent, with the 95 % interval of Wilson (1927)."""
    share, width = hits / count, 1.96**2 / count
    middle = (share + width / 2) / (1 + width)
    half = 1.96 / (1 + width) * np.sqrt(share * (1 - share) / count + width / count / 4)
    return f"{100 * share:.1f} ({100 * max(middle - half, 0):.1f} to {100 * (middle + half):.1f})"


def share(name: str, spam: int) -> Callable[[pd.DataFrame], str]:
    """Return what shows a share of everyday messages or of scams, the mean of the seeds, in percent."""

    def show(rows: pd.DataFrame) -> str:
        own = rows[rows["spam"] == spam]
        seeds = own["seed"].nunique()
        return wilson(own[name].sum() / seeds, own["messages"].sum() / seeds)

    return show


def number(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a number of messages, as the mean of the seeds."""
    return lambda rows: f"{rows[name].mean():.1f}".removesuffix(".0")


STUDY = Study(
    measures=[Measure(measured), Measure(others, seeds=1)],
    tables=[
        Table(
            {"messages of today": "method"},
            {
                "everyday, put aside without a remark, %": share("aside", 0),
                "scams, shown without a remark, %": share("plain", 1),
                "everyday with a remark, %": share("flagged", 0),
                "scams with a remark, %": share("flagged", 1),
            },
            TODAY,
        ),
        Table(
            {"the file's messages to test on": "method"},
            {
                "ham put aside, %": share("aside", 0),
                "spam put aside, %": share("aside", 1),
                "ham with a remark, %": share("flagged", 0),
                "spam with a remark, %": share("flagged", 1),
            },
            FILE,
        ),
        Table(
            {"served": "kind"},
            {
                "messages": number("messages"),
                "above the limit": number("would_be"),
                "put aside": number("aside"),
                "shown with a remark": number("flagged"),
                "shown without": number("plain"),
            },
            KINDS,
        ),
    ],
)
