"""What breaks first: `python -m tests.benchmarks.limits` fills each store of a laptop, and times what waits for it.

`once` is about a month of flights on a laptop; 10 and 100 times as much are made up. What a thousand times would take
follows from the last two, as a power of the size. Each store is in a temporary home.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from tests.benchmarks.lines import Line, Study, markdown, read

FILE = Path(__file__).parents[2] / "docs" / "limits.json"
TIMES, REPEATS, NAME = (1, 10, 100), 5, "flight_delay"
ENOUGH = 5.0  # seconds: what takes longer is not repeated
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Timed = Iterator[tuple[str, int, Callable[[], object]]]  # what, how many there are, what is timed


def files(home: Path, times: int) -> Timed:
    """Fill a day of the prediction log with files of 50 predictions: 288, one each five minutes, before they merge."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from predictions.find import Finder
    from predictions.labelled import labelled
    from predictions.pieces import Wanted, groups
    from predictions.records import SCHEMA

    folder, count, rows = home / "predictions" / f"model={NAME}" / f"date={NOW:%Y-%m-%d}", 288 * times, 50
    folder.mkdir(parents=True)
    for number in range(count):
        moments = [NOW + timedelta(seconds=86_400 * (number + row / rows) / count) for row in range(rows)]
        columns = {field.name: pa.nulls(rows, field.type) for field in SCHEMA}
        columns |= dict.fromkeys(("time", "prediction_time"), pa.array(moments, pa.timestamp("us", "UTC")))
        columns |= {"prediction_id": pa.array([f"{number:08}-{row:03}" for row in range(rows)])}
        columns |= dict.fromkeys(("inputs", "features", "prediction"), pa.array(["{}"] * rows))
        columns |= {"model": pa.array([NAME] * rows)}
        pq.write_table(pa.table(columns, schema=SCHEMA), folder / f"{number:08}.parquet")
    day = NOW + timedelta(days=1)
    finder = Finder(home / "predictions")
    yield "files of a day's log: plan a monitoring run", count, lambda: groups(NAME, Wanted(NOW, day))
    yield "files of a day's log: read it", count, lambda: labelled(NAME, NOW, day, also_unlabelled=True)
    yield "files of a day's log: find a prediction", count, lambda: finder.by_id(NAME, [f"{0:08}-{0:03}"])


def labels(home: Path, times: int) -> Timed:
    """Fill the table of labels with those of 10,000 predictions."""
    from predictions.labelled import known_labels
    from predictions.labels import Actual, label_store
    from predictions.pieces import Piece

    count = 10_000 * times
    moments = [NOW + timedelta(seconds=2_419_200 * number / count) for number in range(count)]
    for first in range(0, count, 10_000):
        some = range(first, first + 10_000)
        label_store().add(NAME, [Actual({f"{number:09}": moments[number]}, "true", moments[number]) for number in some])
    again = [
        Actual({f"{number:09}": moments[number]}, "true", moments[number]) for number in range(0, count, count // 1_000)
    ]
    piece = Piece(NOW, NOW + timedelta(days=28) / times, 10_000)
    yield "labels: add 1,000", count, lambda: label_store().add(NAME, again)
    yield "labels: those of 10,000 predictions", count, lambda: known_labels(NAME, piece, NOW + timedelta(days=60))


def entities(home: Path, times: int) -> Timed:
    """Fill the online store, in SQLite, with 4,400 aircraft."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64

    from feature_repo.online_rows import OnlineRows

    count, plane = 4_400 * times, Entity(name="tailnum", value_type=ValueType.STRING)
    frame = pd.DataFrame({"tailnum": ["N0"], "event_timestamp": [NOW], "late": [0.5], "delay": [3.0]})
    frame.to_parquet(home / "aircraft.parquet")
    source = FileSource(name="aircraft", path=f"{home}/aircraft.parquet", timestamp_field="event_timestamp")
    fields = [Field(name=name, dtype=Float64) for name in ("late", "delay")]
    view = FeatureView(name="aircraft", entities=[plane], schema=fields, source=source)
    store = FeatureStore(config=RepoConfig(
        project="limits", provider="local", registry=f"{home}/registry.db", entity_key_serialization_version=3,
        online_store={"type": "sqlite", "path": f"{home}/online.db"},
    ))  # fmt: skip
    store.apply([plane, view])
    rows = OnlineRows(store, view)
    for first in range(0, count, 10_000):
        some = range(first, min(first + 10_000, count))
        rows.write({(f"N{number}",): {"late": 0.5, "delay": 3.0} for number in some}, NOW)
    asked = [(f"N{number}",) for number in range(0, count, count // 50)]
    yield "keys online: read 50", count, lambda: rows.read(asked)
    yield "keys online: write one", count, lambda: rows.write({("N7",): {"late": 0.1, "delay": 1.0}}, NOW)


def views(home: Path, times: int) -> Timed:
    """Fill Feast's registry, a file, with 14 views."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64

    key = Entity(name="k", value_type=ValueType.STRING)
    config = RepoConfig(
        project="limits", provider="local", registry=f"{home}/registry.db", entity_key_serialization_version=3,
        online_store={"type": "sqlite", "path": f"{home}/online.db"},
    )  # fmt: skip
    pd.DataFrame({"k": ["a"], "event_timestamp": [NOW], "x": [1.0]}).to_parquet(home / "x.parquet")
    definitions: list[object] = [key]
    for number in range(14 * times):
        source = FileSource(name=f"s{number}", path=f"{home}/x.parquet", timestamp_field="event_timestamp")
        schema = [Field(name="x", dtype=Float64)]
        definitions.append(FeatureView(name=f"v{number}", entities=[key], schema=schema, source=source))
    FeatureStore(config=config).apply(definitions)
    yield "views of Feast: open the store", 14 * times, lambda: FeatureStore(config=config).list_feature_views()


def versions(home: Path, times: int) -> Timed:
    """Fill MLflow's registry, in SQLite, with 10 versions."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{home}/mlflow.db", f"sqlite:///{home}/mlflow.db")
    client.create_registered_model(NAME)
    for _ in range(10 * times):
        client.create_model_version(NAME, f"{home}/model", tags={"digest": "0" * 16, "verdict": "accepted"})
    client.set_registered_model_alias(NAME, "champion", "1")
    yield "versions in MLflow: the champion", 10 * times, lambda: client.get_model_version_by_alias(NAME, "champion")
    yield "versions in MLflow: all", 10 * times, lambda: client.search_model_versions(f"name = '{NAME}'", 10_000)


def events(home: Path, times: int) -> Timed:
    """Fill the history with 100 events, and the monitoring runs with 90."""
    from monitoring.checks.result import Check
    from monitoring.history import Event, history
    from monitoring.snapshots import Snapshot, snapshots
    from serving.model.repository import CapstoneRepository
    from serving.monitoring.console_data import ConsoleData

    checks = [Check("drift", f"signal {number}", "ok", 0.01, 0.1, 0.5) for number in range(100)]
    for number in range(100 * times):
        history().add(NAME, f"event {number}", Event("alert", NOW + timedelta(minutes=number), "humid: gone."))
    for number in range(90 * times):
        snapshots().keep(NAME, Snapshot(NOW + timedelta(days=90) * number / (90 * times), "1", 1_000, 900, checks))
    console = ConsoleData(CapstoneRepository())
    yield "events and looks: the console's page", 190 * times, lambda: console.detail(NAME)
    yield "events and looks: the console's overview", 190 * times, console.overview


FILLS = {fill.__name__: fill for fill in (files, labels, entities, views, versions, events)}


def child(part: str, times: int, home: Path) -> None:
    """Fill a store, and print the median seconds of what waits for it."""
    for what, count, timed in FILLS[part](home, times):
        took: list[float] = []
        while len(took) < REPEATS and sum(took) < ENOUGH:
            began = time.perf_counter()
            timed()
            took.append(time.perf_counter() - began)
        print(f"{what}\t{count}\t{statistics.median(took):.6f}", flush=True)


def tables(results: pd.DataFrame) -> str:
    """Return the table of docs/scale.md: milliseconds, and those of a thousand times as much by their growth."""

    def at(times: int) -> Callable[[pd.DataFrame], str]:
        return lambda rows: f"{rows[rows['times'] == times]['seconds'].iloc[0] * 1000:,.1f}"

    def beyond(rows: pd.DataFrame) -> str:
        ten, hundred = (float(rows[rows["times"] == times]["seconds"].iloc[0]) for times in TIMES[1:])
        return f"{hundred * max(hundred / ten, 1) * 1000:,.0f}"

    return markdown(results, {"what grows: what waits": "what"}, {
        "once": lambda rows: f"{rows['count'].min():,}",
        "once, ms": at(1), "10 times, ms": at(10), "100 times, ms": at(100), "1,000 times, ms, computed": beyond,
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", default=tuple(FILLS), choices=FILLS)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], int(options.child[1]), Path(options.child[2]))
        return
    study = Study(options.out, ["what", "times"])
    for part in options.parts:
        for times in TIMES:
            with tempfile.TemporaryDirectory(prefix="capstan-limits-") as home:
                command = [sys.executable, "-m", "tests.benchmarks.limits", "--child", part, str(times), home]
                own = os.environ | {"CAPSTAN_HOME": home}
                printed = subprocess.run(command, env=own, check=True, stdout=subprocess.PIPE, text=True).stdout
                for line in printed.splitlines():
                    if line.count("\t") == 2:
                        study.add(measured(line, times))
    print(tables(read(options.out)))


def measured(line: str, times: int) -> Line:
    """Return a printed line as one of the study."""
    what, count, seconds = line.split("\t")
    assert math.isfinite(float(seconds))
    return {"what": what, "times": times, "count": int(count), "seconds": float(seconds)}


if __name__ == "__main__":
    main()
