"""The tables of docs/scale.md are those of the measurements."""

from capstan.settings import ROOT
from models.study import read
from tests.benchmarks import scale_joins


def test_page_has_the_table_of_the_joins():
    page = (ROOT / "docs" / "scale.md").read_text()
    assert scale_joins.tables(read(scale_joins.FILE)) in page
    assert f"python -m {scale_joins.__name__}" in page
