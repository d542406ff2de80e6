"""A few of the prompts."""

from pathlib import Path

import pandas as pd

from data_sets import function_calls, harmful_prompts, packed_files, self_instruct
from tests.support.data import DATA_DIR

SETTINGS = {"epochs": 1, "pairs": 4}
ASKED = {"prompt": "Name 2 colours as a JSON array of texts.", "max_tokens": 8, "seed": 3}
REFUSED = ({"prompt": ""}, "prompt")
EACH = 28  # of the prompts, one


def write(folder: Path) -> None:
    """Write files with fewer prompts, and no jailbreaks: these are long."""
    for name in ("security", "agents", "self_instruct"):
        (folder / name).mkdir()
    harmful = pd.read_parquet(harmful_prompts.find(DATA_DIR))
    harmful = harmful[harmful["source"] != "in_the_wild_jailbreak"]
    harmful.iloc[::EACH].to_parquet(folder / harmful_prompts.FILE)
    pd.read_parquet(function_calls.find(DATA_DIR)).iloc[::EACH].to_parquet(folder / function_calls.FILE)
    for name, url in self_instruct.FILES.items():
        (folder / name).write_text("".join(packed_files.lines(name, url, DATA_DIR)[::4]))
