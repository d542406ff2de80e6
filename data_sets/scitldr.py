"""SciTLDR-A: 3,229 abstracts of papers, with summaries of one sentence by authors and reviewers.

Source: Cachola et al., "TLDR: Extreme Summarization of Scientific Documents" (2020), Apache-2.0.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FILES = {part: f"scitldr/{part}.jsonl.gz" for part in ("train", "dev", "test")}
HOME = "https://github.com/allenai/scitldr"


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of each part. Raises CapstanError where one is not here."""
    found = {part: downloads.find(name, data_dir) for part, name in FILES.items()}
    if missing := [FILES[part] for part, path in found.items() if path is None]:
        raise CapstanError(
            f"{', '.join(missing)} is missing. Make it of the data of {HOME}, and put it into CAPSTAN_DATA_DIR."
        )
    return {part: path for part, path in found.items() if path}


def papers(paths: dict[str, Path]) -> pd.DataFrame:
    """Return one row per abstract: `sentences` and `summaries`, each with a line per one, `title` and `part`.

    paths: of the parts. Raises CapstanError for another file.
    """
    import pandas as pd

    lines = []
    for part, path in paths.items():
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for paper in map(json.loads, file):
                    shown = {"sentences": lined(paper["source"]), "summaries": lined(paper["target"])}
                    lines.append(shown | {"title": str(paper["title"]), "part": part})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CapstanError(f"{path} is not a part of SciTLDR ({error}). Replace or remove it.") from error
    return pd.DataFrame(lines, columns=["sentences", "summaries", "title", "part"])


def without_copies(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `papers` without those whose abstract or title a later part has. The part "test" stays whole.

    The order of the parts is that of FILES.
    """
    parts = rows["part"].map([*FILES].index)
    kept = parts.notna()
    for column in ("sentences", "title"):
        text = rows[column].str.lower().str.split().str.join(" ")
        kept &= (text == "") | (parts == parts.groupby(text).transform("max"))
    return rows[kept].reset_index(drop=True)


def lined(texts: list[str]) -> str:
    """Return some texts as lines."""
    return "\n".join(" ".join(text.split()) for text in texts)
