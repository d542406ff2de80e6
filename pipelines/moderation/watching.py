"""What is watched of a text next to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def of_texts(texts: Sequence[str]) -> pd.DataFrame:
    """Return the length of each text, and which shares of its characters are capitals, and no letters or digits."""
    import pandas as pd

    return pd.DataFrame(
        {
            "length": [len(text) for text in texts],
            "capitals": [sum(map(str.isupper, text)) / len(text) for text in texts],
            "signs": [sum(not sign.isalnum() and not sign.isspace() for sign in text) / len(text) for text in texts],
        }
    )
