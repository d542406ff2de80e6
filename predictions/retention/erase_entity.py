"""Erase what the prediction log and the labels have about one entity, such as a person.

First every server turns what it has written ahead into parquet. Then each file that has rows of the entity is replaced
by one without them, and its labels are deleted. Interrupted anywhere, it can be repeated; at its end nothing is left of
what was answered before it began.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING, Any

from capstan import catalogue
from capstan.data.storage import Storage
from capstan.errors import CapstanError
from capstan.services import endpoint_client
from capstan.settings import settings
from predictions import files as prediction_files
from predictions.labels import label_store
from predictions.retention import predictions

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Erased:
    """How many predictions and labels were erased, and how many files had them."""

    predictions: int
    labels: int
    files: int


def erase(capstone: str, entity: Mapping[str, Any]) -> Erased:
    """Erase the predictions about an entity, field -> value as the log has it in `inputs`, and their labels.

    Raises CapstanError when the endpoint does not run, or another server still writes rows of this capstone.
    """
    catalogue.folder(capstone)
    left = endpoint_client.flush(capstone)
    search = _Search(entity)
    storage, root = predictions.log()
    with predictions.changing(capstone):
        keys = storage.keys(f"{root}model={capstone}")
        counted = prediction_files.current(storage, keys)
        files = [key for key in counted if search.finds(storage, key)]
        # Before the files, or a command that was interrupted could not be repeated; and after them, for one that came.
        labels = label_store().erase(capstone, search.ids)
        for key in files:
            prediction_files.merge(storage, [key], search.others, search.digest)
        for key in set(keys) - set(counted):  # replaced before: they may have rows as well
            if prediction_files.is_whole(key):
                storage.remove(key)
        labels += label_store().erase(capstone, search.ids)
        label_store().wipe()
    if left:
        raise CapstanError(
            f"{len(search.ids)} predictions were erased, but another server still writes to {', '.join(left)}. Stop "
            f"it, or wait {settings().log_segment_seconds:g} s; then erase again."
        )
    return Erased(search.rows, labels, len(files))


class _Search:
    """Finds the rows of an entity, and keeps count of them."""

    def __init__(self, entity: Mapping[str, Any]):
        self.entity = dict(entity)
        self.digest = sha256(dumps(self.entity, sort_keys=True).encode()).hexdigest()
        self.ids: set[str] = set()
        self.rows = 0

    def finds(self, storage: Storage, key: str) -> bool:
        """Return whether a file has rows of the entity, and note their ids."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        count = 0
        with storage.arrow().open_input_file(key) as opened, pq.ParquetFile(opened) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number, columns=["prediction_id", "inputs"])
                mine = table.filter(pa.array(self._mask(table), pa.bool_()))
                self.ids |= set(mine["prediction_id"].to_pylist())
                count += len(mine)
        self.rows += count
        return count > 0

    def others(self, table: "pa.Table") -> "pa.Table":
        """Return the rows that are not of the entity."""
        import pyarrow as pa

        return table.filter(pa.array([not mine for mine in self._mask(table)], pa.bool_()))

    def _mask(self, table: "pa.Table") -> list[bool]:
        import orjson

        rows = map(orjson.loads, table["inputs"].to_pylist())
        return [all(name in row and row[name] == value for name, value in self.entity.items()) for row in rows]
