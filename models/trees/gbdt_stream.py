"""LightGBM on a table that no process holds: Ray Data streams its rows to the workers, which keep them in bins.

Each worker writes its share to a file of its own disk as it comes, for LightGBM needs a sample of it before the bins
of a feature are known. Then it holds a byte for each value, whatever the type of the value was, and some 70 bytes for
each row. A `bagging_fraction` of a half or less copies the rows that it draws, each time, so it takes more.

Reference: LightGBM trained on all rows at once, predictions of one worker within 1e-12.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import lightgbm
import numpy as np

from capstan.data.batches import Batches, select
from capstan.ray_workers import start_ray
from models.trees.gbdt_workers import Params, Rows, fit_workers

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import ray.data

BATCH = 50_000  # rows of a stream, and of a read
SEARCHED = 200_000  # rows that a search over parameters trains on
BY_COLUMNS = {"force_row_wise": False, "force_col_wise": True}  # by rows, LightGBM holds the bins a second time


class Spilled(lightgbm.Sequence):
    """Rows in a file, float64 of shape (n, k): LightGBM asks for some, or for a stretch of them."""

    batch_size = BATCH

    def __init__(self, path: Path, width: int):
        size = path.stat().st_size // (8 * width)
        self._rows = np.memmap(path, float, "r", shape=(size, width)) if size else np.empty((0, width))

    def __getitem__(self, places: Any) -> np.ndarray:
        """Return a copy of one row or of several."""
        return np.array(self._rows[places])

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)


def fit_stream(
    rows: "ray.data.Dataset",
    inputs: Sequence[str],
    target: str,
    categorical: Sequence[str],
    params: Params,
    rounds: int,
    workers: int,
) -> lightgbm.Booster:
    """Return a booster trained on `workers` Ray workers. The rows have numbers: a category its code, NaN if missing.

    Every worker gets as many rows, so a few at the end may be left out.
    """
    start_ray()
    names = [*inputs, target]
    places = [names.index(name) for name in categorical]
    return _fit(rows.select_columns(names), names, places, params, rounds, workers)


class Streamed:
    """Batches of rows as numbers, in Ray's object store, which moves to disk what does not fit into its memory.

    A booster is trained on one Ray worker at least. A search gets a sample of the rows.
    """

    def __init__(
        self, rows: Batches, coded: Callable[["pd.DataFrame"], Rows], late: Callable[["pd.DataFrame"], "pd.Series"],
        categorical: list[int], workers: int,
    ):  # fmt: skip
        start_ray()
        import ray

        self._rows, self._coded, self._is_late = rows, coded, late
        self._categorical, self._workers = categorical, max(workers, 1)
        self._parts: tuple[list[Any], list[Any]] = ([], [])
        for batch in rows:
            mask = late(batch)
            for part, refs in zip((batch[~mask], batch[mask]), self._parts, strict=True):
                for start in range(0, len(part), BATCH):
                    matrix, target = coded(part[start : start + BATCH])
                    refs.append(ray.put(_table(matrix, target)))

    def fit(self, params: Params, rounds: int, early: bool = False) -> lightgbm.Booster:
        """Return a booster trained on all rows, or on the early ones."""
        import ray.data

        refs = self._parts[0] if early else self._parts[0] + self._parts[1]
        rows = ray.data.from_arrow_refs(refs)
        names = ray.get(refs[0]).column_names
        return _fit(rows, names, self._categorical, params, rounds, self._workers)

    def late(self) -> Iterator[Rows]:
        """Yield the late rows, a part at a time."""
        import ray

        for ref in self._parts[1]:
            columns = np.column_stack(ray.get(ref).columns)
            yield columns[:, :-1], columns[:, -1]

    def held(self) -> tuple[Rows, Rows]:
        """Return a sample of the early and of the late rows."""
        late = self._is_late
        early = select(self._rows, lambda part: ~late(part))
        return self._coded(early.sample(SEARCHED)), self._coded(select(self._rows, late).sample(SEARCHED))


def _table(matrix: np.ndarray, target: np.ndarray) -> "pa.Table":
    """Return rows and targets as a table whose columns are numbered, the target last."""
    import pyarrow as pa

    columns = [*matrix.T, target]
    return pa.table({str(place): np.ascontiguousarray(column) for place, column in enumerate(columns)})


def _fit(
    rows: "ray.data.Dataset", names: list[str], categorical: list[int], params: Params, rounds: int, workers: int
) -> lightgbm.Booster:
    """Return a booster trained on streamed rows. names: of the columns, the target last."""
    import ray.data

    # In the order of the files: the same rows for the same worker each time.
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    return fit_workers(_share, {"names": names}, categorical, params | BY_COLUMNS, rounds, workers, {"train": rows})


def _share(config: Params, _rank: int, _size: int) -> tuple[Any, np.ndarray]:
    """Return this worker's rows and targets: the rows as a file, which its handle outlives."""
    import ray.train

    shard, names = ray.train.get_dataset_shard("train"), config["names"]
    with tempfile.NamedTemporaryFile(prefix="capstan-rows-") as file:
        targets = spill(shard.iter_batches(batch_size=BATCH, batch_format="numpy"), names, file)
        file.flush()
        return Spilled(Path(file.name), len(names) - 1), targets


def spill(batches: Iterable[Mapping[str, np.ndarray]], names: Sequence[str], file: IO[bytes]) -> np.ndarray:
    """Write the inputs of batches to a file and return the targets, shape (n,), float32 as LightGBM has them.

    names: of the inputs, then the target. One batch is held at a time.
    """
    targets = []
    for batch in batches:
        columns = np.column_stack([np.asarray(batch[name], float) for name in names])
        file.write(np.ascontiguousarray(columns[:, :-1]).tobytes())
        targets.append(columns[:, -1].astype(np.float32))
    return np.concatenate(targets)
