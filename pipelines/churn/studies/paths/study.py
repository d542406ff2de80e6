"""How far are attributions from known causes, and what carries over to real sessions?

Paths with known causes are simulated; the sessions of a shop are real, have no order of pages, and so get a funnel and
Shapley's values alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import downloads
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from data_sets import shop_sessions as sessions
from models.attribution import methods
from models.attribution.shapley import rate, shapley
from models.metrics import bootstrap
from pipelines.churn.studies.paths import funnel, simulation

PEOPLE = 10_000
REPEATS = 200  # bootstrap samples of the sessions
TRUTH = "the truth"
PARTED = "two channels follow the intent"  # the world whose channels the README shows one by one


def simulated(seed: int) -> Iterator[Line]:
    """Yield a line per world and method: how far from the truth, and the share that each channel is given."""
    for title, world in simulation.WORLDS.items():
        people = simulation.draw(world, PEOPLE, seed)
        paths, bought, causes = people.paths(), people.buys().tolist(), people.causes()
        by_method = {TRUTH: causes} | {name: method(paths, bought) for name, method in methods.METHODS.items()}
        for name, attributed in by_method.items():
            total = sum(max(value, 0) for value in attributed.values())
            shares = {channel: max(attributed.get(channel, 0), 0) / total for channel in world.effects}
            caused = float(people.buys().sum() - people.buys(list(world.effects)).sum())
            line = {"part": title, "method": name, "distance": methods.distance(attributed, causes)}
            yield line | {"attributed": sum(attributed.values()) / caused} | shares


def funnels() -> Iterator[Line]:
    """Yield a line per step of the funnel, of all sessions and by visitor."""
    rows = shop()
    visitors = {"all": np.ones(len(rows), dtype=bool)}
    for name in ("Returning_Visitor", "New_Visitor"):
        visitors[name.replace("_", " ").lower()] = (rows["VisitorType"] == name).to_numpy()
    for who, mask in visitors.items():
        reaches = funnel.steps(rows[mask])
        bought = int(rows.loc[mask, "bought"].sum())
        for step in funnel.funnel(reaches):
            won = int((reaches[step.name] & rows.loc[mask, "bought"].to_numpy()).sum())
            yield {"part": "funnel", "method": f"{who}: {step.name}", "bought": won / step.reached} | step._asdict()
        outside = bought - int(list(reaches.values())[-1].sum())
        yield {"part": "outside", "method": who, "bought": outside, "reached": bought}


def pages() -> Iterator[Line]:
    """Yield a line per kind of pages: Shapley's value of its purchase rate, with its bootstrap interval."""
    rows = shop()
    kinds, bought = sessions.kinds(rows), rows["bought"].to_numpy()
    worth = [
        shapley(list(sessions.KINDS), rate([kinds[row] for row in sample], bought[sample].tolist()))
        for sample in (np.arange(len(rows)), *bootstrap.samples(len(rows), REPEATS))
    ]
    for name in sessions.KINDS:
        values = [shares[name] for shares in worth]
        low, high = bootstrap.interval(values[1:])
        had = np.array([name in kind for kind in kinds])
        line = {"method": name, "had": float(had.mean()), "value": values[0]}
        yield line | {"low": float(low), "high": float(high), "bought": float(bought[had].mean())}


def percent(name: str, digits: int = 1) -> Show:
    """Return what makes a cell of a share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.{digits}f} %"


def interval(name: str) -> Show:
    """Return what makes a cell of a share with its interval, in percent."""
    return lambda rows: "{:.1f} ({:.1f} to {:.1f}) %".format(
        *(100 * rows[part].mean() for part in (name, "low", "high"))
    )


def in_world(title: str) -> Show:
    """Return what makes a cell of the distance in a world, over the seeds."""
    return lambda rows: spread(rows.loc[rows["part"] == title, "distance"])


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file of the sessions."""
    path = downloads.find(sessions.FILE, data_dir) or downloads.find(sessions.CSV, data_dir)
    return {sessions.FILE: path or downloads.fetch(sessions.URL, sessions.CSV)}


@cache
def shop() -> pd.DataFrame:
    """Return the sessions of a shop."""
    return sessions.load(settings().data_dir)


def worlds(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of simulated worlds, without the truth."""
    return lines[lines["part"].isin(list(simulation.WORLDS)) & (lines["method"] != TRUTH)]


STEPS: dict[str, Show] = {
    "reached": lambda rows: f"{rows['reached'].iloc[0]:,.0f}",
    "of those before": interval("share"),
    "drop out": lambda rows: f"{100 * (1 - rows['share'].mean()):.1f} %",
    "buy in the end": percent("bought"),
}
KINDS = {
    "sessions that have it": percent("had"),
    "of which buy": percent("bought"),
    "Shapley, rates": interval("value"),
}

STUDY = Study(
    measures=[Measure(simulated), Measure(funnels, seeds=0), Measure(pages, seeds=0)],
    tables=[
        Table(
            {"distance from the truth": "method"},
            {title: in_world(title) for title in simulation.WORLDS},
            rows=worlds,
        ),
        Table({f"shares, {PARTED}": "method"}, {name: percent(name, 0) for name in simulation.EFFECTS}, PARTED),
        Table({"who, and the step": "method"}, STEPS, "funnel"),
        Table({"kind of pages": "method"}, KINDS, "pages"),
    ],
    files=files,
)
