"""The messages, and where the file comes from.

Source: Almeida, Gomez Hidalgo and Yamakami, "Contributions to the study of SMS spam filtering" (2011); UCI 228, CC BY
4.0, https://archive.ics.uci.edu/dataset/228/sms+spam+collection.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE, ARCHIVE, MEMBER = "sms_spam.parquet", "sms_spam_collection.zip", "SMSSpamCollection"
URL = "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip"
# As the collection has them; a phone sends the signs themselves. "<#>" stands where a number of ham was taken out.
SIGNS = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
CLASSES = {"ham": 0, "spam": 1}


def find(data_dir: Path | None) -> Path:
    """Return the path of the file: of the data folder or the cache; else it is downloaded."""
    return downloads.find(FILE, data_dir) or downloads.find(ARCHIVE, data_dir) or downloads.fetch(URL, ARCHIVE)


def messages(path: Path) -> pd.DataFrame:
    """Return one row per message: `number`, its place in the file, `text`, and `spam`, 0 or 1.

    path: the archive of UCI, or a parquet file with the columns `label` and `text`. Raises CapstanError for another.
    """
    import pandas as pd

    raw = pd.read_parquet(path) if path.suffix == ".parquet" else unpacked(path)
    if missing := sorted({"label", "text"} - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    text = raw["text"]
    for written, sign in SIGNS.items():
        text = text.str.replace(written, sign, regex=False)
    return pd.DataFrame({"number": range(len(raw)), "text": text, "spam": raw["label"].map(CLASSES).astype(float)})


def unpacked(path: Path) -> pd.DataFrame:
    """Return the table of UCI's archive: a line has a label, a tab and a text. Nothing in it is a quotation mark."""
    import pandas as pd

    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read(MEMBER).decode("utf-8").splitlines()
    except (zipfile.BadZipFile, KeyError) as error:
        raise CapstanError(f"{path} is no archive with {MEMBER}. Replace or remove it.") from error
    return pd.DataFrame([line.split("\t", 1) for line in lines if line], columns=["label", "text"])
