"""Parquet files as DuckDB reads them."""

import re
from pathlib import Path


def parquet_rows(*paths: Path | str, options: str = "") -> str:
    """Return a DuckDB table expression of files: a path is no pattern, and a folder `a=b` above a file no column."""
    names = (re.sub(r"[*?\[]", r"[\g<0>]", str(path)).replace("'", "''") for path in paths)
    listed = ", ".join(f"'{name}'" for name in names)
    return f"read_parquet([{listed}], hive_partitioning = false{options})"
