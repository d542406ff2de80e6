"""Split: divide the tables into those to train on and those to test on, as the task says."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.catalogue import load
from capstan.contract.arguments import PARAMETERS, coerce_parameters, defaults
from capstan.contract.capstone import LABEL_KNOWN_AT, TRAINING_SET
from capstan.data.batches import select
from capstan.data.files import read_tables, write_json, write_tables
from capstan.data.times import instant
from capstan.errors import CapstanError

if TYPE_CHECKING:
    from capstan.data.batches import Table


def split(
    capstone: str,
    tables: str,
    train: str,
    test: str,
    metrics: str,
    known_by: str = "",
    parameters: dict[str, Any] | None = None,
) -> dict[str, float]:
    """Write the parts of the tables to the folders `train` and `test`. Return the number of rows of each table.

    known_by: only rows of the training set whose label was known at this instant, ISO 8601; "" is all of them.
    parameters: go to the task's `split`. Raises CapstanError when a part is empty.
    """
    task, loaded = load(capstone), read_tables(tables)
    if known_by:
        loaded[TRAINING_SET] = known(loaded, known_by)
    counts: dict[str, float] = {}
    chosen = coerce_parameters(capstone, task.split, parameters or {})
    parts = dict(zip(("train", "test"), task.split(loaded, **chosen), strict=True))
    for part, path in (("train", train), ("test", test)):
        for name, rows in write_tables(parts[part], path).items():
            if not rows:
                raise CapstanError(
                    f"The {part} part of the table {name} has no rows. Give {capstone} more data, or change `split` in "
                    f"pipelines/{capstone}/task.py."
                )
            counts[f"{part}_{name}"] = rows
    write_json(defaults(task.split) | chosen, Path(train) / PARAMETERS)
    return write_json(counts, metrics)


def known(tables: "dict[str, Table]", by: str) -> "Table":
    """Return the rows of the training set whose label was known at an instant. Raises CapstanError."""
    rows, moment = tables.get(TRAINING_SET), instant(by)
    if rows is None or LABEL_KNOWN_AT not in rows.head(0):
        raise CapstanError(
            f"`known_by` is {by}, but nothing says when a label was known: give `entity_rows` the column "
            f"{LABEL_KNOWN_AT!r}."
        )
    return select(rows, lambda part: part[LABEL_KNOWN_AT] <= moment)
