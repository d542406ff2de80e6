"""The questions of the Berkeley Function Calling Leaderboard, version 4, of one turn: what people ask of programs.

Source: Patil et al., "The Berkeley Function Calling Leaderboard" (2025), Apache-2.0; the package bfcl-eval has it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE = "agents/bfcl_v4.parquet"
HOME = "https://github.com/ShishirPatil/gorilla"
COLUMNS = ("category", "id", "question")


def find(data_dir: Path | None) -> Path:
    """Return the path of the file, of the data folder or the cache. Raises CapstanError where neither has it."""
    advice = (
        f"Make it of the data of {HOME}: a parquet file with the columns {', '.join(COLUMNS)}. Put it into "
        "CAPSTAN_DATA_DIR."
    )
    return downloads.required(FILE, data_dir, advice)


def questions(path: Path) -> pd.DataFrame:
    """Return `category` and `text`, what the user says, one row per question. Raises CapstanError for another file."""
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted(set(COLUMNS) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    texts = [said(json.loads(question)) for question in raw["question"]]
    return pd.DataFrame({"category": raw["category"], "text": texts})


def said(turns: list[Any]) -> str:
    """Return what the user says in a question: a list of messages, or of lists of them."""
    messages = [message for turn in turns for message in (turn if isinstance(turn, list) else [turn])]
    return "\n".join(message["content"] for message in messages if message["role"] == "user")
