"""427 instructions with answers, all written by people: the seed tasks and the user-oriented tasks of Self-Instruct.

Source: Wang et al., "Self-Instruct" (2023), Apache-2.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from data_sets import packed_files

if TYPE_CHECKING:
    import pandas as pd

HOME = "https://raw.githubusercontent.com/yizhongw/self-instruct/main"
FILES = {
    "self_instruct/seed_tasks.jsonl": f"{HOME}/data/seed_tasks.jsonl",
    "self_instruct/user_oriented_instructions.jsonl": f"{HOME}/human_eval/user_oriented_instructions.jsonl",
}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of each file, by its name."""
    return {name: packed_files.path(name, url, data_dir) for name, url in FILES.items()}


def tasks(data_dir: Path | None) -> pd.DataFrame:
    """Return `prompt` and `answer`, one row per task, with its first input. Raises CapstanError for another file."""
    import pandas as pd

    rows = []
    for name, url in FILES.items():
        try:
            for task in map(json.loads, packed_files.lines(name, url, data_dir)):
                first = task["instances"][0]
                prompt = f"{task['instruction']}\n\n{first['input']}".strip()
                rows.append({"prompt": prompt, "answer": str(first["output"]).strip()})
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise CapstanError(f"{name} is not a file of Self-Instruct ({error}). Replace or remove it.") from error
    return pd.DataFrame(rows, columns=["prompt", "answer"])
