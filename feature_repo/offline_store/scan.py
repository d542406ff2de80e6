"""What a query reads of a source: of one in hive partitions by date, only those that can matter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from .listing import escaped

DAY = 86_400_000_000  # microseconds
EPOCH = date(1970, 1, 1)
HELPERS = ("file_index", "file_row_number")
TWIN = "differs only in case from another column"  # in place of a type: DuckDB does not distinguish such columns


@dataclass(frozen=True)
class Scan:
    """The files of a source, as a DuckDB table expression with the columns `file_index` and `file_row_number`.

    Args:
        paths: the files, sorted: their order decides ties.
        days: of a source in partitions by date, the day of each file's partition, since the epoch; None for a file that
            is in none. The key of the partitions is no column.
        types: the DuckDB type of each column, by its name in the files.
        partitions: the columns that folders `column=value` below the source add, each with the value of each file.
        nanoseconds: columns of times that are read in microseconds.
    """

    paths: tuple[str, ...] = ()
    days: tuple[int | None, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    partitions: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    nanoseconds: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.between()

    def between(self, earliest: int | None = None, latest: int | None = None) -> str:
        """Return the table expression for rows with an event time in [earliest, latest]; it may return others too."""
        numbers = self._numbers(earliest, latest)
        options = []
        if self._is_renamed:
            options = [f"schema = MAP {{{', '.join(self._schema())}}}"]
        elif len(self.paths) > 1:
            # A column may have been added after some files were written: columns are matched by name, null if missing.
            options = ["union_by_name = true"]
        read = parquet_rows([self.paths[number] for number in numbers], *options)
        if not self.nanoseconds and not self.partitions:
            return read
        converted = ", ".join(f"{column}::TIMESTAMPTZ AS {column}" for column in map(self.column, self.nanoseconds))
        selected = [f"files.* REPLACE ({converted})" if converted else "files.*"]
        selected += [f"folders.value_{i} AS {self.column(name)}" for i, name in enumerate(self.partitions)]
        tables = [f"{read} AS files"]
        if self.partitions:
            tables.append(f"({self._folders(numbers)}) AS folders ON files.file_index = folders.number")
        return f"(SELECT {', '.join([*selected, *HELPERS])} FROM {' JOIN '.join(tables)})"

    def _folders(self, numbers: list[int]) -> str:
        """Return a query of the values of the partitions of some files. DuckDB copies a list for each chunk of rows."""
        columns = [f"unnest(range({len(numbers)})) AS number"]
        for i, (name, values) in enumerate(self.partitions.items()):
            listed = ", ".join("NULL" if values[n] is None else literal(str(values[n])) for n in numbers)
            columns.append(f"unnest([{listed}]::{self.types[name]}[]) AS value_{i}")
        return f"SELECT {', '.join(columns)}"

    def column(self, name: str) -> str:
        """Return the name of a column in the table expression, quoted."""
        return identifier(f"column_{list(self.types).index(name)}" if self._is_renamed else name)

    def files(self, earliest: int | None = None, latest: int | None = None) -> str:
        """Return the files that `between` reads, as an expression. Their numbers are those of `file_index`.

        A day is one in any time zone, so one more counts on both sides. The newest file is always read: it has the
        columns, also where no other file matters.
        """
        return path_list([self.paths[number] for number in self._numbers(earliest, latest)])

    def newest(self) -> "Scan":
        """Return the files with the columns: of a source in partitions by date, the last file of the last partition."""
        return replace(self, paths=(self.paths[self._newest()],), days=()) if self.days else self

    def _numbers(self, earliest: int | None, latest: int | None) -> list[int]:
        if not self.days:
            return list(range(len(self.paths)))
        first = earliest // DAY - 1 if earliest is not None else None
        last = latest // DAY + 1 if latest is not None else None
        newest = self._newest()
        return [
            number
            for number, day in enumerate(self.days)
            if number == newest
            or day is None
            or ((first is None or day >= first) and (last is None or day <= last))
        ]  # fmt: skip

    def _newest(self) -> int:
        return max(
            range(len(self.days)), key=lambda number: (self.days[number] is not None, self.days[number] or 0, number)
        )

    @property
    def _is_renamed(self) -> bool:
        """Whether the columns get other names, because one has the name of a helper column."""
        return any(name.lower() in HELPERS for name in self.types)

    def _schema(self) -> list[str]:
        """Return what DuckDB reads under which name."""
        return [
            f"{literal(name)}: {{name: {literal(f'column_{number}')}, type: {literal(type_)}, default_value: NULL}}"
            for number, (name, type_) in enumerate(self.types.items())
            if name not in self.partitions and type_ != TWIN
        ]


def parquet_rows(paths: Iterable[str], *options: str) -> str:
    """Return a DuckDB table expression of files: a path is no pattern, and a folder `a=b` above a file no column."""
    return f"read_parquet({', '.join([path_list(paths), 'hive_partitioning = false', *options])})"


def path_list(paths: Iterable[str]) -> str:
    """Return a list of paths that DuckDB takes as they are."""
    return f"[{', '.join(literal(escaped(path)) for path in paths)}]"


def day_of(value: str | None) -> int | None:
    """Return the day of a date in ISO 8601, since the epoch; None for any other value: such a file is always read."""
    try:
        return (date.fromisoformat(value or "") - EPOCH).days
    except ValueError:
        return None


def literal(text: str) -> str:
    """Quote a string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a column name."""
    return '"' + name.replace('"', '""') + '"'
