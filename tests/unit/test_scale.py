"""The tables of docs/scale.md are those of the measurements."""

from capstan.settings import ROOT
from tests.benchmarks import bill, limits, new_days, scale_joins, scale_monitoring, scale_score, scale_training
from tests.benchmarks.lines import read


def test_page_has_the_table_of_the_joins():
    page = (ROOT / "docs" / "scale.md").read_text()
    assert scale_joins.tables(read(scale_joins.FILE)) in page
    assert f"python -m {scale_joins.__name__}" in page


def test_page_has_the_other_tables():
    page = (ROOT / "docs" / "scale.md").read_text()
    for study in (scale_monitoring, scale_score, scale_training, limits, new_days):
        assert study.tables(read(study.FILE)) in page and f"python -m {study.__name__}" in page
    assert scale_monitoring.console_table(read(scale_monitoring.FILE)) in page
    assert bill.tables() in page
