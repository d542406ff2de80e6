"""The bill: `python -m tests.benchmarks.bill [--core-hour 0.04] [--gb-month 0.023]` computes it from the records.

Nothing is measured here. Core-seconds are the time on this machine's two cores, of which some were idle or did other
work, so they are upper bounds. The prices are yours to state.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tests.benchmarks import scale_joins, scale_monitoring
from tests.benchmarks.lines import read

RECORD = Path(__file__).parents[2] / "docs" / "benchmarks.json"
CORES, MILLION, HOUR = 2, 1_000_000, 3_600
CORE_HOUR, GB_MONTH = 0.04, 0.023  # dollars: a core with 4 GB of a cloud, on demand; an object store
SERVED = 455  # MiB of an endpoint, see docs/operations.md


class Item(NamedTuple):
    """Something that is paid for. memory: MiB of the largest process. gb: what it leaves in a store."""

    what: str
    core_seconds: float
    memory: float
    gb: float
    command: str


def items() -> list[Item]:
    """Return what the records say."""
    joins, looks = read(scale_joins.FILE), read(scale_monitoring.FILE)
    views, large = joins[joins["shape"] == scale_joins.SHAPES[0]], looks[looks["way"] == "pieces"]
    join, look = views.loc[views["rows"].idxmax()], large.loc[large["rows"].idxmax()]
    log = look["log_mb"] / 1024 / look["predictions"] * MILLION
    result = join["result_mb"] / 1024 / join["rows"] * MILLION
    served, road = (f"python -m tests.benchmarks {name}" for name in ("load", "road"))
    return [
        Item("a million predictions", CORES * MILLION / figure("load", 0), SERVED, log, served),
        Item("a million rows, six views", core_seconds(join), join["one_mb"], result, "... scale_joins"),
        Item("a look at a million predictions", core_seconds(look), look["one_mb"], 0.0, "... scale_monitoring"),
        Item("a training, the whole road", CORES * figure("road", 0), figure("road", 2) * 1024, 0.0, road),
    ]


def core_seconds(line: "pd.Series[float]") -> float:
    """Return those of a million rows."""
    return float(CORES * line["seconds"] / line["rows"] * MILLION)


def figure(part: str, row: int) -> float:
    """Return a figure of docs/benchmarks.md."""
    measured = json.loads(RECORD.read_text())[part]["rows"][row]["measured"]
    return float(measured.split()[0].replace(",", ""))


def tables(core_hour: float = CORE_HOUR, gb_month: float = GB_MONTH) -> str:
    """Return the table of docs/scale.md."""
    lines = [
        "| what | core-seconds, at most | memory | stored | computing, $ | a month of storage, $ | command |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for item in items():
        money = f"{item.core_seconds / HOUR * core_hour:.4f} | {item.gb * gb_month:.4f}"
        size = f"{item.memory:,.0f} MiB | {item.gb:.2f} GB"
        lines.append(f"| {item.what} | {item.core_seconds:,.0f} | {size} | {money} | `{item.command}` |")
    return "\n".join(lines)


def main() -> None:
    """Compute and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core-hour", type=float, default=CORE_HOUR, help="dollars")
    parser.add_argument("--gb-month", type=float, default=GB_MONTH, help="dollars")
    options = parser.parse_args()
    print(tables(options.core_hour, options.gb_month))


if __name__ == "__main__":
    main()
