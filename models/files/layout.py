"""Words with their places on a page, in the order in which a reader reads them.

Source: Nagy and Seth, "Hierarchical representation of optically scanned documents" (1984), the recursive XY-cut. A
region is cut where no word stands. Columns are cut only where both sides are text, with what is over and under them
by itself: a table's rows stay together, its cells with tabs between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

GUTTER = 0.6  # of the height of a line: the least blank between columns
CELL = 1.6  # of the height of a line: a blank in a line that is this wide parts the cells of a table
PARAGRAPH = 0.7  # of the height of a line: more blank than this and than is usual parts paragraphs
LINES = 3  # of a column, at least
WORDS = 2.5  # per line of a column, at least, on average; a table's cells have fewer
HEADING = 1.2  # letters that are taller than the line before by this begin a paragraph
CUTS = 24  # of the parts and blanks of a region, the largest, that are tried
DEEPEST = 12  # cuts of a part of a part
ENDS = (".", "!", "?", ":", ";", ")", '"', "”")


class Word(NamedTuple):
    """A word on a page, with its box in points or pixels from the left upper corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return its sides: left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom


class Place(NamedTuple):
    """Where a word stands: in the text, and on which page in which box."""

    start: int
    end: int
    page: int
    box: tuple[float, float, float, float]  # left, top, right, bottom


class Reading(NamedTuple):
    """A text, a paragraph per line, and where its words stand on pages."""

    text: str
    places: list[Place]


Paragraph = list[list[Word]]  # its lines


def arranged(words: Sequence[Word]) -> list[Paragraph]:
    """Return the words of a page by paragraphs, in the order of reading."""
    return [paragraph for block in blocks(words) for paragraph in paragraphs(block)]


def joined(pages: Iterable[Sequence[Paragraph]]) -> Reading:
    """Return the paragraphs of pages as a text. One that goes on in the next column or page stays one."""
    text = ""
    places: list[Place] = []
    for number, page in enumerate(pages):
        for paragraph in page:
            goes_on = not text.endswith(ENDS) and paragraph[0][0].text[0].islower()
            for row, line in enumerate(paragraph):
                for index, word in enumerate(line):
                    joint = _joint(text, word, line[index - 1] if index else None, row > 0 or goes_on)
                    if joint is None:
                        text, joint = text[:-1], ""
                        places[-1] = places[-1]._replace(end=len(text))
                    text += joint
                    places.append(Place(len(text), len(text) + len(word.text), number, word.box))
                    text += word.text
    return Reading(text, places)


def _joint(text: str, word: Word, before: Word | None, goes_on: bool) -> str | None:
    """Return what stands between a text and a word, None where a hyphen has to go, for a line's end cut the word."""
    if before:
        return "\t" if word.left - before.right > CELL * _height([word, before]) else " "
    if not goes_on or not text:
        return "\n" if text else ""
    cut = len(text) > 1 and text[-1] in "-\u00ad\u2010" and text[-2].isalpha() and word.text[0].islower()
    return None if cut else " "


def blocks(words: Sequence[Word], depth: int = DEEPEST) -> list[list[Word]]:
    """Return the words by blocks of text, in the order of reading. depth: at most so many cuts within a cut."""
    if not words or not depth:
        return [list(words)] if words else []
    height = _height(words)
    bands = _bands(words, PARAGRAPH * height)
    for start in sorted(range(len(bands)), key=lambda index: -_tokens(bands[index]))[:CUTS]:
        gutter = _gutter(bands[start], height)
        if gutter is None:
            continue
        end = start + 1
        while start and _keeps(bands[start - 1], gutter):
            start -= 1
        while end < len(bands) and _keeps(bands[end], gutter):
            end += 1
        inner = [word for band in bands[start:end] for word in band]
        parts = (
            [word for band in bands[:start] for word in band],
            [word for word in inner if word.left < gutter],
            [word for word in inner if word.left >= gutter],
            [word for band in bands[end:] for word in band],
        )
        return [block for part in parts for block in blocks(part, depth - 1)]
    return [list(words)]


def _bands(words: Sequence[Word], least: float) -> list[list[Word]]:
    """Return the words from top to bottom, cut where a blank as high as `least` runs across."""
    bands: list[list[Word]] = []
    reached = 0.0
    for word in sorted(words, key=lambda word: word.top):
        if bands and word.top - reached < least:
            bands[-1].append(word)
            reached = max(reached, word.bottom)
        else:
            bands.append([word])
            reached = word.bottom
    return bands


def _gutter(band: Sequence[Word], height: float) -> float | None:
    """Return the middle of the widest blank between two columns, None where there is none."""
    gaps, reached = [], min(word.left for word in band)
    for word in sorted(band, key=lambda word: word.left):
        if word.left - reached >= GUTTER * height:
            gaps.append((word.left - reached, (word.left + reached) / 2))
        reached = max(reached, word.right)
    for _, middle in sorted(gaps, reverse=True)[:CUTS]:
        if _keeps(band, middle, LINES):
            return middle
    return None


def _keeps(band: Sequence[Word], gutter: float, least: int = 0) -> bool:
    """Return whether no word crosses a gutter, and each side that has words has lines of text, `least` at least."""
    if any(word.left < gutter < word.right for word in band):
        return False
    sides = [word for word in band if word.left < gutter], [word for word in band if word.left >= gutter]
    counts = [len(lines(side)) for side in sides]
    return all(count >= least and _tokens(side) >= WORDS * count for count, side in zip(counts, sides, strict=True))


def _tokens(words: Sequence[Word]) -> int:
    """Return how many words there are, for what OCR finds is whole lines."""
    return sum(len(word.text.split()) for word in words)


def lines(words: Sequence[Word]) -> list[list[Word]]:
    """Return the words of a block by lines, each from left to right. A word is in a line that its middle is in."""
    rows: list[list[Word]] = []
    bottom = 0.0
    for word in sorted(words, key=lambda word: (word.top + word.bottom, word.left)):
        middle = (word.top + word.bottom) / 2
        if rows and middle < bottom - 0.1 * (word.bottom - word.top):
            rows[-1].append(word)
            bottom = max(bottom, word.bottom)
        else:
            rows.append([word])
            bottom = word.bottom
    return [sorted(line, key=lambda word: word.left) for line in rows]


def paragraphs(block: Sequence[Word]) -> list[Paragraph]:
    """Return the lines of a block by paragraphs: a blank, taller letters, an indent or a table's row begins one."""
    rows = lines(block)
    blanks = [_top(row) - _bottom(before) for before, row in itertools.pairwise(rows)]
    usual = median(blanks) if blanks else 0.0
    left = min(row[0].left for row in rows)
    groups = [[rows[0]]]
    for before, row, blank in zip(rows, rows[1:], blanks, strict=False):
        height, earlier = _height(row), _height(before)
        apart = blank > usual + PARAGRAPH * 0.5 * height and blank > PARAGRAPH * 0.5 * height
        resized = max(height, earlier) > HEADING * min(height, earlier)
        indented = height < row[0].left - left < 6 * height and before[0].left - left < 0.5 * height
        if apart or resized or indented or _is_row(row) or _is_row(before):
            groups.append([row])
        else:
            groups[-1].append(row)
    return groups


def _is_row(line: Sequence[Word]) -> bool:
    """Return whether a line is the row of a table: a blank in it is as wide as between cells."""
    height = _height(line)
    return any(after.left - word.right > CELL * height for word, after in itertools.pairwise(line))


def _height(words: Sequence[Word]) -> float:
    return median(word.bottom - word.top for word in words)


def _top(line: Sequence[Word]) -> float:
    return min(word.top for word in line)


def _bottom(line: Sequence[Word]) -> float:
    return max(word.bottom for word in line)
