"""Tiny Shakespeare: lines of plays, 1,115,394 characters. https://github.com/karpathy/char-rnn (public domain text).

Next to it, where `newsgroups.parquet` is here, messages of 20 newsgroups: voices that adapters learn.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads
from data_sets import newsgroups

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FILE = "tinyshakespeare/input.txt"
URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
PLAYS = ""  # the voice of the plays
LEARNED = 0.9  # the share of the characters to train on, from the beginning, as nanoGPT has it


def path(data_dir: Path | None) -> Path:
    """Return the path of the text, downloaded where it is not here."""
    return downloads.find(FILE, data_dir) or downloads.fetch(URL, FILE, SHA256)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the text, and of the messages where they are here."""
    messages = downloads.find(newsgroups.FILE, data_dir)
    return {FILE: path(data_dir)} | ({newsgroups.FILE: messages} if messages else {})


def table(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per line: `text`, with its newline, `part`, "train" or "test", and `newsgroup`, "" for the plays.

    The line in which the parts meet is two rows. Other voices are newsgroups, whose messages are a line each. Raises
    CapstanError for a text that is not the known one, unless the folder `data_dir` has it: it may be a part, or a text
    of yours.
    """
    import pandas as pd

    file = path(data_dir)
    content = file.read_bytes()
    if not data_dir and hashlib.sha256(content).hexdigest() != SHA256:
        raise CapstanError(f"{file} is not Tiny Shakespeare. Remove it: the next run downloads it again.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise CapstanError(f"{file} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8.") from None
    end = int(LEARNED * len(text))
    parts = {"train": text[:end].splitlines(keepends=True), "test": text[end:].splitlines(keepends=True)}
    frames = [pd.DataFrame({"text": lines}).assign(part=part, newsgroup=PLAYS) for part, lines in parts.items()]
    if messages := downloads.find(newsgroups.FILE, data_dir):
        frames.append(newsgroups.lines(messages))
    return pd.concat(frames, ignore_index=True)


def to_bytes(rows: pd.DataFrame) -> np.ndarray:
    """Return the plays of some rows, one line after the other, as bytes of UTF-8."""
    return of_voice(rows, PLAYS)


def of_voice(rows: pd.DataFrame, voice: str) -> np.ndarray:
    """Return the text of a voice as bytes of UTF-8."""
    return np.frombuffer("".join(rows.loc[rows["newsgroup"] == voice, "text"]).encode(), dtype=np.uint8)


def voices(rows: pd.DataFrame) -> list[str]:
    """Return the voices next to the plays, in alphabetical order."""
    return sorted({*rows["newsgroup"]} - {PLAYS})
