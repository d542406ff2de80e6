"""Which customers does a mail bring, and what does a policy of mails earn?

An experiment: each seed draws a third of the customers to test on; the policy is chosen on the other two thirds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from capstan.contract.intervals import difference
from capstan.inputs import downloads
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets.hillstrom import CSV, FILE, MAILS, MEN, NOBODY, URL, WOMEN, Experiment, load, thirds
from models.uplift import qini
from pipelines.churn.studies.mails import policies, value

REPEATS = 200  # bootstrap samples
CHOSEN = "chosen on the two thirds"
LOTTERY = "effects at random"  # a ranking that knows nothing: its Qini coefficient is 0 on average
EVERYBODY = {"nobody": NOBODY, "men's mail to all": MEN, "women's mail to all": WOMEN}


def rankings(later: Experiment, effects: dict[str, dict[int, np.ndarray]], seed: int) -> Iterator[Line]:
    """Yield a line per method and mail: the Qini coefficient with its bootstrap interval."""
    random = np.random.default_rng(seed).random(len(later))
    for mail, title in MAILS.items():
        mask = (later.arm == mail) | (later.arm == NOBODY)
        part = later.of(mail)
        ranked = {name: each[mail][mask] for name, each in effects.items()} | {LOTTERY: random[mask]}
        for name, coefficients in qini.bootstrapped(ranked, part.arm, part.visit, REPEATS, seed).items():
            low, high = np.quantile(coefficients[1:], [0.025, 0.975])
            yield {
                "part": title,
                "method": name,
                "qini": float(coefficients[0]),
                "low": float(low),
                "high": float(high),
            }


def earnings(later: Experiment, actions: dict[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per policy: who gets what, its value per customer, and how much more than others it has."""
    worth = value.earned(later)
    all_men = value.of(np.full(len(later), MEN), worth)
    for name, action in actions.items():
        own = value.of(action, worth)
        line: Line = {"method": name}
        line |= {title: float((action == mail).mean()) for mail, title in MAILS.items()}
        others = {"value": np.zeros(len(later)), "all": all_men, "random": value.at_random(action, worth)}
        for title, rival in others.items():
            line |= dict(zip((title, f"{title}_low", f"{title}_high"), difference(own, rival), strict=True))
        yield line


def policy(seed: int) -> Iterator[Line]:
    """Yield the lines of a division: of each ranking, and of each policy."""
    data = experiment()
    past, later = (data.part(rows) for rows in thirds(len(data), seed))
    effects = policies.effects(past, later, seed)
    yield from rankings(later, effects, seed)
    actions = policies.actions(past, later, effects, seed)
    inside = policies.choose(past, seed)
    best = max(inside, key=lambda name: inside[name])
    everybody = {name: np.full(len(later), arm) for name, arm in EVERYBODY.items()}
    for line in earnings(later, everybody | actions | {CHOSEN: actions[best]}):
        extra = {"choice": best} if line["method"] == CHOSEN else {}
        yield line | {"inside": inside.get(line["method"])} | extra


def ranged(name: str, digits: int, low: str = "", high: str = "") -> Show:
    """Return what makes a cell of a measure and its interval, as means over the seeds."""
    parts = (name, low or f"{name}_low", high or f"{name}_high")
    return lambda rows: "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(*(rows[part].mean() for part in parts), d=digits)


def of_mail(title: str) -> Show:
    """Return what makes a cell of the Qini coefficient of a mail."""
    cell = ranged("qini", 2, "low", "high")
    return lambda rows: cell(rows[rows["part"] == title])


def share(title: str) -> Show:
    """Return what makes a cell of the share of the customers who get a mail."""
    return lambda rows: f"{100 * rows[title].mean():.0f} %"


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file of the experiment."""
    return {FILE: downloads.find(FILE, data_dir) or downloads.find(CSV, data_dir) or downloads.fetch(URL, CSV)}


@cache
def experiment() -> Experiment:
    """Return all customers of the experiment."""
    return load(settings().data_dir)


EARNED = {
    **{title: share(title) for title in MAILS.values()},
    "value per customer": ranged("value", 4),
    "more than men's mail to all": ranged("all", 4),
    "more than as many at random": ranged("random", 4),
}

STUDY = Study(
    measures=[Measure(policy)],
    tables=[
        Table(
            {"Qini coefficient, visits per 1,000 customers": "method"},
            {title: of_mail(title) for title in MAILS.values()},
            rows=lambda lines: lines[lines["part"] != "policy"],
        ),
        Table({"policy": "method"}, EARNED, "policy"),
    ],
    files=files,
)
