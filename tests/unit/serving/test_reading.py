"""Reading a request that may take long leaves the event loop, has a budget, and ends when the request is given up."""

import asyncio
import threading
from contextlib import suppress

import pytest
from kserve.errors import InvalidInput
from pydantic import Base64Bytes, BaseModel, ConfigDict, ValidationInfo, create_model, field_validator

from capstan.contract.pixel_budget import budget_of
from serving.guards.call import Call, Kind
from serving.model.reading import SMALL, read
from serving.schema.rows import RowDecoder

FILE = {"file": "AAAA"}


class Slow(BaseModel):
    """Its validator goes on when the event loop, which is free then, says so."""

    file: Base64Bytes

    @field_validator("file")
    @classmethod
    def _waits(cls, value: bytes) -> bytes:
        reads.append(threading.current_thread())
        assert goes_on.wait(60)
        return value


class Text(BaseModel):
    text: str


class Picture(BaseModel):
    file: Base64Bytes

    @field_validator("file")
    @classmethod
    def _unpacks(cls, value: bytes, info: ValidationInfo) -> bytes:
        budget = budget_of(info.context)
        assert budget
        budget.take(len(value), 100)
        return value


reads: list[threading.Thread] = []
goes_on = threading.Event()


@pytest.fixture(autouse=True)
def _fresh():
    reads.clear()
    goes_on.clear()


def call(size: int = 100) -> Call:
    return Call(Kind.PREDICT, {}, size=size)


async def begun(count: int) -> None:
    while len(reads) < count:
        await asyncio.sleep(0.001)


def test_file_is_read_in_a_thread_however_small_it_is():
    async def ask() -> list:
        asked = asyncio.create_task(read("plain", RowDecoder(Slow), call(), lambda: [FILE]))
        await begun(1)
        goes_on.set()
        return await asked

    [row] = asyncio.run(ask())
    assert reads[0] is not threading.main_thread() and row.request == Slow.model_construct(file=b"\0\0\0")


@pytest.mark.parametrize(("size", "loop"), [(SMALL, True), (SMALL + 1, False)])
def test_small_request_is_read_in_the_event_loop(size, loop):
    threads = []

    def rows() -> list:
        threads.append(threading.current_thread())
        return [{"text": "a"}]

    asked = call(size)
    [row] = asyncio.run(read("plain", RowDecoder(Text), asked, rows))
    assert (threads[0] is threading.main_thread(), asked.rows) == (loop, 1) and row.request.text == "a"


def test_one_capstone_does_not_hold_up_another():
    async def ask() -> None:
        slow = asyncio.create_task(read("slow", RowDecoder(Slow), call(), lambda: [FILE]))
        await begun(1)
        await read("other", RowDecoder(Picture), call(), lambda: [FILE])  # the other still waits
        assert not slow.done()
        goes_on.set()
        await slow

    asyncio.run(ask())


def test_request_that_is_given_up_is_read_no_further():
    async def ask() -> None:
        asked = asyncio.create_task(read("plain", RowDecoder(Slow), call(), lambda: [FILE] * 50))
        await begun(1)
        asked.cancel()
        with suppress(asyncio.CancelledError):
            await asked
        goes_on.set()
        await read("plain", RowDecoder(Picture), call(), lambda: [FILE])  # after it, in the same thread

    asyncio.run(ask())
    assert len(reads) == 1


def test_images_of_a_request_share_one_budget():
    decoder = RowDecoder(Picture, pixels=1000)
    assert len(decoder.validate([FILE] * 3)) == 3  # 300 pixels each
    assert len(decoder.validate([FILE] * 3)) == 3  # the budget is that of one request
    with pytest.raises(InvalidInput, match=r"row 3, file: the images of a request may have 1,000 pixels together"):
        decoder.validate([FILE] * 4)


@pytest.mark.parametrize("rows", [[{"text": "a"}] * 40 + [{"text": 1}], [{"text": "a"}] * 40 + [{}]])
def test_row_of_a_later_piece_is_named(rows):
    with pytest.raises(InvalidInput, match="row 40, text: "):
        RowDecoder(Text).validate(rows)


def test_an_error_does_not_repeat_many_fields():
    """It names the unknown ones, with what may be meant, and the required ones."""
    fields: dict = {f"field_{number}": (int | None, None) for number in range(48)}
    house = create_model("House", __config__=ConfigDict(extra="forbid"), area=(float, ...), year=(int, ...), **fields)
    with pytest.raises(InvalidInput) as caught:
        RowDecoder(house).validate([{"area": 1.5, "year": 1990, "field_77": 3, "yeer": 1}])
    assert str(caught.value) == (
        "row 0, field_77: Extra inputs are not permitted (got 3). Did you mean 'field_7'?; "
        "row 0, yeer: Extra inputs are not permitted (got 1). Did you mean 'year'? "
        "Required fields: area, year; 48 are optional. `request_schema` of /v2/models/NAME describes all."
    )


def test_fields_without_end_are_refused_at_once():
    """pydantic would make an error of each: 0.3 s for those of one megabyte."""
    with pytest.raises(InvalidInput, match=r"row 0: it has 5001 fields\. Expected fields: text\."):
        RowDecoder(Text).validate([{"text": "a", **{f"k{number}": 1 for number in range(5000)}}])


def test_answer_does_not_repeat_a_long_text():
    class Known(BaseModel):
        text: str

        @field_validator("text")
        @classmethod
        def _is_known(cls, value: str) -> str:
            raise ValueError(f"{value!r} is not known")

    with pytest.raises(InvalidInput) as caught:
        RowDecoder(Known).validate([{"text": "x" * 1_000_000}])
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("value", [["a"] * 100_000, {f"k{number}": 1 for number in range(100_000)}])
def test_list_where_a_text_belongs_is_refused_as_a_short_one_is(value):
    """pydantic would copy it into its error."""
    messages = []
    for sent in (value, type(value)()):
        with pytest.raises(InvalidInput) as caught:
            RowDecoder(Text).validate([{"text": sent}], large=True)
        messages.append(str(caught.value))
    assert messages == ["row 0, text: Input should be a valid string. Expected fields: text."] * 2
