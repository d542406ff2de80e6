"""What is shown of a stream, piece by piece."""

import pytest

from models.transformer.pieces import Pieces


def shown(content: bytes, stop: list[str], size: int = 1) -> list[str]:
    pieces = Pieces(stop)
    parts = [pieces.add(content[start : start + size]) for start in range(0, len(content), size)]
    return [*parts, pieces.add(b"", last=True)]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("To be, or not", [], "To be, or not"),
        ("ROMEO:\nO\n\nJULIET:", ["\n\n"], "ROMEO:\nO"),
        ("abcabd", ["abd"], "abc"),
        ("abab", ["abc"], "abab"),
        ("aab", ["ab", "aab"], ""),
        ("abc", ["abc", "b"], "a"),
        ("naïve €5 👍", [], "naïve €5 👍"),
        ("naïve €5 👍", ["👍"], "naïve €5 "),
        ("stop", [""], "stop"),
    ],
)
def test_text_ends_before_the_first_stop_string_however_it_arrives(text, stop, expected, size):
    assert "".join(shown(text.encode(), stop, size)) == expected


def test_nothing_of_a_stop_string_is_shown_before_it_is_whole():
    assert shown(b"a##b", ["##"]) == ["a", "", "", "", ""]
    assert shown(b"a#b", ["##"]) == ["a", "", "#b", ""]


def test_half_a_character_waits_for_its_other_half():
    euro = "€".encode()
    assert shown(euro, []) == ["", "", "€", ""]
    assert shown(euro[:2], []) == ["", "", "\ufffd"]
