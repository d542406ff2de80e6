"""The messages are few themselves."""

import shutil
from pathlib import Path

from pipelines.spam import data
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"text": "Free entry! Txt WIN to 87121 now, £1.50 per msg"}
REFUSED = ({"text": "  "}, "text")
KNOWN_LATER = ["spam"]
ACTUALS = [True, True, False]


def write(folder: Path) -> None:
    """Write the file of the messages."""
    path = data.find(DATA_DIR)
    shutil.copy(path, folder / path.name)
