"""Words that speakers of African-American English write more often: people that a mistake could hit more than others.

The list is ours. Its words spell features that Green, "African American English" (2002), describes, and that Blodgett,
Green and O'Connor, "Demographic Dialectal Variation in Social Media" (2016), find on Twitter: stops for "th", futures,
negation, and letters that are not spoken. A word says little of who wrote a text; many writers use them all.
"""

from __future__ import annotations

import re

WORDS = (
    *("da", "dat", "dis", "dem", "den", "dey", "wit", "nuffin"),  # the, that, this, them, then, they, with, nothing
    *("finna", "tryna", "imma", "ima", "gon", "gone"),  # going to, trying to, I am going to
    *("ain't", "aint", "iont", "ion"),  # is not, I do not
    *("sholl", "talmbout", "sumn", "wea", "bout", "nun", "bruh", "naw", "ova"),  # sure, talking about, something, where
)
FOUND = re.compile(rf"(?<![\w'])(?:{'|'.join(map(re.escape, WORDS))})(?![\w'])", re.IGNORECASE)


def has(text: str) -> bool:
    """Return whether a text has a word of the list."""
    return bool(FOUND.search(text.replace("\u2019", "'")))
