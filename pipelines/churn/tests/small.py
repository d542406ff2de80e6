"""The customers are few themselves."""

import shutil
from pathlib import Path

from pipelines.churn import data
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"customer": "7590-VHVEG", "if_contract": "one year"}
REFUSED = ({"customer": "0000-AAAAA"}, "customer")
KNOWN_LATER = ["churned"]
ACTUALS = [False, False, True]


def write(folder: Path) -> None:
    """Write the file of the customers."""
    path = data.find(DATA_DIR)
    shutil.copy(path, folder / path.name)
