"""WikiText-2: 2 million words of Wikipedia's articles. Merity et al. (2016), CC BY-SA 3.0."""

from __future__ import annotations

from pathlib import Path

from data_sets import packed_files

FILE = "wikitext2/train.txt"
URL = "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2/train.txt"
SHA256 = "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f"


def path(data_dir: Path | None) -> Path:
    """Return the path of the text to train on, downloaded where it is not here."""
    return packed_files.path(FILE, URL, data_dir, SHA256)


def lines(data_dir: Path | None) -> list[str]:
    """Return the lines to train on, downloaded where they are not here."""
    return packed_files.lines(FILE, URL, data_dir, SHA256)
