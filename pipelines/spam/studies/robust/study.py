"""What do attacks do to the score, before and after training against them?

The attacker changes the spam messages; ham stays as it is. Each line is of one of three scores: without training
against attacks; trained against every attack; and trained against all attacks except the one that it is tried with and
all together, which keeps the calibration of the second. The words of ham that are added come from messages to train on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from models.encoder import minilm
from models.encoder.encoder_int8 import Int8Encoder
from models.encoder.sentence_encoder import SentenceEncoder
from models.linear import platt
from models.text import near_copies
from pipelines.spam import costs, task, training
from pipelines.spam.scores import Counts, Meant, rows_of, stacked
from pipelines.spam.studies.robust.attacks import ATTACKS, HONEST, attacked, copies

NONE = "none"
BEFORE, AFTER, UNSEEN = "before", "after", "after, without this one"
MOST = 40  # good words that an informed attacker adds at most
TRIED = 60  # spam messages of the informed attack


class Fitted(NamedTuple):
    """A score and its calibration."""

    score: Meant
    slope: float
    intercept: float

    def odds(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self.slope * self.score.margin(counts(texts)) + self.intercept)


def counts(texts: Sequence[str]) -> Counts:
    """Return what the score reads of some texts."""
    return Meant.counts(texts, encoder().embed(texts))


@cache
def encoder() -> SentenceEncoder[Int8Encoder]:
    """Return MiniLM as it is served."""
    return minilm.in_int8(weights_files.fetch_all(task.WEIGHTS))


class Blocks:
    """Messages to train on, and their attacked copies, each counted once."""

    def __init__(self, rows: pd.DataFrame, seed: int):
        texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
        groups, self.seed = near_copies.groups(texts), seed
        self.parts = {NONE: (counts(texts), spam, groups)}
        for name, (changed, places) in copies(texts, spam, seed).items():
            self.parts[name] = (counts(changed), spam[places], groups[places])

    def fit(self, names: Sequence[str], without: np.ndarray | tuple[int, ...] = ()) -> Meant:
        """Return a score of the messages and the copies of some attacks, without some groups of near copies."""
        chosen = [self.parts[name] for name in (NONE, *names, *([HONEST] if names else []))]
        kept = [np.flatnonzero(~np.isin(groups, without)) for _, _, groups in chosen]
        blocks = [rows_of(part[0], rows) for part, rows in zip(chosen, kept, strict=True)]
        spam = np.concatenate([part[1][rows] for part, rows in zip(chosen, kept, strict=True)])
        return Meant(self.seed).fit(reduce(stacked, blocks), spam)

    def fitted(self, names: Sequence[str]) -> Fitted:
        """Return it, calibrated on a fifth of the messages as they are, whose near copies it has not seen.

        The copies of an attack have no part in the calibration: they would make spam look more frequent than it is.
        """
        own, spam, groups = self.parts[NONE]
        held = training.folds(spam, groups, self.seed)[0][1]
        margin = self.fit(names, np.unique(groups[held])).margin(rows_of(own, held))
        return Fitted(self.fit(names), *platt.line(margin, spam[held]))


def informed(fitted: Fitted, ads: list[str], words: list[str]) -> dict[str, float]:
    """Return how many good words have half of the messages shown, and the share that `MOST` words bring through.

    words: of ham, those that speak most against spam by this very score first. The attacker knows the score.
    """
    shown = []
    for count in range(MOST + 1):
        texts = [f"{text} {' '.join(words[:count])}" if count else text for text in ads]
        shown.append(float((~costs.decided(expit(fitted.odds(texts)))).mean()))
        if shown[-1] == 1:
            break
    half = next((count for count, share in enumerate(shown) if share >= 0.5), MOST + 1)
    return {"words_for_half": half, "shown_at_most": shown[-1]}


def best_words(fitted: Fitted, ham: list[str]) -> list[str]:
    """Return the words of ham that speak most against spam, the strongest first: each alone is asked."""
    counts = pd.Series([word for text in ham for word in text.split()]).value_counts()
    words = counts[counts >= 3].index.tolist()
    order = np.argsort(fitted.odds(words))
    return [words[place] for place in order[:MOST]]


def measured(seed: int) -> Iterator[Line]:
    """Yield a line per attack and score: accuracy, F1 and what is found at the limit of the costs."""
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    ham = past.loc[past["spam"] == 0, "text"].tolist()
    spam = test["spam"].to_numpy().astype(int)
    texts = np.array(test["text"].tolist(), dtype=object)
    ads = [str(text) for text in texts[spam == 1]]
    tried = {NONE: texts.tolist()}
    for name, attack in ATTACKS.items():
        changed = texts.copy()
        changed[spam == 1] = attacked(ads, attack, ham, seed + 1_000)
        tried[name] = changed.tolist()
    blocks = Blocks(past, seed)
    scores = {BEFORE: blocks.fitted([]), AFTER: blocks.fitted(list(ATTACKS))}
    right = {}
    for method, fitted in scores.items():
        for name, asked in tried.items():
            odds = fitted.odds(asked)
            right[method, name] = (odds > 0) == (spam == 1)
            yield line(name, method, spam, odds, right.get((BEFORE, name)))
        yield {"attack": "informed", "method": method} | informed(fitted, ads[:TRIED], best_words(fitted, ham))
    for name, asked in tried.items():
        if name not in (NONE, "all of these"):
            others = [title for title in ATTACKS if title not in (name, "all of these")]
            odds = scores[AFTER]._replace(score=blocks.fit(others)).odds(asked)
            yield line(name, UNSEEN, spam, odds, right[BEFORE, name])


def line(attack: str, method: str, spam: np.ndarray, odds: np.ndarray, before: np.ndarray | None) -> Line:
    """Return accuracy at even odds, how much more it is than before, and the shares found and lost at the limit."""
    right, aside = (odds > 0) == (spam == 1), costs.decided(expit(odds))
    more = difference(1.0 * right, 1.0 * (right if before is None else before))
    return {
        "attack": attack,
        "method": method,
        "accuracy": float(right.mean()),
        "found_even": float((odds > 0)[spam == 1].mean()),
        "found": float(aside[spam == 1].mean()),
        "lost": float(aside[spam == 0].mean()),
    } | dict(zip(("more", "more_low", "more_high"), more, strict=True))


def shown(method: str, name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a share of one score, in percent."""

    def show(rows: pd.DataFrame) -> str:
        values = rows.loc[rows["method"] == method, name]
        return f"{100 * values.mean():.1f}" if len(values) else "-"

    return show


def gain(rows: pd.DataFrame) -> str:
    """Return how much training against attacks adds to the accuracy."""
    own = rows[rows["method"] == AFTER]
    return "{:.1f} ({:.1f} to {:.1f})".format(*(100 * own[name].mean() for name in ("more", "more_low", "more_high")))


STUDY = Study(
    measures=[Measure(measured)],
    tables=[
        Table(
            {"attack": "attack"},
            {
                "accuracy before, %": shown(BEFORE, "accuracy"),
                "after": shown(AFTER, "accuracy"),
                "more": gain,
                "after, this one not seen": shown(UNSEEN, "accuracy"),
                "put aside before, % of spam": shown(BEFORE, "found"),
                "put aside after": shown(AFTER, "found"),
                "ham lost before, %": shown(BEFORE, "lost"),
                "ham lost after": shown(AFTER, "lost"),
            },
            rows=lambda lines: lines[lines["attack"] != "informed"],
        ),
        Table(
            {"an attacker who knows the score": "method"},
            {
                "words until half of the spam is shown": lambda rows: f"{rows['words_for_half'].mean():.0f}",
                f"shown after at most {MOST} words, %": lambda rows: f"{100 * rows['shown_at_most'].mean():.0f}",
            },
            rows=lambda lines: lines[lines["attack"] == "informed"],
        ),
    ],
    seeds=1,
)
