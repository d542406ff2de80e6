"""The engines of FD001, and fewer rounds."""

from pathlib import Path

import pandas as pd

from pipelines.maintenance import data
from pipelines.maintenance.example import EXAMPLE
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {"rounds": 100}
ASKED = {"log": EXAMPLE, "hangar": 1, "failure_cost": 10.0}
REFUSED = ({"log": EXAMPLE.replace("518.67", "cold", 1)}, "log")
KNOWN_LATER = ["left"]
ACTUALS = [112.0, 120.0, 98.0]


def write(folder: Path) -> None:
    """Write the engines of FD001."""
    (folder / data.FOLDER).mkdir(exist_ok=True)
    for name, path in zip((data.CYCLES, data.LIVES), data.find(DATA_DIR), strict=True):
        pd.read_parquet(path).query("subset == 'FD001'").to_parquet(folder / name)
