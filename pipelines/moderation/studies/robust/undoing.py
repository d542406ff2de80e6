"""A text as it would be without disguise: look-alike letters, digits for letters, and signs within words taken back.

What is undone may be honest: a hyphen, or a number next to a letter. The study measures
what it gains and what it costs.
"""

from __future__ import annotations

import re

from models.text.text_attacks import CYRILLIC, LATIN, LEET

BACK = str.maketrans(CYRILLIC, LATIN)
LETTERS = str.maketrans({chr(digit): chr(letter) for letter, digit in LEET.items()} | {"$": "s", "!": "i"})
DISGUISED = re.compile(r"[^\W\d_]\w*(?:[0-9$!]+[^\W\d_]+)*[0-9]+[^\W\d_]+|[^\W\d_]+(?:[0-9$!]+[^\W\d_]+)+[0-9]*")
WITHIN = re.compile(r"(?<=[^\W\d_])[.\-*_](?=[^\W\d_])")
LONE = re.compile(r"(?<!\S)(?:[^\W\d_] ){2,}[^\W\d_](?!\S)")  # single letters with blanks between them


def undone(text: str) -> str:
    """Return the text without what disguises its words, as far as that can be seen in the word itself."""
    restored = WITHIN.sub("", text.translate(BACK))
    restored = LONE.sub(lambda match: match.group().replace(" ", ""), restored)
    return DISGUISED.sub(lambda match: match.group().translate(LETTERS), restored)
