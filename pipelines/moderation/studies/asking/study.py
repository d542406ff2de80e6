"""How many labels are needed for the same macro F1, by what is asked next?

1,000 random tweets are labelled in any case and choose the levels of the classes. Then labels are asked for in rounds
that double their number: of random tweets, of those whose two likeliest classes are closest, or of those that would
cost most without a person, as the queue has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.encoder import vectors
from pipelines.moderation import decisions, reading, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score

FIRST, ROUNDS, LEVELLED = 250, 5, 1_000
RANDOM, CLOSE, COSTLY = "at random", "the closest classes", "the most expensive without a person"
ASK = decisions.DECISIONS.index("ask")


def urgency(strategy: str, scores: np.ndarray, levels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return how urgent the label of each tweet is, shape (n,)."""
    if strategy == CLOSE:
        low, high = np.sort(scores + levels, axis=1)[:, -2:].T
        return np.asarray(low - high)
    if strategy == COSTLY:
        costs = decisions.expected(decisions.probabilities(scores))
        return np.asarray(np.delete(costs, ASK, axis=1).min(axis=1))
    return random.random(len(scores))


@cache
def tweets() -> tuple[Read, np.ndarray, np.ndarray, np.ndarray]:
    """Return what is read of all tweets, their shares, and the places of those to ask about and to test on."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    texts, shares = loaded["tweets"]["text"].tolist(), training.shares_of(loaded["tweets"])
    pool, test = (part["tweets"]["row"].to_numpy() for part in task.split(loaded))
    return reading.read(texts, vectors.of(texts, weights)), shares, pool, test


def curve(strategy: str, seed: int) -> Iterator[Line]:
    """Yield a line per number of labels."""
    read, shares, pool, test = tweets()
    random = np.random.default_rng(seed)
    order = random.permutation(pool)
    chosen, rest = order[LEVELLED : LEVELLED + FIRST], order[LEVELLED + FIRST :]
    held, labels = order[:LEVELLED], shares.argmax(axis=1)
    for _ in range(ROUNDS):
        score = Score(("words", "vectors")).fit(read.at(chosen), shares[chosen])
        levels = decisions.best_levels(score.scores(read.at(held)), labels[held])
        guess = decisions.named(score.scores(read.at(test)), levels)
        hate = float((labels[chosen] == 0).mean())
        yield {"labels": len(chosen), "macro_f1": decisions.macro_f1(labels[test], guess), "hate_asked": hate}
        wanted = np.argsort(-urgency(strategy, score.scores(read.at(rest)), levels, random), kind="stable")
        chosen, rest = np.append(chosen, rest[wanted[: len(chosen)]]), rest[wanted[len(chosen) :]]


def needed(rows: pd.DataFrame, goal: float) -> float:
    """Return at how many labels a curve reaches a goal, between the rounds evenly by the logarithm; NaN where never."""
    curve = rows.groupby("labels")["macro_f1"].mean()
    values = np.maximum.accumulate(curve.to_numpy())
    if values[-1] < goal:
        return float("nan")
    return float(np.exp(np.interp(goal, values, np.log(curve.index.to_numpy(float)))))


def reached(count: int) -> Callable[[pd.DataFrame], str]:
    """Return what shows the macro F1 at a number of labels."""
    return lambda rows: spread(rows.loc[rows["labels"] == count, "macro_f1"])


def curves(lines: pd.DataFrame) -> dict[str, Callable[[pd.DataFrame], str]]:
    """Return a column for each number of labels."""
    return {f"{count:,} labels": reached(count) for count in sorted(lines["labels"].unique())}


def goals(lines: pd.DataFrame) -> dict[str, Callable[[pd.DataFrame], str]]:
    """Return the columns of what it takes to have what the most labels at random give."""
    most = lines["labels"].max()
    goal = lines[(lines["strategy"] == RANDOM) & (lines["labels"] == most)]["macro_f1"].mean()

    def labels(rows: pd.DataFrame) -> str:
        count = needed(rows, goal)
        return "not reached" if np.isnan(count) else f"{count:,.0f}"

    def hate(rows: pd.DataFrame) -> str:
        return f"{100 * rows[rows['labels'] == most]['hate_asked'].mean():.1f}"

    return {f"labels for {goal:.3f}": labels, "hate among those asked, %": hate}


STUDY = Study(
    measures=[Measure(curve, [{"strategy": strategy} for strategy in (RANDOM, CLOSE, COSTLY)])],
    tables=[Table({"macro F1, asked": "strategy"}, curves), Table({"asked": "strategy"}, goals)],
)
