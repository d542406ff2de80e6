"""The log of some engines, as NASA's files have it: a line per cycle, 26 numbers.

They are the engine's number, the cycle, three settings, and 21 sensors, divided by blanks or commas.
"""

from __future__ import annotations

import math

import numpy as np

from pipelines.maintenance.columns import SENSORS, SETTINGS
from pipelines.maintenance.data import Engine
from pipelines.maintenance.windows import LENGTHS

WINDOW = max(LENGTHS)
WIDTH = 2 + len(SETTINGS) + len(SENSORS)
LINES, ENGINES, FEWEST = 4_000, 20, 19  # lines, engines, and the fewest cycles of one: those to test on have 19
LONGEST = 1_000  # cycles that an engine may have flown; of those learned from, none had more than 543
RANGES = {"op1": (-1.0, 60.0), "op2": (-0.1, 1.0), "op3": (0.0, 100.0)} | dict.fromkeys(SENSORS, (0.0, 20_000.0))


def parse(text: str) -> list[Engine]:
    """Return the engines of a log, in the order of their first lines; what is left is not known: NaN.

    Raises ValueError, which names the line and what is wrong with it.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise ValueError("The log is empty. Send a line per cycle.")
    if len(lines) > LINES:
        raise ValueError(f"{len(lines)} lines; {LINES} are the most. Send fewer engines, or their last cycles.")
    units: dict[int, list[np.ndarray]] = {}
    for number, line in lines:
        values = _values(number, line)
        own = units.setdefault(int(values[0]), [])
        if own and values[1] != own[-1][1] + 1:
            raise ValueError(
                f"line {number}: cycle {values[1]:g} of engine {values[0]:g} follows cycle {own[-1][1]:g}. Send "
                "consecutive cycles, the oldest first."
            )
        own.append(values)
    if len(units) > ENGINES:
        raise ValueError(f"{len(units)} engines; {ENGINES} are the most.")
    for unit, own in units.items():
        if len(own) < FEWEST or (len(own) < WINDOW and own[0][1] > 1):
            raise ValueError(
                f"engine {unit} has {len(own)} cycles, from {own[0][1]:g} on. Send its last {WINDOW}, or all of a "
                f"younger engine, which has to have {FEWEST}."
            )
    return [_engine(unit, np.array(own)) for unit, own in units.items()]


def _values(number: int, line: str) -> np.ndarray:
    parts = line.replace(",", " ").split()
    if len(parts) != WIDTH:
        raise ValueError(f"line {number}: {len(parts)} values; {WIDTH} are needed: engine, cycle, settings, sensors.")
    try:
        values = np.array([float(part) for part in parts])
    except ValueError:
        raise ValueError(f"line {number}: a value is no number.") from None
    unit, cycle = values[:2]
    if not (1 <= unit <= 10**6 and unit == math.floor(unit) and 1 <= cycle <= LONGEST and cycle == math.floor(cycle)):
        raise ValueError(f"line {number}: engine and cycle are whole numbers from 1; a cycle is {LONGEST} at most.")
    for name, value in zip(RANGES, values[2:], strict=True):
        low, high = RANGES[name]
        if not low <= value <= high:  # NaN is not, either
            raise ValueError(f"line {number}: {name} is {value:g}; it lies between {low:g} and {high:g}.")
    return values


def _engine(unit: int, rows: np.ndarray) -> Engine:
    border = 2 + len(SETTINGS)
    return Engine(str(unit), rows[:, 1].astype(int), rows[:, 2:border], rows[:, border:], np.full(len(rows), np.nan))


def written(engine: Engine, number: int, last: int = WINDOW) -> str:
    """Return the last cycles of an engine as lines of a log."""
    return "\n".join(
        " ".join([str(number), str(cycle), *(f"{value:.10g}" for value in (*settings, *sensors))])
        for cycle, settings, sensors in zip(
            engine.cycle[-last:], engine.settings[-last:], engine.sensors[-last:], strict=True
        )
    )
