"""What a run shows of a model: F1 of each class, how shares are met, costs, identities, and the two cards.

The texts offend, so they are shown by the number of their row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import annotators, classes, paired
from pipelines.moderation import cards, decisions, identity, training
from pipelines.moderation.data import CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.text.linear_svc import Decider
    from pipelines.moderation.model import ModerationModel

WORST = 15  # tweets of a list
HARM = ("identity_hate", "identity_aside")  # of harmless sentences: named hate, and not left alone
SVC = "linear SVC on words"


def evaluate(model: ModerationModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on judged tweets, and the sections of the report. Near copies are one unit."""
    shares = training.shares_of(rows)
    labels = shares.argmax(axis=1)
    read = model.read(rows["text"].tolist())
    scores, simple = model.score.scores(read), model.baseline.scores(read)
    guess = decisions.named(model.score.votes(read), model.levels)
    own, of_words = (
        values(shares, scores, guess),
        values(shares, simple, decisions.named(simple, model.baseline_levels)),
    )
    metrics = {name: float(column.mean()) for name, column in own.items()}
    metrics |= {f"f1_{name}": float(annotators.f1(labels, guess, number).mean()) for number, name in enumerate(CLASSES)}
    metrics |= {
        "accuracy": float((guess == labels).mean()),
        "disagreement_r": annotators.agreement(shares, decisions.probabilities(scores)),
    }
    metrics |= {f"{name}_of_words": float(column.mean()) for name, column in of_words.items()}
    rival = by_class(model.rival, rows["text"].tolist(), shares)
    metrics |= {f"{name}_of_svc": float(column.mean()) for name, column in rival.items()}
    harmless = harmed(model)
    for suffix, part in (("", harmless), ("_held", harmless[harmless["held"]])):
        metrics |= {f"{name}{suffix}": float(part[name].mean()) for name in HARM}
    each = judged(rows, shares, scores)
    sections = [
        Section("By class", classes.by_class(labels, guess, list(CLASSES), "class")),
        Section("What is decided, and what it costs", decided(each)),
        Section("Harmless sentences about identities, the worst first", by_identity(harmless)),
        Section("Annotators who disagree", annotators.disagreement(shares, decisions.probabilities(scores))),
        Section("The most expensive decisions, by row", each.nlargest(WORST, "cost").round(2)),
        *cards.sections(rows, metrics),
    ]
    units, baseline, svc = (
        pd.DataFrame({name: paired.by_unit(column, rows["unit"].to_numpy()) for name, column in columns.items()})
        for columns in (own, of_words, rival)
    )
    baselines = {"logistic regression on words": baseline[["log_loss"]], SVC: svc}
    return Evaluation(metrics, sections, units, baselines, level={SVC: ["macro_f1"]})


def by_class(rival: Decider, texts: Sequence[str], shares: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares of a rival without shares, as a value per tweet, shapes (n,)."""
    guess, labels = rival.classifier.predict(texts), shares.argmax(axis=1)
    return {
        "macro_f1": annotators.macro_f1(labels, guess, len(CLASSES)),
        "cost": decisions.cost(shares, rival.chosen[guess]),
    }


def harmed(model: ModerationModel) -> pd.DataFrame:
    """Return the measured sentences about identities, with 1 or 0 for each of `HARM`."""
    rows = identity.to_measure()
    read = model.read(rows["text"].tolist())
    guess = decisions.named(model.score.votes(read), model.levels)
    return rows.assign(**harm(model.score.scores(read), guess))


def by_identity(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each identity how often it is named hate and not left alone. held: no learned sentence names it."""
    rates = rows.groupby(["identity", "kind", "held"], as_index=False)[list(HARM)].mean().round(3)
    return rates.sort_values(list(HARM), ascending=False, ignore_index=True)


def values(shares: np.ndarray, scores: np.ndarray, guess: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares as a value per tweet, whose mean it is, shapes (n,). guess: the classes named.

    The log loss is that of the annotators' shares: it is least where the shares are met.
    """
    labels = shares.argmax(axis=1)
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    return {
        "macro_f1": annotators.macro_f1(labels, guess, len(CLASSES)),
        "log_loss": -(shares * log_softmax(scores, axis=1)).sum(axis=1),
        "cost": decisions.cost(shares, chosen),
    }


def harm(scores: np.ndarray, guess: np.ndarray) -> dict[str, np.ndarray]:
    """Return for each of some harmless sentences whether it is named hate, and whether it is not left alone: 1 or 0."""
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    flags = guess == CLASSES.index("hate"), chosen != decisions.DECISIONS.index("show")
    return {name: flag.astype(float) for name, flag in zip(HARM, flags, strict=True)}


def judged(rows: pd.DataFrame, shares: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """Return for each tweet its row, what annotators said of it, the decision, and what that costs."""
    chosen = decisions.expected(decisions.probabilities(scores)).argmin(axis=1)
    cost, decision = decisions.cost(shares, chosen), np.array(decisions.DECISIONS)[chosen]
    return rows[["row"]].assign(**dict(zip(CLASSES, shares.T, strict=True)), decision=decision, cost=cost)


def decided(each: pd.DataFrame) -> pd.DataFrame:
    """Return for each decision how often it is made, what annotators said of such tweets, and its cost."""
    means = each.drop(columns="row").groupby("decision").mean().round(3)
    return means.assign(tweets=each["decision"].value_counts()).reset_index()
