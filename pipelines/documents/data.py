"""The messages, the sentences with their entities, the abstracts with their summaries, and where the files come from.

Sources: 20 Newsgroups, divided by date (http://qwone.com/~jason/20Newsgroups), without capitals, signs and digits;
WNUT-17 (Derczynski et al., "Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition", 2017),
CC BY 4.0; SciTLDR-A (Cachola et al., "TLDR: Extreme Summarization of Scientific Documents", 2020), Apache-2.0.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

MESSAGES, SENTENCES = "newsgroups.parquet", "wnut17/wnut17.parquet"
PARTS = ("train", "dev", "test")
PAPERS = {part: f"scitldr/{part}.jsonl.gz" for part in PARTS}
FILES = (MESSAGES, SENTENCES, *PAPERS.values())
HOMES = {
    "newsgroups": "http://qwone.com/~jason/20Newsgroups",
    "wnut17": "https://github.com/leondz/emerging_entities_17",
    "scitldr": "https://github.com/allenai/scitldr",
}
# "In article <1993Apr2@batman> jbrown@batman (J. Brown) writes:", without its signs; who is quoted is at most so long.
QUOTED = re.compile(r"\b(?:in article|in a message)\b(?: \S+){1,25}? (?:writes|wrote|says|said)\b")
REPLY = re.compile(r"^(?:re |fwd )+")


def find(data_dir: Path | None, name: str) -> Path:
    """Return the path of a file, of the data folder or the cache. Raises CapstanError where neither has it."""
    if path := downloads.find(name, data_dir):
        return path
    home = HOMES[name.split("/")[0].removesuffix(".parquet")]
    raise CapstanError(f"{name} is missing. Make it of the data of {home}, and put it into CAPSTAN_DATA_DIR.")


def without_headers(text: str) -> str:
    """Return a message of the file without its "re" and the lines that say who is quoted.

    The file has no lines and no signs, so the quoted text itself and signatures cannot be told from the rest.
    """
    return REPLY.sub("", QUOTED.sub(" ", text)).strip()


def messages(path: Path) -> pd.DataFrame:
    """Return one row per message: `text`, as the file has it, `group` and `part`, "train" or "test", by date.

    A message to train on that one to test on repeats is left out. Raises CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted({"Category", "Text", "split"} - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    rows = pd.DataFrame({"text": raw["Text"], "group": raw["Category"], "part": raw["split"]})
    tested = set(rows.loc[rows["part"] == "test", "text"])
    return rows[(rows["part"] == "test") | ~rows["text"].isin(tested)].reset_index(drop=True)


def sentences(path: Path) -> pd.DataFrame:
    """Return one row per sentence: `tokens` and `tags`, both with a blank between two, and `part`.

    Raises CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted({"tokens", "tags", "split"} - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    joined = {name: [" ".join(map(str, one)) for one in raw[name]] for name in ("tokens", "tags")}
    return pd.DataFrame({**joined, "part": raw["split"]})


def papers(paths: dict[str, Path]) -> pd.DataFrame:
    """Return one row per abstract: `sentences` and `summaries`, each with a line per one, `title` and `part`.

    paths: of the parts. Raises CapstanError for another file.
    """
    import pandas as pd

    lines = []
    for part, path in paths.items():
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for one in map(json.loads, file):
                    shown = {"sentences": lined(one["source"]), "summaries": lined(one["target"])}
                    lines.append(shown | {"title": str(one["title"]), "part": part})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CapstanError(f"{path} is not a part of SciTLDR ({error}). Replace or remove it.") from error
    return pd.DataFrame(lines, columns=["sentences", "summaries", "title", "part"])


def lined(texts: list[str]) -> str:
    """Return some texts as lines."""
    return "\n".join(" ".join(text.split()) for text in texts)
