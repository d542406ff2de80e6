"""Guards of a capstone: texts that are refused by Evidently's guardrails."""

import pytest
from evidently.guardrails import PythonFunction, WordsPresence
from pydantic import BaseModel, Field

from serving.guards.texts import Stopped
from serving.schema.rows import RowDecoder

GUARDS = {
    "short": PythonFunction(lambda text: len(text) < 50),
    "rude words": WordsPresence(["idiot", "fool"], "excludes", "all"),
}


class Request(BaseModel):
    """A text, and another field that no guard reads."""

    said: str = Field(json_schema_extra={"contentMediaType": "text/plain"})
    name: str = ""


@pytest.fixture
def decoder() -> RowDecoder:
    return RowDecoder(Request, guards=GUARDS)


@pytest.mark.parametrize(
    ("said", "guard"), [("you FOOL!", "rude words"), ("idiot", "rude words"), ("a text of " * 9, "short")]
)
def test_guard_refuses_a_text_and_is_named_with_the_row_and_the_field(decoder, said, guard):
    with pytest.raises(Stopped, match=f"row 1, said: the guard '{guard}' refuses") as error:
        decoder.validate([{"said": "hello"}, {"said": said}])
    assert (error.value.guard, error.value.code) == (guard, "content_filter")


def test_other_texts_and_other_fields_pass(decoder):
    rows = decoder.validate([{"said": "no foolish word", "name": "a fool, and a name that is long " * 9}])
    assert rows[0].request.said == "no foolish word"


def test_without_guards_all_texts_pass():
    assert RowDecoder(Request).validate([{"said": "you fool, and a long text as well " * 9}])
