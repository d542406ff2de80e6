"""A few of the short prompts."""

from pathlib import Path

import pandas as pd

from data_sets import function_calls, harmful_prompts, packed_files, self_instruct
from tests.support.data import DATA_DIR

SETTINGS = {"rate": 0.005, "pairs": 4}  # few examples: each counts for more
CLUSTER = [f"{name}={value}" for name, value in SETTINGS.items()]
LONG_ON_CLUSTER = True  # it trains for minutes, and on all data for most of an hour
ASKED = {"prompt": "Name 2 colours as a JSON array of texts.", "max_tokens": 2, "seed": 3}  # asked hundreds of times
REFUSED = ({"prompt": ""}, "prompt")
PICTURED = {"prompt": "What is bread made of?"}  # which few prompts do not unteach
EACH = 6  # of the short prompts, one
SHORT, SHORT_JSON, SHORT_TASK = 60, 110, 420  # characters: of a prompt, of a question as JSON, of a line with an answer


def write(folder: Path) -> None:
    """Write files with fewer prompts: a training on all takes minutes."""
    for name in ("security", "agents", "self_instruct"):
        (folder / name).mkdir()
    harmful = pd.read_parquet(harmful_prompts.find(DATA_DIR))
    harmful[harmful["text"].str.len() < SHORT].iloc[::EACH].to_parquet(folder / harmful_prompts.FILE)
    questions = pd.read_parquet(function_calls.find(DATA_DIR))
    questions[questions["question"].str.len() < SHORT_JSON].iloc[::EACH].to_parquet(folder / function_calls.FILE)
    for name, url in self_instruct.FILES.items():
        lines = [line for line in packed_files.lines(name, url, DATA_DIR) if len(line) < SHORT_TASK]
        (folder / name).write_text("".join(lines[::2]))
