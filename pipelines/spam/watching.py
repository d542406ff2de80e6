"""What is watched of messages, next to the probability and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def of_texts(texts: Sequence[str]) -> pd.DataFrame:
    """Return the length of each text, and which shares of its characters are digits and capitals."""
    import pandas as pd

    return pd.DataFrame(
        {
            "length": [len(text) for text in texts],
            "digits": [sum(map(str.isdigit, text)) / len(text) for text in texts],
            "capitals": [sum(map(str.isupper, text)) / len(text) for text in texts],
        }
    )
