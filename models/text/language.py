"""Which language a text is in, by the share of its words that are among the commonest of each.

Source: Grefenstette, "Comparing Two Language Identification Schemes" (1995), the scheme of small words. The lists are
written by hand. Ten languages of Europe are known; a text without enough of their words has none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WORDS = {
    "English": "the of and to in a is that for it as was with be by on not he this are or his from at which but have",
    "German": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden",
    "French": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec",
    "Spanish": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me",
    "Italian": "di e il la che in a per un è del non una i le si con da dei come nel alla ha al sono della ma lo gli",
    "Portuguese": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu",
    "Dutch": "de van het een en in is dat op te zijn met voor niet aan er die om als ook maar door naar bij hij uit",
    "Swedish": "och i att det som en på är av för med till den har de inte om ett han men var jag från så kan när",
    "Danish": "og i at det er en til på som af for de med den har ikke et han var der om jeg men fra så kan når man",
    "Polish": "w i na z się do nie że to jest o jak ale po co tak za od jego przez dla czy są tym był być może już",
}
LISTS = {name: frozenset(words.split()) for name, words in WORDS.items()}
UNKNOWN = "unknown"
FEWEST = 0.12  # of the words of a text: fewer say nothing
READ = 2_000  # words of a text that are looked at


class Guess(NamedTuple):
    """A language, or "unknown", and the share of the words that are among its commonest."""

    name: str
    share: float


def guess(text: str) -> Guess:
    """Return the language whose common words make the largest part of a text."""
    found = re.findall(r"[^\W\d_]+", text.lower())[:READ]
    if not found:
        return Guess(UNKNOWN, 0.0)
    shares = {name: sum(word in known for word in found) / len(found) for name, known in LISTS.items()}
    best = max(shares, key=lambda name: shares[name])
    return Guess(best if shares[best] >= FEWEST else UNKNOWN, shares[best])
