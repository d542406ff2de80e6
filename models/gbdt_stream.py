"""LightGBM on a table that no process holds: Ray Data streams its rows to the workers, which keep them in bins.

Each worker writes its share to a file of its own disk as it comes, for LightGBM needs a sample of it before the bins
of a feature are known. Then it holds a byte for each value, whatever the type of the value was.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import lightgbm
import numpy as np

from capstan.ray_workers import start_ray
from models.gbdt import Params, fit_workers

if TYPE_CHECKING:
    import ray.data

BATCH = 50_000  # rows of a stream, and of a read


class Spilled(lightgbm.Sequence):
    """Rows in a file, float64 of shape (n, k): LightGBM asks for some, or for a stretch of them."""

    batch_size = BATCH

    def __init__(self, path: Path, width: int):
        size = path.stat().st_size // (8 * width)
        self._rows = np.memmap(path, float, "r", shape=(size, width)) if size else np.empty((0, width))

    def __getitem__(self, at: Any) -> np.ndarray:
        """Return a copy of one row or of several."""
        return np.array(self._rows[at])

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
    import ray.data

    # In the order of the files: the same rows for the same worker each time.
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    names = [*inputs, target]
    places = [names.index(name) for name in categorical]
    return fit_workers(_share, {"names": names}, places, params, rounds, workers, {"train": rows.select_columns(names)})


def _share(config: Params, _rank: int, _size: int) -> tuple[Any, np.ndarray]:
    """Return this worker's rows and targets: the rows as a file, which its handle outlives."""
    import ray.train

    shard, names = ray.train.get_dataset_shard("train"), config["names"]
    with tempfile.NamedTemporaryFile(prefix="capstan-rows-") as file:
        targets = spill(shard.iter_batches(batch_size=BATCH, batch_format="numpy"), names, file)
        file.flush()
        return Spilled(Path(file.name), len(names) - 1), targets


def spill(batches: Iterable[Mapping[str, np.ndarray]], names: Sequence[str], file: IO[bytes]) -> np.ndarray:
    """Write the inputs of batches to a file and return the targets, shape (n,). names: of the inputs, then the target.

    One batch is held at a time.
    """
    targets = []
    for batch in batches:
        columns = np.column_stack([np.asarray(batch[name], float) for name in names])
        file.write(np.ascontiguousarray(columns[:, :-1]).tobytes())
        targets.append(columns[:, -1].copy())  # a view would keep all columns
    return np.concatenate(targets)
