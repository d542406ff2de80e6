"""The three tables and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_sets import newsgroups, scitldr, wnut17

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

HOMES = {"newsgroups": newsgroups.HOME, "wnut17": wnut17.HOME, "scitldr": scitldr.HOME}


def tables(data_dir: Path | None) -> dict[str, pd.DataFrame]:
    """Return `messages`, `sentences` and `papers`, a row each. No message or abstract is in two parts."""
    return {
        "messages": newsgroups.messages(newsgroups.file(data_dir)),
        "sentences": wnut17.sentences(wnut17.file(data_dir)),
        "papers": scitldr.without_copies(scitldr.papers(scitldr.files(data_dir))),
    }


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files, by their names in the data folder."""
    found = {newsgroups.FILE: newsgroups.file(data_dir), wnut17.FILE: wnut17.file(data_dir)}
    return found | {scitldr.FILES[part]: path for part, path in scitldr.files(data_dir).items()}
