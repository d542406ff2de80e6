"""A table that need not fit into memory: it is read as DataFrames, one batch of rows after the other.

A task's `load` and `split` may return one in place of a DataFrame.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

    Table = TypeVar("Table", pd.DataFrame, "Batches")


class Batches:
    """A table as batches of rows. Each iteration starts again and holds one batch in memory.

    read: returns the batches, which have the same columns.
    """

    def __init__(self, read: "Callable[[], Iterable[pd.DataFrame]]"):
        self._read = read

    def __iter__(self) -> "Iterator[pd.DataFrame]":
        return iter(self._read())

    def __len__(self) -> int:
        """Return the number of rows, which reads all batches."""
        return sum(len(batch) for batch in self)

    def map(self, function: "Callable[[pd.DataFrame], pd.DataFrame]") -> "Batches":
        """Return the table whose batches a function changes, such as by leaving out rows, when they are read."""
        return Batches(lambda: map(function, self))

    def head(self, rows: int = 5) -> "pd.DataFrame":
        """Return the first rows of the first batch."""
        return next(iter(self)).head(rows)

    def tail(self, rows: int = 5) -> "pd.DataFrame":
        """Return the last rows of the last batch, which reads all batches."""
        return deque(self, maxlen=1)[0].tail(rows)

    def sample(self, rows: int) -> "pd.DataFrame":
        """Return about so many rows, at equal distances over the table."""
        import pandas as pd

        step, before, parts = max(-(-len(self) // rows), 1), 0, []
        for batch in self:
            parts.append(batch.iloc[-before % step :: step])
            before += len(batch)
        return pd.concat(parts, ignore_index=True)

    def frame(self) -> "pd.DataFrame":
        """Return the whole table, which has to fit into memory."""
        import pandas as pd

        return pd.concat(self, ignore_index=True)


def batches_of(table: "pd.DataFrame | Batches") -> "Iterable[pd.DataFrame]":
    """Return the batches of a table: a DataFrame is one."""
    return table if isinstance(table, Batches) else (table,)


def select(table: "Table", mask: "Callable[[pd.DataFrame], pd.Series]") -> "Table":
    """Return the rows of a table that a mask of them selects. Those of `Batches` are selected when they are read."""
    if isinstance(table, Batches):
        return table.map(lambda batch: batch[mask(batch)])
    return table[mask(table)]


class StoredBatches(Batches):
    """A table whose batches are the parquet files of a folder, in the order of their names."""

    def __init__(self, folder: Path):
        super().__init__(self._files)
        self.folder = folder

    def _files(self) -> "Iterator[pd.DataFrame]":
        import pandas as pd

        return map(pd.read_parquet, sorted(self.folder.glob("*.parquet")))

    def tail(self, rows: int = 5) -> "pd.DataFrame":
        """Return the last rows of the last file."""
        import pandas as pd

        return pd.read_parquet(max(self.folder.glob("*.parquet"))).tail(rows)

    def __len__(self) -> int:
        """Return the number of rows, from the footers of the files."""
        from pyarrow.parquet import read_metadata

        return sum(int(read_metadata(path).num_rows) for path in self.folder.glob("*.parquet"))
