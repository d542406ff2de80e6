"""What the last day costs next to all days: `build-features` and `materialize` of all flights, in processor time.

python -m tests.benchmarks.new_days
"""

import os
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.data.files import write_tables
from capstan.settings import settings
from components.build_features.core import build_features
from components.materialize.core import materialize
from pipelines.flight_delay import task
from tests.benchmarks.lines import Study

FILE = Path(__file__).parents[2] / "docs" / "new_days.json"
NAME, DAY = "flight_delay", pd.Timestamp("2013-12-30", tz="UTC")


def seconds(call: Callable[[], object]) -> float:
    """Return the processor time of a call, of all threads."""
    began = time.process_time()
    call()
    return time.process_time() - began


def before(tables: dict[str, pd.DataFrame], end: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Return the raw rows before an instant."""
    times = task.FEATURE_WINDOW.times
    return {name: rows[rows[times[name]] < end] if name in times else rows for name, rows in tables.items()}


def lines(folder: Path) -> list[dict]:
    """Return the times of both steps, for all days and for the last one. The training sets are the same."""
    loaded, end = task.load(None), DAY + pd.Timedelta(days=1)

    def steps(name: str, until: pd.Timestamp, keep: bool) -> tuple[list[str], list[float]]:
        paths = [str(folder / name / part) for part in ("tables", "features", "training_set", "counts.json")]
        write_tables(before(loaded, until), paths[0])
        instant = until.isoformat()
        built = seconds(lambda: build_features(NAME, *paths, keep=keep))
        written = seconds(lambda: materialize(NAME, paths[1], paths[2], as_of=instant))
        return paths, [built, written]

    use(folder / "home")
    kept = steps("first", DAY, keep=True)[1]
    paths, last = steps("last", end, keep=True)
    use(folder / "other")
    others, scratch = steps("scratch", end, keep=False)
    for extended, rebuilt in zip(map(Path, paths[1:3]), map(Path, others[1:3]), strict=True):
        for name in sorted(path.name for path in rebuilt.glob("*.parquet")):
            rows = (pd.read_parquet(source / name) for source in (extended, rebuilt))
            ordered = (frame.sort_values(EVENT_TIMESTAMP, kind="stable", ignore_index=True) for frame in rows)
            pd.testing.assert_frame_equal(*ordered)
    names = ("build-features", "materialize")
    return [
        {"step": step, "scratch": scratch[place], "kept": kept[place], "day": last[place]}
        for place, step in enumerate(names)
    ]


def tables(results: pd.DataFrame) -> str:
    """Return the table of docs/scale.md."""
    columns = {"scratch": "all days", "kept": "all but the last, and kept", "day": "the last day"}
    lines = [f"| step | {' | '.join(columns.values())} |", "| --- | ---: | ---: | ---: |"]
    for line in results.to_dict("records"):
        lines.append(f"| {line['step']} | {' | '.join(f'{line[column]:.1f} s' for column in columns)} |")
    return "\n".join(lines)


def use(home: Path) -> None:
    """Take another state folder."""
    os.environ["CAPSTAN_HOME"] = str(home)
    settings.cache_clear()


def main() -> None:
    """Measure, write and print."""
    warnings.simplefilter("ignore", RuntimeWarning)  # Feast's, of features on demand
    with tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
        study = Study(FILE, ["step"])
        study.add(*lines(Path(folder)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
