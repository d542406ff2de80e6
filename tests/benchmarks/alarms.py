"""`python -m tests.benchmarks.alarms`: how often the checks alarm on 2013's days, unchanged and with shifts.

The model learns from January to June and is watched from July to December. The shifts are those of
`shifts.json`, which is older than the method. It writes `alarms.json` into the folder that it is
given, and prints the table.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from capstan.contract.checks import Checks
from capstan.data.files import read_tables, write_tables
from components.build_features.core import build_features
from models.trees.gbdt import train_classifier
from monitoring.checks import daily_counts
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CATEGORIES, INPUTS, LABEL
from tests.benchmarks import alarm_study

if TYPE_CHECKING:
    from models.trees.booster import CalibratedBooster

HERE = Path(__file__).parent
SHIFTS = HERE / "shifts.json"
CALIBRATE_FROM, WATCH_FROM, WATCH_UNTIL = (f"2013-{day}T00:00:00Z" for day in ("06-01", "07-01", "12-30"))  # 26 weeks


def training_set() -> pd.DataFrame:
    """Return every flight that has a label, with its features as of an hour before departure."""
    with TemporaryDirectory() as folder:
        tables, features, built = (str(Path(folder) / name) for name in ("tables", "features", "made"))
        write_tables(task.load(None), tables)
        build_features("flight_delay", tables, features, built, str(Path(folder) / "metrics.json"))
        rows = read_tables(built)[TRAINING_SET]
    return rows[rows[LABEL].notna()]


def model_of(rows: pd.DataFrame) -> CalibratedBooster:
    """Return a model like the flagship's, of the flights until June."""
    past = rows[rows[EVENT_TIMESTAMP] < WATCH_FROM]
    params = {"learning_rate": 0.05, "num_leaves": 63, "min_data_in_leaf": 200}
    return train_classifier(
        past,
        inputs=INPUTS,
        label=LABEL,
        categories=CATEGORIES,
        calibrate=lambda part: part[EVENT_TIMESTAMP] >= CALIBRATE_FROM,
        params=params,
        rounds=150,
        seed=0,
    )


def signals(model: CalibratedBooster, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the signals of some flights, with their time."""
    return task.signals(model, {"flights": rows})


def planted(rows: pd.DataFrame, shift: Mapping[str, Any]) -> pd.DataFrame:
    """Return the flights with a shift of `shifts.json`."""
    column = rows[shift["column"]]
    hit = np.random.default_rng(0).random(len(rows)) < shift.get("share", 1.0)
    changed = {
        "scale": lambda: column * shift["factor"],
        "category": lambda: column.astype(object).mask(hit, shift["value"]),
        "null": lambda: column.mask(hit),
        "flip": lambda: column.mask(hit, 1 - column),
    }[shift["kind"]]()
    return rows.assign(**{shift["column"]: changed})


def measure(windows: int, in_a_row: int, repeats: int) -> dict[str, Any]:
    """Return both figures: the share of windows with any alarm, and for each shift that of repeats that find it."""
    rows = training_set()
    model = model_of(rows)
    watched = rows[(rows[EVENT_TIMESTAMP] >= WATCH_FROM) & (rows[EVENT_TIMESTAMP] < WATCH_UNTIL)]
    checks = Checks()
    period = daily_counts.reference(signals(model, watched), checks, task.OUTCOME)
    unchanged = {
        "dealt": _false_alarms([alarm_study.repeat(period, checks, seed) for seed in range(windows)]),
        "in_a_row": _false_alarms(
            [alarm_study.repeat(period, checks, seed, in_a_row=True) for seed in range(in_a_row)]
        ),
    }
    shifts = {}
    for shift in json.loads(SHIFTS.read_text())["shifts"]:
        changed = daily_counts.recent(signals(model, planted(watched, shift)), checks, period)
        where = {shift["column"]} | ({task.OUTCOME.prediction} if shift["kind"] == "flip" else set())
        shifts[shift["name"]] = _detections(
            [alarm_study.repeat(period, checks, windows + seed, changed).by(where) for seed in range(repeats)]
        )
    return {"days": len(period.days), "rows": int(period.rows.sum()), "unchanged": unchanged, "shifts": shifts}


def _false_alarms(repeats: list[alarm_study.Repeat]) -> dict[str, Any]:
    alarmed = [each for each in repeats if each.first]
    interval = binomtest(len(alarmed), len(repeats)).proportion_ci(method="exact")
    by = Counter(signal for each in alarmed for signal in {signal for _, signal in each.first})
    shares = {signal: count / len(repeats) for signal, count in by.most_common()}
    return {
        "windows": len(repeats),
        "share": len(alarmed) / len(repeats),
        "low": interval.low,
        "high": interval.high,
        "by_signal": shares,
    }


def _detections(looks: list[int | None]) -> dict[str, Any]:
    seen = [look for look in looks if look is not None]
    days = dict(zip(("median", "95 %"), np.quantile(seen, [0.5, 0.95], method="higher"), strict=True)) if seen else {}
    return {
        "repeats": len(looks),
        "detected": len(seen) / len(looks),
        "days": {name: int(day) for name, day in days.items()},
    }


def table(measured: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = ["| days | windows | any alarm | 95 % interval |", "| --- | ---: | ---: | ---: |"]
    for name, of in measured["unchanged"].items():
        span = f"{of['low']:.1%} to {of['high']:.1%}"
        lines.append(f"| {name.replace('_', ' ')} | {of['windows']:,} | {of['share']:.1%} | {span} |")
    lines += ["", "| shift | detected | days, median | days, 95 % |", "| --- | ---: | ---: | ---: |"]
    for name, of in measured["shifts"].items():
        days = of["days"] or {"median": "", "95 %": ""}
        lines.append(f"| {name} | {of['detected']:.1%} of {of['repeats']} | {days['median']} | {days['95 %']} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=500)
    parser.add_argument("--in-a-row", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--into", type=Path, default=HERE)
    asked = parser.parse_args()
    measured = measure(asked.windows, asked.in_a_row, asked.repeats)
    (asked.into / "alarms.json").write_text(json.dumps(measured, indent=2) + "\n")
    print(table(measured))


if __name__ == "__main__":
    main()
