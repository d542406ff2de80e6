"""How well does each method name the class, and estimate the shares of the annotators?

Macro F1, shares, hate against offence, costs and dialect, in five folds. Near copies are in one fold. The levels of the
classes are chosen inside the part that is learned from, on a third that a score of the others has not seen. Intervals
are over units, and differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from models.encoder import vectors
from models.metrics import annotators, paired
from pipelines.moderation import data, decisions, reading, report, task, training
from pipelines.moderation.data import CLASSES
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score, simple
from pipelines.moderation.studies.compare import dialect, sentences

FOLDS = 5
SIMPLE, SERVED, SOFT = "words, of one label each", "served: the first and the last together", "all, of shares"
HARD, BOTH = "words and characters, of one label each", "words and characters, of shares"
TRIVIAL = "everything is offensive"
METHODS: dict[str, Callable[[], Score]] = {
    SIMPLE: simple,
    HARD: lambda: Score(("words", "characters"), soft=False),
    BOTH: lambda: Score(("words", "characters")),
    "MiniLM, of shares": lambda: Score(("vectors",)),
    SOFT: Score,
}
AGAIN = (SIMPLE, SOFT)  # methods of the later divisions
POLICIES = ("by the costs, served", "by the class that is named", "everything is shown", "everything is asked")


class Made(NamedTuple):
    """What a method says of tweets that it has not seen. scores: (n, 3). guess: the class that is named, (n,)."""

    scores: np.ndarray
    guess: np.ndarray


def answers(names: Sequence[str], read: Read, shares: np.ndarray, units: np.ndarray, seed: int) -> dict[str, Made]:
    """Return what each method says of each tweet where it has learned from the four other folds."""
    size, labels = len(shares), shares.argmax(axis=1)
    by_method = {name: Made(np.empty((size, 3)), np.empty(size, int)) for name in (*names, SERVED)}
    for past, held in training.folds(units, seed, FOLDS):
        most, rest = (past[places] for places in next(training.folds(units[past], seed)))
        inner, outer = {}, {}
        for name in names:
            inner[name] = METHODS[name]().fit(read.at(most), shares[most]).scores(read.at(rest))
            outer[name] = METHODS[name]().fit(read.at(past), shares[past]).scores(read.at(held))
        for votes in (inner, outer):
            votes[SERVED] = (votes[SIMPLE] + votes[SOFT]) / 2  # as `scores.Pair` has it
        for name, answer in by_method.items():
            answer.scores[held] = outer[SOFT if name == SERVED else name]
            answer.guess[held] = decisions.named(outer[name], decisions.best_levels(inner[name], labels[rest]))
    return by_method


def values(shares: np.ndarray, method: Made) -> dict[str, np.ndarray]:
    """Return what is compared as a value per tweet, whose mean it is, shapes (n,)."""
    labels, likely = shares.argmax(axis=1), method.scores.argmax(axis=1)
    mean = annotators.macro_f1(labels, method.guess, 3)
    unlevelled = annotators.macro_f1(labels, likely, 3)
    loss = report.values(shares, method.scores, method.guess)
    squares = ((decisions.probabilities(method.scores) - shares) ** 2).sum(axis=1)
    each = {f"f1_{name}": annotators.f1(labels, method.guess, number) for number, name in enumerate(CLASSES)}
    return {"macro_f1": mean, "likeliest_f1": unlevelled, "log_loss": loss["log_loss"], "brier": squares} | each


def lines(shares: np.ndarray, units: np.ndarray, by_method: dict[str, Made]) -> Iterator[Line]:
    """Yield a line per method: each value with its interval, and what it has more than the baseline."""
    baseline = values(shares, by_method[SIMPLE])
    for name, method in by_method.items():
        line: Line = {
            "method": name,
            "disagreement_r": annotators.agreement(shares, decisions.probabilities(method.scores)),
        }
        for title, column in values(shares, method).items():
            line |= interval(title, column, units) | interval(f"{title}_more", column - baseline[title], units)
        yield line | hate_or_offence(shares, method.scores)


def interval(title: str, column: np.ndarray, units: np.ndarray) -> Line:
    """Return the mean of a value per tweet with its 95 % interval over units."""
    each = paired.by_unit(column, units)
    return dict(zip((title, f"{title}_low", f"{title}_high"), difference(each, np.zeros(len(each))), strict=True))


def hate_or_offence(shares: np.ndarray, scores: np.ndarray) -> Line:
    """Return ROC AUC of hate among tweets that most called hateful or offensive; also where all agreed."""
    from sklearn.metrics import roc_auc_score

    areas: Line = {}
    for title, mask in (("hate_auc", shares.argmax(axis=1) < 2), ("hate_auc_agreed", shares[:, :2].max(axis=1) == 1)):
        areas[title] = float(roc_auc_score(shares[mask].argmax(axis=1) == 0, (scores[:, 0] - scores[:, 1])[mask]))
    return areas


def chosen(method: Made, policy: str) -> np.ndarray:
    """Return the number of the decision on each tweet."""
    show, warn, ask, remove = range(4)
    if policy == POLICIES[0]:
        return np.asarray(decisions.expected(decisions.probabilities(method.scores)).argmin(axis=1))
    if policy == POLICIES[1]:
        return np.take([remove, warn, show], method.guess)
    return np.full(len(method.guess), show if policy == POLICIES[2] else ask)


@cache
def tweets() -> tuple[list[str], np.ndarray, np.ndarray, Read]:
    """Return the tweets: texts, shares, units, and what is read of them."""
    weights, rows = weights_files.fetch_all(task.WEIGHTS), task.load(settings().data_dir)["tweets"]
    texts = rows["text"].tolist()
    read = reading.read(texts, vectors.of(texts, weights))
    return texts, training.shares_of(rows), rows["unit"].to_numpy(), read


@cache
def divided(seed: int) -> dict[str, Made]:
    """Return what the methods say of each tweet in a division: all in the first, and two in the later ones."""
    _, shares, units, read = tweets()
    by_method = answers(AGAIN if seed else tuple(METHODS), read, shares, units, seed)
    if seed:
        return by_method
    mean = np.log(np.tile(shares.mean(axis=0), (len(shares), 1)))
    return {TRIVIAL: Made(mean, np.ones(len(shares), int))} | by_method


def folds(seed: int) -> Iterator[Line]:
    """Yield a line per method."""
    _, shares, units, _ = tweets()
    yield from lines(shares, units, divided(seed))


def costs() -> Iterator[Line]:
    """Yield a line per policy: what a tweet costs, and what is done with the tweets of each class."""
    (_, shares, units, _), served = tweets(), divided(0)[SERVED]
    labels = shares.argmax(axis=1)
    for policy in POLICIES:
        done = chosen(served, policy)
        line: Line = {"method": policy} | interval("cost", decisions.cost(shares, done), units)
        line |= {f"{name}_share": float((done == number).mean()) for number, name in enumerate(decisions.DECISIONS)}
        line["hate_shown"] = float((done[labels == 0] == 0).mean())
        line["neither_removed"] = float((done[labels == 2] == 3).mean())
        yield line


def fairness() -> Iterator[Line]:
    """Yield a line for tweets with words of the dialect, and one for the others: of those that most called neither.

    Also of those that all annotators called neither.
    """
    (texts, shares, units, _), served = tweets(), divided(0)[SERVED]
    has, done = np.array([dialect.has(text) for text in texts]), chosen(served, POLICIES[0])
    for which, mask in (("with such words", has), ("others", ~has)):
        for who, clean in (("most", shares.argmax(axis=1) == 2), ("all", shares[:, 2] == 1)):
            asked = mask & clean
            line: Line = {"method": f"{which}, {who} said neither", "tweets": int(asked.sum()), "of": int(mask.sum())}
            for title, wrong in (("named", served.guess != 2), ("not_shown", done != 0), ("removed", done == 3)):
                line |= interval(title, 1.0 * wrong[asked], units[asked])
            yield line


def forum() -> Iterator[Line]:
    """Yield a line per method on the forum's sentences: learned from tweets, and from its authors' part to train on."""
    from sklearn.metrics import roc_auc_score

    _, shares, _, known = tweets()
    rows = sentences.forum(data.find(settings().data_dir, data.FORUM))
    texts = rows["text"].tolist()
    read = reading.read(texts, vectors.of(texts, weights_files.fetch_all(task.WEIGHTS)))
    hate, sampled = rows["hate"].to_numpy(), rows["sampled"].to_numpy()
    past, held = np.flatnonzero(sampled == "train"), np.flatnonzero(sampled == "test")
    both = np.eye(2)[hate]
    for name, score in METHODS.items():
        if name in (SIMPLE, SOFT):
            moved = score().fit(known, shares).scores(read)
            odds = np.logaddexp(moved[:, 0], moved[:, 1]) - moved[:, 2]
            own = score().fit(read.at(past), both[past]).scores(read.at(held))
            right = own.argmax(axis=1) == hate[held]
            yield {
                "method": name,
                "auc_of_tweets": float(roc_auc_score(hate, odds)),
                "auc_own": float(roc_auc_score(hate[held], own[:, 1] - own[:, 0])),
            } | interval("accuracy_own", 1.0 * right, np.arange(len(right)))


def plain(name: str, digits: int = 3, scale: float = 1) -> Callable[[pd.DataFrame], str]:
    """Return what shows a mean."""
    return lambda rows: f"{scale * rows[name].mean():.{digits}f}"


def first(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the first division."""
    return lines[(lines["part"] == "folds") & (lines["seed"] == 0)]


def again(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the baseline and of what is served, in all divisions."""
    rows = lines[(lines["part"] == "folds") & lines["method"].isin((SIMPLE, SERVED))]
    return rows.assign(number=rows["seed"].astype(int) + 1)


COMPARED = {"macro F1": ranged("macro_f1", 3), "more than the baseline": ranged("macro_f1_more", 3)}
STUDY = Study(
    measures=[
        Measure(folds),
        Measure(costs, seeds=0),
        Measure(fairness, seeds=0),
        Measure(forum, seeds=0),
    ],
    tables=[
        Table(
            {"five folds": "method"},
            COMPARED
            | {name: plain(f"f1_{name}") for name in CLASSES}
            | {"macro F1 of the likeliest class": plain("likeliest_f1")},
            "folds",
            first,
        ),
        Table(
            {"the shares of the annotators": "method"},
            {
                "log loss": ranged("log_loss", 3),
                "squared error": ranged("brier", 3),
                "r of disagreement": plain("disagreement_r"),
                "hate or offence, ROC AUC": plain("hate_auc"),
                "where all agreed": plain("hate_auc_agreed"),
            },
            rows=first,
        ),
        Table({"division into five folds": "number", "method": "method"}, COMPARED, rows=again),
        Table(
            {"decisions": "method"},
            {
                "cost of a tweet": ranged("cost", 3),
                **{f"{name}, %": plain(f"{name}_share", 1, 100) for name in decisions.DECISIONS},
                "hate that is shown, %": plain("hate_shown", 1, 100),
                "neither that is removed, %": plain("neither_removed", 1, 100),
            },
            "costs",
        ),
        Table(
            {"words of the dialect": "method"},
            {
                "tweets": lambda rows: f"{rows['tweets'].iloc[0]:.0f}",
                "called hate or offensive, %": ranged("named", 1, 100),
                "not shown, %": ranged("not_shown", 1, 100),
                "removed, %": ranged("removed", 1, 100),
            },
            "fairness",
        ),
        Table(
            {"sentences of a forum": "method"},
            {
                "learned from tweets: ROC AUC": plain("auc_of_tweets"),
                "learned from the forum: ROC AUC": plain("auc_own"),
                "accuracy": ranged("accuracy_own", 3),
            },
            "forum",
        ),
    ],
    seeds=2,
)
