"""A text as numbers of its words, without the rare ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from capstan.errors import CapstanError

RARE = 20  # words that come less often are left out
UNKNOWN = "<unk>"


@dataclass(frozen=True)
class Text:
    """A text without its rare words: `words`, the most frequent first, and of each place its word and its line."""

    words: list[str]
    counts: np.ndarray
    places: np.ndarray
    lines: np.ndarray


def of_lines(lines: list[str], rare: int = RARE) -> Text:
    """Return a text of lines, whose words have spaces between them. Raises CapstanError where all are rare."""
    split = [line.lower().split() for line in lines]
    counted = Counter(word for line in split for word in line if word != UNKNOWN)
    words = [word for word, count in counted.most_common() if count >= rare]
    if not words:
        raise CapstanError(f"No word comes {rare} times in the text. Take a longer one, or a smaller `rare`.")
    numbers = {word: number for number, word in enumerate(words)}
    known = [(numbers[word], line) for line, content in enumerate(split) for word in content if word in numbers]
    places, of_line = np.array(known).T
    return Text(words, np.array([counted[word] for word in words]), places, of_line)
