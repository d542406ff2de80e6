"""Texts of JSON values without parts, as grammars of bytes. All are bounded."""

from __future__ import annotations

import json

from models.grammar.json_grammar import Choice, Literal, Node, OneOf, Repeat, Sequence, one_of, words

LONGEST = 200  # characters of a string whose schema states no maxLength
DIGITS = 9  # of a number, before the point, and after it 6
NULL, BOOLEAN = Literal(b"null"), words([b"true", b"false"])

_more = one_of((0x80, 0xBF))  # the later bytes of a character
_character = Choice(
    (
        OneOf(one_of((0x20, 0x7F)).mask & ~one_of(0x22, 0x5C).mask),
        Sequence((Literal(b"\\"), one_of(*b'"\\/bfnrt'))),
        # UTF-8: The Unicode Standard, table 3-7.
        Sequence((one_of((0xC2, 0xDF)), _more)),
        Sequence((one_of(0xE0), one_of((0xA0, 0xBF)), _more)),
        Sequence((one_of((0xE1, 0xEC), 0xEE, 0xEF), _more, _more)),
        Sequence((one_of(0xED), one_of((0x80, 0x9F)), _more)),
        Sequence((one_of(0xF0), one_of((0x90, 0xBF)), _more, _more)),
        Sequence((one_of((0xF1, 0xF3)), _more, _more, _more)),
        Sequence((one_of(0xF4), one_of((0x80, 0x8F)), _more, _more)),
    )
)
_digit = one_of((0x30, 0x39))
_sign = Repeat(Literal(b"-"), 0, 1)
INTEGER = Sequence((_sign, Choice((Literal(b"0"), Sequence((one_of((0x31, 0x39)), Repeat(_digit, 0, DIGITS - 1)))))))
NUMBER = Sequence((INTEGER, Repeat(Sequence((Literal(b"."), Repeat(_digit, 1, 6))), 0, 1)))
SPACE = Repeat(Literal(b" "), 0, 1)  # after a comma and a colon


def string(least: int, most: int) -> Node:
    """Return the strings of so many characters."""
    quote = Literal(b'"')
    return Sequence((quote, Repeat(_character, least, most), quote))


def literal(value: object) -> bytes:
    """Return the text of one value. Raises ValueError for what is no JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
