"""`python -m pipelines.documents.clinical FILE --terms TERMS.tsv`: terms in a clinical note, negated or not.

The terms are the user's: a line for each, and behind a tab the name that it goes by. It prints a line of JSON for each
term that is found, with its section. There are no free clinical data here, so how well it does on notes is not known.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from capstan.errors import CapstanError, without_tracebacks
from models.text import negex
from models.text.sentences import sentences
from pipelines.documents import files

# A line of capitals with a colon, or one of the titles that notes commonly have.
TITLES = (
    "history of present illness|past medical history|family history|social history|review of systems|"
    "physical examination|physical exam|chief complaint|medications|allergies|assessment and plan|assessment|plan|"
    "hospital course|discharge diagnosis|impression|findings|laboratory data"
)
SECTION = re.compile(rf"^[ \t]*(?:(?i:({TITLES}))|([A-Z][A-Z /&-]{{3,60}}))[ \t]*:", re.MULTILINE)
NONE = ""


class Finding(NamedTuple):
    """A term in a note: the name that it goes by, where it is, in which section, and its status."""

    name: str
    said: str
    start: int
    end: int
    section: str
    status: str


def terms(path: Path) -> dict[str, str]:
    """Return the terms of a file, in small letters, and their names. Raises CapstanError for a file without any."""
    made = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        term, _, name = line.partition("\t")
        if term.strip():
            made[" ".join(term.lower().split())] = name.strip() or term.strip()
    if not made:
        raise CapstanError(f"{path} has no terms. Write one in each line, and its name behind a tab.")
    return made


def findings(text: str, known: Mapping[str, str]) -> list[Finding]:
    """Return the terms in a note, in order; of terms within each other, the longest. known: term -> name."""
    if not known:
        return []
    ordered = sorted(known, key=len, reverse=True)
    form = "|".join(r"\s+".join(map(re.escape, term.split())) for term in ordered)
    pattern = re.compile(rf"(?<!\w)(?:{form})(?!\w)", re.IGNORECASE)
    made = []
    for place in sentences(text):
        start = place.start
        for title in SECTION.finditer(text, place.start, place.end):
            start = title.end()  # the title of a section is no part of its first sentence
        sentence = text[start : place.end]
        found = list(pattern.finditer(sentence))
        for match, status in zip(found, negex.status(sentence, [match.span() for match in found]), strict=True):
            name = known[" ".join(match.group().lower().split())]
            at = start + match.start()
            made.append(Finding(name, match.group(), at, start + match.end(), section(text, at), status))
    return made


def section(text: str, place: int) -> str:
    """Return the title of the section that a place is in, in small letters, "" before the first one."""
    titles = list(SECTION.finditer(text, 0, place))
    return (titles[-1][1] or titles[-1][2]).strip().lower() if titles else NONE


def main() -> None:
    """Print the terms in a note."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--terms", type=Path, required=True, help="a term in each line, and its name behind a tab")
    given = parser.parse_args()
    for one in findings(files.text_of(given.file.read_bytes()), terms(given.terms)):
        print(json.dumps(one._asdict()))


if __name__ == "__main__":
    main()
