"""The log is small itself: a bidder takes a second to learn, and a replay less."""

import shutil
from pathlib import Path

from pipelines.bidding import task
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"id": "a", "ctr": 0.004, "bidfloor": 0, "budget_left": 5000, "auctions_left": 700}
REFUSED = ({"id": "a", "ctr": 1.2, "budget_left": 5000, "auctions_left": 700}, "ctr")


def write(folder: Path) -> None:
    """Write the files of the log."""
    for name, path in task.files(DATA_DIR).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
