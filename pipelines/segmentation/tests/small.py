"""The invoice lines of every second customer."""

from pathlib import Path

from data_sets import online_retail as invoices
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"customer": 12474}
REFUSED = ({"customer": 4711}, "customer")


def write(folder: Path) -> None:
    """Write the lines as a parquet file."""
    import duckdb

    lines = duckdb.read_parquet(str(invoices.find(DATA_DIR)))
    lines.filter('"Customer ID" % 2 = 0').write_parquet(str(folder / invoices.FILE))
