"""Harmless sentences in which a person names an identity: a part to learn from, and a part to measure.

Posts of a lexicon of hate speech name identities mostly in insults, so a score learns the identity as one.
"""

from __future__ import annotations

import pandas as pd

from data_sets.harmless_sentences import HELD, LEARNED, TO_LEARN, TO_MEASURE
from models.text.templates import sentences

WEIGHT = 8.0  # how often a learned sentence counts
ENOUGH = 10_000  # tweets; with fewer, a sentence counts for as much less, so that it does not outweigh them


def to_learn() -> pd.DataFrame:
    """Return the sentences that are learned as harmless."""
    return sentences(TO_LEARN, LEARNED)


def to_measure() -> pd.DataFrame:
    """Return the sentences that are only measured. `held`: whether no learned sentence names the identity."""
    parts = [sentences(TO_MEASURE, names).assign(held=held) for names, held in ((LEARNED, False), (HELD, True))]
    return pd.concat(parts, ignore_index=True)
