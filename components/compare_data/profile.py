"""What the rows to train on are like, in numbers that a later run can be compared with: a JSON object."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from capstan.contract.capstone import Capstone
from capstan.data.files import read_batches, table_files
from capstan.data.parquet_sql import parquet_rows
from monitoring.checks.grids import NUMBERS
from monitoring.checks.rows import quoted

FILE = "data_profile.json"  # of a version's run
BINS = 20  # of a number, by quantiles
CATEGORIES = 50  # of a text; rarer ones count together
TEXT = 1_000  # distinct values from which on a column is text, of which the length counts
Profile = dict[str, Any]


def profile(task: Capstone, folder: str, like: Profile | None = None) -> Profile:
    """Return rows, labels and columns of each table in a folder. like: an earlier one, whose bins are taken."""
    names = sorted({path.stem for path in Path(folder).glob("*.parquet")} | read_batches(folder).keys())
    described: Profile = {}
    for name in names:
        files = table_files(folder, name)
        with duckdb.connect() as connection:
            connection.execute(f"CREATE VIEW rows AS SELECT * FROM {parquet_rows(*files)}")
            described[name] = _table(connection, _label(task, name, connection), (like or {}).get(name, {}))
    return described


def _label(task: Capstone, table: str, connection: duckdb.DuckDBPyConnection) -> str:
    """Return the column with the label of a table, or ""."""
    outcome = task.OUTCOME if "monitoring" in task.capabilities else None
    column = task.LABEL_COLUMNS.get(table, outcome.target if outcome else "")
    return column if column in _columns(connection) else ""


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute("DESCRIBE rows").fetchall()}


def _table(connection: duckdb.DuckDBPyConnection, label: str, like: Profile) -> Profile:
    types = _columns(connection)
    counted = ", ".join(f"count({quoted(name)})" for name in types)
    [(rows, *filled)] = connection.execute(f"SELECT count(*), {counted} FROM rows").fetchall()
    described: Profile = {"rows": rows, "filled": dict(zip(types, filled, strict=True)), "columns": {}, "label": {}}
    known = like.get("columns", {})
    for name, type_ in types.items():
        if _is_text(type_) or _is_number(type_):
            bins = known.get(name) or _bins(connection, name, type_)
            described["columns"][name] = bins | {"counts": _counts(connection, name, bins)}
    if label and label in described["columns"]:
        described["label"] = {"column": label, "mean": _mean(connection, label, types[label])}
        others = {name: bins for name, bins in described["columns"].items() if name != label}
        described["label"]["explained"] = _explained(connection, label, types[label], others)
    return described


def _is_text(type_: str) -> bool:
    return type_ in ("VARCHAR", "BOOLEAN") or type_.startswith("ENUM")


def _is_number(type_: str) -> bool:
    return type_ in NUMBERS or (type_.startswith("DECIMAL(") and not type_.endswith("]"))


def _bins(connection: duckdb.DuckDBPyConnection, name: str, type_: str) -> Profile:
    """Return how the values of a column of texts or numbers are counted."""
    column = quoted(name)
    if _is_text(type_):
        [(distinct,)] = connection.execute(f"SELECT count(DISTINCT {column}) FROM rows").fetchall()
        if distinct < TEXT:
            query = f"SELECT {column}::VARCHAR FROM rows WHERE {column} IS NOT NULL GROUP BY 1"
            most = connection.execute(f"{query} ORDER BY count(*) DESC, 1 LIMIT {CATEGORIES}").fetchall()
            return {"kind": "category", "values": [value for (value,) in most]}
        kind = "length"
    else:
        kind = "number"
    value, shares = _value(name, kind), ", ".join(str(part / BINS) for part in range(1, BINS))
    [(edges,)] = connection.execute(f"SELECT quantile_disc({value}, [{shares}]) FROM rows").fetchall()
    return {"kind": kind, "edges": sorted(set(edges or []))}


def _value(name: str, kind: str) -> str:
    """Return SQL of what is counted: a number that is finite, or null."""
    column = f"length({quoted(name)}::VARCHAR)" if kind == "length" else quoted(name)
    number = f"TRY_CAST({column} AS DOUBLE)"
    return f"(CASE WHEN isfinite({number}) THEN {number} END)"


def _bin(name: str, bins: Profile) -> str:
    """Return SQL of the number of a row's bin, the last where nothing fits; null without a value."""
    if bins["kind"] == "category":
        value, tests = f"{quoted(name)}::VARCHAR", [f"= '{_text(known)}'" for known in bins["values"]]
    else:
        value, tests = _value(name, bins["kind"]), [f"<= {edge!r}::DOUBLE" for edge in bins["edges"]]
    cases = " ".join(f"WHEN {value} {test} THEN {number}" for number, test in enumerate(tests))
    return f"(CASE WHEN {value} IS NULL THEN NULL {cases} ELSE {len(tests)} END)"


def _counts(connection: duckdb.DuckDBPyConnection, name: str, bins: Profile) -> list[int]:
    counts = [0] * (len(bins["values"] if bins["kind"] == "category" else bins["edges"]) + 1)
    for number, count in connection.execute(f"SELECT {_bin(name, bins)}, count(*) FROM rows GROUP BY 1").fetchall():
        if number is not None:
            counts[number] = count
    return counts


def _mean(connection: duckdb.DuckDBPyConnection, label: str, type_: str) -> float | None:
    """Return the mean of a label that is a number or yes or no: for the latter, its rate."""
    if type_ == "VARCHAR":
        return None
    [(mean,)] = connection.execute(f"SELECT avg({quoted(label)}::DOUBLE) FROM rows").fetchall()
    return float(mean) if mean is not None else None


def _explained(
    connection: duckdb.DuckDBPyConnection, label: str, type_: str, others: Mapping[str, Profile]
) -> dict[str, float]:
    """Return the share of the label's variance that each column explains by its bins, from 0 to 1.

    Of a text it is Goodman and Kruskal's tau, the same with a variable of 0 and 1 for each class.
    """
    return dict(sorted(_shares(connection, label, type_, others), key=lambda pair: -pair[1]))


def _shares(
    connection: duckdb.DuckDBPyConnection, label: str, type_: str, others: Mapping[str, Profile]
) -> Iterator[tuple[str, float]]:
    target = quoted(label)
    for name, bins in others.items():
        labelled = f"SELECT {_bin(name, bins)} AS bin, {target} AS y FROM rows WHERE {target} IS NOT NULL"
        if type_ == "VARCHAR":
            query = f"""WITH counted AS (SELECT bin, y, count(*) AS n FROM ({labelled}) GROUP BY ALL),
                total AS (SELECT sum(n) AS n FROM counted),
                classes AS (SELECT sum(n) AS n FROM counted GROUP BY y),
                bins AS (SELECT sum(n ** 2) / sum(n) AS n FROM counted GROUP BY bin),
                alone AS (SELECT sum((classes.n / total.n) ** 2) AS p FROM classes, total),
                known AS (SELECT sum(bins.n) AS p FROM bins)
                SELECT (known.p / total.n - alone.p) / nullif(1 - alone.p, 0) FROM alone, known, total"""
        else:
            query = f"""WITH labelled AS (SELECT bin, y::DOUBLE AS y FROM ({labelled})),
                whole AS (SELECT avg(y) AS mean, var_pop(y) AS spread, count(*) AS n FROM labelled)
                SELECT sum(part.n * (part.mean - whole.mean) ** 2) / nullif(any_value(whole.n * whole.spread), 0)
                FROM (SELECT avg(y) AS mean, count(*) AS n FROM labelled GROUP BY bin) AS part, whole"""
        [(share,)] = connection.execute(query).fetchall()
        if share is not None:
            yield name, float(share)


def _text(value: str) -> str:
    return value.replace("'", "''")
