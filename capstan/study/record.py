"""`results.json`: what a study was measured on, and what its cells found. It is whole after each cell."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from capstan.study.protocol import Cell, Line

if TYPE_CHECKING:
    import pandas as pd

FILE = "results.json"


class Record:
    """The results in a file. `head` says what was measured: of which data, with how many seeds, where and when."""

    def __init__(self, file: Path, head: dict[str, Any], cells: list[dict[str, Any]]):
        self.file, self.head, self.cells = file, head, cells

    @classmethod
    def of(cls, file: Path) -> Self:
        """Return the record in a file. Raises CapstanError where it holds none."""
        return cls(file, *_read(file))

    @classmethod
    def for_study(cls, file: Path, data: str, seeds: int) -> Self:
        """Return the record to continue, or a new one. data: the digest of what is read.

        Raises CapstanError where the file has results of other data, or of other seeds.
        """
        if not file.exists():
            return cls(file, {"data": data, "seeds": seeds, "machine": machine(), "date": ""}, [])
        known = cls.of(file)
        for what, asked in {"data": data, "seeds": seeds}.items():
            if known.head[what] != asked:
                was = f"{known.head[what]} seeds" if what == "seeds" else "other data"
                raise CapstanError(
                    f"{file} has results of {was}. Name another folder with --out, or remove the file to measure again."
                )
        return known

    def has(self, cell: Cell) -> bool:
        """Return whether a cell was measured."""
        asked = json.loads(json.dumps(cell._asdict()))
        return any({name: known[name] for name in asked} == asked for known in self.cells)

    def add(self, cell: Cell, lines: list[Line]) -> None:
        """Keep what a cell found, and write the file."""
        self.cells.append({**cell._asdict(), "lines": lines})
        self.head["date"] = f"{datetime.now(UTC):%Y-%m-%d}"
        rows = ",\n".join(json.dumps(known) for known in self.cells)
        with atomic_write(self.file) as partial:
            partial.write_text(f'{json.dumps(self.head)[:-1]}, "cells": [\n{rows}\n]}}\n')

    def frame(self) -> "pd.DataFrame":
        """Return all lines: each with the fields of its case, its `seed`, and its `part` (see `Table`)."""
        import pandas as pd

        return pd.DataFrame(
            {"part": cell["measure"], **cell["case"], "seed": cell["seed"]} | line
            for cell in self.cells
            for line in cell["lines"]
        )

    def conditions(self) -> str:
        """Return where and when it was measured, as a sentence."""
        return f"{self.head['machine']}, {self.head['date']}."


def machine() -> str:
    """Return what this machine has, such as "2 cores, 24 GiB"."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {round(memory)} GiB"


def _read(file: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        head = json.loads(file.read_text())
        return head, head.pop("cells")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CapstanError(f"{file} holds no results of a study ({error}). Remove it to measure again.") from error
