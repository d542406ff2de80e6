"""The checks on a million rows of thirty columns: seconds and peak memory, next to Evidently on its own.

    python -m tests.benchmarks.checks [--rows 1000000] [--seconds 300]

Half of the rows are the reference, half the newest days; both lie in parquet files. Each measurement is a process of
its own. Evidently, whose report is that of `monitoring/reports.py`, has a limit of time.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks

OUTCOME = Outcome("binary", target="label", prediction="probability")


def make(folder: Path, rows: int) -> None:
    """Write the reference, 120 days, and the newest 60: 20 numbers, 8 categories, a prediction and its label."""
    chance = np.random.default_rng(0)
    for name, start, days in (("reference", "2026-01-01", 120), ("recent", "2026-05-01", 60)):
        count = rows // 2
        day = np.sort(chance.integers(days, size=count))
        effect = chance.normal(size=(days, 20))[day] * 0.2
        frame = pd.DataFrame(chance.normal(size=(count, 20)) + effect, columns=[f"number_{i}" for i in range(20)])
        for i in range(8):
            frame[f"category_{i}"] = chance.choice([f"value {v}" for v in range(5 * (i + 1))], count)
        frame["probability"] = 1 / (1 + np.exp(-frame["number_0"]))
        frame["label"] = (chance.random(count) < frame["probability"]).astype(int)
        time_ = pd.Timestamp(start, tz="UTC") + pd.to_timedelta(day, unit="D")
        frame["event_timestamp"] = pd.Series(time_).astype("datetime64[us, UTC]")
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def ours(folder: Path) -> int:
    """Run every check, from the files on. Return the number of checks."""
    from capstan.contract.bounds import at_least
    from monitoring.checks import daily_counts, verdicts
    from monitoring.checks.performance import performance

    checks = Checks()
    reference = daily_counts.reference(folder / "reference.parquet", checks, OUTCOME)
    results = verdicts.check(reference, daily_counts.recent(folder / "recent.parquet", checks, reference), checks)
    labelled = pd.read_parquet(folder / "recent.parquet", columns=["probability", "label", "event_timestamp"])
    return len([*results, *performance(labelled, OUTCOME, checks, {"roc_auc": at_least(0.6)})])


def evidently(folder: Path) -> int:
    """Run Evidently's report on the same files. Return the number of columns that drifted."""
    from monitoring.reports import compare

    then, now = (
        pd.read_parquet(folder / f"{n}.parquet").drop(columns="event_timestamp") for n in ("reference", "recent")
    )
    return compare("benchmark", then, now, OUTCOME).drifted


def measure(folder: Path, what: str, limit: float) -> dict[str, float | str]:
    """Return seconds and peak memory of a process that runs one of these functions."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.checks", "--run", what, "--folder", str(folder)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"what": what, "seconds": f"more than {limit:.0f}", "gigabytes": ""}
    return {"what": what} | json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--run")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.run:
        began, cpu = time.monotonic(), time.process_time()
        {"ours": ours, "evidently": evidently}[asked.run](asked.folder)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        seconds, busy = time.monotonic() - began, time.process_time() - cpu
        print(json.dumps({"seconds": round(seconds, 1), "cpu": round(busy, 1), "gigabytes": round(memory, 2)}))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), asked.rows)
        print(f"{asked.rows:,} rows, 30 columns")
        for what in ("ours", "evidently"):
            print(measure(Path(folder), what, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
