"""The training set of all flights from Feast: six views, and the whole feature service."""

import json
import os
import subprocess
import sys
import tempfile

from tests.benchmarks.figures import table

__all__ = ["rows", "table"]

CHILD = """
import json, resource, sys, time
from pathlib import Path
from capstan.data.files import write_tables
from feature_repo.store import temporary_store
from pipelines.flight_delay import task

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

kind, folder, share = sys.argv[1:]
if kind == "prepare":
    tables = task.load(None)
    write_tables(task.feature_tables(tables), f"{folder}/features")
    rows = task.entity_rows(tables)
    rows[: round(float(share) * len(rows))].to_parquet(f"{folder}/rows.parquet")
else:
    import pandas as pd
    rows = pd.read_parquet(f"{folder}/rows.parquet")
    with temporary_store("flight_delay", Path(folder, "features")) as store:
        service = store.get_feature_service(task.FEATURE_SERVICE)
        six = [view for view in service.feature_view_projections if view.name not in ("aircraft", "schedule")]
        names = [f"{view.name}:{field.name}" for view in six for field in view.features]
        wanted = service if kind == "service" else names
        before, began = memory(), time.monotonic()
        frame = store.get_historical_features(rows, wanted).to_df()
        seconds = time.monotonic() - began
    assert len(frame) == len(rows)
    print(json.dumps({"seconds": seconds, "before": before, "peak": memory(), "views": len(six)}))
"""


def rows(size: float = 1.0) -> list[dict]:
    """Return seconds and peak memory of both, each in its own process."""
    with tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
        env = os.environ | {"CAPSTAN_HOME": f"{folder}/home"}

        def child(kind: str) -> str:
            command = [sys.executable, "-c", CHILD, kind, folder, str(size)]
            return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

        child("prepare")
        results = {kind: json.loads(child(kind).splitlines()[-1]) for kind in ("six", "service")}
    lines = []
    for kind, what in [("six", "six views"), ("service", "the whole service: seven views and the schedule on demand")]:
        result = results[kind]
        goals = ("under 5 s", "under 2 GB") if kind == "six" else ("", "")
        lines += [
            {"what": f"{what}: time", "goal": goals[0], "measured": f"{result['seconds']:.2f} s"},
            {
                "what": f"{what}: peak memory of the process, {result['before']:.2f} GiB of it before",
                "goal": goals[1],
                "measured": f"{result['peak']:.2f} GiB",
            },
        ]
    return lines
