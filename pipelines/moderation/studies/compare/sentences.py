"""The sentences of a forum, which nobody tuned on.

Source: de Gibert et al., "Hate Speech Dataset from a White Supremacy Forum" (2018), CC BY-SA 3.0 ES.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.moderation.data import masked


def forum(path: Path) -> pd.DataFrame:
    """Return one row per sentence: `text`, `hate`, 0 or 1, and `sampled`, "train", "test" or "", as its authors chose.

    Sentences that say something only with others, or that were skipped, are left out.
    """
    raw = pd.read_parquet(path)
    rows = raw[raw["label"].isin(["hate", "noHate"])].reset_index(drop=True)
    texts = rows["text"].map(masked)
    return pd.DataFrame({"text": texts, "hate": (rows["label"] == "hate").astype(int), "sampled": rows["sampled"]})
