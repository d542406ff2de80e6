"""20 Newsgroups: 18,821 messages of 1993, the later ones to test on. http://qwone.com/~jason/20Newsgroups/

The table has them in lower case, without digits, punctuation or lines, and with what the headers had among the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FILE = "newsgroups.parquet"
HOME = "http://qwone.com/~jason/20Newsgroups/"
COLUMNS = ["Text", "split"]
# "In article <1993Apr2@batman> jbrown@batman (J. Brown) writes:", without its signs; who is quoted is at most so long.
QUOTED = re.compile(r"\b(?:in article|in a message)\b(?: \S+){1,25}? (?:writes|wrote|says|said)\b")
REPLY = re.compile(r"^(?:re |fwd )+")
KEPT = {"train": 200, "test": 50}  # messages of each newsgroup that a voice has


def file(data_dir: Path | None) -> Path:
    """Return the path of the table. Raises CapstanError where it is not here."""
    advice = (
        f"Make a table of {HOME} with the columns `Text`, a message, `split`, train or test, and "
        f"`Category`, its newsgroup, save it as {FILE}, and set CAPSTAN_DATA_DIR to its folder."
    )
    return downloads.required(FILE, data_dir, advice)


def texts(data_dir: Path | None) -> tuple[list[str], list[str]]:
    """Return the messages to learn from, and those to test on, in the order of the table.

    Raises CapstanError where the table is not here, or lacks a column.
    """
    table = read(file(data_dir), COLUMNS)
    first = table["split"] == "train"
    return table.loc[first, "Text"].tolist(), table.loc[~first, "Text"].tolist()


def lines(path: Path) -> pd.DataFrame:
    """Return the first messages of each newsgroup, a line each: `text`, `part` and `newsgroup`."""
    import pandas as pd

    table = read(path, [*COLUMNS, "Category"])
    kept = [
        table[table["split"] == part].groupby("Category").head(count).assign(part=part) for part, count in KEPT.items()
    ]
    rows = pd.concat(kept, ignore_index=True)
    return pd.DataFrame({"text": rows["Text"] + "\n", "part": rows["part"], "newsgroup": rows["Category"]})


def read(path: Path, columns: list[str]) -> pd.DataFrame:
    """Return the table. Raises CapstanError where it cannot be read."""
    import pandas as pd

    try:
        return pd.read_parquet(path, columns=columns)
    except (ValueError, OSError) as error:
        raise CapstanError(
            f"{path} cannot be read ({error}). It has to be parquet with the columns {' and '.join(columns)}."
        ) from None


def without_headers(text: str) -> str:
    """Return a message of the file without its "re" and the lines that say who is quoted.

    The file has no lines and no signs, so the quoted text itself and signatures cannot be separated from the rest.
    """
    return REPLY.sub("", QUOTED.sub(" ", text)).strip()


def messages(path: Path) -> pd.DataFrame:
    """Return one row per message: `text`, as the file has it, `group` and `part`, "train" or "test", by date.

    A message to train on that one to test on repeats is left out. Raises CapstanError for another file.
    """
    raw = read(path, [*COLUMNS, "Category"])
    rows = raw.rename(columns={"Text": "text", "Category": "group", "split": "part"})[["text", "group", "part"]]
    tested = set(rows.loc[rows["part"] == "test", "text"])
    return rows[(rows["part"] == "test") | ~rows["text"].isin(tested)].reset_index(drop=True)
