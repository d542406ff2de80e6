"""`python -m pipelines.moderation.compare`: macro F1, shares, hate against offence, costs and dialect, by five folds.

It writes `compare.json` into the folder that it is given, and prints the tables. Near copies are in one fold. The
levels of the classes are chosen inside the part that is learned from, on a third that a score of the others has not
seen. Intervals are over units, and differences are
paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import vectors
from models.metrics import paired
from models.study import Line, Study, markdown, options, ranged
from pipelines.moderation import decisions, dialect, reading, report, task, training
from pipelines.moderation.data import CLASSES
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score, simple

FOLDER = Path(__file__).parent
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
    size, said = len(shares), shares.argmax(axis=1)
    made = {name: Made(np.empty((size, 3)), np.empty(size, int)) for name in (*names, SERVED)}
    for past, held in training.folds(units, seed, FOLDS):
        most, rest = (past[at] for at in next(training.folds(units[past], seed)))
        inner, outer = {}, {}
        for name in names:
            inner[name] = METHODS[name]().fit(read.at(most), shares[most]).scores(read.at(rest))
            outer[name] = METHODS[name]().fit(read.at(past), shares[past]).scores(read.at(held))
        for votes in (inner, outer):
            votes[SERVED] = (votes[SIMPLE] + votes[SOFT]) / 2  # as `scores.Pair` has it
        for name, one in made.items():
            one.scores[held] = outer[SOFT if name == SERVED else name]
            one.guess[held] = decisions.named(outer[name], decisions.best_levels(inner[name], said[rest]))
    return made


def values(shares: np.ndarray, made: Made) -> dict[str, np.ndarray]:
    """Return what is compared as a value per tweet, whose mean it is, shapes (n,)."""
    said, likely = shares.argmax(axis=1), made.scores.argmax(axis=1)
    mean = np.mean([report.f1(said, made.guess, number) for number in range(3)], axis=0)
    unlevelled = np.mean([report.f1(said, likely, number) for number in range(3)], axis=0)
    loss = report.values(shares, made.scores, made.guess)
    squares = ((decisions.probabilities(made.scores) - shares) ** 2).sum(axis=1)
    each = {f"f1_{name}": report.f1(said, made.guess, number) for number, name in enumerate(CLASSES)}
    return {"macro_f1": mean, "likeliest_f1": unlevelled, "log_loss": loss["log_loss"], "brier": squares} | each


def lines(shares: np.ndarray, units: np.ndarray, made: dict[str, Made]) -> Iterator[Line]:
    """Yield a line per method: each value with its interval, and what is more than the simple one's."""
    other = values(shares, made[SIMPLE])
    for name, one in made.items():
        line: Line = {"method": name, "disagreement_r": report.agreement(shares, one.scores)}
        for title, column in values(shares, one).items():
            line |= interval(title, column, units) | interval(f"{title}_more", column - other[title], units)
        yield line | hate_or_offence(shares, one.scores)


def interval(title: str, column: np.ndarray, units: np.ndarray) -> Line:
    """Return the mean of a value per tweet with its 95 % interval over units."""
    each = paired.by_unit(column, units)
    return dict(zip((title, f"{title}_low", f"{title}_high"), difference(each, np.zeros(len(each))), strict=True))


def hate_or_offence(shares: np.ndarray, scores: np.ndarray) -> Line:
    """Return ROC AUC of hate among tweets that most called hateful or offensive; also where all agreed."""
    from sklearn.metrics import roc_auc_score

    made: Line = {}
    for title, at in (("hate_auc", shares.argmax(axis=1) < 2), ("hate_auc_agreed", shares[:, :2].max(axis=1) == 1)):
        made[title] = float(roc_auc_score(shares[at].argmax(axis=1) == 0, (scores[:, 0] - scores[:, 1])[at]))
    return made


def chosen(made: Made, policy: str) -> np.ndarray:
    """Return the number of the decision on each tweet."""
    show, warn, ask, remove = range(4)
    if policy == POLICIES[0]:
        return np.asarray(decisions.expected(decisions.probabilities(made.scores)).argmin(axis=1))
    if policy == POLICIES[1]:
        return np.take([remove, warn, show], made.guess)
    return np.full(len(made.guess), show if policy == POLICIES[2] else ask)


def costs(shares: np.ndarray, units: np.ndarray, made: Made) -> Iterator[Line]:
    """Yield a line per policy: what a tweet costs, and what is done with the tweets of each class."""
    said = shares.argmax(axis=1)
    for policy in POLICIES:
        done = chosen(made, policy)
        line: Line = {"method": policy} | interval("cost", decisions.cost(shares, done), units)
        line |= {f"{name}_share": float((done == number).mean()) for number, name in enumerate(decisions.DECISIONS)}
        line["hate_shown"] = float((done[said == 0] == 0).mean())
        line["neither_removed"] = float((done[said == 2] == 3).mean())
        yield line


def fairness(texts: list[str], shares: np.ndarray, units: np.ndarray, made: Made) -> Iterator[Line]:
    """Yield a line for tweets with words of the dialect, and one for the others: of those that most called neither.

    Also of those that all annotators called neither.
    """
    has, done = np.array([dialect.has(text) for text in texts]), chosen(made, POLICIES[0])
    for which, at in (("with such words", has), ("others", ~has)):
        for whom, clean in (("most", shares.argmax(axis=1) == 2), ("all", shares[:, 2] == 1)):
            asked = at & clean
            line: Line = {"method": f"{which}, {whom} said neither", "tweets": int(asked.sum()), "of": int(at.sum())}
            for title, wrong in (("named", made.guess != 2), ("not_shown", done != 0), ("removed", done == 3)):
                line |= interval(title, 1.0 * wrong[asked], units[asked])
            yield line


def forum(rows: pd.DataFrame, read: Read, tweets: Read, shares: np.ndarray) -> Iterator[Line]:
    """Yield a line per method on the forum's sentences: learned from tweets, and from its authors' part to train on."""
    from sklearn.metrics import roc_auc_score

    hate, sampled = rows["hate"].to_numpy(), rows["sampled"].to_numpy()
    past, held = np.flatnonzero(sampled == "train"), np.flatnonzero(sampled == "test")
    both = np.eye(2)[hate]
    for name, score in METHODS.items():
        if name in (SIMPLE, SOFT):
            moved = score().fit(tweets, shares).scores(read)
            odds = np.logaddexp(moved[:, 0], moved[:, 1]) - moved[:, 2]
            own = score().fit(read.at(past), both[past]).scores(read.at(held))
            right = own.argmax(axis=1) == hate[held]
            yield {
                "method": name,
                "auc_of_tweets": float(roc_auc_score(hate, odds)),
                "auc_own": float(roc_auc_score(hate[held], own[:, 1] - own[:, 0])),
            } | interval("accuracy_own", 1.0 * right, np.arange(len(right)))


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""

    def plain(name: str, digits: int = 3, scale: float = 1) -> Callable[[pd.DataFrame], str]:
        return lambda rows: f"{scale * rows[name].mean():.{digits}f}"

    parts = dict(list(results.groupby("part", sort=False)))
    first = parts["folds"][parts["folds"]["seed"] == 0]
    made = [
        markdown(first, {"five folds": "method"}, {
            "macro F1": ranged("macro_f1", 3), "more than the simple one": ranged("macro_f1_more", 3),
            "hate": plain("f1_hate"), "offensive": plain("f1_offensive"), "neither": plain("f1_neither"),
            "macro F1 of the likeliest class": plain("likeliest_f1"),
        }),
        markdown(first, {"the shares of the annotators": "method"}, {
            "log loss": ranged("log_loss", 3), "squared error": ranged("brier", 3),
            "r of disagreement": plain("disagreement_r"),
            "hate or offence, ROC AUC": plain("hate_auc"), "where all agreed": plain("hate_auc_agreed"),
        }),
    ]  # fmt: skip
    again = parts["folds"][parts["folds"]["method"].isin((SIMPLE, SERVED))].assign(number=lambda rows: rows["seed"] + 1)
    made.append(
        markdown(again, {"division into five folds": "number", "method": "method"}, {
            "macro F1": ranged("macro_f1", 3), "more than the simple one": ranged("macro_f1_more", 3),
        })
    )  # fmt: skip
    shown = {
        "cost of a tweet": ranged("cost", 3),
        **{f"{name}, %": plain(f"{name}_share", 1, 100) for name in decisions.DECISIONS},
        "hate that is shown, %": plain("hate_shown", 1, 100),
        "neither that is removed, %": plain("neither_removed", 1, 100),
    }
    made.append(markdown(parts["costs"], {"decisions": "method"}, shown))
    wrong = {
        "tweets": lambda rows: f"{rows['tweets'].iloc[0]:.0f}",
        "called hate or offensive, %": ranged("named", 1, 100),
        "not shown, %": ranged("not_shown", 1, 100),
        "removed, %": ranged("removed", 1, 100),
    }
    made.append(markdown(parts["dialect"], {"words of the dialect": "method"}, wrong))
    if "forum" in parts:
        made.append(
            markdown(parts["forum"], {"sentences of a forum": "method"}, {
                "learned from tweets: ROC AUC": plain("auc_of_tweets"),
                "learned from the forum: ROC AUC": plain("auc_own"), "accuracy": ranged("accuracy_own", 3),
            })
        )  # fmt: skip
    return "\n\n".join(made)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=2)
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "seed", "method"])
    weights, rows = weights_files.fetch_all(task.WEIGHTS), task.load(settings().data_dir)["tweets"]
    texts, shares, units = rows["text"].tolist(), training.shares_of(rows), rows["unit"].to_numpy()
    read = reading.read(texts, vectors.of(texts, weights))
    for seed in range(given.seeds):
        if not study.has(part="folds", seed=seed):
            made = answers(AGAIN if seed else tuple(METHODS), read, shares, units, seed)
            if not seed:
                mean = np.log(np.tile(shares.mean(axis=0), (len(shares), 1)))
                made = {TRIVIAL: Made(mean, np.ones(len(shares), int))} | made
            found = {"folds": list(lines(shares, units, made))}
            if not seed:
                found["costs"] = list(costs(shares, units, made[SERVED]))
                found["dialect"] = list(fairness(texts, shares, units, made[SERVED]))
            study.add(*({"part": part, "seed": seed} | line for part, each in found.items() for line in each))
    if not study.has(part="forum"):
        from pipelines.moderation import data

        other = data.forum(data.find(settings().data_dir, data.FORUM))
        sentences = other["text"].tolist()
        theirs = reading.read(sentences, vectors.of(sentences, weights))
        study.add(*({"part": "forum", "seed": 0} | line for line in forum(other, theirs, read, shares)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
