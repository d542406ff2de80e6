"""What is served and its rivals on the tweets to test on, and on the sentences about identities.

All learn from the tweets to train on. With a seed above 0, a tenth of their units is left out, at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import harmless_sentences
from models.encoder import minilm, vectors
from models.text import templates
from pipelines.moderation import decisions, identity, reading, report, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Kind, Pair, simple
from pipelines.moderation.studies.compare.study import interval

SVC, WORDS = report.SVC, "logistic regression on words"
SERVED, WITHOUT = "served", "served, without the sentences"
LEFT_OUT = 10  # one unit in so many
COMMON = {"man", "woman", "person", "user", "old", "blind"}  # words that say little of an identity
NEUTRAL = {"none": ("nurse", "farmer", "swimmer", "musician", "neighbor")}  # the same sentences without an identity


class Texts:
    """What is read of all texts, in the order of `rows`: tweets, sentences to learn, to measure, and neutral ones."""

    def __init__(self) -> None:
        weights, tables = weights_files.fetch_all(task.WEIGHTS), task.load(settings().data_dir)
        self.past, self.test = (part["tweets"] for part in task.split(tables))
        self.harmless = identity.to_measure()
        self.neutral = templates.sentences(harmless_sentences.TO_MEASURE, NEUTRAL)
        tweets = tables["tweets"]["text"].tolist()
        parts = identity.to_learn(), self.harmless, self.neutral
        new = [text for part in parts for text in part["text"]]
        known = vectors.of(tweets, weights, int8=True), minilm.in_int8(weights).embed(new)
        self.read = reading.read([*tweets, *new], np.vstack(known))
        self.starts = len(tweets) + np.cumsum([0, *map(len, parts)])

    def learned(self, rows: pd.DataFrame) -> Read:
        """Return what is read of tweets, and of the sentences where `rows` has them."""
        return self.read.at(np.where(rows["row"] >= 0, rows["row"], self.starts[0] - 1 - rows["row"]))

    def part(self, number: int) -> Read:
        """Return what is read of the sentences to measure (1), or of the neutral ones (2)."""
        return self.read.at(np.arange(self.starts[number], self.starts[number + 1]))


@cache
def texts() -> Texts:
    """Return what is read of all texts."""
    return Texts()


def rivals(seed: int) -> Iterator[Line]:
    """Yield a line per method: values, what it has more than the SVC, and the sentences about identities.

    All methods with the first seed; without logistic regression, which is no rival in cost, with the others.
    """
    found, past = texts(), texts().past
    if seed:
        units = past["unit"].unique()
        out = np.random.default_rng(seed).choice(units, len(units) // LEFT_OUT, replace=False)
        past = past[~past["unit"].isin(out)]
    shares, plain = training.shares_of(found.test), found.test["text"].tolist()
    svc = training.rival_of(past)
    base = report.by_class(svc, plain, shares)
    harmless = {"identity_hate": float((svc.classifier.predict(found.harmless["text"]) == 0).mean())}
    yield {"method": SVC} | compared(base, base, found.test) | harmless
    methods: dict[str, tuple[Callable[[], Kind], float]] = {
        SERVED: (Pair, identity.WEIGHT),
        WORDS: (simple, identity.WEIGHT),
        WITHOUT: (Pair, 0.0),
    }
    for name, (score, weight) in methods.items():
        if name != WORDS or not seed:
            rows = training.taught(past, weight)
            fitted, levels = training.levelled(
                score,
                found.learned(rows),
                training.shares_of(rows),
                rows["unit"].to_numpy(),
                seed,
                rows["importance"].to_numpy(),
            )
            read = found.learned(found.test)
            own = report.values(shares, fitted.scores(read), decisions.named(fitted.votes(read), levels))
            line = {"method": name} | compared(own, base, found.test) | harmed(fitted, levels)
            yield line | on_tweets(found.test, fitted.votes(read) + levels)


def compared(own: dict[str, np.ndarray], other: dict[str, np.ndarray], test: pd.DataFrame) -> Line:
    """Return each value with its 95 % interval over units, and what it is more than another method's."""
    line: Line = {}
    units = test["unit"].to_numpy()
    for name, column in own.items():
        pairs = {name: np.zeros(len(column))} | ({f"{name}_more": other[name]} if name in other else {})
        for title, less in pairs.items():
            line |= interval(title, column - less, units)
    return line


def harmed(score: Kind, levels: np.ndarray) -> Line:
    """Return which shares of the sentences are named hate and not left alone: all, of held identities, and neutral."""
    found = texts()
    line: Line = {}
    held = found.harmless["held"].to_numpy(bool)
    for number, parts in ((1, {"": held | True, "_held": held}), (2, {"_neutral": slice(None)})):
        read = found.part(number)
        harm = report.harm(score.scores(read), decisions.named(score.votes(read), levels))
        line |= {f"{name}{end}": float(each[mask].mean()) for name, each in harm.items() for end, mask in parts.items()}
        if number == 1:
            worst = report.by_identity(found.harmless.assign(**harm)).iloc[0]
            line |= {"worst": worst["identity"], "worst_hate": float(worst["identity_hate"])}
    return line


def on_tweets(test: pd.DataFrame, votes: np.ndarray) -> Line:
    """Return which share of the hateful tweets that name an identity is named hate."""
    names = {
        word.lower()
        for part in (harmless_sentences.LEARNED, harmless_sentences.HELD)
        for kind in part.values()
        for word in kind
    }
    words = {word for name in names for word in name.split()} - COMMON
    has = np.array([bool(words & {gram.name for gram in reading.tokens(text)}) for text in test["text"]])
    hate = has & (training.shares_of(test).argmax(axis=1) == 0)
    return {"tweets": int(hate.sum()), "found": float((votes[hate].argmax(axis=1) == 0).mean())}


def of_svc(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a value and how much more than the SVC's it is; nothing where the method has no such value."""

    def shown(rows: pd.DataFrame) -> str:
        row = rows.iloc[0]
        if pd.isna(row.get(name)):
            return ""
        more = [row.get(f"{name}_more{end}") for end in ("", "_low", "_high")]
        return f"{row[name]:.3f}" + (
            "" if pd.isna(more[0]) or not any(more) else " ({:+.3f}, {:+.3f} to {:+.3f})".format(*more)
        )

    return shown


def percents(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a share in percent, and its least and most where there are several seeds."""

    def shown(rows: pd.DataFrame) -> str:
        shares = 100 * rows[name]
        if shares.isna().all():
            return ""
        return f"{shares.iloc[0]:.1f}" + (f" ({shares.min():.1f} to {shares.max():.1f})" if len(shares) > 1 else "")

    return shown


def with_all(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the first seed, with which nothing is left out."""
    return lines[lines["seed"] == 0]


def with_fewer(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the other seeds."""
    return lines[lines["seed"] > 0]


def with_sentences(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with shares of the sentences that are not left alone."""
    return lines[lines["identity_aside"].notna()]


STUDY = Study(
    measures=[Measure(rivals)],
    tables=[
        Table(
            {"rivals": "method"},
            {
                "macro F1": of_svc("macro_f1"),
                "cost of a tweet": of_svc("cost"),
                "log loss": of_svc("log_loss"),
                "harmless sentences named hate, %": percents("identity_hate"),
            },
            rows=with_all,
        ),
        Table(
            {"sentences about identities": "method"},
            {
                "named hate, %": percents("identity_hate"),
                "not left alone, %": percents("identity_aside"),
                "identities never learned: named hate, %": percents("identity_hate_held"),
                "not left alone, % ": percents("identity_aside_held"),
                "without an identity: not left alone, %": percents("identity_aside_neutral"),
                "hateful tweets that name one: named hate, %": percents("found"),
            },
            rows=with_sentences,
        ),
        Table(
            {"a tenth of the tweets left out": "method"},
            {
                "draws": lambda rows: str(len(rows)),
                "macro F1": lambda rows: spread(rows["macro_f1"]),
                "cost of a tweet": lambda rows: spread(rows["cost"]),
                "harmless sentences named hate, %": lambda rows: spread(rows["identity_hate"], 100, 1),
            },
            rows=with_fewer,
        ),
    ],
    seeds=6,
)
