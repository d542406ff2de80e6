"""CSV in pieces: cut anywhere, the records are those of the whole text."""

import csv
import io
import random

import pytest

from predictions.tables import csv_records
from predictions.tables.csv_records import read_header, records, records_of, whole_records

PARTS = ["a", "1.5", '"', '""', ",", "\n", "\r\n", ' "', 'pipe"', '"x"', '"x\ny"', '"open', "é"]


def cells(text: str) -> list[list[str]]:
    return [record.cells for record in records_of(text, ",")]


@pytest.mark.parametrize("seed", range(300))
def test_a_text_that_is_cut_has_the_records_of_the_whole(seed):
    random_ = random.Random(seed)
    text = "".join(random_.choices(PARTS, k=200))
    parts, rest = [], ""
    for start in range(0, len(text), 20):
        rest += text[start : start + 20]
        size = whole_records(rest, ",")
        parts.append(rest[:size])
        rest = rest[size:]
    together = [record for part in [*parts, rest] for record in cells(part)]
    assert together == cells(text)


def test_well_formed_records_are_those_of_the_csv_module():
    rows = [["a", '5" pipe', "two\nlines", "x,y"], ["", "é", '""', "\r"]] * 50
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    assert cells(file.getvalue()) == rows


def test_one_stray_quotation_mark_does_not_make_cutting_slow(monkeypatch):
    lines = [f"{i},1.5,{'5' + chr(34) + ' pipe' if i == 5 else f'name {i:06d}'}\n" for i in range(200_000)]
    parsed = []

    def counted(*arguments):
        for record in records(*arguments):
            parsed.append(record.line)
            yield record

    monkeypatch.setattr(csv_records, "records", counted)
    assert whole_records("".join(lines), ",") == len("".join(lines))
    assert 1 <= len(parsed) < 20  # not 200,000


@pytest.mark.parametrize(
    ("text", "names", "separator", "lines"),
    [
        ("a,b\n1,2\n", ("a", "b"), ",", 1),
        ("a;b,c;d\n", ("a", "b,c", "d"), ";", 1),
        ("a\tb\n", ("a", "b"), "\t", 1),
        ("\n\na,b\n", ("a", "b"), ",", 3),
        ("sep=|\r\na|b\r\n", ("a", "b"), "|", 2),
        ('a,"b\nc"\n', ("a", "b\nc"), ",", 2),
        ("alone\n1\n", ("alone",), ",", 1),
        ("", (), ",", 0),
    ],
)
def test_the_header_shows_what_separates_cells(text, names, separator, lines):
    header = read_header(text)
    assert (header.names, header.separator, header.lines) == (names, separator, lines)
    assert text[: header.size].splitlines() == text.splitlines()[:lines]
