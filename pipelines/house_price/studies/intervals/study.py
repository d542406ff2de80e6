"""Which ways to quantiles hold 90 %, alone and with a conformal correction?

`served`: the coverage of what is served, where less is known, of expensive houses, and in a year that it has not seen.

Coverage and width of 90 % intervals, and the pinball loss of three quantiles, on the sales to test on. A quarter of the
sales to learn from sets the correction: Romano et al., "Conformalized Quantile Regression" (2019). The network needs
the family `torch`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.intervals.conformal import LEVEL, quantile
from models.intervals.quantile_forest import Forest
from models.intervals.quantile_network import Network
from models.linear import quantile_regression
from models.metrics import regression
from models.trees import losses
from models.trees.histogram_tree import Growth
from models.trees.newton_boosting import Booster
from pipelines.house_price import gaps, stack, task, training
from pipelines.house_price.coding import Coder
from pipelines.house_price.columns import LABEL
from pipelines.house_price.derived import Scaler, derive

LEVELS = [0.05, 0.5, 0.95]
YEAR, FOLDS, NEXT = "year_sold", 10, 3  # folds of all sales; years that are asked about by those before them


def linear(past: np.ndarray, target: np.ndarray, others: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return the quantiles of two parts by linear quantile regression over the numbers, without categories."""
    scaler = Scaler().fit(past)
    numbers = len(scaler.mean)
    design = [np.column_stack([np.ones(len(part)), scaler.transform(part)[:, :numbers]]) for part in (past, *others)]
    small = 1e-3 * np.random.default_rng(seed).normal(size=design[0].shape)  # totals are sums of inputs: no exact ties
    weights = [quantile_regression.fit(design[0] + small, target, level) for level in LEVELS]
    return [np.column_stack([rows @ weight for weight in weights]) for rows in design[1:]]


def boosted(past: np.ndarray, target: np.ndarray, others: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return the quantiles by boosting from scratch, one booster for each."""
    how = Growth(leaves=6, smallest=20)
    boosters = [Booster(losses.quantile(level), 150, 0.1, how, 64).fit(past, target) for level in LEVELS]
    return [np.column_stack([booster.predict(rows) for booster in boosters]) for rows in others]


def forest(past: np.ndarray, target: np.ndarray, others: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return the quantiles by a quantile forest."""
    fitted = Forest(trees=60, seed=seed).fit(past, target)
    return [fitted.predict(rows, LEVELS) for rows in others]


def network(past: np.ndarray, target: np.ndarray, others: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Return the quantiles by a network whose quantiles do not cross."""
    scaler = Scaler().fit(past)
    fitted = Network(LEVELS, seed=seed).fit(scaler.transform(past), target)
    return [fitted.predict(scaler.transform(rows)) for rows in others]


METHODS = {
    "linear quantile regression": linear,
    "boosting from scratch": boosted,
    "quantile forest": forest,
    "network": network,
}


def quantiles(seed: int) -> Iterator[Line]:
    """Yield a line per method, alone and with the correction."""
    rows, test = (part["houses"] for part in task.split(task.load(settings().data_dir)))
    part = np.random.default_rng(seed).permutation(len(rows)) % 4 == 0
    coder = Coder().fit(rows[~part])
    past, held, new = (derive(coder.fill(coder.codes(sales))) for sales in (rows[~part], rows[part], test))
    target, known, truth = (np.log(sales[LABEL].to_numpy()) for sales in (rows[~part], rows[part], test))
    for name, method in METHODS.items():
        before, predicted = method(past, target, [held, new], seed)
        more = quantile(np.maximum(before[:, 0] - known, known - before[:, -1]), LEVEL)
        crossed = float((np.diff(predicted, axis=1) < 0).any(axis=1).mean())
        for kind, off in (("alone", 0.0), ("conformal", more)):
            ends = predicted + np.array([-off, 0.0, off])
            line: Line = {"method": name, "kind": kind, "coverage": regression.coverage(truth, ends)}
            line |= {"width": float((ends[:, -1] - ends[:, 0]).mean()), "crossed": crossed}
            yield line | {"pinball": regression.pinball(truth, ends, LEVELS)}


def served() -> Iterator[Line]:
    """Yield the coverage of the served intervals over ten folds of all sales, and of a year by the sales before it."""
    rows = task.load(settings().data_dir)["houses"]
    years = rows[YEAR].to_numpy().astype(int)
    inside = {group: np.empty(len(rows), dtype=bool) for group in gaps.GROUPS}
    width, top = ({group: np.empty(len(rows)) for group in gaps.GROUPS} for _ in range(2))
    for past, held in stack.folds(len(rows), 0, FOLDS):
        for group, (hits, wide, expensive) in held_by(rows.iloc[past], rows.iloc[held]).items():
            inside[group][held], width[group][held], top[group][held] = hits, wide, expensive
    for group, hits in inside.items():
        line: Line = {"given": group, "width": float(width[group].mean()), "coverage": float(hits.mean())}
        yield (
            line
            | {"expensive": float(hits[top[group] > 0].mean())}
            | {f"{year}": float(hits[years == year].mean()) for year in np.unique(years).tolist()}
        )
    for year in np.unique(years)[-NEXT:].tolist():
        by_group = held_by(rows[years < year], rows[years == year])
        yield {"part": "next", "year": str(year), "sales": int((years == year).sum())} | {
            group: float(hits.mean()) for group, (hits, _, _) in by_group.items()
        }


def held_by(past: pd.DataFrame, held: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return for each group of what is left out which sales are held, how wide intervals are, and which are expensive.

    Shapes (n,); the width is that of the price.
    """
    model = training.fit(past.reset_index(drop=True), training.makers(0), 0)
    codes, paid = model.stack.coder.codes(held), held[LABEL].to_numpy()
    by_group = {}
    for number, group in enumerate(gaps.GROUPS):
        less = gaps.without(codes, number, 1)
        price, low, high = model.priced(less, model.stack.coder.fill(less))
        by_group[group] = (paid >= low) & (paid <= high), (high - low) / price, np.log(price) >= model.border
    return by_group


def share(name: str) -> Show:
    """Return what shows a share in percent."""
    return lambda rows: f"{100 * rows[name].iloc[0]:.1f}"


STUDY = Study(
    measures=[Measure(quantiles), Measure(served, seeds=0)],
    tables=[
        Table(
            {"fields given": "given"},
            {"coverage, %": share("coverage"), "width, % of the price": share("width")}
            | {"the most expensive tenth, %": share("expensive")}
            | {f"sold in {year}, %": share(str(year)) for year in range(2006, 2011)},
            "served",
        ),
        Table(
            {"a year by the sales before it": "year"},
            {"sales": lambda rows: f"{rows['sales'].iloc[0]:.0f}"}
            | {f"{group}, %": share(group) for group in gaps.GROUPS},
            "next",
        ),
        Table(
            {"method": "method", "interval": "kind"},
            {
                "coverage": lambda rows: f"{spread(rows['coverage'], 100, 1)} %",
                "width of the logarithm": lambda rows: spread(rows["width"]),
                "pinball loss": lambda rows: spread(rows["pinball"], digits=4),
                "quantiles cross in": lambda rows: f"{spread(rows['crossed'], 100, 1)} %",
            },
            "quantiles",
        ),
    ],
    seeds=2,
)
