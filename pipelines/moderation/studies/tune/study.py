"""Which strength and stretch of the score have the least log loss, and how often should a harmless sentence count?

The log loss of the annotators' shares and macro F1 at the best levels, in three folds of units of the tweets to train
on. The code has the first setting within 0.001 of the least log loss. The weight of the sentences about identities is
tried on one of the three folds, whose tweets and templates are not learned from: the code has the first weight within
0.01 of the least sum of both costs. The tweets and templates that test the model have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, Table
from models.encoder import minilm, vectors
from pipelines.moderation import decisions, identity, reading, report, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Pair, Score

FAMILIES = Choices(
    {"softmax": (Score, {"strength": (2.0, 4.0), "stretch": (0.3, 0.6, 1.0)})},
    score="log_loss",
    lowest=True,
    close=0.001,
)
WEIGHTS = Choices(
    {"sentences": (identity, {"weight": (0.0, 1.0, 2.0, 4.0, 8.0)})}, score="both_costs", lowest=True, close=0.01
)


@cache
def past() -> tuple[Read, np.ndarray, np.ndarray]:
    """Return what is read of the tweets to train on, their shares and their units."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    known = vectors.of(loaded["tweets"]["text"].tolist(), weights)
    rows = task.split(loaded)[0]["tweets"]
    read = reading.read(rows["text"].tolist(), known[rows["row"].to_numpy()])
    return read, training.shares_of(rows), rows["unit"].to_numpy()


def measured(family: str, setting: str, seed: int) -> Line:
    """Return log loss and macro F1 of tweets by scores that were fitted without their fold."""
    (read, shares, units), chosen = past(), FAMILIES.setting(family, setting)
    scores, votes = training.out_of_fold(lambda: Score(**chosen), read, shares, units, seed)
    guess = decisions.named(votes, decisions.best_levels(votes, shares.argmax(axis=1)))
    return {name: float(column.mean()) for name, column in report.values(shares, scores, guess).items()}


@cache
def taught() -> tuple[Read, pd.DataFrame]:
    """Return the tweets to train on and the sentences about identities, and what is read of them, in 8 bits."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    known = vectors.of(loaded["tweets"]["text"].tolist(), weights, int8=True)
    rows = task.split(loaded)[0]["tweets"]
    new = minilm.in_int8(weights).embed(identity.to_learn()["text"].tolist())
    joined = training.taught(rows, 1.0)
    return reading.read(joined["text"].tolist(), np.vstack([known[rows["row"].to_numpy()], new])), joined


def weighted(family: str, setting: str, seed: int) -> Line:
    """Return costs and classes of tweets and sentences that the score has not seen, at the levels best for tweets."""
    (read, rows), weight = taught(), WEIGHTS.setting(family, setting)["weight"]
    shares, units = training.shares_of(rows), rows["unit"].to_numpy()
    past, held = next(training.folds(units, seed))
    past = past[(units[past] >= 0) | (weight > 0)]
    score = Pair().fit(read.at(past), shares[past], np.where(units[past] < 0, weight, 1.0))
    scores, votes, tweets = score.scores(read.at(held)), score.votes(read.at(held)), units[held] >= 0
    guess = decisions.named(votes, decisions.best_levels(votes[tweets], shares[held][tweets].argmax(axis=1)))
    of_tweets = report.values(shares[held][tweets], scores[tweets], guess[tweets])
    line = {name: float(column.mean()) for name, column in of_tweets.items()}
    line |= {name: float(column.mean()) for name, column in report.harm(scores[~tweets], guess[~tweets]).items()}
    chosen = decisions.expected(decisions.probabilities(scores[~tweets])).argmin(axis=1)
    line["sentence_cost"] = float(decisions.cost(shares[held][~tweets], chosen).mean())
    return line | {"both_costs": line["cost"] + line["sentence_cost"]}


def shown(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a measure."""
    return lambda rows: f"{rows[name].mean():.4f}"


TWEETS = {"log loss": shown("log_loss"), "macro F1": shown("macro_f1")}
SENTENCES = {
    "cost of a tweet": shown("cost"),
    "cost of a sentence": shown("sentence_cost"),
    "named hate": shown("identity_hate"),
    "not left alone": shown("identity_aside"),
}
STUDY = Study(
    measures=[Measure(measured, FAMILIES.cases()), Measure(weighted, WEIGHTS.cases(), seeds=3)],
    tables=[
        FAMILIES.table(TWEETS, "measured"),
        Table({"sentences about identities": "setting"}, TWEETS | SENTENCES, "weighted"),
    ],
    seeds=1,
)
