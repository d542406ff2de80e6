"""A look at ever more logged predictions: `python -m tests.benchmarks.scale_monitoring [--rows 1000000 10000000]`.

It needs a champion of `flight_delay`, and MLflow: `capstan run flight_delay`. 100,000 flights are scored into a
prediction log of their own. Their records are copied, with new ids, over the 56 days before the monitoring run; one in
a hundred has a label. All checks of the signals run: on all predictions at once, on pieces in one process, and on
pieces by Ray. Memory is the most that a process held of its own. Then an endpoint with this log answers for the
console, which has the monitoring runs of 90 days.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from tests.benchmarks.console import pages
from tests.benchmarks.lines import Line, Study, markdown, read
from tests.benchmarks.scale_joins import watched
from tests.benchmarks.scale_score import NAME, flights

FILE = Path(__file__).parents[2] / "docs" / "scale_monitoring.json"
SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
WAYS = {"at once": "local", "pieces": "local", "pieces, Ray": "ray"}  # the engine
CONSOLE = "pages of the console"
CHILD = [sys.executable, "-m", "tests.benchmarks.scale_monitoring"]
AT_ONCE = 100_000  # rows, at most
BASE, DAYS, LABELLED, FILE_ROWS, LOOKS = 100_000, 56, 100, 2_000_000, 180
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def scored(folder: Path) -> Path:
    """Return the log of 100,000 flights."""
    flights(folder, BASE)
    log = folder / "scored"
    command = [
        sys.executable,
        "-m",
        "cli",
        "score",
        NAME,
        "--input",
        str(folder / "flights.parquet"),
        "--join-log",
        "--workers",
        "0",
    ]
    own = os.environ | {"CAPSTAN_PREDICTIONS_DIR": str(log)}
    subprocess.run([*command, "--output", str(folder / "out")], check=True, env=own, stdout=subprocess.DEVNULL)
    return log


def copied(log: Path, target: Path, rows: int) -> None:
    """Write so many records, in files of a day each, and the labels."""
    import duckdb

    per_day = rows // DAYS
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE base AS SELECT * FROM read_parquet('{log}/model={NAME}/*/*.parquet')")
        [(count,)] = connection.execute("SELECT count(*) FROM base").fetchall()
        for number in range(DAYS):
            day = NOW - timedelta(days=DAYS - number)
            folder = target / f"model={NAME}" / f"date={day:%Y-%m-%d}"
            folder.mkdir(parents=True)
            for part, first in enumerate(range(0, per_day, FILE_ROWS)):
                moment = f"TIMESTAMPTZ '{day.isoformat()}' + to_microseconds((i * 86400000000 // {per_day})::BIGINT)"
                connection.execute(
                    f"COPY (SELECT * REPLACE ('{number:02}-' || i AS prediction_id, {moment} AS time, {moment} AS "
                    f"prediction_time) FROM range({first}, {min(first + FILE_ROWS, per_day)}) r(i) JOIN (SELECT *, "
                    f"row_number() OVER () - 1 AS place FROM base) b ON b.place = (i * 7919 + {number}) % {count} "
                    f"ORDER BY i) TO '{folder}/part-{part:03}.parquet' (COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
                )


def labelled(rows: int) -> None:
    """Add a label for one prediction in a hundred, late for one in four. The log is that of the settings."""
    from predictions.labels import Actual, label_store

    per_day = rows // DAYS
    for number in range(DAYS):
        day = NOW - timedelta(days=DAYS - number)
        actuals = []
        for i in range(0, per_day, LABELLED):
            moment = day + timedelta(microseconds=i * 86_400_000_000 // per_day)
            actuals.append(Actual({f"{number:02}-{i}": moment}, str((i // LABELLED) % 4 == 0).lower(), moment))
        label_store().add(NAME, actuals)


def look(way: str) -> None:
    """Check the log of the settings; print seconds and what was found. Keep it as the finding of 90 days."""
    from dataclasses import replace

    from capstan import catalogue
    from capstan.versions import registry
    from monitoring import checks_run, live_log, references
    from monitoring.live_log import LiveLog
    from monitoring.snapshots import snapshots

    if way == "at once":
        live_log.MEMORY_ROWS = 10**9
    task = catalogue.load(NAME)
    against = references.reference(NAME, task, registry.champion(NAME).version)
    began = time.monotonic()
    found = checks_run.check(NAME, task, against, NOW, LiveLog(NAME, task, NOW))
    seconds = round(time.monotonic() - began, 1)
    verdicts = sorted([check.name, check.signal, check.verdict, check.since] for check in found.checks)
    counts = {"predictions": found.predictions, "labels": found.labels}
    print(json.dumps({"seconds": seconds, "verdicts": verdicts} | counts))
    for number in range(LOOKS):
        snapshots().keep(NAME, replace(found, at=NOW - timedelta(hours=12 * number)))


def measured(way: str, env: dict[str, str]) -> tuple[Line, object]:
    """Return seconds and memory of a monitoring run in a process of its own, and its verdicts."""
    printed, cost = watched([*CHILD, "--look", way], **env | {"CAPSTAN_ENGINE": WAYS[way]})
    found = json.loads(printed.splitlines()[-1])
    line = {name: found[name] for name in ("seconds", "predictions", "labels")}
    alarms = sum(verdict == "alarm" for _, _, verdict, _ in found["verdicts"])
    # Its own seconds are those of the monitoring run alone.
    return cost | line | {"checks": len(found["verdicts"]), "alarms": alarms}, found["verdicts"]


def looks(study: Study, log: Path, rows: int, ways: list[str]) -> None:
    """Look at a log in each way, and open the console. The verdicts must be the same."""
    env = {"CAPSTAN_PREDICTIONS_DIR": str(log)}  # labels and looks are there, too
    subprocess.run([*CHILD, "--label", str(rows)], check=True, env=os.environ | env)  # settings are read once
    size = sum(file.stat().st_size for file in log.rglob("*.parquet")) / 2**20
    found = []
    for way in ways:
        line, verdicts = measured(way, env)
        study.add({"rows": rows, "way": way, "log_mb": round(size)} | line)
        found.append(verdicts)
        if not study.has(rows=rows, way=CONSOLE):
            study.add({"rows": rows, "way": CONSOLE} | pages(NAME, env))
    assert all(verdicts == found[0] for verdicts in found), "The verdicts differ."


def tables(results: pd.DataFrame) -> str:
    """Return the table of the monitoring runs of docs/scale.md."""
    return markdown(results[results["way"] != CONSOLE], {"predictions": "rows", "counted": "way"}, {
        "time": lambda rows: f"{rows['seconds'].iloc[0]:.0f} s",
        "checks": lambda rows: f"{rows['checks'].iloc[0]:.0f}",
        "alarms": lambda rows: f"{rows['alarms'].iloc[0]:.0f}",
        "largest process": lambda rows: f"{rows['one_mb'].iloc[0]:,.0f} MiB",
        "all processes": lambda rows: f"{rows['all_mb'].iloc[0]:,.0f} MiB",
        "log": lambda rows: f"{rows['log_mb'].iloc[0]:,.0f} MiB",
    })  # fmt: skip


def console_table(results: pd.DataFrame) -> str:
    """Return the table of the console's pages of docs/scale.md."""
    return markdown(results[results["way"] == CONSOLE], {"predictions": "rows"}, {
        "overview, p99": lambda rows: f"{rows['overview_ms'].iloc[0]:.1f} ms",
        "a capstone's page, p99": lambda rows: f"{rows['detail_ms'].iloc[0]:.1f} ms",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--look", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--label", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look or options.label:
        labelled(options.label) if options.label else look(options.look)
        return
    study = Study(options.out, ["rows", "way"])
    with tempfile.TemporaryDirectory(prefix="capstan-scale-") as folder:
        base = scored(Path(folder))
        for rows in options.rows:
            ways = [way for way in options.ways if way != "at once" or rows <= AT_ONCE]
            if not all(study.has(rows=rows, way=way) for way in (*ways, CONSOLE)):
                with tempfile.TemporaryDirectory(prefix="log-", dir=folder) as log:
                    copied(base, Path(log), rows)
                    looks(study, Path(log), rows, ways)
    print(tables(read(options.out)), console_table(read(options.out)), sep="\n\n")


if __name__ == "__main__":
    main()
