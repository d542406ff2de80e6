"""The invoice lines of every sixth customer."""

from pathlib import Path

from pipelines.segmentation import invoices
from tests.support.data import DATA_DIR

SETTINGS = {"methods": "k-means,spectral"}
ASKED = {"recency": 18, "frequency": 6, "money": 2100, "country": "Germany"}
REFUSED = (ASKED | {"country": "Narnia"}, "country")


def write(folder: Path) -> None:
    """Write the lines as a parquet file."""
    import duckdb

    lines = duckdb.read_parquet(str(invoices.find(DATA_DIR)))
    lines.filter('"Customer ID" % 6 = 0').write_parquet(str(folder / invoices.FILE))
