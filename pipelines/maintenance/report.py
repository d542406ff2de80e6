"""What a run shows of a model: errors at the last cycle, intervals, the fleet's plan, sensors, and the cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired, remaining_life
from pipelines.maintenance import cards, data, plan
from pipelines.maintenance.columns import CAP, SUBSETS, TITLES, USED

if TYPE_CHECKING:
    from pipelines.maintenance.data import Engine
    from pipelines.maintenance.model import FleetModel, Outlook
    from pipelines.maintenance.simple import Defaults, Simple

FLEET = 20  # engines whose plan is drawn
RIVAL = "LightGBM, defaults"


def evaluate(model: FleetModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics at the last cycle of each engine, and the sections of the report."""
    engines = data.engines(rows)
    features = np.array([model.state.features(engine)[-1] for engine in engines])
    whole = np.array([engine.left[-1] for engine in engines])
    left = np.minimum(whole, CAP)
    outlook = model.outlook(features)
    squares, inside = (outlook.left - left) ** 2, ((left >= outlook.low) & (left <= outlook.high)).astype(float)
    metrics = {
        "rmse": remaining_life.rmse(outlook.left, left),
        "coverage": float(inside.mean()),
        "width": float((outlook.high - outlook.low).mean()),
        "nasa_score": float(remaining_life.nasa(outlook.left, left).mean()),
        "rmse_not_capped": remaining_life.rmse(outlook.left, whole),
    }
    units = pd.DataFrame({"rmse": paired.root(squares), "coverage": inside, "width": outlook.high - outlook.low})
    rivals: dict[str, Simple | Defaults] = {"ridge regression": model.baseline}
    rivals |= {RIVAL: model.rival} if hasattr(model, "rival") else {}  # earlier versions carry none
    baselines = {
        name: pd.DataFrame({"rmse": paired.root((rival.predict(features) - left) ** 2)})
        for name, rival in rivals.items()
    }
    sections = [
        Section("Cycles left, and what was predicted", scatter(left, outlook.left, inside)),
        Section("By data set", by_subset(engines, outlook, left, inside)),
        Section(f"The plan of {FLEET} engines", gantt(engines[:: max(1, len(engines) // FLEET)][:FLEET], model)),
        Section("What each sensor does to the cycles left", importance(model, features)),
        *cards.sections(model, rows, metrics),
    ]
    return Evaluation(metrics, sections, units, baselines, level={name: ["rmse"] for name in rivals if name == RIVAL})


def scatter(left: np.ndarray, predicted: np.ndarray, inside: np.ndarray) -> Figure:
    """Return predictions against what was left; red is outside of the interval."""
    drawn = Figure(figsize=(6, 5), layout="constrained")
    axes = drawn.subplots()
    axes.scatter(left, predicted, s=9, c=np.where(inside > 0, "tab:blue", "tab:red"), alpha=0.6)
    axes.plot([0, CAP], [0, CAP], color="grey", linewidth=0.8)
    axes.set(xlabel=f"cycles left, {CAP} at most", ylabel="predicted")
    return drawn


def by_subset(engines: list[Engine], outlook: Outlook, left: np.ndarray, inside: np.ndarray) -> pd.DataFrame:
    """Return the errors in each of NASA's data sets."""
    of = np.array([engine.name.split("-")[0] for engine in engines])
    lines = []
    for subset in (name for name in SUBSETS if (of == name).any()):
        mask = of == subset
        line = {
            "data set": subset,
            "engines": int(mask.sum()),
            "RMSE": remaining_life.rmse(outlook.left[mask], left[mask]),
        }
        line |= {
            "NASA's score": remaining_life.nasa(outlook.left[mask], left[mask]).sum(),
            "coverage": inside[mask].mean(),
        }
        lines.append(line | {"mean width": (outlook.high - outlook.low)[mask].mean()})
    return pd.DataFrame(lines)


def gantt(engines: list[Engine], model: FleetModel) -> Figure:
    """Return the plan of some engines with room for one at a time: interval, prediction, and slot of the service."""
    outlook = model.outlook(np.array([model.state.features(engine)[-1] for engine in engines]))
    slots = plan.plan(plan.costs(outlook.failing), hangar=1)
    order = np.lexsort((outlook.left, slots))[::-1]
    drawn = Figure(figsize=(8, 0.28 * len(engines) + 1), layout="constrained")
    axes, height = drawn.subplots(), np.arange(len(engines))
    axes.hlines(height, outlook.low[order], outlook.high[order], color="tab:grey", linewidth=2, label="90 % interval")
    axes.plot(outlook.left[order], height, "o", color="tab:blue", markersize=4, label="cycles left")
    served = slots[order] < plan.SLOTS
    starts = slots[order][served] * plan.SLOT
    axes.barh(height[served], plan.SLOT, left=starts, color="tab:orange", alpha=0.6, label="service")
    axes.set_yticks(height, [engines[place].name for place in order], fontsize=7)
    axes.set(xlabel="cycles from now")
    axes.legend(loc="lower right", fontsize=7)
    return drawn


def importance(model: FleetModel, features: np.ndarray) -> Figure:
    """Return the mean size of each sensor's effect, the largest at the top."""
    from pipelines.maintenance.model import OF

    added = model.regression.contributions(features)
    effects = [np.abs(added[:, OF[name]].sum(axis=1)).mean() for name in USED]
    sizes = pd.Series(effects, [TITLES[name] for name in USED]).sort_values()
    drawn = Figure(figsize=(8, 4.5), layout="constrained")
    axes = drawn.subplots()
    axes.barh(sizes.index, sizes.to_numpy())
    axes.set(xlabel="mean size, cycles")
    return drawn
