"""Online Retail II: where the invoice lines of a British web shop are, as a file that DuckDB scans.

Source: Daqing Chen, UCI Machine Learning Repository, dataset 502, CC BY 4.0. https://doi.org/10.24432/C5CG6D
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.data.parquet_sql import parquet_rows
from capstan.errors import CapstanError
from capstan.inputs import downloads
from data_sets import online_retail_workbook as workbook

if TYPE_CHECKING:
    from pathlib import Path

FILE = "online_retail.parquet"
ARCHIVE = "online_retail_ii.zip"
URL = "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"


def find(data_dir: Path | None) -> Path:
    """Return the path of a parquet file with one row per line, made from UCI's workbook where there is none.

    Raises CapstanError where the file has not the columns, or where the workbook is not the known one.
    """
    path = downloads.find(FILE, data_dir)
    if not path:
        path = downloads.cached(FILE)
        workbook.convert(downloads.find(ARCHIVE, data_dir) or downloads.fetch(URL, ARCHIVE), path)
    check(path)
    return path


def check(path: Path) -> None:
    """Raise CapstanError when a file is not one of invoice lines."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
        lines = duckdb.execute(f"SELECT count(*) FROM {parquet_rows(path)}").fetchall()[0][0]
    except (OSError, pa.ArrowInvalid, duckdb.Error) as error:
        raise CapstanError(f"{path} is not a readable parquet file ({error}). Replace or remove it.") from error
    if missing := [name for name in workbook.COLUMNS if name not in schema.names]:
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    if not lines:
        raise CapstanError(f"{path} has no rows. Replace or remove it.")
