"""What is watched of the answers: how worn the engines are, their sensors, and settings that nobody learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipelines.maintenance import log
from pipelines.maintenance.columns import CAP, LABEL, USED
from pipelines.maintenance.model import LEVEL

if TYPE_CHECKING:
    from pipelines.maintenance.data import Engine
    from pipelines.maintenance.model import FleetModel

EVERY = 20  # cycles: an engine is asked about as often
SENSORS = ["s4", "s11", "s12", "s15"]  # of those that move most with wear: one of each part of the engine


def state(model: FleetModel, engine: Engine, features: np.ndarray) -> dict[str, Any]:
    """Return the signals that do not depend on the prediction, of an engine's last cycle. features: of it."""
    window = engine.settings[-log.WINDOW :]
    levels = dict(zip(USED, features[LEVEL].tolist(), strict=True))
    return {
        "flown": int(engine.cycle[-1]),
        "new_conditions": float((~model.state.conditions.of(window)[1]).mean()),
        **{f"{name}_level": levels[name] for name in SENSORS},
    }


def signals(model: FleetModel, engines: list[Engine], start: int = log.FEWEST) -> pd.DataFrame:
    """Return the signals of each engine at every EVERY-th cycle from `start` on, in a fixed random order.

    The rows of an engine are alike, and a check takes neighbouring rows as a day.
    """
    rows = []
    for engine in engines:
        places = np.arange(start - 1, len(engine.cycle), EVERY)
        features = model.state.features(engine)[places]
        outlook = model.outlook(features)
        for index, (place, own) in enumerate(zip(places.tolist(), features, strict=True)):
            seen = engine._replace(cycle=engine.cycle[: place + 1], settings=engine.settings[: place + 1])
            answer = {"cycles_left": outlook.left[index], "low": outlook.low[index], "high": outlook.high[index]}
            answer |= {"failing": outlook.failing[index, 1], LABEL: min(engine.left[place], CAP)}
            rows.append(state(model, seen, own) | answer)
    return pd.DataFrame(rows).sample(frac=1, random_state=0, ignore_index=True)


def live(requests: pd.DataFrame, predictions: pd.DataFrame, model: FleetModel) -> pd.DataFrame:
    """Return the signals of what was asked, that the answers do not have: of the engine that each answer is about."""
    rows = []
    for text, number in zip(requests["log"], predictions["engine"], strict=True):
        engine = next(candidate for candidate in log.parse(text) if int(candidate.name) == int(number))
        rows.append(state(model, engine, model.state.features(engine)[-1]))
    return pd.DataFrame(rows, index=requests.index)
