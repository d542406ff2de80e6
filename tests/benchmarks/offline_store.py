"""Point-in-time joins: our offline store next to Feast's own, each on its own in a process with limits.

    python -m tests.benchmarks.offline_store [--rows 10000 100000]

As many entity rows as feature rows, one feature view of three features with a TTL of 30 days, event times over a year.
Either ever more keys of ten rows each (users), or a thousand keys of an ever longer history (weather stations):
what an inequality join pairs grows with the rows of a key. A store that fails is not asked for more rows of a shape.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
STORES = {"asof": "feature_repo.offline_store.asof.AsofOfflineStore", "duckdb": "duckdb", "dask": "dask"}
SECONDS, GIBIBYTES = 60, 8
FEATURES = ("a", "b", "c")
SHAPES = {"10 rows a key": lambda size: size // 10, "1,000 keys": lambda size: 1_000}


def rows(size: float = 1.0, sizes: tuple[int, ...] = SIZES, stores: tuple[str, ...] = tuple(STORES)) -> list[dict]:
    """One measurement for each shape, store and size.

    Returns:
        Dicts of shape, store, rows, seconds (of the retrieval alone) and peak_mb (of the whole process, Feast and the
        entity dataframe included); `error` says why the two are None, or is None.
    """
    measured, failed = [], set()
    sizes = tuple({max(1_000, round(size * count)): None for count in sizes})
    with tempfile.TemporaryDirectory() as directory:
        for shape, keys in SHAPES.items():
            for size in sizes:
                _make_data(Path(directory), size, keys(size))
                for store in stores:
                    cell = {"error": "not run"} if (shape, store) in failed else _measure(Path(directory), store)
                    if cell["error"]:
                        failed.add((shape, store))
                    cell = {"shape": shape, "store": store, "rows": size, "seconds": None, "peak_mb": None} | cell
                    measured.append(cell)
    return measured


def table(measurements: list[dict]) -> str:
    """The measurements as Markdown, a line for each shape and size."""
    stores = list(dict.fromkeys(each["store"] for each in measurements))
    cells = {(each["shape"], each["rows"], each["store"]): _text(each) for each in measurements}
    lines = [f"| keys | rows | {' | '.join(stores)} |", "| --- | ---: |" + " ---: |" * len(stores)]
    for shape, size in dict.fromkeys((each["shape"], each["rows"]) for each in measurements):
        line = [cells[shape, size, store] for store in stores]
        lines.append(f"| {shape} | {size:,} | {' | '.join(line)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=tuple(STORES))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _retrieve(*arguments.child)
    else:
        print(table(rows(1.0, tuple(arguments.rows), tuple(arguments.stores))))


def _text(cell: dict) -> str:
    return cell["error"] or f"{cell['seconds']:.2f} s, {cell['peak_mb']:,} MB"


def _make_data(directory: Path, size: int, keys: int) -> None:
    """`size` feature rows and entity rows of `keys` keys, keys and times at random but the same in every run."""
    import duckdb

    def random(salt: int, below: int) -> str:
        return f"(hash(i * 10 + {salt}) % {below})::BIGINT"

    moment = "TIMESTAMP '2024-01-01' + to_seconds({})"
    columns = f"{random(1, keys)} AS k, {moment.format(random(2, 366 * 86_400))} AS event_timestamp"
    asked = f"{random(5, keys)} AS k, {moment.format(random(6, 366 * 86_400))} AS event_timestamp"
    values = ", ".join(f"{random(7 + n, 1_000_000)} / 1e6 AS {name}" for n, name in enumerate(FEATURES))
    for name, selected in (("features", f"{columns}, {values}"), ("entities", asked)):
        duckdb.sql(f"COPY (SELECT {selected} FROM range({size}) t(i)) TO '{directory}/{name}.parquet'")


def _measure(directory: Path, store: str) -> dict:
    """Run one retrieval in a child; an error is an answer like any other."""
    command = [sys.executable, "-m", "tests.benchmarks.offline_store", "--child", str(directory), store]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stdout=output, stderr=errors)
        too_large = _watch(child)
        output.seek(0)
        errors.seek(0)
        printed, complaints = output.read().splitlines(), errors.read().strip().splitlines()
    if too_large:
        return {"error": f"out of memory (over {GIBIBYTES} GiB)"}
    if child.returncode == -signal.SIGALRM:
        return {"error": f"over {SECONDS} s"}
    if child.returncode:
        memory = [line for line in complaints if "memory" in line.lower() or "unable to allocate" in line.lower()]
        complaint = (memory or complaints or [f"exit code {child.returncode}"])[-1]
        return {"error": f"out of memory ({complaint[:100]})" if memory else complaint[:100]}
    return {"error": None} | json.loads(printed[-1])


def _watch(child: subprocess.Popen) -> bool:
    """Wait for the child, and kill it once more than GIBIBYTES are resident: true if that happened.

    A limit on address space would not do: what Feast's libraries reserve and never touch counts there.
    """
    while child.poll() is None:
        try:
            if psutil.Process(child.pid).memory_info().rss > GIBIBYTES * 2**30:
                child.kill()
                child.wait()
                return True
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.02)
    return False


def _retrieve(directory: str, store: str) -> None:
    """In the child: one retrieval; prints its seconds and the process's peak memory, or dies of SIGALRM in between."""
    from datetime import timedelta

    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, Int64

    with tempfile.TemporaryDirectory() as repository:
        config = RepoConfig(
            project="benchmark",
            provider="local",
            registry=f"{repository}/registry.db",
            online_store={"type": "sqlite", "path": f"{repository}/online.db"},
            offline_store={"type": STORES[store]},
            entity_key_serialization_version=3,
        )
        schema = [Field(name="k", dtype=Int64)] + [Field(name=name, dtype=Float64) for name in FEATURES]
        key = Entity(name="k", join_keys=["k"], value_type=ValueType.INT64)
        source = FileSource(name="source", path=f"{directory}/features.parquet", timestamp_field="event_timestamp")
        stats = FeatureView(name="stats", entities=[key], ttl=timedelta(days=30), schema=schema, source=source)
        feature_store = FeatureStore(config=config)
        feature_store.apply([key, stats])
        entity_df = pd.read_parquet(f"{directory}/entities.parquet")
        refs = [f"stats:{name}" for name in FEATURES]
        signal.alarm(SECONDS)
        start = time.perf_counter()
        result = feature_store.get_historical_features(entity_df, refs).to_df()
        seconds = time.perf_counter() - start
        signal.alarm(0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": round(seconds, 2), "peak_mb": peak, "returned": len(result)}), flush=True)
    os._exit(0)  # a library's threads may not hold the measurement up


if __name__ == "__main__":
    main()
