"""What a run shows of a model: F1, calibration, what decisions cost, the most expensive of them, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from capstan.contract.evaluation import Evaluation, Section
from data_sets import messages_of_today
from models.metrics import binary, paired
from models.text import near_copies
from pipelines.spam import cards, costs

if TYPE_CHECKING:
    from pipelines.spam.model import SpamModel

WORST = 15  # decisions of a list


def evaluate(model: SpamModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on labelled messages, and the sections of the report. Near copies are one unit."""
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    groups, counts = near_copies.groups(texts), model.counts(texts)
    margin, answers = model.margin(texts, counts), model.decided(texts, counts)
    aside, flagged = answers["decision"] == "spam", np.array([bool(remarks) for remarks in answers["unusual"]])
    simple = model.baseline_line[0] * model.baseline.margin(model.baseline.counts(texts)) + model.baseline_line[1]
    own, bayes = values(spam, margin, aside), values(spam, simple, costs.decided(expit(simple)))
    metrics = {name: float(column.mean()) for name, column in own.items()} | shares(spam, margin, aside)
    metrics |= {"flagged": float(flagged.mean())} | today(model)
    metrics |= {f"{name}_of_bayes": float(bayes[name].mean()) for name in own}
    probability = expit(margin)
    sections = [
        Section("Ranking and calibration", binary.figure(spam, probability)),
        Section("The most expensive decisions", most_expensive(rows, spam, probability, aside)),
        *cards.sections(rows, metrics),
    ]
    units, baseline = (
        pd.DataFrame({name: paired.by_unit(column, groups) for name, column in columns.items()})
        for columns in (own, bayes)
    )
    return Evaluation(metrics, sections, units, {"naive Bayes": baseline[["log_loss"]]})


def today(model: SpamModel) -> dict[str, float]:
    """Return shares of the messages of today that the guard did not learn from.

    Everyday ones that are put aside, which is always without a remark; scams that are shown without one; and everyday
    ones and scams that have one.
    """
    rows = messages_of_today.messages()
    rows = rows[~rows["known"]]
    answers, scam = model.decided(rows["text"].tolist()), rows["spam"].to_numpy() == 1
    aside, flagged = answers["decision"] == "spam", np.array([bool(remarks) for remarks in answers["unusual"]])
    return {
        "today_lost": float(aside[~scam].mean()),
        "today_scams_shown": float((~aside & ~flagged)[scam].mean()),
        "today_flagged": float(flagged[~scam].mean()),
        "today_scams_flagged": float(flagged[scam].mean()),
    }


def values(spam: np.ndarray, margin: np.ndarray, aside: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares as a value per message, whose mean it is, shapes (n,).

    margin: calibrated log-odds. aside: booleans, of which the cost is. F1 is of the decision at even odds.
    """
    guess = margin > 0
    return {
        "log_loss": log_loss(spam, margin),
        "f1": f1(spam, guess),
        "cost": costs.cost(spam, aside),
    }


def shares(spam: np.ndarray, margin: np.ndarray, aside: np.ndarray) -> dict[str, float]:
    """Return ROC AUC, calibration error, and the shares of ham that is lost and of spam that is put aside."""
    scored = binary.score(spam, expit(margin))
    return {name: scored[name] for name in ("roc_auc", "calibration_error")} | {
        "ham_lost": float(aside[spam == 0].mean()),
        "spam_found": float(aside[spam == 1].mean()),
    }


def f1(spam: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return F1 of spam as a value per message, whose mean it is, shape (n,). guess: booleans."""
    return paired.ratio(2.0 * (guess & (spam == 1)), guess + 1.0 * (spam == 1))


def log_loss(spam: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Return the log loss of each message, shape (n,). margin: log-odds."""
    return np.asarray(-np.where(spam == 1, log_expit(margin), log_expit(-margin)))


def most_expensive(rows: pd.DataFrame, spam: np.ndarray, probability: np.ndarray, aside: np.ndarray) -> pd.DataFrame:
    """Return the wrong decisions that the model was surest of, lost ham first."""
    frame = pd.DataFrame(
        {"message": rows["text"], "is": np.where(spam == 1, "spam", "ham"), "probability": probability}
    )
    wrong = frame[aside != (spam == 1)].assign(sure=lambda part: (part["probability"] - (part["is"] == "spam")).abs())
    return wrong.sort_values(["is", "sure"], ascending=[True, False]).drop(columns="sure").head(WORST)
