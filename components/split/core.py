"""Split: divide the tables into those to train on and those to test on, as the task says."""

from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.files import read_tables, write_json, write_tables


def split(capstone: str, tables: str, train: str, test: str, metrics: str) -> dict[str, float]:
    """Write the parts of the tables to the folders `train` and `test`. Return the number of rows of each table.

    Raises CapstanError when a part is empty.
    """
    task = load_task(capstone)
    counts: dict[str, float] = {}
    parts = dict(zip(("train", "test"), task.split(read_tables(tables)), strict=True))
    for part, path in (("train", train), ("test", test)):
        for name, frame in parts[part].items():
            if frame.empty:
                raise CapstanError(
                    f"The {part} part of the table {name} has no rows. Give {capstone} more data, or change `split` in "
                    f"pipelines/{capstone}/task.py."
                )
            counts[f"{part}_{name}"] = len(frame)
        write_tables(parts[part], path)
    return write_json(counts, metrics)
