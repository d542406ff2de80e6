"""`python -m pipelines.churn.mails`: whom a mail brings, in an experiment, and what a policy of mails earns.

It writes `mails.json` into the folder that it is given, and prints the tables. Each seed draws a third of the customers
to test on; the policy is chosen on the other two thirds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.settings import settings
from data_sets.hillstrom import MAILS, MEN, NOBODY, WOMEN, Experiment, load, thirds
from models.study import Line, Study, markdown, options
from models.uplift import qini
from pipelines.churn.uplift import policies, value

FOLDER = Path(__file__).parent
REPEATS = 200  # bootstrap samples
CHOSEN = "chosen on the two thirds"
LOTTERY = "effects by lot"  # a ranking that knows nothing: its Qini coefficient is 0 but for chance
EVERYBODY = {"nobody": NOBODY, "men's mail to all": MEN, "women's mail to all": WOMEN}


def rankings(later: Experiment, effects: dict[str, dict[int, np.ndarray]], seed: int) -> Iterator[Line]:
    """Yield a line per method and mail: the Qini coefficient with its bootstrap interval."""
    random = np.random.default_rng(seed).random(len(later))
    for mail, title in MAILS.items():
        at = (later.arm == mail) | (later.arm == NOBODY)
        part = later.of(mail)
        ranked = {name: each[mail][at] for name, each in effects.items()} | {LOTTERY: random[at]}
        for name, made in qini.bootstrapped(ranked, part.arm, part.visit, REPEATS, seed).items():
            low, high = np.quantile(made[1:], [0.025, 0.975])
            yield {"part": title, "method": name, "qini": float(made[0]), "low": float(low), "high": float(high)}


def earnings(later: Experiment, actions: dict[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per policy: who gets what, its value per customer, and how much more than others it has."""
    worth = value.earned(later)
    all_men = value.of(np.full(len(later), MEN), worth)
    for name, action in actions.items():
        own = value.of(action, worth)
        line: Line = {"part": "policy", "method": name}
        line |= {title: float((action == mail).mean()) for mail, title in MAILS.items()}
        others = {"value": np.zeros(len(later)), "all": all_men, "random": value.at_random(action, worth)}
        for title, other in others.items():
            line |= dict(zip((title, f"{title}_low", f"{title}_high"), difference(own, other), strict=True))
        yield line


def measure(data: Experiment, seed: int) -> Iterator[Line]:
    """Yield the lines of a seed."""
    past, later = (data.part(rows) for rows in thirds(len(data), seed))
    made = policies.effects(past, later, seed)
    yield from rankings(later, made, seed)
    actions = policies.actions(past, later, made, seed)
    inside = policies.choose(past, seed)
    best = max(inside, key=lambda name: inside[name])
    everybody = {name: np.full(len(later), arm) for name, arm in EVERYBODY.items()}
    for line in earnings(later, everybody | actions | {CHOSEN: actions[best]}):
        extra = {"choice": best} if line["method"] == CHOSEN else {}
        yield line | {"inside": inside.get(line["method"])} | extra


def ranged(name: str, digits: int, low: str = "", high: str = "") -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a measure and its interval, as means over the seeds."""
    parts = (name, low or f"{name}_low", high or f"{name}_high")
    return lambda rows: "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(*(rows[part].mean() for part in parts), d=digits)


def of_mail(title: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the Qini coefficient of a mail."""
    cell = ranged("qini", 2, "low", "high")
    return lambda rows: cell(rows[rows["part"] == title])


def share(title: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the share of the customers who get a mail."""
    return lambda rows: f"{100 * rows[title].mean():.0f} %"


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    ranked = results[results["part"] != "policy"]
    by_mail = {title: of_mail(title) for title in MAILS.values()}
    earned = {
        **{title: share(title) for title in MAILS.values()},
        "value per customer": ranged("value", 4),
        "more than men's mail to all": ranged("all", 4),
        "more than as many by lot": ranged("random", 4),
    }
    policy = results[results["part"] == "policy"]
    return "\n\n".join(
        [
            markdown(ranked, {"Qini coefficient, visits per 1,000 customers": "method"}, by_mail),
            markdown(policy, {"policy": "method"}, earned),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "mails.json", ["part", "method", "seed"])
    data = load(settings().data_dir)
    for seed in range(given.seeds):
        if not study.has(part="policy", method=CHOSEN, seed=seed):  # the last of a seed's lines
            study.add(*({"seed": seed} | line for line in measure(data, seed)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
