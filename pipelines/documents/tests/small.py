"""Every tenth message and sentence, and every sixth abstract."""

import gzip
from pathlib import Path

import pandas as pd

from data_sets import scitldr
from pipelines.documents import data
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {
    "text": "We show that the Hubble telescope saw a new planet. Mail anna@example.org for its orbit.",
    "file": None,
}
REFUSED = ({"file": "JVBERi0xLjQ="}, "file")  # a PDF that ends after its first line
CHOSEN = {"file": str(Path(__file__).parents[3] / "SECURITY.md")}
SAID = "Reporting a vulnerability"
KNOWN_LATER = ["posted"]
ACTUALS = ["sci.space", "sci.med"]
PAPERS = 6  # fewer do not differ from their style


def write(folder: Path) -> None:
    """Write files with fewer rows."""
    for name, path in data.files(DATA_DIR).items():
        each = PAPERS if name in scitldr.FILES.values() else 10
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".parquet"):
            pd.read_parquet(path).iloc[::each].to_parquet(folder / name)
        else:
            with gzip.open(path, "rt") as lines, gzip.open(folder / name, "wt") as kept:
                kept.writelines(line for place, line in enumerate(lines) if place % each == 0)
