"""The tables of docs/scale.md are those of the measurements."""

import pytest

from capstan.settings import ROOT
from models.study import read
from tests.benchmarks import scale_joins, scale_score


@pytest.mark.parametrize("benchmark", [scale_joins, scale_score])
def test_page_has_the_tables_of_the_measurements(benchmark):
    page = (ROOT / "docs" / "scale.md").read_text()
    assert benchmark.tables(read(benchmark.FILE)) in page
    assert f"python -m {benchmark.__name__}" in page
