"""What a query reads of a source: of one in hive partitions by date, only those that can matter."""

import re
from dataclasses import dataclass
from datetime import date

DAY = 86_400_000_000  # microseconds
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Scan:
    """The files of a source, as a DuckDB table expression with the columns `file_index` and `file_row_number`.

    Args:
        pattern: a file or a glob.
        dated: of a source in partitions by date, each file and the day of its partition, since the epoch, in the order
            of the files; None for a file that is in none. The key of the partitions is no column.
        replaced: expressions of columns that are read as something else, such as "t::TIMESTAMPTZ AS t".
    """

    pattern: str
    dated: tuple[tuple[str, int | None], ...] = ()
    replaced: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.between()

    def between(self, earliest: int | None = None, latest: int | None = None) -> str:
        """Return the table expression for rows with an event time in [earliest, latest]; it may return others too."""
        files = self.files(earliest, latest)
        # A column may have been added after some files were written: columns are matched by name, and null if missing.
        by_name = ", union_by_name = true" if self.dated or "*" in self.pattern else ""
        read = f"read_parquet({files}{by_name}{', hive_partitioning = false' if self.dated else ''})"
        if not self.replaced:
            return read
        return f"(SELECT * REPLACE ({', '.join(self.replaced)}), file_index, file_row_number FROM {read})"

    def files(self, earliest: int | None = None, latest: int | None = None) -> str:
        """Return the files that `between` reads, as an expression. Their numbers are those of `file_index`.

        A day is one in any time zone, so one more counts on both sides. The newest file is always read: it has the
        columns, also where no other file matters.
        """
        if not self.dated:
            return literal(self.pattern)
        first = earliest // DAY - 1 if earliest is not None else None
        last = latest // DAY + 1 if latest is not None else None
        newest = self.newest()
        return _list([
            path
            for path, day in self.dated
            if path == newest
            or day is None
            or ((first is None or day >= first) and (last is None or day <= last))
        ])  # fmt: skip

    def newest(self) -> str:
        """Return the file with the columns: the last one of the last partition."""
        return max(self.dated, key=lambda file: (file[1] is not None, file[1] or 0, file[0]))[0]

    def columns(self) -> str:
        """Return a table expression with the columns; of a source in partitions, the rows are those of one file."""
        return f"read_parquet({literal(self.newest())}, hive_partitioning = false)" if self.dated else str(self)


def dated(paths: list[str], key: str) -> tuple[tuple[str, int | None], ...]:
    """Return files with the days of their hive partitions, such as `date=2026-01-01` for the key "date"."""
    part = re.compile(rf"/{re.escape(key)}=(\d{{4}}-\d\d-\d\d)/")
    return tuple((path, _day(part.search(path))) for path in sorted(paths))


def literal(text: str) -> str:
    """Quote a string."""
    return "'" + text.replace("'", "''") + "'"


def _day(found: re.Match[str] | None) -> int | None:
    try:
        return (date.fromisoformat(found[1]) - EPOCH).days if found else None
    except ValueError:  # no day of any month: such a file is always read
        return None


def _list(paths: list[str]) -> str:
    return f"[{', '.join(map(literal, paths))}]"
