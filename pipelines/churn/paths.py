"""`python -m pipelines.churn.paths`: how far attributions are from known causes, and what carries over to sessions.

It writes `paths.json` into the folder that it is given, and prints the tables. Paths with known causes are simulated;
the sessions of a shop are real, have no order of pages, and so get a funnel and Shapley's values alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import shop_sessions as sessions
from models.attribution import methods
from models.attribution.shapley import rate, shapley
from models.study import Line, Study, markdown, options, spread
from pipelines.churn.journey import funnel, simulation

FOLDER = Path(__file__).parent
PEOPLE = 10_000
REPEATS = 200  # bootstrap samples of the sessions
TRUTH = "the truth"
PARTED = "two channels follow the intent"  # the world whose channels the README shows one by one


def simulated(seed: int) -> Iterator[Line]:
    """Yield a line per world and method: how far from the truth, and the share that each channel is given."""
    for title, world in simulation.WORLDS.items():
        people = simulation.draw(world, PEOPLE, seed)
        paths, bought, causes = people.paths(), people.buys().tolist(), people.causes()
        made = {TRUTH: causes} | {name: method(paths, bought) for name, method in methods.METHODS.items()}
        for name, given in made.items():
            total = sum(max(value, 0) for value in given.values())
            shares = {channel: max(given.get(channel, 0), 0) / total for channel in world.effects}
            caused = float(people.buys().sum() - people.buys(list(world.effects)).sum())
            line = {"part": title, "method": name, "distance": methods.distance(given, causes)}
            yield line | {"attributed": sum(given.values()) / caused} | shares


def funnels(rows: pd.DataFrame) -> Iterator[Line]:
    """Yield a line per step of the funnel, of all sessions and by visitor."""
    visitors = {"all": np.ones(len(rows), dtype=bool)}
    for name in ("Returning_Visitor", "New_Visitor"):
        visitors[name.replace("_", " ").lower()] = (rows["VisitorType"] == name).to_numpy()
    for who, at in visitors.items():
        reaches = funnel.steps(rows[at])
        bought = int(rows.loc[at, "bought"].sum())
        for step in funnel.funnel(reaches):
            won = int((reaches[step.name] & rows.loc[at, "bought"].to_numpy()).sum())
            yield {"part": "funnel", "method": f"{who}: {step.name}", "bought": won / step.reached} | step._asdict()
        outside = bought - int(list(reaches.values())[-1].sum())
        yield {"part": "outside", "method": who, "bought": outside, "reached": bought}


def pages(rows: pd.DataFrame, seed: int = 0) -> Iterator[Line]:
    """Yield a line per kind of pages: Shapley's value of its purchase rate, with its bootstrap interval."""
    kinds, bought = sessions.kinds(rows), rows["bought"].to_numpy()
    random, made = np.random.default_rng(seed), []
    for repeat in range(REPEATS + 1):
        at = random.integers(0, len(rows), len(rows)) if repeat else np.arange(len(rows))
        made.append(shapley(list(sessions.KINDS), rate([kinds[row] for row in at], bought[at].tolist())))
    for name in sessions.KINDS:
        values = [one[name] for one in made]
        low, high = np.quantile(values[1:], [0.025, 0.975])
        had = np.array([name in kind for kind in kinds])
        line = {"part": "pages", "method": name, "had": float(had.mean()), "value": values[0]}
        yield line | {"low": float(low), "high": float(high), "bought": float(bought[had].mean())}


def percent(name: str, digits: int = 1) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.{digits}f} %"


def interval(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a share with its interval, in percent."""
    return lambda rows: "{:.1f} ({:.1f} to {:.1f}) %".format(
        *(100 * rows[part].mean() for part in (name, "low", "high"))
    )


def in_world(title: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the distance in a world, over the seeds."""
    return lambda rows: spread(rows.loc[rows["part"] == title, "distance"])


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    worlds = results[results["part"].isin(list(simulation.WORLDS))]
    parts = dict(list(results.groupby("part", sort=False)))
    channels: Sequence[str] = list(simulation.EFFECTS)
    steps = {
        "reached": lambda rows: f"{rows['reached'].iloc[0]:,.0f}",
        "of those before": interval("share"),
        "drop out": lambda rows: f"{100 * (1 - rows['share'].mean()):.1f} %",
        "buy in the end": percent("bought"),
    }
    kinds = {
        "sessions that have it": percent("had"),
        "of which buy": percent("bought"),
        "Shapley, rates": interval("value"),
    }
    far = {title: in_world(title) for title in simulation.WORLDS}
    return "\n\n".join(
        [
            markdown(worlds[worlds["method"] != TRUTH], {"distance from the truth": "method"}, far),
            markdown(parts[PARTED], {f"shares, {PARTED}": "method"}, {name: percent(name, 0) for name in channels}),
            markdown(parts["funnel"], {"who, and the step": "method"}, steps),
            markdown(parts["pages"], {"kind of pages": "method"}, kinds),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "paths.json", ["part", "method", "seed"])
    for seed in range(given.seeds):
        if not study.has(seed=seed, part=list(simulation.WORLDS)[-1]):
            study.add(*({"seed": seed} | line for line in simulated(seed)))
    rows = sessions.load(settings().data_dir)
    study.add(*({"seed": 0} | line for line in [*funnels(rows), *pages(rows)]))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
