"""`capstan score` next to `model.predict` alone: `python -m tests.benchmarks.scale_score [--rows 1000000]`.

It needs a champion of `flight_delay`, and MLflow: `capstan run flight_delay`. The rows are flights, again and again.
Alone, the model gets columns whose features are joined already. Both are done by one process after the other, and
memory is the most that the process held. The parts of scoring are timed too: no batch is faster than their sum.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks.lines import Line, Study, markdown
from tests.benchmarks.scale_joins import watched

FILE = Path(__file__).parents[2] / "docs" / "scale_score.json"
NAME, ALONE = "flight_delay", 50_000
MODEL = "the model alone"
WAYS = {"this process": "0", "two workers of Ray": "2"}


def flights(folder: Path, rows: int) -> None:
    """Write so many requests, in row groups of 50,000."""
    import pandas as pd

    from pipelines.flight_delay import task

    known = task.entity_rows(task.load(None))[list(task.Request.model_fields)]
    parts = islice(cycle([known]), -(-rows // len(known)))
    pd.concat(list(parts)).head(rows).to_parquet(folder / "flights.parquet", row_group_size=50_000, index=False)


def parts(folder: Path) -> dict[str, float]:
    """Return the rows a second of each part of scoring, one after the other in this process."""
    from datetime import UTC, datetime

    from capstan.versions import registry
    from feature_repo.offline_store.writes import locate
    from serving.batch.reading import read
    from serving.batch.run import found, uncollected
    from serving.batch.scorer import BatchScorer

    scorer = BatchScorer(NAME, registry.champion(NAME).version)
    [piece, *_], _ = found(str(folder / "flights.parquet"))
    rates: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        with uncollected():
            began = time.perf_counter()
            yield
            rates[name] = ALONE / (time.perf_counter() - began)

    for _ in range(2):  # the first time imports and loads
        with timed("reading"):
            batch = next(read(piece, *locate(piece.path, ""), scorer.request, []))
        with timed("the checks of the endpoint"):
            rows, *_ = scorer.valid(batch)
        with timed("features, joined"):
            columns, _ = scorer.features(rows)
        with timed(MODEL):
            scorer.variant.model.predict_columns(columns)
        with timed("all of it but reading"):
            scorer.score(batch, datetime.now(UTC))
    return rates


def measured(folder: Path, workers: str, rows: int) -> Line:
    """Return rows a second and memory of the command."""
    command = [sys.executable, "-m", "cli", "score", NAME, "--workers", workers, "--json"]
    printed, cost = watched([*command, "--input", f"{folder}/flights.parquet", "--output", f"{folder}/out-{workers}"])
    done = json.loads(printed)
    assert done["answered"] == rows, done
    return {"rate": rows / cost.pop("seconds")} | cost


def tables(results: object) -> str:
    """Return the table of docs/scale.md."""
    return markdown(results, {"scored by": "way", "rows": "rows"}, {
        "rows a second": lambda rows: f"{rows['rate'].iloc[0]:,.0f}",
        "of the model alone": lambda rows: f"{100 * rows['share'].iloc[0]:.0f} %",
        "largest process": lambda rows: f"{rows['one_mb'].iloc[0]:,.0f} MiB",
        "all processes": lambda rows: f"{rows['all_mb'].iloc[0]:,.0f} MiB",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    study = Study(options.out, ["way", "rows"])
    with tempfile.TemporaryDirectory(prefix="capstan-scale-") as folder:
        flights(Path(folder), options.rows)
        rates = parts(Path(folder))
        for part, rate in rates.items():
            more = {"share": rate / rates[MODEL], "one_mb": 0, "all_mb": 0}
            study.add({"way": f"{part}, {ALONE:,} rows, one process", "rows": ALONE, "rate": rate} | more)
        for way, workers in WAYS.items():
            line = measured(Path(folder), workers, options.rows)
            study.add({"way": way, "rows": options.rows} | line | {"share": line["rate"] / rates[MODEL]})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
