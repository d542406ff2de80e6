"""Pages of keys and values: shared by what begins alike, and never lost."""

import random

import pytest

from models.transformer.decoder import Shape
from models.transformer.pages import Pages

TEXT = list(range(40))


@pytest.fixture
def pages() -> Pages:
    return Pages(Shape(vocabulary=100, width=8, layers=1, heads=2), count=8, size=4)


def begin(pages: Pages, tokens: list[int]) -> list[int]:
    """Return the pages of a stream that has read its tokens."""
    shared = pages.share(tokens)
    held = shared + pages.take(-(-len(tokens) // pages.size) - len(shared))
    pages.name(held, tokens, len(shared))
    return held


def test_streams_that_begin_alike_share_the_full_pages_of_their_beginning(pages):
    first = begin(pages, TEXT[:10])
    second = begin(pages, [*TEXT[:8], 99, 99])
    assert first[:2] == second[:2] and first[2] != second[2]
    assert pages.available == 8 - 4


def test_last_token_is_never_shared_for_it_must_be_computed(pages):
    begin(pages, TEXT[:8])
    assert len(pages.share(TEXT[:8])) == 1


def test_text_with_another_beginning_shares_nothing(pages):
    begin(pages, TEXT[:12])
    assert pages.share([99, *TEXT[1:12]]) == []


def test_pages_of_a_stream_that_ended_are_kept_for_the_next_one_until_they_are_needed(pages):
    held = begin(pages, TEXT[:12])
    pages.release(held)
    assert pages.kept == 3 and pages.available == 8
    again = begin(pages, [*TEXT[:11], 99])
    assert again[:2] == held[:2]
    pages.release(again)
    pages.release(pages.take(8))
    assert pages.kept == 0 and pages.share(TEXT[:12]) == []


def test_two_streams_that_read_the_same_at_once_keep_one_copy(pages):
    held = [pages.take(3), pages.take(3)]
    for taken in held:
        pages.name(taken, TEXT[:12])
    for taken in held:
        pages.release(taken)
    assert pages.kept == 3 and pages.available == 8


@pytest.mark.parametrize("seed", range(5))
def test_no_page_is_lost_and_none_holds_what_its_name_does_not_say(pages, seed):
    """Streams with few different tokens begin and end at random; each notes what it wrote into its pages."""
    chance, written, streams = random.Random(seed), {}, []
    for _ in range(2_000):
        tokens = [chance.randrange(2) for _ in range(chance.randrange(1, 20))]
        shared = pages.share(tokens)
        missing = -(-len(tokens) // pages.size) - len(shared)
        if missing > pages.available:
            pages.release(shared)
        else:
            for number, page in enumerate(shared):
                assert written[page] == tokens[: (number + 1) * pages.size]
            held = shared + pages.take(missing)
            for number, page in enumerate(held[len(shared) :], len(shared)):
                written[page] = tokens[: (number + 1) * pages.size]
            pages.name(held, tokens, len(shared))
            streams.append(held)
        if streams and chance.random() < 0.6:
            pages.release(streams.pop(chance.randrange(len(streams))))
    for held in streams:
        pages.release(held)
    assert pages.available == pages.count and sorted(pages.take(pages.count)) == list(range(pages.count))
