"""What a run shows of a model: F1 of each class, how shares are met, what decisions cost, and the two cards.

The texts offend, so they are shown by the number of their row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import classes, paired
from pipelines.moderation import cards, decisions, training
from pipelines.moderation.data import CLASSES

if TYPE_CHECKING:
    from pipelines.moderation.model import ModerationModel

WORST = 15  # tweets of a list


def evaluate(model: ModerationModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on judged tweets, and the sections of the report. Near copies are one unit."""
    shares = training.shares_of(rows)
    said = shares.argmax(axis=1)
    read = model.read(rows["text"].tolist())
    scores, simple = model.score.scores(read), model.baseline.scores(read)
    guess = decisions.named(model.score.votes(read), model.levels)
    own, other = values(shares, scores, guess), values(shares, simple, decisions.named(simple, model.baseline_levels))
    metrics = {name: float(column.mean()) for name, column in own.items()}
    metrics |= {f"f1_{name}": float(f1(said, guess, number).mean()) for number, name in enumerate(CLASSES)}
    metrics |= {"accuracy": float((guess == said).mean()), "disagreement_r": agreement(shares, scores)}
    metrics |= {f"{name}_of_words": float(column.mean()) for name, column in other.items()}
    sections = [
        Section("By class", classes.by_class(said, guess, list(CLASSES), "class")),
        Section("What is decided, and what it costs", decided(shares, scores)),
        Section("Annotators who disagree", disagreement(shares, scores)),
        Section("The most expensive decisions, by row", dearest(rows, shares, scores)),
        *cards.sections(rows, metrics),
    ]
    units, baseline = (
        pd.DataFrame({name: paired.by_unit(column, rows["unit"].to_numpy()) for name, column in one.items()})
        for one in (own, other)
    )
    return Evaluation(metrics, sections, units, {"logistic regression on words": baseline[["log_loss"]]})


def values(shares: np.ndarray, scores: np.ndarray, guess: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares as a value per tweet, whose mean it is, shapes (n,). guess: the classes named.

    The log loss is that of the annotators' shares: it is least where the shares are met.
    """
    said = shares.argmax(axis=1)
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    return {
        "macro_f1": np.mean([f1(said, guess, number) for number in range(len(CLASSES))], axis=0),
        "log_loss": -(shares * log_softmax(scores, axis=1)).sum(axis=1),
        "cost": decisions.cost(shares, chosen),
    }


def f1(truth: np.ndarray, guess: np.ndarray, number: int) -> np.ndarray:
    """Return F1 of a class as a value per tweet, whose mean it is, shape (n,)."""
    true, made = truth == number, guess == number
    return paired.ratio(2.0 * (true & made), true + 1.0 * made) if (true | made).any() else np.zeros(len(truth))


def agreement(shares: np.ndarray, scores: np.ndarray) -> float:
    """Return Pearson r of the share who said another class than the likeliest, and of what was expected."""
    probability = decisions.probabilities(scores)
    likely = probability.argmax(axis=1)
    expected, true = 1 - probability.max(axis=1), 1 - shares[np.arange(len(shares)), likely]
    return float(np.corrcoef(expected, true)[0, 1]) if expected.std() and true.std() else 0.0


def disagreement(shares: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return for tenths of the tweets the share expected to disagree with the likeliest class, and who did."""
    probability = decisions.probabilities(scores)
    likely = probability.argmax(axis=1)
    frame = pd.DataFrame(
        {"expected": 1 - probability.max(axis=1), "did": 1 - shares[np.arange(len(shares)), likely]}
    ).sort_values("expected", ignore_index=True)
    tenth = np.arange(len(frame)) * 10 // len(frame)
    return frame.groupby(tenth).mean().round(3).assign(tweets=np.bincount(tenth))


def decided(shares: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return for each decision how often it is made, what annotators said of such tweets, and its cost."""
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    frame = pd.DataFrame(shares, columns=list(CLASSES)).assign(
        decision=np.array(decisions.DECISIONS)[chosen], cost=decisions.cost(shares, chosen)
    )
    made = frame.groupby("decision", as_index=False).mean().round(3)
    return made.assign(tweets=frame["decision"].value_counts().reindex(made["decision"]).to_numpy())


def dearest(rows: pd.DataFrame, shares: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return the decisions that cost most by what the annotators said."""
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    frame = rows[["row", *CLASSES]].assign(
        decision=np.array(decisions.DECISIONS)[chosen], cost=decisions.cost(shares, chosen)
    )
    return frame.sort_values("cost", ascending=False).head(WORST).round(2)
