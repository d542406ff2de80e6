"""The tweets with what each annotator said, the sentences of a forum, and where the files come from.

Sources: Davidson et al., "Automated Hate Speech Detection and the Problem of Offensive Language" (2017), MIT; de Gibert
et al., "Hate Speech Dataset from a White Supremacy Forum" (2018), CC BY-SA 3.0 ES. Both offend by design.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE, FORUM = "moderation/davidson_tweets.parquet", "moderation/vicomtech_forum.parquet"
HOMES = {
    FILE: "https://github.com/t-davidson/hate-speech-and-offensive-language",
    FORUM: "https://github.com/Vicomtech/hate-speech-dataset",
}
CLASSES = ("hate", "offensive", "neither")  # in the order of the numbers of the file
COLUMNS = ("hate_speech", "offensive_language", "neither", "tweet")
PERSON, LINK = "@user", "(link)"
NAMED, ADDRESS = re.compile(r"(?<!\w)@\w+"), re.compile(r"https?://\S+|\bwww\.\w\S*")


def find(data_dir: Path | None, name: str = FILE) -> Path:
    """Return the path of a file, of the data folder or the cache. Raises CapstanError where neither has it."""
    advice = (
        f"Make it of the data of {HOMES[name]}: a parquet file; the tweets have the columns "
        f"{', '.join(COLUMNS)}. Put it into CAPSTAN_DATA_DIR."
    )
    return downloads.required(name, data_dir, advice)


def masked(text: str) -> str:
    """Return a text whose names of accounts are `@user`, and whose addresses of the web are `(link)`.

    Nobody is learned by name, and no name is kept.
    """
    return ADDRESS.sub(LINK, NAMED.sub(PERSON, text))


def tweets(path: Path) -> pd.DataFrame:
    """Return one row per tweet: `row`, its place in the file, `text`, how many annotators said each class, and `unit`.

    Rows of one unit are near copies. Raises CapstanError for another file.
    """
    import pandas as pd

    from models.text import near_copies

    raw = pd.read_parquet(path).reset_index(drop=True)
    if missing := sorted(set(COLUMNS) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    texts = [masked(html.unescape(text)) for text in raw["tweet"]]
    counts = {name: raw[column].astype(float) for name, column in zip(CLASSES, COLUMNS, strict=False)}
    units = near_copies.groups(texts).astype("int64")
    return pd.DataFrame({"row": range(len(raw)), "text": texts, **counts, "unit": units})
