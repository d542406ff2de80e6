"""The code has what the record chose."""

from capstan.study.find import folder
from capstan.study.record import FILE, Record
from pipelines.segmentation.columns import SEGMENTS
from pipelines.segmentation.divisions import SMALLEST
from pipelines.segmentation.studies.tune.study import STABLE


def test_the_number_is_the_highest_on_record_whose_refits_agree():
    record = Record.of(folder("segmentation", "tune") / FILE).frame()
    may = record[record["stability"].ge(STABLE) & record["smallest"].ge(SMALLEST)]
    assert may["segments"].max() == SEGMENTS
