"""What is served: cycles left with an interval, why, and when which engine of the log is serviced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from capstan.contract.model import Model
from pipelines.maintenance import log, plan, windows
from pipelines.maintenance.columns import CAP, TITLES, USED

if TYPE_CHECKING:
    from capstan.contract.model import Columns
    from pipelines.maintenance.data import Engine
    from pipelines.maintenance.intervals import Nearby
    from pipelines.maintenance.simple import Defaults, Simple
    from pipelines.maintenance.state import State

REASONS = 5
LEVEL = [windows.names().index(f"{name}, mean of 15") for name in USED]
OF = {name: [index for index, full in enumerate(windows.names()) if full.startswith(f"{name},")] for name in USED}


class Outlook(NamedTuple):
    """What is predicted of n engines: mean and interval, shapes (n,); the probabilities of failing, (n, SLOTS + 1)."""

    left: np.ndarray
    low: np.ndarray
    high: np.ndarray
    failing: np.ndarray


class FleetModel(Model):
    """Boosting on windows with intervals that hold by engine, and a plan of the hangar."""

    inputs = {"log": "string", "hangar": "double", "failure_cost": "double"}
    requirements = ("lightgbm", "numpy", "scipy", "scikit-learn")

    def __init__(self, state: State, regression: Any, nearby: Nearby, shift: float, baseline: Simple, rival: Defaults):
        """regression: with predict and contributions. shift: by how much the interval is wider than its quantiles.
        baseline, rival: what the gate compares with; the model is better than the one, and level with the other.
        """
        self.state, self.regression, self.nearby = state, regression, nearby
        self.shift, self.baseline, self.rival = shift, baseline, rival

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the fields of `Prediction` for each log."""
        rows = [
            self.answer(log.parse(text), int(hangar), float(cost))
            for text, hangar, cost in zip(columns["log"], columns["hangar"], columns["failure_cost"], strict=True)
        ]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def outlook(self, features: np.ndarray) -> Outlook:
        """Return what is predicted at some cycles. features: shape (n, f)."""
        left = self.regression.predict(features)
        low, high = self.nearby.quantiles(left)
        low, high = np.clip(low - self.shift, 0, left), np.clip(high + self.shift, left, CAP)
        return Outlook(left, low, high, self.nearby.failing(left, plan.STARTS))

    def answer(self, engines: list[Engine], hangar: int, failure_cost: float) -> dict[str, Any]:
        """Return the answer to one log, about the engine that comes first in the plan."""
        features = np.array([self.state.features(engine)[-1] for engine in engines])
        outlook = self.outlook(features)
        slots = plan.plan(plan.costs(outlook.failing, failure_cost), hangar)
        order = np.lexsort((outlook.left, slots))
        fleet = [planned(engines[index], outlook, index, int(slots[index])) for index in order.tolist()]
        first = int(order[0])
        shown = ("engine", "decision", "service_in", "cycles_left", "low", "high")
        return {name: fleet[0][name] for name in shown} | {
            "failing": float(outlook.failing[first, 1]),
            "health": self.curve(engines[first]),
            "reasons": self.reasons(features[first]),
            "fleet": fleet,
            "unusual": [remark for engine in engines for remark in self.unusual(engine)],
        }

    def curve(self, engine: Engine) -> list[list[float]]:
        """Return the health index as points [cycle, index]."""
        return [
            [float(cycle), float(value)] for cycle, value in zip(engine.cycle, self.state.health(engine), strict=True)
        ]

    def reasons(self, features: np.ndarray) -> list[dict[str, Any]]:
        """Return the sensors that move the cycles left most, the strongest first: SHAP values, in sum over windows."""
        added = self.regression.contributions(features[None])[0]
        effects = np.array([added[OF[name]].sum() for name in USED]).round(1)
        levels = features[LEVEL].round(2)
        return [
            {"sensor": TITLES[USED[place]], "now": float(levels[place]), "effect": float(effects[place])}
            for place in np.argsort(-np.abs(effects), kind="stable")[:REASONS].tolist()
        ]

    def unusual(self, engine: Engine) -> list[str]:
        """Return what an engine's log has that was not learned from."""
        remarks = []
        if new := int((~self.state.conditions.of(engine.settings)[1]).sum()):
            remarks.append(f"engine {engine.name}: {new} cycles under settings that no engine learned from had")
        if engine.cycle[-1] > self.state.oldest:
            remarks.append(f"engine {engine.name}: older than every engine learned from")
        return remarks


def planned(engine: Engine, outlook: Outlook, position: int, slot: int) -> dict[str, Any]:
    """Return one line of the fleet."""
    within = slot < plan.SLOTS
    decision = "fly on" if not within else "plan a service" if slot else "service now"
    return {
        "decision": decision,
        "engine": int(engine.name),
        "flown": int(engine.cycle[-1]),
        "cycles_left": round(float(outlook.left[position]), 1),
        "low": round(float(outlook.low[position]), 1),
        "high": round(float(outlook.high[position]), 1),
        "service_in": slot * plan.SLOT if within else None,
    }
