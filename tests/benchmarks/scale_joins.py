"""Point-in-time joins beyond memory: `python -m tests.benchmarks.scale_joins [--rows 1000000 10000000]`.

Two shapes. The six views of flights of `tests.benchmarks.features`, which are small, with ever more flights as entity
rows; and one view as long as the entity rows, with ten rows of each key, and half of all rows of one key. The entity
rows come from a query, and the result goes to files. One process is asked for no more than `LOCAL` rows.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.benchmarks.lines import Line, Study, markdown, read

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.saved_dataset import SavedDatasetStorage

FILE = Path(__file__).parents[2] / "docs" / "scale_joins.json"
SIZES = (1_000_000, 10_000_000, 100_000_000)
SHAPES = ("six views of flights", "one view as long, half of it one key")
SECONDS, LOCAL = 3_600, 10_000_000


class Peak(threading.Thread):
    """The most memory that any process of a tree held of its own, and all of them together, in MiB, each 0.2 s."""

    def __init__(self, root: psutil.Process):
        super().__init__(daemon=True)
        self.root, self.one, self.all, self.done = root, 0.0, 0.0, threading.Event()

    def run(self) -> None:
        """Look until it is done."""
        while not self.done.wait(0.2):
            held = []
            with suppress(psutil.Error):
                for process in [self.root, *self.root.children(recursive=True)]:
                    with suppress(psutil.Error):
                        memory = process.memory_info()
                        held.append((memory.rss - memory.shared) / 2**20)  # the object store is shared
            self.one, self.all = max([self.one, *held]), max(self.all, sum(held))


def watched(command: list[str], **environment: str) -> tuple[str, Line]:
    """Run a command. Return what it printed, and its time and memory. Ends this process when it fails."""
    began = time.monotonic()
    child = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    peak = Peak(psutil.Process(child.pid))
    peak.start()
    printed = child.communicate()[0]
    peak.done.set()
    if child.returncode:
        raise SystemExit(f"`{' '.join(command)}` ended with {child.returncode}.")
    seconds = round(time.monotonic() - began, 1)
    return printed, {"seconds": seconds, "one_mb": round(peak.one), "all_mb": round(peak.all)}


def made(folder: Path, shape: str, rows: int) -> None:
    """Write the entity rows as `rows.parquet`, and the feature tables into `features`."""
    import duckdb

    from capstan.data.files import write_tables
    from pipelines.flight_delay import task

    (folder / "features").mkdir(parents=True)
    if shape == SHAPES[0]:
        tables = task.load(None)
        write_tables(task.feature_tables(tables), folder / "features")
        flights = task.entity_rows(tables)[["origin", "dest", "carrier", "tailnum", "event_timestamp"]]
        duckdb.sql(
            f"COPY (SELECT * REPLACE (event_timestamp + to_seconds(copy % 3600) AS event_timestamp) FROM "
            f"range({rows // len(flights) + 1}) AS copies(copy), flights LIMIT {rows}) TO '{folder}/rows.parquet'"
        )
        return
    keys, second = rows // 10, "TIMESTAMP '2024-01-01' + to_seconds((hash(i * 10 + {}) % 31622400)::BIGINT)"
    key = f"CASE WHEN hash(i * 10 + {{}}) % 2 = 0 THEN 0 ELSE (hash(i * 10 + {{}}) % {keys})::BIGINT END AS k"
    values = ", ".join(f"(hash(i * 10 + {number}) % 1000000) / 1e6 AS {name}" for number, name in enumerate("abc"))
    for path, salt, more in (("features/stats", 3, f", {values}"), ("rows", 6, "")):
        selected = f"{key.format(salt, salt + 1)}, {second.format(salt + 2)} AS event_timestamp{more}"
        duckdb.sql(f"COPY (SELECT {selected} FROM range({rows}) t(i)) TO '{folder}/{path}.parquet'")


def retrieve(folder: Path, shape: str, engine: str) -> None:
    """Join, and write the result; print the seconds."""
    from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

    os.environ["CAPSTAN_ENGINE"] = engine
    if shape == SHAPES[0]:
        from feature_repo.store import temporary_store
        from pipelines.flight_delay import task

        with temporary_store("flight_delay", folder / "features") as store:
            service = store.get_feature_service(task.FEATURE_SERVICE)
            six = [view for view in service.feature_view_projections if view.name not in ("aircraft", "schedule")][:6]
            wanted = [f"{view.name}:{field.name}" for view in six for field in view.features]
            write(store, folder, wanted, SavedDatasetFileStorage(str(folder / "result")))
        return
    from datetime import timedelta

    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, Int64

    store = FeatureStore(config=RepoConfig(
        project="scale", provider="local", registry=f"{folder}/registry.db", entity_key_serialization_version=3,
        online_store={"type": "sqlite", "path": f"{folder}/online.db"},
        offline_store={"type": "feature_repo.offline_store.asof.AsofOfflineStore", "engine": engine},
    ))  # fmt: skip
    key = Entity(name="k", join_keys=["k"], value_type=ValueType.INT64)
    source = FileSource(name="stats", path=f"{folder}/features/stats.parquet", timestamp_field="event_timestamp")
    schema = [Field(name="k", dtype=Int64), *(Field(name=name, dtype=Float64) for name in "abc")]
    store.apply([key, FeatureView(name="stats", entities=[key], ttl=timedelta(days=30), schema=schema, source=source)])
    write(store, folder, [f"stats:{name}" for name in "abc"], SavedDatasetFileStorage(str(folder / "result")))


def write(store: "FeatureStore", folder: Path, wanted: list[str], storage: "SavedDatasetStorage") -> None:
    """Write the joined rows."""
    began = time.monotonic()
    job = store.get_historical_features(f"SELECT * FROM '{folder}/rows.parquet'", wanted)
    job.persist(storage)
    print(json.dumps({"seconds": round(time.monotonic() - began, 1)}), flush=True)


def measured(shape: str, rows: int, engine: str, folder: Path) -> Line:
    """Return seconds and memory of one retrieval in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.scale_joins", "--child", str(folder), shape, engine]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = Peak(psutil.Process(child.pid))
    peak.start()
    try:
        printed = child.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return {"seconds": None, "error": f"over {SECONDS} s", "one_mb": round(peak.one), "all_mb": round(peak.all)}
    finally:
        peak.done.set()
    seconds = json.loads(printed.splitlines()[-1])["seconds"] if child.returncode == 0 else None
    size = sum(file.stat().st_size for file in (folder / "result").glob("*")) / 2**20 if seconds else 0
    shutil.rmtree(folder / "result", ignore_errors=True)
    error = "" if seconds else f"exit code {child.returncode}"
    memory = {"one_mb": round(peak.one), "all_mb": round(peak.all), "result_mb": round(size)}
    return {"seconds": seconds, "error": error} | memory


def tables(results: object) -> str:
    """Return the table of docs/benchmarks.md."""
    return markdown(results, {"shape": "shape", "entity rows": "rows", "engine": "engine"}, {
        "time": lambda rows: rows["error"].iloc[0] or f"{rows['seconds'].iloc[0]:.0f} s",
        "largest process": lambda rows: f"{rows['one_mb'].iloc[0]:,.0f} MiB",
        "all processes": lambda rows: f"{rows['all_mb'].iloc[0]:,.0f} MiB",
        "result": lambda rows: f"{rows['result_mb'].iloc[0]:,.0f} MiB",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--engines", nargs="+", default=("ray", "local"))
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        retrieve(Path(options.child[0]), *options.child[1:])
        return
    study = Study(options.out, ["shape", "rows", "engine"])
    for shape in SHAPES:
        for rows in options.rows:
            with tempfile.TemporaryDirectory(prefix="capstan-scale-") as folder:
                made(Path(folder), shape, rows)
                for engine in options.engines:
                    case = {"shape": shape, "rows": rows, "engine": engine}
                    if not study.has(**case) and (engine == "ray" or rows <= LOCAL):
                        study.add(case | measured(shape, rows, engine, Path(folder)))
    print(tables(read(options.out)))


if __name__ == "__main__":
    main()
