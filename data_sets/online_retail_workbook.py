"""From UCI's workbook, two sheets of half a million rows each, to a parquet file; a part at a time."""

from __future__ import annotations

import io
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Any

from capstan.data.files import atomic_write
from capstan.errors import CapstanError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKBOOK = "online_retail_II.xlsx"
COLUMNS = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
PART = 50_000  # rows
# UCI states no checksum. These are the number of lines, the sum of their quantities and that of their prices.
LINES, QUANTITIES, PRICES = 1_067_371, 10_608_492, 4_962_621.63


def convert(archive: Path, target: Path) -> None:
    """Write the lines of the workbook in a zip file to a parquet file.

    Raises CapstanError when they are not the known lines, and then leaves no file.
    """
    with atomic_write(target) as partial:
        try:
            with zipfile.ZipFile(archive) as content:
                lines, quantities, prices = write(content.read(WORKBOOK), partial)
        except (zipfile.BadZipFile, KeyError) as error:
            raise CapstanError(f"{archive} is not UCI's zip file with {WORKBOOK} ({error}). Remove it.") from error
        if (lines, quantities, round(prices, 2)) != (LINES, QUANTITIES, PRICES):
            raise CapstanError(
                f"{archive} has {lines:,} lines with {quantities:,} pieces, and not the {LINES:,} with {QUANTITIES:,} "
                "that are known. Remove it, or put the right file there."
            )


def write(book: bytes, target: Path) -> tuple[int, int, float]:
    """Write the lines of all sheets to a parquet file. Return their number, and the sums of quantities and prices."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = [
        pa.string(),
        pa.string(),
        pa.string(),
        pa.int64(),
        pa.timestamp("us"),
        pa.float64(),
        pa.int64(),
        pa.string(),
    ]
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    lines, quantities, prices = 0, 0, 0.0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for part in parts(book):
            writer.write_table(pa.Table.from_pylist(part, schema))
            lines += len(part)
            quantities += sum(line["Quantity"] for line in part)
            prices += sum(line["Price"] for line in part)
    return lines, quantities, prices


def parts(book: bytes) -> Iterator[list[dict[str, Any]]]:
    """Yield the lines of each sheet, some at a time. Raises CapstanError for a sheet with other columns."""
    from python_calamine import CalamineWorkbook

    opened = CalamineWorkbook.from_filelike(io.BytesIO(book))
    for name in opened.sheet_names:
        rows = opened.get_sheet_by_name(name).iter_rows()
        if (head := next(rows, [])) != COLUMNS:
            raise CapstanError(f"The sheet {name} of {WORKBOOK} has the columns {head}, not {COLUMNS}.")
        while part := list(islice(rows, PART)):
            yield [line(row) for row in part]


def line(row: list[Any]) -> dict[str, Any]:
    """Return one line by column. A cell has numbers as floats, and nothing as an empty text."""
    invoice, code, description, quantity, time, price, customer, country = row
    texts = [text(value) for value in (invoice, code, description, country)]
    number = None if customer == "" else int(customer)
    return dict(zip(COLUMNS, [*texts[:3], int(quantity), time, float(price), number, texts[3]], strict=True))


def text(value: Any) -> str | None:
    """Return a cell as text: 489434.0 is an invoice's number, 489434."""
    if value == "":
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
