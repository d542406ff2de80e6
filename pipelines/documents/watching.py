"""What is watched of a document besides the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def of_texts(texts: Sequence[str]) -> pd.DataFrame:
    """Return the length of each text, and which share of its characters are letters, and how long its words are."""
    import pandas as pd

    return pd.DataFrame(
        {
            "length": [len(text) for text in texts],
            "letters": [sum(map(str.isalpha, text)) / len(text) for text in texts],
            "word_length": [len(text) / (len(text.split()) or 1) for text in texts],
        }
    )
