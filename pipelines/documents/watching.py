"""What is watched of a document, and of the names and the summary in its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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


def of_answers(
    texts: Sequence[str], entities: Sequence[Sequence[Any]], summaries: Sequence[str]
) -> dict[str, list[float]]:
    """Return how many names each text has in 100 words, and how many words its summary has."""
    return {
        "names": [100 * len(found) / (len(text.split()) or 1) for text, found in zip(texts, entities, strict=True)],
        "summary_words": [float(len(summary.split())) for summary in summaries],
    }
