"""Pages with the names marked, and personal data blacked out."""

import numpy as np
import pytest

from models.files.limits import Refused
from models.text import personal_data
from pipelines.documents.drawn import Mark, boxes, drawn, marks
from pipelines.documents.sheets import sheets, typeset
from tests.support import made_files

TEXT = "Ask Berg of NASA at anna@example.org today."


class OneName:
    """A model that finds one name, wherever it stands, so that the places are tested and not what was learned."""

    def predict_columns(self, columns):
        (text,) = columns["text"]
        start = text.find("today")
        name = {"name": "today", "kind": "person", "start": start, "end": start + 5, "sure": 1.0}
        return {"entities": [[name] if start >= 0 else []]}


def test_places_of_names_are_those_of_the_text_before_it_was_masked():
    text = "a@b.org and c@d.example or today"
    assert [(text[mark.start : mark.end], mark.black) for mark in marks(text, OneName())] == [
        ("today", False), ("a@b.org", True), ("c@d.example", True),
    ]  # fmt: skip
    assert personal_data.unmasked(0, personal_data.hidden(text)) == 0


@pytest.mark.parametrize(
    "content",
    [made_files.pdf(made_files.said(TEXT)), made_files.scan("Ask Berg at a@b.org today."), TEXT.encode()],
    ids=["PDF", "scan", "text"],
)
def test_personal_data_is_black_on_the_page_and_names_have_boxes(content):
    plain = sheets(content)
    (mark,) = [mark for mark in marks(plain.reading.text, OneName()) if mark.black]
    pages = drawn(content, OneName())
    ((page, box),) = boxes(plain, mark)
    left, top, right, bottom = (round(plain.pixels[page] * side) for side in box)
    pixels = np.asarray(pages[page].convert("RGB"))
    assert (pixels[top:bottom, left:right] == 0).all()
    reddish = (pixels[..., 0].astype(int) - pixels[..., 1] > 100).sum()
    assert reddish > 100


def test_a_name_over_two_lines_has_two_boxes():
    long = typeset("word " * 20 + "Anna Berg " * 10)
    start = long.reading.text.index("Anna")
    assert len(list(boxes(long, Mark("person", start, start + 99)))) == 2


def test_the_trained_model_marks_pages(served):
    (page,) = drawn(made_files.pdf(made_files.said(TEXT)), served)
    assert page.size == (625, 417)


def test_a_document_that_is_not_read_is_not_drawn(served):
    with pytest.raises(Refused, match="no text"):
        drawn(made_files.pdf(), served)
