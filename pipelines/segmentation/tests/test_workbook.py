"""UCI's workbook: its cells become the lines of the parquet file. The workbooks here hold slices of the real lines."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from capstan.errors import CapstanError
from capstan.inputs import downloads
from data_sets import online_retail as invoices
from data_sets import online_retail_workbook as workbook

SHEETS = ("Year 2009-2010", "Year 2010-2011")


@pytest.fixture(scope="module")
def slices(lines) -> list[pd.DataFrame]:
    """A thousand lines of each year. The first has cancellations, missing customers and missing descriptions."""
    frame = pd.read_parquet(lines)
    return [frame.iloc[:1_000], frame.iloc[-1_000:]]


def archive(folder: Path, slices: list[pd.DataFrame]) -> Path:
    """Write a zip file as UCI's, with a sheet per slice."""
    book = folder / workbook.WORKBOOK
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        for name, frame in zip(SHEETS, slices, strict=True):
            texts = frame[["Invoice", "StockCode"]].map(lambda value: int(value) if value.isdigit() else value)
            frame.assign(**texts).to_excel(writer, sheet_name=name, index=False)
    path = folder / invoices.ARCHIVE
    with zipfile.ZipFile(path, "w") as content:
        content.write(book, workbook.WORKBOOK)
    book.unlink()
    return path


def test_lines_of_both_sheets_come_as_they_are(slices, tmp_path):
    with zipfile.ZipFile(archive(tmp_path, slices)) as content:
        counted = workbook.write(content.read(workbook.WORKBOOK), tmp_path / "lines.parquet")
    expected = pd.concat(slices, ignore_index=True)
    lines = pd.read_parquet(tmp_path / "lines.parquet", dtype_backend="numpy_nullable")
    assert counted == (2_000, expected["Quantity"].sum(), pytest.approx(expected["Price"].sum()))
    assert expected["Customer ID"].isna().any() and expected["Invoice"].str.startswith("C").any()
    for name in workbook.COLUMNS:
        same = (lines[name] == expected[name]) | (lines[name].isna() & expected[name].isna())
        assert same.all(), (name, lines[name][~same], expected[name][~same])


def test_other_lines_than_the_known_ones_are_refused_and_nothing_is_kept(slices, tmp_path, home):
    archive(tmp_path, slices)
    with pytest.raises(CapstanError, match=r"has 2,000 lines with .* and not the 1,067,371 with 10,608,492"):
        invoices.find(tmp_path)
    assert downloads.find(invoices.FILE, None) is None


def test_file_that_is_no_archive_or_has_other_columns_is_named(slices, tmp_path, home):
    path = tmp_path / invoices.ARCHIVE
    path.write_text("not found")
    with pytest.raises(CapstanError, match=r"is not UCI's zip file with online_retail_II\.xlsx"):
        invoices.find(tmp_path)
    archive(tmp_path, [frame.rename(columns={"Price": "UnitPrice"}) for frame in slices])
    with pytest.raises(CapstanError, match=r"The sheet Year 2009-2010 .* has the columns .*UnitPrice"):
        invoices.find(tmp_path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path, frame: path.write_bytes(b""), "is not a readable parquet file"),
        (lambda path, frame: frame.drop(columns="Price").to_parquet(path), "lacks the columns Price"),
        (lambda path, frame: frame.head(0).to_parquet(path), "has no rows"),
    ],
)
def test_bad_parquet_file_is_named(make, said, slices, tmp_path, home):
    make(tmp_path / invoices.FILE, slices[0])
    with pytest.raises(CapstanError, match=said):
        invoices.find(tmp_path)
