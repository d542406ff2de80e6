"""What a study states: which cells it measures, and which tables their lines make."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Line = dict[str, Any]
Show = Callable[["pd.DataFrame"], str]  # from the lines of a row to the text of a column


class Cell(NamedTuple):
    """One case of a measure with one seed: what is measured at once, and never twice. seed: None where it has none."""

    measure: str
    case: Line
    seed: int | None


@dataclass(frozen=True)
class Measure:
    """A function that is called with each case and each seed, and returns a line or several.

    cases: the function's arguments, by default none. seeds: how many, which come as the argument `seed`; 0 for none;
    by default those of the study.
    """

    function: Callable[..., Line | Iterable[Line]]
    cases: Sequence[Line] = ({},)
    seeds: int | None = None

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    def cells(self, seeds: int) -> Iterator[Cell]:
        """Yield the cells. seeds: of the study."""
        count = seeds if self.seeds is None else self.seeds
        for seed in range(count) if count else [None]:
            yield from (Cell(self.name, dict(case), seed) for case in self.cases)

    def lines(self, cell: Cell) -> list[Line]:
        """Return what the function measures for a cell."""
        measured = self.function(**cell.case, **({} if cell.seed is None else {"seed": cell.seed}))
        return [measured] if isinstance(measured, dict) else list(measured)


@dataclass(frozen=True)
class Table:
    """A table of the README, a row per case, in the order of the lines.

    by: title -> the field that names the case. columns: title -> the text of a case's lines, over all seeds. part: the
    lines that count, by their field `part`, which is the name of their measure unless they state another. rows: which
    of these lines count.
    """

    by: Mapping[str, str]
    columns: Mapping[str, Show] | Callable[["pd.DataFrame"], Mapping[str, Show]]
    part: str = ""
    rows: Callable[["pd.DataFrame"], "pd.DataFrame"] = lambda lines: lines


@dataclass(frozen=True)
class Study:
    """Measures, and the tables of what they found.

    seeds: how many each measure gets. files: the data that it reads, by name, for a data folder; by default those of
    the capstone.
    """

    measures: Sequence[Measure]
    tables: Sequence[Table]
    seeds: int = 5
    files: Callable[[Path | None], Mapping[str, Path]] | None = field(default=None)

    def cells(self, seeds: int) -> list[Cell]:
        """Return all cells, in the order in which they are measured."""
        return [cell for measure in self.measures for cell in measure.cells(seeds)]

    def measure(self, name: str) -> Measure:
        """Return a measure by its name."""
        return next(measure for measure in self.measures if measure.name == name)
