"""The questions of SQuAD: every fourth article is held out, and every eighth of its questions is asked."""

from __future__ import annotations

from functools import cache

import numpy as np

from capstan.settings import settings
from data_sets import squad

HELD, ASKED = 4, 8


@cache
def data() -> squad.Squad:
    """Return SQuAD."""
    return squad.load(settings().data_dir)


def parts(data: squad.Squad) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the questions to learn from, and of those to answer."""
    return np.flatnonzero(data.article % HELD != 0), np.flatnonzero(data.article % HELD == 0)[::ASKED]
