"""How much spam does each method find, and how much ham does it lose?

Five folds over all distinct messages, at random and with near copies together; the settings chosen inside each fold;
the decisions by the costs; the messages to test on; and the spread that the limits of the gate come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, choices, ranged, spread
from models.text import near_copies
from pipelines.spam import costs, report, task, training
from pipelines.spam.scores import Bayes, Counts, Machine, Meant, Plain, rows_of
from pipelines.spam.studies.tune import study as tune
from pipelines.spam.studies.tune.generative import Generative
from pipelines.spam.studies.tune.rivals import Boosted, Rival

SERVED, WITHOUT = "words, characters and MiniLM, served", "words and characters"
SIMPLE, NESTED = "naive Bayes, Bernoulli, tuned", "chosen inside each fold"
STRONG = "LinearSVC with MiniLM, defaults"
METHODS: dict[str, Callable[[int], Any]] = {
    SIMPLE: Bayes,
    "naive Bayes, multinomial": lambda seed: Bayes(seed, "multinomial", 1.0),
    "naive Bayes, complement": lambda seed: Bayes(seed, "complement", 1.0),
    "Kneser-Ney n-grams of bytes": Generative,
    "SVM, words, defaults": Plain,
    "SVM, words and shapes": lambda seed: Machine(seed, kinds=(0,)),
    "SVM, characters": lambda seed: Machine(seed, kinds=(1,)),
    WITHOUT: Machine,
    SERVED: Meant,
    "boosted trees": Boosted,
}
STACK = "served, Kneser-Ney and the baseline"
STACKED = (SERVED, "Kneser-Ney n-grams of bytes", SIMPLE)
CHOICES = [{"strength": strength, "stretch": stretch} for strength in (1.0, 3.0) for stretch in (0.5, 1.0)]
AT_RANDOM, TOGETHER = "at random", "near copies together"


def dealt(spam: np.ndarray, groups: np.ndarray, seed: int, protocol: str) -> training.Folds:
    """Return five folds: at random, of the same share of spam, or with near copies together."""
    return training.folds(spam, np.arange(len(spam)) if protocol == AT_RANDOM else groups, seed)


def line(spam: np.ndarray, guess: np.ndarray, simple: np.ndarray) -> Line:
    """Return F1 with its interval over messages, less that of the simple method, and what is wrong. guess: booleans."""
    figures: Line = {"ham_lost": int((guess & (spam == 0)).sum()), "spam_missed": int((~guess & (spam == 1)).sum())}
    for title, baseline in (("f1", np.zeros(len(spam))), ("f1_more", report.f1(spam, simple))):
        figures |= dict(
            zip((title, f"{title}_low", f"{title}_high"), difference(report.f1(spam, guess), baseline), strict=True)
        )
    return figures


def choose(counts: Any, spam: np.ndarray, groups: np.ndarray, seed: int) -> dict[str, Any]:
    """Return the setting with the least log loss in folds of these messages, near copies together."""
    losses = [tune.scored(tune.SERVED, setting, counts, spam, groups, seed)["log_loss"] for setting in CHOICES]
    return CHOICES[int(np.argmin(losses))]


@cache
def messages() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return all distinct messages: texts, whether each is spam, and groups of near copies."""
    rows = task.load(settings().data_dir)["messages"].drop_duplicates("text", ignore_index=True)
    texts = rows["text"].tolist()
    return texts, rows["spam"].to_numpy().astype(int), near_copies.groups(texts)


@cache
def divided() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the messages to train on, and those to test on."""
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    return past, test


@cache
def counted() -> dict[str, Any]:
    """Return what each method counts in all messages; those that count the same share it."""
    texts = messages()[0]
    known: dict[Any, Any] = {}
    for score in METHODS.values():
        counts = score(0).counts
        known[counts] = known.get(counts) or counts(texts)
    return {name: known[score(0).counts] for name, score in METHODS.items()}


def compared(protocol: str, seed: int) -> Iterator[Line]:
    """Yield a line per method: guesses at even odds, each of a score that was fitted without the message's fold.

    The calibration of a fold comes from the margins of the others; `nested` leaves the fold out of these, too.
    """
    (_, spam, groups), counts = messages(), counted()
    parts, margins = dealt(spam, groups, seed, protocol), {}
    for name, score in METHODS.items():
        margins[name] = training.out_of_fold(score, counts[name], spam, parts, seed)[:, None]
    margins[STACK] = np.hstack([margins[name] / margins[name].std() for name in STACKED])
    guesses = {name: calibrated(margin, spam, parts) > 0 for name, margin in margins.items()}
    for name, guess in guesses.items():
        yield {"part": protocol, "method": name} | line(spam, guess, guesses[SIMPLE])


def calibrated(margins: np.ndarray, spam: np.ndarray, parts: training.Folds) -> np.ndarray:
    """Return the log-odds of each message by a line through the margins of the other folds. margins: shape (n, k)."""
    from sklearn.linear_model import LogisticRegression

    odds = np.empty(len(spam))
    for past, held in parts:
        odds[held] = LogisticRegression(C=np.inf).fit(margins[past], spam[past]).decision_function(margins[held])
    return odds


def rival(protocol: str) -> Iterator[Line]:
    """Yield the lines of the strongest simple rival and of the served score, which is compared with it."""
    (texts, spam, groups), seed, guesses = messages(), 0, {}
    parts = dealt(spam, groups, seed, protocol)
    for name, score in ((STRONG, Rival), (SERVED, Meant)):
        counts: Any = score.counts(texts)
        odds = calibrated(training.out_of_fold(score, counts, spam, parts, seed)[:, None], spam, parts)
        guesses[name] = odds > 0
        yield {"method": name} | line(spam, guesses[name], guesses[STRONG])


def test() -> Iterator[Line]:
    """Yield a line per method on the messages to test on, which no setting was chosen on."""
    (past, test), seed = divided(), 0
    spam, simple = test["spam"].to_numpy().astype(int), np.zeros(len(test), bool)
    groups = near_copies.groups(past["text"].tolist())
    for name, score in METHODS.items():
        counts, known = score(seed).counts(past["text"].tolist()), past["spam"].to_numpy().astype(int)
        own = training.folds(known, groups, seed)
        fitted, (slope, intercept) = training.calibrated(score, counts, known, own, seed)
        guess = slope * fitted.margin(score(seed).counts(test["text"].tolist())) + intercept > 0
        simple = guess if name == SIMPLE else simple
        yield {"method": name} | line(spam, guess, simple)


def shares() -> Iterator[Line]:
    """Yield which share of the score each kind of column has: of how it varies over the messages to test on.

    The shares add up to 1: the covariance of each part with the score, by the variance of the score.
    """
    past, test = divided()
    fitted = Meant().fit(Meant.counts(past["text"].tolist()), past["spam"].to_numpy().astype(int))
    parts = fitted.parts(Meant.counts(test["text"].tolist()))
    score = parts.sum(axis=1)
    for name, part in zip(("words and shapes", "characters", "MiniLM's vector"), parts.T, strict=True):
        yield {"method": name, "share": float(np.cov(part, score)[0, 1] / score.var(ddof=1))}


def machine(setting: dict[str, Any]) -> Callable[[int], Meant]:
    """Return what makes a score with a setting."""
    return lambda seed: Meant(seed, **setting)


def nested(protocol: str) -> Line:
    """Return the line when the settings are chosen inside each fold."""
    (texts, spam, groups), seed = messages(), 0
    counts, guess, chosen = Meant.counts(texts), np.zeros(len(spam), bool), []
    for past, held in dealt(spam, groups, seed, protocol):
        inside = rows_of(counts, past)
        setting = choose(inside, spam[past], groups[past], seed)
        chosen.append(choices.name(setting))
        own = training.folds(spam[past], groups[past], seed)
        fitted, (slope, intercept) = training.calibrated(machine(setting), inside, spam[past], own, seed)
        guess[held] = slope * fitted.margin(rows_of(counts, held)) + intercept > 0
    return {"method": NESTED, "chosen": chosen} | line(spam, guess, np.zeros(len(spam), bool))


def decisions() -> Iterator[Line]:
    """Yield what the decisions of three scores cost, each calibrated on folds inside, near copies together."""
    (texts, spam, groups), seed = messages(), 0
    for name, score in ((SIMPLE, Bayes), (WITHOUT, Machine), (SERVED, Meant)):
        counts: Counts = score.counts(texts)
        odds = np.empty(len(spam))
        for past, held in training.folds(spam, groups, seed):
            inside = rows_of(counts, past)
            parts = training.folds(spam[past], groups[past], seed)
            fitted, (slope, intercept) = training.calibrated(score, inside, spam[past], parts, seed)
            odds[held] = slope * fitted.margin(rows_of(counts, held)) + intercept
        for way, aside in (("even odds", odds > 0), ("by the costs", costs.decided(expit(odds)))):
            mean = difference(costs.cost(spam, aside), np.zeros(len(spam)))
            figures: Line = {"method": f"{name}, {way}"} | line(spam, aside, np.zeros(len(spam), bool))
            yield figures | dict(zip(("cost", "cost_low", "cost_high"), mean, strict=True))
    yield {"method": "everything is shown", "ham_lost": 0, "spam_missed": int(spam.sum()), "f1": 0.0} | dict.fromkeys(
        ("cost", "cost_low", "cost_high"), float(spam.mean())
    )


def division(seed: int) -> Line:
    """Return the metrics of the gate for a random quarter of the messages to train on, near copies together."""
    past, _ = divided()
    groups = near_copies.groups(past["text"].tolist())
    held_out = np.random.default_rng(seed).permutation(groups.max() + 1)[groups] % task.TEST_SHARE == 0
    model = task.train({"messages": past[~held_out]}, weights_files.fetch_all(task.WEIGHTS), seed=seed)
    return dict(task.evaluate(model, {"messages": past[held_out]}).metrics)


def metric(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a metric of the gate."""
    return lambda rows: spread(rows[name], digits=4)


LOST = {
    "ham lost": lambda rows: f"{rows['ham_lost'].mean():.1f}",
    "spam missed": lambda rows: f"{rows['spam_missed'].mean():.1f}",
}
FOUND = {"F1 of spam": ranged("f1"), "more than the baseline": ranged("f1_more"), **LOST}
CHOSEN = {"F1 of spam": ranged("f1"), **LOST}
STUDY = Study(
    measures=[
        Measure(compared, [{"protocol": AT_RANDOM}, {"protocol": TOGETHER}]),
        Measure(rival, [{"protocol": AT_RANDOM}, {"protocol": TOGETHER}], seeds=0),
        Measure(test, seeds=0),
        Measure(shares, seeds=0),
        Measure(decisions, seeds=0),
        Measure(division, seeds=5),
        Measure(nested, [{"protocol": AT_RANDOM}], seeds=0),
    ],
    tables=[
        Table({"five folds, at random": "method"}, FOUND, AT_RANDOM),
        Table({"five folds, near copies together": "method"}, FOUND, TOGETHER),
        Table(
            {"folds": "protocol", "score": "method"},
            {"F1 of spam": ranged("f1"), "more than LinearSVC with MiniLM": ranged("f1_more"), **LOST},
            "rival",
        ),
        Table({"the messages to test on": "method"}, FOUND, "test"),
        Table(
            {"the served score, on the messages to test on": "method"},
            {"share of the score, %": lambda rows: f"{100 * rows['share'].mean():.0f}"},
            "shares",
        ),
        Table({"settings chosen inside each fold": "protocol"}, CHOSEN, "nested"),
        Table({"decisions": "method"}, {"cost of a message": ranged("cost"), **CHOSEN}, "decisions"),
        Table(
            {"five divisions of the messages to train on": "part"},
            {name: metric(name) for name in task.THRESHOLDS},
            "division",
        ),
    ],
    seeds=2,
)
