"""Abbreviations that a text explains: the long form stands before the short one in brackets.

Source: Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions" (2003).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

WRITTEN_OUT = re.compile(r"((?:[\w-]+ ){1,8})\(([A-Za-z][\w-]{1,7})\)")


def abbreviations(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return what short forms stand for in some texts, and each long form for its short one.

    A long form stands before its short form in brackets, and has all its letters in their order, the first one at the
    beginning of a word.
    """
    counted: dict[str, Counter[str]] = {}
    for text in texts:
        for before, short in WRITTEN_OUT.findall(text):
            if long := long_form(short, before.strip()):
                counted.setdefault(short, Counter())[long.lower()] += 1
    commonest = {short: longs.most_common(1)[0][0] for short, longs in counted.items()}
    return {short: [long] for short, long in commonest.items()} | {long: [short] for short, long in commonest.items()}


def long_form(short: str, before: str) -> str | None:
    """Return the end of a text that a short form stands for, or None."""
    begin = len(before)
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        begin -= 1
        while begin >= 0 and (
            before[begin].lower() != letter or (place == 0 and begin > 0 and before[begin - 1].isalnum())
        ):
            begin -= 1
        if begin < 0:
            return None
    long = before[before.rfind(" ", 0, begin) + 1 :]
    return long if len(long) > len(short) else None
